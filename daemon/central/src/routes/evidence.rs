//! Sealed pictures and clips, by the SHA-256 of their sealed bytes: taken whole or in parts, and opened for a
//! reader.
//!
//! ```text
//!  HEAD ──► 200: held   404 upload-offset: where to go on
//!  PUT ?session=&offset=&total=  a part ──► 202 upload-offset   the last ──► 201, checked as a whole
//!                                           409 upload-offset: another part is wanted
//! ```

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use kiosk_wire::{EvidenceId, KioskId, limits, open_evidence};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Desk, body, disk, malformed, parse, storage, untaken};
use crate::caller::Caller;
use crate::evidence::PutError;
use crate::ledger::TakeError;
use crate::refusal::Refusal;

/// Where the next part of a piece begins.
const UPLOAD_OFFSET: &str = "upload-offset";
/// Parts that nobody went on with are removed after so long.
const ABANDONED_AFTER_MS: i64 = 14 * 24 * 3600 * 1000;
const SWEEP_EVERY: Duration = Duration::from_secs(6 * 3600);

/// The query of a `PUT`. Offset and total say that it is a part.
#[derive(Debug, Deserialize)]
pub(super) struct Whose {
    session: Uuid,
    offset: Option<u64>,
    total: Option<u64>,
}

/// The answer to a `PUT`.
#[derive(Debug, Serialize)]
struct Held {
    sha256: EvidenceId,
    bytes: u64,
}

