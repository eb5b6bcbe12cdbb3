//! Watch lists, as dialects ask them: who is near a name, why, and who was looked at before.
//!
//! A verification asks them itself, once its document is read; a dialect asks for what it is asked for, a firm's name say.
//! An exception holds for one tenant, one person (name and date of birth) and one entry.

use async_trait::async_trait;
use kiosk_session::{Accepted, ListVersion, Redacted, Screening as Screened};
use time::Date;

use crate::audit::Actor;
use crate::service::ServiceError;

/// Whom to ask for.
#[derive(Debug, Clone)]
pub struct ScreenQuery {
    /// Whose exceptions hold.
    pub tenant: String,
    /// The name, in any script and order.
    pub name: Redacted<String>,
    /// What bears it; `None` asks for all.
    pub kind: Option<Bearer>,
    /// Date of birth.
    pub birth_date: Option<Redacted<Date>>,
    /// Nationality or residence: an ISO 3166-1 code or a name.
    pub country: Option<String>,
}

/// What bears a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearer {
    /// A person.
    Person,
    /// A firm or another body.
    Organisation,
    /// A ship or an aircraft.
    Vessel,
}

/// What the lists say.
#[derive(Debug, Clone, PartialEq)]
pub enum ScreenAnswer {
    /// Nothing was asked: no list is loaded, or the name has no letter. It is not the same as clear.
    NotAssessed {
        /// Why, as a stable word: `NO_LISTS` or `NO_NAME`.
        why: &'static str,
    },
    /// Asked, at the policy's threshold; `clear` where no hit is left but excepted ones.
    Assessed {
        /// No hit but excepted ones.
        clear: bool,
        /// Lists and hits.
        found: Screened,
    },
}

/// An exception as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptException {
    /// SHA-256 of the name's key and the date of birth, in hex: it names nobody.
    pub person: String,
    /// The list's entry.
    pub entry: String,
    /// When, by whom and why.
    pub accepted: Accepted,
}

/// How the watch lists stand. A kiosk verifies without them; a decision says that nobody was screened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListsState {
    /// The config names none.
    None,
    /// In use, as their files are.
    Ready,
    /// In use, but older than the files, of which one can't be read: the log says which, and what to do.
    Stale,
    /// Not in use: the files can't be read, and nobody is screened.
    Unreadable,
}

impl ListsState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::None, Self::Ready, Self::Stale, Self::Unreadable];

    /// Its name in answers and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ready => "ready",
            Self::Stale => "stale",
            Self::Unreadable => "unreadable",
        }
    }
}

/// The watch lists of this kiosk.
#[async_trait]
pub trait Screening: Send + Sync {
    /// Asks the lists for somebody.
    fn screen(&self, query: &ScreenQuery) -> ScreenAnswer;
    /// The lists in use, and their versions.
    fn lists(&self) -> Vec<ListVersion>;
    /// How they stand.
    fn lists_state(&self) -> ListsState;
    /// Keeps that this person is not that entry; durable and in the audit when it returns.
    async fn accept(
        &self,
        who: &Actor,
        query: &ScreenQuery,
        entry: &str,
        note: &str,
    ) -> Result<KeptException, ServiceError>;
    /// Takes an exception back; durable and in the audit when it returns.
    async fn withdraw(&self, who: &Actor, person: &str, entry: &str) -> Result<(), ServiceError>;
    /// A tenant's exceptions, the oldest first.
    fn exceptions(&self, tenant: &str) -> Result<Vec<KeptException>, ServiceError>;
}
