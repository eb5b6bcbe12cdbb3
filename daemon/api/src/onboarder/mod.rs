//! The dialect of the eKYC Onboarder API: its published requests and answers over the one service.
//!
//! This module translates and decides nothing. `docs/api/onboarder.md` lists each operation and field, and
//! what is ours where the published document is silent.

pub(crate) mod document;
pub(crate) mod health;
pub(crate) mod liveness;
pub(crate) mod openapi;
mod page;
mod preview;
mod problem;
pub(crate) mod selfie;
mod sessions;
pub(crate) mod submit;
pub(crate) mod told;
pub(crate) mod words;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodFilter, MethodRouter, get, on, post};

use crate::auth::Permission;
use crate::web::problem::Problem;
use crate::web::watch::mounted;
use crate::web::{App, FORM_BYTES, gate};

/// The dialect's routes.
pub(crate) fn routes(app: &App) -> Router<App> {
    let routes = Router::new()
        .merge(partner(app))
        .merge(kyc(app))
        .route("/kyc/{session_id}", get(page::show))
        .route("/health", get(health::check));
    mounted(routes, problem::form)
}

/// The route behind a key with that permission.
fn needs(
    app: &App,
    permissions: &'static [Permission],
    route: MethodRouter<App>,
) -> MethodRouter<App> {
    gate::needs(app, problem::presented, permissions, route)
}

fn partner(app: &App) -> Router<App> {
    let create = needs(app, &[Permission::Create], post(sessions::create));
    let list = needs(app, &[Permission::Read], get(sessions::list));
    let show = needs(app, &[Permission::Read], get(sessions::show));
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
        .on(MethodFilter::HEAD, async || Problem::WRONG_METHOD);
    let capture = |route| needs(app, &[Permission::Capture], route);
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
            needs(app, &[Permission::Submit], post(submit::submit)),
        )
}