/// `HEAD /v1/kiosks/{kiosk}/evidence/{sha256}`: 200 where the whole piece is held, 404 otherwise, with
/// where to go on.
pub(super) async fn head(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Path((kiosk, id)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let (kiosk, id) = names(&kiosk, &id)?;
    caller.must_be_kiosk(&kiosk)?;
    if held(&desk, &kiosk, &id).await?.is_some() {
        return Ok(StatusCode::OK.into_response());
    }
    let parts = desk.ledger.parts(&kiosk, &id).await.map_err(storage)?;
    let refused = Refusal::NotFound("this evidence is not held").into_response();
    Ok(with_offset(refused, parts.end))
}

/// `GET /v1/kiosks/{kiosk}/evidence/{sha256}`: opened, for readers.
pub(super) async fn get(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Path((kiosk, id)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    const NOT_HELD: Refusal = Refusal::NotFound("this evidence is not held");
    caller.must_be_reader()?;
    let (kiosk, id) = names(&kiosk, &id)?;
    desk.end_for(&caller.tenant, &kiosk)
        .await?
        .ok_or(NOT_HELD)?;
    let row = desk
        .ledger
        .evidence_row(&kiosk, &id)
        .await
        .map_err(storage)?;
    let row = row.ok_or(NOT_HELD)?;
    let key = desk
        .ledger
        .session_key(&kiosk, row.session)
        .await
        .map_err(storage)?;
    let key = key.and_then(|sealed| sealed.open(&desk.secret, &kiosk).ok());
    let key = key.ok_or(Refusal::NotFound(
        "the key of this session was erased, or never came",
    ))?;
    let sealed = desk
        .evidence
        .get(&kiosk, &id)
        .await
        .map_err(|error| disk(&error))?;
    let sealed = sealed.ok_or(NOT_HELD)?;
    let plain = open_evidence(&key, &kiosk, row.session, &sealed);
    let plain = plain
        .map_err(|_| Refusal::NotFound("this evidence does not open: it is another session's"))?;
    let head = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((head, plain).into_response())
}

/// `PUT /v1/kiosks/{kiosk}/evidence/{sha256}?session=`: 201 where it was new, 200 where it was held.
pub(super) async fn put(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Path((kiosk, id)): Path<(String, String)>,
    whose: Result<Query<Whose>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let (kiosk, id) = names(&kiosk, &id)?;
    caller.must_be_kiosk(&kiosk)?;
    let Ok(Query(whose)) = whose else {
        return Ok(malformed("the query must name the session: ?session=UUID"));
    };
    if let Some(bytes) = held(&desk, &kiosk, &id).await? {
        body::drain(body).await;
        return Ok(Json(Held { sha256: id, bytes }).into_response());
    }
    if erased(&desk, &kiosk, whose.session).await? {
        body::drain(body).await;
        return Err(Refusal::Erased);
    }
    check_length(&desk, &headers)?;
    if let (Some(offset), Some(total)) = (whose.offset, whose.total) {
        let piece = Part {
            kiosk,
            id,
            session: whose.session,
            offset,
            total,
        };
        return piece.take(&desk, &caller, body).await;
    }
    let bytes = desk.evidence.put(&kiosk, &id, body).await.map_err(refuse)?;
    desk.ledger
        .note_evidence(
            (&caller.tenant, &kiosk),
            (&id, whose.session),
            bytes,
            desk.now_ms(),
        )
        .await
        .map_err(|error| unnoted(&desk, error, &kiosk))?;
    Ok((StatusCode::CREATED, Json(Held { sha256: id, bytes })).into_response())
}

/// A part of a piece, as it is asked to be taken.
struct Part {
    kiosk: KioskId,
    id: EvidenceId,
    session: Uuid,
    offset: u64,
    total: u64,
}

impl Part {
    async fn take(self, desk: &Desk, caller: &Caller, body: Body) -> Result<Response, Refusal> {
        let Self {
            kiosk,
            id,
            session,
            offset,
            total,
        } = self;
        let limit = desk.limits.evidence_bytes;
        if total > limit {
            return Err(Refusal::TooLarge { limit });
        }
        let before = desk.ledger.parts(&kiosk, &id).await.map_err(storage)?;
        if offset != before.end || offset >= total {
            body::drain(body).await;
            return Ok(with_offset(Refusal::Offset.into_response(), before.end));
        }
        let most = (total - offset).min(limits::EVIDENCE_PART_BYTES as u64);
        let whose = (&caller.tenant, &kiosk);
        let bytes = desk
            .evidence
            .put_part((&kiosk, &id), offset, body, most)
            .await;
        let bytes = bytes.map_err(refuse)?;
        if bytes == 0 {
            return Err(Refusal::BadRequest("a part holds at least one byte".into()));
        }
        desk.ledger
            .note_part(whose, (&id, session), (offset, bytes), desk.now_ms())
            .await
            .map_err(|error| unnoted(desk, error, &kiosk))?;
        if offset + bytes < total {
            return Ok(with_offset(
                StatusCode::ACCEPTED.into_response(),
                offset + bytes,
            ));
        }
        let starts = desk
            .ledger
            .parts(&kiosk, &id)
            .await
            .map_err(storage)?
            .starts;
        let whole = desk.evidence.assemble(&kiosk, &id, &starts).await;
        if let Ok(bytes) = whole {
            desk.ledger
                .note_evidence(whose, (&id, session), bytes, desk.now_ms())
                .await
                .map_err(|error| unnoted(desk, error, &kiosk))?;
        }
        if matches!(whole, Ok(_) | Err(PutError::Mismatch | PutError::PartLost)) {
            forget(desk, &kiosk, &id, &starts).await;
        }
        if let Err(PutError::PartLost) = whole {
            return Ok(with_offset(Refusal::Offset.into_response(), 0));
        }
        let bytes = whole.map_err(refuse)?;
        Ok((StatusCode::CREATED, Json(Held { sha256: id, bytes })).into_response())
    }
}

/// Parts that are in the whole, or of no use. What stays behind is swept later.
async fn forget(desk: &Desk, kiosk: &KioskId, id: &EvidenceId, starts: &[u64]) {
    let removed = desk.evidence.remove_parts(kiosk, id, starts).await;
    if let Err(error) = removed {
        tracing::warn!(%error, "parts of evidence could not be removed");
        return;
    }
    if let Err(error) = desk.ledger.forget_parts(kiosk, id).await {
        tracing::warn!(%error, "parts of evidence could not be forgotten");
    }
}

/// Removes what kiosks began and never went on with, until the task is aborted.
pub(crate) async fn sweep_parts(desk: Arc<Desk>) {
    loop {
        let before = desk.now_ms() - ABANDONED_AFTER_MS;
        match desk.ledger.abandoned_parts(before).await {
            Ok(abandoned) => {
                for piece in abandoned {
                    if let Ok(parts) = desk.ledger.parts(&piece.kiosk, &piece.id).await {
                        forget(&desk, &piece.kiosk, &piece.id, &parts.starts).await;
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "abandoned evidence was not looked for"),
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

fn with_offset(mut response: Response, offset: u64) -> Response {
    response.headers_mut().insert(UPLOAD_OFFSET, offset.into());
    response
}

fn names(kiosk: &str, id: &str) -> Result<(KioskId, EvidenceId), Refusal> {
    Ok((parse(kiosk)?, parse(id)?))
}

/// Whether nothing of a session is taken any more, as somebody had asked.
async fn erased(desk: &Desk, kiosk: &KioskId, session: Uuid) -> Result<bool, Refusal> {
    let erasure = desk.ledger.erasure(kiosk, session).await;
    Ok(erasure
        .map_err(storage)?
        .is_some_and(|told| told.is_everywhere()))
}

/// Bytes that were written for a session which was erased meanwhile have to go at once.
fn unnoted(desk: &Desk, error: TakeError, kiosk: &KioskId) -> Refusal {
    if matches!(error, TakeError::Erased) {
        desk.erased.notify_one();
    }
    untaken(error, kiosk)
}

/// How long it is, where both the database and the folder have it.
async fn held(desk: &Desk, kiosk: &KioskId, id: &EvidenceId) -> Result<Option<u64>, Refusal> {
    let noted = desk.ledger.evidence(kiosk, id).await.map_err(storage)?;
    let Some(bytes) = noted else { return Ok(None) };
    let there = desk.evidence.holds(kiosk, id, bytes).await;
    Ok(there.map_err(|error| disk(&error))?.then_some(bytes))
}

/// Refuses a body that says beforehand that it is too long, before any of it is written.
fn check_length(desk: &Desk, headers: &HeaderMap) -> Result<(), Refusal> {
    let limit = desk.limits.evidence_bytes;
    let said = headers.get(header::CONTENT_LENGTH);
    let bytes = said.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    match bytes {
        Some(bytes) if bytes > limit => Err(Refusal::TooLarge { limit }),
        _ => Ok(()),
    }
}

fn refuse(error: PutError) -> Refusal {
    match error {
        PutError::TooLarge { limit } => Refusal::TooLarge { limit },
        PutError::TooSlow => Refusal::TooSlow,
        PutError::Broken => Refusal::BadRequest("the body broke off".into()),
        PutError::Mismatch => Refusal::EvidenceMismatch,
        PutError::PartLost => Refusal::Offset,
        PutError::Disk(error) => disk(&error),
    }
}
