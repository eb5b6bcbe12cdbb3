//! `/idv/session/...`: sessions, for whoever manages them.

// long file: each operation with the types of its answer beside it, as the document is made of them

use axum::extract::{Request, State};
use axum::{Extension, Json};
use kiosk_session::{
    Decision, FieldName, Outline, Policy, Redacted, Session, State as Stand, Status,
};
use serde::Serialize;
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use super::refusals::{Names, Takes};
use super::sdk::{Done, LIVENESS_MODE, SETTINGS, named, noted, put};
use super::wanted::{Counts, Wanted};
use super::who::Who;
use super::{bodies, published, words};
use crate::auth::Permission;
use crate::person;
use crate::service::{Caller, Happened, NewSession, Purpose};
use crate::web::fields::{self, Fields};
use crate::web::problem::Problem;
use crate::web::{App, json as body};

/// What is common to sessions of both kinds when they begin.
pub(super) struct Beginning {
    pub(super) request: NewSession,
    mode: Option<String>,
    settings: Option<Redacted<String>>,
}

impl Beginning {
    pub(super) fn read(app: &App, caller: &Caller, fields: &Fields) -> Result<Self, Problem> {
        let mode = fields::text(fields, LIVENESS_MODE, 32)?;
        if let Some(mode) = &mode
            && !["passive", "passive_active"].contains(&mode.as_str())
        {
            return Err(Problem::validation(
                "Field `liveness_mode` has to be passive or passive_active",
            ));
        }
        Ok(Self {
            mode,
            settings: fields::object(fields, SETTINGS)?,
            request: NewSession {
                // The person has no name of the partner's here, so that no two sessions are taken for one person's.
                external_user_id: Redacted::new(Uuid::new_v4().to_string()),
                webhook_url: fields::address(fields, "webhook_url")?,
                redirect_url: None,
                metadata: fields::object(fields, "metadata")?,
                consent: app.stated_consent(caller),
            },
        })
    }

    /// Puts down what stands beside a session that has begun, and answers with its name.
    pub(super) async fn answered(
        mode: Option<String>,
        settings: Option<Redacted<String>>,
        (app, caller): (&App, &Caller),
        session: &Session,
    ) -> Result<Json<Begun>, Problem> {
        if let Some(mode) = mode {
            let mode = Redacted::new(mode);
            put(app, caller, session.id, LIVENESS_MODE, mode).await?;
        }
        if let Some(settings) = settings {
            put(app, caller, session.id, SETTINGS, settings).await?;
        }
        Ok(Json(Begun {
            session_id: session.id.0,
        }))
    }

    pub(super) fn parts(self) -> (NewSession, Option<String>, Option<Redacted<String>>) {
        (self.request, self.mode, self.settings)
    }
}

/// A session that has begun.
#[derive(Serialize, ToSchema)]
#[schema(as = NewSession)]
pub(super) struct Begun {
    session_id: Uuid,
}

/// `POST /idv/session/create`
#[utoipa::path(post, path = "/idv/session/create", tag = "Sessions", operation_id = "create_session", summary = "Begins a session", request_body = bodies::SessionBody, security(("oauth2" = ["management"])), responses((status = 200, description = "The session", body = Begun), Takes))]
pub(super) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Begun>, Problem> {
    let fields = asked(&app, request).await?;
    let (request, mode, settings) = Beginning::read(&app, &caller, &fields)?.parts();
    let session = app.service.open(&caller, request).await?;
    Beginning::answered(mode, settings, (&app, &caller), &session).await
}

/// A JSON body's fields.
pub(super) async fn asked(app: &App, request: Request) -> Result<Fields, Problem> {
    let limits = &app.settings.limits;
    body::object(request, limits.json_bytes, limits.body_time).await
}

