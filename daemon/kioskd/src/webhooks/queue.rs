//! Messages that wait, the cursor in the log up to which they were read, and the last tries: one sealed note, written whole.

use std::collections::VecDeque;

use kiosk_api::deliveries::{Attempt, Outcome};
use kiosk_api::subscriptions::Subscription;
use kiosk_api::tellings::Telling;
use kiosk_session::{Redacted, SessionId};
use kiosk_store::{Store, StoreError};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::schedule::next_try;
use super::send::Answer;

/// The note.
const NOTE: &str = "webhooks";
const VERSION: u8 = 1;
/// Messages that wait at most: beyond that the cursor waits, and with it the log.
pub(super) const MOST_WAITING: usize = 2_000;
/// Tries that are remembered, of all tenants.
const MOST_ATTEMPTS: usize = 500;
/// Sessions whose own address is gone that are remembered.
const MOST_GONE: usize = 1_000;

/// One message to one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Message {
    /// Its name: the same at every try.
    pub(super) id: Uuid,
    pub(super) tenant: String,
    /// The session that it tells of; none where it is a trial.
    pub(super) session: Option<SessionId>,
    /// The subscription; none where the address is the session's own.
    pub(super) webhook: Option<String>,
    pub(super) url: Redacted<String>,
    pub(super) event: String,
    pub(super) body: String,
    /// When it was put here.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) since: OffsetDateTime,
    /// Tries so far.
    pub(super) tries: u32,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) due_at: OffsetDateTime,
}

impl Message {
    pub(super) fn of_subscription(
        tenant: &str,
        to: &Subscription,
        session: Option<SessionId>,
        told: &Telling,
        now: OffsetDateTime,
    ) -> Self {
        let whom = (Some(to.id.clone()), to.url.clone());
        Self::new(tenant, whom, session, told, now)
    }

    pub(super) fn new(
        tenant: &str,
        (webhook, url): (Option<String>, Redacted<String>),
        session: Option<SessionId>,
        told: &Telling,
        now: OffsetDateTime,
    ) -> Self {
        Self {
            id: Uuid::new_v4(),
            tenant: tenant.to_owned(),
            session,
            webhook,
            url,
            event: told.event.clone(),
            body: told.body.to_string(),
            since: now,
            tries: 0,
            due_at: now,
        }
    }
}

/// The queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Queue {
    version: u8,
    /// The last record that was read.
    pub(super) cursor: u64,
    waiting: VecDeque<Message>,
    attempts: VecDeque<Attempt>,
    /// Sessions whose own address said that it is gone.
    gone: VecDeque<SessionId>,
    /// It does not stand in the store yet: until it does, another start would begin later.
    #[serde(skip)]
    pub(super) is_new: bool,
}

/// There is no room for another message now.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoPlace;

impl Queue {
    /// As it was left; a store without one begins at its newest record. One that does not open or is of another form is told
    /// and begins anew: what waited in it is lost, and no session waits for it.
    pub(super) fn load(store: &Store) -> Self {
        let read = match store.note(NOTE) {
            Ok(None) => return Self::from_record(store.newest()),
            Ok(Some(bytes)) => serde_json::from_slice::<Self>(&bytes).ok(),
            Err(_) => None,
        };
        read.filter(|queue| queue.version == VERSION)
            .unwrap_or_else(|| {
                tracing::error!("the queue of webhooks can't be read; what waited in it is lost");
                Self::from_record(store.newest())
            })
    }

    pub(super) fn from_record(cursor: u64) -> Self {
        Self {
            version: VERSION,
            cursor,
            waiting: VecDeque::new(),
            attempts: VecDeque::new(),
            gone: VecDeque::new(),
            is_new: true,
        }
    }

    /// Writes it; durable when this returns.
    pub(super) async fn save(&self, store: &Store) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(self).map(Zeroizing::new);
        let bytes = bytes.unwrap_or_default();
        store.put_note(NOTE, &bytes).await
    }

    /// How many more there is a place for.
    pub(super) fn room(&self) -> usize {
        MOST_WAITING.saturating_sub(self.waiting.len())
    }

    pub(super) fn push(&mut self, message: Message) -> Result<(), NoPlace> {
        if self.room() == 0 {
            return Err(NoPlace);
        }
        let own = message.webhook.is_none();
        let gone = message
            .session
            .is_some_and(|session| self.gone.contains(&session));
        if !(own && gone) {
            self.waiting.push_back(message);
        }
        Ok(())
    }

    /// The messages that are due, those that wait longest first.
    pub(super) fn due(&self, now: OffsetDateTime, most: usize) -> Vec<Message> {
        let mut due: Vec<&Message> = self
            .waiting
            .iter()
            .filter(|message| message.due_at <= now)
            .collect();
        due.sort_by_key(|message| message.due_at);
        due.into_iter().take(most).cloned().collect()
    }

    /// Notes what came of a try.
    pub(super) fn note(
        &mut self,
        sent: &Message,
        answer: &Answer,
        now: OffsetDateTime,
        chance: f64,
    ) {
        let Some(place) = self.waiting.iter().position(|held| held.id == sent.id) else {
            // It went with its session meanwhile.
            return;
        };
        let tries = sent.tries.saturating_add(1);
        let over = matches!(answer.outcome, Outcome::Delivered | Outcome::Gone);
        let next_at = (!over)
            .then(|| next_try(tries, sent.since, now, answer.retry_after, chance))
            .flatten();
        match next_at {
            Some(at) => {
                self.waiting[place].tries = tries;
                self.waiting[place].due_at = at;
            }
            None => drop(self.waiting.remove(place)),
        }
        if answer.outcome == Outcome::Gone {
            self.is_gone(sent);
        }
        self.attempts.push_front(Attempt {
            tenant: sent.tenant.clone(),
            message: sent.id,
            event: sent.event.clone(),
            webhook: sent.webhook.clone(),
            number: tries,
            at: now,
            status: answer.status,
            outcome: answer.outcome,
            next_at,
        });
        self.attempts.truncate(MOST_ATTEMPTS);
    }

    /// Nothing more goes to an address that is gone.
    fn is_gone(&mut self, sent: &Message) {
        match (&sent.webhook, sent.session) {
            (Some(webhook), _) => self
                .waiting
                .retain(|held| held.webhook.as_ref() != Some(webhook)),
            (None, Some(session)) => {
                self.waiting
                    .retain(|held| held.webhook.is_some() || held.session != Some(session));
                self.gone.push_front(session);
                self.gone.truncate(MOST_GONE);
            }
            (None, None) => {}
        }
    }

    /// The last tries of a tenant, newest first.
    pub(super) fn attempts(&self, tenant: &str) -> Vec<Attempt> {
        let own = self.attempts.iter().filter(|tried| tried.tenant == tenant);
        own.cloned().collect()
    }

    /// Drops what waits of a session, or only for its own address; whether there was anything.
    pub(super) fn drop_session(&mut self, session: SessionId, own_address: bool) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|held| {
            held.session != Some(session) || (own_address && held.webhook.is_some())
        });
        before != self.waiting.len()
    }

    pub(super) fn clear(&mut self, cursor: u64) {
        *self = Self::from_record(cursor);
    }
}

#[cfg(test)]
#[path = "queue/tests.rs"]
mod tests;
