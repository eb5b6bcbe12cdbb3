//! The dialect of the KYC API 2.10.15: OAuth2 clients, an SDK that walks a person through a session, and its management.
//!
//! ```text
//! POST /oauth2/token ─► token with scopes        /idv/sdk/... needs `sdk` and X-Client-Id, the rest `management`
//! ```
//!
//! It translates and decides nothing. `docs/api/kyc.md` lists its operations and fields, and what is ours.

mod bodies;
mod document;
mod ida;
mod identity;
mod oauth;
pub(crate) mod openapi;
mod published;
mod refusals;
mod sdk;
mod session;
mod tests_read;
pub(crate) mod utility;
mod wanted;
mod webhook;
mod weights;
mod who;
mod words;

pub(crate) use session::verified;
pub(crate) use words::{moment, status};

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};
use serde_json::{Value, json};

use crate::service::Purpose;
use crate::web::problem::Problem;
use crate::web::watch::dialect;
use crate::web::{App, FORM_BYTES};
use oauth::{Scope, Tokens, bearer};

/// The dialect's routes.
pub(crate) fn routes(app: &App) -> Router<App> {
    let tokens = Arc::<Tokens>::default();
    let routes = Router::new()
        .merge(open())
        .merge(for_sdk(app, &tokens))
        .merge(for_management(app, &tokens))
        .layer(Extension(tokens));
    dialect(routes, form)
}

/// The document shows no error; ours.
fn form(problem: &Problem) -> Value {
    json!({"error": problem.code(), "message": problem.detail()})
}

/// What asks for no token.
fn open() -> Router<App> {
    Router::new()
        .route("/", get(utility::root))
        .route("/ping", get(utility::ping))
        .route("/status", get(utility::status))
        .route("/metrics/system", get(utility::metrics))
        .route("/health/live", get(utility::live))
        .route("/health/ready", get(utility::ready))
        .route("/health/simple", get(utility::simple))
        .route("/version", get(utility::version))
        .route(
            "/oauth2/token",
            post(oauth::token).layer(DefaultBodyLimit::max(oauth::LARGEST_FORM)),
        )
}

fn for_sdk(app: &App, tokens: &Arc<Tokens>) -> Router<App> {
    let limits = &app.settings.limits;
    let picture = DefaultBodyLimit::max(limits.picture_bytes + FORM_BYTES);
    // Pictures in JSON are base64: four letters for three bytes.
    let clip = DefaultBodyLimit::max(limits.clip_bytes / 3 * 4 + FORM_BYTES);
    let (idv, ida) = (Purpose::Verification, Purpose::Authentication);
    let sdk = |purpose, route: MethodRouter<App>| bearer(app, tokens, (Scope::Sdk, purpose), route);
    let small = Router::new()
        .route("/idv/sdk/metadata/update", sdk(idv, post(sdk::metadata)))
        .route("/idv/sdk/liveness/generate", sdk(idv, post(sdk::generate)))
        .route("/idv/sdk/session/read", sdk(idv, post(sdk::read)))
        .route("/idv/sdk/consent/add", sdk(idv, post(sdk::consent)))
        .route(
            "/idv/sdk/document-type/update",
            sdk(idv, post(sdk::document_type)),
        )
        .route("/idv/sdk/finalize", sdk(idv, post(sdk::finalize)))
        .route("/ida/sdk/session/read", sdk(ida, post(ida::sdk_read)))
        .route("/ida/sdk/metadata/update", sdk(ida, post(sdk::metadata)))
        .route("/ida/sdk/liveness/generate", sdk(ida, post(sdk::generate)))
        .route("/ida/sdk/finalize", sdk(ida, post(ida::finalize)));
    let pictures = Router::new()
        .route("/idv/sdk/document/front/add", sdk(idv, post(sdk::front)))
        .route("/idv/sdk/document/back/add", sdk(idv, post(sdk::back)))
        .layer(picture);
    let clips = Router::new()
        .route("/idv/sdk/liveness/process", sdk(idv, post(sdk::process)))
        .route("/ida/sdk/liveness/process", sdk(ida, post(sdk::process)))
        .layer(clip);
    small.merge(pictures).merge(clips)
}

fn for_management(app: &App, tokens: &Arc<Tokens>) -> Router<App> {
    let managed = |purpose, route: MethodRouter<App>| {
        bearer(app, tokens, (Scope::Management, purpose), route)
    };
    let idv = |route| managed(Purpose::Verification, route);
    let ida = |route| managed(Purpose::Authentication, route);
    Router::new()
        .route("/idv/session/create", idv(post(session::create)))
        .route("/idv/session/read", idv(post(session::read)))
        .route("/idv/session/list", idv(post(session::list)))
        .route("/idv/session/anonymize", idv(post(session::anonymize)))
        .route("/idv/session/delete", idv(post(session::delete)))
        .route("/idv/session/location/read", idv(post(session::location)))
        .route("/idv/session/test/read", idv(post(tests_read::read)))
        .route("/idv/document/read", idv(post(document::read)))
        .route("/idv/document/list", idv(post(document::list)))
        .route("/idv/document/download", idv(post(document::download)))
        .route(
            "/idv/requirements",
            idv(get(weights::requirements).post(weights::require)),
        )
        .route("/idv/weights", idv(get(weights::read).post(weights::set)))
        .route("/idv/weights/{id}", idv(get(weights::named)))
        .route("/ida/session/create", ida(post(ida::create)))
        .route("/ida/session/read", ida(post(ida::read)))
        .route("/ida/session/list", ida(post(ida::list)))
        .route("/ida/session/delete", ida(post(session::delete)))
        .route("/ida/session/location/read", ida(post(session::location)))
        .route("/ida/document/download", ida(post(ida::download)))
        .route("/identity/list", idv(post(identity::list)))
        .route("/identity/read", idv(post(identity::read)))
        .route("/identity/anonymize", idv(post(identity::anonymize)))
        .route("/identity/status/read", idv(post(identity::status)))
        .route("/identity/document/read", idv(post(identity::of_document)))
        .route("/identity/image/read", idv(post(identity::image)))
        .route("/webhook/create", idv(post(webhook::create)))
        .route("/webhook/list", idv(post(webhook::list)))
        .route("/webhook/delete", idv(post(webhook::delete)))
        .route("/webhook/test", idv(post(webhook::test)))
        .route("/webhook/delivery/list", idv(post(webhook::attempts)))
        .route("/webhook/secret/create", idv(post(webhook::make_secret)))
        .route("/webhook/secret/list", idv(post(webhook::secrets)))
        .route("/webhook/secret/delete", idv(post(webhook::delete_secret)))
}
