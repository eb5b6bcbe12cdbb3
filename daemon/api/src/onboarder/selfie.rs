//! `/kyc/{session_id}/selfie`: a picture of the person in, its likeness to the document's portrait out.

use axum::extract::{Request, State};
use axum::{Extension, Json};
use kiosk_session::{SelfieEvidence, face_match_passed};
use serde::Serialize;

use crate::service::{Caller, Verifications};
use crate::web::App;
use crate::web::path::Id;
use crate::web::problem::Problem;
use crate::web::upload::{self, Shape};

/// How far a score has to lie from the boundary, 0.5, to be called surer than `low`. Nothing is decided
/// by it. One person's pictures lie at 0.38 of distance on average (dlib), which is 0.18 beyond.
const HIGH: f32 = 0.15;
const MEDIUM: f32 = 0.05;

/// The comparison. Null where the faces were not compared.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Selfie)]
pub(crate) struct Answer {
    verification_id: String,
    match_score: Option<f32>,
    match_passed: Option<bool>,
    confidence: Option<&'static str>,
}

/// `POST /kyc/{session_id}/selfie`
#[utoipa::path(post, path = "/kyc/{session_id}/selfie", operation_id = "add_selfie", summary = "Compares a selfie with the document's portrait", params(("session_id" = Uuid, Path, description = "The session")), request_body(content = super::openapi::SelfieForm, content_type = "multipart/form-data"), responses((status = 200, description = "The comparison", body = Answer)))]
pub(crate) async fn add(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
    request: Request,
) -> Result<Json<Answer>, Problem> {
    let shape = Shape {
        texts: &[],
        files: &["file"],
        file_bytes: app.settings.limits.picture_bytes,
        most_files: 2,
    };
    let form = upload::read(&app, request, &shape).await?;
    let session = app
        .service
        .add_selfie(&caller, id, form.file("file")?)
        .await?;
    let taken = session.state.selfie().ok_or(Problem::INTERNAL)?;
    Ok(Json(answer(taken, app.service.as_ref())))
}

fn answer(taken: &SelfieEvidence, service: &dyn Verifications) -> Answer {
    let score = taken
        .face_match
        .assessed()
        .map(|found| found.score(service.max_distance()));
    Answer {
        verification_id: format!("ver_{}", taken.verification_id.simple()),
        match_score: score,
        match_passed: face_match_passed(taken, service.policy()),
        confidence: score.map(sureness),
    }
}

fn sureness(score: f32) -> &'static str {
    let beyond = (score - 0.5).abs();
    if beyond >= HIGH {
        "high"
    } else if beyond >= MEDIUM {
        "medium"
    } else {
        "low"
    }
}
