//! `/api/applicants`: create, read, list, update, delete. An applicant is a session, and has its name.

use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, Uri};
use axum::{Extension, Json};
use kiosk_session::{Redacted, Session, SessionId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::access::Access;
use super::personal::{Personal, Verified};
use crate::courier::Channel;
use crate::onboarder::words;
use crate::service::{Filter, NewSession, PublicStatus, ServiceError};
use crate::web::fields::{self, Fields};
use crate::web::path::Id;
use crate::web::problem::Problem;
use crate::web::{App, json as body};

/// Longest name that a partner may give a person, in characters.
const LONGEST_NAME: usize = 256;
/// Applicants of a page where the caller does not say, and at most.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 200;

/// An applicant. To SDK and mobile tokens every field that names the person is null.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Applicant {
    id: Uuid,
    /// As the Onboarder's status of a session.
    status: &'static str,
    created_at: String,
    expires_at: String,
    external_user_id: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    phone_number: Option<String>,
    date_of_birth: Option<String>,
    /// When a code came back from the present address.
    email_verified_at: Option<String>,
    /// The same of the telephone number.
    phone_number_verified_at: Option<String>,
    steps: Steps,
}

/// Which steps are done.
#[derive(Serialize, utoipa::ToSchema)]
struct Steps {
    consent: bool,
    otp: bool,
    document: bool,
    selfie: bool,
    video: bool,
    check: bool,
}

/// A page of applicants, newest first.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ApplicantPage)]
pub(super) struct Listed {
    applicants: Vec<Applicant>,
    total: usize,
    limit: usize,
    offset: usize,
}

#[derive(Deserialize)]
struct Wanted {
    limit: Option<usize>,
    offset: Option<usize>,
}

/// A JSON body's fields and the applicant that they name. What is no UUID names none.
pub(super) async fn named(app: &App, request: Request) -> Result<(Fields, SessionId), Problem> {
    let limits = &app.settings.limits;
    let fields = body::object(request, limits.json_bytes, limits.body_time).await?;
    let id = id_of(&fields::required(&fields, "applicant_id", 64)?)?;
    Ok((fields, id))
}

/// The applicant that a text names. What is no UUID names none.
pub(super) fn id_of(text: &str) -> Result<SessionId, Problem> {
    let id = Uuid::try_parse(text).map_err(|_| Problem::NO_SESSION)?;
    Ok(SessionId(id))
}

/// `POST /api/applicants`
#[utoipa::path(post, path = "/api/applicants", operation_id = "create_applicant", summary = "Makes an applicant", request_body = super::openapi::ApplicantBody, responses((status = 201, description = "The applicant", body = Applicant)))]
pub(super) async fn create(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    request: Request,
) -> Result<(StatusCode, Json<Applicant>), Problem> {
    let caller = access.to_all()?;
    let limits = &app.settings.limits;
    let body = body::object(request, limits.json_bytes, limits.body_time).await?;
    let personal = Personal::default().told(&body, app.service.now().date())?;
    let external = fields::text(&body, "external_user_id", LONGEST_NAME)?;
    let wanted = NewSession {
        // Without one, no two applicants are taken for one person.
        external_user_id: Redacted::new(external.unwrap_or_else(|| Uuid::new_v4().to_string())),
        webhook_url: fields::address(&body, "webhook_url")?,
        redirect_url: None,
        metadata: Some(personal.metadata()),
        consent: app.stated_consent(caller),
    };
    let session = app.service.open(caller, wanted).await?;
    Ok((StatusCode::CREATED, Json(shown(&session, &access)?)))
}

/// `GET /api/applicants/{applicant_id}`
#[utoipa::path(get, path = "/api/applicants/{applicant_id}", operation_id = "read_applicant", summary = "Reads an applicant", params(("applicant_id" = Uuid, Path, description = "The applicant")), responses((status = 200, description = "The applicant", body = Applicant)))]
pub(super) async fn show(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    Id(id): Id,
) -> Result<Json<Applicant>, Problem> {
    let session = app.service.session(access.to(id)?, id).await?;
    Ok(Json(shown(&session, &access)?))
}

