//! `/idv/session/...`: sessions, for whoever manages them.

use axum::extract::{Request, State};
use axum::{Extension, Json};
use kiosk_session::{Decision, Outline, Policy, Redacted, Session, State as Stand, Status};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::sdk::{LIVENESS_MODE, SETTINGS, named, noted, put};
use super::wanted::Wanted;
use super::who::Who;
use super::words;
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
    ) -> Result<Json<Value>, Problem> {
        if let Some(mode) = mode {
            let mode = Redacted::new(mode);
            put(app, caller, session.id, LIVENESS_MODE, mode).await?;
        }
        if let Some(settings) = settings {
            put(app, caller, session.id, SETTINGS, settings).await?;
        }
        Ok(Json(json!({"session_id": session.id.0})))
    }

    pub(super) fn parts(self) -> (NewSession, Option<String>, Option<Redacted<String>>) {
        (self.request, self.mode, self.settings)
    }
}

/// `POST /idv/session/create`
pub(super) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
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

/// `POST /idv/session/read`
pub(super) async fn read(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let (_, id) = named(&app, request).await?;
    let session = who.session(&app, id).await?;
    let history = app.service.history(&who.caller, id).await?;
    let mut shown = shown(&session, app.service.policy())?;
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("history".to_owned(), told(&history));
    }
    Ok(Json(shown))
}

pub(super) fn told(history: &[Happened]) -> Value {
    let happened = history
        .iter()
        .map(|happened| json!({"event": happened.event, "at": words::moment(happened.at)}));
    Value::Array(happened.collect())
}

/// A session's published fields but its history; null is what is not known.
fn shown(session: &Session, policy: &Policy) -> Result<Value, Problem> {
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
    Ok(json!({
        "session_id": session.id.0,
        "user_id": null,
        "client_id": case.opening.credential,
        "idv_weights_id": decision.map(|made| made.weights_id()),
        "status_e": words::status(state),
        "document_type_e": document.map_or("unknown", |document| document.document_type().word()),
        "created_at": words::moment(case.created_at),
        "completed_at": completed,
        "first_name": details.and_then(|details| own(&details.first_name))
            .or_else(|| read.and_then(person::given_names)),
        "middle_name": details.and_then(|details| own(&details.middle_name)),
        "last_name": read.and_then(person::family_names),
        "suffix_name": details.and_then(|details| own(&details.name_suffix)),
        "gender_e": read.map_or("unknown", |fields| words::gender(fields.sex)),
        "birth_date": read.and_then(|fields| fields.birth_date.as_ref())
            .map(|date| words::day(*date.reveal())),
        "consented": case.consented_at.is_some(),
        "consented_at": case.consented_at.map(words::moment),
        "document_front_given": document.is_some(),
        "document_front_given_at": document.map(|read| words::moment(read.read_at)),
        "document_back_given": back.is_some(),
        "document_back_given_at": back.map(|read| words::moment(read.read_at)),
        "liveness_detected": outline.liveness_passed,
        "liveness_detected_at": outline.liveness_at.map(words::moment),
        "selfie_given": outline.selfie_at.is_some(),
        "selfie_given_at": outline.selfie_at.map(words::moment),
        "dmv_status_e": "unknown",
        "dmv_detected_at": null,
        "ofac_status_e": words::ofac(clear),
        "ofac_detected_at": clear.and(completed.clone()),
        "verified": verified(state),
        "verified_at": completed,
        "score": decision.and_then(score),
        "missing_fields": decision.map(|made| &made.missing),
        "identity_id": (verified(state) == Some(true)).then_some(session.id.0),
        "metadata": metadata(state),
        "webhook_url": own(&case.opening.webhook_url),
        "settings": noted(state, SETTINGS),
    }))
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
pub(super) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let fields = asked(&app, request).await?;
    let wanted = Wanted::read(&fields, Purpose::Verification)?;
    let (page, counts) = wanted.page(&app, &caller).await?;
    let shown = page
        .iter()
        .map(|session| shown(session, app.service.policy()));
    let shown: Vec<Value> = shown.collect::<Result<_, _>>()?;
    Ok(Json(json!({"meta_counts": counts, "sessions": shown})))
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

/// `POST /idv/session/delete`
pub(super) async fn delete(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let (_, id) = named(&app, request).await?;
    app.gate.must_allow(&who.caller, Permission::Erase)?;
    who.session(&app, id).await?;
    app.service.erase(&who.caller, id).await?;
    Ok(Json(json!({})))
}

/// `POST /idv/session/anonymize`
pub(super) async fn anonymize(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let (_, id) = named(&app, request).await?;
    app.gate.must_allow(&who.caller, Permission::Erase)?;
    who.session(&app, id).await?;
    app.service.anonymise(&who.caller, id).await?;
    Ok(Json(json!({})))
}

/// `POST /idv/session/location/read`: what the device said of where it was; this kiosk knows no place by an address.
pub(super) async fn location(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Value>, Problem> {
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
    Ok(Json(json!({
        "ip_address": null,
        "ip_latitude": null,
        "ip_longitude": null,
        "ip_country": null,
        "ip_region": null,
        "ip_city": null,
        "device_location": at,
        "device_latitude": parts.and_then(|(latitude, _)| degrees(latitude)),
        "device_longitude": parts.and_then(|(_, longitude)| degrees(longitude)),
        "device_country_name": null,
        "device_country_code": null,
        "device_admin_area": null,
        "device_sub_admin_area": null,
        "device_locality": null,
    })))
}
