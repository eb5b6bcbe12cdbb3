//! Certificates: making them for demo and tests, and reading who a peer is.
//!
//! ```text
//!  Authority (ECDSA P-256) ──issues──► server | broker | central | kiosk | reader
//!                                      subject: CN = name or kiosk id, OU = role, O = tenant
//!  Files {authority, certificate, key} ──► client_config / server_config: TLS 1.3, both sides prove themselves
//!  peer's certificate ──► Peer {name, role, tenant}
//!  Signer ──► chain ‖ signature ──► SignatureCheck ──► Peer: where no TLS leads from one to the other
//! ```
//!
//! The subject says who somebody is; the authority's signature, checked by rustls before anyone
//! looks at the subject, says that it is true. Time is passed in everywhere.

mod authority;
mod error;
mod files;
mod identity;
mod install;
mod name;
mod peer;
mod request;
mod revocation;
mod set;
mod signature;
mod tls;
mod validity;

pub use authority::Authority;
pub use error::PkiError;
pub use files::{read_secret, write_secret};
pub use identity::Identity;
pub use install::finish_installing;
pub use peer::{Peer, Role};
pub use request::Request;
pub use revocation::Revoked;
pub use set::{DemoSet, SetPaths, write_demo_set};
pub use signature::{SignatureCheck, Signer};
pub use tls::{TlsFiles, client_config, own_validity, provider, server_config};
pub use validity::Validity;
