//! Why a rig could not be set up.

use std::path::PathBuf;

/// A rig that could not be set up, or did not get ready in time.
#[derive(Debug, thiserror::Error)]
pub enum RigError {
    /// A program that the rig runs is not on this machine.
    #[error("{program} is not installed or not built ({why}); {remedy}")]
    ProgramMissing {
        /// The program's name or path.
        program: String,
        /// What the system said.
        why: std::io::Error,
        /// What to do about it.
        remedy: &'static str,
    },
    /// A process ended before it was ready; the end of what it wrote is given.
    #[error("{program} ended while it was starting ({status}); it wrote:\n{log_tail}")]
    EndedEarly {
        /// The program's name.
        program: String,
        /// Its exit status.
        status: std::process::ExitStatus,
        /// The last lines of its log.
        log_tail: String,
    },
    /// Something that was waited for did not happen in its time.
    #[error("waited {limit_ms} ms for {what}, in vain; {detail}")]
    TookTooLong {
        /// What was waited for.
        what: String,
        /// The time given to it.
        limit_ms: u128,
        /// Anything that helps to see why.
        detail: String,
    },
    /// A file or folder of the rig could not be written or read.
    #[error("cannot use {path}: {why}; give the rig a folder that this user may write")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// No loopback port could be had.
    #[error("no loopback port to be had: {0}; is the network namespace without `lo`?")]
    NoPort(std::io::Error),
    /// A certificate of the rig cannot be used.
    #[error("the rig's certificates cannot be used: {0}")]
    Certificate(kiosk_pki::PkiError),
    /// A process was asked to do something after it had ended.
    #[error("{0} is not running; start it first")]
    NotRunning(String),
}

impl RigError {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |why| Self::File { path, why }
    }
}