/// A session; null is what is not known.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(super) struct Shown {
    session_id: Uuid,
    /// Always null: credentials are partners', not people's.
    user_id: Option<String>,
    client_id: String,
    idv_weights_id: Option<String>,
    #[schema(value_type = published::SessionStatus)]
    status_e: &'static str,
    #[schema(value_type = published::DocumentType)]
    document_type_e: &'static str,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    completed_at: Option<String>,
    first_name: Option<String>,
    middle_name: Option<String>,
    last_name: Option<String>,
    suffix_name: Option<String>,
    #[schema(value_type = published::Gender)]
    gender_e: &'static str,
    #[schema(format = Date)]
    birth_date: Option<String>,
    consented: bool,
    #[schema(format = DateTime)]
    consented_at: Option<String>,
    document_front_given: bool,
    #[schema(format = DateTime)]
    document_front_given_at: Option<String>,
    document_back_given: bool,
    #[schema(format = DateTime)]
    document_back_given_at: Option<String>,
    liveness_detected: Option<bool>,
    #[schema(format = DateTime)]
    liveness_detected_at: Option<String>,
    selfie_given: bool,
    #[schema(format = DateTime)]
    selfie_given_at: Option<String>,
    /// Always `unknown`: no registry of licences is asked.
    dmv_status_e: &'static str,
    /// Always null.
    dmv_detected_at: Option<String>,
    #[schema(value_type = published::ListStatus)]
    ofac_status_e: &'static str,
    #[schema(format = DateTime)]
    ofac_detected_at: Option<String>,
    /// True approved, false rejected, null undecided or for a person to look at.
    verified: Option<bool>,
    #[schema(format = DateTime)]
    verified_at: Option<String>,
    #[schema(minimum = 0, maximum = 1)]
    score: Option<f64>,
    /// What the requirements want and was not read; null before the decision.
    #[schema(value_type = Option<Vec<String>>)]
    missing_fields: Option<Vec<FieldName>>,
    identity_id: Option<Uuid>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    webhook_url: Option<String>,
    #[schema(value_type = Option<Object>)]
    settings: Value,
}

/// A session with what happened to it.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionWithHistory)]
pub(super) struct Read {
    #[serde(flatten)]
    session: Shown,
    history: Vec<Told>,
}

/// Something that happened.
#[derive(Serialize, ToSchema)]
#[schema(as = Happened)]
pub(super) struct Told {
    event: &'static str,
    #[schema(format = DateTime)]
    at: String,
}

/// A page of sessions, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionPage)]
pub(super) struct Listed {
    meta_counts: Counts,
    sessions: Vec<Shown>,
}

