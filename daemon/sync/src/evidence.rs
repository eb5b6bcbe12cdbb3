//! Evidence to central by HTTPS, by content hash, once no record is waiting.
//!
//! Central is asked first whether it has the bytes already (HEAD), so an upload whose answer was
//! lost is not sent twice. One piece that cannot go (damaged here, refused there) is set aside for
//! this run and counted, so that it does not hold up the others.

use std::collections::HashSet;

use hyper::{Method, StatusCode};
use kiosk_store::{EvidencePiece, Store, StoreError};
use kiosk_wire::{EvidenceId, KioskId};

use crate::link::{Ask, Link};
use crate::reason::Why;
use crate::records::refusal;

/// Sends evidence and remembers which pieces could not go.
#[derive(Debug, Default)]
pub(crate) struct EvidenceRun {
    aside: HashSet<EvidenceId>,
}

/// What became of a piece.
enum Fate {
    Held,
    /// Trying again would change nothing.
    CannotGo(&'static str),
}

impl EvidenceRun {
    /// How many pieces were set aside.
    pub(crate) fn set_aside(&self) -> u64 {
        self.aside.len() as u64
    }

    /// Sends the oldest piece that can go; `false` where none is left.
    pub(crate) async fn send_one(
        &mut self,
        link: &mut Link,
        store: &Store,
        kiosk: &KioskId,
    ) -> Result<bool, Why> {
        // One more than is set aside: so there is another among them, if there is another at all.
        let some = store.evidence_outbox(self.aside.len() + 1).await;
        let some = some.map_err(Why::store)?;
        let next = some
            .into_iter()
            .find(|piece| !self.aside.contains(&piece.id));
        let Some(piece) = next else { return Ok(false) };
        match send(link, store, kiosk, &piece).await? {
            Fate::Held => {
                let noted = store.acknowledge_evidence(&piece.id).await;
                noted.map_err(Why::store)?;
            }
            Fate::CannotGo(reason) => {
                tracing::warn!(evidence = %piece.id, reason, "a piece of evidence is set aside");
                self.aside.insert(piece.id);
            }
        }
        Ok(true)
    }
}

async fn send(
    link: &mut Link,
    store: &Store,
    kiosk: &KioskId,
    piece: &EvidencePiece,
) -> Result<Fate, Why> {
    let path = kiosk_wire::paths::evidence(kiosk, &piece.id, piece.session);
    let held = link.ask(&Ask::bare(Method::HEAD, path.clone())).await?;
    match held.status {
        StatusCode::OK | StatusCode::NO_CONTENT => return Ok(Fate::Held),
        StatusCode::NOT_FOUND => {}
        status => return Err(refusal(status)),
    }
    let sealed = match store.sealed_evidence(piece).await {
        Ok(sealed) => sealed,
        Err(StoreError::NoEvidence(_)) => return Ok(Fate::CannotGo("its file is gone")),
        Err(StoreError::EvidenceDamaged(_)) => return Ok(Fate::CannotGo("its file is damaged")),
        Err(error) => return Err(Why::store(error)),
    };
    let content_type = "application/octet-stream";
    let put = Ask {
        method: Method::PUT,
        path,
        content_type,
        body: sealed.into(),
    };
    match link.ask(&put).await?.status {
        status if status.is_success() => Ok(Fate::Held),
        StatusCode::PAYLOAD_TOO_LARGE => Ok(Fate::CannotGo("central takes none so large")),
        StatusCode::UNPROCESSABLE_ENTITY => Ok(Fate::CannotGo("central finds it changed")),
        status => Err(refusal(status)),
    }
}
