//! The dialect of the Kairos API: one form with a document and a selfie in, a result to ask for later.
//!
//! ```text
//! POST ─► session on disk ─► api_req_uuid          GET uuid ─► response_code 2 while it runs, then 1 and the result
//!              └─► job: document, selfie, one-picture clip, decision
//! ```
//!
//! It translates and decides nothing. `docs/api/kairos.md` lists its fields, and what is ours where the document is silent.

mod answer;
mod block;
mod findings;
mod job;
pub(crate) mod openapi;
mod request;
mod scope;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::{Value, json};

use crate::auth::Permission;
use crate::web::gate::{Presented, needs, only};
use crate::web::problem::Problem;
use crate::web::watch::mounted;
use crate::web::{App, FORM_BYTES};
use job::Jobs;
use scope::Scope;

/// What a request needs: it begins a session, adds to it, and has it decided.
const TO_ASK: &[Permission] = &[Permission::Create, Permission::Capture, Permission::Submit];

/// The dialect's routes, below its version.
pub(crate) fn routes(app: &App) -> Router<App> {
    let routes = Scope::ALL.into_iter().fold(Router::new(), |routes, scope| {
        let limits = &app.settings.limits;
        let clip = limits.clip_bytes + limits.picture_bytes + 512 * limits.clip_files;
        let pictures = FORM_BYTES
            + match scope {
                Scope::Liveness => clip,
                _ => 3 * limits.picture_bytes,
            };
        let ask = needs(app, presented, TO_ASK, post(request::begin));
        let read = needs(app, presented, &[Permission::Read], get(answer::show));
        let path = scope.path();
        let of_scope = Router::new()
            .route(path, ask)
            .route(&format!("{path}/{{api_req_uuid}}"), read)
            .layer(Extension(scope))
            .layer(DefaultBodyLimit::max(pictures));
        routes.merge(of_scope)
    });
    mounted(routes.layer(Extension(Arc::<Jobs>::default())), form)
}

/// The document shows no error; ours.
fn form(problem: &Problem) -> Value {
    json!({
        "response_code": 0,
        "error": {"code": problem.code(), "description": problem.detail()},
    })
}

/// A credential's name and its key, each in a header.
fn presented(headers: &HeaderMap) -> Result<Presented<'_>, Problem> {
    let name = only(headers, "app_id", &Problem::NO_APP)?;
    let key = only(headers, "app_key", &Problem::NO_APP)?;
    Ok(Presented {
        name: Some(name),
        key,
    })
}
