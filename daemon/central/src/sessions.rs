//! What central holds of one session, opened for a reader.
//!
//! The kiosk's whole chain is walked, from its first record to its newest: a session is as sound as
//! the log that it stands in.

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
    /// Whether every record of the kiosk is what its hash says and follows the one before.
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
    let (records, chain_ok) = walk(ledger, kiosk, end, session).await?;
    if records.is_empty() {
        return Ok(None);
    }
    let sealed_key = ledger.session_key(kiosk, session).await?;
    let key = sealed_key.and_then(|sealed| sealed.open(secret, kiosk).ok());
    Ok(Some(view(session, &records, chain_ok, key.as_ref())))
}

/// The session's records, and whether the kiosk's chain is whole up to `end`.
async fn walk(
    ledger: &Ledger,
    kiosk: &KioskId,
    end: &KioskEnd,
    session: Uuid,
) -> Result<(Vec<Record>, bool), LedgerError> {
    let mut chain = Chain::default();
    let mut sound = true;
    let mut of_session = Vec::new();
    let mut after = 0;
    while after < end.durable {
        let page = ledger.page(kiosk, after).await?;
        let Some(last) = page.last() else { break };
        after = last.number;
        for record in page.into_iter().filter(|r| r.number <= end.durable) {
            sound = sound && chain.accept(&record).is_ok();
            if record.session == session {
                of_session.push(record);
            }
        }
    }
    let whole = sound && chain.newest() == end.durable && chain.head() == end.head;
    Ok((of_session, whole))
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
