//! One session, for readers.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use kiosk_wire::KioskId;
use serde::Serialize;
use uuid::Uuid;

use super::{Desk, parse, storage};
use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::sessions::{self, SessionView};

const NOT_HELD: &str = "nothing of this session is held";

/// `GET /v1/kiosks/{kiosk}/sessions/{session}`
pub(super) async fn read(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Path((kiosk, session)): Path<(String, String)>,
) -> Result<Json<SessionView>, Refusal> {
    caller.must_be_reader()?;
    let (kiosk, session): (KioskId, Uuid) = (parse(&kiosk)?, parse(&session)?);
    let end = desk.end_for(&caller.tenant, &kiosk).await?;
    let end = end.ok_or(Refusal::NotFound(NOT_HELD))?;
    let view = sessions::read(&desk.ledger, &desk.secret, &kiosk, &end, session).await;
    let view = view.map_err(storage)?;
    view.map(Json).ok_or(Refusal::NotFound(NOT_HELD))
}

/// The answer about a whole chain.
#[derive(Debug, Serialize)]
pub(super) struct ChainView {
    kiosk: KioskId,
    durable: u64,
    /// Whether every record is what its hash says and follows the one before.
    chain_ok: bool,
}

/// `GET /v1/kiosks/{kiosk}/chain`: reads every record of the kiosk, so it takes its time.
pub(super) async fn chain(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Path(kiosk): Path<String>,
) -> Result<Json<ChainView>, Refusal> {
    caller.must_be_reader()?;
    let kiosk: KioskId = parse(&kiosk)?;
    let end = desk.end_for(&caller.tenant, &kiosk).await?;
    let end = end.ok_or(Refusal::NotFound(NOT_HELD))?;
    let walked = sessions::walk(&desk.ledger, &kiosk, &end).await;
    Ok(Json(ChainView {
        chain_ok: walked.map_err(storage)?,
        durable: end.durable,
        kiosk,
    }))
}
