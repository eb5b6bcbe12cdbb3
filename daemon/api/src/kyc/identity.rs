//! `/identity/...`: people whose session was approved. An identity is its session, seen from the person's side: it has the session's
//! name, and goes with it.

use axum::extract::{Request, State};
use axum::response::Response;
use axum::{Extension, Json};
use kiosk_session::{Outline, Policy, Redacted, Session, SessionId, Status};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::refusals::{Names, Takes};
use super::sdk::Done;
use super::session::{asked, score};
use super::wanted::{Counts, Wanted};
use super::{bodies, document, published, words};
use crate::auth::Permission;
use crate::person;
use crate::service::{Caller, Purpose, ServiceError};
use crate::web::App;
use crate::web::fields::{self, Fields};
use crate::web::problem::Problem;

/// Most identities that are read at once.
const MOST_AT_ONCE: usize = 100;

/// The identity of that name; what is no approved session is none.
async fn found(app: &App, caller: &Caller, id: SessionId) -> Result<Session, Problem> {
    let session = app.service.session(caller, id).await;
    let session = session.map_err(|error| match error {
        ServiceError::NotFound => Problem::NO_IDENTITY,
        other => other.into(),
    })?;
    let approved = session.state.decision().map(|made| made.status) == Some(Status::Approved);
    match Purpose::of(&session.state) {
        Purpose::Verification if approved => Ok(session),
        _ => Err(Problem::NO_IDENTITY),
    }
}

/// The identity that a body names.
pub(super) fn named(fields: &Fields) -> Result<SessionId, Problem> {
    identity(&fields::required(fields, "identity_id", 64)?)
}

fn identity(text: &str) -> Result<SessionId, Problem> {
    let id = Uuid::try_parse(text).map_err(|_| Problem::NO_IDENTITY)?;
    Ok(SessionId(id))
}

/// A person who was approved; null is what is not known.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Identity)]
pub(super) struct Shown {
    identity_id: Uuid,
    #[schema(format = DateTime)]
    created_at: String,
    first_name: Option<String>,
    middle_name: Option<String>,
    last_name: Option<String>,
    suffix_name: Option<String>,
    #[schema(format = Date)]
    birth_date: Option<String>,
    #[schema(value_type = published::Gender)]
    gender_e: &'static str,
    street: Option<String>,
    city: Option<String>,
    state: Option<String>,
    postal_code: Option<String>,
    document_front_given: bool,
    #[schema(format = DateTime)]
    document_front_given_at: Option<String>,
    /// Always true.
    verified: bool,
    #[schema(format = DateTime)]
    verified_at: String,
    liveness_detected: Option<bool>,
    #[schema(format = DateTime)]
    liveness_detected_at: Option<String>,
    #[schema(value_type = published::ListStatus)]
    ofac_status_e: &'static str,
    #[schema(format = DateTime)]
    ofac_detected_at: Option<String>,
    /// Always `unknown`: no registry of licences is asked.
    dmv_status_e: &'static str,
    /// Always null.
    dmv_detected_at: Option<String>,
    #[schema(minimum = 0, maximum = 1)]
    score: Option<f64>,
}

/// A page of identities, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = IdentityPage)]
pub(super) struct Listed {
    meta_counts: Counts,
    identities: Vec<Shown>,
}

/// One identity, its fields beside the list of it; or several.
#[derive(Serialize, ToSchema)]
#[schema(as = Identities)]
#[serde(untagged)]
pub(super) enum Read {
    One {
        #[serde(flatten)]
        fields: Box<Shown>,
        #[schema(min_items = 1, max_items = 1)]
        identities: Vec<Shown>,
    },
    Several {
        #[schema(min_items = 2)]
        identities: Vec<Shown>,
    },
}

/// That there is such an identity.
#[derive(Serialize, ToSchema)]
#[schema(as = IdentityStatus)]
pub(super) struct Standing {
    /// Always true.
    verified: bool,
}

