//! Sessions as their events: loading by replay, and the one way in which an event is added.

use std::sync::Arc;

use kiosk_api::service::ServiceError;
use kiosk_session::{Effect, Entry, Event, SessionId, State, Status, replay, step};
use kiosk_store::Store;
use time::OffsetDateTime;
use tokio::sync::{Mutex, mpsc};

use crate::clock::Clock;

/// Sessions share this many locks, so that the table never grows.
const LOCKS: usize = 64;

/// What is told to the world outside after an event is durable. It holds nothing personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Which session.
    pub session: SessionId,
    /// What to tell.
    pub effect: Effect,
    /// The name of the state it is in now.
    pub state: &'static str,
    /// The record that made it so.
    pub number: u64,
    /// When.
    pub at: OffsetDateTime,
}

/// A record's place in the kiosk's chain, in hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Hash of the record before it, of whatever session.
    pub previous: String,
    /// Its own.
    pub hash: String,
}

/// The log of all sessions, read and written one session at a time.
pub struct Journal {
    store: Store,
    clock: Arc<dyn Clock>,
    locks: Vec<Mutex<()>>,
    told: mpsc::Sender<Told>,
}

impl Journal {
    pub(super) fn new(store: Store, clock: Arc<dyn Clock>, told: mpsc::Sender<Told>) -> Self {
        let locks = (0..LOCKS).map(|_| Mutex::new(())).collect();
        Self {
            store,
            clock,
            locks,
            told,
        }
    }

    /// Where a session stands, by replaying its events.
    pub fn load(&self, id: SessionId) -> Result<State, ServiceError> {
        let entries = self.entries(id)?;
        let entries: Vec<Entry> = entries.into_iter().map(|(_, entry)| entry).collect();
        replay(&entries).map_err(|refused| {
            tracing::error!(session = %id, %refused, "the stored events of a session don't follow each other");
            ServiceError::Internal
        })
    }

    /// A session's events with their record numbers.
    pub fn entries(&self, id: SessionId) -> Result<Vec<(u64, Entry)>, ServiceError> {
        let events = self
            .store
            .events(id.0)
            .map_err(|error| from_store(&error))?;
        if events.is_empty() {
            return Err(ServiceError::NotFound);
        }
        events
            .into_iter()
            .map(|(number, bytes)| Ok((number, parse(id, &bytes)?)))
            .collect()
    }

    /// A session's records as links of the kiosk's chain, in the order of [`Journal::entries`].
    pub fn chain(&self, id: SessionId) -> Result<Vec<Link>, ServiceError> {
        let records = self
            .store
            .records(id.0)
            .map_err(|error| from_store(&error))?;
        Ok(records
            .iter()
            .map(|record| Link {
                previous: hex::encode(record.previous),
                hash: hex::encode(record.hash),
            })
            .collect())
    }

    /// Adds an event that follows from what is there: makes it from the state, steps, writes it durably,
    /// then tells. `make` runs under the session's lock.
    pub async fn add(
        &self,
        id: SessionId,
        make: impl FnOnce(&State) -> Result<Event, ServiceError> + Send,
    ) -> Result<State, ServiceError> {
        let _held = self.lock(id).lock().await;
        let state = self.load(id)?;
        let event = make(&state)?;
        self.write(id, state, vec![event]).await
    }

    /// Begins a session with its first events.
    pub async fn begin(&self, id: SessionId, events: Vec<Event>) -> Result<State, ServiceError> {
        let _held = self.lock(id).lock().await;
        self.write(id, State::New, events).await
    }

    async fn write(
        &self,
        id: SessionId,
        mut state: State,
        events: Vec<Event>,
    ) -> Result<State, ServiceError> {
        let at = self.clock.now();
        let mut effects = Vec::new();
        let mut payloads = Vec::with_capacity(events.len());
        for event in events {
            let entry = Entry::new(at, event);
            let (next, told) = step(state, &entry)?;
            state = next;
            effects.extend(told);
            payloads.push(serde_json::to_vec(&entry).map_err(|error| {
                tracing::error!(session = %id, %error, "an event could not be written as JSON");
                ServiceError::Internal
            })?);
        }
        let number = self
            .store
            .append_all(id.0, payloads)
            .await
            .map_err(|error| from_store(&error))?;
        for effect in effects {
            self.tell(Told {
                session: id,
                effect,
                state: state.name(),
                number,
                at,
            });
        }
        Ok(state)
    }

    /// Live events are hints: when nobody takes them, the newest is dropped and the log says how often.
    fn tell(&self, told: Told) {
        if let Effect::TellDecided(status) = told.effect {
            tracing::info!(session = %told.session, status = status_name(status), "decided");
        }
        if self.told.try_send(told).is_err() {
            tracing::debug!("a live event was dropped: nobody takes them");
        }
    }

    fn lock(&self, id: SessionId) -> &Mutex<()> {
        let place = usize::from(id.0.as_bytes()[15]) % self.locks.len();
        &self.locks[place]
    }
}

fn parse(id: SessionId, bytes: &[u8]) -> Result<Entry, ServiceError> {
    serde_json::from_slice(bytes).map_err(|error| {
        // serde's text can quote a value: only its place is logged.
        tracing::error!(session = %id, line = error.line(), column = error.column(), "a stored event can't be read");
        ServiceError::Internal
    })
}

/// A failed store as an answer.
pub(super) fn from_store(error: &kiosk_store::StoreError) -> ServiceError {
    if error.is_full() {
        return ServiceError::Unavailable {
            reason: "the kiosk's store is full until central has taken over".into(),
        };
    }
    tracing::error!(%error, "the store could not be used");
    ServiceError::Unavailable {
        reason: "the kiosk's store can't be written".into(),
    }
}

/// The public word for a status.
pub const fn status_name(status: Status) -> &'static str {
    match status {
        Status::Approved => "approved",
        Status::ManualReview => "manual_review",
        Status::Rejected => "rejected",
    }
}
