//! The log on disk: sealed, chained, durable before anyone is told.
//!
//! ```text
//!  folder/
//!    lock            held while a store is open: a second opener is refused
//!    journal/        the one event log: append-only segments of whole frames (see `journal`)
//!    log/            sled: the view by which things are found, made anew from the journal when in doubt (see `view`);
//!                    8 MiB are kept there to open it again on a full disk (see `settled`)
//!    witness         how far the log had come, outside the journal (see `head`)
//!    stand           whether it was closed, and after which commit (see `stand`)
//!    keys/           one file a session: its data key, wrapped by the device key
//!    evidence/       one file a piece: a picture or clip, sealed with its session's key
//!    quarantine/     what recovery and repair set aside, ciphertext only
//!
//!  append ──► key file whole (new sessions) ──► queue (bounded, blocks) ──► writer thread
//!                                                                             │ drains all that wait
//!                     number, seal, chain ──► one frame ──► fdatasync of the segment
//!                                                                             ▼
//!                                                 view and witness, not synced
//!                                                                             │
//!  every waiting caller is answered ◄─────────────────────────────────────────┘
//! ```
//!
//! **Views.** Sessions, evidence, the outbox, erasures and briefs are keys of the view (see `layout`); webhooks are
//! events of sessions like all others. The audit reads the log as it is (see `audit`); what it is told that belongs to no
//! session are events of *streams*, which are sessions in all but name. Nothing stands in a view alone.
//!
//! **Durability points.** An event, an acknowledgement, an erasure and the note of a piece of evidence are
//! durable when their call returns: one fdatasync has returned for all that waited. Key and evidence files are written
//! whole (temporary, fsync, rename, fsync of the folder) before the commit that relies on them.
//! When a sync fails, nobody is answered and nothing more is written until the store is opened anew:
//! after a failed fsync the kernel may have dropped the pages, and trying again would prove nothing.
//! When only room is missing, everyone is told and nothing has changed: the next call tries again.
//!
//! **What a crash or a power cut may leave behind**, and what opening does with it:
//!
//! | left behind | at the next opening |
//! |---|---|
//! | a frame that was written and not synced, whole | kept, and synced before anything relies on it; nobody was told of it |
//! | the same, torn | cut, copied to quarantine, reported |
//! | a view that is behind, ahead, changed, or no view at all | brought up, or made anew; reported |
//! | a frame that is damaged between whole ones | what it held is missing or set aside, reported; its numbers stay gaps |
//! | a journal that lost its end, by the witness's word | told; the lost numbers stay gaps, numbering and chain go on after them |
//! | a temporary file | removed |
//! | a key file of a session without events | left: it is used when the session's first event comes |
//! | an evidence file that no entry names | removed, unless the log itself was damaged |
//! | an erasure that was noted and not finished | finished |
//! | a store of layout 1, where sled held everything, or of 2, without erasures | migrated (see `migrate`) |
//!
//! **Letting go.** Erasing a session removes its key and evidence; its ciphertext stays, and a record says so, in the
//! same commit, for central. Forgetting, once central holds
//! all of it, leaves of each record only its place in the chain (see `stub`); segments that are mostly dead then are
//! cleaned: what counts is written anew, the segment removed.
//!
//! **Secrets.** Events and evidence are sealed with a random key for each session; that key lies wrapped in
//! its own file, replaced whole, never in journal or view, so that unlinking the file erases the person. Associated
//! data binds every sealed value to its place. Names of files are keyed hashes. The chain runs over ciphertext.

mod again;
mod append;
mod audit;
mod check;
mod config;
mod device_key;
mod disk;
mod entries;
mod error;
mod evidence;
mod evidence_check;
mod folder;
mod head;
mod journal;
mod keyring;
mod layout;
mod log;
mod migrate;
mod open;
mod outbox;
mod quarantine;
mod read;
mod recovery;
mod report;
mod sealed;
mod settled;
mod side;
mod stand;
mod store;
mod stub;
mod turn;
mod view;
mod writer;

pub use audit::{LogFault, LogLine, LogVerdict, Wrong, is_stream, stream_id};
pub use check::{CheckReport, RepairReport, StoreFault};
pub use config::StoreConfig;
pub use device_key::DeviceKey;
pub use disk::{Disk, LocalDisk};
pub use error::StoreError;
pub use evidence::EvidencePiece;
pub use kiosk_wire::{ErasedFor, Erasure, EvidenceId};
pub use report::RecoveryReport;
pub use store::{Store, StoreStats};
