//! Whether central is well: 200 where records can be stored, 503 where not. MQTT does not count.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::Desk;
use crate::broker::BrokerState;

/// Who asks for health does not wait as long as who stores records.
const WITHIN: Duration = Duration::from_secs(3);

/// The answer.
#[derive(Debug, Serialize)]
pub(super) struct Health {
    status: &'static str,
    database: &'static str,
    broker: BrokerState,
}

/// `GET /health`
pub(super) async fn read(State(desk): State<Arc<Desk>>) -> (StatusCode, Json<Health>) {
    let broker = desk
        .broker
        .as_ref()
        .map_or(BrokerState::NotConfigured, |broker| broker.state());
    let answered = tokio::time::timeout(WITHIN, desk.ledger.ping()).await;
    let (code, status, database) = match answered {
        Ok(Ok(())) => (StatusCode::OK, "ok", "ok"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "failing", "unavailable"),
    };
    (
        code,
        Json(Health {
            status,
            database,
            broker,
        }),
    )
}
