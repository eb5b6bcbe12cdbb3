//! A kiosk's records: taken once, in order, acknowledged after the commit.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use kiosk_wire::{Acknowledgement, KioskId};

use super::{Desk, body, parse};
use crate::caller::Caller;
use crate::intake;
use crate::refusal::Refusal;

/// `POST /v1/kiosks/{kiosk}/records`
pub(super) async fn take(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Path(kiosk): Path<String>,
    body: Body,
) -> Result<Json<Acknowledgement>, Refusal> {
    let kiosk: KioskId = parse(&kiosk)?;
    caller.must_be_kiosk(&kiosk)?;
    let bytes = body::whole(body, desk.limits.batch_bytes, desk.limits.body_pause()).await?;
    let told = intake::take(&desk, (&caller.tenant, &kiosk), &bytes).await?;
    Ok(Json(told))
}

/// `GET /v1/kiosks/{kiosk}/acknowledged`
pub(super) async fn acknowledged(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Path(kiosk): Path<String>,
) -> Result<Json<Acknowledgement>, Refusal> {
    let kiosk: KioskId = parse(&kiosk)?;
    caller.must_be_kiosk_or_reader(&kiosk)?;
    let end = desk.end_for(&caller.tenant, &kiosk).await?;
    Ok(Json(intake::acknowledgement(kiosk, end.as_ref())))
}
