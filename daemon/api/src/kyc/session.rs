//! `/idv/session/...`: sessions, for whoever manages them.

use axum::extract::{Request, State};
use axum::{Extension, Json};
use kiosk_session::{Policy, Redacted, Session, State as Stand, Status, liveness_passed};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::sdk::{LIVENESS_MODE, SETTINGS, named, noted, put};
use super::words;
use crate::auth::Permission;
use crate::person;
use crate::service::{Caller, Filter, Happened, NewSession, PublicStatus};
use crate::web::fields::{self, Fields};
use crate::web::problem::Problem;
use crate::web::{App, json as body};

/// Sessions of a page where the caller does not say, and at most.
pub(super) const PAGE: usize = 50;
pub(super) const LARGEST_PAGE: usize = 200;
/// Farthest that a page may begin.
pub(super) const FARTHEST: usize = 1_000_000;

/// `POST /idv/session/create`
pub(super) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let limits = &app.settings.limits;
    let fields = body::object(request, limits.json_bytes, limits.body_time).await?;
    let mode = fields::text(&fields, LIVENESS_MODE, 32)?;
    if let Some(mode) = &mode
        && !["passive", "passive_active"].contains(&mode.as_str())
    {
        return Err(Problem::validation(
            "Field `liveness_mode` has to be passive or passive_active",
        ));
    }
    let settings = fields::object(&fields, SETTINGS)?;
    let request = NewSession {
        // The person has no name of the partner's here, so that no two sessions are taken for one person's.
        external_user_id: Redacted::new(Uuid::new_v4().to_string()),
        webhook_url: fields::address(&fields, "webhook_url")?,
        redirect_url: None,
        metadata: fields::object(&fields, "metadata")?,
        consent: app.stated_consent(&caller),
    };
    let session = app.service.open(&caller, request).await?;
    if let Some(mode) = mode {
        put(
            &app,
            &caller,
            session.id,
            LIVENESS_MODE,
            Redacted::new(mode),
        )
        .await?;
    }
    if let Some(settings) = settings {
        put(&app, &caller, session.id, SETTINGS, settings).await?;
    }
    Ok(Json(json!({"session_id": session.id.0})))
}

/// `POST /idv/session/read`
pub(super) async fn read(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let (_, id) = named(&app, request).await?;
    let session = app.service.session(&caller, id).await?;
    let history = app.service.history(&caller, id).await?;
    let mut shown = shown(&session, app.service.policy())?;
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("history".to_owned(), told(&history));
    }
    Ok(Json(shown))
}

fn told(history: &[Happened]) -> Value {
    let happened = history
        .iter()
        .map(|happened| json!({"event": happened.event, "at": words::moment(happened.at)}));
    Value::Array(happened.collect())
}

/// A session's published fields but its history; null is what is not known.
fn shown(session: &Session, policy: &Policy) -> Result<Value, Problem> {
    let state = &session.state;
    let case = state.case().ok_or(Problem::INTERNAL)?;
    let document = state.document();
    let read = document.and_then(|document| document.fields.as_ref());
    let details = read.map(|fields| &fields.details);
    let decision = state.decision();
    let clear = decision.and_then(|made| made.checks.sanctions_clear);
    let completed = decision.map(|_| words::moment(case.changed_at));
    let own = |text: &Option<Redacted<String>>| text.as_ref().map(|text| text.reveal().clone());
    let metadata = case.opening.metadata.as_ref();
    let metadata: Option<Value> =
        metadata.and_then(|text| serde_json::from_str(text.reveal()).ok());
    Ok(json!({
        "session_id": session.id.0,
        "user_id": null,
        "client_id": case.opening.credential,
        "idv_weights_id": decision.map(|made| made.policy.clone()),
        "status_e": words::status(state),
        "document_type_e": document.map_or("unknown", words::document_type),
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
        "document_back_given": document.is_some_and(|read| read.pictures.len() > 1),
        "document_back_given_at": document.filter(|read| read.pictures.len() > 1)
            .map(|read| words::moment(read.read_at)),
        "liveness_detected": liveness(state, policy),
        "liveness_detected_at": state.liveness().map(|judged| words::moment(judged.assessed_at)),
        "selfie_given": state.selfie().is_some(),
        "selfie_given_at": state.selfie().map(|taken| words::moment(taken.taken_at)),
        "dmv_status_e": "unknown",
        "dmv_detected_at": null,
        "ofac_status_e": words::ofac(clear),
        "ofac_detected_at": clear.and(completed.clone()),
        "verified": verified(state),
        "verified_at": completed,
        "score": decision.map(|made| f64::from(1.0 - made.risk_score)),
        "identity_id": (verified(state) == Some(true)).then_some(session.id.0),
        "metadata": metadata,
        "webhook_url": own(&case.opening.webhook_url),
        "settings": noted(state, SETTINGS),
    }))
}

