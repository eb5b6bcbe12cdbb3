//! Why central cannot start.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::{ConfigFault, LedgerError};

/// A fault at start. Each names what to change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CentralError {
    /// The configuration is not as it should be.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Config(Vec<ConfigFault>),
    /// The own certificate or key cannot be used.
    #[error(transparent)]
    Certificate(#[from] kiosk_pki::PkiError),
    /// The address cannot be listened on.
    #[error("{address} cannot be listened on ({source}); is another program there?")]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A folder cannot be made or read.
    #[error("the folder {} cannot be used ({source}); check its owner and mode", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The bucket for evidence cannot be used.
    #[error("evidence_bucket: it cannot be used ({0}); check its key file and its endpoint")]
    Bucket(std::io::Error),
    /// The secret key that opens sessions, or signs commands, cannot be read.
    #[error("the key file {} cannot be used ({reason})", file.display())]
    SessionKey {
        /// Which file.
        file: PathBuf,
        /// Why, with the remedy.
        reason: String,
    },
}
