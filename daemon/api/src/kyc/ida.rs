//! `/ida/...`: whether the person before the camera is one who was approved before. A session names the identity; its selfie is
//! compared with the enrolled one, its clip is judged as any other.

use axum::extract::{Request, State};
use axum::response::Response;
use axum::{Extension, Json};
use kiosk_session::{Outline, Session, SessionId, State as Stand};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::identity;
use super::refusals::{Names, Takes};
use super::sdk::{Done, SDK_METADATA, SETTINGS, named, noted};
use super::session::{Beginning, Begun, Told, asked, metadata, own, told, verified};
use super::wanted::{Counts, Wanted};
use super::who::Who;
use super::{bodies, document, published, words};
use crate::person;
use crate::service::{Caller, Purpose, ServiceError, Shot};
use crate::web::App;
use crate::web::problem::Problem;

/// What every operation tells of a session; null is what is not known.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthenticationFields)]
pub(super) struct Common {
    session_id: Uuid,
    /// Always null: credentials are partners', not people's.
    user_id: Option<String>,
    client_id: String,
    #[schema(value_type = published::SessionStatus)]
    status_e: &'static str,
    identity_id: Uuid,
    first_name: Option<String>,
    middle_name: Option<String>,
    last_name: Option<String>,
    suffix_name: Option<String>,
    liveness_detected: Option<bool>,
    #[schema(format = DateTime)]
    liveness_detected_at: Option<String>,
    selfie_given: bool,
    #[schema(format = DateTime)]
    selfie_given_at: Option<String>,
    /// Null where it is undecided or a person has to look.
    authenticated: Option<bool>,
}

/// A session that tells whether a person is an identity.
#[derive(Serialize, ToSchema)]
#[schema(as = Authentication)]
pub(super) struct Shown {
    #[serde(flatten)]
    common: Common,
    idv_weights_id: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    completed_at: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    webhook_url: Option<String>,
    #[schema(value_type = Option<Object>)]
    settings: Value,
}

/// The same with what happened to it.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthenticationWithHistory)]
pub(super) struct Read {
    #[serde(flatten)]
    session: Shown,
    history: Vec<Told>,
}

/// A page of them, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthenticationPage)]
pub(super) struct Listed {
    meta_counts: Counts,
    sessions: Vec<Shown>,
}

/// The same as its SDK needs it.
#[derive(Serialize, ToSchema)]
#[schema(as = SdkAuthentication)]
pub(super) struct ForSdk {
    #[serde(flatten)]
    common: Common,
    /// Always `local`.
    liveness_provider_e: &'static str,
    #[schema(value_type = Option<Object>)]
    sdk_metadata: Value,
}

/// `POST /ida/session/create`
#[utoipa::path(post, path = "/ida/session/create", tag = "Authentication", operation_id = "create_authentication", summary = "Begins a session that tells whether a person is an identity", request_body = bodies::AuthenticationBody, security(("oauth2" = ["management"])), responses((status = 200, description = "The session", body = Begun), Names))]
pub(super) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Begun>, Problem> {
    let fields = asked(&app, request).await?;
    let id = identity::named(&fields)?;
    let (request, mode, settings) = Beginning::read(&app, &caller, &fields)?.parts();
    let begun = app.service.authenticate(&caller, id, request).await;
    let session = begun.map_err(|error| match error {
        ServiceError::NotFound => Problem::NO_IDENTITY,
        other => other.into(),
    })?;
    Beginning::answered(mode, settings, (&app, &caller), &session).await
}

