//! Taking a batch: checked against what is there, then stored whole or not at all.

use std::collections::BTreeMap;

use kiosk_wire::{Batch, Chain, ChainFault, Record, TenantId};
use sqlx::{Any, AssertSqlSafe, Transaction};
use uuid::Uuid;

use super::{Ledger, LedgerError, erase, hash, to_column};

/// Why a batch was not taken. Nothing of it is stored then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TakeError {
    /// The database failed; whether the batch is stored is not known, and it may be sent again.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The kiosk's id is taken by another tenant.
    #[error("the kiosk's id belongs to another tenant")]
    ForeignTenant,
    /// The batch begins later than after what is held.
    #[error("records after {durable} are missing")]
    Gap { durable: u64, head: [u8; 32] },
    /// Another record is held under this number.
    #[error("another record is held under number {number}")]
    Forked { number: u64 },
    /// The batch does not continue the chain.
    #[error(transparent)]
    Chain(#[from] ChainFault),
    /// A record is of a kind that this program does not know.
    #[error("{0}")]
    Unknown(String),
    /// Nothing of the session may be held any more.
    #[error("the session was erased")]
    Erased,
    /// A number beyond what a database can count.
    #[error("a record's number is too large")]
    Number,
}

impl From<sqlx::Error> for TakeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Ledger(error.into())
    }
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Every record up to this number is held durably.
    pub(crate) durable: u64,
    /// The hash of that record.
    pub(crate) head: [u8; 32],
    /// How many records of the batch were new.
    pub(crate) new: usize,
    /// Whether one of them erased a session, whose files have still to go.
    pub(crate) files_to_remove: bool,
}

impl Ledger {
    /// Stores a batch that [`Batch::check`] has found whole. Returns after the commit.
    pub(crate) async fn take(
        &self,
        tenant: &TenantId,
        batch: &Batch,
        now_ms: i64,
    ) -> Result<Taken, TakeError> {
        let _turn = self.turn_to_write().await;
        let (mut transaction, end) = self.begin_for(tenant, &batch.kiosk).await?;
        if end.tenant != *tenant {
            return Err(TakeError::ForeignTenant);
        }
        let mut chain = Chain::after(end.durable, end.head);
        let known = batch
            .records
            .partition_point(|record| record.number <= end.durable);
        let (known, new) = batch.records.split_at(known);
        compare(&mut transaction, known).await?;
        for record in new {
            if record.number > chain.newest().saturating_add(1) {
                return Err(TakeError::Gap {
                    durable: end.durable,
                    head: end.head,
                });
            }
            chain.accept(record)?;
        }
        for rows in new.chunks(ROWS_AT_ONCE) {
            insert(&mut transaction, rows, now_ms).await?;
        }
        note_sessions(&mut transaction, new, now_ms).await?;
        move_end(&mut transaction, batch, &chain).await?;
        keep_keys(&mut transaction, batch, now_ms).await?;
        let files_to_remove = erase::carry_out(&mut transaction, new, now_ms).await?;
        transaction.commit().await?;
        Ok(Taken {
            durable: chain.newest(),
            head: chain.head(),
            new: new.len(),
            files_to_remove,
        })
    }
}

/// Every record that is held already must be the very one that came again.
async fn compare(
    transaction: &mut Transaction<'static, Any>,
    known: &[Record],
) -> Result<(), TakeError> {
    let (Some(first), Some(last)) = (known.first(), known.last()) else {
        return Ok(());
    };
    let held = sqlx::query(
        "SELECT hash FROM records WHERE kiosk = $1 AND number BETWEEN $2 AND $3 ORDER BY number",
    )
    .bind(first.kiosk.as_str())
    .bind(to_column(first.number)?)
    .bind(to_column(last.number)?)
    .fetch_all(&mut **transaction)
    .await?;
    if held.len() != known.len() {
        return Err(LedgerError::Damaged("records.number").into());
    }
    for (held, record) in held.iter().zip(known) {
        if hash(held, "hash")? != record.hash {
            return Err(TakeError::Forked {
                number: record.number,
            });
        }
    }
    Ok(())
}

