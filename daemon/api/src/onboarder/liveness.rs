//! `/kyc/{session_id}/liveness`: a challenge out, the clip that answers it in, the judgement out.

use axum::extract::{Request, State};
use axum::{Extension, Json};
use kiosk_session::{
    Challenge, Gesture, LivenessEvidence, Policy, PromptOutcome, Refused, liveness_passed,
    passive_pad_passed,
};
use serde::Serialize;
use uuid::Uuid;

use super::words;
use crate::service::{Caller, ClipUpload, PICTURE_INTERVAL_MS, ServiceError};
use crate::web::App;
use crate::web::path::Id;
use crate::web::problem::Problem;
use crate::web::upload::{self, Shape};

/// A challenge.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Challenge)]
pub(crate) struct Asked {
    challenge_id: String,
    challenge_type: &'static str,
    instructions: String,
    timeout_seconds: i64,
    /// Ours, where the moments count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    schedule: Option<Vec<AskedAt>>,
    /// Ours: how far apart pictures are taken to be where a clip is no video.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    picture_interval_ms: Option<u32>,
}

/// When a gesture is to be shown to the person, in ms from the clip's first frame, and when it has to have begun.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ChallengeStep)]
struct AskedAt {
    #[schema(value_type = String)]
    gesture: Gesture,
    instruction: &'static str,
    at_ms: u32,
    until_ms: u32,
}

/// The judgement of a clip. Null is what was not assessed.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Liveness)]
pub(crate) struct Answer {
    check_id: String,
    passed: Option<bool>,
    confidence: Option<f32>,
    spoof_detected: Option<bool>,
    checks_performed: Vec<&'static str>,
    /// Ours: what came of each gesture where the moments count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    prompts: Vec<Outcome>,
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

/// `GET` or `POST /kyc/{session_id}/liveness/challenge`
#[utoipa::path(get, path = "/kyc/{session_id}/liveness/challenge", operation_id = "draw_challenge", summary = "Draws what the person is asked to do", params(("session_id" = Uuid, Path, description = "The session")), responses((status = 200, description = "The challenge", body = Asked)))]
pub(crate) async fn challenge(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<Asked>, Problem> {
    let drawn = app.service.draw_challenge(&caller, id).await?;
    Ok(Json(Asked {
        challenge_id: format!("chl_{}", drawn.challenge_id.simple()),
        challenge_type: words::challenge_type(&drawn.gestures),
        instructions: words::instructions(&drawn),
        timeout_seconds: (drawn.expires_at - drawn.issued_at).whole_seconds(),
        schedule: schedule(&drawn),
        picture_interval_ms: drawn.schedule.as_ref().map(|_| PICTURE_INTERVAL_MS),
    }))
}

fn schedule(drawn: &Challenge) -> Option<Vec<AskedAt>> {
    let schedule = drawn.schedule.as_ref()?;
    let asked = drawn.gestures.iter().zip(&schedule.moments);
    let asked = asked.map(|(gesture, moment)| AskedAt {
        gesture: *gesture,
        instruction: words::instruction(*gesture),
        at_ms: moment.at_ms,
        until_ms: moment.at_ms + schedule.answer_within_ms,
    });
    Some(asked.collect())
}

/// `POST /kyc/{session_id}/liveness`
#[utoipa::path(post, path = "/kyc/{session_id}/liveness", operation_id = "add_liveness", summary = "Judges a film", params(("session_id" = Uuid, Path, description = "The session")), request_body(content = super::openapi::LivenessForm, content_type = "multipart/form-data"), responses((status = 200, description = "The judgement", body = Answer)))]
pub(crate) async fn add(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
    request: Request,
) -> Result<Json<Answer>, Problem> {
    let limits = &app.settings.limits;
    let shape = Shape {
        texts: &["challenge_id"],
        files: &["files"],
        file_bytes: limits.clip_bytes,
        most_files: limits.clip_files,
    };
    let form = upload::read(&app, request, &shape).await?;
    let challenge_id = form.text("challenge_id")?;
    let files = form.files();
    if files.is_empty() {
        return Err(Problem::validation(
            "File `files` is required: pictures in order, or one video",
        ));
    }
    // Whose session it is comes before what is said of it.
    let before = app.service.session(&caller, id).await?;
    let challenge_id = named(challenge_id)?;
    let asked = before
        .state
        .challenge()
        .map(|asked| asked.gestures.clone())
        .unwrap_or_default();
    let clip = ClipUpload {
        challenge_id: Some(challenge_id),
        files,
    };
    let session = app.service.add_clip(&caller, id, clip).await?;
    let judged = session.state.liveness().ok_or(Problem::INTERNAL)?;
    Ok(Json(answer(judged, &asked, app.service.policy())))
}

/// The challenge that `chl_...` names; what is no such name is no challenge of ours.
fn named(text: &str) -> Result<Uuid, Problem> {
    if text.is_empty() {
        return Err(Problem::validation("Field `challenge_id` is required"));
    }
    let bare = text.strip_prefix("chl_").unwrap_or(text);
    Uuid::try_parse(bare).map_err(|_| ServiceError::from(Refused::ChallengeUnknown).into())
}

fn answer(judged: &LivenessEvidence, asked: &[Gesture], policy: &Policy) -> Answer {
    Answer {
        check_id: format!("lvc_{}", judged.check_id.simple()),
        passed: liveness_passed(judged, policy),
        confidence: judged.passive.assessed().map(|pad| pad.score),
        spoof_detected: passive_pad_passed(&judged.passive, policy).map(|bona_fide| !bona_fide),
        checks_performed: performed(judged, asked),
        prompts: outcomes(judged),
    }
}

fn outcomes(judged: &LivenessEvidence) -> Vec<Outcome> {
    let answer = judged.active.assessed();
    let prompts = answer.map_or(&[][..], |answer| answer.prompts.as_slice());
    let told = prompts.iter().map(|prompt| Outcome {
        gesture: prompt.gesture,
        at_ms: prompt.at_ms,
        until_ms: prompt.until_ms,
        outcome: prompt.outcome,
    });
    told.collect()
}

/// What was really looked for: the gestures asked for, texture, and that the face stayed the selfie's.
fn performed(judged: &LivenessEvidence, asked: &[Gesture]) -> Vec<&'static str> {
    let mut checks = Vec::new();
    if judged.active.assessed().is_some() {
        for gesture in asked {
            let check = words::check(*gesture);
            if !checks.contains(&check) {
                checks.push(check);
            }
        }
    }
    if judged.passive.assessed().is_some() {
        checks.push("texture_analysis");
    }
    if judged.same_face.assessed().is_some() {
        checks.push("face_consistency");
    }
    checks
}