/// `POST /ida/session/read`
#[utoipa::path(post, path = "/ida/session/read", tag = "Authentication", operation_id = "read_authentication", summary = "Reads a session", request_body = bodies::OfSession, security(("oauth2" = ["management"])), responses((status = 200, description = "The session", body = Read), Names))]
pub(super) async fn read(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Read>, Problem> {
    let (_, id) = named(&app, request).await?;
    let session = who.session(&app, id).await?;
    let history = app.service.history(&who.caller, id).await?;
    Ok(Json(Read {
        session: shown(&app, &who.caller, &session).await?,
        history: told(&history),
    }))
}

/// `POST /ida/session/list`
#[utoipa::path(post, path = "/ida/session/list", tag = "Authentication", operation_id = "list_authentications", summary = "Lists sessions, newest first", request_body = bodies::ListBody, security(("oauth2" = ["management"])), responses((status = 200, description = "A page", body = Listed), Takes))]
pub(super) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Listed>, Problem> {
    let fields = asked(&app, request).await?;
    let wanted = Wanted::read(&fields, Purpose::Authentication)?;
    let (page, counts) = wanted.page(&app, &caller).await?;
    let mut sessions = Vec::with_capacity(page.len());
    for session in &page {
        sessions.push(shown(&app, &caller, session).await?);
    }
    Ok(Json(Listed {
        meta_counts: counts,
        sessions,
    }))
}

/// `POST /ida/document/download`: the selfie that was compared, as it is kept.
#[utoipa::path(post, path = "/ida/document/download", tag = "Authentication", operation_id = "download_authentication", summary = "The selfie that was compared, as it is kept", request_body = bodies::OfSession, security(("oauth2" = ["management"])), responses((status = 200, description = "The picture", content((published::Picture = "image/jpeg"), (published::Picture = "image/png"), (published::Picture = "image/webp"), (published::Picture = "image/bmp"), (published::Picture = "application/octet-stream"))), Names))]
pub(super) async fn download(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Response, Problem> {
    let (_, id) = named(&app, request).await?;
    let session = who.session(&app, id).await?;
    document::shot(&app, &who.caller, &session, Shot::Selfie).await
}

/// `POST /ida/sdk/session/read`
#[utoipa::path(post, path = "/ida/sdk/session/read", tag = "SDK", operation_id = "read_authentication_by_sdk", summary = "A session as its SDK needs it", request_body = bodies::OfSession, security(("oauth2" = ["sdk"], "client" = [])), responses((status = 200, description = "The session", body = ForSdk), Names))]
pub(super) async fn sdk_read(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<ForSdk>, Problem> {
    let (_, id) = named(&app, request).await?;
    let session = who.session(&app, id).await?;
    Ok(Json(ForSdk {
        common: shown(&app, &who.caller, &session).await?.common,
        liveness_provider_e: "local",
        sdk_metadata: noted(&session.state, SDK_METADATA),
    }))
}

/// `POST /ida/sdk/finalize`
#[utoipa::path(post, path = "/ida/sdk/finalize", tag = "SDK", operation_id = "finalize_authentication", summary = "Decides", request_body = bodies::OfSession, security(("oauth2" = ["sdk"], "client" = [])), responses((status = 200, description = "It was decided", body = Done), Names))]
pub(super) async fn finalize(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let (_, id) = named(&app, request).await?;
    who.session(&app, id).await?;
    app.service.submit(&who.caller, id).await?;
    Ok(Done::OK)
}

/// A session's published fields but its history; null is what is not known.
async fn shown(app: &App, caller: &Caller, session: &Session) -> Result<Shown, Problem> {
    let state = &session.state;
    let case = state.case().ok_or(Problem::INTERNAL)?;
    let identity = case.opening.identity.ok_or(Problem::INTERNAL)?;
    let outline = Outline::of(state, app.service.policy());
    let decision = outline.decision.as_ref();
    // A session that lost its person does not tell who they were.
    let enrolled = match state {
        Stand::Anonymised { .. } => None,
        _ => enrolled(app, caller, identity).await?,
    };
    let read = enrolled.as_ref().and_then(Stand::document);
    let read = read.and_then(|document| document.fields.as_ref());
    let details = read.map(|fields| &fields.details);
    Ok(Shown {
        common: Common {
            session_id: session.id.0,
            user_id: None,
            client_id: case.opening.credential.clone(),
            status_e: words::status(state),
            identity_id: identity.0,
            first_name: details
                .and_then(|details| own(&details.first_name))
                .or_else(|| read.and_then(person::given_names)),
            middle_name: details.and_then(|details| own(&details.middle_name)),
            last_name: read.and_then(person::family_names),
            suffix_name: details.and_then(|details| own(&details.name_suffix)),
            liveness_detected: outline.liveness_passed,
            liveness_detected_at: outline.liveness_at.map(words::moment),
            selfie_given: outline.selfie_at.is_some(),
            selfie_given_at: outline.selfie_at.map(words::moment),
            authenticated: verified(state),
        },
        idv_weights_id: decision.map(|made| made.weights_id().to_owned()),
        created_at: words::moment(case.created_at),
        completed_at: decision.map(|_| words::moment(case.changed_at)),
        metadata: metadata(state),
        webhook_url: own(&case.opening.webhook_url),
        settings: noted(state, SETTINGS),
    })
}

/// The session that the person was approved by; `None` where it is gone.
async fn enrolled(app: &App, caller: &Caller, id: SessionId) -> Result<Option<Stand>, Problem> {
    match app.service.session(caller, id).await {
        Ok(session) => Ok(Some(session.state)),
        Err(ServiceError::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
