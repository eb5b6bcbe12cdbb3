//! `/api-keys`: what machines come with. A key is told once, when it is made.

use std::borrow::Cow;

use axum::Json;
use axum::extract::Request;
use axum::http::StatusCode;
use kiosk_staff::{Key, NewKey, Scope};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::access::Desk;
use super::body::{Checks, Done, Text, read, whole};
use super::fault::Faults;
use super::users::Named;
use crate::docs::shapes::words;
use crate::onboarder::words::moment;
use crate::web::problem::Problem;

/// Longest that a key holds, in days.
const LONGEST_DAYS: i64 = 3_650;

/// A new key.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewKeyBody {
    /// How it is called in lists and the audit log.
    #[schema(value_type = String, required, min_length = 1, max_length = 64, pattern = r"\S", example = "core banking")]
    name: Text,
    /// What it may do, none of which its maker lacks.
    #[schema(value_type = Vec<Scopes>, required, min_items = 1, example = json!(["onboarding:write", "verification:read"]))]
    scopes: Option<Vec<String>>,
    /// After how many days it ends; never where that is absent.
    #[serde(default, deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 3650)]
    expires_in_days: Option<i64>,
}

/// What a key may do.
struct Scopes;

impl PartialSchema for Scopes {
    fn schema() -> RefOr<Schema> {
        words(
            "Something that a key may do",
            Scope::NAMED.iter().map(|(name, _)| *name),
        )
    }
}

impl ToSchema for Scopes {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Scope")
    }
}

/// A key as it stands.
#[derive(Serialize, ToSchema)]
pub(super) struct KeyShown {
    id: Uuid,
    name: String,
    #[schema(value_type = Vec<String>)]
    scopes: Vec<Scope>,
    /// A user's id, or a key's name.
    created_by: String,
    created_at: String,
    expires_at: Option<String>,
    revoked_at: Option<String>,
    /// `active`, `expired` or `revoked`.
    status: &'static str,
    /// The key itself, in the answer that makes it alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    key: Option<String>,
}

fn shown(key: Key, now: OffsetDateTime, told: Option<String>) -> KeyShown {
    let status = match (key.revoked_at, key.expires_at) {
        (Some(_), _) => "revoked",
        (None, Some(until)) if until <= now => "expired",
        _ => "active",
    };
    KeyShown {
        id: key.id,
        name: key.name,
        scopes: key.scopes,
        created_by: key.created_by,
        created_at: moment(key.created_at),
        expires_at: key.expires_at.map(moment),
        revoked_at: key.revoked_at.map(moment),
        status,
        key: told,
    }
}

/// Makes a key.
#[utoipa::path(post, path = "/api/v1/api-keys", tag = "API Keys", request_body = NewKeyBody,
    security(("jwt" = []), ("api_key" = [])), responses((status = 201, body = KeyShown), Faults))]
pub(super) async fn make(
    desk: Desk,
    request: Request,
) -> Result<(StatusCode, Json<KeyShown>), Problem> {
    let body: NewKeyBody = read(&desk.app, request).await?;
    let mut checks = Checks::default();
    let name = checks.text("name", &body.name, 64);
    let known: Vec<Option<Scope>> = body
        .scopes
        .iter()
        .flatten()
        .map(|name| Scope::from_name(name))
        .collect();
    let scopes: Option<Vec<Scope>> = known.into_iter().collect();
    let scopes = scopes.filter(|scopes| !scopes.is_empty());
    if scopes.is_none() {
        let all: Vec<&str> = Scope::NAMED.iter().map(|(name, _)| *name).collect();
        checks.tell(format!("scopes must be some of {}", all.join(", ")));
    }
    if body
        .expires_in_days
        .is_some_and(|days| !(1..=LONGEST_DAYS).contains(&days))
    {
        checks.tell(format!("expires_in_days must be from 1 to {LONGEST_DAYS}"));
    }
    let now = desk.now();
    let new = name.zip(scopes).map(|(name, scopes)| NewKey {
        name,
        scopes,
        expires_at: body
            .expires_in_days
            .map(|days| now + Duration::days(days.clamp(1, LONGEST_DAYS))),
    });
    let (key, told) = desk
        .office
        .directory
        .make_key(&desk.principal, checks.done(new)?, now)
        .await?;
    desk.note("api_key.created", key.id).await?;
    Ok((
        StatusCode::CREATED,
        Json(shown(key, now, Some(told.to_string()))),
    ))
}

/// Every key, ended ones too.
#[derive(Serialize, ToSchema)]
pub(super) struct Keys {
    data: Vec<KeyShown>,
    total: usize,
}

/// Lists the keys, oldest first.
#[utoipa::path(get, path = "/api/v1/api-keys", tag = "API Keys",
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = Keys), Faults))]
pub(super) async fn list(desk: Desk) -> Result<Json<Keys>, Problem> {
    let now = desk.now();
    let keys = desk.office.directory.keys(desk.tenant()).await?;
    let data: Vec<KeyShown> = keys.into_iter().map(|key| shown(key, now, None)).collect();
    Ok(Json(Keys {
        total: data.len(),
        data,
    }))
}

/// Ends a key at once.
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}", tag = "API Keys", params(("id" = Uuid, Path)),
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = Done), Faults))]
pub(super) async fn revoke(desk: Desk, Named(id): Named) -> Result<Json<Done>, Problem> {
    desk.office
        .directory
        .revoke_key(desk.tenant(), id, desk.now())
        .await?;
    desk.note("api_key.revoked", id).await?;
    Ok(Done::OK)
}
