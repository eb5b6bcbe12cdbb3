//! What central does not hold yet: records in order, the keys of their sessions, evidence.

use std::ops::ControlFlow;

use kiosk_wire::{DataKey, Record, limits};
use uuid::Uuid;

use crate::layout::{self, Reader};
use crate::store::Shared;
use crate::{EvidencePiece, Store, StoreError};

impl Store {
    /// The records above the acknowledged number, in order: at most `limit`, and at most
    /// [`limits::BATCH_SEALED_BYTES`] of sealed bytes, but at least one where there is one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Record`] where the next one is missing or damaged: nothing is sent past a gap.
    pub async fn outbox(&self, limit: usize) -> Result<Vec<Record>, StoreError> {
        let after = self.acknowledged();
        self.aside(move |shared| shared.outbox(after, limit)).await
    }

    /// The records above any number, as [`Store::outbox`] gives them.
    ///
    /// # Errors
    ///
    /// As [`Store::outbox`].
    pub async fn records_after(&self, after: u64, limit: usize) -> Result<Vec<Record>, StoreError> {
        self.aside(move |shared| shared.outbox(after, limit)).await
    }

    /// The keys of sessions, to be sealed to central. Those of erased sessions are left out, and those
    /// whose file is missing, which is logged.
    ///
    /// # Errors
    ///
    /// What the disk said; a key file that does not open.
    pub async fn session_keys(
        &self,
        sessions: &[Uuid],
    ) -> Result<Vec<(Uuid, DataKey)>, StoreError> {
        let sessions = sessions.to_vec();
        self.aside(move |shared| {
            let mut keys = Vec::with_capacity(sessions.len());
            for session in sessions {
                match shared.keys.find(session) {
                    Ok(Some(key)) => keys.push((session, key)),
                    Ok(None) => tracing::warn!(%session, "a session's key file is missing"),
                    Err(StoreError::Erased { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(keys)
        })
        .await
    }

    /// Evidence that central does not hold yet, oldest first, at most `limit` pieces.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`].
    pub async fn evidence_outbox(&self, limit: usize) -> Result<Vec<EvidencePiece>, StoreError> {
        self.aside(move |shared| shared.evidence_outbox(limit))
            .await
    }

    /// A piece's sealed bytes, checked against its name, as they go to central.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoEvidence`], [`StoreError::EvidenceDamaged`].
    pub async fn sealed_evidence(&self, piece: &EvidencePiece) -> Result<Vec<u8>, StoreError> {
        let id = piece.id.clone();
        self.aside(move |shared| shared.evidence.read(&id)).await
    }
}

impl Shared {
    pub(crate) fn outbox(&self, after: u64, limit: usize) -> Result<Vec<Record>, StoreError> {
        let newest = self.newest();
        let (from, to) = (after.saturating_add(1), newest.saturating_add(1));
        let mut records: Vec<Record> = Vec::new();
        let mut bytes = 0;
        if from >= to || limit == 0 {
            return Ok(records);
        }
        self.log
            .visit(&layout::record(from), &layout::record(to), |key, value| {
                let number = Reader(&key[1..]).number().unwrap_or(0);
                if number != from + records.len() as u64 {
                    return Ok(ControlFlow::Break(()));
                }
                let record = match self.parse(number, value) {
                    Err(_) if !records.is_empty() => return Ok(ControlFlow::Break(())),
                    parsed => parsed?,
                };
                bytes += record.sealed.len();
                if bytes > limits::BATCH_SEALED_BYTES && !records.is_empty() {
                    return Ok(ControlFlow::Break(()));
                }
                records.push(record);
                match records.len() < limit {
                    true => Ok(ControlFlow::Continue(())),
                    false => Ok(ControlFlow::Break(())),
                }
            })?;
        match records.is_empty() {
            true => Err(StoreError::Record {
                number: from,
                why: "it is missing",
            }),
            false => Ok(records),
        }
    }

    /// Whether central lacks evidence of a session.
    pub(crate) fn evidence_waits(&self, session: Uuid) -> Result<bool, StoreError> {
        let prefix = layout::of_session(layout::EVIDENCE_OF, session);
        let mut waits = false;
        self.log.visit_prefix(&prefix, |key, _| {
            if let Some(id) = Reader(&key[prefix.len()..]).hash() {
                let note = self.evidence_note(&id)?;
                waits |= note.is_some_and(|note| !note.delivered);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(waits)
    }

    fn evidence_outbox(&self, limit: usize) -> Result<Vec<EvidencePiece>, StoreError> {
        let mut pieces = Vec::new();
        if limit == 0 {
            return Ok(pieces);
        }
        self.log.visit_prefix(&[layout::WAITING], |key, value| {
            let id = self
                .sealer
                .open(key, value)
                .ok()
                .and_then(|plain| Reader(&plain).hash());
            let Some(id) = id else {
                return Ok(ControlFlow::Continue(()));
            };
            if let (Some(note), Some(id)) = (self.evidence_note(&id)?, layout::id_of(&id)) {
                pieces.push(EvidencePiece {
                    id,
                    session: note.session,
                    bytes: note.bytes,
                });
            }
            match pieces.len() < limit {
                true => Ok(ControlFlow::Continue(())),
                false => Ok(ControlFlow::Break(())),
            }
        })?;
        Ok(pieces)
    }
}
