//! Tenants are told of what happens to their sessions: signed messages to their addresses, tried for a day.
//!
//! ```text
//! log ─[records after the cursor]─► messages ─► queue (one sealed note with the cursor) ─► due? ─► signed, sent ─► noted
//!   ▲                                              ▲ full: the cursor waits                          │ failed: later
//!   └── the log itself is what nothing is lost from ──────────────────────────────────────────────────┘
//! ```
//!
//! Cursor and queue are one note, written whole: after a kill a message is either in the queue or still to be read from the
//! log. A message that was sent and not noted as such is sent again under the same name, so that its receiver can tell. Time
//! and chance are passed in. Addresses are looked up, judged and pinned for each try; what a receiver answers is bounded.

mod address;
mod intake;
mod queue;
mod schedule;
mod send;
mod sign;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use kiosk_api::deliveries::{Attempt, Deliveries, Outcome, secrets};
use kiosk_api::service::ServiceError;
use kiosk_api::subscriptions::{self, Subscription};
use kiosk_api::tellings::trial;
use kiosk_session::SessionId;
use kiosk_store::Store;
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use crate::clock::Clock;
use crate::service::StoredRegistry;

pub use address::{Allowed, Names, SystemNames};
use queue::{Message, Queue};
use send::{Answer, Sender};

/// Messages that are sent at once; the next wait until all of these have ended.
const AT_ONCE: usize = 8;
/// Longest that the queue is not looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A number from 0 to 1, another at each call.
pub type Chance = Box<dyn FnMut() -> f64 + Send>;

/// What deliveries stand on.
pub struct Webhooks {
    store: Store,
    registry: StoredRegistry,
    clock: Arc<dyn Clock>,
    sender: Sender,
    chance: Mutex<Chance>,
    queue: tokio::sync::Mutex<Queue>,
    rung: Notify,
}

impl Webhooks {
    /// Over a store, with the queue as it was left. A store without one begins with what happens from now on.
    ///
    /// # Errors
    ///
    /// Where the authority's file can't be used.
    pub fn new(
        store: Store,
        registry: StoredRegistry,
        clock: Arc<dyn Clock>,
        (allowed, names): (&Allowed, Arc<dyn Names>),
        chance: Chance,
    ) -> anyhow::Result<Self> {
        let queue = Queue::load(&store);
        Ok(Self {
            sender: Sender::new(allowed.clone(), names)?,
            store,
            registry,
            clock,
            chance: Mutex::new(chance),
            queue: tokio::sync::Mutex::new(queue),
            rung: Notify::new(),
        })
    }

    /// Tells until `stop` turns true. What is being sent then is cut off and sent again after the next start.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
        let mut newest = self.store.subscribe();
        loop {
            let turn = async {
                self.take_in().await;
                while self.send_due().await > 0 {}
            };
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
                () = turn => {}
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
                _ = newest.changed() => {}
                () = self.rung.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Reads what happened since the last time into the queue.
    pub async fn take_in(&self) {
        let mut queue = self.queue.lock().await;
        let (store, registry) = (&self.store, &self.registry);
        let read = intake::take_in(&mut queue, store, registry, self.clock.now()).await;
        if let Err(error) = read {
            tracing::warn!(%error, "what happened can't be put in the queue of webhooks now; it is tried again");
        }
    }

    /// Sends what is due, some at once; gives how many there were.
    pub async fn send_due(&self) -> usize {
        let due = self.queue.lock().await.due(self.clock.now(), AT_ONCE);
        let count = due.len();
        let sent = due.into_iter().map(|message| async {
            let answer = self.sent(&message).await;
            (message, answer)
        });
        let sent = futures_of(sent).await;
        if count > 0 {
            self.note(sent).await;
        }
        count
    }

    async fn sent(&self, message: &Message) -> Answer {
        let secrets = match secrets(&self.registry, &message.tenant) {
            Ok(secrets) => secrets,
            Err(_) => return Answer::of(Outcome::NoSecret),
        };
        if secrets.is_empty() {
            return Answer::of(Outcome::NoSecret);
        }
        let keys: Vec<Vec<u8>> = secrets.iter().filter_map(|secret| secret.key()).collect();
        self.sender.send(message, &keys, self.clock.now()).await
    }

    /// Notes what came of tries: what is done leaves the queue, what failed is put off, who is gone is told nothing more.
    async fn note(&self, sent: Vec<(Message, Answer)>) {
        let now = self.clock.now();
        let mut queue = self.queue.lock().await;
        let mut gone = Vec::new();
        for (message, answer) in sent {
            let chance = {
                let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
                chance()
            };
            if answer.outcome == Outcome::Gone
                && let Some(webhook) = &message.webhook
            {
                gone.push((message.tenant.clone(), webhook.clone()));
            }
            queue.note(&message, &answer, now, chance);
        }
        if let Err(error) = queue.save(&self.store).await {
            tracing::warn!(%error, "what became of webhooks can't be kept; after a restart some are sent again");
        }
        drop(queue);
        for (tenant, webhook) in gone {
            self.disable(&tenant, &webhook).await;
        }
    }

    async fn disable(&self, tenant: &str, webhook: &str) {
        let held = subscriptions::all(&self.registry, tenant).unwrap_or_default();
        let Some(mut held) = held.into_iter().find(|held| held.id == webhook) else {
            return;
        };
        held.disabled_at = Some(self.clock.now());
        if let Err(error) = subscriptions::put(&self.registry, tenant, &held).await {
            tracing::warn!(%error, webhook, "a webhook whose receiver is gone can't be disabled");
        }
    }

    /// Forgets every message and every try; durable when this returns.
    pub async fn forget_all(&self) -> Result<(), kiosk_store::StoreError> {
        let mut queue = self.queue.lock().await;
        queue.clear(self.store.newest());
        queue.save(&self.store).await
    }

    /// What waits of a session goes with it.
    pub async fn forget(&self, session: SessionId) {
        self.drop_of(session, false).await;
    }

    /// What waits for a session's own address goes with the address.
    pub async fn forget_address(&self, session: SessionId) {
        self.drop_of(session, true).await;
    }

    async fn drop_of(&self, session: SessionId, own_address: bool) {
        let mut queue = self.queue.lock().await;
        if queue.drop_session(session, own_address)
            && let Err(error) = queue.save(&self.store).await
        {
            tracing::warn!(%error, "messages of a session that is gone may be sent after a restart");
        }
    }
}

/// All at once; a panic of one is the caller's.
async fn futures_of<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    futures::future::join_all(all).await
}

#[async_trait]
impl Deliveries for Webhooks {
    async fn attempts(&self, tenant: &str) -> Vec<Attempt> {
        self.queue.lock().await.attempts(tenant)
    }

    async fn try_out(&self, tenant: &str, to: &Subscription) -> Result<Uuid, ServiceError> {
        let now = self.clock.now();
        let mut queue = self.queue.lock().await;
        let told = trial(now);
        let message = Message::of_subscription(tenant, to, None, &told, now);
        let name = message.id;
        queue.push(message).map_err(|_| ServiceError::Unavailable {
            reason: "too many webhooks wait to be delivered".into(),
        })?;
        let saved = queue.save(&self.store).await;
        saved.map_err(|error| {
            tracing::warn!(%error, "a webhook's trial can't be kept");
            ServiceError::Unavailable {
                reason: "the kiosk's store can't be written".into(),
            }
        })?;
        self.rung.notify_one();
        Ok(name)
    }
}
