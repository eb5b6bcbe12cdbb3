//! What central holds of one session, opened for a reader.
//!
//! Its own records are read by an index and no others: each is checked by itself and against both of its
//! neighbours. What stands elsewhere in the kiosk's log is checked as it comes in, and again by
//! [`walk`], which goes from the first record to the newest.

use kiosk_wire::{CentralSecretKey, Chain, DataKey, KioskId, Record, open_record};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::ledger::{KioskEnd, Ledger, LedgerError};

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
}

/// One record of it. `type` and `at` are `null` where the record could not be opened: its key was
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
    tied.retain(|tied| tied.record.number <= end.durable);
    if tied.is_empty() {
        return Ok(None);
    }
    let chain_ok = tied.iter().all(|tied| tied.holds(end));
    let records: Vec<Record> = tied.into_iter().map(|tied| tied.record).collect();
    let sealed_key = ledger.session_key(kiosk, session).await?;
    let key = sealed_key.and_then(|sealed| sealed.open(secret, kiosk).ok());
    Ok(Some(view(session, &records, chain_ok, key.as_ref())))
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
        let held = page.iter().filter(|record| record.number <= end.durable);
        let before = chain.newest();
        for record in held {
            if chain.accept(record).is_err() {
                return Ok(false);
            }
        }
        if chain.newest() == before {
            return Ok(false);
        }
    }
    Ok(chain.head() == end.head)
}

fn view(session: Uuid, records: &[Record], chain_ok: bool, key: Option<&DataKey>) -> SessionView {
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
    }
}

/// The entry in a record: `{"version": 1, "at": .., "event": {"type": .., ..}}`.
fn event(key: Option<&DataKey>, record: &Record) -> Option<Value> {
    let plain = open_record(key?, record).ok()?;
    serde_json::from_slice(&plain).ok()
}

fn event_view(record: &Record, entry: Option<&Value>) -> EventView {
    EventView {
        number: record.number,
        hash: hex::encode(record.hash),
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
