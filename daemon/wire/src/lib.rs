//! What a kiosk and central say to each other: records, their chain, acknowledgements, commands, topics.
//!
//! ```text
//!  kiosk                                                         central
//!  event ──seal(session key)──► Record ──┐                       ┌──► verify chain ──► store once
//!          number, previous, hash        ├─ Batch ─HTTPS|MQTT──► ┤
//!  session key ──HPKE(central)─► SealedKey┘                      └──► open key ──► open records
//!                               ◄── Acknowledgement{durable, head} ──
//!                               ◄── SignedCommand{number} ──   Outcome ──►
//! ```
//!
//! Nobody on the way reads a record: its content is sealed with the session's [`DataKey`]
//! (XChaCha20-Poly1305), and that key is sealed to central's public key (HPKE, RFC 9180).
//! The chain runs over ciphertext, so it stays verifiable after a session's key has been erased; that it was is a
//! record of its own ([`Erasure`]).
//!
//! No I/O here, no clock; randomness is passed in.

mod batch;
mod chain;
mod cloud_event;
mod coding;
mod command;
mod erasure;
mod error;
mod held;
mod hpke_keys;
mod id;
mod key_file;
pub mod limits;
pub mod paths;
mod random;
mod record;
mod refusal;
mod seal;
mod signed_time;
mod signing;
mod status;
pub mod topics;

pub use batch::{Acknowledgement, Batch, BatchSignature, SealedKey};
pub use chain::{Chain, ChainFault};
pub use cloud_event::{CloudEvent, EventKind, SessionNews};
pub use command::{Command, Outcome, SignedCommand};
pub use erasure::{ErasedFor, Erasure};
pub use error::WireError;
pub use held::{HeldRecord, RecordStub};
pub use hpke_keys::{CentralPublicKey, CentralSecretKey};
pub use id::{EvidenceId, KioskId, TenantId};
pub use key_file::KeyLine;
pub use random::{OsRandom, Random};
pub use record::{
    ERASURE_VERSION, FIRST_PREVIOUS, RECORD_VERSION, Record, associated_data, chained_hash,
};
pub use refusal::{ErrorBody, LOG_FORKED, RECORD_UNKNOWN};
pub use seal::{
    DataKey, OVERHEAD, open, open_evidence, open_record, seal, seal_evidence, seal_record,
};
pub use signed_time::{Nonce, SignedTime};
pub use signing::{CommandPublicKey, CommandSecretKey};
pub use status::KioskStatus;
