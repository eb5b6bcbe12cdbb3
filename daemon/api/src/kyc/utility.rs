//! What the machine says of itself, to whoever asks: nothing of any session.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::refusals::Fails;
use super::words::moment;
use crate::web::App;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const SERVICE: &str = "kioskd";
pub(crate) const ENVIRONMENT: &str = "kiosk";

/// Who answers here.
#[derive(Serialize, ToSchema)]
pub(super) struct Root {
    service: &'static str,
    description: &'static str,
    version: &'static str,
    environment: &'static str,
    #[schema(format = DateTime)]
    timestamp: String,
    /// Where this document is read.
    documentation: String,
    health: String,
    /// `healthy` or `unhealthy`.
    status: &'static str,
}

/// `GET /`
#[utoipa::path(get, path = "/", tag = "Utilities", operation_id = "root", summary = "Who answers here", security(()), responses((status = 200, description = "The service", body = Root), Fails))]
pub(super) async fn root(State(app): State<App>) -> Json<Root> {
    let health = app.service.health().await;
    Json(Root {
        service: SERVICE,
        description: "Identity verification on this machine",
        version: VERSION,
        environment: ENVIRONMENT,
        timestamp: moment(app.service.now()),
        documentation: format!("{}/docs/kyc", app.settings.public_url),
        health: format!("{}/health", app.settings.public_url),
        status: word(health.is_ready()),
    })
}

/// An answer.
#[derive(Serialize, ToSchema)]
pub(super) struct Pong {
    /// Always true.
    pong: bool,
    #[schema(format = DateTime)]
    timestamp: String,
}

/// `GET /ping`
#[utoipa::path(get, path = "/ping", tag = "Utilities", operation_id = "ping", summary = "Whether anybody answers", security(()), responses((status = 200, description = "An answer", body = Pong), Fails))]
pub(super) async fn ping(State(app): State<App>) -> Json<Pong> {
    Json(Pong {
        pong: true,
        timestamp: moment(app.service.now()),
    })
}

/// The service, and since when.
#[derive(Serialize, ToSchema)]
#[schema(as = ServiceStatus)]
pub(super) struct Running {
    service: &'static str,
    version: &'static str,
    environment: &'static str,
    #[schema(format = DateTime)]
    timestamp: String,
    /// In seconds.
    uptime: f64,
    endpoints: Endpoints,
}

/// Where the dialect's parts begin (ours).
#[derive(Serialize, ToSchema)]
struct Endpoints {
    health: &'static str,
    token: &'static str,
    idv: &'static str,
}

/// `GET /status`
#[utoipa::path(get, path = "/status", tag = "Utilities", operation_id = "read_status", summary = "The service, and since when", security(()), responses((status = 200, description = "The service", body = Running), Fails))]
pub(super) async fn status(State(app): State<App>) -> Json<Running> {
    Json(Running {
        service: SERVICE,
        version: VERSION,
        environment: ENVIRONMENT,
        timestamp: moment(app.service.now()),
        uptime: app.uptime_s(),
        endpoints: Endpoints {
            health: "/health",
            token: "/oauth2/token",
            idv: "/idv",
        },
    })
}

/// The machine.
#[derive(Serialize, ToSchema)]
pub(super) struct Metrics {
    #[schema(format = DateTime)]
    timestamp: String,
    system: System,
    environment: Version,
}

/// What it runs on (ours).
#[derive(Serialize, ToSchema)]
struct System {
    os: &'static str,
    architecture: &'static str,
    /// Null where the machine does not tell.
    processors: Option<usize>,
    /// In seconds.
    uptime: f64,
}

/// What runs there (ours).
#[derive(Serialize, ToSchema)]
#[schema(as = Environment)]
struct Version {
    name: &'static str,
    version: &'static str,
}

