//! Taking a batch, by whichever way it came: checked by itself, by its kiosk's signature, by its keys, then stored.
//!
//! ```text
//!  HTTPS: tenant by the connection's certificate ─┐
//!  MQTT: tenant by the topic ─────────────────────┴─► whole and in order ─► signed by this kiosk of this tenant
//!                                                     ─► keys open here ─► ledger ─► acknowledged
//! ```

use std::sync::Arc;

use kiosk_pki::{Peer, Role};
use kiosk_wire::{
    Acknowledgement, Batch, ChainFault, FIRST_PREVIOUS, KioskId, TenantId, WireError, topics,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::broker::Arrived;
use crate::ledger::KioskEnd;
use crate::refusal::Refusal;
use crate::routes::{Desk, broken, storage, untaken};

/// Batches by MQTT that are taken at the same time.
const AT_ONCE: usize = 16;

/// Takes a batch of `kiosk`, whose tenant the way has told. What is acknowledged is durable.
pub(crate) async fn take(
    desk: &Desk,
    (tenant, kiosk): (&TenantId, &KioskId),
    bytes: &[u8],
) -> Result<Acknowledgement, Refusal> {
    let batch = read(bytes)?;
    if batch.kiosk != *kiosk || batch.records.iter().any(|record| record.kiosk != *kiosk) {
        return Err(foreign());
    }
    check(desk, &batch).await?;
    check_signature(desk, tenant, &batch)?;
    check_keys(desk, &batch)?;
    let taken = desk.ledger.take(tenant, &batch, desk.now_ms()).await;
    let taken = taken.map_err(|error| untaken(error, kiosk))?;
    tracing::debug!(new = taken.new, "records stored");
    if taken.files_to_remove {
        desk.erased.notify_one();
    }
    let told = Acknowledgement::of_records(kiosk.clone(), taken.durable, taken.head);
    if let Some(broker) = &desk.broker {
        broker.acknowledge(tenant, &told);
    }
    Ok(told)
}

/// What is held of a kiosk; of one that nothing was received of, nothing.
pub(crate) fn acknowledgement(kiosk: KioskId, end: Option<&KioskEnd>) -> Acknowledgement {
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
        Err(WireError::Chain(fault)) => Err(broken(&fault)),
        Err(error @ WireError::NotAnErasure { .. }) => Err(Refusal::Unknown(error.to_string())),
        Err(error) => Err(Refusal::BadRequest(error.to_string())),
    }
}

/// The way proves at most who has carried it: the signature proves whose it is.
fn check_signature(desk: &Desk, tenant: &TenantId, batch: &Batch) -> Result<(), Refusal> {
    let unsigned = || Refusal::NotSigned("the batch is not signed; update the kiosk".into());
    let signed = batch.signature.as_ref().ok_or_else(unsigned)?;
    let (chain, signature) = (&signed.certificate, &signed.signature);
    let now = (desk.clock)();
    let signatures = desk.tls.signatures();
    let signer = signatures.signer(chain, &batch.signed_bytes(), signature, now);
    let signer = signer.map_err(|error| Refusal::NotSigned(error.to_string()))?;
    match is_of(&signer, tenant, &batch.kiosk) && !desk.tls.is_revoked(&signer.serial) {
        true => Ok(()),
        false => Err(Refusal::NotSigned(
            "the batch is signed by another than its kiosk".into(),
        )),
    }
}

fn is_of(signer: &Peer, tenant: &TenantId, kiosk: &KioskId) -> bool {
    signer.role == Role::Kiosk && signer.name == kiosk.as_str() && signer.tenant == tenant.as_str()
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
    Refusal::Forbidden("the batch is not all of the kiosk that it is sent for")
}

/// Takes what comes by MQTT, until the task is aborted.
pub(crate) async fn take_arriving(desk: Arc<Desk>, mut arriving: mpsc::Receiver<Arrived>) {
    let mut taking = JoinSet::new();
    while let Some(arrived) = arriving.recv().await {
        while taking.len() >= AT_ONCE {
            let _ = taking.join_next().await;
        }
        taking.spawn(take_one(Arc::clone(&desk), arrived));
    }
}

/// A refusal is answered where its kiosk can go on by it, with what is held; others stand in the log alone, since
/// nothing says that the kiosk has sent it.
async fn take_one(desk: Arc<Desk>, arrived: Arrived) {
    let Arrived {
        tenant,
        kiosk,
        payload,
    } = arrived;
    let refusal = match take(&desk, (&tenant, &kiosk), &payload).await {
        Ok(_) => return,
        Err(refusal) => refusal,
    };
    let route = topics::of_all(topics::Channel::Records);
    tracing::warn!(
        route,
        refusal = refusal.code(),
        "a batch by MQTT was refused"
    );
    if !matches!(refusal, Refusal::Gap { .. } | Refusal::Forked { .. }) {
        return;
    }
    if let (Some(broker), Ok(Some(end))) = (&desk.broker, desk.ledger.end(&kiosk).await)
        && end.tenant == tenant
    {
        broker.acknowledge(&tenant, &acknowledgement(kiosk, Some(&end)));
    }
}