/// Whether the person is alive and present; `None` before that was judged, or where it could not be.
pub(super) fn liveness(state: &Stand, policy: &Policy) -> Option<bool> {
    liveness_passed(state.liveness()?, policy)
}

/// Approved or not; `None` before the decision, and where a person has to look.
pub(super) fn verified(state: &Stand) -> Option<bool> {
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
    let limits = &app.settings.limits;
    let fields = body::object(request, limits.json_bytes, limits.body_time).await?;
    let take = fields::count(&fields, "take", LARGEST_PAGE, PAGE)?;
    let skip = fields::count(&fields, "skip", FARTHEST, 0)?;
    let wanted = fields::text(&fields, "status", 64)?;
    let statuses = match &wanted {
        None => vec![None],
        Some(word) => words::statuses(word)
            .ok_or_else(unknown_status)?
            .iter()
            .map(|status| Some(*status))
            .collect(),
    };
    let between = (day(&fields, "start_date")?, day(&fields, "end_date")?);
    let (page, total) = page_of(&app, &caller, &statuses, between, (skip, take)).await?;
    let shown = page
        .iter()
        .map(|session| shown(session, app.service.policy()));
    let shown: Vec<Value> = shown.collect::<Result<_, _>>()?;
    Ok(Json(json!({
        "meta_counts": {"total": total, "returned": shown.len(), "take": take, "skip": skip},
        "sessions": shown,
    })))
}

/// A page of sessions in any of `statuses`, newest first, and how many there are in all.
pub(super) async fn page_of(
    app: &App,
    caller: &Caller,
    statuses: &[Option<PublicStatus>],
    (from, before): (Option<OffsetDateTime>, Option<OffsetDateTime>),
    (skip, take): (usize, usize),
) -> Result<(Vec<Session>, usize), Problem> {
    // Few words stand for two statuses of the service: each is listed up to the page's end, newest first.
    let (mut sessions, mut total) = (Vec::new(), 0);
    for status in statuses {
        let filter = Filter {
            status: *status,
            external_user_id: None,
            from,
            before,
            limit: skip + take,
            offset: 0,
        };
        let page = app.service.list(caller, filter).await?;
        sessions.extend(page.sessions);
        total += page.total;
    }
    sessions
        .sort_by_key(|session| std::cmp::Reverse(session.state.case().map(|case| case.created_at)));
    let page = sessions.into_iter().skip(skip).take(take);
    Ok((page.collect(), total))
}

fn unknown_status() -> Problem {
    Problem::validation(
        "Field `status` has to be unknown, in_progress, complete, temporarily_blocked, temporarily_complete or expired",
    )
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
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let (_, id) = named(&app, request).await?;
    app.gate.must_allow(&caller, Permission::Erase)?;
    app.service.erase(&caller, id).await?;
    Ok(Json(json!({})))
}

/// `POST /idv/session/location/read`: what the device said of where it was; this kiosk knows no place by an address.
pub(super) async fn location(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
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
    let session = app.service.session(&caller, id).await?;
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
