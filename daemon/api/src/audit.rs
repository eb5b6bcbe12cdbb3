//! The audit: who changed what, when and from where, as dialects record and ask for it.
//!
//! ```text
//! a session's event  ──► its entry names its author ──┐
//! any other change   ──► Audit::record ──► the stream ─┴─► the one log, sealed and chained ──► entries, verify
//! ```
//!
//! What happens to sessions is recorded by the service itself; a dialect calls [`Audit::record`] for what belongs to no
//! session: staff users, API keys, webhook subscriptions. An action is a stable name as `user.created`; an object is the
//! id of what was touched, never a person's name or address. `docs/audit.md` lists the actions.

use std::fmt;
use std::net::IpAddr;

use async_trait::async_trait;
use serde::Serialize;
use time::OffsetDateTime;

use crate::service::{Caller, ServiceError};

/// Longest object and longest action, in bytes.
pub const LONGEST: usize = 200;
/// Most entries of one page.
pub const MOST_ENTRIES: usize = 1000;

/// Who changes something.
#[derive(Clone, PartialEq, Eq)]
pub struct Actor {
    /// Whose audit tells of it.
    pub tenant: String,
    /// The credential's or staff user's name or id.
    pub name: String,
    /// Where they call from; `None` where it is not known.
    pub address: Option<IpAddr>,
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Self {
        Self {
            tenant: caller.tenant.clone(),
            name: caller.credential.clone(),
            address: caller.address,
        }
    }
}

/// Without the address, which may be a person's.
impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Actor")
            .field("tenant", &self.tenant)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Which entries to give.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// From there on, as [`AuditPage::next`] said; absent, from the beginning.
    pub cursor: Option<u64>,
    /// The newest first, in place of the oldest.
    pub newest_first: bool,
    /// How many at most; [`MOST_ENTRIES`] is the most.
    pub limit: usize,
    /// Only those of this action.
    pub action: Option<String>,
    /// Only those of this actor, by name.
    pub actor: Option<String>,
    /// Only those that touched this.
    pub object: Option<String>,
    /// Only those of then or later.
    pub from: Option<OffsetDateTime>,
    /// Only those of before.
    pub before: Option<OffsetDateTime>,
}

/// One change, as it is exported: a line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// Its place in the kiosk's log, which other tenants' entries are numbered in, too.
    pub number: u64,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// By whom; null in what was recorded before authors were.
    pub actor: Option<Author>,
    /// What was done, e.g. `session.created`.
    pub action: String,
    /// What was touched.
    pub object: Option<String>,
    /// The hash of the log's record before it, of whatever tenant, in hex.
    pub previous: String,
    /// Its record's own hash, in hex.
    pub hash: String,
}

/// By whom, in an entry.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Author {
    /// The credential's or staff user's name, or `(kiosk)` for the kiosk itself.
    pub name: String,
    /// Where they called from.
    pub address: Option<IpAddr>,
}

impl fmt::Debug for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Author")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Some entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// In the order asked for.
    pub entries: Vec<AuditEntry>,
    /// Where to go on; `None` at the end. A page may hold fewer entries than its limit, even none, and not be the last.
    pub next: Option<u64>,
}

/// What a verification of the log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditVerdict {
    /// Nothing is wrong.
    pub whole: bool,
    /// Records that are what their hash says, of whatever tenant.
    pub records: u64,
    /// Of these, those of this tenant that an export gives.
    pub entries: u64,
    /// The newest record's number.
    pub newest: u64,
    /// Its hash, in hex: with a hash noted elsewhere it tells that nothing before was made anew.
    pub head: String,
    /// What is wrong, in the order of the numbers; at most 1000.
    pub faults: Vec<AuditFault>,
}

/// What is wrong with one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditFault {
    /// Its number.
    pub number: u64,
    /// `MISSING`, `CHANGED`, `MOVED`, `UNLINKED`, `UNREADABLE` or `END`.
    pub code: &'static str,
    /// The same in words.
    pub what: String,
}

/// The tenants' audits.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Records a change that belongs to no session; durable when it returns.
    async fn record(
        &self,
        who: &Actor,
        action: &'static str,
        object: Option<&str>,
    ) -> Result<(), ServiceError>;
    /// A tenant's entries, of its sessions and of all else.
    async fn entries(&self, tenant: &str, filter: AuditFilter) -> Result<AuditPage, ServiceError>;
    /// Reads the whole log, and says what is wrong with it.
    async fn verify(&self, tenant: &str) -> Result<AuditVerdict, ServiceError>;
}