/// `POST /idv/session/read`
#[utoipa::path(post, path = "/idv/session/read", tag = "Sessions", operation_id = "read_session", summary = "Reads a session", request_body = bodies::OfSession, security(("oauth2" = ["management"])), responses((status = 200, description = "The session", body = Read), Names))]
pub(super) async fn read(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Read>, Problem> {
    let (_, id) = named(&app, request).await?;
    let session = who.session(&app, id).await?;
    let history = app.service.history(&who.caller, id).await?;
    Ok(Json(Read {
        session: shown(&session, app.service.policy())?,
        history: told(&history),
    }))
}

pub(super) fn told(history: &[Happened]) -> Vec<Told> {
    let happened = history.iter().map(|happened| Told {
        event: happened.event,
        at: words::moment(happened.at),
    });
    happened.collect()
}

/// A session's published fields but its history; null is what is not known.
fn shown(session: &Session, policy: &Policy) -> Result<Shown, Problem> {
    let state = &session.state;
    let case = state.case().ok_or(Problem::INTERNAL)?;
    let read = state.document();
    let read = read.and_then(|document| document.fields.as_ref());
    let details = read.map(|fields| &fields.details);
    let outline = Outline::of(state, policy);
    let document = outline.document.as_ref();
    let back = document.filter(|document| document.sides > 1);
    let decision = outline.decision.as_ref();
    let clear = decision.and_then(|made| made.checks.sanctions_clear);
    let completed = decision.map(|_| words::moment(case.changed_at));
    Ok(Shown {
        session_id: session.id.0,
        user_id: None,
        client_id: case.opening.credential.clone(),
        idv_weights_id: decision.map(|made| made.weights_id().to_owned()),
        status_e: words::status(state),
        document_type_e: document.map_or("unknown", |document| document.document_type().word()),
        created_at: words::moment(case.created_at),
        completed_at: completed.clone(),
        first_name: details
            .and_then(|details| own(&details.first_name))
            .or_else(|| read.and_then(person::given_names)),
        middle_name: details.and_then(|details| own(&details.middle_name)),
        last_name: read.and_then(person::family_names),
        suffix_name: details.and_then(|details| own(&details.name_suffix)),
        gender_e: read.map_or("unknown", |fields| words::gender(fields.sex)),
        birth_date: read
            .and_then(|fields| fields.birth_date.as_ref())
            .map(|date| words::day(*date.reveal())),
        consented: case.consented_at.is_some(),
        consented_at: case.consented_at.map(words::moment),
        document_front_given: document.is_some(),
        document_front_given_at: document.map(|read| words::moment(read.read_at)),
        document_back_given: back.is_some(),
        document_back_given_at: back.map(|read| words::moment(read.read_at)),
        liveness_detected: outline.liveness_passed,
        liveness_detected_at: outline.liveness_at.map(words::moment),
        selfie_given: outline.selfie_at.is_some(),
        selfie_given_at: outline.selfie_at.map(words::moment),
        dmv_status_e: "unknown",
        dmv_detected_at: None,
        ofac_status_e: words::ofac(clear),
        ofac_detected_at: clear.and(completed.clone()),
        verified: verified(state),
        verified_at: completed,
        score: decision.and_then(score),
        missing_fields: decision.map(|made| made.missing.clone()),
        identity_id: (verified(state) == Some(true)).then_some(session.id.0),
        metadata: metadata(state),
        webhook_url: own(&case.opening.webhook_url),
        settings: noted(state, SETTINGS),
    })
}

/// A text that is somebody's own.
pub(super) fn own(text: &Option<Redacted<String>>) -> Option<String> {
    text.as_ref().map(|text| text.reveal().clone())
}

/// The partner's own data.
pub(super) fn metadata(state: &Stand) -> Option<Value> {
    let metadata = state.case()?.opening.metadata.as_ref()?;
    serde_json::from_str(metadata.reveal()).ok()
}

/// By the tenant's weights where it has set some, else what the decision's risk leaves; null where nothing that has weight was
/// assessed.
pub(super) fn score(made: &Decision) -> Option<f64> {
    match &made.terms {
        Some(terms) if terms.weights.is_some() => made.score.map(f64::from),
        _ => Some(f64::from(1.0 - made.risk_score)),
    }
}

/// Approved or not; `None` before the decision, and where a person has to look.
pub(crate) fn verified(state: &Stand) -> Option<bool> {
    match state.decision()?.status {
        Status::Approved => Some(true),
        Status::Rejected => Some(false),
        Status::ManualReview => None,
    }
}

/// `POST /idv/session/list`
#[utoipa::path(post, path = "/idv/session/list", tag = "Sessions", operation_id = "list_sessions", summary = "Lists sessions, newest first", request_body = bodies::ListBody, security(("oauth2" = ["management"])), responses((status = 200, description = "A page", body = Listed), Takes))]
pub(super) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Listed>, Problem> {
    let fields = asked(&app, request).await?;
    let wanted = Wanted::read(&fields, Purpose::Verification)?;
    let (page, counts) = wanted.page(&app, &caller).await?;
    let shown = page
        .iter()
        .map(|session| shown(session, app.service.policy()));
    Ok(Json(Listed {
        meta_counts: counts,
        sessions: shown.collect::<Result<_, _>>()?,
    }))
}

/// A day (its first moment in UTC) or a moment of RFC 3339.
pub(super) fn day(fields: &Fields, name: &str) -> Result<Option<OffsetDateTime>, Problem> {
    let Some(text) = fields::text(fields, name, 64)? else {
        return Ok(None);
    };
    let format = time::macros::format_description!("[year]-[month]-[day]");
    let day = Date::parse(&text, format).map(|day| day.midnight().assume_utc());
    day.or_else(|_| OffsetDateTime::parse(&text, &Rfc3339))
        .map(Some)
        .map_err(|_| {
            Problem::validation(format!(
                "Field `{name}` has to be a day, YYYY-MM-DD, or a moment of RFC 3339"
            ))
        })
}

/// `POST /idv/session/delete` and `POST /ida/session/delete`
#[utoipa::path(post, path = "/idv/session/delete", tag = "Sessions", operation_id = "delete_session", summary = "Deletes a session with all that is kept of it; the key has to allow `erase`", request_body = bodies::OfSession, security(("oauth2" = ["management"])), responses((status = 200, description = "It is gone", body = Done), Names))]
pub(super) async fn delete(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let (_, id) = named(&app, request).await?;
    app.gate.must_allow(&who.caller, Permission::Erase)?;
    who.session(&app, id).await?;
    app.service.erase(&who.caller, id).await?;
    Ok(Done::OK)
}

/// `POST /idv/session/anonymize`
#[utoipa::path(post, path = "/idv/session/anonymize", tag = "Sessions", operation_id = "anonymize_session", summary = "Deletes who the person is and leaves a shell; the key has to allow `erase`", request_body = bodies::OfSession, security(("oauth2" = ["management"])), responses((status = 200, description = "It was done", body = Done), Names))]
pub(super) async fn anonymize(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let (_, id) = named(&app, request).await?;
    app.gate.must_allow(&who.caller, Permission::Erase)?;
    who.session(&app, id).await?;
    app.service.anonymise(&who.caller, id).await?;
    Ok(Done::OK)
}

/// Where a picture was taken; null is what is not known.
#[derive(Serialize, ToSchema, Default)]
pub(super) struct Location {
    /// Null as all that follows from it: addresses are the proxy's.
    ip_address: Option<String>,
    ip_latitude: Option<f64>,
    ip_longitude: Option<f64>,
    ip_country: Option<String>,
    ip_region: Option<String>,
    ip_city: Option<String>,
    /// Degrees of latitude and longitude with a comma between, as the device said.
    device_location: Option<String>,
    device_latitude: Option<f64>,
    device_longitude: Option<f64>,
    /// Null as all that follows: no places are known by their degrees.
    device_country_name: Option<String>,
    device_country_code: Option<String>,
    device_admin_area: Option<String>,
    device_sub_admin_area: Option<String>,
    device_locality: Option<String>,
}

/// `POST /idv/session/location/read` and `POST /ida/session/location/read`: what the device said of where it was; this kiosk knows no place by an address.
#[utoipa::path(post, path = "/idv/session/location/read", tag = "Sessions", operation_id = "read_location", summary = "Where a picture was taken, as the device said", request_body = bodies::LocationWanted, security(("oauth2" = ["management"])), responses((status = 200, description = "The place", body = Location), Names))]
pub(super) async fn location(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Location>, Problem> {
    let (fields, id) = named(&app, request).await?;
    let of = fields::required(&fields, "location_capture_type_e", 64)?;
    let known = [
        "front_doc_image_capture",
        "back_doc_image_capture",
        "selfie_image_capture",
    ];
    if of != "unknown" && !known.contains(&of.as_str()) {
        return Err(Problem::validation(
            "Field `location_capture_type_e` has to be unknown, front_doc_image_capture, back_doc_image_capture or selfie_image_capture",
        ));
    }
    let session = who.session(&app, id).await?;
    let case = session.state.case().ok_or(Problem::INTERNAL)?;
    let at = case.notes.get(&format!("location.{of}"));
    let at = at.map(|text| text.reveal().as_str());
    let parts = at.and_then(|at| at.split_once(','));
    let degrees = |text: &str| text.parse::<f64>().ok();
    Ok(Json(Location {
        device_location: at.map(str::to_owned),
        device_latitude: parts.and_then(|(latitude, _)| degrees(latitude)),
        device_longitude: parts.and_then(|(_, longitude)| degrees(longitude)),
        ..Location::default()
    }))
}
