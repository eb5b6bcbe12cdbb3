//! What is kept of people, invitations, logins and keys.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::scope::{Role, Scope};
use crate::secret::Hash;
use crate::table::Record;

/// Somebody who works here.
#[derive(Clone, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: Uuid,
    /// The address that it logs in with, in small letters.
    pub email: String,
    /// How it is called.
    pub name: String,
    /// What it is here for.
    pub role: Role,
    /// Whether it may log in.
    pub active: bool,
    /// When it came.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it logged in last.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_login_at: Option<OffsetDateTime>,
    /// The password's Argon2id hash, as a PHC string.
    pub(crate) password: String,
    /// The password serves for choosing another.
    pub(crate) one_time: bool,
    pub(crate) factor: Option<Factor>,
}

impl User {
    /// A second factor is asked for at each login.
    pub fn has_second_factor(&self) -> bool {
        self.factor.as_ref().is_some_and(|factor| factor.enabled)
    }

    /// It has to choose a password before anything else.
    pub const fn has_one_time_password(&self) -> bool {
        self.one_time
    }
}

/// The second factor of somebody: an authenticator's secret (RFC 6238).
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Factor {
    pub(crate) secret: Vec<u8>,
    /// Its owner has shown a code of it.
    pub(crate) enabled: bool,
    /// The newest step whose code was taken: none is taken twice.
    pub(crate) last_step: u64,
}

/// Somebody who is asked to work here.
#[derive(Clone, Serialize, Deserialize)]
pub struct Invitation {
    /// Its id.
    pub id: Uuid,
    /// Whom.
    pub email: String,
    /// As what.
    pub role: Role,
    /// By whom.
    pub invited_by: String,
    /// Until when it holds.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    pub(crate) token: Hash,
}

/// A way to choose a new password, for who forgot it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Reset {
    pub(crate) id: Uuid,
    pub(crate) user: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) token: Hash,
}

/// A login and all tokens that came of it. One refresh token holds at a time.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Family {
    pub(crate) id: Uuid,
    pub(crate) user: Uuid,
    pub(crate) refresh: Hash,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) began: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
}

/// A machine's credential.
#[derive(Clone, Serialize, Deserialize)]
pub struct Key {
    /// Its id.
    pub id: Uuid,
    /// How it is called, in logs too.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Who made it.
    pub created_by: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Until when it holds; for ever where that is absent.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// When it was ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub revoked_at: Option<OffsetDateTime>,
    pub(crate) secret: Hash,
}

macro_rules! record {
    ($($record:ty: $kind:literal, $name:literal, $most:literal;)+) => {$(
        impl Record for $record {
            const KIND: &'static str = $kind;
            const NAME: &'static str = $name;
            const MOST: usize = $most;
            fn id(&self) -> Uuid {
                self.id
            }
        }
    )+};
}

record! {
    User: "staff-user", "user", 1_000;
    Invitation: "staff-invitation", "invitation", 1_000;
    Reset: "staff-reset", "password reset", 1_000;
    Family: "staff-login", "login", 1_000;
    Key: "staff-key", "API key", 1_000;
}