/// Rows of one statement: a session's records make one round trip to the database, and a batch of 256 eight.
const ROWS_AT_ONCE: usize = 32;
/// Columns of a row.
const COLUMNS: usize = 8;

async fn insert(
    transaction: &mut Transaction<'static, Any>,
    records: &[Record],
    now_ms: i64,
) -> Result<(), TakeError> {
    let rows: Vec<String> = (0..records.len()).map(placeholders).collect();
    let statement = format!(
        "INSERT INTO records
             (kiosk, number, version, session, previous, sealed, hash, received_at_ms)
         VALUES {}",
        rows.join(", ")
    );
    // Numbers of places alone are put together here; what is stored is bound.
    let mut query = sqlx::query(AssertSqlSafe(statement));
    for record in records {
        query = query
            .bind(record.kiosk.as_str())
            .bind(to_column(record.number)?)
            .bind(i64::from(record.version))
            .bind(record.session.to_string())
            .bind(record.previous.to_vec())
            .bind(record.sealed.clone())
            .bind(record.hash.to_vec())
            .bind(now_ms);
    }
    query.execute(&mut **transaction).await?;
    Ok(())
}

/// `($9, $10, ..)`: the places of a row's columns, the first row being 0.
fn placeholders(row: usize) -> String {
    let places = (1..=COLUMNS).map(|column| format!("${}", row * COLUMNS + column));
    format!("({})", places.collect::<Vec<_>>().join(", "))
}

/// Counts the new records into their sessions' rows: what a reader lists needs no look at the records.
async fn note_sessions(
    transaction: &mut Transaction<'static, Any>,
    new: &[Record],
    now_ms: i64,
) -> Result<(), TakeError> {
    let mut counted: BTreeMap<Uuid, (u64, u64, i64)> = BTreeMap::new();
    for record in new {
        let first = (record.number, record.number, 0);
        let (_, newest, count) = counted.entry(record.session).or_insert(first);
        (*newest, *count) = (record.number, *count + 1);
    }
    let Some(kiosk) = new.first().map(|record| record.kiosk.as_str()) else {
        return Ok(());
    };
    for (session, (first, newest, count)) in counted {
        sqlx::query(
            "INSERT INTO sessions (kiosk, session, first, newest, records, received_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (kiosk, session) DO UPDATE SET
             newest = excluded.newest, records = sessions.records + excluded.records,
             received_at_ms = excluded.received_at_ms",
        )
        .bind(kiosk)
        .bind(session.to_string())
        .bind(to_column(first)?)
        .bind(to_column(newest)?)
        .bind(count)
        .bind(now_ms)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

async fn move_end(
    transaction: &mut Transaction<'static, Any>,
    batch: &Batch,
    chain: &Chain,
) -> Result<(), TakeError> {
    sqlx::query("UPDATE kiosks SET durable = $2, head = $3 WHERE kiosk = $1")
        .bind(batch.kiosk.as_str())
        .bind(to_column(chain.newest())?)
        .bind(chain.head().to_vec())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// The key that came first stays: a kiosk seals the same key anew for each batch. An erased session's is not taken again,
/// by whatever way an older batch comes once more.
async fn keep_keys(
    transaction: &mut Transaction<'static, Any>,
    batch: &Batch,
    now_ms: i64,
) -> Result<(), TakeError> {
    for key in &batch.keys {
        sqlx::query(
            "INSERT INTO session_keys (kiosk, session, sealed, received_at_ms)
             SELECT $1, $2, $3, $4 WHERE NOT EXISTS
                 (SELECT 1 FROM erasures WHERE kiosk = $1 AND session = $2 AND why = $5)
             ON CONFLICT (kiosk, session) DO NOTHING",
        )
        .bind(batch.kiosk.as_str())
        .bind(key.session.to_string())
        .bind(key.sealed.clone())
        .bind(now_ms)
        .bind(erase::EVERYWHERE)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_go_on_from_row_to_row() {
        assert_eq!(placeholders(0), "($1, $2, $3, $4, $5, $6, $7, $8)");
        assert_eq!(placeholders(1), "($9, $10, $11, $12, $13, $14, $15, $16)");
    }
}
