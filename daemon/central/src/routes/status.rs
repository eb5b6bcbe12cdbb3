//! What a kiosk last said of itself by MQTT, for readers.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use kiosk_wire::KioskId;
use serde::Serialize;
use time::OffsetDateTime;

use super::{Desk, moment, parse, storage};
use crate::caller::Caller;
use crate::refusal::Refusal;

/// `null` where nothing was heard: that is not the same as offline.
#[derive(Debug, Serialize)]
pub(super) struct StatusView {
    kiosk: KioskId,
    online: Option<bool>,
    #[serde(with = "time::serde::rfc3339::option")]
    online_heard_at: Option<OffsetDateTime>,
    last_event: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    last_event_heard_at: Option<OffsetDateTime>,
}

/// `GET /v1/kiosks/{kiosk}/status`
pub(super) async fn read(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Path(kiosk): Path<String>,
) -> Result<Json<StatusView>, Refusal> {
    caller.must_be_reader()?;
    let kiosk: KioskId = parse(&kiosk)?;
    let heard = desk.ledger.hearsay(&caller.tenant, &kiosk).await;
    let heard = heard.map_err(storage)?;
    Ok(Json(StatusView {
        kiosk,
        online: heard.online.map(|(online, _)| online),
        online_heard_at: heard.online.and_then(|(_, at)| moment(at)),
        last_event_heard_at: heard.event.as_ref().and_then(|(_, at)| moment(*at)),
        last_event: heard.event.map(|(kind, _)| kind),
    }))
}
