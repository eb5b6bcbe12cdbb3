//! `/kyc/{session_id}/submit`: the decision.

use axum::extract::State;
use axum::{Extension, Json};
use kiosk_session::{Reason, Session};
use serde::Serialize;
use uuid::Uuid;

use super::words;
use crate::service::Caller;
use crate::web::App;
use crate::web::path::Id;
use crate::web::problem::Problem;

/// The decision with each check on its own; null where it was not assessed.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Decision)]
pub(crate) struct Answer {
    session_id: Uuid,
    status: &'static str,
    decision: &'static str,
    risk_score: f32,
    risk_level: &'static str,
    document_verified: Option<bool>,
    face_match_passed: Option<bool>,
    liveness_passed: Option<bool>,
    screening_passed: Option<bool>,
    #[schema(value_type = Vec<String>)]
    review_reasons: Vec<Reason>,
    started_at: String,
    completed_at: String,
}

/// `POST /kyc/{session_id}/submit`
#[utoipa::path(post, path = "/kyc/{session_id}/submit", operation_id = "submit_session", summary = "Decides", params(("session_id" = Uuid, Path, description = "The session")), responses((status = 200, description = "The decision", body = Answer)))]
pub(crate) async fn submit(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<Answer>, Problem> {
    let session = app.service.submit(&caller, id).await?;
    answer(&session).map(Json)
}

fn answer(session: &Session) -> Result<Answer, Problem> {
    let decision = session.state.decision().ok_or(Problem::INTERNAL)?;
    let case = session.state.case().ok_or(Problem::INTERNAL)?;
    Ok(Answer {
        session_id: session.id.0,
        status: words::decision(decision.status),
        decision: words::decision(decision.status),
        risk_score: decision.risk_score,
        risk_level: words::risk(decision.risk_level),
        document_verified: decision.checks.document_verified,
        face_match_passed: decision.checks.face_match_passed,
        liveness_passed: decision.checks.liveness_passed,
        screening_passed: decision.checks.sanctions_clear,
        review_reasons: decision.reasons.clone(),
        started_at: words::moment(case.created_at),
        completed_at: words::moment(case.changed_at),
    })
}
