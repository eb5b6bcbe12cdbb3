//! The control socket: how the kiosk's own screen, `kioskctl` and the demo steer the station.
//!
//! HTTP over a Unix socket of mode 0600 in the state folder: who may open it may do all that stands here, so
//! it asks for no key. Answers carry pictures of the person who stands before the kiosk; they go nowhere else.
//!
//! ```text
//! POST /v1/sessions                      {"external_user_id"}             begin, as the kiosk itself
//! POST /v1/sessions/{id}/consent         {"text_version"}                 the person agreed on the screen
//! POST /v1/sessions/{id}/document        "own", {"camera": "0"} or {"recording": "FILE"}
//! POST /v1/sessions/{id}/selfie          the same
//! POST /v1/sessions/{id}/challenge       {"without_colours"?: true}       who is sensitive to light follows a dot instead
//! POST /v1/sessions/{id}/liveness        {"source": {...}, "challenge_id"?}
//! POST /v1/sessions/{id}/submit
//! POST /v1/sessions/{id}/cancel
//! POST /v1/sessions/{id}/preview-token                                    for one WebSocket viewer's page
//! POST /v1/block-list                    {"name", "picture": base64}
//! DELETE /v1/block-list/{name}
//! GET  /v1/block-list                    the entries' names
//! POST /v1/audit/entries                 {"tenant"?, "cursor"?}           {"entries": [..], "next"}
//! POST /v1/audit/verify                  {"tenant"?}                      what is wrong with the log
//! GET  /v1/sessions/{id}                 state, decision, events with their chain
//! ```

mod audit;

use std::path::Path as FilePath;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kiosk_api::service::{Caller, NewSession, PreviewToken, ServiceError, Verifications};
use kiosk_session::{
    Challenge, Closing, Consent, ConsentSource, Decision, Redacted, Session, SessionId,
};
use serde::{Deserialize, Serialize};
use tokio::net::UnixListener;
use uuid::Uuid;

use crate::station::{ClipView, DocumentView, SelfieView, SourceWish, Station, Step};

/// A picture of 30 MiB in base64 and its name.
const LARGEST_BODY: DefaultBodyLimit = DefaultBodyLimit::max(42 << 20);

/// What the control socket serves.
#[derive(Clone)]
pub struct Control {
    station: Arc<Station>,
    caller: Caller,
}

/// A begun session.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    external_user_id: Redacted<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Agreed {
    text_version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    #[serde(default)]
    without_colours: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Watch {
    source: SourceWish,
    #[serde(default)]
    challenge_id: Option<Uuid>,
}

/// A session as the control socket tells it.
#[derive(Serialize)]
pub struct SessionView {
    session_id: SessionId,
    state: &'static str,
    decision: Option<Decision>,
    challenge: Option<Challenge>,
    events: Vec<EventView>,
}

/// One event of a session, without what it holds.
#[derive(Serialize)]
struct EventView {
    number: u64,
    #[serde(rename = "type")]
    kind: String,
    #[serde(with = "time::serde::rfc3339")]
    at: time::OffsetDateTime,
    previous: String,
    hash: String,
}

impl Control {
    /// The control of a station; what is begun over it belongs to `caller`.
    pub const fn new(station: Arc<Station>, caller: Caller) -> Self {
        Self { station, caller }
    }

    /// Its routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/v1/sessions", post(begin))
            .route("/v1/sessions/{id}", get(show))
            .route("/v1/sessions/{id}/consent", post(consent))
            .route("/v1/sessions/{id}/document", post(document))
            .route("/v1/sessions/{id}/selfie", post(selfie))
            .route("/v1/sessions/{id}/challenge", post(challenge))
            .route("/v1/sessions/{id}/liveness", post(liveness))
            .route("/v1/sessions/{id}/submit", post(submit))
            .route("/v1/sessions/{id}/cancel", post(cancel))
            .route("/v1/sessions/{id}/preview-token", post(preview_token))
            .route(
                "/v1/block-list",
                get(block_list).post(block).layer(LARGEST_BODY),
            )
            .route("/v1/block-list/{name}", delete(unblock))
            .route("/v1/audit/entries", post(audit::entries))
            .route("/v1/audit/verify", post(audit::verdict))
            .with_state(self)
    }

    fn view(&self, session: &Session) -> Result<SessionView, Fault> {
        let journal = self.station.service().journal();
        let chain = journal.chain(session.id)?;
        let events = journal
            .entries(session.id)?
            .into_iter()
            .zip(chain)
            .map(|((number, entry), link)| EventView {
                number,
                kind: entry.event.name().to_owned(),
                at: entry.at,
                previous: link.previous,
                hash: link.hash,
            })
            .collect();
        Ok(SessionView {
            session_id: session.id,
            state: session.state.name(),
            decision: session.state.decision().cloned(),
            challenge: session.state.challenge().cloned(),
            events,
        })
    }
}

/// Binds the socket, readable and writable by its owner only; one left by a process that is gone is replaced.
pub fn bind(path: &FilePath) -> std::io::Result<UnixListener> {
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Err(std::io::Error::other(
            "another kioskd serves this socket; stop it first",
        ));
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(listener)
}

type Answer<T> = Result<Json<T>, Fault>;

