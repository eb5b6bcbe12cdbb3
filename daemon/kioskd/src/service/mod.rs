//! The one service: sessions, as every dialect and the station use them.
//!
//! ```text
//! call ──► check that the step is allowed ──► analysis ──► evidence files ──► event on disk ──► effects, answer
//!              (domain, no lock)              (thread)       (durable)          (durable)
//! ```
//!
//! Nothing is answered before it is on disk. Analysis runs without holding the session; the step is taken
//! again under the session's lock, so that of two uploads at once each is a whole step.

mod attempts;
mod audit;
mod beside;
mod brief;
mod captures;
mod clip;
mod comparison;
mod details;
mod enrolled;
mod evidence;
mod faces;
mod fields;
mod index;
pub mod injection;
mod journal;
mod kept;
mod known;
mod list;
mod lists;
mod loaded;
mod locks;
pub mod picture_kind;
mod registry;
mod room;
mod screen;
mod screened;
mod seen;
mod sweep;
mod wipe;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use kiosk_api::service::{Caller, ServiceError};
use kiosk_session::{Challenge, Gesture, Policy, Session, SessionId, State, draw};
use kiosk_store::Store;
use uuid::Uuid;

use crate::analysis::{Analyst, AnalystError};
use crate::clock::Clock;
use crate::config;
use crate::preview::Tokens;
use crate::station::Cameras;
use crate::webhooks::{Allowed, SystemNames, Webhooks};

pub(crate) use attempts::{Attempt, Failure};
pub(crate) use captures::may_capture;
pub(crate) use evidence::from_picture;
pub use evidence::{Answer, Declared};
pub use index::Index;
pub use journal::{Journal, Link, Told, status_name};
pub use known::{Known, ListError, Person};
pub use lists::Lists;
pub use registry::StoredRegistry;
pub use screen::{OnScreen, Showing};
pub use screened::refresh_lists;
pub use seen::recall;
pub use sweep::{Kept, expire_overdue, let_audit_go, let_go, make_room, mark_synced};
pub use wipe::wipe;

mod verifications;

/// What the service stands on.
pub struct Service {
    journal: Arc<Journal>,
    store: Store,
    analyst: Arc<Analyst>,
    policy: Policy,
    /// Of its JSON, in hex: what its decisions name.
    policy_sha256: String,
    clock: Arc<dyn Clock>,
    sync_state: Box<dyn Fn() -> String + Send + Sync>,
    /// The sequences asked for last: a clip of one of those meets no challenge drawn meanwhile. A start forgets them.
    asked_lately: Mutex<VecDeque<Vec<Gesture>>>,
    cameras: Cameras,
    tokens: Option<Arc<Tokens>>,
    known: Arc<Known>,
    lists: Arc<Lists>,
    /// One verification of the audit at a time.
    auditing: tokio::sync::Mutex<()>,
    registry: StoredRegistry,
    webhooks: Arc<Webhooks>,
}

/// Sequences that are not drawn again so soon: a third of the shipped policy's.
const NOT_AGAIN_FOR: usize = 100;

impl Service {
    /// A service over a store and models, by a policy.
    pub fn new(
        store: Store,
        analyst: Arc<Analyst>,
        policy: Policy,
        clock: Arc<dyn Clock>,
        told: tokio::sync::mpsc::Sender<Told>,
        sync_state: Box<dyn Fn() -> String + Send + Sync>,
    ) -> Result<Self, ServiceError> {
        let journal = Arc::new(Journal::new(store.clone(), Arc::clone(&clock), told)?);
        let known = Arc::new(Known::open(store.clone()));
        let registry = StoredRegistry::new(store.clone());
        let lists = Arc::new(Lists::new(config::Screening::default(), store.clone()));
        let allowed = Allowed::default();
        let webhooks = webhooks(&store, &registry, &clock, &allowed).map_err(|error| {
            tracing::error!(error = format!("{error:#}"), "webhooks can't be delivered");
            ServiceError::Internal
        })?;
        Ok(Self {
            journal,
            store,
            analyst,
            policy_sha256: loaded::policy_sha256(&policy)?,
            policy,
            clock,
            sync_state,
            asked_lately: Mutex::default(),
            cameras: Cameras::default(),
            tokens: None,
            known,
            lists,
            auditing: tokio::sync::Mutex::default(),
            registry,
            webhooks,
        })
    }

