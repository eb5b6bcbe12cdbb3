//! From the outbox to central and back: records by HTTPS, live events by MQTT.
//!
//! ```text
//!  store ──► records: signed batches ──HTTPS──► central ──► acknowledgement ──► store
//!            │   evidence (after records)                                      ▲
//!            └──[where HTTPS does not]──MQTT──► broker ──► central ──► ack ─────┤
//!  live events ──[newest win]──MQTT──► broker ──► ack ─────────────────────────┘
//!  central's word: commands (signed, numbered, done once), the time, a renewed certificate
//! ```
//!
//! * Central's durable number alone lets the outbox forget; it never moves back.
//! * A batch is signed with the kiosk's own key: whoever carries it can't make one.
//! * Both transports speak TLS 1.3 with the kiosk's certificate, or not at all: there is no setting
//!   and no code path without it. Records are sealed besides, so no broker or proxy can read them.
//! * A transport that does not work says why ([`LinkState::Waiting`]), waits with full jitter and
//!   tries again, for ever. It never stops a verification.

mod backoff;
mod by_mqtt;
mod clock;
mod command;
mod config;
mod error;
mod evidence;
mod handle;
mod hints;
mod identity;
mod link;
mod live;
mod network;
mod pace;
mod reason;
mod receipt;
mod records;
mod renewal;
mod state;
mod true_clock;
mod true_time;
pub mod whole_file;

pub use backoff::BackoffConfig;
pub use clock::Clock;
pub use command::{CentralsWord, Handler, Progress};
pub use config::{Endpoint, Limits, RecordsBy, SyncConfig};
pub use error::SyncError;
pub use handle::{LiveEvents, Sync, SyncHandle};
pub use reason::{Peer, Unreachable, Why};
pub use state::{LinkState, SyncState};
