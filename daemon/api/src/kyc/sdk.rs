//! `/idv/sdk/...`: what the partner's SDK does with the person before it.

// long file: each operation with the types of its answer beside it, as the document is made of them

use axum::extract::{Request, State};
use axum::{Extension, Json};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use kiosk_session::{
    Challenge, Consent, ConsentSource, Gesture, Note, Outline, Redacted, Refused, Session,
    SessionId, State as Stand,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::refusals::Names;
use super::who::Who;
use super::{bodies, published, words};
use crate::service::{
    Caller, ClipUpload, DocumentUpload, PICTURE_INTERVAL_MS, Purpose, ServiceError,
};
use crate::web::fields::{self, Fields};
use crate::web::problem::Problem;
use crate::web::upload::{self, Shape};
use crate::web::{App, json as body};

/// Note of what the SDK says of itself.
pub(super) const SDK_METADATA: &str = "sdk_metadata";
/// Note of the document's type as the person chose it.
const DOCUMENT_TYPE: &str = "document_type";
/// Note of whether a session asks for gestures.
pub(super) const LIVENESS_MODE: &str = "liveness_mode";
/// Note of a session's settings.
pub(super) const SETTINGS: &str = "settings";
/// Version of the text that a person agreed to where the SDK shows its own.
const SDK_TEXT: &str = "sdk";

/// A JSON body's fields and the session that they name.
pub(super) async fn named(app: &App, request: Request) -> Result<(Fields, SessionId), Problem> {
    let limits = &app.settings.limits;
    let fields = body::object(request, limits.json_bytes, limits.body_time).await?;
    let id = fields::session(&fields)?;
    Ok((fields, id))
}

/// That it was done: an object without fields.
#[derive(Serialize, ToSchema)]
pub(super) struct Done {}

impl Done {
    pub(super) const OK: Json<Self> = Json(Self {});
}

/// `POST /idv/sdk/metadata/update` and `POST /ida/sdk/metadata/update`
#[utoipa::path(post, path = "/idv/sdk/metadata/update", tag = "SDK", operation_id = "update_metadata", summary = "What the SDK says of itself", request_body = bodies::SdkMetadata, security(("oauth2" = ["sdk"], "client" = [])), responses((status = 200, description = "It was kept", body = Done), Names))]
pub(super) async fn metadata(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let (fields, id) = named(&app, request).await?;
    let text = fields::object(&fields, SDK_METADATA)?;
    let text = text.ok_or_else(|| fields::missing(SDK_METADATA))?;
    who.session(&app, id).await?;
    put(&app, &who.caller, id, SDK_METADATA, text).await?;
    Ok(Done::OK)
}

/// A session as its SDK needs it.
#[derive(Serialize, ToSchema)]
#[schema(as = SdkSession)]
pub(super) struct Shown {
    session_id: Uuid,
    client_id: String,
    /// As it was chosen.
    #[schema(value_type = published::DocumentType)]
    document_type_e: String,
    consented: bool,
    document_front_given: bool,
    document_back_given: bool,
    /// Null before it was judged, or where it could not be.
    liveness_detected: Option<bool>,
    selfie_given: bool,
    /// Always `local`.
    liveness_provider_e: &'static str,
    #[schema(value_type = Option<Object>)]
    sdk_metadata: Value,
    #[schema(value_type = Option<Object>)]
    settings: Value,
}

/// `POST /idv/sdk/session/read`
#[utoipa::path(post, path = "/idv/sdk/session/read", tag = "SDK", operation_id = "read_session_by_sdk", summary = "A session as its SDK needs it", request_body = bodies::OfSession, security(("oauth2" = ["sdk"], "client" = [])), responses((status = 200, description = "The session", body = Shown), Names))]
pub(super) async fn read(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Shown>, Problem> {
    let (_, id) = named(&app, request).await?;
    let session = who.session(&app, id).await?;
    let state = &session.state;
    let case = state.case().ok_or(Problem::INTERNAL)?;
    let document = state.document();
    Ok(Json(Shown {
        session_id: session.id.0,
        client_id: case.opening.credential.clone(),
        document_type_e: chosen(state).to_owned(),
        consented: case.consented_at.is_some(),
        document_front_given: document.is_some(),
        document_back_given: document.is_some_and(|read| read.pictures.len() > 1),
        liveness_detected: Outline::of(state, app.service.policy()).liveness_passed,
        selfie_given: state.selfie().is_some(),
        liveness_provider_e: "local",
        sdk_metadata: noted(state, SDK_METADATA),
        settings: noted(state, SETTINGS),
    }))
}

/// `POST /idv/sdk/consent/add`. Without it nothing is captured; it is not taken back by `false`.
#[utoipa::path(post, path = "/idv/sdk/consent/add", tag = "SDK", operation_id = "add_consent", summary = "The person consents: without it nothing is captured", request_body = bodies::ConsentGiven, security(("oauth2" = ["sdk"], "client" = [])), responses((status = 200, description = "It was kept", body = Done), Names))]
pub(super) async fn consent(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let (fields, id) = named(&app, request).await?;
    if !fields::truth(&fields, "consented")? {
        return Err(Problem::validation(
            "Field `consented` has to be true: without consent nothing is captured",
        ));
    }
    let consent = Consent {
        source: ConsentSource::Person,
        text_version: SDK_TEXT.to_owned(),
    };
    // The document has no such step for an authentication: this one is for both.
    who.either(&app, id).await?;
    app.service.consent(&who.caller, id, consent).await?;
    Ok(Done::OK)
}

/// `POST /idv/sdk/document-type/update`
#[utoipa::path(post, path = "/idv/sdk/document-type/update", tag = "SDK", operation_id = "choose_document_type", summary = "The type that the person chose", request_body = bodies::DocumentChosen, security(("oauth2" = ["sdk"], "client" = [])), responses((status = 200, description = "It was kept", body = Done), Names))]
pub(super) async fn document_type(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let (fields, id) = named(&app, request).await?;
    let word = fields::required(&fields, "document_type_e", 64)?;
    words::kind(&word)?;
    who.session(&app, id).await?;
    put(&app, &who.caller, id, DOCUMENT_TYPE, Redacted::new(word)).await?;
    Ok(Done::OK)
}

/// `POST /idv/sdk/document/front/add`
#[utoipa::path(post, path = "/idv/sdk/document/front/add", tag = "SDK", operation_id = "add_front", summary = "The document's front, or its page", request_body(content = bodies::SideForm, content_type = "multipart/form-data"), security(("oauth2" = ["sdk"], "client" = [])), responses((status = 200, description = "It was read", body = Done), Names))]
pub(super) async fn front(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let side = side(&app, request).await?;
    let before = who.session(&app, side.id).await?;
    let upload = DocumentUpload {
        front: side.image,
        back: None,
        kind: words::kind(chosen(&before.state))?,
        country: None,
    };
    app.service
        .add_document(&who.caller, side.id, upload)
        .await?;
    let place = "location.front_doc_image_capture";
    put(&app, &who.caller, side.id, place, side.location).await?;
    Ok(Done::OK)
}

/// `POST /idv/sdk/document/back/add`
#[utoipa::path(post, path = "/idv/sdk/document/back/add", tag = "SDK", operation_id = "add_back", summary = "The document's back; both sides are read together", request_body(content = bodies::SideForm, content_type = "multipart/form-data"), security(("oauth2" = ["sdk"], "client" = [])), responses((status = 200, description = "Both were read", body = Done), Names))]
pub(super) async fn back(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let side = side(&app, request).await?;
    who.session(&app, side.id).await?;
    app.service
        .add_back(&who.caller, side.id, side.image)
        .await?;
    let place = "location.back_doc_image_capture";
    put(&app, &who.caller, side.id, place, side.location).await?;
    Ok(Done::OK)
}

/// What is asked of the person.
#[derive(Serialize, ToSchema)]
#[schema(as = LivenessAsked)]
pub(super) struct Generated {
    /// The challenge's name, or the session's where nothing is asked for.
    token: Uuid,
    /// Ours: null where nothing is asked for, or no selfie is there yet.
    challenge: Option<Asked>,
}

/// A challenge (ours).
#[derive(Serialize, ToSchema)]
#[schema(as = Challenge)]
struct Asked {
    #[schema(value_type = Vec<String>)]
    gestures: Vec<Gesture>,
    /// When each is to be shown; null where their order alone counts.
    moments: Option<Vec<Moment>>,
    /// How far apart pictures are taken to be where a clip is no video.
    picture_interval_ms: u32,
    #[schema(format = DateTime)]
    expires_at: String,
}

/// When a gesture is shown, in ms from the clip's first frame, and when it has to have begun.
#[derive(Serialize, ToSchema)]
#[schema(as = ChallengeMoment)]
struct Moment {
    at_ms: u32,
    until_ms: u32,
}

/// `POST /idv/sdk/liveness/generate` and `POST /ida/sdk/liveness/generate`: a challenge, where the session asks for gestures and has a selfie to judge them against.
/// `challenge` beside the token is ours, since the document's SDK has a provider of its own to ask.
#[utoipa::path(post, path = "/idv/sdk/liveness/generate", tag = "SDK", operation_id = "generate_liveness", summary = "Draws what the person is asked to do", request_body = bodies::AtPlace, security(("oauth2" = ["sdk"], "client" = [])), responses((status = 200, description = "What is asked", body = Generated), Names))]
pub(super) async fn generate(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Generated>, Problem> {
    let (fields, id) = named(&app, request).await?;
    position(&fields)?;
    let session = who.session(&app, id).await?;
    ready(&session.state)?;
    if is_passive(&session.state) || session.state.selfie().is_none() {
        return Ok(Json(Generated {
            token: id.0,
            challenge: None,
        }));
    }
    let drawn = app.service.draw_challenge(&who.caller, id).await?;
    Ok(Json(Generated {
        token: drawn.challenge_id,
        challenge: Some(asked(&drawn)),
    }))
}

/// Liveness begins once there is a face to compare the person with.
fn ready(state: &Stand) -> Result<(), ServiceError> {
    match state {
        Stand::Created { .. } => Err(Refused::ConsentMissing.into()),
        Stand::Expired { .. } => Err(Refused::Expired.into()),
        closed if closed.is_closed() => Err(Refused::Closed.into()),
        open if open.document().is_none() && Purpose::of(open) == Purpose::Verification => {
            Err(Refused::DocumentMissing.into())
        }
        _ => Ok(()),
    }
}

fn asked(drawn: &Challenge) -> Asked {
    let moments = drawn.schedule.as_ref().map(|schedule| {
        let moments = schedule.moments.iter().map(|moment| Moment {
            at_ms: moment.at_ms,
            until_ms: moment.at_ms + schedule.answer_within_ms,
        });
        moments.collect()
    });
    Asked {
        gestures: drawn.gestures.clone(),
        moments,
        picture_interval_ms: PICTURE_INTERVAL_MS,
        expires_at: words::moment(drawn.expires_at),
    }
}

/// Something that was taken.
#[derive(Serialize, ToSchema)]
#[schema(as = LivenessTaken)]
pub(super) struct Processed {
    /// The selfie's name, or the judgement's.
    token: Option<Uuid>,
}

/// `POST /idv/sdk/liveness/process` and `POST /ida/sdk/liveness/process`: pictures in their order as base64. The first of a session's first call is the selfie; where
/// gestures are asked for that is all, and the next call brings the clip.
#[utoipa::path(post, path = "/idv/sdk/liveness/process", tag = "SDK", operation_id = "process_liveness", summary = "The selfie, then the clip", request_body = bodies::Pictures, security(("oauth2" = ["sdk"], "client" = [])), responses((status = 200, description = "It was taken", body = Processed), Names))]
pub(super) async fn process(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Processed>, Problem> {
    let limits = &app.settings.limits;
    let most = limits.clip_bytes / 3 * 4 + limits.json_bytes;
    let _place = upload::place(&app, limits.body_time).await?;
    let fields = body::object(request, most, limits.body_time).await?;
    let id = fields::session(&fields)?;
    let location = position(&fields)?;
    let files = images(&fields, limits.clip_files)?;
    let before = who.session(&app, id).await?;
    ready(&before.state)?;
    let token = if before.state.selfie().is_none() {
        let first = files.first().cloned().ok_or(Problem::INTERNAL)?;
        let taken = app.service.add_selfie(&who.caller, id, first).await?;
        taken.state.selfie().map(|taken| taken.verification_id)
    } else {
        None
    };
    let token = if token.is_some() && !is_passive(&before.state) {
        token
    } else {
        let clip = ClipUpload {
            challenge_id: before.state.challenge().map(|asked| asked.challenge_id),
            files,
        };
        let judged = app.service.add_clip(&who.caller, id, clip).await?;
        judged.state.liveness().map(|judged| judged.check_id)
    };
    put(
        &app,
        &who.caller,
        id,
        "location.selfie_image_capture",
        location,
    )
    .await?;
    Ok(Json(Processed { token }))
}

fn images(fields: &Fields, most: usize) -> Result<Vec<Bytes>, Problem> {
    let wrong = || {
        Problem::validation(format!(
            "Field `images` has to be a list of 1 to {most} pictures in base64"
        ))
    };
    let list = fields.get("images").and_then(Value::as_array);
    let list = list.filter(|list| (1..=most).contains(&list.len()));
    let decoded = list.ok_or_else(wrong)?.iter().map(|image| {
        let text = image.as_str()?;
        // A data URL, as a browser's canvas gives it, is taken too.
        let bare = text.split_once(";base64,").map_or(text, |(_, bare)| bare);
        BASE64_STANDARD.decode(bare.trim()).ok().map(Bytes::from)
    });
    decoded.collect::<Option<Vec<_>>>().ok_or_else(wrong)
}

/// What was decided.
#[derive(Serialize, ToSchema)]
pub(super) struct Finalized {
    /// Null where a person has to look.
    verified: Option<bool>,
    /// Null where no list was consulted.
    on_sanction_list: Option<bool>,
}

/// `POST /idv/sdk/finalize`
#[utoipa::path(post, path = "/idv/sdk/finalize", tag = "SDK", operation_id = "finalize", summary = "Decides", request_body = bodies::Finalizing, security(("oauth2" = ["sdk"], "client" = [])), responses((status = 200, description = "What was decided", body = Finalized), Names))]
pub(super) async fn finalize(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Finalized>, Problem> {
    let (fields, id) = named(&app, request).await?;
    who.session(&app, id).await?;
    if let Some(settings) = fields::object(&fields, SETTINGS)? {
        put(&app, &who.caller, id, SETTINGS, settings).await?;
    }
    let session = app.service.submit(&who.caller, id).await?;
    let clear = session
        .state
        .decision()
        .and_then(|made| made.checks.sanctions_clear);
    Ok(Json(Finalized {
        verified: super::session::verified(&session.state),
        on_sanction_list: clear.map(|clear| !clear),
    }))
}

/// A side of the document with where it was taken.
struct Side {
    id: SessionId,
    image: Bytes,
    location: Redacted<String>,
    _held: upload::Form,
}

async fn side(app: &App, request: Request) -> Result<Side, Problem> {
    let shape = Shape {
        texts: &["session_id", "latitude", "longitude"],
        files: &["image"],
        file_bytes: app.settings.limits.picture_bytes,
        most_files: 1,
    };
    let form = upload::read(app, request, &shape).await?;
    let id = Uuid::try_parse(form.text("session_id")?).map_err(|_| Problem::NO_SESSION)?;
    let degrees = |name| form.text(name).map(str::parse::<f64>);
    let location = at(degrees("latitude")?.ok(), degrees("longitude")?.ok())?;
    Ok(Side {
        id: SessionId(id),
        image: form.file("image")?,
        location,
        _held: form,
    })
}

fn position(fields: &Fields) -> Result<Redacted<String>, Problem> {
    let degrees = |name| fields.get(name).and_then(Value::as_f64);
    at(degrees("latitude"), degrees("longitude"))
}

fn at(latitude: Option<f64>, longitude: Option<f64>) -> Result<Redacted<String>, Problem> {
    let within = |degrees: Option<f64>, most: f64| degrees.filter(|d| d.abs() <= most);
    match (within(latitude, 90.0), within(longitude, 180.0)) {
        (Some(latitude), Some(longitude)) => Ok(Redacted::new(format!("{latitude},{longitude}"))),
        _ => Err(Problem::validation(
            "Fields `latitude` and `longitude` have to be degrees, -90 to 90 and -180 to 180",
        )),
    }
}

/// The type that the person chose, or `unknown`.
fn chosen(state: &Stand) -> &str {
    let note = state.case().and_then(|case| case.notes.get(DOCUMENT_TYPE));
    note.map_or("unknown", |text| text.reveal().as_str())
}

fn is_passive(state: &Stand) -> bool {
    let note = state.case().and_then(|case| case.notes.get(LIVENESS_MODE));
    note.is_some_and(|mode| mode.reveal() == "passive")
}

/// A note that is JSON; null where there is none.
pub(super) fn noted(state: &Stand, name: &str) -> Value {
    let note = state.case().and_then(|case| case.notes.get(name));
    note.and_then(|text| serde_json::from_str(text.reveal()).ok())
        .unwrap_or(Value::Null)
}

/// Puts a note down.
pub(super) async fn put(
    app: &App,
    caller: &Caller,
    id: SessionId,
    name: &str,
    text: Redacted<String>,
) -> Result<Session, Problem> {
    let note = Note {
        name: name.to_owned(),
        text,
    };
    Ok(app.service.note(caller, id, note).await?)
}
