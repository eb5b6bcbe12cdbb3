//! `/health`: whether this machine can serve. It asks for no key.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::words;
use crate::kyc::utility;
use crate::service::{CameraHealth, EngineHealth, StoreHealth, StoreState};
use crate::web::App;

/// The machine's health.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Health)]
pub(crate) struct Answer {
    status: &'static str,
    version: &'static str,
    database: &'static str,
    /// From here to `error` as the KYC API publishes this path.
    timestamp: String,
    uptime: f64,
    environment: &'static str,
    checks: Checks,
    details: Details,
    error: Option<&'static str>,
    /// Ours: how far the engine is that runs the models.
    #[schema(value_type = Object)]
    engine: EngineHealth,
    /// Ours: whether the store takes sessions, and how full it is.
    #[schema(value_type = Object)]
    store: StoreHealth,
    /// Ours: the published body has none, and where the machine has no camera it reads as published.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    cameras: Vec<CameraHealth>,
}

/// Each part in a word.
#[derive(Serialize, utoipa::ToSchema)]
struct Checks {
    store: &'static str,
    models: &'static str,
}

/// What else is known.
#[derive(Serialize, utoipa::ToSchema)]
struct Details {
    sync: String,
}

/// `GET /health`: 200 when a verification could be made now, 503 when not.
#[utoipa::path(get, path = "/health", operation_id = "read_health", summary = "Whether a verification could be made now", security(()), responses((status = 200, description = "It could", body = Answer), (status = 503, description = "It could not", body = Answer)))]
pub(crate) async fn check(State(app): State<App>) -> (StatusCode, Json<Answer>) {
    let health = app.service.health().await;
    let (code, status) = if health.is_ready() {
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
            timestamp: words::moment(app.service.now()),
            uptime: app.uptime_s(),
            environment: utility::ENVIRONMENT,
            checks: Checks {
                store: utility::word(health.is_store_ready()),
                models: utility::word(health.models_ready),
            },
            details: Details { sync: health.sync },
            error: (code != StatusCode::OK).then_some("a part of the kiosk is not ready"),
            engine: health.engine,
            store: health.store,
            cameras: health.cameras,
        }),
    )
}
