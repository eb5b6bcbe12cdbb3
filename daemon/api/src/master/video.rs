//! `/api/videos` and `/api/challenges`: a picture of the person, what they are asked to do, and the film of it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::{Extension, Json};
use kiosk_session::{Challenge, Gesture, Refused, Session, SessionId};
use serde::Serialize;
use uuid::Uuid;

use super::access::Access;
use super::applicant::{id_of, named};
use super::document::asked;
use super::{Desk, otp};
use crate::onboarder::words::{self, moment};
use crate::service::{Caller, ClipUpload, PICTURE_INTERVAL_MS, ServiceError};
use crate::web::App;
use crate::web::problem::Problem;
use crate::web::upload::{self, Form, Shape};

/// What there is of a person's face.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Video {
    applicant_id: Uuid,
    /// The picture that the document's portrait and the film are compared with; null before one is there.
    selfie: Option<Selfie>,
    /// Null before one is there.
    video: Option<Film>,
}

/// A picture of the person.
#[derive(Serialize, utoipa::ToSchema)]
struct Selfie {
    id: Uuid,
    created_at: String,
    /// Faces that were found in it.
    faces: u32,
}

/// A film that was judged.
#[derive(Serialize, utoipa::ToSchema)]
struct Film {
    id: Uuid,
    created_at: String,
    frames: u32,
    /// Whether it answers a challenge.
    challenged: bool,
}

/// The videos of an applicant: none, or what stands.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Videos {
    videos: Vec<Video>,
}

/// What the person is asked to do.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Challenge)]
pub(super) struct Asked {
    id: Uuid,
    applicant_id: Uuid,
    /// As one sentence.
    instructions: String,
    steps: Vec<Step>,
    /// How far apart pictures are taken to be where a film is no video, ms.
    picture_interval_ms: u32,
    expires_at: String,
}

/// One gesture. Its moments are null where the order alone counts.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ChallengeStep)]
struct Step {
    #[schema(value_type = String)]
    gesture: Gesture,
    instruction: &'static str,
    /// When it is to be shown, ms from the film's first frame.
    at_ms: Option<u32>,
    /// When it has to have begun.
    until_ms: Option<u32>,
}

/// `POST /api/videos`: a selfie, a film, or a selfie and then a film.
#[utoipa::path(post, path = "/api/videos", operation_id = "add_video", summary = "Takes a selfie, judges a film", request_body(content = super::openapi::VideoForm, content_type = "multipart/form-data"), responses((status = 201, description = "What stands", body = Video)))]
pub(super) async fn add(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    Extension(desk): Extension<Arc<Desk>>,
    request: Request,
) -> Result<(StatusCode, Json<Video>), Problem> {
    let limits = &app.settings.limits;
    let shape = Shape {
        texts: &["applicant_id", "challenge_id"],
        files: &["selfie", "video"],
        file_bytes: limits.clip_bytes,
        most_files: limits.clip_files + 1,
    };
    let form = upload::read(&app, request, &shape).await?;
    let id = id_of(form.text("applicant_id")?)?;
    let caller = access.to(id)?;
    let before = app.service.session(caller, id).await?;
    otp::proved(&desk, &before.state)?;
    let session = kept(&app, caller, id, &form).await?;
    Ok((StatusCode::CREATED, Json(shown(&session))))
}

async fn kept(app: &App, caller: &Caller, id: SessionId, form: &Form) -> Result<Session, Problem> {
    let selfie = form.file_if_any("selfie")?;
    let film = form.files_named("video");
    let challenge_id = form
        .text_if_any("challenge_id")
        .filter(|text| !text.is_empty());
    let challenge_id = challenge_id.map(|text| {
        let unknown = |_| Problem::from(ServiceError::from(Refused::ChallengeUnknown));
        Uuid::try_parse(text).map_err(unknown)
    });
    let challenge_id = challenge_id.transpose()?;
    if selfie
        .as_ref()
        .is_some_and(|selfie| selfie.len() > app.settings.limits.picture_bytes)
    {
        return Err(Problem::TOO_LARGE);
    }
    let mut standing = None;
    if let Some(selfie) = selfie {
        standing = Some(app.service.add_selfie(caller, id, selfie).await?);
    }
    if !film.is_empty() {
        let clip = ClipUpload {
            challenge_id,
            files: film,
        };
        standing = Some(app.service.add_clip(caller, id, clip).await?);
    }
    standing.ok_or_else(|| {
        Problem::validation("File `selfie` or `video` is required: a picture, a film, or both")
    })
}

/// `GET /api/videos?applicant_id=...`
#[utoipa::path(get, path = "/api/videos", operation_id = "list_videos", summary = "What stands of the person's face", params(("applicant_id" = Uuid, Query, description = "The applicant")), responses((status = 200, description = "None or one", body = Videos)))]
pub(super) async fn list(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    uri: Uri,
) -> Result<Json<Videos>, Problem> {
    let id = asked(&uri)?;
    let session = app.service.session(access.to(id)?, id).await?;
    let has_any = session.state.selfie().is_some();
    let videos = has_any.then(|| shown(&session)).into_iter().collect();
    Ok(Json(Videos { videos }))
}

/// `POST /api/challenges` (ours: the document's SDK knows of gestures by itself)
#[utoipa::path(post, path = "/api/challenges", operation_id = "draw_challenge", summary = "Draws what the person is asked to do", request_body = super::openapi::OfApplicant, responses((status = 201, description = "The challenge", body = Asked)))]
pub(super) async fn challenge(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    request: Request,
) -> Result<(StatusCode, Json<Asked>), Problem> {
    let (_, id) = named(&app, request).await?;
    let drawn = app.service.draw_challenge(access.to(id)?, id).await?;
    let asked = Asked {
        id: drawn.challenge_id,
        applicant_id: id.0,
        instructions: words::instructions(&drawn),
        steps: steps(&drawn),
        picture_interval_ms: PICTURE_INTERVAL_MS,
        expires_at: moment(drawn.expires_at),
    };
    Ok((StatusCode::CREATED, Json(asked)))
}

fn steps(drawn: &Challenge) -> Vec<Step> {
    let schedule = drawn.schedule.as_ref();
    let one = |(place, gesture): (usize, &Gesture)| {
        let moment = schedule.and_then(|schedule| schedule.moments.get(place));
        let within = schedule.map_or(0, |schedule| schedule.answer_within_ms);
        Step {
            gesture: *gesture,
            instruction: words::instruction(*gesture),
            at_ms: moment.map(|moment| moment.at_ms),
            until_ms: moment.map(|moment| moment.at_ms + within),
        }
    };
    drawn.gestures.iter().enumerate().map(one).collect()
}

fn shown(session: &Session) -> Video {
    let state = &session.state;
    Video {
        applicant_id: session.id.0,
        selfie: state.selfie().map(|taken| Selfie {
            id: taken.verification_id,
            created_at: moment(taken.taken_at),
            faces: taken.faces,
        }),
        video: state.liveness().map(|judged| Film {
            id: judged.check_id,
            created_at: moment(judged.assessed_at),
            frames: judged.frames,
            challenged: judged.active.assessed().is_some(),
        }),
    }
}
