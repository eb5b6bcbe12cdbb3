//! What the machine says of itself, to whoever asks: nothing of any session.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::words::moment;
use crate::web::App;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const SERVICE: &str = "kioskd";
pub(crate) const ENVIRONMENT: &str = "kiosk";

/// `GET /`
pub(super) async fn root(State(app): State<App>) -> Json<Value> {
    let health = app.service.health().await;
    Json(json!({
        "service": SERVICE,
        "description": "Identity verification on this machine",
        "version": VERSION,
        "environment": ENVIRONMENT,
        "timestamp": moment(app.service.now()),
        "documentation": format!("{}/docs/kyc", app.settings.public_url),
        "health": format!("{}/health", app.settings.public_url),
        "status": word(health.is_ready()),
    }))
}

/// `GET /ping`
pub(super) async fn ping(State(app): State<App>) -> Json<Value> {
    Json(json!({"pong": true, "timestamp": moment(app.service.now())}))
}

/// `GET /status`
pub(super) async fn status(State(app): State<App>) -> Json<Value> {
    Json(json!({
        "service": SERVICE,
        "version": VERSION,
        "environment": ENVIRONMENT,
        "timestamp": moment(app.service.now()),
        "uptime": app.uptime_s(),
        "endpoints": {
            "health": "/health",
            "token": "/oauth2/token",
            "idv": "/idv",
        },
    }))
}

/// `GET /metrics/system`
pub(super) async fn metrics(State(app): State<App>) -> Json<Value> {
    let processors = std::thread::available_parallelism().ok();
    Json(json!({
        "timestamp": moment(app.service.now()),
        "system": {
            "os": std::env::consts::OS,
            "architecture": std::env::consts::ARCH,
            "processors": processors.map(std::num::NonZero::get),
            "uptime": app.uptime_s(),
        },
        "environment": {"name": ENVIRONMENT, "version": VERSION},
    }))
}

/// `GET /health/live`
pub(super) async fn live(State(app): State<App>) -> Json<Value> {
    Json(json!({
        "status": "alive",
        "timestamp": moment(app.service.now()),
        "uptime": app.uptime_s(),
    }))
}

/// `GET /health/ready`: 200 when a verification could be made now, 503 when not.
pub(super) async fn ready(State(app): State<App>) -> (StatusCode, Json<Value>) {
    let health = app.service.health().await;
    let is_ready = health.is_ready();
    let body = json!({
        "status": if is_ready { "ready" } else { "not_ready" },
        "timestamp": moment(app.service.now()),
        "checks": {
            "store": word(health.is_store_ready()),
            "models": word(health.models_ready),
            "sync": health.sync,
        },
    });
    (code(is_ready), Json(body))
}

/// `GET /health/simple`
pub(super) async fn simple(State(app): State<App>) -> (StatusCode, Json<Value>) {
    let health = app.service.health().await;
    let is_ready = health.is_ready();
    let body = json!({"status": word(is_ready), "timestamp": moment(app.service.now())});
    (code(is_ready), Json(body))
}

/// `GET /version`
pub(super) async fn version() -> Json<Value> {
    Json(json!({ "version": VERSION }))
}

/// A check in a word.
pub(crate) const fn word(holds: bool) -> &'static str {
    if holds { "healthy" } else { "unhealthy" }
}

const fn code(is_ready: bool) -> StatusCode {
    if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}
