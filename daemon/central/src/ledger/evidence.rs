//! Which evidence is held: the bytes lie in the evidence folder, the row says that they are whole.

use kiosk_wire::{EvidenceId, KioskId, TenantId};
use sqlx::Row;
use uuid::Uuid;

use super::{Ledger, LedgerError, TakeError, erase};

impl Ledger {
    /// Notes a piece of evidence whose bytes are durable in the folder. Returns after the commit. Of an erased session
    /// it notes that they have to go, and says so.
    pub(crate) async fn note_evidence(
        &self,
        (tenant, kiosk): (&TenantId, &KioskId),
        (id, session): (&EvidenceId, Uuid),
        bytes: u64,
        now_ms: i64,
    ) -> Result<(), TakeError> {
        let bytes = i64::try_from(bytes).map_err(|_| TakeError::Number)?;
        let _turn = self.turn_to_write().await;
        let (mut transaction, end) = self.begin_for(tenant, kiosk).await?;
        if end.tenant != *tenant {
            return Err(TakeError::ForeignTenant);
        }
        if erase::is_erased(&mut transaction, kiosk, session).await? {
            erase::note_to_remove(&mut transaction, kiosk, id).await?;
            transaction.commit().await?;
            return Err(TakeError::Erased);
        }
        sqlx::query(
            "INSERT INTO evidence (kiosk, sha256, session, bytes, received_at_ms)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kiosk, sha256) DO NOTHING",
        )
        .bind(kiosk.as_str())
        .bind(id.as_str())
        .bind(session.to_string())
        .bind(bytes)
        .bind(now_ms)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// How long a piece of evidence is, where it is held; whether its bytes are there, the folder
    /// says.
    pub(crate) async fn evidence(
        &self,
        kiosk: &KioskId,
        id: &EvidenceId,
    ) -> Result<Option<u64>, LedgerError> {
        let row = sqlx::query("SELECT bytes FROM evidence WHERE kiosk = $1 AND sha256 = $2")
            .bind(kiosk.as_str())
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let bytes: i64 = row.try_get("bytes")?;
        u64::try_from(bytes)
            .map(Some)
            .map_err(|_| LedgerError::Damaged("evidence.bytes"))
    }
}
