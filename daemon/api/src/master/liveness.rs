//! `/api/check_liveness_video`: whether the person themselves was before the camera, and did what they were asked to.

use axum::extract::{Request, State};
use axum::{Extension, Json};
use kiosk_session::{Gesture, PromptOutcome, Prompted, liveness_passed, passive_pad_passed};
use serde::Serialize;
use uuid::Uuid;

use super::access::Access;
use super::applicant::named;
use crate::web::App;
use crate::web::problem::Problem;

/// The judgement. Null is what was not assessed.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = VideoLiveness)]
pub(super) struct Checked {
    applicant_id: Uuid,
    video_id: Uuid,
    /// Passive detection and the challenge together.
    passed: Option<bool>,
    spoof_detected: Option<bool>,
    /// Passive detection's score, 0 attack to 1 bona fide.
    score: Option<f32>,
    /// Null where the film answers none.
    challenge: Option<Answered>,
}

/// What came of a challenge.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ChallengeAnswer)]
struct Answered {
    id: Uuid,
    /// Gestures that were seen when they were asked for.
    met: u32,
    asked: u32,
    /// One a gesture where the moments count, else empty.
    steps: Vec<Outcome>,
}

/// What came of one gesture.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = GestureOutcome)]
struct Outcome {
    #[schema(value_type = String)]
    gesture: Gesture,
    at_ms: f64,
    until_ms: f64,
    #[schema(value_type = String)]
    outcome: PromptOutcome,
}

/// `POST /api/check_liveness_video`: what was found when the film came, by the policy of today. Films are not kept.
#[utoipa::path(post, path = "/api/check_liveness_video", operation_id = "check_liveness_video", summary = "Whether the person was before the camera", request_body = super::openapi::OfApplicant, responses((status = 200, description = "The judgement", body = Checked)))]
pub(super) async fn check(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    request: Request,
) -> Result<Json<Checked>, Problem> {
    let (_, id) = named(&app, request).await?;
    let session = app.service.session(access.to(id)?, id).await?;
    let judged = session.state.liveness().ok_or(Problem::NO_VIDEO)?;
    let policy = app.service.policy();
    Ok(Json(Checked {
        applicant_id: id.0,
        video_id: judged.check_id,
        passed: liveness_passed(judged, policy),
        spoof_detected: passive_pad_passed(&judged.passive, policy).map(|bona_fide| !bona_fide),
        score: judged.passive.assessed().map(|pad| pad.score),
        challenge: judged.active.assessed().map(answered),
    }))
}

fn answered(answer: &Prompted) -> Answered {
    let steps = answer.prompts.iter().map(|prompt| Outcome {
        gesture: prompt.gesture,
        at_ms: prompt.at_ms,
        until_ms: prompt.until_ms,
        outcome: prompt.outcome,
    });
    Answered {
        id: answer.challenge_id,
        met: answer.met,
        asked: answer.asked,
        steps: steps.collect(),
    }
}
