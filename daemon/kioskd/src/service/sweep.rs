//! What time and central's word do to sessions: overdue ones expire, delivered ones are marked so.

use std::sync::Arc;

use kiosk_api::audit::Actor;
use kiosk_api::service::ServiceError;
use kiosk_session::{Author, Event, SessionId};
use kiosk_store::{ErasedFor, StoreError};

use super::Service;
use super::journal::Journal;

/// Ends every session whose time has run out. Gives how many there were.
pub async fn expire_overdue(service: &Arc<Service>) -> usize {
    let overdue = service.journal.index().overdue(service.clock.now());
    add_to_each(service, overdue, &Event::Expired).await
}

/// Marks every decided session whose records central holds. Gives how many there were.
pub async fn mark_synced(service: &Arc<Service>, through: u64) -> usize {
    let delivered = service.journal.index().decided_up_to(through);
    add_to_each(service, delivered, &Event::Synced { through }).await
}

/// How long closed sessions are kept, in days since they were begun.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// Those that central holds.
    pub delivered_days: u16,
    /// Those that it lacks; `None`: until it holds them.
    pub undelivered_days: Option<u16>,
}

/// Sessions that one sweep lets go, and segments that it cleans: the others wait for the next.
const AT_ONCE: usize = 64;

/// Lets sessions go whose time is over, by policy. Gives how many there were.
pub async fn let_go(service: &Arc<Service>, through: u64, kept: Kept) -> usize {
    let (journal, now) = (&service.journal, service.clock.now());
    journal.finish().await;
    let before = |days: u16| now - time::Duration::days(days.into());
    let mut gone = 0;
    for id in journal
        .index()
        .past(before(kept.delivered_days), through, true)
        .into_iter()
        .take(AT_ONCE)
    {
        if !person_is_off(service, id).await {
            continue;
        }
        match journal.forget(id).await {
            Ok(done) => gone += usize::from(done),
            Err(fault) => tracing::warn!(session = %id, %fault, "a session could not be let go"),
        }
    }
    let undelivered = kept
        .undelivered_days
        .map(|days| journal.index().past(before(days), through, false));
    for id in undelivered.into_iter().flatten().take(AT_ONCE) {
        if !person_is_off(service, id).await {
            continue;
        }
        match service.erase_overdue(id).await {
            Ok(()) => gone += 1,
            Err(fault) => tracing::warn!(session = %id, %fault, "a session could not be erased"),
        }
    }
    if gone > 0 {
        tracing::info!(sessions = gone, "let go by the retention policy");
    }
    clean(journal).await;
    gone
}

/// Where the store is full for new sessions: lets closed ones go that central holds, the oldest first, until a tenth of
/// what new sessions may take is free again. Gives how many there were.
pub async fn make_room(service: &Arc<Service>, through: u64) -> usize {
    // What others have filled the disk with is not made room for by what central holds.
    let is_full = matches!(service.store.may_begin(), Err(StoreError::Full { .. }));
    if !is_full {
        return 0;
    }
    let enough = || {
        let stats = service.store.stats();
        stats.used_bytes <= stats.bytes_for_new / 10 * 9
    };
    let mut gone = 0;
    for some in service.journal.index().delivered(through).chunks(AT_ONCE) {
        for id in some {
            // What can be had by each session shows in its evidence at once, in its records after a cleaning.
            if enough() {
                break;
            }
            if person_is_off(service, *id).await {
                match service.journal.forget(*id).await {
                    Ok(done) => gone += usize::from(done),
                    Err(fault) => {
                        tracing::warn!(session = %id, %fault, "a session could not be let go");
                    }
                }
            }
        }
        clean(&service.journal).await;
        if enough() {
            break;
        }
    }
    match gone {
        0 => {
            tracing::warn!("the store is full, and central does not hold any closed session whole")
        }
        _ => tracing::info!(
            sessions = gone,
            "let go before their days were over: the store was full"
        ),
    }
    gone
}

/// Gives the room back that sessions took which went.
async fn clean(journal: &Journal) {
    for _ in 0..AT_ONCE {
        match journal.clean().await {
            Ok(true) => {}
            Ok(false) => break,
            Err(fault) => {
                tracing::warn!(%fault, "the store could not be cleaned");
                break;
            }
        }
    }
}

/// A session goes only after its person's template: the next sweep tries again. What can't be read tells of nobody, and goes.
async fn person_is_off(service: &Arc<Service>, id: SessionId) -> bool {
    match service.forget_person(id).await {
        Ok(()) => true,
        Err(ServiceError::Internal) => {
            tracing::warn!(session = %id, "a session that can't be read goes; whether its person is enrolled can't be told");
            true
        }
        Err(fault) => {
            tracing::warn!(session = %id, %fault, "a person could not be taken off those who are enrolled");
            false
        }
    }
}

/// Lets months of the audit go that ended so many days ago and that central holds. Gives how many there were.
pub async fn let_audit_go(service: &Arc<Service>, days: u16) -> usize {
    let before = service.clock.now() - time::Duration::days(days.into());
    service.journal.forget_streams(before).await
}

impl Service {
    /// Erases what central lacks and never gets: nobody else tells of it afterwards, so that the audit does.
    async fn erase_overdue(&self, id: SessionId) -> Result<(), ServiceError> {
        if let Some(tenant) = self.journal.index().tenant(id) {
            let who = Actor {
                tenant,
                name: Author::KIOSK.to_owned(),
                address: None,
            };
            let object = id.to_string();
            self.record_anyway(&who, "session.erased", Some(&object))
                .await?;
        }
        self.journal.erase(id, ErasedFor::Overdue).await
    }
}

/// A session that has gone on meanwhile refuses the event, and that is well.
async fn add_to_each(service: &Arc<Service>, ids: Vec<SessionId>, event: &Event) -> usize {
    let mut added = 0;
    for id in ids {
        match service
            .journal
            .add(id, Author::kiosk(), |_| Ok(event.clone()))
            .await
        {
            Ok(_) => added += 1,
            Err(ServiceError::Refused(_)) => {}
            // The store says in the log what is wrong; the next sweep tries again, and the others are not kept
            // waiting.
            Err(fault) => tracing::warn!(session = %id, %fault, "an event could not be added"),
        }
    }
    added
}
