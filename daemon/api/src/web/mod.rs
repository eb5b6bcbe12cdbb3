//! What every dialect's routes stand on: credentials, bodies within their bounds, problems, the log line.
//!
//! ```text
//! request ─► log ─► credential (401) ─► rate (429) ─► permission (403) ─► body within limits ─► handler ─► service
//!    answer ◄─ the dialect's form of a problem ◄──────────────────────────────────────────────────┘
//! ```

pub(crate) mod fields;
pub(crate) mod gate;
pub(crate) mod json;
pub(crate) mod meter;
pub(crate) mod path;
pub(crate) mod problem;
pub(crate) mod upload;
pub(crate) mod watch;

use std::sync::Arc;

use kiosk_session::{Consent, ConsentSource};
use time::OffsetDateTime;
use tokio::sync::Semaphore;

use crate::audit::Actor;
use crate::auth::ApiKeys;
use crate::limits::Limits;
use crate::service::{Caller, Verifications};
use gate::Gate;
use problem::Problem;

/// What a multipart body may hold beside its files: boundaries, part heads and texts.
pub(crate) const FORM_BYTES: usize = 64 * 1024;

/// What the routes are told by the config.
pub(crate) struct Settings {
    pub(crate) public_url: String,
    pub(crate) limits: Limits,
}

/// What every handler has.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) service: Arc<dyn Verifications>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) uploads: Arc<Semaphore>,
    began: OffsetDateTime,
}

impl App {
    /// `public_url` is what the outside calls this API, without a slash at the end.
    pub(crate) fn new(
        service: Arc<dyn Verifications>,
        keys: ApiKeys,
        limits: Limits,
        public_url: String,
    ) -> Self {
        Self {
            began: service.now(),
            gate: Arc::new(Gate::new(keys, &limits, Arc::clone(&service))),
            service,
            uploads: Arc::new(Semaphore::new(limits.uploads_at_once)),
            settings: Arc::new(Settings { public_url, limits }),
        }
    }

    /// Seconds since the routes were made.
    pub(crate) fn uptime_s(&self) -> f64 {
        (self.service.now() - self.began).as_seconds_f64()
    }

    /// Records a change that belongs to no session.
    pub(crate) async fn record(
        &self,
        by: &Caller,
        action: &'static str,
        object: Option<&str>,
    ) -> Result<(), Problem> {
        let who = Actor::from(by);
        Ok(self.service.record(&who, action, object).await?)
    }

    /// The consent that the caller's credential states, by the partner's configuration.
    pub(crate) fn stated_consent(&self, caller: &Caller) -> Option<Consent> {
        let text_version = self.gate.stated_consent(caller)?;
        Some(Consent {
            source: ConsentSource::PartnerStatement,
            text_version,
        })
    }
}
