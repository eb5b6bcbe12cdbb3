//! `/webhook/...`: where a tenant is told of what happens to its sessions.

use axum::extract::{Request, State};
use axum::{Extension, Json};
use kiosk_session::Redacted;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::refusals::{Changes, ChangesNamed, Names, Takes};
use super::sdk::Done;
use super::session::asked;
use super::wanted::{Counts, Slice};
use super::weights::is_own;
use super::{bodies, words};
use crate::deliveries::{self, Attempt, Outcome};
use crate::registry::Shelf;
use crate::service::Caller;
use crate::subscriptions::{self, Subscription};
use crate::web::App;
use crate::web::fields;
use crate::web::problem::Problem;

/// Longest name of a subscription or a client, in characters.
const LONGEST: usize = 128;

/// A subscription's name (ours).
#[derive(Serialize, ToSchema)]
#[schema(as = NewWebhook)]
pub(super) struct Made {
    id: String,
}

/// `POST /webhook/create`
#[utoipa::path(post, path = "/webhook/create", tag = "Webhooks", operation_id = "create_webhook", summary = "An address that is told of what happens", request_body = bodies::WebhookBody, security(("oauth2" = ["management"])), responses((status = 200, description = "Its name", body = Made), Changes))]
pub(super) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Made>, Problem> {
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
    Ok(Json(Made { id: made.id }))
}

/// A subscription.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(super) struct Shown {
    id: String,
    client_id: String,
    name: String,
    url: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// When its owner answered that it is gone.
    #[schema(format = DateTime)]
    disabled_at: Option<String>,
}

/// A page of subscriptions, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookPage)]
pub(super) struct Listed {
    webhooks: Vec<Shown>,
    statistics: Counts,
}

/// `POST /webhook/list`
#[utoipa::path(post, path = "/webhook/list", tag = "Webhooks", operation_id = "list_webhooks", summary = "Lists the addresses, newest first", request_body = bodies::WebhooksWanted, security(("oauth2" = ["management"])), responses((status = 200, description = "A page", body = Listed), Takes))]
pub(super) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Listed>, Problem> {
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
    Ok(Json(Listed {
        webhooks: page.iter().map(shown).collect(),
        statistics: counts,
    }))
}

fn has(held: &Subscription, term: &str) -> bool {
    let texts = [&held.id, &held.name, held.url.reveal()];
    texts.iter().any(|text| text.to_lowercase().contains(term))
}

fn shown(held: &Subscription) -> Shown {
    Shown {
        id: held.id.clone(),
        client_id: held.client_id.clone(),
        name: held.name.clone(),
        url: Redacted::reveal(&held.url).clone(),
        created_at: words::moment(held.created_at),
        disabled_at: held.disabled_at.map(words::moment),
    }
}

/// `POST /webhook/delete`
#[utoipa::path(post, path = "/webhook/delete", tag = "Webhooks", operation_id = "delete_webhook", summary = "Takes an address back", request_body = bodies::OfWebhook, security(("oauth2" = ["management"])), responses((status = 200, description = "It is gone", body = Done), ChangesNamed))]
pub(super) async fn delete(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let fields = asked(&app, request).await?;
    let id = fields::required(&fields, "id", LONGEST)?;
    if !subscriptions::remove(app.service.registry(), &caller.tenant, &id).await? {
        return Err(Problem::NO_WEBHOOK);
    }
    app.record(&caller, "webhook.deleted", Some(&id)).await?;
    Ok(Done::OK)
}

/// A secret, which is shown here and never again.
#[derive(Serialize, ToSchema)]
#[schema(as = NewSecret)]
pub(super) struct NewSecret {
    id: String,
    secret: String,
    #[schema(format = DateTime)]
    created_at: String,
}

/// `POST /webhook/secret/create`: another secret to sign with; it is shown here and never again.
#[utoipa::path(post, path = "/webhook/secret/create", tag = "Webhooks", operation_id = "create_webhook_secret", summary = "Another secret to sign with (ours)", request_body = bodies::Nothing, security(("oauth2" = ["management"])), responses((status = 200, description = "The secret", body = NewSecret), Changes))]
pub(super) async fn make_secret(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<NewSecret>, Problem> {
    asked(&app, request).await?;
    let made = deliveries::make_secret(app.service.registry(), &caller.tenant, app.service.now());
    let made = made.await?;
    app.record(&caller, "webhook_secret.created", Some(&made.id))
        .await?;
    Ok(Json(NewSecret {
        secret: Redacted::reveal(&made.secret).clone(),
        created_at: words::moment(made.created_at),
        id: made.id,
    }))
}

/// A secret's name.
#[derive(Serialize, ToSchema)]
#[schema(as = Secret)]
struct SecretShown {
    id: String,
    #[schema(format = DateTime)]
    created_at: String,
}

/// The secrets that sign, oldest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Secrets {
    secrets: Vec<SecretShown>,
}

