//! The dialect of the KYC API 2.10.15: OAuth2 clients, an SDK that walks a person through a session, and its management.
//!
//! ```text
//! POST /oauth2/token ─► token with scopes        /idv/sdk/... needs `sdk` and X-Client-Id, the rest `management`
//! ```
//!
//! It translates and decides nothing. `docs/api/kyc.md` lists its operations and fields, what is ours, and what is not yet
//! answered.

mod document;
mod identity;
mod oauth;
mod sdk;
mod session;
mod tests_read;
pub(crate) mod utility;
mod words;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};
use serde_json::{Value, json};

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
    let sdk = |route: MethodRouter<App>| bearer(app, tokens, Scope::Sdk, route);
    Router::new()
        .route("/idv/sdk/metadata/update", sdk(post(sdk::metadata)))
        .route("/idv/sdk/liveness/generate", sdk(post(sdk::generate)))
        .route("/idv/sdk/session/read", sdk(post(sdk::read)))
        .route("/idv/sdk/consent/add", sdk(post(sdk::consent)))
        .route(
            "/idv/sdk/document-type/update",
            sdk(post(sdk::document_type)),
        )
        .route("/idv/sdk/finalize", sdk(post(sdk::finalize)))
        .merge(
            Router::new()
                .route("/idv/sdk/document/front/add", sdk(post(sdk::front)))
                .route("/idv/sdk/document/back/add", sdk(post(sdk::back)))
                .layer(picture),
        )
        .merge(
            Router::new()
                .route("/idv/sdk/liveness/process", sdk(post(sdk::process)))
                .layer(clip),
        )
}

fn for_management(app: &App, tokens: &Arc<Tokens>) -> Router<App> {
    let managed = |route: MethodRouter<App>| bearer(app, tokens, Scope::Management, route);
    Router::new()
        .route("/idv/session/create", managed(post(session::create)))
        .route("/idv/session/read", managed(post(session::read)))
        .route("/idv/session/list", managed(post(session::list)))
        .route("/idv/session/delete", managed(post(session::delete)))
        .route(
            "/idv/session/location/read",
            managed(post(session::location)),
        )
        .route("/idv/session/test/read", managed(post(tests_read::read)))
        .route("/idv/document/read", managed(post(document::read)))
        .route("/idv/document/list", managed(post(document::list)))
        .route("/idv/document/download", managed(post(document::download)))
        .route("/identity/list", managed(post(identity::list)))
        .route("/identity/read", managed(post(identity::read)))
        .route("/identity/status/read", managed(post(identity::status)))
        .route(
            "/identity/document/read",
            managed(post(identity::of_document)),
        )
        .route("/identity/image/read", managed(post(identity::image)))
}