async fn begin(Shared(control): Shared<Control>, Json(begin): Json<Begin>) -> Answer<SessionView> {
    let request = NewSession {
        external_user_id: begin.external_user_id,
        webhook_url: None,
        redirect_url: None,
        metadata: None,
        consent: None,
    };
    let session = control
        .station
        .service()
        .open(&control.caller, request)
        .await?;
    Ok(Json(control.view(&session)?))
}

async fn show(Shared(control): Shared<Control>, Path(id): Path<Uuid>) -> Answer<SessionView> {
    let session = control
        .station
        .service()
        .session(&control.caller, SessionId(id))
        .await?;
    Ok(Json(control.view(&session)?))
}

async fn consent(
    Shared(control): Shared<Control>,
    Path(id): Path<Uuid>,
    Json(agreed): Json<Agreed>,
) -> Answer<SessionView> {
    let consent = Consent {
        source: ConsentSource::Person,
        text_version: agreed.text_version,
    };
    let service = control.station.service();
    let session = service
        .consent(&control.caller, SessionId(id), consent)
        .await?;
    Ok(Json(control.view(&session)?))
}

async fn document(
    Shared(control): Shared<Control>,
    Path(id): Path<Uuid>,
    Json(source): Json<SourceWish>,
) -> Answer<Step<DocumentView>> {
    Ok(Json(
        control
            .station
            .document(&control.caller, SessionId(id), source)
            .await?,
    ))
}

async fn selfie(
    Shared(control): Shared<Control>,
    Path(id): Path<Uuid>,
    Json(source): Json<SourceWish>,
) -> Answer<Step<SelfieView>> {
    Ok(Json(
        control
            .station
            .selfie(&control.caller, SessionId(id), source)
            .await?,
    ))
}

async fn challenge(
    Shared(control): Shared<Control>,
    Path(id): Path<Uuid>,
    asked: Bytes,
) -> Answer<Challenge> {
    let Ask { without_colours } = match asked.is_empty() {
        true => Ask::default(),
        false => serde_json::from_slice(&asked).map_err(|_| ServiceError::Unusable {
            code: "BODY_UNREADABLE",
            remedy: "send nothing, or {\"without_colours\": true}".into(),
        })?,
    };
    let (station, id) = (&control.station, SessionId(id));
    Ok(Json(
        station
            .challenge(&control.caller, id, without_colours)
            .await?,
    ))
}

async fn liveness(
    Shared(control): Shared<Control>,
    Path(id): Path<Uuid>,
    Json(watch): Json<Watch>,
) -> Answer<Step<ClipView>> {
    let Watch {
        source,
        challenge_id,
    } = watch;
    let id = SessionId(id);
    Ok(Json(
        control
            .station
            .liveness(&control.caller, id, challenge_id, source)
            .await?,
    ))
}

async fn submit(Shared(control): Shared<Control>, Path(id): Path<Uuid>) -> Answer<SessionView> {
    let session = control
        .station
        .service()
        .submit(&control.caller, SessionId(id))
        .await?;
    Ok(Json(control.view(&session)?))
}

async fn cancel(Shared(control): Shared<Control>, Path(id): Path<Uuid>) -> Answer<SessionView> {
    let service = control.station.service();
    let session = service
        .cancel(&control.caller, SessionId(id), Closing::Person)
        .await?;
    Ok(Json(control.view(&session)?))
}

async fn preview_token(
    Shared(control): Shared<Control>,
    Path(id): Path<Uuid>,
) -> Answer<PreviewToken> {
    let service = control.station.service();
    let token = service
        .preview_token(&control.caller, SessionId(id))
        .await?;
    Ok(Json(token))
}

/// A picture in base64.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Blocked {
    name: String,
    picture: String,
}

async fn block_list(Shared(control): Shared<Control>) -> Json<Vec<String>> {
    Json(control.station.service().known().listed())
}

async fn block(
    Shared(control): Shared<Control>,
    Json(blocked): Json<Blocked>,
) -> Answer<Vec<String>> {
    let service = control.station.service();
    let picture = STANDARD.decode(&blocked.picture);
    let picture = picture.map_err(|_| ServiceError::Unusable {
        code: "PICTURE_UNREADABLE",
        remedy: "the picture is no base64; send a JPEG or PNG in base64".into(),
    })?;
    service
        .list_face(&control.caller, &blocked.name, &picture)
        .await?;
    Ok(Json(service.known().listed()))
}

async fn unblock(
    Shared(control): Shared<Control>,
    Path(name): Path<String>,
) -> Answer<Vec<String>> {
    let service = control.station.service();
    service.unlist_face(&control.caller, &name).await?;
    Ok(Json(service.known().listed()))
}

/// A failed call: a stable code and what to do about it.
struct Fault(ServiceError);

impl From<ServiceError> for Fault {
    fn from(error: ServiceError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (status, code) = match &self.0 {
            ServiceError::NotFound => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            ServiceError::Refused(_) => (StatusCode::CONFLICT, "NOT_NOW"),
            ServiceError::Unusable { code, .. } => (StatusCode::UNPROCESSABLE_ENTITY, *code),
            ServiceError::NoRoom(what) => (StatusCode::SERVICE_UNAVAILABLE, what.code()),
            ServiceError::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
            ServiceError::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"),
        };
        let body = serde_json::json!({ "code": code, "detail": self.0.to_string() });
        (status, Json(body)).into_response()
    }
}
