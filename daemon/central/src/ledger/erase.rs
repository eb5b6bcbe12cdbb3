//! Erasing: what a kiosk's record orders, in the transaction that takes the record.
//!
//! ```text
//!  erasure, asked for ──► contents to their digests, key and parts gone ─┐
//!                     ──► evidence rows gone, pieces noted to be removed ─┴─► commit ──► acknowledged
//!                                                      files ◄── remover, until they are gone
//! ```
//!
//! After the commit no key is taken for the session any more and no evidence, whoever sends it again. A central that
//! is killed before leaves all, one that is killed after leaves files that no row names but the remover's own.

use kiosk_wire::{Erasure, EvidenceId, KioskId, RECORD_VERSION, Record};
use sha2::{Digest, Sha256};
use sqlx::{Any, Row, Transaction};
use uuid::Uuid;

use super::{Ledger, LedgerError, TakeError, count, to_column};
use crate::clock::unix_ms;

/// An erasure, as it is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ErasureRow {
    pub(crate) number: u64,
    pub(crate) why: String,
    pub(crate) at_ms: i64,
    pub(crate) received_at_ms: i64,
}

impl ErasureRow {
    /// Whether nothing of the session is held or taken any more.
    pub(crate) fn is_everywhere(&self) -> bool {
        self.why == EVERYWHERE
    }
}

/// As it stands in `erasures.why`, of those that erase here, too.
pub(super) const EVERYWHERE: &str = "asked";

/// Pieces that are removed in one go.
const AT_ONCE: i64 = 64;

/// Carries out what new records order. Tells whether files have to go.
pub(super) async fn carry_out(
    transaction: &mut Transaction<'static, Any>,
    new: &[Record],
    now_ms: i64,
) -> Result<bool, TakeError> {
    let mut any = false;
    for record in new {
        let told = record.as_erasure();
        let told = told.map_err(|error| TakeError::Unknown(error.to_string()))?;
        let Some(erasure) = told else { continue };
        note(transaction, record, &erasure, now_ms).await?;
        if erasure.why.everywhere() {
            wipe_records(transaction, record).await?;
            wipe_rest(transaction, record).await?;
            any = true;
        }
    }
    Ok(any)
}

