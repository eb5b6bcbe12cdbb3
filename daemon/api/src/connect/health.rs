//! `/health`: whether this machine lives and can serve. It asks for no credential.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::onboarder::words::moment;
use crate::web::App;

/// How the machine is.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok` or `error`.
    status: &'static str,
    /// The store takes sessions.
    store: bool,
    /// The models are loaded.
    models: bool,
    /// How sync with central stands, in a word or two.
    sync: String,
    version: &'static str,
    timestamp: String,
}

async fn of(app: &App) -> (StatusCode, Json<Health>) {
    let health = app.service.health().await;
    let (code, status) = match health.is_ready() {
        true => (StatusCode::OK, "ok"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "error"),
    };
    let told = Health {
        status,
        store: health.is_store_ready(),
        models: health.models_ready,
        sync: health.sync,
        version: env!("CARGO_PKG_VERSION"),
        timestamp: moment(app.service.now()),
    };
    (code, Json(told))
}

/// How the machine is: 503 where no verification could be made now.
#[utoipa::path(get, path = "/api/v1/health", tag = "Health",
    responses((status = 200, body = Health), (status = 503, body = Health)))]
pub(super) async fn whole(State(app): State<App>) -> (StatusCode, Json<Health>) {
    of(&app).await
}

/// Readiness.
#[utoipa::path(get, path = "/api/v1/health/ready", tag = "Health",
    responses((status = 200, body = Health), (status = 503, body = Health)))]
pub(super) async fn ready(State(app): State<App>) -> (StatusCode, Json<Health>) {
    of(&app).await
}

/// That it lives.
#[derive(Serialize, ToSchema)]
pub(super) struct Alive {
    /// `ok`.
    status: &'static str,
}

/// Liveness of the process.
#[utoipa::path(get, path = "/api/v1/health/live", tag = "Health", responses((status = 200, body = Alive)))]
pub(super) async fn live() -> Json<Alive> {
    Json(Alive { status: "ok" })
}
