//! The audit as a view of the one log: every change by whom, from where, when, and what.
//!
//! ```text
//!  session's event   entry {at, by {name, address}, event}     ──► action session.EVENT, object the session's id
//!  anything else     stream of tenant and month:
//!                    {version, tenant, at, by, action, object} ──► as it stands there
//! ```
//!
//! A tenant sees its sessions' entries and its streams', and no other's. What an erased session's entries said goes with its
//! key; that it was erased, by whom and when, stands in the stream. A stream is of one month, so that it can be let go whole.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kiosk_api::audit::{
    self, Actor, Audit, AuditEntry, AuditFault, AuditFilter, AuditPage, AuditVerdict, MOST_ENTRIES,
};
use kiosk_api::service::ServiceError;
use kiosk_session::{Author, Entry, Redacted};
use kiosk_store::{LogFault, LogLine, StoreError, Wrong, is_stream, stream_id};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Service;
use super::journal::{Journal, from_store};

/// The version of [`Recorded`] that this code writes.
const VERSION: u8 = 1;
/// Readings of the log that one page may take: with filters that nothing meets, a page says only where to go on.
const READINGS: usize = 8;

/// A change that belongs to no session, as it lies in a stream.
#[derive(Serialize, Deserialize)]
struct Recorded {
    version: u8,
    tenant: String,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    by: Author,
    action: String,
    object: Option<String>,
}

/// A month of a tenant's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stream {
    tenant: String,
    /// Months since the year 0.
    month: u32,
}

impl Stream {
    fn at(tenant: &str, at: OffsetDateTime) -> Self {
        let at = at.to_offset(time::UtcOffset::UTC);
        Self {
            tenant: tenant.to_owned(),
            month: at.year().unsigned_abs() * 12 + u32::from(u8::from(at.month())) - 1,
        }
    }

    fn id(&self) -> Uuid {
        stream_id(&[b"audit\0", self.bytes().as_slice()].concat())
    }

    /// What the store keeps of it in brief: `version (1) ‖ month (4) ‖ tenant`.
    fn bytes(&self) -> Vec<u8> {
        let month = self.month.to_be_bytes();
        [&[VERSION], month.as_slice(), self.tenant.as_bytes()].concat()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (month, tenant) = rest.split_first_chunk()?;
        (*version == VERSION).then_some(())?;
        Some(Self {
            tenant: String::from_utf8(tenant.to_vec()).ok()?,
            month: u32::from_be_bytes(*month),
        })
    }
}

/// Whose the streams are.
#[derive(Default)]
pub(super) struct Streams(Mutex<HashMap<Uuid, Stream>>);

impl Streams {
    /// Notes what the store was told of a stream in brief.
    pub(super) fn note(&self, id: Uuid, brief: Option<&[u8]>) {
        match brief.and_then(Stream::read) {
            Some(stream) => drop(self.held().insert(id, stream)),
            None => {
                tracing::error!(stream = %id, "a stream's tenant can't be read: its entries are in no tenant's audit")
            }
        }
    }

    fn is_of(&self, id: Uuid, tenant: &str) -> bool {
        let held = self.held();
        held.get(&id).is_some_and(|stream| stream.tenant == tenant)
    }

    fn tenants(&self) -> Vec<String> {
        let held = self.held();
        held.values().map(|stream| stream.tenant.clone()).collect()
    }