/// `POST /identity/list`
#[utoipa::path(post, path = "/identity/list", tag = "Identities", operation_id = "list_identities", summary = "Lists who was approved, newest first", request_body = bodies::ListBody, security(("oauth2" = ["management"])), responses((status = 200, description = "A page", body = Listed), Takes))]
pub(super) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Listed>, Problem> {
    let fields = asked(&app, request).await?;
    let wanted = Wanted::identities(&fields)?;
    let (page, counts) = wanted.page(&app, &caller).await?;
    let shown = page.iter().map(|of| shown(of, app.service.policy()));
    Ok(Json(Listed {
        meta_counts: counts,
        identities: shown.collect::<Result<_, _>>()?,
    }))
}

/// `POST /identity/read`: one by `identity_id`, its fields beside the list of it; or several by `identity_ids`.
#[utoipa::path(post, path = "/identity/read", tag = "Identities", operation_id = "read_identities", summary = "Reads identities", request_body = bodies::IdentitiesWanted, security(("oauth2" = ["management"])), responses((status = 200, description = "The identities", body = Read), Names))]
pub(super) async fn read(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Read>, Problem> {
    let fields = asked(&app, request).await?;
    let ids = wanted(&fields)?;
    let mut identities = Vec::with_capacity(ids.len());
    for id in &ids {
        let session = found(&app, &caller, *id).await?;
        identities.push(shown(&session, app.service.policy())?);
    }
    Ok(Json(match identities.as_slice() {
        [one] => Read::One {
            fields: Box::new(one.clone()),
            identities,
        },
        _ => Read::Several { identities },
    }))
}

/// The identities that a body names: a text or a list of texts, under either name.
fn wanted(fields: &Fields) -> Result<Vec<SessionId>, Problem> {
    let mut ids = Vec::new();
    for name in ["identity_id", "identity_ids"] {
        match fields.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => ids.push(identity(text)?),
            Some(Value::Array(texts)) => {
                for text in texts {
                    ids.push(identity(text.as_str().unwrap_or_default())?);
                }
            }
            Some(_) => {
                return Err(Problem::validation(format!(
                    "Field `{name}` has to be a text or a list of texts"
                )));
            }
        }
    }
    if (1..=MOST_AT_ONCE).contains(&ids.len()) {
        Ok(ids)
    } else {
        Err(Problem::validation(format!(
            "Field `identity_id` or `identity_ids` has to name 1 to {MOST_AT_ONCE} identities"
        )))
    }
}

/// `POST /identity/anonymize`: the session that the person was approved by, and every session that told who they are by it.
#[utoipa::path(post, path = "/identity/anonymize", tag = "Identities", operation_id = "anonymize_identity", summary = "Deletes who the person is; the key has to allow `erase`", request_body = bodies::OfIdentity, security(("oauth2" = ["management"])), responses((status = 200, description = "It was done", body = Done), Names))]
pub(super) async fn anonymize(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let id = named(&asked(&app, request).await?)?;
    app.gate.must_allow(&caller, Permission::Erase)?;
    found(&app, &caller, id).await?;
    // The identity last: where this ends half way, who asks again finds it and goes on.
    for session in Wanted::of_identity(id).all(&app, &caller).await? {
        app.service.anonymise(&caller, session).await?;
    }
    app.service.anonymise(&caller, id).await?;
    Ok(Done::OK)
}