    /// The same, with the cameras that it tells of.
    #[must_use]
    pub fn with_cameras(mut self, cameras: Cameras) -> Self {
        self.cameras = cameras;
        self
    }

    /// The same, with the tokens of the preview that is served.
    #[must_use]
    pub fn with_preview(mut self, tokens: Option<Arc<Tokens>>) -> Self {
        self.tokens = tokens;
        self
    }

    /// The same, with the watch lists that it asks.
    #[must_use]
    pub fn with_lists(mut self, lists: Arc<Lists>) -> Self {
        self.lists = lists;
        self
    }

    /// The same where webhooks may go to other addresses than public ones behind TLS.
    pub fn with_webhooks(mut self, allowed: &Allowed) -> anyhow::Result<Self> {
        self.webhooks = webhooks(&self.store, &self.registry, &self.clock, allowed)?;
        Ok(self)
    }

    /// What tells tenants of their sessions.
    pub const fn webhooks(&self) -> &Arc<Webhooks> {
        &self.webhooks
    }

    /// The thread that owns the models.
    pub const fn analyst(&self) -> &Arc<Analyst> {
        &self.analyst
    }

    /// The faces that this kiosk knows.
    pub const fn known(&self) -> &Arc<Known> {
        &self.known
    }

    /// The log behind the sessions.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The caller's session. Another tenant's is not found, as one that does not exist.
    fn own(&self, caller: &Caller, id: SessionId) -> Result<State, ServiceError> {
        let state = self.journal.load(id)?;
        match state.case() {
            Some(case) if case.opening.tenant == caller.tenant => Ok(state),
            _ => Err(ServiceError::NotFound),
        }
    }

    fn as_session(id: SessionId, state: State) -> Session {
        Session { id, state }
    }

    /// Draws a challenge whose sequence was not asked for lately; `on_screen` where the kiosk's own screen shows what the
    /// policy wants before.
    fn drawn(&self, showing: Showing) -> Challenge {
        let mut lately = self
            .asked_lately
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let drawn = draw(
            &self.policy.active_liveness,
            lately.make_contiguous(),
            self.fresh(),
            self.clock.now(),
            |choices| rand::Rng::random_range(&mut rand::rng(), 0..choices),
        );
        if lately.len() >= NOT_AGAIN_FOR {
            lately.pop_front();
        }
        lately.push_back(drawn.gestures.clone());
        drop(lately);
        let show = screen::draw(&self.policy.active_liveness, showing, |choices| {
            rand::Rng::random_range(&mut rand::rng(), 0..choices)
        });
        match show {
            Some(show) => drawn.behind(show),
            None => drawn,
        }
    }

    fn fresh(&self) -> Uuid {
        Uuid::new_v4()
    }
}

fn webhooks(
    store: &Store,
    registry: &StoredRegistry,
    clock: &Arc<dyn Clock>,
    allowed: &Allowed,
) -> anyhow::Result<Arc<Webhooks>> {
    let chance = Box::new(|| rand::Rng::random::<f64>(&mut rand::rng()));
    let (store, registry) = (store.clone(), registry.clone());
    let to = (allowed, Arc::new(SystemNames) as _);
    let webhooks = Webhooks::new(store, registry, Arc::clone(clock), to, chance)?;
    Ok(Arc::new(webhooks))
}

/// A failed analysis as an answer.
pub(crate) fn from_analyst(error: AnalystError) -> ServiceError {
    match error {
        AnalystError::Stopped => ServiceError::Unavailable {
            reason: "the kiosk is stopping".into(),
        },
        not_ready @ AnalystError::NotReady { .. } => ServiceError::Unavailable {
            reason: not_ready.to_string(),
        },
        AnalystError::Failed => ServiceError::Internal,
    }
}

/// A failed model run as an answer: the log names it, the caller can do nothing about it.
pub(crate) fn from_inference(error: &kiosk_inference::Error) -> ServiceError {
    tracing::error!(%error, "a model could not be run");
    ServiceError::Internal
}
