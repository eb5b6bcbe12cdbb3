//! `/audit`: who changed what, when and from where; whether the log is whole; all of it as JSON lines.

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use futures::stream;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::fault::Faults;
use super::onboarding::when;
use crate::audit::{AuditEntry, AuditFilter, MOST_ENTRIES};
use crate::docs::shapes::DayOrMoment;
use crate::service::{Caller, ServiceError};
use crate::web::App;
use crate::web::problem::Problem;

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Where to go on, as `next` said.
    #[param(format = "uint64")]
    cursor: Option<u64>,
    /// How many at most.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// Only those of this action, e.g. `api_key.created`.
    action: Option<String>,
    /// Only those by this user's id or key's name.
    actor: Option<String>,
    /// Only those that touched this id.
    object: Option<String>,
    /// Only those of then or later.
    #[param(value_type = Option<DayOrMoment>)]
    from: Option<String>,
    /// Only those of before.
    #[param(value_type = Option<DayOrMoment>)]
    to: Option<String>,
    /// `desc`, the newest first, or `asc`.
    #[param(default = "desc", pattern = "^(asc|desc)$")]
    order: Option<String>,
}

/// A page of the log.
#[derive(Serialize, ToSchema)]
pub(super) struct Entries {
    #[schema(value_type = Vec<Entry>)]
    data: Vec<AuditEntry>,
    /// The next page's `cursor`; null at the end.
    next: Option<u64>,
}

/// One change.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "read by the derivation of the document alone; AuditEntry is what is sent"
)]
pub(super) struct Entry {
    /// Its place in the kiosk's log.
    number: u64,
    /// When.
    at: String,
    /// By whom; null in what was recorded before authors were.
    actor: Option<Author>,
    /// What was done.
    action: String,
    /// What was touched.
    object: Option<String>,
    /// The hash of the record before it, in hex.
    previous: String,
    /// Its record's own hash, in hex.
    hash: String,
}

/// By whom.
#[derive(ToSchema)]
#[allow(dead_code, reason = "read by the derivation of the document alone")]
pub(super) struct Author {
    name: String,
    address: Option<String>,
}

fn filter(uri: &Uri) -> Result<AuditFilter, Problem> {
    let Query(wanted) = Query::<Wanted>::try_from_uri(uri)
        .map_err(|_| Problem::parameter("`cursor` and `limit` have to be whole numbers"))?;
    let limit = wanted.limit.unwrap_or(100);
    if !(1..=MOST_ENTRIES).contains(&limit) {
        return Err(Problem::parameter("`limit` has to be from 1 to 1000"));
    }
    let newest_first = match wanted.order.as_deref() {
        None | Some("desc") => true,
        Some("asc") => false,
        Some(_) => return Err(Problem::parameter("`order` has to be asc or desc")),
    };
    Ok(AuditFilter {
        cursor: wanted.cursor,
        newest_first,
        limit,
        action: wanted.action,
        actor: wanted.actor,
        object: wanted.object,
        from: when(wanted.from.as_deref())?,
        before: when(wanted.to.as_deref())?,
    })
}

/// A page of the tenant's changes.
#[utoipa::path(get, path = "/api/v1/audit", tag = "Audit Trail", params(Wanted),
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = Entries), Faults))]
pub(super) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Json<Entries>, Problem> {
    let page = app.service.entries(&caller.tenant, filter(&uri)?).await?;
    Ok(Json(Entries {
        data: page.entries,
        next: page.next,
    }))
}

/// What a verification found.
#[derive(Serialize, ToSchema)]
pub(super) struct Verdict {
    /// Nothing is wrong.
    whole: bool,
    /// Records that are what their hash says.
    records: u64,
    /// Of these, those of this tenant.
    entries: u64,
    /// The newest record's number.
    newest: u64,
    /// Its hash, in hex.
    head: String,
    faults: Vec<Wrong>,
}

/// What is wrong with one record.
#[derive(Serialize, ToSchema)]
pub(super) struct Wrong {
    number: u64,
    /// `MISSING`, `CHANGED`, `MOVED`, `UNLINKED`, `UNREADABLE` or `END`.
    code: &'static str,
    what: String,
}

/// Reads the whole log and says what is wrong with it.
#[utoipa::path(get, path = "/api/v1/audit/verify", tag = "Audit Trail",
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = Verdict), Faults))]
pub(super) async fn verify(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Verdict>, Problem> {
    let verdict = app.service.verify(&caller.tenant).await?;
    let faults = verdict.faults.into_iter().map(|fault| Wrong {
        number: fault.number,
        code: fault.code,
        what: fault.what,
    });
    Ok(Json(Verdict {
        whole: verdict.whole,
        records: verdict.records,
        entries: verdict.entries,
        newest: verdict.newest,
        head: verdict.head,
        faults: faults.collect(),
    }))
}

/// Every change as a line of JSON, oldest first.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "Audit Trail", params(Wanted),
    security(("jwt" = []), ("api_key" = [])),
    responses((status = 200, body = Entry, content_type = "application/x-ndjson"), Faults))]
pub(super) async fn export(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, Problem> {
    let filter = AuditFilter {
        newest_first: false,
        limit: MOST_ENTRIES,
        ..filter(&uri)?
    };
    // Page by page: a reader that is slow holds one of them.
    let pages = stream::try_unfold(Some(filter), move |filter| {
        let (app, tenant) = (app.clone(), caller.tenant.clone());
        async move {
            let Some(filter) = filter else {
                return Ok(None);
            };
            let page = app.service.entries(&tenant, filter.clone()).await?;
            let next = page.next.map(|cursor| AuditFilter {
                cursor: Some(cursor),
                ..filter
            });
            Ok::<_, ServiceError>(Some((lines(&page.entries), next)))
        }
    });
    let mut response = Body::from_stream(pages).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-ndjson"),
    );
    let name = HeaderValue::from_static("attachment; filename=\"audit.jsonl\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

fn lines(entries: &[AuditEntry]) -> Bytes {
    let mut text = Vec::new();
    for entry in entries {
        // An entry is texts and numbers, which are always written.
        if serde_json::to_writer(&mut text, entry).is_ok() {
            text.push(b'\n');
        }
    }
    text.into()
}
