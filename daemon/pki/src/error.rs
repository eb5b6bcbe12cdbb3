//! What can be wrong with a certificate, its key or its file, and what to do about it.

use std::path::PathBuf;

use time::OffsetDateTime;

/// Why a certificate could not be made, read or used.
///
/// The texts name files and technical names of machines, never a person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PkiError {
    /// The file is not there.
    #[error("{} is missing; put it there, or make a new set with `kioskctl pki init`", file.display())]
    Missing {
        /// Which.
        file: PathBuf,
    },
    /// The file or folder is there and cannot be read or written.
    #[error("{} cannot be read or written ({source}); check its owner and mode", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The private key is open to others than its owner.
    #[error("the private key {} is open to others (mode {mode:04o}); chmod 600 it", file.display())]
    KeyExposed {
        /// Which.
        file: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds something else than what is wanted of it.
    #[error("{} holds no usable {wanted}; put a PEM file with one there", file.display())]
    Malformed {
        /// Which.
        file: PathBuf,
        /// What was looked for in it.
        wanted: &'static str,
    },
    /// The private key belongs to another certificate.
    #[error("the private key {} does not belong to {}; install both again", key.display(), certificate.display())]
    KeyMismatch {
        /// The key's file.
        key: PathBuf,
        /// The certificate's file.
        certificate: PathBuf,
    },
    /// The own certificate has run out.
    #[error("the certificate {} has expired at {not_after}; install a new one", file.display())]
    Expired {
        /// The certificate's file.
        file: PathBuf,
        /// Its last valid second.
        not_after: OffsetDateTime,
    },
    /// The own certificate is not valid yet.
    #[error("the certificate {} is valid only from {not_before}; check this machine's clock", file.display())]
    NotYetValid {
        /// The certificate's file.
        file: PathBuf,
        /// Its first valid second.
        not_before: OffsetDateTime,
    },
    /// TLS could not be set up with these files.
    #[error("TLS 1.3 cannot be set up with {} ({reason}); install the certificate again", file.display())]
    Unusable {
        /// The certificate's file.
        file: PathBuf,
        /// What rustls said.
        reason: rustls::Error,
    },
    /// A name that cannot stand in a certificate, a topic and a path alike.
    #[error("\"{name}\" cannot be the {what}; use {rule}")]
    Name {
        /// What it would name.
        what: &'static str,
        /// The name.
        name: String,
        /// What is allowed.
        rule: &'static str,
    },
    /// A request for a certificate is none, or not signed by the key in it.
    #[error("this is no request for a certificate that its own key has signed; make a new one")]
    Request,
    /// A signature is none that counts.
    #[error("this is not signed by somebody whom the authority knows: {0}")]
    NotSigned(&'static str),
    /// A validity window that ends before it begins.
    #[error("a certificate cannot be valid until before it is valid from; swap the two times")]
    Window,
    /// The certificate could not be made.
    #[error("the certificate could not be made ({0}); this is a fault of the program")]
    Issue(#[from] rcgen::Error),
    /// A peer's certificate does not say who the peer is.
    #[error("the peer's certificate does not say who it is: {0}; issue it with `kioskctl pki`")]
    Subject(&'static str),
}
