//! `/aml`: watch lists asked for a name, which lists there are, and who was looked at and is another person.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use kiosk_session::{ListHit, Redacted, Topic};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::body::{Checks, Done, LONG, Text, read};
use super::fault::Faults;
use super::onboarding::day;
use crate::audit::Actor;
use crate::onboarder::words::moment;
use crate::screening::{Bearer, KeptException, ScreenAnswer, ScreenQuery};
use crate::service::{Caller, ServiceError};
use crate::web::App;
use crate::web::problem::Problem;

/// What may bear a name.
const BEARERS: [(&str, Option<Bearer>); 4] = [
    ("any", None),
    ("individual", Some(Bearer::Person)),
    ("business", Some(Bearer::Organisation)),
    ("vessel", Some(Bearer::Vessel)),
];

/// Whom to ask for.
#[derive(Deserialize, ToSchema)]
pub(super) struct ScreenBody {
    #[schema(value_type = String, required, min_length = 1, max_length = 256, pattern = r"\S", example = "Anna Example")]
    name: Text,
    /// `any`, `individual`, `business` or `vessel`.
    #[serde(rename = "type")]
    #[schema(value_type = Option<String>, pattern = "^(any|individual|business|vessel)$", example = "individual")]
    kind: Text,
    /// `YYYY-MM-DD`.
    #[schema(value_type = Option<String>, format = Date, example = "1990-05-15")]
    date_of_birth: Text,
    /// Nationality or residence: a code of ISO 3166-1 or a name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = r"\S", example = "DE")]
    country: Text,
}

/// What the lists say.
#[derive(Serialize, ToSchema)]
pub(super) struct Screened {
    /// `assessed`, or `not_assessed` where nothing was asked: that is not the same as clear.
    status: &'static str,
    /// Why nothing was asked: `NO_LISTS` or `NO_NAME`.
    reason: Option<&'static str>,
    /// No hit for a sanction but excepted ones; null where not assessed.
    sanctions_clear: Option<bool>,
    /// No hit on a list of politically exposed persons that the operator loads; null where there is no such list.
    pep_clear: Option<bool>,
    /// Always `not_assessed`: this kiosk reads no news.
    adverse_media: &'static str,
    /// The least score that is a hit, 0 to 100.
    threshold: Option<f32>,
    /// Who is near, best first.
    #[schema(value_type = Vec<Object>)]
    hits: Vec<Value>,
    lists: Vec<List>,
}

/// A list in the version that was asked.
#[derive(Serialize, ToSchema)]
pub(super) struct List {
    /// `ofac_sdn`, `un_consolidated`, `eu_consolidated` or `user`.
    list: String,
    /// SHA-256 of its files.
    sha256: String,
    entries: u64,
    /// Names, aliases with them.
    names: u64,
}

/// The lists in use.
#[derive(Serialize, ToSchema)]
pub(super) struct Lists {
    data: Vec<List>,
    total: usize,
    /// `none` where the kiosk names no lists, `ready`, `stale` where a changed file can't be read and the lists of before are in use, `unreadable`
    /// where none is and nobody is screened; the log says which file, and what to do.
    state: &'static str,
}

fn asked(caller: &Caller, body: &ScreenBody) -> Result<ScreenQuery, Problem> {
    let mut checks = Checks::default();
    let name = checks.text("name", &body.name, LONG);
    let kind = match &body.kind {
        Text::Absent => None,
        kind => checks.word("type", kind, &BEARERS).flatten(),
    };
    let born = checks.text_if_any("date_of_birth", &body.date_of_birth, 10);
    let birth_date = born.and_then(day);
    if born.is_some() && birth_date.is_none() {
        checks.tell("date_of_birth must be a day, YYYY-MM-DD");
    }
    let country = checks.text_if_any("country", &body.country, 64);
    Ok(ScreenQuery {
        tenant: caller.tenant.clone(),
        name: Redacted::new(checks.done(name)?.to_owned()),
        kind,
        birth_date: birth_date.map(Redacted::new),
        country: country.map(str::to_owned),
    })
}

/// A hit as it is told: its names are told to whoever asks for them.
fn told(hit: &ListHit) -> Value {
    json!({
        "entry": hit.entry,
        "list": hit.list,
        "topic": hit.topic,
        "programme": hit.programme,
        "main_name": hit.main_name.reveal(),
        "matched_name": hit.name.reveal(),
        "score": hit.score,
        "name_score": hit.name_score,
        "ofac_score": hit.ofac_score,
        "date_of_birth": hit.birth_date,
        "country": hit.country,
        "tokens": hit.tokens.reveal(),
        "excepted": hit.exception.as_ref().map(|accepted| json!({
            "at": moment(accepted.at),
            "by": accepted.user,
            "note": accepted.note.reveal(),
        })),
    })
}

