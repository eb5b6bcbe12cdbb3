//! `/onboarding`: cases of people and businesses. A case is a session of the one service: what is submitted lies sealed in
//! it, every dialect reads it, and erasing it erases the case.

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, Uri};
use axum::{Extension, Json};
use kiosk_session::{Consent, ConsentSource, Redacted, Session, State as Stand};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::{Checks, LONG, Text, read};
use super::fault::Faults;
use super::rates::Rates;
use crate::countries;
use crate::docs::shapes::{CountryCode, EmailAddress, WebAddress};
use crate::onboarder::words;
use crate::service::{Caller, Filter, NewSession, PublicStatus};
use crate::web::App;
use crate::web::fields;
use crate::web::path::Id;
use crate::web::problem::Problem;

/// Cases of a page where the caller does not say, and at most.
const PAGE: usize = 20;
const LARGEST_PAGE: usize = 100;
/// Farthest page.
const FARTHEST: usize = 100_000;

/// A person's case.
#[derive(Deserialize, ToSchema)]
pub(super) struct IndividualBody {
    #[schema(value_type = EmailAddress, required)]
    email: Text,
    #[schema(value_type = String, required, min_length = 1, max_length = 256, pattern = r"\S", example = "Anna")]
    first_name: Text,
    #[schema(value_type = String, required, min_length = 1, max_length = 256, pattern = r"\S", example = "Example")]
    last_name: Text,
    /// `YYYY-MM-DD`.
    #[schema(value_type = Option<String>, format = Date, example = "1990-05-15")]
    date_of_birth: Text,
    /// ISO 3166-1, two or three letters.
    #[schema(value_type = Option<CountryCode>, example = "DEU")]
    country: Text,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 32, pattern = r"\S")]
    phone: Text,
    /// The firm's own name of the case.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 256, pattern = r"\S")]
    reference: Text,
    /// The version of the text to which the firm states that the person agreed; without it the person is asked.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 256, pattern = r"\S", example = "terms-1")]
    consent_text_version: Text,
    /// Where the person's browser goes at the end.
    #[schema(value_type = Option<WebAddress>)]
    redirect_url: Text,
    /// Where to tell of what happens.
    #[schema(value_type = Option<WebAddress>)]
    webhook_url: Text,
}

/// A business's case: what is known of it, and the person who represents it and is verified.
#[derive(Deserialize, ToSchema)]
pub(super) struct BusinessBody {
    #[schema(value_type = String, required, min_length = 1, max_length = 256, pattern = r"\S", example = "Example GmbH")]
    company_name: Text,
    #[schema(value_type = String, required, min_length = 1, max_length = 256, pattern = r"\S", example = "HRB 12345")]
    registration_number: Text,
    /// ISO 3166-1, two or three letters.
    #[schema(value_type = CountryCode, required, example = "DEU")]
    country: Text,
    /// The representative.
    #[schema(required, nullable = false)]
    representative: Option<IndividualBody>,
}

/// A case.
#[derive(Serialize, ToSchema)]
pub(super) struct Case {
    /// The session's id, in every dialect.
    id: Uuid,
    /// `individual` or `business`; null for a session that was begun otherwise.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// `pending`, `in_progress`, `approved`, `manual_review`, `rejected`, `expired` or `cancelled`.
    status: &'static str,
    /// What was submitted, or the metadata that another dialect began it with; null where there is none.
    #[schema(value_type = Option<Object>)]
    submitted: Value,
    /// Where the person goes on.
    kyc_url: String,
    consented: bool,
    created_at: String,
    expires_at: String,
}

/// A page of cases, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Cases {
    data: Vec<Case>,
    total: usize,
    page: usize,
    limit: usize,
}

/// Which cases.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only those in this status.
    #[param(pattern = "^(pending|in_progress|approved|rejected|manual_review|expired|cancelled)$")]
    status: Option<String>,
    /// Only those of this person.
    email: Option<String>,
    /// From 1.
    #[param(minimum = 1, maximum = 100000)]
    page: Option<usize>,
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<usize>,
}

/// Submits a person's case: at most five in two hours for one address.
#[utoipa::path(post, path = "/api/v1/onboarding/individual", tag = "Onboarding", request_body = IndividualBody,
    security(("jwt" = []), ("api_key" = [])), responses((status = 201, body = Case), Faults))]
