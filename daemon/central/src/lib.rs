//! The other end of sync: receives kiosks' records, checks them and keeps each once.
//!
//! ```text
//!  kiosk ──mTLS 1.3──► serve ──Caller──► routes ──► intake ──► ledger (SQLite or PostgreSQL): records, keys
//!                                            ├────► evidence folder: sealed pictures and clips
//!                                            └────► broker: acknowledgements out by MQTT
//!  broker ──status, events──► ledger: what each kiosk last said of itself
//!     └────records──► intake
//! ```
//!
//! - Nothing is acknowledged before the database has committed it durably.
//! - A kiosk is who its certificate says; it sends and asks for nothing but its own.
//! - A record is stored once, under its kiosk and number, and only as the next of its chain.
//! - A batch is its kiosk's by the kiosk's signature, whoever has carried it.
//! - The broker being down never stops HTTPS.
//! - Records are opened only to answer a reader; nothing of them is stored open or logged.

mod broker;
mod caller;
mod clock;
mod config;
mod error;
mod evidence;
mod folder;
mod handle;
mod intake;
mod ledger;
mod refusal;
mod routes;
mod serve;
mod sessions;
mod tls;

pub use broker::BrokerState;
pub use clock::{Clock, system_clock};
pub use config::{
    AuthorityConfig, BrokerConfig, BucketConfig, Config, ConfigFault, DatabaseUrl, Limits,
};
pub use error::CentralError;
pub use handle::{Handle, Stragglers};
pub use ledger::LedgerError;
pub use serve::{serve, serve_with};
