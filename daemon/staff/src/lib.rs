//! People and machines that work with the API: who they are, what they may do, and how they show it.
//!
//! ```text
//! password (+ code of an authenticator) ─► access token, 15 minutes  ┐
//! refresh token ─► a new pair; a used one ends the whole login        ├─► Principal: tenant, name, scopes
//! API key ───────────────────────────────────────────────────────────┘
//! ```
//!
//! Everything is kept on a [`Shelf`], durable before it is answered. Passwords are Argon2id; keys and tokens are random and
//! kept as SHA-256 only, told once. There is no secret by default: a tenant's first administrator gets a random password that
//! serves for choosing another. Time and randomness are passed in.

mod access;
mod directory;
mod error;
mod key;
mod mfa;
mod password;
mod people;
mod principal;
mod records;
mod refresh;
mod scope;
mod secret;
mod session;
mod shelf;
mod table;

pub use directory::{Directory, FirstAdmin};
pub use error::StaffError;
pub use key::NewKey;
pub use mfa::Enrolment;
pub use people::Invited;
pub use principal::{Principal, Who};
pub use records::{Invitation, Key, User};
pub use scope::{Role, Scope};
pub use session::{LoggedIn, Login, Pair};
pub use shelf::{Shelf, ShelfError};
