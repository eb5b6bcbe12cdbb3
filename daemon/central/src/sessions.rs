//! What central holds of one session, opened for a reader.
//!
//! Its own records are read by an index and no others: each is checked by itself and against both of its
//! neighbours. What stands elsewhere in the kiosk's log is checked as it comes in, and again by
//! [`walk`], which goes from the first record to the newest.

use kiosk_wire::{CentralSecretKey, Chain, DataKey, HeldRecord, KioskId, open_record};
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::clock::moment;
use crate::ledger::{ErasureRow, KioskEnd, Ledger, LedgerError};

/// One session as a reader sees it.
#[derive(Debug, Serialize)]
pub(crate) struct SessionView {
    session_id: Uuid,
    /// Records held.
    records: usize,
    /// Decided events among them; `null` where a record could not be opened, since it is not known.
    decisions: Option<usize>,
    /// Whether every record of it is what its hash says and stands between its neighbours.
    chain_ok: bool,
    events: Vec<EventView>,
    /// The newest decision; `null` where there is none or it could not be opened.
    decision: Option<DecisionView>,
    /// Whether nothing of it is held any more but its place in the chain.
    erased: bool,
    /// What its kiosk told of erasing it; `null` where it told nothing.
    erasure: Option<ErasureView>,
}

/// A kiosk's word that it has erased a session. Asked for, it was erased here, too; else nothing more comes.
#[derive(Debug, Serialize)]
struct ErasureView {
    number: u64,
    why: String,
    #[serde(with = "time::serde::rfc3339::option")]
    at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    received_at: Option<OffsetDateTime>,
}

/// One record of it. `type` and `at` are `null` where the record could not be opened: its key or its content was
/// erased, or never came.
#[derive(Debug, Serialize)]
struct EventView {
    number: u64,
    hash: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    at: Option<String>,
}

/// What was decided. The kiosk's words are given on as they are, those of later versions too.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct DecisionView {
    status: Option<Value>,
    reasons: Option<Value>,
}

/// Reads a session of a kiosk whose chain ends at `end`; `None` where no record of it is held.
pub(crate) async fn read(
    ledger: &Ledger,
    secret: &CentralSecretKey,
    kiosk: &KioskId,
    end: &KioskEnd,
    session: Uuid,
) -> Result<Option<SessionView>, LedgerError> {
    let mut tied = ledger.session(kiosk, session).await?;
    // What was taken since `end` was read belongs to the next answer: its neighbours are not in this one.
    tied.retain(|tied| tied.record.number() <= end.durable);
    if tied.is_empty() {
        return Ok(None);
    }
    let chain_ok = tied.iter().all(|tied| tied.holds(end));
    let records: Vec<HeldRecord> = tied.into_iter().map(|tied| tied.record).collect();
    let sealed_key = ledger.session_key(kiosk, session).await?;
    let key = sealed_key.and_then(|sealed| sealed.open(secret, kiosk).ok());
    let erasure = ledger.erasure(kiosk, session).await?;
    // One that was taken since belongs to the next answer, too.
    let erasure = erasure.filter(|erasure| erasure.number <= end.durable);
    let opened = view(session, &records, chain_ok, key.as_ref());
    Ok(Some(SessionView {
        erased: erasure.as_ref().is_some_and(ErasureRow::is_everywhere),
        erasure: erasure.map(erasure_view),
        ..opened
    }))
}

/// Whether the kiosk's chain is whole from its first record up to `end`.
pub(crate) async fn walk(
    ledger: &Ledger,
    kiosk: &KioskId,
    end: &KioskEnd,
) -> Result<bool, LedgerError> {
    let mut chain = Chain::default();
    while chain.newest() < end.durable {
        let page = ledger.page(kiosk, chain.newest()).await?;
        let held = page.iter().filter(|record| record.number() <= end.durable);
        let before = chain.newest();
        for record in held {
            if chain.accept_held(record).is_err() {
                return Ok(false);
            }
        }
        if chain.newest() == before {
            return Ok(false);
        }
    }
    Ok(chain.head() == end.head)
}

fn view(
    session: Uuid,
    records: &[HeldRecord],
    chain_ok: bool,
    key: Option<&DataKey>,
) -> SessionView {
    let opened: Vec<Option<Value>> = records.iter().map(|record| event(key, record)).collect();
    let decided = || {
        opened
            .iter()
            .flatten()
            .filter(|entry| kind(entry) == Some("decided"))
    };
    let all_opened = opened.iter().all(Option::is_some);
    SessionView {
        session_id: session,
        records: records.len(),
        decisions: all_opened.then(|| decided().count()),
        chain_ok,
        decision: decided().next_back().map(decision),
        events: records
            .iter()
            .zip(&opened)
            .map(|(record, entry)| event_view(record, entry.as_ref()))
            .collect(),
        erased: false,
        erasure: None,
    }
}

fn erasure_view(row: ErasureRow) -> ErasureView {
    ErasureView {
        number: row.number,
        why: row.why,
        at: moment(row.at_ms),
        received_at: moment(row.received_at_ms),
    }
}

/// The entry in a record: `{"version": 1, "at": .., "event": {"type": .., ..}}`. An erasure is told in the same form.
fn event(key: Option<&DataKey>, record: &HeldRecord) -> Option<Value> {
    let record = record.whole()?;
    if let Ok(Some(_)) = record.as_erasure() {
        let told: Value = serde_json::from_slice(&record.sealed).ok()?;
        return Some(json!({ "at": told["at"], "event": { "type": "erased" } }));
    }
    let plain = open_record(key?, record).ok()?;
    serde_json::from_slice(&plain).ok()
}

fn event_view(record: &HeldRecord, entry: Option<&Value>) -> EventView {
    EventView {
        number: record.number(),
        hash: hex::encode(record.hash()),
        kind: entry.and_then(kind).map(str::to_owned),
        at: entry.and_then(|e| e["at"].as_str()).map(str::to_owned),
    }
}

fn kind(entry: &Value) -> Option<&str> {
    entry["event"]["type"].as_str()
}

fn decision(entry: &Value) -> DecisionView {
    let decision = &entry["event"]["decision"];
    DecisionView {
        status: decision.get("status").cloned(),
        reasons: decision.get("reasons").cloned(),
    }
}
