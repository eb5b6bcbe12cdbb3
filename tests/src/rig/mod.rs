//! What a test sets up around a kiosk: a real broker, a real central, the kiosk's own process, and a
//! network cable between them that can be pulled.
//!
//! ```text
//!  Kioskd ──► Cable ──► KioskCentral     (HTTPS)
//!     └─────► Cable ──► Mosquitto        (MQTT over TLS)
//! ```
//!
//! Everything listens on loopback ports found free, is ended when its value is dropped (by the id of
//! the process that was started here, never by name), and every wait has an end.

mod broker;
mod cable;
mod error;
mod kioskd;
mod listener;
mod port;
mod process;
mod storm;
mod wait;
mod watcher;

pub use broker::{BrokerFiles, Mosquitto};
pub use cable::{Cable, Flow};
pub use error::RigError;
pub use kioskd::Kioskd;
pub use listener::Eavesdropper;
pub use port::free_port;
pub use process::{Child, built_binary};
pub use storm::{Faces, Storm};
pub use wait::{until, until_async, until_connects};
pub use watcher::{Message, Watcher};