/// Asks the lists for somebody, with the tenant's exceptions.
#[utoipa::path(post, path = "/api/v1/aml/screen", tag = "AML Screening", request_body = ScreenBody,
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = Screened), Faults))]
pub(super) async fn screen(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Screened>, Problem> {
    let body: ScreenBody = read(&app, request).await?;
    let query = asked(&caller, &body)?;
    let service = std::sync::Arc::clone(&app.service);
    // Thousands of names are compared: off the runtime's threads.
    let answer = tokio::task::spawn_blocking(move || service.screen(&query)).await;
    let found = match answer.map_err(|_| Problem::INTERNAL)? {
        ScreenAnswer::NotAssessed { why } => {
            return Ok(Json(Screened {
                status: "not_assessed",
                reason: Some(why),
                sanctions_clear: None,
                pep_clear: None,
                adverse_media: "not_assessed",
                threshold: None,
                hits: Vec::new(),
                lists: lists_of(&app),
            }));
        }
        ScreenAnswer::Assessed { found, .. } => found,
    };
    let policy = app.service.policy();
    let open = |topic: Topic| {
        found
            .open_hits(policy)
            .map(|mut hits| hits.any(|hit| hit.topic == topic))
    };
    let exposed = found.lists.iter().any(|list| list.list == "user");
    Ok(Json(Screened {
        status: "assessed",
        reason: None,
        sanctions_clear: found.sanctions_clear(policy),
        pep_clear: open(Topic::Pep)
            .filter(|hit| *hit || exposed)
            .map(|hit| !hit),
        adverse_media: "not_assessed",
        threshold: Some(found.from),
        hits: found.hits.iter().map(told).collect(),
        lists: found.lists.into_iter().map(List::from).collect(),
    }))
}

impl From<kiosk_session::ListVersion> for List {
    fn from(version: kiosk_session::ListVersion) -> Self {
        Self {
            list: version.list,
            sha256: version.sha256,
            entries: version.entries,
            names: version.names,
        }
    }
}

fn lists_of(app: &App) -> Vec<List> {
    app.service.lists().into_iter().map(List::from).collect()
}

/// The lists in use, in the versions that are asked.
#[utoipa::path(get, path = "/api/v1/aml/lists", tag = "AML Screening",
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = Lists), Faults))]
pub(super) async fn lists(State(app): State<App>) -> Json<Lists> {
    let data = lists_of(&app);
    Json(Lists {
        total: data.len(),
        data,
        state: app.service.lists_state().name(),
    })
}

/// Who is not whom.
#[derive(Deserialize, ToSchema)]
pub(super) struct ExceptBody {
    #[serde(flatten)]
    person: ScreenBody,
    /// The list's entry, as a hit names it.
    #[schema(value_type = String, required, min_length = 1, max_length = 256, pattern = r"\S", example = "ofac_sdn:36")]
    entry: Text,
    /// Why they are not the same.
    #[schema(value_type = String, required, min_length = 1, max_length = 1024, pattern = r"\S")]
    note: Text,
}

/// An exception: this person is not that entry.
#[derive(Serialize, ToSchema)]
pub(super) struct Exception {
    /// `person:entry`, for taking it back.
    id: String,
    /// SHA-256 of the name's key and the date of birth: it names nobody.
    person: String,
    entry: String,
    at: String,
    /// A user's id, or a key's name.
    by: String,
    note: String,
}

impl From<KeptException> for Exception {
    fn from(kept: KeptException) -> Self {
        Self {
            id: format!("{}:{}", kept.person, kept.entry),
            person: kept.person,
            entry: kept.entry,
            at: moment(kept.accepted.at),
            by: kept.accepted.user,
            note: kept.accepted.note.reveal().clone(),
        }
    }
}

/// The tenant's exceptions, oldest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Exceptions {
    data: Vec<Exception>,
    total: usize,
}

/// Lists the tenant's exceptions.
#[utoipa::path(get, path = "/api/v1/aml/exceptions", tag = "AML Screening",
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = Exceptions), Faults))]
pub(super) async fn exceptions(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Exceptions>, Problem> {
    let kept = app.service.exceptions(&caller.tenant)?;
    let data: Vec<Exception> = kept.into_iter().map(Exception::from).collect();
    Ok(Json(Exceptions {
        total: data.len(),
        data,
    }))
}

/// Keeps that somebody is not an entry of a list.
#[utoipa::path(post, path = "/api/v1/aml/exceptions", tag = "AML Screening", request_body = ExceptBody,
    security(("jwt" = []), ("api_key" = [])), responses((status = 201, body = Exception), Faults))]
pub(super) async fn except(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<(StatusCode, Json<Exception>), Problem> {
    let body: ExceptBody = read(&app, request).await?;
    let query = asked(&caller, &body.person)?;
    let mut checks = Checks::default();
    let entry = checks.text("entry", &body.entry, LONG);
    let note = checks.text("note", &body.note, 1_024);
    let (entry, note) = checks.done(entry.zip(note))?;
    let kept = app
        .service
        .accept(&Actor::from(&caller), &query, entry, note)
        .await?;
    Ok((StatusCode::CREATED, Json(kept.into())))
}

/// Takes an exception back.
#[utoipa::path(delete, path = "/api/v1/aml/exceptions/{id}", tag = "AML Screening", params(("id" = String, Path)),
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = Done), Faults))]
pub(super) async fn unexcept(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Done>, Problem> {
    let Path(id) = path.map_err(|_| Problem::NO_EXCEPTION)?;
    let (person, entry) = id.split_once(':').ok_or(Problem::NO_EXCEPTION)?;
    let who = Actor::from(&caller);
    let withdrawn = app.service.withdraw(&who, person, entry);
    withdrawn.await.map_err(|error| match error {
        ServiceError::NotFound => Problem::NO_EXCEPTION,
        other => other.into(),
    })?;
    Ok(Done::OK)
}
