//! `/verification`: start a verification, follow it, fetch its result. What is captured goes by the Onboarder's own steps.

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::{Extension, Json};
use kiosk_session::{Closing, Consent, ConsentSource, Reason, Redacted, Refused, Session, Warning};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Checks, LONG, Text, read};
use super::fault::Faults;
use super::onboarding::{self, Case, Cases};
use crate::onboarder::words;
use crate::service::{Caller, NewSession, ServiceError};
use crate::web::App;
use crate::web::path::Id;
use crate::web::problem::Problem;

/// A new verification.
#[derive(Deserialize, ToSchema)]
pub(super) struct StartBody {
    /// The firm's own name of the person.
    #[schema(value_type = String, required, min_length = 1, max_length = 256, pattern = r"\S", example = "customer-4711")]
    reference: Text,
    /// The version of the text to which the firm states that the person agreed; without it the person is asked.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 256, pattern = r"\S", example = "terms-1")]
    consent_text_version: Text,
    /// The firm's own data, given back as it came.
    #[schema(value_type = Option<Object>)]
    metadata: Option<serde_json::Map<String, Value>>,
}

/// Starts a verification.
#[utoipa::path(post, path = "/api/v1/verification/sessions", tag = "Verification", request_body = StartBody,
    security(("jwt" = []), ("api_key" = [])), responses((status = 201, body = Case), Faults))]
pub(super) async fn start(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<(StatusCode, Json<Case>), Problem> {
    let body: StartBody = read(&app, request).await?;
    let mut checks = Checks::default();
    let reference = checks.text("reference", &body.reference, LONG);
    let version = checks.text_if_any("consent_text_version", &body.consent_text_version, LONG);
    let reference = checks.done(reference)?;
    let stated = version.map(|version| Consent {
        source: ConsentSource::PartnerStatement,
        text_version: version.to_owned(),
    });
    let wanted = NewSession {
        external_user_id: Redacted::new(reference.to_owned()),
        webhook_url: None,
        redirect_url: None,
        metadata: body
            .metadata
            .map(|own| Redacted::new(Value::from(own).to_string())),
        consent: stated.or_else(|| app.stated_consent(&caller)),
    };
    let session = app.service.open(&caller, wanted).await?;
    Ok((
        StatusCode::CREATED,
        Json(onboarding::shown(&app, &session)?),
    ))
}

/// Lists verifications, newest first.
#[utoipa::path(get, path = "/api/v1/verification/sessions", tag = "Verification", params(onboarding::Wanted),
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = Cases), Faults))]
pub(super) async fn list(
    app: State<App>,
    caller: Extension<Caller>,
    uri: Uri,
) -> Result<Json<Cases>, Problem> {
    onboarding::list(app, caller, uri).await
}

/// Shows a verification.
#[utoipa::path(get, path = "/api/v1/verification/sessions/{session_id}", tag = "Verification",
    params(("session_id" = Uuid, Path)), security(("jwt" = []), ("api_key" = [])),
    responses((status = 200, body = Case), Faults))]
pub(super) async fn show(
    app: State<App>,
    caller: Extension<Caller>,
    id: Id,
) -> Result<Json<Case>, Problem> {
    onboarding::show(app, caller, id).await
}

/// The person's consent.
#[derive(Deserialize, ToSchema)]
pub(super) struct ConsentBody {
    /// The version of the text that the person agreed to.
    #[schema(value_type = String, required, min_length = 1, max_length = 256, pattern = r"\S", example = "terms-1")]
    text_version: Text,
}

/// Records that the person agreed, here and now.
#[utoipa::path(post, path = "/api/v1/verification/sessions/{session_id}/consent", tag = "Verification",
    params(("session_id" = Uuid, Path)), request_body = ConsentBody,
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = Case), Faults))]
pub(super) async fn consent(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
    request: Request,
) -> Result<Json<Case>, Problem> {
    let body: ConsentBody = read(&app, request).await?;
    let mut checks = Checks::default();
    let version = checks.text("text_version", &body.text_version, LONG);
    let given = Consent {
        source: ConsentSource::Person,
        text_version: checks.done(version)?.to_owned(),
    };
    let session = app.service.consent(&caller, id, given).await?;
    onboarding::shown(&app, &session).map(Json)
}

/// Ends a verification early.
#[utoipa::path(post, path = "/api/v1/verification/sessions/{session_id}/cancel", tag = "Verification",
    params(("session_id" = Uuid, Path)), security(("jwt" = []), ("api_key" = [])),
    responses((status = 200, body = Case), Faults))]
pub(super) async fn cancel(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<Case>, Problem> {
    let session = app.service.cancel(&caller, id, Closing::Staff).await?;
    onboarding::shown(&app, &session).map(Json)
}

/// A decision, each check on its own; null is what was not assessed.
#[derive(Serialize, ToSchema)]
pub(super) struct Outcome {
    session_id: Uuid,
    /// `approved`, `manual_review` or `rejected`.
    decision: &'static str,
    /// 0 to 1: the largest risk that any check leaves.
    risk_score: f32,
    /// `low`, `medium` or `high`.
    risk_level: &'static str,
    /// Why it is not an approval, gravest first.
    #[schema(value_type = Vec<String>)]
    reasons: Vec<Reason>,
    /// What else a reader has to know.
    #[schema(value_type = Vec<String>)]
    warnings: Vec<Warning>,
    document_verified: Option<bool>,
    face_match_passed: Option<bool>,
    face_match_score: Option<f32>,
    liveness_passed: Option<bool>,
    sanctions_clear: Option<bool>,
    /// Name and version of the policy that it was made by.
    policy: String,
    /// `local`: this kiosk decides itself.
    provider: &'static str,
    completed_at: String,
}

/// The result. Before the decision there is none: 409.
#[utoipa::path(get, path = "/api/v1/verification/sessions/{session_id}/result", tag = "Verification",
    params(("session_id" = Uuid, Path)), security(("jwt" = []), ("api_key" = [])),
    responses((status = 200, body = Outcome), Faults))]
pub(super) async fn result(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<Outcome>, Problem> {
    let session = app.service.session(&caller, id).await?;
    outcome(&session).map(Json)
}

fn outcome(session: &Session) -> Result<Outcome, Problem> {
    let case = session.state.case().ok_or(Problem::NO_SESSION)?;
    let undecided = || Problem::from(ServiceError::from(Refused::NotDecided));
    let made = session.state.decision().ok_or_else(undecided)?;
    Ok(Outcome {
        session_id: session.id.0,
        decision: words::decision(made.status),
        risk_score: made.risk_score,
        risk_level: words::risk(made.risk_level),
        reasons: made.reasons.clone(),
        warnings: made.warnings.clone(),
        document_verified: made.checks.document_verified,
        face_match_passed: made.checks.face_match_passed,
        face_match_score: made.checks.face_match_score,
        liveness_passed: made.checks.liveness_passed,
        sanctions_clear: made.checks.sanctions_clear,
        policy: made.policy.clone(),
        provider: "local",
        completed_at: words::moment(case.changed_at),
    })
}