    /// A panic while it was held leaves whole entries: each is put in at once.
    fn held(&self) -> MutexGuard<'_, HashMap<Uuid, Stream>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal {
    /// Records a change that belongs to no session; durable when this returns.
    pub(super) async fn record(
        &self,
        who: &Actor,
        action: &'static str,
        object: Option<&str>,
    ) -> Result<(), ServiceError> {
        if action.len() > audit::LONGEST || object.is_some_and(|it| it.len() > audit::LONGEST) {
            tracing::error!(action, "an audited change has too long a name or object");
            return Err(ServiceError::Internal);
        }
        let at = self.now();
        let stream = Stream::at(&who.tenant, at);
        let recorded = Recorded {
            version: VERSION,
            tenant: who.tenant.clone(),
            at,
            by: Author {
                name: who.name.clone(),
                address: who.address.map(Redacted::new),
            },
            action: action.to_owned(),
            object: object.map(str::to_owned),
        };
        let bytes = serde_json::to_vec(&recorded).map_err(|_| ServiceError::Internal)?;
        let (id, brief) = (stream.id(), stream.bytes());
        let written = self.store().append_briefed(id, vec![bytes], brief).await;
        written.map_err(|error| match error {
            StoreError::Erased { .. } => {
                tracing::error!("the clock went back to a month of the audit that was let go");
                ServiceError::Internal
            }
            error => from_store(&error),
        })?;
        self.streams().held().insert(id, stream);
        Ok(())
    }

    /// Lets streams go of months that ended before `before` and that central holds. Gives how many there were.
    pub(super) async fn forget_streams(&self, before: OffsetDateTime) -> usize {
        let due: Vec<Uuid> = {
            let held = self.streams().held();
            let last = Stream::at("", before).month;
            let due = held.iter().filter(|(_, stream)| stream.month < last);
            due.map(|(id, _)| *id).collect()
        };
        let mut gone = 0;
        for id in due {
            match self.store().forget(id).await {
                Ok(true) => {
                    self.streams().held().remove(&id);
                    gone += 1;
                }
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "a month of the audit could not be let go"),
            }
        }
        gone
    }

    /// Every tenant that this kiosk holds anything of.
    pub(super) fn tenants(&self) -> Vec<String> {
        let mut tenants = self.streams().tenants();
        tenants.extend(self.index().tenants());
        tenants.sort();
        tenants.dedup();
        tenants
    }

    fn is_of(&self, id: Uuid, tenant: &str) -> bool {
        match is_stream(id) {
            true => self.streams().is_of(id, tenant),
            false => self.index().is_of(kiosk_session::SessionId(id), tenant),
        }
    }

    /// A page of a tenant's audit. It waits for the disk.
    pub fn audited(&self, tenant: &str, filter: &AuditFilter) -> Result<AuditPage, ServiceError> {
        let backwards = filter.newest_first;
        let most = filter.limit.clamp(1, MOST_ENTRIES);
        let first = if backwards { u64::MAX } else { 1 };
        let mut page = AuditPage {
            entries: Vec::new(),
            next: Some(filter.cursor.unwrap_or(first)),
        };
        for _ in 0..READINGS {
            let room = most - page.entries.len();
            let Some(from) = page.next.filter(|_| room > 0) else {
                break;
            };
            let read = self.store().read_log((from, backwards), room, |session| {
                self.is_of(session, tenant)
            });
            let (lines, next) = read.map_err(|error| from_store(&error))?;
            page.next = next;
            let entries = lines.iter().filter_map(entry);
            page.entries
                .extend(entries.filter(|entry| is_wanted(entry, filter)));
        }
        Ok(page)
    }

    /// Reads the whole log. It waits for the disk.
    pub fn verify_audit(&self, tenant: &str) -> Result<AuditVerdict, ServiceError> {
        let (mut entries, mut unread) = (0, Vec::new());
        let read = self.store().verify_log(|line| {
            if !self.is_of(line.session, tenant) {
                return;
            }
            match entry(line) {
                Some(_) => entries += 1,
                None => unread.push(LogFault {
                    number: line.number,
                    wrong: Wrong::Unreadable,
                }),
            }
        });
        let verdict = read.map_err(|error| from_store(&error))?;
        let mut faults = [verdict.faults, unread].concat();
        faults.sort_by_key(|fault| fault.number);
        Ok(AuditVerdict {
            whole: faults.is_empty(),
            records: verdict.records,
            entries,
            newest: verdict.newest,
            head: hex::encode(verdict.head),
            faults: faults.iter().map(told).collect(),
        })
    }
}