/// One that was asked for stays, whatever is told later.
async fn note(
    transaction: &mut Transaction<'static, Any>,
    record: &Record,
    erasure: &Erasure,
    now_ms: i64,
) -> Result<(), TakeError> {
    sqlx::query(
        "INSERT INTO erasures (kiosk, session, number, why, at_ms, received_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (kiosk, session) DO UPDATE SET
         number = excluded.number, why = excluded.why, at_ms = excluded.at_ms,
         received_at_ms = excluded.received_at_ms WHERE erasures.why <> 'asked'",
    )
    .bind(record.kiosk.as_str())
    .bind(record.session.to_string())
    .bind(to_column(record.number)?)
    .bind(erasure.why.as_str())
    .bind(unix_ms(erasure.at))
    .bind(now_ms)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Contents become their digests, so that the chain verifies as before.
async fn wipe_records(
    transaction: &mut Transaction<'static, Any>,
    erasure: &Record,
) -> Result<(), TakeError> {
    let (kiosk, session) = (erasure.kiosk.as_str(), erasure.session.to_string());
    let numbers = sqlx::query(
        "SELECT number FROM records
         WHERE kiosk = $1 AND session = $2 AND version = $3 AND digest IS NULL",
    )
    .bind(kiosk)
    .bind(session)
    .bind(i64::from(RECORD_VERSION))
    .fetch_all(&mut **transaction)
    .await?;
    for row in numbers {
        let number: i64 = row.try_get("number")?;
        // One at a time: a session's records together may be large.
        let sealed = sqlx::query("SELECT sealed FROM records WHERE kiosk = $1 AND number = $2")
            .bind(kiosk)
            .bind(number)
            .fetch_one(&mut **transaction)
            .await?;
        let sealed: Vec<u8> = sealed.try_get("sealed")?;
        sqlx::query("UPDATE records SET sealed = $3, digest = $4 WHERE kiosk = $1 AND number = $2")
            .bind(kiosk)
            .bind(number)
            .bind(Vec::<u8>::new())
            .bind(Sha256::digest(&sealed).to_vec())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

/// The key, and the rows of evidence; its pieces are noted for the remover.
async fn wipe_rest(
    transaction: &mut Transaction<'static, Any>,
    erasure: &Record,
) -> Result<(), TakeError> {
    let (kiosk, session) = (erasure.kiosk.as_str(), erasure.session.to_string());
    let statements = [
        "DELETE FROM session_keys WHERE kiosk = $1 AND session = $2",
        "INSERT INTO evidence_to_remove (kiosk, sha256)
         SELECT kiosk, sha256 FROM evidence WHERE kiosk = $1 AND session = $2
         ON CONFLICT (kiosk, sha256) DO NOTHING",
        "INSERT INTO evidence_to_remove (kiosk, sha256)
         SELECT DISTINCT kiosk, sha256 FROM evidence_parts WHERE kiosk = $1 AND session = $2
         ON CONFLICT (kiosk, sha256) DO NOTHING",
        "DELETE FROM evidence WHERE kiosk = $1 AND session = $2",
    ];
    for statement in statements {
        sqlx::query(statement)
            .bind(kiosk)
            .bind(session.as_str())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

/// Whether nothing of a session may be taken any more.
pub(super) async fn is_erased(
    transaction: &mut Transaction<'static, Any>,
    kiosk: &KioskId,
    session: Uuid,
) -> Result<bool, LedgerError> {
    let row =
        sqlx::query("SELECT number FROM erasures WHERE kiosk = $1 AND session = $2 AND why = $3")
            .bind(kiosk.as_str())
            .bind(session.to_string())
            .bind(EVERYWHERE)
            .fetch_optional(&mut **transaction)
            .await?;
    Ok(row.is_some())
}

/// Bytes that came for an erased session while it was being erased: they go as the others did.
pub(super) async fn note_to_remove(
    transaction: &mut Transaction<'static, Any>,
    kiosk: &KioskId,
    id: &EvidenceId,
) -> Result<(), LedgerError> {
    sqlx::query(
        "INSERT INTO evidence_to_remove (kiosk, sha256) VALUES ($1, $2)
         ON CONFLICT (kiosk, sha256) DO NOTHING",
    )
    .bind(kiosk.as_str())
    .bind(id.as_str())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

impl Ledger {
    /// What is known of a session's erasure.
    pub(crate) async fn erasure(
        &self,
        kiosk: &KioskId,
        session: Uuid,
    ) -> Result<Option<ErasureRow>, LedgerError> {
        let row = sqlx::query(
            "SELECT number, why, at_ms, received_at_ms FROM erasures
             WHERE kiosk = $1 AND session = $2",
        )
        .bind(kiosk.as_str())
        .bind(session.to_string())
        .fetch_optional(&self.pool)
        .await?;
        let read = |row: sqlx::any::AnyRow| {
            Ok(ErasureRow {
                number: count(&row, "number")?,
                why: row.try_get("why")?,
                at_ms: row.try_get("at_ms")?,
                received_at_ms: row.try_get("received_at_ms")?,
            })
        };
        row.map(read).transpose()
    }

    /// Pieces whose bytes have to go.
    pub(crate) async fn to_remove(&self) -> Result<Vec<(KioskId, EvidenceId)>, LedgerError> {
        let rows = sqlx::query(
            "SELECT kiosk, sha256 FROM evidence_to_remove ORDER BY kiosk, sha256 LIMIT $1",
        )
        .bind(AT_ONCE)
        .fetch_all(&self.pool)
        .await?;
        let damaged = || LedgerError::Damaged("evidence_to_remove");
        let read = |row: &sqlx::any::AnyRow| {
            let (kiosk, id): (String, String) = (row.try_get("kiosk")?, row.try_get("sha256")?);
            let kiosk = kiosk.parse().map_err(|_| damaged())?;
            Ok((kiosk, id.parse().map_err(|_| damaged())?))
        };
        rows.iter().map(read).collect()
    }

    /// Takes note that a piece's bytes are gone.
    pub(crate) async fn removed(
        &self,
        kiosk: &KioskId,
        id: &EvidenceId,
    ) -> Result<(), LedgerError> {
        let _turn = self.turn_to_write().await;
        sqlx::query("DELETE FROM evidence_to_remove WHERE kiosk = $1 AND sha256 = $2")
            .bind(kiosk.as_str())
            .bind(id.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
