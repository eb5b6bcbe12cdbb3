//! The dialect of the eKYC Onboarder API: its published requests and answers over the one service.
//!
//! ```text
//! request ─► log ─► key (401) ─► rate (429) ─► permission (403) ─► body within limits ─► service ─► answer
//! ```
//!
//! This module translates and decides nothing. `docs/api/onboarder.md` lists each operation and field, and
//! what is ours where the published document is silent.

mod countries;
mod document;
mod guard;
mod health;
mod json;
mod liveness;
mod page;
mod path;
mod preview;
mod problem;
mod selfie;
mod sessions;
mod submit;
mod upload;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodFilter, get, on, post};
use tokio::sync::Semaphore;

use crate::auth::{ApiKeys, Permission};
use crate::limits::Limits;
use crate::service::Verifications;
use guard::{Gate, needs};

/// What a multipart body may hold beside its files: boundaries, part heads and texts.
const FORM_BYTES: usize = 64 * 1024;

/// What the router is told by the config.
struct Settings {
    public_url: String,
    limits: Limits,
}

/// What every handler has.
#[derive(Clone)]
struct App {
    service: Arc<dyn Verifications>,
    gate: Arc<Gate>,
    settings: Arc<Settings>,
    uploads: Arc<Semaphore>,
}

/// The dialect's routes. `public_url` is what the outside calls this API, without a slash at the end.
pub fn router(
    service: Arc<dyn Verifications>,
    keys: ApiKeys,
    limits: Limits,
    public_url: String,
) -> Router {
    let app = App {
        service,
        gate: Arc::new(Gate::new(keys)),
        uploads: Arc::new(Semaphore::new(limits.uploads_at_once)),
        settings: Arc::new(Settings { public_url, limits }),
    };
    Router::new()
        .merge(partner(&app))
        .merge(kyc(&app))
        .route("/kyc/{session_id}", get(page::show))
        .route("/health", get(health::check))
        .fallback(async || problem::Problem::NO_ROUTE)
        .method_not_allowed_fallback(async || problem::Problem::WRONG_METHOD)
        .layer(axum::middleware::from_fn(guard::watch))
        .with_state(app)
}

fn partner(app: &App) -> Router<App> {
    let create = needs(app, Permission::Create, post(sessions::create));
    let list = needs(app, Permission::Read, get(sessions::list));
    let show = needs(app, Permission::Read, get(sessions::show));
    Router::new()
        .route("/partner/sessions", create.merge(list))
        .route("/partner/sessions/{session_id}", show)
}

fn kyc(app: &App) -> Router<App> {
    let limits = &app.settings.limits;
    let pictures = DefaultBodyLimit::max(2 * limits.picture_bytes + FORM_BYTES);
    let one_picture = DefaultBodyLimit::max(limits.picture_bytes + FORM_BYTES);
    let clip = DefaultBodyLimit::max(limits.clip_bytes + FORM_BYTES + 512 * limits.clip_files);
    // The document does not say by which method a challenge is fetched. HEAD is left out of GET, since it
    // would draw a challenge that its caller never sees.
    let drawing = on(MethodFilter::GET, liveness::challenge)
        .on(MethodFilter::POST, liveness::challenge)
        .on(MethodFilter::HEAD, async || problem::Problem::WRONG_METHOD);
    let capture = |route| needs(app, Permission::Capture, route);
    Router::new()
        .route(
            "/kyc/{session_id}/document",
            capture(post(document::add).layer(pictures)),
        )
        .route(
            "/kyc/{session_id}/selfie",
            capture(post(selfie::add).layer(one_picture)),
        )
        .route("/kyc/{session_id}/liveness/challenge", capture(drawing))
        .route(
            "/kyc/{session_id}/liveness",
            capture(post(liveness::add).layer(clip)),
        )
        .route(
            "/kyc/{session_id}/preview-token",
            capture(post(preview::mint)),
        )
        .route(
            "/kyc/{session_id}/submit",
            needs(app, Permission::Submit, post(submit::submit)),
        )
}
