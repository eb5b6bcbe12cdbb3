//! The log on disk: sealed, chained, durable before anyone is told.
//!
//! ```text
//!  folder/
//!    lock            held while a store is open: a second opener is refused
//!    log/            sled: the event log and its views (see `layout`)
//!    witness         how far the log had come, outside sled (see `head`)
//!    keys/           one file a session: its data key, wrapped by the device key
//!    evidence/       one file a piece: a picture or clip, sealed with its session's key
//!    quarantine/     what recovery set aside, ciphertext only
//!
//!  append ──► key file whole (new sessions) ──► queue (bounded, blocks) ──► writer thread
//!                                                                             │ drains all that wait
//!                     number, seal, chain ──► one sled batch ──► flush ──► fdatasync of log/db
//!                                                                             ▼
//!                                                       fdatasync of the witness
//!                                                                             │
//!  every waiting caller is answered ◄─────────────────────────────────────────┘
//! ```
//!
//! **Durability points.** An event, an acknowledgement, an erasure and the note of a piece of evidence are
//! durable when their call returns: sled's `flush()` alone is not (it ends in `sync_file_range`), so each
//! commit also syncs sled's `db` and any new file of its `blobs`. Key and evidence files are written whole
//! (temporary, fsync, rename, fsync of the folder) before the commit that relies on them.
//! When a sync fails, nobody is answered and nothing more is written until the store is opened anew:
//! after a failed fsync the kernel may have dropped the pages, and trying again would prove nothing.
//!
//! **What a crash may leave behind**, and what opening does with it:
//!
//! | left behind | at the next opening |
//! |---|---|
//! | a batch that was not synced, whole or not at all (sled applies a batch as one) | kept or gone as a whole; nobody was told of it |
//! | records beyond the durable head (a torn tail) | cut, copied to quarantine, reported |
//! | a record that is not what its hash says | set aside to quarantine, reported; its number stays a gap |
//! | a log that went back to an earlier state (sled does so at a damaged page, silently) | told; the lost numbers stay gaps, numbering and chain go on after them |
//! | a temporary file | removed |
//! | a key file of a session without events | left: it is used when the session's first event comes |
//! | an evidence file that no entry names | removed, unless the log itself was damaged |
//! | an erasure that was noted and not finished | finished |
//!
//! **What is not promised yet.** sled moves pages by itself and may reuse a segment before the copy is
//! fsynced; under a power cut (not under `kill -9`) that could cost older records. Everything above sees only
//! [`log`](self)'s commit, get and visit, so that a journal of our own can take sled's place.
//!
//! **Secrets.** Events and evidence are sealed with a random key for each session; that key lies wrapped in
//! its own file, never in sled, so that unlinking the file erases the person. Associated data binds every
//! sealed value to its place. Names of files are keyed hashes. The chain runs over ciphertext.

mod append;
mod config;
mod device_key;
mod disk;
mod error;
mod evidence;
mod folder;
mod head;
mod keyring;
mod layout;
mod log;
mod open;
mod outbox;
mod quarantine;
mod read;
mod recovery;
mod report;
mod sealed;
mod side;
mod store;
mod turn;
mod writer;

pub use config::StoreConfig;
pub use device_key::DeviceKey;
pub use disk::{Disk, LocalDisk};
pub use error::StoreError;
pub use evidence::EvidencePiece;
pub use kiosk_wire::EvidenceId;
pub use report::RecoveryReport;
pub use store::{Store, StoreStats};
