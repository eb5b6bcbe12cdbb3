//! A kiosk's records: taken once, in order, acknowledged after the commit.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use kiosk_wire::{Acknowledgement, Batch, ChainFault, FIRST_PREVIOUS, KioskId, WireError};

use super::{Desk, body, parse, storage, untaken};
use crate::caller::Caller;
use crate::ledger::KioskEnd;
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
    let batch = read(&bytes)?;
    if batch.kiosk != kiosk || batch.records.iter().any(|record| record.kiosk != kiosk) {
        return Err(foreign());
    }
    check(&desk, &batch).await?;
    check_keys(&desk, &batch)?;
    let taken = desk
        .ledger
        .take(&caller.tenant, &batch, desk.now_ms())
        .await
        .map_err(|error| untaken(error, &kiosk))?;
    tracing::debug!(new = taken.new, "records stored");
    let acknowledgement = Acknowledgement::of_records(kiosk, taken.durable, taken.head);
    if let Some(broker) = &desk.broker {
        broker.acknowledge(&caller.tenant, &acknowledgement);
    }
    Ok(Json(acknowledgement))
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
    Ok(Json(acknowledgement(kiosk, end.as_ref())))
}

/// What is held of a kiosk; of one that nothing was received of, nothing.
fn acknowledgement(kiosk: KioskId, end: Option<&KioskEnd>) -> Acknowledgement {
    let (durable, head) = end.map_or((0, FIRST_PREVIOUS), |end| (end.durable, end.head));
    Acknowledgement::of_records(kiosk, durable, head)
}

fn read(bytes: &[u8]) -> Result<Batch, Refusal> {
    serde_json::from_slice(bytes).map_err(|error| {
        // Where it breaks, but not what stands there.
        let (line, column) = (error.line(), error.column());
        Refusal::BadRequest(format!(
            "the body is no batch (line {line}, column {column})"
        ))
    })
}

/// What is wrong with the batch by itself, before the database is asked.
async fn check(desk: &Desk, batch: &Batch) -> Result<(), Refusal> {
    match batch.check() {
        Ok(()) => Ok(()),
        Err(WireError::ForeignRecord) => Err(foreign()),
        // A number left out within the batch: the kiosk learns where to go on.
        Err(WireError::Chain(ChainFault::Number { expected, found })) if found > expected => {
            let end = desk.ledger.end(&batch.kiosk).await.map_err(storage)?;
            let held = acknowledgement(batch.kiosk.clone(), end.as_ref());
            Err(Refusal::Gap { held })
        }
        Err(WireError::Chain(fault)) => Err(Refusal::ChainBroken(fault.to_string())),
        Err(error @ WireError::BatchTooLarge { .. }) => Err(Refusal::BadRequest(error.to_string())),
        Err(error) => Err(Refusal::BadRequest(error.to_string())),
    }
}

/// A key that central cannot open would leave its session unreadable for ever, and nobody would
/// notice before a reader asks: the kiosk is told now, while it still has the key.
fn check_keys(desk: &Desk, batch: &Batch) -> Result<(), Refusal> {
    let opens = |key: &kiosk_wire::SealedKey| key.open(&desk.secret, &batch.kiosk).is_ok();
    match batch.keys.iter().all(opens) {
        true => Ok(()),
        false => Err(Refusal::KeyDoesNotOpen),
    }
}

fn foreign() -> Refusal {
    Refusal::Forbidden("the batch is not all of the kiosk in the path")
}
