//! Why somebody was not let in, or something was not done.

use thiserror::Error;

use crate::password::{LEAST, MOST};
use crate::shelf::ShelfError;

/// Why not. No text says whether an address is known.
#[derive(Debug, Error)]
pub enum StaffError {
    /// Unknown address, wrong password, or a person who may not come in any more.
    #[error("e-mail address or password is wrong")]
    Credentials,
    /// A second factor is asked for.
    #[error("mfa_code is required: this account has a second factor")]
    CodeMissing,
    /// A code that does not fit, or was used.
    #[error("mfa_code is wrong, over or was used; wait for the next one")]
    CodeWrong,
    /// A token or key that lets nobody in.
    #[error("the token or key is unknown, over or was ended; log in again")]
    Token,
    /// A refresh token came twice: one of two holders has no right to it.
    #[error(
        "the refresh token was used before; all that came of that login is ended, log in again"
    )]
    Reused,
    /// The first password serves for choosing another.
    #[error("choose a password of your own first: POST auth/change-password")]
    PasswordIsOneTime,
    /// There is none of that id.
    #[error("no such {0}")]
    Unknown(&'static str),
    /// There is one already.
    #[error("there is such {0} already")]
    Exists(&'static str),
    /// An address that logs somebody in already, at whatever tenant.
    #[error("this e-mail address logs somebody in already; ask to be invited by another one")]
    AddressTaken,
    /// A rule of ours stands against it.
    #[error("{0}")]
    Rule(&'static str),
    /// No room for more.
    #[error("there is no room for more {0}; remove some")]
    Full(&'static str),
    /// A password that is too easy.
    #[error("a password needs {LEAST} to {MOST} characters and must not be the e-mail address")]
    Password,
    /// It could not be kept or read.
    #[error(transparent)]
    Shelf(#[from] ShelfError),
    /// A fault of ours or the system's.
    #[error("{0} failed")]
    Fault(&'static str),
}
