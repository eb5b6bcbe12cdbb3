//! The dialect of Master EKYC: an applicant, a code that proves their address, their document, their video, a check.
//!
//! ```text
//! applicants ─► otp ─► verify_otp ─► documents ─► check_liveness_document ─► videos ─► check_liveness_video ─► checks
//!     │                                                                       ▲ challenges (ours)
//!     └─► sdk_tokens, mobile_tokens (ours): of one applicant, for the steps between
//! ```
//!
//! An applicant is a session of the one service and has its name; a check is that session's decision. `docs/api/master.md` has
//! the bodies, since those of the published document are its tool's template.

mod access;
mod applicant;
mod check;
mod codes;
mod document;
mod liveness;
pub(crate) mod openapi;
mod otp;
mod personal;
mod tokens;
mod video;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};
use serde_json::{Value, json};

use crate::auth::Permission;
use crate::courier;
use crate::web::problem::Problem;
use crate::web::watch::mounted;
use crate::web::{App, FORM_BYTES};
use access::{Door, Kinds};

/// What the dialect keeps of its own, until the process ends.
pub(crate) struct Desk {
    /// What carries codes; `None` where the config names no way.
    post: Option<courier::Codes>,
    codes: codes::Codes,
    tokens: tokens::Tokens,
}

/// The dialect's routes, below `/api`.
pub(crate) fn routes(app: &App, post: Option<courier::Codes>) -> Router<App> {
    let desk = Arc::new(Desk {
        post,
        codes: codes::Codes::new(),
        tokens: tokens::Tokens::default(),
    });
    let door = Door::new(app, &desk);
    let routes = Router::new()
        .merge(applicants(&door))
        .merge(steps(&door))
        .merge(uploads(app, &door))
        .merge(checks(&door))
        .layer(Extension(desk));
    mounted(routes, form)
}

/// The document shows no error that is not its tool's template; ours.
fn form(problem: &Problem) -> Value {
    json!({"error": {"code": problem.code(), "message": problem.detail()}})
}

fn applicants(door: &Door) -> Router<App> {
    let api = |permission, route| door.needs(permission, Kinds::Api, route);
    let of_one = |permission, route| door.needs(permission, Kinds::All, route);
    Router::new()
        .route(
            "/applicants",
            api(Permission::Create, post(applicant::create))
                .merge(api(Permission::Read, get(applicant::list))),
        )
        .route(
            "/applicants/{applicant_id}",
            of_one(Permission::Read, get(applicant::show))
                .merge(api(
                    Permission::Create,
                    axum::routing::put(applicant::update),
                ))
                .merge(api(
                    Permission::Erase,
                    axum::routing::delete(applicant::delete),
                )),
        )
        .route("/sdk_tokens", api(Permission::Capture, post(tokens::sdk)))
        .route(
            "/mobile_tokens",
            api(Permission::Capture, post(tokens::mobile)),
        )
}

/// What an applicant's own device may do, without files.
fn steps(door: &Door) -> Router<App> {
    let step = |route: MethodRouter<App>| door.needs(Permission::Capture, Kinds::All, route);
    Router::new()
        .route("/otp", step(post(otp::send)))
        .route("/verify_otp", step(post(otp::verify)))
        .route("/check_liveness_document", step(post(document::check)))
        .route("/challenges", step(post(video::challenge)))
        .route("/check_liveness_video", step(post(liveness::check)))
}

fn uploads(app: &App, door: &Door) -> Router<App> {
    let limits = &app.settings.limits;
    let pictures = DefaultBodyLimit::max(2 * limits.picture_bytes + FORM_BYTES);
    let clip = limits.clip_bytes + limits.picture_bytes + FORM_BYTES + 512 * limits.clip_files;
    let step = |route| door.needs(Permission::Capture, Kinds::All, route);
    let read = |route| door.needs(Permission::Read, Kinds::Api, route);
    Router::new()
        .route(
            "/documents",
            step(post(document::add).layer(pictures)).merge(read(get(document::list))),
        )
        .route(
            "/videos",
            step(post(video::add).layer(DefaultBodyLimit::max(clip))).merge(read(get(video::list))),
        )
}

fn checks(door: &Door) -> Router<App> {
    let submit = door.needs(Permission::Submit, Kinds::Api, post(check::create));
    let read = |route| door.needs(Permission::Read, Kinds::Api, route);
    Router::new()
        .route("/checks", submit.merge(read(get(check::list))))
        .route("/checks/{check_id}", read(get(check::show)))
}
