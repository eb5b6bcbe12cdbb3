//! `/webhook/...`: where a tenant is told of what happens to its sessions.

use axum::extract::{Request, State};
use axum::{Extension, Json};
use kiosk_session::Redacted;
use serde_json::{Value, json};

use super::session::asked;
use super::wanted::Slice;
use super::weights::is_own;
use super::words;
use crate::deliveries::{self, Attempt};
use crate::registry::Shelf;
use crate::service::Caller;
use crate::subscriptions::{self, Subscription};
use crate::web::App;
use crate::web::fields;
use crate::web::problem::Problem;

/// Longest name of a subscription or a client, in bytes.
const LONGEST: usize = 128;

/// `POST /webhook/create`
pub(super) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let fields = asked(&app, request).await?;
    is_own(
        &caller,
        fields::text(&fields, "client_id", LONGEST)?.as_deref(),
    )?;
    let name = fields::required(&fields, "name", LONGEST)?;
    let url = fields::address(&fields, "url")?.ok_or_else(|| fields::missing("url"))?;
    let made = Subscription::new(&caller.credential, name, url, app.service.now());
    subscriptions::put(app.service.registry(), &caller.tenant, &made).await?;
    app.record(&caller, "webhook.created", Some(&made.id))
        .await?;
    Ok(Json(json!({ "id": made.id })))
}

/// `POST /webhook/list`
pub(super) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let fields = asked(&app, request).await?;
    let slice = Slice::read(&fields)?;
    let client = fields::text(&fields, "client_id", LONGEST)?;
    let term = fields::text(&fields, "search_term", LONGEST)?.map(|term| term.to_lowercase());
    let mut all = subscriptions::all(app.service.registry(), &caller.tenant)?;
    all.retain(|held| {
        client
            .as_ref()
            .is_none_or(|client| *client == held.client_id)
            && term.as_ref().is_none_or(|term| has(held, term))
    });
    all.sort_by_key(|held| (std::cmp::Reverse(held.created_at), held.id.clone()));
    let (page, counts) = slice.of(all);
    let webhooks: Vec<Value> = page.iter().map(shown).collect();
    Ok(Json(json!({"webhooks": webhooks, "statistics": counts})))
}

fn has(held: &Subscription, term: &str) -> bool {
    let texts = [&held.id, &held.name, held.url.reveal()];
    texts.iter().any(|text| text.to_lowercase().contains(term))
}

fn shown(held: &Subscription) -> Value {
    json!({
        "id": held.id,
        "client_id": held.client_id,
        "name": held.name,
        "url": Redacted::reveal(&held.url),
        "created_at": words::moment(held.created_at),
        "disabled_at": held.disabled_at.map(words::moment),
    })
}

/// `POST /webhook/delete`
pub(super) async fn delete(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let fields = asked(&app, request).await?;
    let id = fields::required(&fields, "id", LONGEST)?;
    if !subscriptions::remove(app.service.registry(), &caller.tenant, &id).await? {
        return Err(Problem::NO_WEBHOOK);
    }
    app.record(&caller, "webhook.deleted", Some(&id)).await?;
    Ok(Json(json!({})))
}

/// `POST /webhook/secret/create`: another secret to sign with; it is shown here and never again.
pub(super) async fn make_secret(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    asked(&app, request).await?;
    let made = deliveries::make_secret(app.service.registry(), &caller.tenant, app.service.now());
    let made = made.await?;
    app.record(&caller, "webhook_secret.created", Some(&made.id))
        .await?;
    Ok(Json(json!({
        "id": made.id,
        "secret": Redacted::reveal(&made.secret),
        "created_at": words::moment(made.created_at),
    })))
}

/// `POST /webhook/secret/list`: the secrets that sign, without the secrets.
pub(super) async fn secrets(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    asked(&app, request).await?;
    let secrets = deliveries::secrets(app.service.registry(), &caller.tenant)?;
    let secrets = secrets
        .iter()
        .map(|held| json!({"id": held.id, "created_at": words::moment(held.created_at)}));
    Ok(Json(json!({ "secrets": secrets.collect::<Vec<_>>() })))
}

/// `POST /webhook/secret/delete`
pub(super) async fn delete_secret(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let fields = asked(&app, request).await?;
    let id = fields::required(&fields, "id", LONGEST)?;
    let registry = app.service.registry();
    let removed = registry.remove(&caller.tenant, Shelf::WebhookSecrets, &id);
    if !removed.await? {
        return Err(Problem::NO_SECRET);
    }
    app.record(&caller, "webhook_secret.deleted", Some(&id))
        .await?;
    Ok(Json(json!({})))
}

/// `POST /webhook/test`: sends a subscription `webhook.test`; what came of it stands among the deliveries.
pub(super) async fn test(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let fields = asked(&app, request).await?;
    let id = fields::required(&fields, "id", LONGEST)?;
    let held = subscriptions::all(app.service.registry(), &caller.tenant)?;
    let held = held.into_iter().find(|held| held.id == id);
    let held = held.ok_or(Problem::NO_WEBHOOK)?;
    let deliveries = app.service.deliveries();
    let message = deliveries.try_out(&caller.tenant, &held).await?;
    Ok(Json(json!({ "message_id": message })))
}

/// `POST /webhook/delivery/list`: the last tries, newest first.
pub(super) async fn attempts(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let fields = asked(&app, request).await?;
    let slice = Slice::read(&fields)?;
    let webhook = fields::text(&fields, "webhook_id", LONGEST)?;
    let message = fields::text(&fields, "message_id", LONGEST)?;
    let mut all = app.service.deliveries().attempts(&caller.tenant).await;
    all.retain(|tried| {
        (webhook.is_none() || tried.webhook == webhook)
            && message
                .as_ref()
                .is_none_or(|wanted| *wanted == tried.message.to_string())
    });
    let (page, counts) = slice.of(all);
    let page: Vec<Value> = page.iter().map(tried).collect();
    Ok(Json(json!({"deliveries": page, "meta_counts": counts})))
}

fn tried(tried: &Attempt) -> Value {
    json!({
        "message_id": tried.message,
        "event": tried.event,
        "webhook_id": tried.webhook,
        "attempt": tried.number,
        "at": words::moment(tried.at),
        "status": tried.status,
        "outcome": tried.outcome,
        "next_at": tried.next_at.map(words::moment),
    })
}
