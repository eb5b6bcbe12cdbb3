//! `/health`: whether this machine can serve. It asks for no key.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::App;
use crate::service::{CameraHealth, EngineHealth, StoreHealth, StoreState};

/// The machine's health.
#[derive(Serialize)]
pub(super) struct Answer {
    status: &'static str,
    version: &'static str,
    database: &'static str,
    /// Ours: how far the engine is that runs the models.
    engine: EngineHealth,
    /// Ours: whether the store takes sessions, and how full it is.
    store: StoreHealth,
    /// Ours: the published body has none, and where the machine has no camera it reads as published.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cameras: Vec<CameraHealth>,
}

/// `GET /health`: 200 when a verification could be made now, 503 when not.
pub(super) async fn check(State(app): State<App>) -> (StatusCode, Json<Answer>) {
    let health = app.service.health().await;
    let (code, status) = if health.store.state == StoreState::Ready && health.models_ready {
        (StatusCode::OK, "healthy")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unhealthy")
    };
    // A full store is there: what is open goes on.
    let database = match health.store.state {
        StoreState::Ready | StoreState::Full => "connected",
        StoreState::NotWritable => "disconnected",
    };
    (
        code,
        Json(Answer {
            status,
            version: env!("CARGO_PKG_VERSION"),
            database,
            engine: health.engine,
            store: health.store,
            cameras: health.cameras,
        }),
    )
}