pub(super) async fn individual(
    State(app): State<App>,
    Extension(rates): Extension<Arc<Rates>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<(StatusCode, Json<Case>), Problem> {
    let body: IndividualBody = read(&app, request).await?;
    let mut checks = Checks::default();
    let person = person(&mut checks, "", &body);
    let (email, person) = checks.done(person)?;
    rates.submission(&caller.tenant, &email)?;
    open(&app, &caller, &body, ("individual", email, person)).await
}

/// Submits a business's case.
#[utoipa::path(post, path = "/api/v1/onboarding/business", tag = "Onboarding", request_body = BusinessBody,
    security(("jwt" = []), ("api_key" = [])), responses((status = 201, body = Case), Faults))]
pub(super) async fn business(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<(StatusCode, Json<Case>), Problem> {
    let body: BusinessBody = read(&app, request).await?;
    let mut checks = Checks::default();
    let name = checks.text("company_name", &body.company_name, LONG);
    let number = checks.text("registration_number", &body.registration_number, LONG);
    if matches!(body.country, Text::Absent) {
        checks.tell("country is required");
    }
    let country = country(&mut checks, "country", &body.country);
    let Some(representative) = &body.representative else {
        checks.tell("representative is required");
        return checks.done(None);
    };
    let person = person(&mut checks, "representative.", representative);
    let known = name.zip(number).zip(person);
    let ((name, number), (email, person)) = checks.done(known)?;
    let mut submitted = Map::new();
    submitted.insert("company_name".into(), name.into());
    submitted.insert("registration_number".into(), number.into());
    submitted.insert("country".into(), country.into());
    submitted.insert("representative".into(), person.into());
    open(
        &app,
        &caller,
        representative,
        ("business", email, submitted),
    )
    .await
}

/// What is known of a person, and their address.
fn person(
    checks: &mut Checks,
    of: &str,
    body: &IndividualBody,
) -> Option<(String, Map<String, Value>)> {
    let named = |name: &str| format!("{of}{name}");
    let email = checks.email(&named("email"), &body.email);
    let first = checks.text(&named("first_name"), &body.first_name, LONG);
    let last = checks.text(&named("last_name"), &body.last_name, LONG);
    let born = checks.text_if_any(&named("date_of_birth"), &body.date_of_birth, 10);
    if born.is_some_and(|born| day(born).is_none()) {
        checks.tell(format!("{of}date_of_birth must be a day, YYYY-MM-DD"));
    }
    let country = country(checks, &named("country"), &body.country);
    let phone = checks.text_if_any(&named("phone"), &body.phone, 32);
    let reference = checks.text_if_any(&named("reference"), &body.reference, LONG);
    for (name, url) in [
        ("redirect_url", &body.redirect_url),
        ("webhook_url", &body.webhook_url),
    ] {
        if address(url).is_none() && !matches!(url, Text::Absent) {
            checks.tell(format!(
                "{of}{name} must be an address that begins with https:// or http://"
            ));
        }
    }
    // What the firm states has to be read, or told: it is never taken for nothing said.
    checks.text_if_any(
        &named("consent_text_version"),
        &body.consent_text_version,
        LONG,
    );
    let mut known = Map::new();
    for (name, value) in [
        ("email", email),
        ("first_name", first),
        ("last_name", last),
        ("date_of_birth", born),
        ("country", country.as_deref()),
        ("phone", phone),
        ("reference", reference),
    ] {
        known.extend(value.map(|value| (name.to_owned(), Value::from(value))));
    }
    Some((email?.to_owned(), known))
}

fn country(checks: &mut Checks, name: &str, text: &Text) -> Option<String> {
    let given = checks.text_if_any(name, text, 3)?;
    // A state's own code in ICAO 9303 may be another than ISO's: the document's D is DEU here.
    let known = countries::icao(given).map(|code| countries::three_letters(&code).unwrap_or(code));
    if known.is_none() {
        checks.tell(format!("{name} must be a country code of ISO 3166-1"));
    }
    known
}

fn address(url: &Text) -> Option<Redacted<String>> {
    let Text::Of(text) = url else { return None };
    fields::is_web_address(text).then(|| Redacted::new(text.clone()))
}

pub(super) fn day(text: &str) -> Option<Date> {
    Date::parse(
        text,
        time::macros::format_description!("[year]-[month]-[day]"),
    )
    .ok()
}

/// A day (its first moment in UTC) or a moment of RFC 3339.
pub(super) fn when(text: Option<&str>) -> Result<Option<OffsetDateTime>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let moment = day(text).map(|day| day.midnight().assume_utc());
    let moment = moment.or_else(|| OffsetDateTime::parse(text, &Rfc3339).ok());
    let wrong =
        Problem::parameter("`from` and `to` have to be days, YYYY-MM-DD, or moments of RFC 3339");
    moment.map(Some).ok_or(wrong)
}

