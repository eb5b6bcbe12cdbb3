//! `/api/checks`: the decision, with each of its parts. A check has its applicant's name: there is one.

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::{Extension, Json};
use kiosk_session::{Decision, Policy, Reason, Session, Warning, leads_to};
use serde::Serialize;
use uuid::Uuid;

use super::access::Access;
use super::applicant::named;
use super::document::asked;
use crate::onboarder::words;
use crate::web::App;
use crate::web::path::Id;
use crate::web::problem::Problem;

/// A check that was made.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Check {
    id: Uuid,
    applicant_id: Uuid,
    created_at: String,
    /// `approved`, `manual_review` or `rejected`.
    result: &'static str,
    /// 0 to 1: the largest risk that any part leaves.
    risk_score: f32,
    risk_level: &'static str,
    /// The policy that it was decided by.
    policy: String,
    /// Why it is not approved, gravest first.
    reasons: Vec<Why>,
    /// What else a reader has to know.
    warnings: Vec<Noticed>,
    reports: Reports,
}

/// A reason.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CheckReason)]
struct Why {
    #[schema(value_type = String)]
    code: Reason,
    /// What it leads to by itself: `manual_review` or `rejected`.
    leads_to: &'static str,
    description: String,
}

/// A warning.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CheckWarning)]
struct Noticed {
    #[schema(value_type = String)]
    code: Warning,
    description: String,
}

/// Each part on its own; null where it was not assessed.
#[derive(Serialize, utoipa::ToSchema)]
struct Reports {
    document: Option<bool>,
    facial_similarity: Option<bool>,
    /// 0 to 1, 0.5 at the policy's boundary; no probability.
    facial_similarity_score: Option<f32>,
    liveness: Option<bool>,
    watchlist: Option<bool>,
}

/// The checks of an applicant: none, or the one that was made.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Checks {
    checks: Vec<Check>,
}

/// `POST /api/checks`
#[utoipa::path(post, path = "/api/checks", operation_id = "create_check", summary = "Decides", request_body = super::openapi::OfApplicant, responses((status = 201, description = "The check", body = Check)))]
pub(super) async fn create(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    request: Request,
) -> Result<(StatusCode, Json<Check>), Problem> {
    let (_, id) = named(&app, request).await?;
    let session = app.service.submit(access.to(id)?, id).await?;
    let check = shown(&session, app.service.policy()).ok_or(Problem::INTERNAL)?;
    Ok((StatusCode::CREATED, Json(check)))
}

/// `GET /api/checks/{check_id}`
#[utoipa::path(get, path = "/api/checks/{check_id}", operation_id = "read_check", summary = "Reads a check", params(("check_id" = Uuid, Path, description = "The check, which has its applicant's name")), responses((status = 200, description = "The check", body = Check)))]
pub(super) async fn show(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    Id(id): Id,
) -> Result<Json<Check>, Problem> {
    let session = app.service.session(access.to(id)?, id).await?;
    let check = shown(&session, app.service.policy());
    check.map(Json).ok_or(Problem::NO_CHECK)
}

/// `GET /api/checks?applicant_id=...`
#[utoipa::path(get, path = "/api/checks", operation_id = "list_checks", summary = "The check that was made", params(("applicant_id" = Uuid, Query, description = "The applicant")), responses((status = 200, description = "None or one", body = Checks)))]
pub(super) async fn list(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    uri: Uri,
) -> Result<Json<Checks>, Problem> {
    let id = asked(&uri)?;
    let session = app.service.session(access.to(id)?, id).await?;
    let checks = shown(&session, app.service.policy());
    Ok(Json(Checks {
        checks: checks.into_iter().collect(),
    }))
}

fn shown(session: &Session, policy: &Policy) -> Option<Check> {
    let made = session.state.decision()?;
    let case = session.state.case()?;
    Some(Check {
        id: session.id.0,
        applicant_id: session.id.0,
        created_at: words::moment(case.changed_at),
        result: words::decision(made.status),
        risk_score: made.risk_score,
        risk_level: words::risk(made.risk_level),
        policy: made.policy.clone(),
        reasons: made.reasons.iter().map(|code| why(*code, policy)).collect(),
        warnings: made.warnings.iter().map(|code| noticed(*code)).collect(),
        reports: reports(made),
    })
}

fn why(code: Reason, policy: &Policy) -> Why {
    Why {
        code,
        leads_to: words::decision(leads_to(code, policy)),
        description: format!("{}.", code.sentence()),
    }
}

fn noticed(code: Warning) -> Noticed {
    Noticed {
        code,
        description: format!("{}.", code.sentence()),
    }
}

const fn reports(made: &Decision) -> Reports {
    let checks = &made.checks;
    Reports {
        document: checks.document_verified,
        facial_similarity: checks.face_match_passed,
        facial_similarity_score: checks.face_match_score,
        liveness: checks.liveness_passed,
        watchlist: checks.sanctions_clear,
    }
}
