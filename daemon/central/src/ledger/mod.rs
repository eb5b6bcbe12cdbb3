//! The database: each kiosk's chain once, in SQLite or PostgreSQL, by the same statements.
//!
//! ```text
//!  kiosks (kiosk, tenant, durable, head)   the end of each verified chain
//!    ├── records (kiosk, number)           unique: a record is there once or not at all
//!    ├── sessions (kiosk, session)         first and newest number, so that none is searched for
//!    ├── session_keys (kiosk, session)     sealed to central's HPKE key, as they came
//!    ├── evidence (kiosk, sha256)          what lies in the evidence folder
//!    ├── erasures (kiosk, session)         what its kiosk has erased, and for what
//!    └── commands (kiosk, number)          as they were signed, each with one outcome
//!  kiosk_status (tenant, kiosk)            hints that came by MQTT
//! ```
//!
//! Durable means committed: SQLite with WAL and `synchronous=FULL` (an fsync for each commit),
//! PostgreSQL with `synchronous_commit=on` and a server that has `fsync` on. Both are asked at start.
//!
//! A batch is one transaction that begins by writing its kiosk's row. That locks the row in
//! PostgreSQL and the database in SQLite, so two batches of one kiosk follow each other. A crash
//! before the commit leaves nothing of it, one after leaves all of it; the kiosk sends again where
//! it was not told, and what is there already is recognised by its hash.

mod commands;
mod erase;
mod error;
mod evidence;
mod hearsay;
mod list;
mod parts;
mod read;
mod setup;
mod take;

use kiosk_wire::{KioskId, TenantId};
use sqlx::{Any, AnyPool, Row, Transaction};
use tokio::sync::{Mutex, MutexGuard};

pub(crate) use commands::{IssueError, Told};
pub(crate) use erase::ErasureRow;
pub use error::LedgerError;
pub(crate) use hearsay::Word;
pub(crate) use read::KioskEnd;
pub(crate) use take::TakeError;

/// The database of one central.
#[derive(Debug)]
pub(crate) struct Ledger {
    pool: AnyPool,
    /// SQLite has one writer at a time: they queue here instead of polling its lock.
    one_writer: Option<Mutex<()>>,
}

impl Ledger {
    /// Answers whether the database does.
    pub(crate) async fn ping(&self) -> Result<(), LedgerError> {
        sqlx::query("SELECT 1").fetch_one(&self.pool).await?;
        Ok(())
    }

    /// Closes all connections.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    async fn turn_to_write(&self) -> Option<MutexGuard<'_, ()>> {
        match &self.one_writer {
            Some(one) => Some(one.lock().await),
            None => None,
        }
    }

    /// Begins a transaction on `kiosk`, whose row it makes and locks: returns the end of its chain.
    async fn begin_for(
        &self,
        tenant: &TenantId,
        kiosk: &KioskId,
    ) -> Result<(Transaction<'static, Any>, KioskEnd), LedgerError> {
        let mut transaction = self.pool.begin().await?;
        let row = sqlx::query(
            "INSERT INTO kiosks (kiosk, tenant, durable, head) VALUES ($1, $2, 0, $3)
             ON CONFLICT (kiosk) DO UPDATE SET kiosk = excluded.kiosk
             RETURNING tenant, durable, head",
        )
        .bind(kiosk.as_str())
        .bind(tenant.as_str())
        .bind(kiosk_wire::FIRST_PREVIOUS.to_vec())
        .fetch_one(&mut *transaction)
        .await?;
        let end = KioskEnd::from_row(&row)?;
        Ok((transaction, end))
    }
}

/// A column of 32 bytes.
fn hash(row: &sqlx::any::AnyRow, column: &'static str) -> Result<[u8; 32], LedgerError> {
    let bytes: Vec<u8> = row.try_get(column)?;
    bytes.try_into().map_err(|_| LedgerError::Damaged(column))
}

/// The same where there may be none.
fn maybe_hash(
    row: &sqlx::any::AnyRow,
    column: &'static str,
) -> Result<Option<[u8; 32]>, LedgerError> {
    let bytes: Option<Vec<u8>> = row.try_get(column)?;
    let hash = bytes.map(TryInto::try_into).transpose();
    hash.map_err(|_| LedgerError::Damaged(column))
}

/// A column that holds a number of records, from 0.
fn count(row: &sqlx::any::AnyRow, column: &'static str) -> Result<u64, LedgerError> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number).map_err(|_| LedgerError::Damaged(column))
}

/// A number as a column takes it.
fn to_column(number: u64) -> Result<i64, TakeError> {
    i64::try_from(number).map_err(|_| TakeError::Number)
}