/// `GET /metrics/system`
#[utoipa::path(get, path = "/metrics/system", tag = "Utilities", operation_id = "read_system", summary = "The machine", security(()), responses((status = 200, description = "The machine", body = Metrics), Fails))]
pub(super) async fn metrics(State(app): State<App>) -> Json<Metrics> {
    let processors = std::thread::available_parallelism().ok();
    Json(Metrics {
        timestamp: moment(app.service.now()),
        system: System {
            os: std::env::consts::OS,
            architecture: std::env::consts::ARCH,
            processors: processors.map(std::num::NonZero::get),
            uptime: app.uptime_s(),
        },
        environment: Version {
            name: ENVIRONMENT,
            version: VERSION,
        },
    })
}

/// That the program runs.
#[derive(Serialize, ToSchema)]
pub(super) struct Alive {
    /// Always `alive`.
    status: &'static str,
    #[schema(format = DateTime)]
    timestamp: String,
    /// In seconds.
    uptime: f64,
}

/// `GET /health/live`
#[utoipa::path(get, path = "/health/live", tag = "Utilities", operation_id = "read_live", summary = "Whether the program runs", security(()), responses((status = 200, description = "It runs", body = Alive), Fails))]
pub(super) async fn live(State(app): State<App>) -> Json<Alive> {
    Json(Alive {
        status: "alive",
        timestamp: moment(app.service.now()),
        uptime: app.uptime_s(),
    })
}

/// Whether a verification could be made now.
#[derive(Serialize, ToSchema)]
pub(super) struct Ready {
    /// `ready` or `not_ready`.
    status: &'static str,
    #[schema(format = DateTime)]
    timestamp: String,
    checks: Parts,
}

/// Each part in a word (ours).
#[derive(Serialize, ToSchema)]
struct Parts {
    store: &'static str,
    models: &'static str,
    sync: String,
}

/// `GET /health/ready`: 200 when a verification could be made now, 503 when not.
#[utoipa::path(get, path = "/health/ready", tag = "Utilities", operation_id = "read_ready", summary = "Whether a verification could be made now, part by part", security(()), responses((status = 200, description = "It could", body = Ready), (status = 503, description = "It could not", body = Ready), Fails))]
pub(super) async fn ready(State(app): State<App>) -> (StatusCode, Json<Ready>) {
    let health = app.service.health().await;
    let is_ready = health.is_ready();
    let body = Ready {
        status: if is_ready { "ready" } else { "not_ready" },
        timestamp: moment(app.service.now()),
        checks: Parts {
            store: word(health.is_store_ready()),
            models: word(health.models_ready),
            sync: health.sync,
        },
    };
    (code(is_ready), Json(body))
}

/// Whether a verification could be made now, in a word.
#[derive(Serialize, ToSchema)]
#[schema(as = SimpleHealth)]
pub(super) struct InAWord {
    /// `healthy` or `unhealthy`.
    status: &'static str,
    #[schema(format = DateTime)]
    timestamp: String,
}

/// `GET /health/simple`
#[utoipa::path(get, path = "/health/simple", tag = "Utilities", operation_id = "read_simple_health", summary = "Whether a verification could be made now, in a word", security(()), responses((status = 200, description = "It could", body = InAWord), (status = 503, description = "It could not", body = InAWord), Fails))]
pub(super) async fn simple(State(app): State<App>) -> (StatusCode, Json<InAWord>) {
    let health = app.service.health().await;
    let is_ready = health.is_ready();
    let body = InAWord {
        status: word(is_ready),
        timestamp: moment(app.service.now()),
    };
    (code(is_ready), Json(body))
}

/// The program's version.
#[derive(Serialize, ToSchema)]
#[schema(as = Version)]
pub(super) struct Versioned {
    version: &'static str,
}

/// `GET /version`
#[utoipa::path(get, path = "/version", tag = "Utilities", operation_id = "read_version", summary = "The program's version", security(()), responses((status = 200, description = "The version", body = Versioned), Fails))]
pub(super) async fn version() -> Json<Versioned> {
    Json(Versioned { version: VERSION })
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
