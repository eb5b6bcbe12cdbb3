//! `/partner/sessions`: begin, read and list.

use axum::extract::{Query, Request, State};
use axum::http::Uri;
use axum::{Extension, Json};
use kiosk_session::{
    Checks, Policy, Redacted, Session, document_reasons, face_match_passed, liveness_passed,
};
use serde::{Deserialize, Serialize};
use time::Date;
use uuid::Uuid;

use super::words;
use crate::service::{Caller, Filter, NewSession, PublicStatus, ServiceError};
use crate::web::fields::{Fields, address, object, required};
use crate::web::path::Id;
use crate::web::problem::Problem;
use crate::web::{App, json};

/// Longest name that a partner may give a person, in characters.
const LONGEST_NAME: usize = 256;
/// Sessions of a page where the caller does not say, and at most.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 200;

/// The answer to a new session.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = NewSession)]
pub(super) struct Begun {
    session_id: Uuid,
    status: &'static str,
    kyc_url: String,
    expires_at: String,
    created_at: String,
}

/// A session with its results.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Session)]
pub(super) struct Shown {
    session_id: Uuid,
    external_user_id: String,
    status: &'static str,
    risk_level: Option<&'static str>,
    risk_score: Option<f32>,
    decision: Option<&'static str>,
    decision_reason: Option<String>,
    created_at: String,
    completed_at: Option<String>,
    verification_results: Results,
}

/// Each check on its own; null where it was not assessed.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = VerificationResults)]
struct Results {
    document_verified: Option<bool>,
    face_match_passed: Option<bool>,
    face_match_score: Option<f32>,
    liveness_passed: Option<bool>,
    sanctions_clear: Option<bool>,
}

/// A page of sessions, newest first.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SessionPage)]
pub(super) struct Listed {
    sessions: Vec<Shown>,
    total: usize,
    limit: usize,
    offset: usize,
}

#[derive(Deserialize)]
struct Wanted {
    status: Option<String>,
    external_user_id: Option<String>,
    limit: Option<usize>,
    offset: Option<usize>,
}

/// `POST /partner/sessions`
#[utoipa::path(post, path = "/partner/sessions", operation_id = "create_session", summary = "Begins a session", request_body = super::openapi::SessionBody, responses((status = 200, description = "The session", body = Begun)))]
pub(super) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Begun>, Problem> {
    let limits = &app.settings.limits;
    let fields = json::object(request, limits.json_bytes, limits.body_time).await?;
    let mut wanted = requested(&fields)?;
    wanted.consent = app.stated_consent(&caller);
    let session = app.service.open(&caller, wanted).await?;
    let case = session.state.case().ok_or(Problem::INTERNAL)?;
    Ok(Json(Begun {
        session_id: session.id.0,
        status: words::status(PublicStatus::of(&session.state)),
        kyc_url: format!("{}/kyc/{}", app.settings.public_url, session.id),
        expires_at: words::moment(case.opening.expires_at),
        created_at: words::moment(case.created_at),
    }))
}

fn requested(fields: &Fields) -> Result<NewSession, Problem> {
    let name = required(fields, "external_user_id", LONGEST_NAME)?;
    Ok(NewSession {
        external_user_id: Redacted::new(name),
        webhook_url: address(fields, "webhook_url")?,
        redirect_url: address(fields, "redirect_url")?,
        metadata: object(fields, "metadata")?,
        consent: None,
    })
}

/// `GET /partner/sessions/{session_id}`
#[utoipa::path(get, path = "/partner/sessions/{session_id}", operation_id = "read_session", summary = "Reads a session", params(("session_id" = Uuid, Path, description = "The session")), responses((status = 200, description = "The session", body = Shown)))]
pub(super) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<Shown>, Problem> {
    let session = app.service.session(&caller, id).await?;
    let today = app.service.now().date();
    shown(&session, app.service.policy(), today).map(Json)
}

/// `GET /partner/sessions`
#[utoipa::path(get, path = "/partner/sessions", operation_id = "list_sessions", summary = "Lists the tenant's sessions, newest first", params(("status" = Option<String>, Query, pattern = "^(pending|in_progress|approved|rejected|manual_review|expired|cancelled)$"), ("external_user_id" = Option<String>, Query), ("limit" = Option<usize>, Query, minimum = 1, maximum = 200), ("offset" = Option<usize>, Query)), responses((status = 200, description = "A page", body = Listed)))]
pub(super) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Json<Listed>, Problem> {
    let filter = filter(&uri)?;
    let (limit, offset) = (filter.limit, filter.offset);
    let page = app.service.list(&caller, filter).await?;
    let today = app.service.now().date();
    let shown = page
        .sessions
        .iter()
        .map(|session| shown(session, app.service.policy(), today));
    Ok(Json(Listed {
        sessions: shown.collect::<Result<_, _>>()?,
        total: page.total,
        limit,
        offset,
    }))
}

fn filter(uri: &Uri) -> Result<Filter, Problem> {
    let query = Query::<Wanted>::try_from_uri(uri);
    let Query(wanted) =
        query.map_err(|_| Problem::parameter("`limit` and `offset` have to be whole numbers"))?;
    let status = wanted.status.map(|word| {
        words::status_from(&word).ok_or_else(|| {
            Problem::parameter(
                "`status` has to be pending, in_progress, approved, rejected, manual_review, expired or cancelled",
            )
        })
    });
    let limit = wanted.limit.unwrap_or(PAGE);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        return Err(Problem::parameter("`limit` has to be from 1 to 200"));
    }
    Ok(Filter {
        status: status.transpose()?,
        external_user_id: wanted.external_user_id.map(Redacted::new),
        from: None,
        before: None,
        purpose: None,
        limit,
        offset: wanted.offset.unwrap_or(0),
    })
}

fn shown(session: &Session, policy: &Policy, today: Date) -> Result<Shown, Problem> {
    let case = session.state.case().ok_or(ServiceError::NotFound)?;
    let decision = session.state.decision();
    let checks = decision.map_or_else(|| so_far(session, policy, today), |made| made.checks);
    Ok(Shown {
        session_id: session.id.0,
        external_user_id: case.opening.external_user_id.reveal().clone(),
        status: words::status(PublicStatus::of(&session.state)),
        risk_level: decision.map(|made| words::risk(made.risk_level)),
        risk_score: decision.map(|made| made.risk_score),
        decision: decision.map(|made| words::decision(made.status)),
        decision_reason: decision.map(words::decision_reason),
        created_at: words::moment(case.created_at),
        completed_at: decision.map(|_| words::moment(case.changed_at)),
        verification_results: Results {
            document_verified: checks.document_verified,
            face_match_passed: checks.face_match_passed,
            face_match_score: checks.face_match_score,
            liveness_passed: checks.liveness_passed,
            sanctions_clear: checks.sanctions_clear,
        },
    })
}

/// What the domain says of each check before there is a decision.
fn so_far(session: &Session, policy: &Policy, today: Date) -> Checks {
    let state = &session.state;
    let most = policy.face_match.max_distance;
    Checks {
        document_verified: state
            .document()
            .filter(|read| read.fields.is_some())
            .map(|read| {
                let (reasons, _) = document_reasons(read, policy, today);
                reasons.is_empty()
            }),
        face_match_passed: state
            .selfie()
            .and_then(|selfie| face_match_passed(selfie, policy)),
        face_match_score: state
            .selfie()
            .and_then(|selfie| selfie.face_match.assessed())
            .map(|found| found.score(most)),
        liveness_passed: state
            .liveness()
            .and_then(|judged| liveness_passed(judged, policy)),
        sanctions_clear: None,
    }
}
