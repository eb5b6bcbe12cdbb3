//! Evidence to central by HTTPS, by content hash, once no record is waiting.
//!
//! Central is asked first whether it has the bytes already, or some of them (HEAD): an upload whose answer was
//! lost is not sent twice, and one that was cut goes on where central says. A long piece goes in parts, and
//! records that come meanwhile go between them. One piece that cannot go (damaged here, refused there) is set
//! aside for this run and counted, so that it does not hold up the others.

use std::collections::HashSet;

use bytes::Bytes;
use hyper::{Method, StatusCode};
use kiosk_store::{EvidencePiece, Store, StoreError};
use kiosk_wire::{EvidenceId, KioskId, limits, paths};

use crate::link::{Ask, Link};
use crate::reason::Why;
use crate::records::refusal;

/// Sends evidence and remembers which pieces could not go.
#[derive(Debug, Default)]
pub(crate) struct EvidenceRun {
    aside: HashSet<EvidenceId>,
    /// The piece whose parts are on their way.
    going: Option<Going>,
}

#[derive(Debug)]
struct Going {
    piece: EvidencePiece,
    sealed: Bytes,
    offset: u64,
}

/// What became of a piece.
enum Fate {
    Held,
    /// A part has gone, more are to go.
    Going(Going),
    /// Trying again would change nothing.
    CannotGo(&'static str),
}

impl EvidenceRun {
    /// How many pieces were set aside.
    pub(crate) fn set_aside(&self) -> u64 {
        self.aside.len() as u64
    }

    /// Sends the oldest piece that can go, or the next part of it; `false` where none is left.
    pub(crate) async fn send_one(
        &mut self,
        link: &mut Link,
        store: &Store,
        kiosk: &KioskId,
    ) -> Result<bool, Why> {
        let going = match self.going.take() {
            Some(going) => Ok(going),
            None => {
                // One more than is set aside: so there is another among them, if there is another at all.
                let some = store.evidence_outbox(self.aside.len() + 1).await;
                let some = some.map_err(Why::store)?;
                let next = some
                    .into_iter()
                    .find(|piece| !self.aside.contains(&piece.id));
                let Some(piece) = next else { return Ok(false) };
                begin(link, store, kiosk, piece).await?
            }
        };
        let (id, fate) = match going {
            Ok(going) => (going.piece.id.clone(), going.send(link, kiosk).await?),
            Err((id, fate)) => (id, fate),
        };
        match fate {
            Fate::Held => {
                let noted = store.acknowledge_evidence(&id).await;
                noted.map_err(Why::store)?;
            }
            Fate::Going(going) => self.going = Some(going),
            Fate::CannotGo(reason) => {
                tracing::warn!(evidence = %id, reason, "a piece of evidence is set aside");
                self.aside.insert(id);
            }
        }
        Ok(true)
    }
}

/// Asks what central lacks of a piece, and reads it; the fate where there is nothing to send.
async fn begin(
    link: &mut Link,
    store: &Store,
    kiosk: &KioskId,
    piece: EvidencePiece,
) -> Result<Result<Going, (EvidenceId, Fate)>, Why> {
    let path = paths::evidence(kiosk, &piece.id, piece.session);
    let held = link.ask(&Ask::bare(Method::HEAD, path)).await?;
    match held.status {
        StatusCode::OK | StatusCode::NO_CONTENT => return Ok(Err((piece.id, Fate::Held))),
        StatusCode::NOT_FOUND => {}
        status => return Err(refusal(status)),
    }
    let reason = match store.sealed_evidence(&piece).await {
        Ok(sealed) => {
            return Ok(Ok(Going {
                offset: held
                    .offset
                    .filter(|offset| *offset < sealed.len() as u64)
                    .unwrap_or(0),
                sealed: sealed.into(),
                piece,
            }));
        }
        Err(StoreError::NoEvidence(_)) => "its file is gone",
        Err(StoreError::EvidenceDamaged(_)) => "its file is damaged",
        Err(error) => return Err(Why::store(error)),
    };
    Ok(Err((piece.id, Fate::CannotGo(reason))))
}

impl Going {
    /// Sends the piece, or its next part. Where it fails, the next attempt asks anew what central lacks.
    async fn send(mut self, link: &mut Link, kiosk: &KioskId) -> Result<Fate, Why> {
        let (id, session) = (&self.piece.id, self.piece.session);
        let total = self.sealed.len() as u64;
        let (path, body) = match total <= limits::EVIDENCE_PART_BYTES as u64 && self.offset == 0 {
            true => (paths::evidence(kiosk, id, session), self.sealed.clone()),
            false => {
                let end = total.min(self.offset + limits::EVIDENCE_PART_BYTES as u64);
                let part = self.sealed.slice(self.offset as usize..end as usize);
                (
                    paths::evidence_part(kiosk, id, session, (self.offset, total)),
                    part,
                )
            }
        };
        let put = Ask {
            method: Method::PUT,
            path,
            content_type: "application/octet-stream",
            body,
        };
        let answer = link.ask(&put).await?;
        match (answer.status, answer.offset) {
            (StatusCode::ACCEPTED, Some(offset)) if offset > self.offset && offset < total => {
                self.offset = offset;
                Ok(Fate::Going(self))
            }
            // Another part is wanted: another central took one, or lost one.
            (StatusCode::CONFLICT, Some(offset)) if offset != self.offset && offset < total => {
                self.offset = offset;
                Ok(Fate::Going(self))
            }
            (StatusCode::ACCEPTED | StatusCode::CONFLICT, _) => Err(Why::CentralUnintelligible(
                "it took a part and does not go on",
            )),
            (status, _) if status.is_success() => Ok(Fate::Held),
            // Its session was erased meanwhile, and central knows: nobody is to hold it.
            (StatusCode::GONE, _) => Ok(Fate::Held),
            (StatusCode::PAYLOAD_TOO_LARGE, _) => Ok(Fate::CannotGo("central takes none so large")),
            (StatusCode::UNPROCESSABLE_ENTITY, _) => Ok(Fate::CannotGo("central finds it changed")),
            (status, _) => Err(refusal(status)),
        }
    }
}
