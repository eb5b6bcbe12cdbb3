//! `/ida/...`: whether the person before the camera is one who was approved before. A session names the identity; its selfie is
//! compared with the enrolled one, its clip is judged as any other.

use axum::extract::{Request, State};
use axum::response::Response;
use axum::{Extension, Json};
use kiosk_session::{Outline, Session, SessionId, State as Stand};
use serde_json::{Map, Value, json};

use super::identity;
use super::sdk::{SDK_METADATA, SETTINGS, named, noted};
use super::session::{Beginning, asked, metadata, own, told, verified};
use super::wanted::Wanted;
use super::who::Who;
use super::{document, words};
use crate::person;
use crate::service::{Caller, Purpose, ServiceError, Shot};
use crate::web::App;
use crate::web::problem::Problem;

/// `POST /ida/session/create`
pub(super) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
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
pub(super) async fn read(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let (_, id) = named(&app, request).await?;
    let session = who.session(&app, id).await?;
    let history = app.service.history(&who.caller, id).await?;
    let mut shown = shown(&app, &who.caller, &session).await?;
    shown.insert("history".to_owned(), told(&history));
    Ok(Json(Value::Object(shown)))
}

/// `POST /ida/session/list`
pub(super) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let fields = asked(&app, request).await?;
    let wanted = Wanted::read(&fields, Purpose::Authentication)?;
    let (page, counts) = wanted.page(&app, &caller).await?;
    let mut sessions = Vec::with_capacity(page.len());
    for session in &page {
        sessions.push(Value::Object(shown(&app, &caller, session).await?));
    }
    Ok(Json(json!({"meta_counts": counts, "sessions": sessions})))
}

/// `POST /ida/document/download`: the selfie that was compared, as it is kept.
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
pub(super) async fn sdk_read(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let (_, id) = named(&app, request).await?;
    let session = who.session(&app, id).await?;
    let mut shown = shown(&app, &who.caller, &session).await?;
    for name in [
        "idv_weights_id",
        "created_at",
        "completed_at",
        "metadata",
        "webhook_url",
        "settings",
    ] {
        shown.remove(name);
    }
    shown.insert("liveness_provider_e".to_owned(), json!("local"));
    let own = noted(&session.state, SDK_METADATA);
    shown.insert(SDK_METADATA.to_owned(), own);
    Ok(Json(Value::Object(shown)))
}

/// `POST /ida/sdk/finalize`
pub(super) async fn finalize(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let (_, id) = named(&app, request).await?;
    who.session(&app, id).await?;
    app.service.submit(&who.caller, id).await?;
    Ok(Json(json!({})))
}

/// A session's published fields but its history; null is what is not known.
async fn shown(
    app: &App,
    caller: &Caller,
    session: &Session,
) -> Result<Map<String, Value>, Problem> {
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
    let shown = json!({
        "session_id": session.id.0,
        "user_id": null,
        "client_id": case.opening.credential,
        "idv_weights_id": decision.map(|made| made.weights_id()),
        "status_e": words::status(state),
        "created_at": words::moment(case.created_at),
        "completed_at": decision.map(|_| words::moment(case.changed_at)),
        "identity_id": identity.0,
        "first_name": details.and_then(|details| own(&details.first_name))
            .or_else(|| read.and_then(person::given_names)),
        "middle_name": details.and_then(|details| own(&details.middle_name)),
        "last_name": read.and_then(person::family_names),
        "suffix_name": details.and_then(|details| own(&details.name_suffix)),
        "liveness_detected": outline.liveness_passed,
        "liveness_detected_at": outline.liveness_at.map(words::moment),
        "selfie_given": outline.selfie_at.is_some(),
        "selfie_given_at": outline.selfie_at.map(words::moment),
        "authenticated": verified(state),
        "metadata": metadata(state),
        "webhook_url": own(&case.opening.webhook_url),
        "settings": noted(state, SETTINGS),
    });
    match shown {
        Value::Object(shown) => Ok(shown),
        _ => Err(Problem::INTERNAL),
    }
}

/// The session that the person was approved by; `None` where it is gone.
async fn enrolled(app: &App, caller: &Caller, id: SessionId) -> Result<Option<Stand>, Problem> {
    match app.service.session(caller, id).await {
        Ok(session) => Ok(Some(session.state)),
        Err(ServiceError::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
