//! SDK and mobile tokens: made by an API token for one applicant, short-lived, known by their SHA-256 only.
//!
//! An applicant has one of each kind: a new one takes the place of the former. They end with the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use kiosk_session::SessionId;
use serde::Serialize;
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::Desk;
use super::access::Access;
use super::applicant::named;
use crate::onboarder::words::moment;
use crate::service::ServiceError;
use crate::web::App;
use crate::web::fields;
use crate::web::problem::Problem;

/// Most tokens at once; those that are over go first, then nobody gets another.
const MOST: usize = 10_000;
/// Longest origin, in bytes.
const LONGEST_ORIGIN: usize = 256;

/// Whose hands a token goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    /// A web page's.
    Sdk,
    /// An app's.
    Mobile,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Sdk => "sdk",
            Self::Mobile => "mobile",
        }
    }

    /// A page is filled in at one sitting; an app may be left and come back to.
    const fn lifetime(self) -> Duration {
        match self {
            Self::Sdk => Duration::minutes(30),
            Self::Mobile => Duration::hours(2),
        }
    }
}

/// What a token was made for.
#[derive(Clone)]
pub(super) struct Granted {
    /// The API token's name, which it counts against.
    pub(super) credential: String,
    /// The only applicant that it sees.
    pub(super) applicant: SessionId,
    kind: Kind,
    /// The pages that it may come from, where its maker said so.
    origin: Option<String>,
    until: OffsetDateTime,
}

impl Granted {
    /// Whether it may come from there. Browsers say where a page is from, apps say nothing: an app's token in a page was
    /// carried off.
    pub(super) fn serves(&self, origin: Option<&[u8]>) -> bool {
        match (self.kind, origin, &self.origin) {
            (_, None, _) | (Kind::Sdk, Some(_), None) => true,
            (Kind::Sdk, Some(came), Some(meant)) => came == meant.as_bytes(),
            (Kind::Mobile, Some(_), _) => false,
        }
    }
}

/// The tokens that hold, by their SHA-256.
#[derive(Default)]
pub(super) struct Tokens(Mutex<HashMap<[u8; 32], Granted>>);

impl Tokens {
    /// What a token was made for, while it holds. It is looked up by its hash, of which its bytes tell nothing.
    pub(super) fn find(&self, token: &[u8], now: OffsetDateTime) -> Option<Granted> {
        let hash: [u8; 32] = Sha256::digest(token).into();
        let held = self.held();
        held.get(&hash).filter(|found| found.until > now).cloned()
    }

    /// A new token, or `None` where there are too many.
    fn grant(&self, granted: Granted, now: OffsetDateTime) -> Option<String> {
        let mut held = self.held();
        held.retain(|_, other| {
            other.until > now && (other.applicant, other.kind) != (granted.applicant, granted.kind)
        });
        if held.len() >= MOST {
            return None;
        }
        // Two random UUIDs: 244 bits.
        let (one, two) = (Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let token = format!("{}_{one}{two}", granted.kind.name());
        held.insert(Sha256::digest(&token).into(), granted);
        Some(token)
    }

    /// A panic while it was held leaves whole entries: each is put in at once.
    fn held(&self) -> MutexGuard<'_, HashMap<[u8; 32], Granted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A token, which is told once.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Token)]
pub(super) struct Made {
    token: String,
    /// `sdk` or `mobile`.
    kind: &'static str,
    applicant_id: Uuid,
    expires_at: String,
}

/// `POST /api/sdk_tokens`
#[utoipa::path(post, path = "/api/sdk_tokens", operation_id = "make_sdk_token", summary = "Makes a token for a web page and one applicant", request_body = super::openapi::SdkTokenBody, responses((status = 201, description = "The token, which is told once", body = Made)))]
pub(super) async fn sdk(
    app: State<App>,
    access: Extension<Access>,
    desk: Extension<Arc<Desk>>,
    request: Request,
) -> Result<(StatusCode, Json<Made>), Problem> {
    make(app, access, desk, Kind::Sdk, request).await
}

/// `POST /api/mobile_tokens`
#[utoipa::path(post, path = "/api/mobile_tokens", operation_id = "make_mobile_token", summary = "Makes a token for an app and one applicant", request_body = super::openapi::OfApplicant, responses((status = 201, description = "The token, which is told once", body = Made)))]
pub(super) async fn mobile(
    app: State<App>,
    access: Extension<Access>,
    desk: Extension<Arc<Desk>>,
    request: Request,
) -> Result<(StatusCode, Json<Made>), Problem> {
    make(app, access, desk, Kind::Mobile, request).await
}

async fn make(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    Extension(desk): Extension<Arc<Desk>>,
    kind: Kind,
    request: Request,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let (body, id) = named(&app, request).await?;
    let origin = match kind {
        Kind::Sdk => origin(&body)?,
        Kind::Mobile => None,
    };
    let caller = access.to(id)?;
    let session = app.service.session(caller, id).await?;
    let case = session.state.case().ok_or(ServiceError::NotFound)?;
    let now = app.service.now();
    let until = (now + kind.lifetime()).min(case.opening.expires_at);
    let granted = Granted {
        credential: caller.credential.clone(),
        applicant: id,
        kind,
        origin,
        until,
    };
    let token = desk.tokens.grant(granted, now);
    let token = token.ok_or_else(|| Problem::unavailable("too many tokens hold"))?;
    let made = Made {
        token,
        kind: kind.name(),
        applicant_id: id.0,
        expires_at: moment(until),
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// An origin as browsers send it (RFC 6454, section 7): no path, no slash at its end.
fn origin(body: &fields::Fields) -> Result<Option<String>, Problem> {
    let Some(text) = fields::text(body, "origin", LONGEST_ORIGIN)? else {
        return Ok(None);
    };
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    if host.is_none_or(|host| host.is_empty() || host.contains('/')) {
        return Err(Problem::validation(
            "Field `origin` has to be as browsers send it, e.g. https://www.example.com",
        ));
    }
    Ok(Some(text.to_ascii_lowercase()))
}
