//! From the log to messages: each record after the cursor, by the session that it tells of.

use kiosk_api::registry::RegistryError;
use kiosk_api::subscriptions;
use kiosk_api::tellings::{Telling, To, tellings};
use kiosk_session::{Entry, Event, SessionId, State, step};
use kiosk_store::{Store, StoreError, is_stream};
use time::OffsetDateTime;

use super::queue::{Message, Queue};
use crate::service::StoredRegistry;

/// Records that are read at once.
const AT_ONCE: usize = 64;
/// Most messages that one record may give: a tenant's subscriptions and the session's own address.
const MOST_OF_ONE: usize = 101;

/// Why nothing more was read now.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stopped {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// Reads on until there is no record or no room left; what was read is durable when this returns.
pub(super) async fn take_in(
    queue: &mut Queue,
    store: &Store,
    registry: &StoredRegistry,
    now: OffsetDateTime,
) -> Result<(), Stopped> {
    if queue.is_new {
        queue.save(store).await?;
        queue.is_new = false;
    }
    loop {
        let before = queue.cursor;
        let read = some(queue, store, registry, now).await;
        if queue.cursor != before {
            queue.save(store).await?;
        }
        read?;
        if queue.cursor == before {
            return Ok(());
        }
    }
}

/// Reads some records, as far as there is room.
async fn some(
    queue: &mut Queue,
    store: &Store,
    registry: &StoredRegistry,
    now: OffsetDateTime,
) -> Result<(), Stopped> {
    let records = match store.records_after(queue.cursor, AT_ONCE).await {
        Ok(records) => records,
        // What was let go or is damaged tells nothing; the store says so itself.
        Err(StoreError::Record { number, .. }) => {
            queue.cursor = number;
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    for record in records {
        if queue.room() < MOST_OF_ONE {
            return Ok(());
        }
        // A month of the audit is no session: it tells nobody anything.
        if is_stream(record.session) {
            queue.cursor = record.number;
            continue;
        }
        let session = SessionId(record.session);
        for message in messages(session, record.number, store, registry, now)? {
            // There is room for all of one record.
            let _ = queue.push(message);
        }
        queue.cursor = record.number;
    }
    Ok(())
}

/// What one record has to tell.
fn messages(
    log: SessionId,
    number: u64,
    store: &Store,
    registry: &StoredRegistry,
    now: OffsetDateTime,
) -> Result<Vec<Message>, Stopped> {
    let events = match store.events(log.0) {
        Ok(events) => events,
        // Who was erased meanwhile is not told of.
        Err(StoreError::Erased { .. }) => return Ok(Vec::new()),
        Err(StoreError::Record { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let Some((state, entry)) = at(number, &events) else {
        tracing::warn!(session = %log, number, "an event can't be read; no webhook tells of it");
        return Ok(Vec::new());
    };
    let Some(tenant) = state.case().map(|case| case.opening.tenant.clone()) else {
        return Ok(Vec::new());
    };
    let session = match &entry.event {
        Event::Anonymised { shell } => shell.of,
        _ => log,
    };
    let mut messages = Vec::new();
    for told in tellings(session, &state, &entry) {
        addressed(&mut messages, (&tenant, session), &told, registry, now)?;
    }
    Ok(messages)
}

fn addressed(
    messages: &mut Vec<Message>,
    (tenant, session): (&str, SessionId),
    told: &Telling,
    registry: &StoredRegistry,
    now: OffsetDateTime,
) -> Result<(), Stopped> {
    match &told.to {
        To::Session(url) => {
            let whom = (None, url.clone());
            messages.push(Message::new(tenant, whom, Some(session), told, now));
        }
        To::Subscriptions => {
            let held = subscriptions::all(registry, tenant)?;
            let live = held.iter().filter(|held| held.disabled_at.is_none());
            messages.extend(
                live.map(|to| Message::of_subscription(tenant, to, Some(session), told, now)),
            );
        }
    }
    Ok(())
}

/// The entry of that number, and the state that it led to.
fn at(number: u64, events: &[(u64, Vec<u8>)]) -> Option<(State, Entry)> {
    let mut state = State::New;
    for (place, bytes) in events {
        let entry: Entry = serde_json::from_slice(bytes).ok()?;
        state = step(state, &entry).ok()?.0;
        if *place == number {
            return Some((state, entry));
        }
    }
    None
}