/// The published fields of one; null is what is not known.
fn shown(session: &Session, policy: &Policy) -> Result<Shown, Problem> {
    let state = &session.state;
    let case = state.case().ok_or(Problem::INTERNAL)?;
    let decision = state.decision().ok_or(Problem::INTERNAL)?;
    let outline = Outline::of(state, policy);
    let document = outline.document.as_ref();
    let read = state.document();
    let said = read.and_then(|document| document.fields.as_ref());
    let details = said.map(|fields| &fields.details);
    let own = |of: fn(&kiosk_session::DocumentDetails) -> &Option<Redacted<String>>| {
        let text = details.and_then(|details| of(details).as_ref());
        text.map(|text| text.reveal().clone())
    };
    let decided = words::moment(case.changed_at);
    let clear = decision.checks.sanctions_clear;
    Ok(Shown {
        identity_id: session.id.0,
        created_at: words::moment(case.created_at),
        first_name: own(|of| &of.first_name).or_else(|| said.and_then(person::given_names)),
        middle_name: own(|of| &of.middle_name),
        last_name: said.and_then(person::family_names),
        suffix_name: own(|of| &of.name_suffix),
        birth_date: said
            .and_then(|fields| fields.birth_date.as_ref())
            .map(|date| words::day(*date.reveal())),
        gender_e: said.map_or("unknown", |fields| words::gender(fields.sex)),
        street: own(|of| &of.street).or_else(|| own(|of| &of.address)),
        city: own(|of| &of.city),
        state: own(|of| &of.region),
        postal_code: own(|of| &of.postal_code),
        document_front_given: document.is_some(),
        document_front_given_at: document.map(|document| words::moment(document.read_at)),
        verified: true,
        verified_at: decided.clone(),
        liveness_detected: outline.liveness_passed,
        liveness_detected_at: outline.liveness_at.map(words::moment),
        ofac_status_e: words::ofac(clear),
        ofac_detected_at: clear.map(|_| decided.clone()),
        dmv_status_e: "unknown",
        dmv_detected_at: None,
        score: score(decision),
    })
}

/// `POST /identity/status/read`: whether there is such an identity, for an SDK that has no more to know.
#[utoipa::path(post, path = "/identity/status/read", tag = "Identities", operation_id = "read_identity_status", summary = "Whether there is such an identity", request_body = bodies::OfIdentity, security(("oauth2" = ["management"])), responses((status = 200, description = "There is", body = Standing), Names))]
pub(super) async fn status(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Standing>, Problem> {
    let id = named(&asked(&app, request).await?)?;
    found(&app, &caller, id).await?;
    Ok(Json(Standing { verified: true }))
}

/// `POST /identity/document/read`: the document, where it is of that type.
#[utoipa::path(post, path = "/identity/document/read", tag = "Identities", operation_id = "read_identity_document", summary = "The document that a person was approved by, where it is of that type", request_body = bodies::IdentityDocumentWanted, security(("oauth2" = ["management"])), responses((status = 200, description = "The document", body = document::OfIdentity), Names))]
pub(super) async fn of_document(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<document::OfIdentity>, Problem> {
    let fields = asked(&app, request).await?;
    let word = fields::required(&fields, "document_type_e", 64)?;
    words::kind(&word)?;
    let session = found(&app, &caller, named(&fields)?).await?;
    let read = session.state.document().ok_or(Problem::NO_DOCUMENT)?;
    if word != "unknown" && word != words::document_type(read) {
        return Err(Problem::NO_DOCUMENT);
    }
    Ok(Json(document::shown(&session, read).into()))
}

/// `POST /identity/image/read`
#[utoipa::path(post, path = "/identity/image/read", tag = "Identities", operation_id = "read_identity_image", summary = "A picture as it is kept", request_body = bodies::IdentityFileWanted, security(("oauth2" = ["management"])), responses((status = 200, description = "The picture", content((published::Picture = "image/jpeg"), (published::Picture = "image/png"), (published::Picture = "image/webp"), (published::Picture = "image/bmp"), (published::Picture = "application/octet-stream"))), Names))]
pub(super) async fn image(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Problem> {
    let fields = asked(&app, request).await?;
    let word = fields::required(&fields, "storage_file_type_e", 64)?;
    let session = found(&app, &caller, named(&fields)?).await?;
    document::picture(&app, &caller, &session, &word).await
}
