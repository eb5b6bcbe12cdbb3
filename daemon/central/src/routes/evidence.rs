//! Sealed pictures and clips, by the SHA-256 of their sealed bytes.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use kiosk_wire::{EvidenceId, KioskId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Desk, body, disk, malformed, parse, storage, untaken};
use crate::caller::Caller;
use crate::evidence::PutError;
use crate::refusal::Refusal;

/// The query of a `PUT`.
#[derive(Debug, Deserialize)]
pub(super) struct Whose {
    session: Uuid,
}

/// The answer to a `PUT`.
#[derive(Debug, Serialize)]
struct Held {
    sha256: EvidenceId,
    bytes: u64,
}

/// `HEAD /v1/kiosks/{kiosk}/evidence/{sha256}`: 200 where the whole piece is held, 404 otherwise.
pub(super) async fn head(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Path((kiosk, id)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let (kiosk, id) = names(&kiosk, &id)?;
    caller.must_be_kiosk(&kiosk)?;
    match held(&desk, &kiosk, &id).await? {
        Some(_) => Ok(StatusCode::OK),
        None => Err(Refusal::NotFound("this evidence is not held")),
    }
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
    check_length(&desk, &headers)?;
    let bytes = desk.evidence.put(&kiosk, &id, body).await.map_err(refuse)?;
    desk.ledger
        .note_evidence(
            (&caller.tenant, &kiosk),
            (&id, whose.session),
            bytes,
            desk.now_ms(),
        )
        .await
        .map_err(|error| untaken(error, &kiosk))?;
    Ok((StatusCode::CREATED, Json(Held { sha256: id, bytes })).into_response())
}

fn names(kiosk: &str, id: &str) -> Result<(KioskId, EvidenceId), Refusal> {
    Ok((parse(kiosk)?, parse(id)?))
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
        PutError::Disk(error) => disk(&error),
    }
}
