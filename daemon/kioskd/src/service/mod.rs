//! The one service: sessions, as every dialect and the station use them.
//!
//! ```text
//! call ──► check that the step is allowed ──► analysis ──► evidence files ──► event on disk ──► effects, answer
//!              (domain, no lock)              (thread)       (durable)          (durable)
//! ```
//!
//! Nothing is answered before it is on disk. Analysis runs without holding the session; the step is taken
//! again under the session's lock, so that of two uploads at once each is a whole step.

mod brief;
mod clip;
mod comparison;
mod evidence;
mod fields;
mod index;
pub mod injection;
mod journal;
mod list;
pub mod picture_kind;
mod sweep;

use std::sync::Arc;

use kiosk_api::service::{Caller, ServiceError};
use kiosk_session::{Policy, Session, SessionId, State};
use kiosk_store::Store;
use uuid::Uuid;

use crate::analysis::{Analyst, AnalystError};
use crate::clock::Clock;

pub(crate) use evidence::from_picture;
pub use evidence::{Answer, Declared};
pub use index::Index;
pub use journal::{Journal, Link, Told, status_name};
pub use sweep::{Kept, expire_overdue, let_go, mark_synced};
pub(crate) use verifications::may_capture;

mod verifications;

/// What the service stands on.
pub struct Service {
    journal: Journal,
    store: Store,
    analyst: Arc<Analyst>,
    policy: Policy,
    clock: Arc<dyn Clock>,
    sync_state: Box<dyn Fn() -> String + Send + Sync>,
}

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
        let journal = Journal::new(store.clone(), Arc::clone(&clock), told)?;
        Ok(Self {
            journal,
            store,
            analyst,
            policy,
            clock,
            sync_state,
        })
    }

    /// The thread that owns the models.
    pub const fn analyst(&self) -> &Arc<Analyst> {
        &self.analyst
    }

    /// The log behind the sessions.
    pub const fn journal(&self) -> &Journal {
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

    fn fresh(&self) -> Uuid {
        Uuid::new_v4()
    }
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