/// `POST /webhook/secret/list`: the secrets that sign, without the secrets.
#[utoipa::path(post, path = "/webhook/secret/list", tag = "Webhooks", operation_id = "list_webhook_secrets", summary = "The secrets that sign, without the secrets (ours)", request_body = bodies::Nothing, security(("oauth2" = ["management"])), responses((status = 200, description = "Their names", body = Secrets), Takes))]
pub(super) async fn secrets(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Secrets>, Problem> {
    asked(&app, request).await?;
    let secrets = deliveries::secrets(app.service.registry(), &caller.tenant)?;
    let secrets = secrets.into_iter().map(|held| SecretShown {
        id: held.id,
        created_at: words::moment(held.created_at),
    });
    Ok(Json(Secrets {
        secrets: secrets.collect(),
    }))
}

/// `POST /webhook/secret/delete`
#[utoipa::path(post, path = "/webhook/secret/delete", tag = "Webhooks", operation_id = "delete_webhook_secret", summary = "Ends a secret (ours)", request_body = bodies::OfSecret, security(("oauth2" = ["management"])), responses((status = 200, description = "It is gone", body = Done), ChangesNamed))]
pub(super) async fn delete_secret(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let fields = asked(&app, request).await?;
    let id = fields::required(&fields, "id", LONGEST)?;
    let registry = app.service.registry();
    let removed = registry.remove(&caller.tenant, Shelf::WebhookSecrets, &id);
    if !removed.await? {
        return Err(Problem::NO_SECRET);
    }
    app.record(&caller, "webhook_secret.deleted", Some(&id))
        .await?;
    Ok(Done::OK)
}

/// What was sent.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookTried)]
pub(super) struct TriedOut {
    message_id: Uuid,
}

/// `POST /webhook/test`: sends a subscription `webhook.test`; what came of it stands among the deliveries.
#[utoipa::path(post, path = "/webhook/test", tag = "Webhooks", operation_id = "test_webhook", summary = "Sends an address something to try it by (ours)", request_body = bodies::OfWebhook, security(("oauth2" = ["management"])), responses((status = 200, description = "The message", body = TriedOut), Names))]
pub(super) async fn test(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<TriedOut>, Problem> {
    let fields = asked(&app, request).await?;
    let id = fields::required(&fields, "id", LONGEST)?;
    let held = subscriptions::all(app.service.registry(), &caller.tenant)?;
    let held = held.into_iter().find(|held| held.id == id);
    let held = held.ok_or(Problem::NO_WEBHOOK)?;
    let deliveries = app.service.deliveries();
    let message = deliveries.try_out(&caller.tenant, &held).await?;
    Ok(Json(TriedOut {
        message_id: message,
    }))
}

/// A try to deliver.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
struct Try {
    message_id: Uuid,
    event: String,
    /// Null where it went to a session's own address.
    webhook_id: Option<String>,
    /// From 1.
    attempt: u32,
    #[schema(format = DateTime)]
    at: String,
    /// The receiver's answer, where there was one.
    status: Option<u16>,
    #[schema(value_type = String)]
    outcome: Outcome,
    /// When it is tried again.
    #[schema(format = DateTime)]
    next_at: Option<String>,
}

/// A page of tries, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryPage)]
pub(super) struct Deliveries {
    deliveries: Vec<Try>,
    meta_counts: Counts,
}

/// `POST /webhook/delivery/list`: the last tries, newest first.
#[utoipa::path(post, path = "/webhook/delivery/list", tag = "Webhooks", operation_id = "list_deliveries", summary = "The last tries to deliver, newest first (ours)", request_body = bodies::DeliveriesWanted, security(("oauth2" = ["management"])), responses((status = 200, description = "A page", body = Deliveries), Takes))]
pub(super) async fn attempts(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Deliveries>, Problem> {
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
    Ok(Json(Deliveries {
        deliveries: page.into_iter().map(tried).collect(),
        meta_counts: counts,
    }))
}

fn tried(tried: Attempt) -> Try {
    Try {
        message_id: tried.message,
        event: tried.event,
        webhook_id: tried.webhook,
        attempt: tried.number,
        at: words::moment(tried.at),
        status: tried.status,
        outcome: tried.outcome,
        next_at: tried.next_at.map(words::moment),
    }
}
