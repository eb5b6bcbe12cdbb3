//! What can go wrong in the store. No text holds anything of a person: numbers, sessions and places only.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kiosk_wire::{ChainFault, WireError};
use uuid::Uuid;

/// Why the store did not do as it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Another process, or another `Store` of this one, has it open.
    #[error("the store in {folder} is open already; stop the other kioskd or kioskctl first")]
    AlreadyOpen {
        /// Where.
        folder: PathBuf,
    },
    /// The device key is not the one that this store was made with.
    #[error(
        "the device key is not the one that this store was made with; give the kiosk its own key back"
    )]
    WrongDeviceKey,
    /// The store was made by a kiosk of another id.
    #[error("the store in {folder} is another kiosk's; give each kiosk a folder of its own")]
    OtherKiosk {
        /// Where.
        folder: PathBuf,
    },
    /// The store was written by a newer program.
    #[error("the store has layout {version}, which this program does not know; update kioskd")]
    Layout {
        /// The layout's version.
        version: u8,
    },
    /// There are keys or evidence, but the log that belongs to them is gone.
    #[error(
        "{folder} holds keys or evidence but no log; put the log back, or move the folder away to begin anew"
    )]
    LogMissing {
        /// Where.
        folder: PathBuf,
    },
    /// A file that holds a secret may be read by others.
    #[error("{path} may be read by others (mode {mode:03o}); run: chmod 600 {path}")]
    KeyFileOpenToOthers {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// There is no systemd credential of that name.
    #[error(
        "there is no systemd credential `{name}`; set LoadCredentialEncrypted={name}:... in the unit"
    )]
    CredentialMissing {
        /// Which.
        name: String,
    },
    /// The store is as large as it may get.
    #[error(
        "the store is full ({used} of {most} bytes): no {what} can be taken; let it reach central, or raise max_bytes"
    )]
    Full {
        /// What was refused.
        what: &'static str,
        /// Bytes in use.
        used: u64,
        /// Bytes that may be used.
        most: u64,
    },
    /// The session's key was erased: nobody can read it any more, nor add to it.
    #[error("session {session} was erased; nothing of it can be read or added")]
    Erased {
        /// Which.
        session: Uuid,
    },
    /// The session's key file is missing although nobody erased it.
    #[error("the key file of session {session} is missing; run kioskctl store check")]
    KeyMissing {
        /// Which.
        session: Uuid,
    },
    /// A record is missing or not what it should be.
    #[error("record {number} can't be used ({why}); run kioskctl store check")]
    Record {
        /// Which.
        number: u64,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The chain of records is broken.
    #[error("the log's chain is broken: {0}; run kioskctl store check")]
    Chain(#[from] ChainFault),
    /// There is no such piece of evidence.
    #[error("there is no evidence {0} of that session")]
    NoEvidence(kiosk_wire::EvidenceId),
    /// A piece of evidence is not what its name says.
    #[error("evidence {0} is not what its name says; run kioskctl store check")]
    EvidenceDamaged(kiosk_wire::EvidenceId),
    /// Something is too long to be stored.
    #[error("a {what} of {is} bytes is too long, {most} are allowed; split or compress it")]
    TooLong {
        /// What.
        what: &'static str,
        /// Its length in bytes.
        is: usize,
        /// The longest allowed.
        most: usize,
    },
    /// The disk itself has no room left.
    #[error("{path} can't be written: the disk is full; make room, what was stored stays")]
    DiskFull {
        /// Where.
        path: PathBuf,
    },
    /// An append without events.
    #[error("there is nothing to append; give at least one event")]
    Nothing,
    /// Central acknowledged what this store has not written.
    #[error(
        "record {upto} can't be acknowledged, only {newest} are written; was the store replaced?"
    )]
    AheadOfLog {
        /// The acknowledged number.
        upto: u64,
        /// The newest number written.
        newest: u64,
    },
    /// A write could not be made durable; nothing is written any more until the store is opened anew.
    #[error("the store can't be written any more ({why}); mend the disk and restart kioskd")]
    NotWritable {
        /// What went wrong first.
        why: String,
    },
    /// The store was closed.
    #[error("the store is closed; open it again")]
    Closed,
    /// sled failed, or panicked.
    #[error("the log could not be {doing} ({why}); run kioskctl store check")]
    Log {
        /// What was being done.
        doing: &'static str,
        /// What sled said.
        why: String,
    },
    /// A file or folder could not be used.
    #[error("{path} could not be {doing}: {source}; check the disk and the folder's rights")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// A key or a sealed value is not what it should be.
    #[error(transparent)]
    Wire(#[from] WireError),
}

impl StoreError {
    /// Whether there is no room, in the store or on its disk: the one refusal that passes by itself, once central
    /// has taken over or room is made.
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::DiskFull { .. })
    }

    /// For `map_err`: a failed write, told apart where only the room is missing.
    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| match is_full(&source) {
            true => Self::DiskFull { path },
            false => Self::io("written", path)(source),
        }
    }

    /// For `map_err`: an I/O error with its place.
    pub(crate) fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            doing,
            path,
            source: Arc::new(source),
        }
    }
}

/// Whether only the room was missing.
pub(crate) fn is_full(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded
    )
}
