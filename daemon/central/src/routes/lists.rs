//! Lists for readers: kiosks with their health, sessions, evidence; a kiosk's records as they came.
//!
//! A list goes on where the last page ended: by `after` the last kiosk's name, by `before` the last session's
//! `newest`.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use kiosk_wire::{EvidenceId, HeldRecord, KioskId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Desk, moment, parse, storage};
use crate::caller::Caller;
use crate::refusal::Refusal;

/// Most entries of one page.
const PAGE: i64 = 200;
const NOT_HELD: Refusal = Refusal::NotFound("nothing of this kiosk is held");

/// Where a page begins.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct From {
    after: Option<String>,
    before: Option<u64>,
}

type Asked = Result<Query<From>, QueryRejection>;

/// A kiosk and how it stands; `null` where nothing was heard or received.
#[derive(Debug, Serialize)]
pub(super) struct KioskView {
    kiosk: KioskId,
    records: u64,
    sessions: u64,
    evidence: u64,
    open_commands: u64,
    #[serde(with = "time::serde::rfc3339::option")]
    last_record_at: Option<OffsetDateTime>,
    online: Option<bool>,
    #[serde(with = "time::serde::rfc3339::option")]
    online_heard_at: Option<OffsetDateTime>,
}

/// `GET /v1/kiosks`
pub(super) async fn kiosks(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    asked: Asked,
) -> Result<Json<Vec<KioskView>>, Refusal> {
    caller.must_be_reader()?;
    let after = from(asked)?.after.unwrap_or_default();
    let rows = desk.ledger.kiosks(&caller.tenant, &after, PAGE).await;
    let views = rows.map_err(storage)?.into_iter().map(|row| KioskView {
        kiosk: row.kiosk,
        records: row.durable,
        sessions: row.sessions,
        evidence: row.evidence,
        open_commands: row.open_commands,
        last_record_at: row.received_at_ms.and_then(moment),
        online: row.online.map(|(online, _)| online),
        online_heard_at: row.online.and_then(|(_, at)| moment(at)),
    });
    Ok(Json(views.collect()))
}

/// A session without its records.
#[derive(Debug, Serialize)]
pub(super) struct SessionView {
    session: Uuid,
    first: u64,
    newest: u64,
    records: u64,
    #[serde(with = "time::serde::rfc3339::option")]
    last_record_at: Option<OffsetDateTime>,
    /// Whether nothing of it is held any more but its place in the chain.
    erased: bool,
}

/// `GET /v1/kiosks/{kiosk}/sessions`
pub(super) async fn sessions(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Path(kiosk): Path<String>,
    asked: Asked,
) -> Result<Json<Vec<SessionView>>, Refusal> {
    let kiosk = readable(&desk, &caller, &kiosk).await?;
    let before = from(asked)?
        .before
        .and_then(|number| i64::try_from(number).ok());
    let rows = desk
        .ledger
        .sessions(&kiosk, before.unwrap_or(i64::MAX), PAGE)
        .await;
    let views = rows.map_err(storage)?.into_iter().map(|row| SessionView {
        session: row.session,
        first: row.first,
        newest: row.newest,
        records: row.records,
        last_record_at: moment(row.received_at_ms),
        erased: row.erased,
    });
    Ok(Json(views.collect()))
}

/// A piece of evidence without its bytes.
#[derive(Debug, Serialize)]
pub(super) struct EvidenceView {
    sha256: EvidenceId,
    bytes: u64,
    #[serde(with = "time::serde::rfc3339::option")]
    received_at: Option<OffsetDateTime>,
}

/// `GET /v1/kiosks/{kiosk}/sessions/{session}/evidence`
pub(super) async fn evidence(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Path((kiosk, session)): Path<(String, String)>,
) -> Result<Json<Vec<EvidenceView>>, Refusal> {
    let kiosk = readable(&desk, &caller, &kiosk).await?;
    let rows = desk.ledger.evidence_of(&kiosk, parse(&session)?).await;
    let views = rows.map_err(storage)?.into_iter().map(|row| EvidenceView {
        sha256: row.id,
        bytes: row.bytes,
        received_at: moment(row.received_at_ms),
    });
    Ok(Json(views.collect()))
}

/// `GET /v1/kiosks/{kiosk}/records?after=NUMBER`: sealed, as they came, or the stubs of what was erased; for a
/// copy and for comparing.
pub(super) async fn records(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Path(kiosk): Path<String>,
    asked: Asked,
) -> Result<Json<Vec<HeldRecord>>, Refusal> {
    let kiosk = readable(&desk, &caller, &kiosk).await?;
    let after = from(asked)?.after;
    let after = after.map_or(Ok(0), |after| parse(&after))?;
    let page = desk.ledger.page(&kiosk, after).await;
    page.map(Json).map_err(storage)
}

/// A kiosk of the reader's own tenant.
async fn readable(desk: &Desk, caller: &Caller, kiosk: &str) -> Result<KioskId, Refusal> {
    caller.must_be_reader()?;
    let kiosk: KioskId = parse(kiosk)?;
    let end = desk.end_for(&caller.tenant, &kiosk).await?;
    end.map(|_| kiosk).ok_or(NOT_HELD)
}

fn from(asked: Asked) -> Result<From, Refusal> {
    let Ok(Query(from)) = asked else {
        return Err(Refusal::BadRequest(
            "the query may hold after= and before= alone".into(),
        ));
    };
    Ok(from)
}
