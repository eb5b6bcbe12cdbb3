//! HTTP: what is asked, by whom, and what is answered. The paths stand in `kiosk_wire::paths`.

mod body;
mod commands;
mod erasing;
mod evidence;
mod guard;
mod health;
mod identity;
mod lists;
mod records;
mod session;
mod status;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use kiosk_pki::Authority;
use kiosk_wire::{
    Acknowledgement, CentralSecretKey, ChainFault, CommandSecretKey, KioskId, TenantId, paths,
};
use tokio::sync::{Notify, Semaphore};

use crate::broker::Broker;
use crate::clock::{Clock, moment, unix_ms};
use crate::config::Limits;
use crate::evidence::EvidenceStore;
use crate::ledger::{Ledger, LedgerError, TakeError};
use crate::refusal::Refusal;
use crate::tls::ServerTls;

/// What the last known status of a kiosk is, for readers.
const STATUS: &str = "/v1/kiosks/{kiosk}/status";

/// A tenant's kiosks with their health.
const KIOSKS: &str = "/v1/kiosks";
/// A kiosk's sessions.
const SESSIONS: &str = "/v1/kiosks/{kiosk}/sessions";
/// What evidence of a session is held.
const EVIDENCE_OF_SESSION: &str = "/v1/kiosks/{kiosk}/sessions/{session}/evidence";

/// Everything that an answer may need.
pub(crate) struct Desk {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) evidence: EvidenceStore,
    pub(crate) secret: CentralSecretKey,
    /// Signs commands and the time, where this central was given the key.
    pub(crate) signing: Option<Arc<CommandSecretKey>>,
    /// Renews certificates, for so many days.
    pub(crate) authority: Option<(Authority, u16)>,
    pub(crate) tls: Arc<ServerTls>,
    pub(crate) broker: Option<Broker>,
    pub(crate) clock: Clock,
    /// Rung when files of an erased session have to go.
    pub(crate) erased: Notify,
    pub(crate) limits: Limits,
    /// Room for requests that are answered at the same time.
    pub(crate) requests: Semaphore,
    /// Room for open connections.
    pub(crate) connections: Arc<Semaphore>,
}

impl Desk {
    pub(crate) fn open_connections(&self) -> usize {
        let free = self.connections.available_permits();
        self.limits.connections.saturating_sub(free)
    }

    pub(crate) fn now_ms(&self) -> i64 {
        unix_ms((self.clock)())
    }

    /// A kiosk that belongs to another tenant is none for this caller.
    async fn end_for(
        &self,
        tenant: &TenantId,
        kiosk: &KioskId,
    ) -> Result<Option<crate::ledger::KioskEnd>, Refusal> {
        let end = self.ledger.end(kiosk).await.map_err(storage)?;
        Ok(end.filter(|end| end.tenant == *tenant))
    }
}

pub(crate) use erasing::remove_erased;
pub(crate) use evidence::sweep_parts;

/// All paths. The caller must stand in each request's extensions.
pub(crate) fn router(desk: Arc<Desk>) -> Router {
    // The whole of these has a time limit; an upload of evidence has one for each piece.
    let bounded = Router::new()
        .route(KIOSKS, get(lists::kiosks))
        .route(SESSIONS, get(lists::sessions))
        .route(EVIDENCE_OF_SESSION, get(lists::evidence))
        .route(paths::RECORDS, get(lists::records).post(records::take))
        .route(paths::ACKNOWLEDGED, get(records::acknowledged))
        .route(paths::SESSION, get(session::read))
        .route(paths::CHAIN, get(session::chain))
        .route(STATUS, get(status::read))
        .route(paths::COMMANDS, get(commands::list).post(commands::issue))
        .route(paths::OPEN_COMMANDS, get(commands::open))
        .route(paths::OUTCOME, put(commands::outcome))
        .route(paths::CERTIFICATE, post(identity::certificate))
        .route(paths::TIME, get(identity::time))
        .route(paths::HEALTH, get(health::read))
        .layer(from_fn_with_state(Arc::clone(&desk), guard::time_limit));
    // A large piece over a slow line takes long; its bytes are bounded, and each part of it.
    let untimed = Router::new().route(
        paths::EVIDENCE,
        put(evidence::put).head(evidence::head).get(evidence::get),
    );
    bounded
        .merge(untimed)
        .method_not_allowed_fallback(|| async { Refusal::Method })
        .fallback(|| async { Refusal::NotFound("there is no such path") })
        .layer(from_fn_with_state(Arc::clone(&desk), guard::admit))
        .layer(from_fn(log))
        .with_state(desk)
}

/// One line for each request: its route, never its path, and who asked by role, not by name.
async fn log(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<axum::extract::MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let role = request
        .extensions()
        .get::<crate::caller::Caller>()
        .map(|caller| caller.role);
    let began = tokio::time::Instant::now();
    let response = next.run(request).await;
    let refusal = response
        .extensions()
        .get::<crate::refusal::RefusalCode>()
        .map_or("", |code| code.0);
    tracing::info!(
        %method,
        route = route.as_deref().unwrap_or("unknown"),
        role = role.map_or("none", kiosk_pki::Role::as_str),
        status = response.status().as_u16(),
        refusal,
        ms = began.elapsed().as_millis() as u64,
        "request"
    );
    response
}

pub(crate) fn storage(error: LedgerError) -> Refusal {
    tracing::error!(%error, "the database failed");
    Refusal::StorageUnavailable
}

fn disk(error: &std::io::Error) -> Refusal {
    tracing::error!(%error, "the evidence folder failed");
    Refusal::StorageUnavailable
}

pub(crate) fn untaken(error: TakeError, kiosk: &KioskId) -> Refusal {
    match error {
        TakeError::Ledger(error) => storage(error),
        TakeError::ForeignTenant => {
            Refusal::Forbidden("this kiosk's id belongs to another tenant; choose another id")
        }
        TakeError::Gap { durable, head } => Refusal::Gap {
            held: Acknowledgement::of_records(kiosk.clone(), durable, head),
        },
        TakeError::Forked { number } => Refusal::Forked { number },
        TakeError::Chain(fault) => broken(&fault),
        TakeError::Unknown(what) => Refusal::Unknown(what),
        TakeError::Erased => Refusal::Erased,
        TakeError::Number => Refusal::BadRequest("a number is larger than central counts".into()),
    }
}

pub(crate) fn broken(fault: &ChainFault) -> Refusal {
    match fault {
        ChainFault::Version { .. } => Refusal::Unknown(fault.to_string()),
        _ => Refusal::ChainBroken(fault.to_string()),
    }
}

/// A part of the path that must be an id.
fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Refusal> {
    text.parse()
        .map_err(|error| Refusal::BadRequest(format!("in the path: {error}")))
}

/// An answer that failed before its handler: axum's own refusals, in our form.
fn malformed(what: &str) -> Response {
    Refusal::BadRequest(what.to_owned()).into_response()
}
