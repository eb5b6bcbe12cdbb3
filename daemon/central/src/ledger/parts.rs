//! Parts of evidence that is not whole yet: where the next one begins.

use kiosk_wire::{EvidenceId, KioskId, TenantId};
use sqlx::Row;
use uuid::Uuid;

use super::{Ledger, LedgerError, TakeError, count, erase, to_column};

/// The parts of one piece that are held, in order, from its first byte on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    /// Where each begins.
    pub(crate) starts: Vec<u64>,
    /// Where the next one begins.
    pub(crate) end: u64,
}

/// A piece that nobody has gone on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Abandoned {
    pub(crate) kiosk: KioskId,
    pub(crate) id: EvidenceId,
}

impl Ledger {
    /// The parts of a piece.
    pub(crate) async fn parts(
        &self,
        kiosk: &KioskId,
        id: &EvidenceId,
    ) -> Result<Parts, LedgerError> {
        let rows = sqlx::query(
            "SELECT start, bytes FROM evidence_parts
             WHERE kiosk = $1 AND sha256 = $2 ORDER BY start",
        )
        .bind(kiosk.as_str())
        .bind(id.as_str())
        .fetch_all(&self.pool)
        .await?;
        let mut parts = Parts::default();
        for row in &rows {
            let (start, bytes) = (count(row, "start")?, count(row, "bytes")?);
            // Two centrals that took the same part at once noted it once.
            if start == parts.end {
                parts.starts.push(start);
                parts.end += bytes;
            }
        }
        Ok(parts)
    }

    /// Notes a part whose bytes are durable. Returns after the commit; one of an erased session has to go again.
    pub(crate) async fn note_part(
        &self,
        (tenant, kiosk): (&TenantId, &KioskId),
        (id, session): (&EvidenceId, Uuid),
        (start, bytes): (u64, u64),
        now_ms: i64,
    ) -> Result<(), TakeError> {
        let _turn = self.turn_to_write().await;
        let (mut transaction, end) = self.begin_for(tenant, kiosk).await?;
        if end.tenant != *tenant {
            return Err(TakeError::ForeignTenant);
        }
        sqlx::query(
            "INSERT INTO evidence_parts (kiosk, sha256, start, bytes, received_at_ms, session)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (kiosk, sha256, start) DO NOTHING",
        )
        .bind(kiosk.as_str())
        .bind(id.as_str())
        .bind(to_column(start)?)
        .bind(to_column(bytes)?)
        .bind(now_ms)
        .bind(session.to_string())
        .execute(&mut *transaction)
        .await?;
        let erased = erase::is_erased(&mut transaction, kiosk, session).await?;
        if erased {
            erase::note_to_remove(&mut transaction, kiosk, id).await?;
        }
        transaction.commit().await?;
        match erased {
            false => Ok(()),
            true => Err(TakeError::Erased),
        }
    }

    /// Forgets the parts of a piece; their bytes are removed after.
    pub(crate) async fn forget_parts(
        &self,
        kiosk: &KioskId,
        id: &EvidenceId,
    ) -> Result<(), LedgerError> {
        let _turn = self.turn_to_write().await;
        sqlx::query("DELETE FROM evidence_parts WHERE kiosk = $1 AND sha256 = $2")
            .bind(kiosk.as_str())
            .bind(id.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Pieces whose newest part came before this time.
    pub(crate) async fn abandoned_parts(
        &self,
        before_ms: i64,
    ) -> Result<Vec<Abandoned>, LedgerError> {
        let rows = sqlx::query(
            "SELECT kiosk, sha256 FROM evidence_parts
             GROUP BY kiosk, sha256 HAVING MAX(received_at_ms) < $1",
        )
        .bind(before_ms)
        .fetch_all(&self.pool)
        .await?;
        let damaged = || LedgerError::Damaged("evidence_parts");
        let read = |row: &sqlx::any::AnyRow| {
            let (kiosk, id): (String, String) = (row.try_get("kiosk")?, row.try_get("sha256")?);
            Ok(Abandoned {
                kiosk: kiosk.parse().map_err(|_| damaged())?,
                id: id.parse().map_err(|_| damaged())?,
            })
        };
        rows.iter().map(read).collect()
    }
}
