//! Sessions as their events: loading by replay, and the one way in which an event is added.

use std::sync::Arc;

use kiosk_api::service::{NoRoom, ServiceError};
use kiosk_session::{
    Author, Effect, Entry, Event, Policy, SessionId, Shell, State, Status, replay, step,
};
use kiosk_store::{ErasedFor, Erasure, Store, is_stream};
use time::OffsetDateTime;
use tokio::sync::{OwnedMutexGuard, mpsc};
use tokio::time::Instant;
use uuid::Uuid;

use super::audit::Streams;
use super::brief;
use super::index::{Brief, Index};
use super::locks::Locks;

use crate::answers::spent_in_store;
use crate::clock::Clock;

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
    locks: Locks,
    told: mpsc::Sender<Told>,
    index: Arc<Index>,
    streams: Streams,
}

impl Journal {
    /// Makes the index of what the store was told of each session in brief. A session without a brief is read; one that
    /// can't be is named in the log and left alone.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        told: mpsc::Sender<Told>,
    ) -> Result<Self, ServiceError> {
        let index = Arc::default();
        let journal = Self {
            store,
            clock,
            locks: Locks::default(),
            told,
            index,
            streams: Streams::default(),
        };
        let mut unknown = Vec::new();
        journal
            .store
            .briefs(|session, brief| {
                if is_stream(session) {
                    journal.streams.note(session, brief.map(|(_, brief)| brief));
                    return;
                }
                let id = SessionId(session);
                let note = |(newest, brief)| journal.index.note_brief(id, newest, brief);
                let known = brief.is_some_and(note);
                if !known {
                    unknown.push(id);
                }
            })
            .map_err(|error| from_store(&error))?;
        for id in unknown {
            match journal.replayed(id) {
                Ok((state, newest)) => journal.index.note(id, &state, newest),
                Err(error) => {
                    tracing::error!(session = %id, %error, "a session can't be read and is left alone")
                }
            }
        }
        Ok(journal)
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    pub(super) const fn streams(&self) -> &Streams {
        &self.streams
    }

    /// What is known of every session without opening it.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Lets a closed session go; false where central still lacks some of it.
    pub(super) async fn forget(&self, id: SessionId) -> Result<bool, ServiceError> {
        let _held = self.locks.hold(id).await;
        let gone = self.store.forget(self.index.log_of(id).0).await;
        let gone = gone.map_err(|error| from_store(&error))?;
        if gone {
            self.index.drop_session(id);
        }
        Ok(gone)
    }

    /// Erases a session, whoever holds it; central is told for what.
    pub(super) async fn erase(&self, id: SessionId, why: ErasedFor) -> Result<(), ServiceError> {
        let _held = self.locks.hold(id).await;
        let at = self.clock.now();
        let log = self.index.log_of(id).0;
        let erased = self.store.erase(log, Erasure { at, why }).await;
        erased.map_err(|error| from_store(&error))?;
        self.index.drop_session(id);
        Ok(())
    }

    /// Puts a shell in a session's place and erases the session. The shell is durable first: what a crash leaves of the
    /// session is erased after the next start (see [`Journal::finish`]).
    pub(super) async fn anonymise(
        &self,
        id: SessionId,
        author: Author,
        policy: &Policy,
    ) -> Result<(), ServiceError> {
        let held = self.locks.hold(id).await;
        let state = self.load(id)?;
        if matches!(state, State::Anonymised { .. }) {
            return Ok(());
        }
        let entries = self.entries(id)?;
        let entries: Vec<Entry> = entries.into_iter().map(|(_, entry)| entry).collect();
        let shell = Shell::of(id, &entries, &state, policy).ok_or(ServiceError::Internal)?;
        let event = Event::Anonymised {
            shell: Box::new(shell),
        };
        let log = SessionId(Uuid::new_v4());
        self.write(log, held, State::New, (vec![event], author))
            .await?;
        self.finish().await;
        Ok(())
    }

    /// Erases what still lies of sessions that have a shell.
    pub(super) async fn finish(&self) {
        for id in self.index.unfinished() {
            let erasure = Erasure {
                at: self.clock.now(),
                why: ErasedFor::Asked,
            };
            match self.store.erase(id.0, erasure).await {
                Ok(()) => self.index.finished(id),
                Err(error) => {
                    tracing::warn!(session = %id, %error, "a session that was anonymised is not erased yet; it is tried again")
                }
            }
        }
    }

    /// Gives room back that forgotten sessions took; false where none is to be had.
    pub(super) async fn clean(&self) -> Result<bool, ServiceError> {
        let cleaned = self.store.clean().await;
        cleaned.map_err(|error| from_store(&error))
    }

    /// Where a session stands, by replaying its events.
    pub fn load(&self, id: SessionId) -> Result<State, ServiceError> {
        Ok(self.replayed(id)?.0)
    }

    fn replayed(&self, id: SessionId) -> Result<(State, u64), ServiceError> {
        let entries = self.entries(id)?;
        let newest = entries.last().map_or(0, |(number, _)| *number);
        let state = replay(entries.iter().map(|(_, entry)| entry)).map_err(|refused| {
            tracing::error!(session = %id, %refused, "the stored events of a session don't follow each other");
            ServiceError::Internal
        })?;
        Ok((state, newest))
    }

    /// A session's events with their record numbers.
    pub fn entries(&self, id: SessionId) -> Result<Vec<(u64, Entry)>, ServiceError> {
        let began = Instant::now();
        let events = self.store.events(self.index.log_of(id).0);
        spent_in_store(began.elapsed());
        let events = events.map_err(|error| from_store(&error))?;
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
            .records(self.index.log_of(id).0)
            .map_err(|error| from_store(&error))?;
        Ok(records
            .iter()
            .map(|record| Link {
                previous: hex::encode(record.previous),
                hash: hex::encode(record.hash),
            })
            .collect())
    }

    /// Adds an event that follows from what is there, by its author: makes it from the state, steps, writes it durably,
    /// then tells. `make` runs under the session's lock.
    pub async fn add(
        &self,
        id: SessionId,
        by: Author,
        make: impl FnOnce(&State) -> Result<Event, ServiceError> + Send,
    ) -> Result<State, ServiceError> {
        let held = self.locks.hold(id).await;
        let state = self.load(id)?;
        let event = make(&state)?;
        self.write(id, held, state, (vec![event], by)).await
    }

    /// Begins a session with its first events.
    pub async fn begin(
        &self,
        id: SessionId,
        by: Author,
        events: Vec<Event>,
    ) -> Result<State, ServiceError> {
        let held = self.locks.hold(id).await;
        self.write(id, held, State::New, (events, by)).await
    }

    /// Steps, then writes and tells in a task of its own that holds the session's lock to its end: a caller that
    /// goes away meanwhile leaves nothing half done, and nobody steps from a state that is about to change.
    async fn write(
        &self,
        id: SessionId,
        held: OwnedMutexGuard<()>,
        mut state: State,
        (events, by): (Vec<Event>, Author),
    ) -> Result<State, ServiceError> {
        let at = self.clock.now();
        let mut effects = Vec::new();
        let mut payloads = Vec::with_capacity(events.len());
        for event in events {
            let entry = Entry::new(at, event).by(by.clone());
            let (next, told) = step(state, &entry)?;
            state = next;
            effects.extend(told);
            payloads.push(serde_json::to_vec(&entry).map_err(|error| {
                tracing::error!(session = %id, %error, "an event could not be written as JSON");
                ServiceError::Internal
            })?);
        }
        let (store, index, sender) = (
            self.store.clone(),
            Arc::clone(&self.index),
            self.told.clone(),
        );
        let written = tokio::spawn(async move {
            let brief = Brief::of(&state, 0).and_then(|brief| brief::write(&brief));
            let began = Instant::now();
            let appended = match brief {
                Some(brief) => store.append_briefed(id.0, payloads, brief).await,
                None => store.append_all(id.0, payloads).await,
            };
            let took = began.elapsed();
            let number = appended.map_err(|error| from_store(&error))?;
            index.note(id, &state, number);
            for effect in effects {
                tell(
                    &sender,
                    Told {
                        session: id,
                        effect,
                        state: state.name(),
                        number,
                        at,
                    },
                );
            }
            drop(held);
            Ok::<_, ServiceError>((state, took))
        });
        let (state, took) = written.await.map_err(|_| ServiceError::Internal)??;
        spent_in_store(took);
        Ok(state)
    }
}

/// Live events are hints: when nobody takes them in time, the newest is dropped and the log says so.
fn tell(sender: &mpsc::Sender<Told>, told: Told) {
    if let Effect::TellDecided(status) = told.effect {
        tracing::info!(session = %told.session, status = status_name(status), "decided");
    }
    if sender.try_send(told).is_err() {
        tracing::debug!("a live event was dropped: nobody takes them");
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
    // What was erased is gone for whoever asks, as if it had never been.
    if matches!(error, kiosk_store::StoreError::Erased { .. }) {
        return ServiceError::NotFound;
    }
    if error.is_full() {
        let room = match error {
            kiosk_store::StoreError::DiskFull { .. } => NoRoom::Disk,
            _ => NoRoom::Store,
        };
        tracing::warn!(%error, code = room.code(), "nothing more can be stored");
        return room.into();
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