/// What a record says to an audit; `None` for what this program can't read, which a verification names.
fn entry(line: &LogLine) -> Option<AuditEntry> {
    let (at, by, action, object) = match is_stream(line.session) {
        true => {
            let recorded: Recorded = serde_json::from_slice(&line.event).ok()?;
            (
                recorded.at,
                Some(recorded.by),
                recorded.action,
                recorded.object,
            )
        }
        false => {
            let entry: Entry = serde_json::from_slice(&line.event).ok()?;
            let action = format!("session.{}", entry.event.name());
            (entry.at, entry.by, action, Some(line.session.to_string()))
        }
    };
    Some(AuditEntry {
        number: line.number,
        at,
        actor: by.map(|by| audit::Author {
            name: by.name,
            address: by.address.map(|address| *address.reveal()),
        }),
        action,
        object,
        previous: hex::encode(line.previous),
        hash: hex::encode(line.hash),
    })
}

fn is_wanted(entry: &AuditEntry, filter: &AuditFilter) -> bool {
    let actor = entry.actor.as_ref().map(|actor| &actor.name);
    let same =
        |wanted: &Option<String>, is: Option<&String>| wanted.is_none() || wanted.as_ref() == is;
    same(&filter.action, Some(&entry.action))
        && same(&filter.actor, actor)
        && same(&filter.object, entry.object.as_ref())
        && filter.from.is_none_or(|from| entry.at >= from)
        && filter.before.is_none_or(|before| entry.at < before)
}

fn told(fault: &LogFault) -> AuditFault {
    let code = match fault.wrong {
        Wrong::Missing => "MISSING",
        Wrong::Changed => "CHANGED",
        Wrong::Moved { .. } => "MOVED",
        Wrong::Unlinked => "UNLINKED",
        Wrong::Unreadable => "UNREADABLE",
        Wrong::End => "END",
    };
    AuditFault {
        number: fault.number,
        code,
        what: fault.to_string(),
    }
}

#[async_trait]
impl Audit for Service {
    async fn record(
        &self,
        who: &Actor,
        action: &'static str,
        object: Option<&str>,
    ) -> Result<(), ServiceError> {
        self.journal.record(who, action, object).await
    }

    async fn entries(&self, tenant: &str, filter: AuditFilter) -> Result<AuditPage, ServiceError> {
        let tenant = tenant.to_owned();
        self.beside_disk(move |journal| journal.audited(&tenant, &filter))
            .await
    }

    async fn verify(&self, tenant: &str) -> Result<AuditVerdict, ServiceError> {
        // It reads all there is: one at a time, the others wait.
        let _turn = self.auditing.lock().await;
        let tenant = tenant.to_owned();
        self.beside_disk(move |journal| journal.verify_audit(&tenant))
            .await
    }
}

impl Service {
    async fn beside_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Journal) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<T, ServiceError> {
        let journal = std::sync::Arc::clone(&self.journal);
        let done = tokio::task::spawn_blocking(move || work(&journal)).await;
        done.map_err(|_| ServiceError::Internal)?
    }

    /// Records what has to go on where the store has no room, as an erasure does, which makes room: then the log says so.
    pub(super) async fn record_anyway(
        &self,
        who: &Actor,
        action: &'static str,
        object: Option<&str>,
    ) -> Result<(), ServiceError> {
        match self.journal.record(who, action, object).await {
            Err(ServiceError::NoRoom(what)) => {
                tracing::error!(action, object, %what, "a change is not in the audit");
                Ok(())
            }
            recorded => recorded,
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_stream_is_one_tenants_month_and_is_no_session() {
        let november = Stream::at("bank", datetime!(2026-11-30 23:59:59 UTC));
        let december = Stream::at("bank", datetime!(2026-12-01 01:00:00 +2));
        assert_eq!(november, december, "months are UTC's");
        assert_eq!(Stream::read(&november.bytes()), Some(november.clone()));
        assert!(is_stream(november.id()));
        assert!(!is_stream(Uuid::new_v4()));
        let others = [
            Stream::at("bank", datetime!(2026-12-01 00:00:00 UTC)),
            Stream::at("ban", datetime!(2026-11-30 23:59:59 UTC)),
        ];
        assert!(others.iter().all(|other| other.id() != november.id()));
    }
}