/// Begins the session that is the case.
async fn open(
    app: &App,
    caller: &Caller,
    body: &IndividualBody,
    (kind, email, submitted): (&str, String, Map<String, Value>),
) -> Result<(StatusCode, Json<Case>), Problem> {
    let mut metadata = Map::new();
    metadata.insert("type".into(), kind.into());
    metadata.insert("submitted".into(), submitted.into());
    let stated = match &body.consent_text_version {
        Text::Of(text_version) if !text_version.trim().is_empty() && text_version.len() <= LONG => {
            Some(Consent {
                source: ConsentSource::PartnerStatement,
                text_version: text_version.clone(),
            })
        }
        _ => app.stated_consent(caller),
    };
    let wanted = NewSession {
        external_user_id: Redacted::new(email.to_lowercase()),
        webhook_url: address(&body.webhook_url),
        redirect_url: address(&body.redirect_url),
        metadata: Some(Redacted::new(Value::from(metadata).to_string())),
        consent: stated,
    };
    let session = app.service.open(caller, wanted).await?;
    Ok((StatusCode::CREATED, Json(shown(app, &session)?)))
}

/// A session as a case.
pub(super) fn shown(app: &App, session: &Session) -> Result<Case, Problem> {
    let case = session.state.case().ok_or(Problem::NO_SESSION)?;
    let metadata = case.opening.metadata.as_ref();
    let mut metadata: Value = metadata
        .and_then(|text| serde_json::from_str(text.reveal()).ok())
        .unwrap_or_default();
    // A session that another dialect began has metadata of its own.
    let kind = metadata["type"]
        .as_str()
        .filter(|kind| ["individual", "business"].contains(kind))
        .map(str::to_owned);
    let submitted = if kind.is_some() {
        metadata["submitted"].take()
    } else {
        metadata
    };
    Ok(Case {
        id: session.id.0,
        kind,
        status: words::status(PublicStatus::of(&session.state)),
        submitted,
        kyc_url: format!("{}/kyc/{}", app.settings.public_url, session.id),
        consented: has_consent(&session.state),
        created_at: words::moment(case.created_at),
        expires_at: words::moment(case.opening.expires_at),
    })
}

fn has_consent(state: &Stand) -> bool {
    state.case().is_some_and(|case| case.consented_at.is_some())
}

/// Lists cases, newest first.
#[utoipa::path(get, path = "/api/v1/onboarding", tag = "Onboarding", params(Wanted),
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = Cases), Faults))]
pub(super) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Json<Cases>, Problem> {
    let (filter, page, limit) = filter(&uri)?;
    let found = app.service.list(&caller, filter).await?;
    let data = found.sessions.iter().map(|session| shown(&app, session));
    Ok(Json(Cases {
        data: data.collect::<Result<_, _>>()?,
        total: found.total,
        page,
        limit,
    }))
}

/// What a query asks for, with its page and how many it holds.
pub(super) fn filter(uri: &Uri) -> Result<(Filter, usize, usize), Problem> {
    let Query(wanted) = Query::<Wanted>::try_from_uri(uri)
        .map_err(|_| Problem::parameter("`page` and `limit` have to be whole numbers"))?;
    let (page, limit) = (wanted.page.unwrap_or(1), wanted.limit.unwrap_or(PAGE));
    if !(1..=LARGEST_PAGE).contains(&limit) || !(1..=FARTHEST).contains(&page) {
        return Err(Problem::parameter(
            "`limit` has to be from 1 to 100, `page` from 1 to 100000",
        ));
    }
    let status = wanted.status.map(|word| {
        words::status_from(&word).ok_or(Problem::parameter(
            "`status` has to be pending, in_progress, approved, rejected, manual_review, expired or cancelled",
        ))
    });
    let filter = Filter {
        status: status.transpose()?,
        external_user_id: wanted
            .email
            .map(|email| Redacted::new(email.to_lowercase())),
        from: None,
        before: None,
        purpose: None,
        limit,
        offset: (page - 1) * limit,
    };
    Ok((filter, page, limit))
}

/// Shows a case.
#[utoipa::path(get, path = "/api/v1/onboarding/{session_id}", tag = "Onboarding", params(("session_id" = Uuid, Path)),
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = Case), Faults))]
pub(super) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<Case>, Problem> {
    let session = app.service.session(&caller, id).await?;
    shown(&app, &session).map(Json)
}