/// `GET /api/applicants`
#[utoipa::path(get, path = "/api/applicants", operation_id = "list_applicants", summary = "Lists the tenant's applicants, newest first", params(("limit" = Option<usize>, Query, minimum = 1, maximum = 200), ("offset" = Option<usize>, Query)), responses((status = 200, description = "A page", body = Listed)))]
pub(super) async fn list(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    uri: Uri,
) -> Result<Json<Listed>, Problem> {
    let query = Query::<Wanted>::try_from_uri(&uri);
    let Query(wanted) =
        query.map_err(|_| Problem::parameter("`limit` and `offset` have to be whole numbers"))?;
    let limit = wanted.limit.unwrap_or(PAGE);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        return Err(Problem::parameter("`limit` has to be from 1 to 200"));
    }
    let offset = wanted.offset.unwrap_or(0);
    let filter = Filter {
        limit,
        offset,
        ..Filter::default()
    };
    let page = app.service.list(access.to_all()?, filter).await?;
    let shown = page.sessions.iter().map(|session| shown(session, &access));
    Ok(Json(Listed {
        applicants: shown.collect::<Result<_, _>>()?,
        total: page.total,
        limit,
        offset,
    }))
}

/// `PUT /api/applicants/{applicant_id}`
#[utoipa::path(put, path = "/api/applicants/{applicant_id}", operation_id = "update_applicant", summary = "Replaces what is said of an applicant", params(("applicant_id" = Uuid, Path, description = "The applicant")), request_body = super::openapi::ApplicantBody, responses((status = 200, description = "The applicant", body = Applicant)))]
pub(super) async fn update(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    Id(id): Id,
    request: Request,
) -> Result<Json<Applicant>, Problem> {
    let limits = &app.settings.limits;
    let body = body::object(request, limits.json_bytes, limits.body_time).await?;
    let caller = access.to(id)?;
    let before = app.service.session(caller, id).await?;
    let today = app.service.now().date();
    let personal = Personal::of(&before.state).told(&body, today)?;
    let session = app.service.note(caller, id, personal.note()).await?;
    Ok(Json(shown(&session, &access)?))
}

/// `DELETE /api/applicants/{applicant_id}`: the session with all that was recorded of it.
#[utoipa::path(delete, path = "/api/applicants/{applicant_id}", operation_id = "delete_applicant", summary = "Erases an applicant with all that was recorded", params(("applicant_id" = Uuid, Path, description = "The applicant")), responses((status = 204, description = "Erased")))]
pub(super) async fn delete(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    app.service.erase(access.to(id)?, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(session: &Session, access: &Access) -> Result<Applicant, Problem> {
    let state = &session.state;
    let case = state.case().ok_or(ServiceError::NotFound)?;
    let personal = Personal::of(state);
    let verified = Verified::of(state);
    let at = |channel| verified.at(channel, &personal).map(str::to_owned);
    let steps = Steps {
        consent: case.consented_at.is_some(),
        otp: verified.any(&personal),
        document: state.document().is_some(),
        selfie: state.selfie().is_some(),
        video: state.liveness().is_some(),
        check: state.decision().is_some(),
    };
    let (email_verified_at, phone_number_verified_at) = (at(Channel::Email), at(Channel::Sms));
    let (external, personal) = match access.reads_personal() {
        true => (
            Some(case.opening.external_user_id.reveal().clone()),
            personal,
        ),
        false => (None, Personal::default()),
    };
    Ok(Applicant {
        id: session.id.0,
        status: words::status(PublicStatus::of(state)),
        created_at: words::moment(case.created_at),
        expires_at: words::moment(case.opening.expires_at),
        external_user_id: external,
        first_name: personal.first_name,
        last_name: personal.last_name,
        email: personal.email,
        phone_number: personal.phone_number,
        date_of_birth: personal.date_of_birth,
        email_verified_at,
        phone_number_verified_at,
        steps,
    })
}
