//! The preview over a WebSocket, for tablets and staff: `GET /preview/{session_id}/{place}`.
//!
//! ```text
//! same origin (403) ─► token (401) ─► session open (401) ─► place (404) ─► room (503) ─► messages
//! ```
//!
//! The token comes as a subprotocol beside `kiosk.preview.v1`, since a page can set no header of a WebSocket and an
//! address stands in logs. Staff may ask for `current` in place of a session.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Json;
use axum::Router;
use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use kiosk_api::service::{Caller, PublicStatus, Verifications};
use kiosk_session::SessionId;
use time::OffsetDateTime;
use tokio::sync::{OwnedSemaphorePermit, watch};
use uuid::Uuid;

use super::origin::Origins;
use super::token::{Granted, Tokens};
use super::watcher::{Form, Watcher};
use super::{Previews, TAKEN_WITHIN};
use crate::serve::stopped;
use crate::station::Place;

/// The subprotocol that is spoken.
const PROTOCOL: &str = "kiosk.preview.v1";
/// What stands before a token among the subprotocols.
const TOKEN: &str = "token.";
/// In place of a session: whatever is on.
const CURRENT: &str = "current";
/// How often a session is asked whether it is still open.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// A viewer has nothing to say but that it goes.
const LONGEST_WORD: usize = 1024;

/// What the preview asks of the service.
#[async_trait]
pub trait Sessions: Send + Sync + 'static {
    /// The time that sessions end by.
    fn now(&self) -> OffsetDateTime;
    /// Whether the caller's session may still be watched.
    async fn is_open(&self, caller: &Caller, session: SessionId) -> bool;
}

#[async_trait]
impl<T: Verifications> Sessions for T {
    fn now(&self) -> OffsetDateTime {
        Verifications::now(self)
    }

    async fn is_open(&self, caller: &Caller, session: SessionId) -> bool {
        match self.session(caller, session).await {
            Ok(found) => matches!(
                PublicStatus::of(&found.state),
                PublicStatus::Pending | PublicStatus::InProgress
            ),
            Err(_) => false,
        }
    }
}

/// The preview's route of the API.
#[derive(Clone)]
pub struct WebPreview {
    /// What is shown.
    pub previews: Previews,
    /// Who may see it.
    pub tokens: Arc<Tokens>,
    /// The API's names.
    pub origins: Origins,
    /// Who knows whether a session is open.
    pub sessions: Arc<dyn Sessions>,
    /// Turns true when the daemon stops.
    pub stop: watch::Receiver<bool>,
}

impl WebPreview {
    /// Its routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/preview/{session_id}/{place}", get(open))
            .with_state(Arc::new(self))
    }
}

/// Why a viewer is not let in.
enum Refused {
    Foreign,
    NoToken,
    BadToken,
    NoPlace,
    Full,
}

async fn open(
    State(web): State<Arc<WebPreview>>,
    Path((session, place)): Path<(String, String)>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refused> {
    if !web.origins.allow(&headers) {
        return Err(Refused::Foreign);
    }
    let token = token(&headers).ok_or(Refused::NoToken)?;
    let session = match session.as_str() {
        CURRENT => None,
        text => Some(SessionId(
            Uuid::try_parse(text).map_err(|_| Refused::BadToken)?,
        )),
    };
    let granted = web.tokens.granted(token, session, web.sessions.now());
    let bound = match (granted.ok_or(Refused::BadToken)?, session) {
        (Granted::Staff, _) => None,
        (Granted::Session(caller), Some(session)) => Some((session, caller)),
        (Granted::Session(_), None) => return Err(Refused::BadToken),
    };
    if let Some((session, caller)) = &bound
        && !web.sessions.is_open(caller, *session).await
    {
        return Err(Refused::BadToken);
    }
    let place = Place::named(&place).ok_or(Refused::NoPlace)?;
    let room = web.previews.room().ok_or(Refused::Full)?;
    let watcher = web.previews.of(place).watch(Form::Jpeg, session);
    let watcher = watcher.ok_or(Refused::Full)?;
    Ok(upgrade
        .protocols([PROTOCOL])
        .max_message_size(LONGEST_WORD)
        .max_frame_size(LONGEST_WORD)
        .on_upgrade(move |socket| view(socket, watcher, web, bound, room)))
}

/// The token among the subprotocols that are offered.
fn token(headers: &HeaderMap) -> Option<&str> {
    let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    offered
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .find_map(|name| name.trim().strip_prefix(TOKEN))
}

/// Shows until the viewer goes, its session is over, or the daemon stops.
async fn view(
    mut socket: WebSocket,
    mut watcher: Watcher,
    web: Arc<WebPreview>,
    bound: Option<(SessionId, Caller)>,
    _room: OwnedSemaphorePermit,
) {
    let mut stop = web.stop.clone();
    let mut asks = tokio::time::interval(ASK_EVERY);
    asks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (code, why) = loop {
        tokio::select! {
            () = stopped(&mut stop) => break (close_code::AWAY, "the kiosk stops"),
            _ = asks.tick() => if let Some((session, caller)) = &bound
                && !web.sessions.is_open(caller, *session).await
            {
                break (close_code::POLICY, "the session is over");
            },
            said = socket.recv() => match said {
                Some(Ok(Frame::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
            message = watcher.next() => {
                let Some(message) = message else { return };
                let sent = socket.send(Frame::Binary(message.whole()));
                match tokio::time::timeout(TAKEN_WITHIN, sent).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) | Err(_) => return,
                }
            }
        }
    };
    let goodbye = CloseFrame {
        code,
        reason: why.into(),
    };
    // Who does not take it is gone all the same.
    let _ = tokio::time::timeout(ASK_EVERY, socket.send(Frame::Close(Some(goodbye)))).await;
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, code, detail) = match self {
            Self::Foreign => (
                StatusCode::FORBIDDEN,
                "FOREIGN_ORIGIN",
                "The preview opens only from a page of this kiosk; see docs/preview.md",
            ),
            Self::NoToken => (
                StatusCode::UNAUTHORIZED,
                "TOKEN_MISSING",
                "Send the token as the subprotocol `token.` with the token behind it",
            ),
            Self::BadToken => (
                StatusCode::UNAUTHORIZED,
                "TOKEN_REFUSED",
                "The token is not this session's, or the session is over; ask for a new one",
            ),
            Self::NoPlace => (
                StatusCode::NOT_FOUND,
                "NO_SUCH_PLACE",
                "There is `face` and `document`",
            ),
            Self::Full => (
                StatusCode::SERVICE_UNAVAILABLE,
                "TOO_MANY_VIEWERS",
                "Close another viewer and try again",
            ),
        };
        tracing::info!(code, "a viewer was refused");
        let body = serde_json::json!({ "code": code, "detail": detail });
        (status, Json(body)).into_response()
    }
}
