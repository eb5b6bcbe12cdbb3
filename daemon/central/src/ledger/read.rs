//! Reading what is held: the end of a chain, its records page by page, a session's key.

use kiosk_wire::{HeldRecord, KioskId, Record, RecordStub, SealedKey, TenantId};
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

use super::{Ledger, LedgerError, count, hash, maybe_hash};

/// Records are sealed events of up to 512 KiB: a page holds at most 16 MiB.
const PAGE: i64 = 32;

/// The end of a kiosk's verified chain, and whose kiosk it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KioskEnd {
    pub(crate) tenant: TenantId,
    pub(crate) durable: u64,
    pub(crate) head: [u8; 32],
}

impl KioskEnd {
    pub(super) fn from_row(row: &AnyRow) -> Result<Self, LedgerError> {
        let tenant: String = row.try_get("tenant")?;
        Ok(Self {
            tenant: tenant
                .parse()
                .map_err(|_| LedgerError::Damaged("kiosks.tenant"))?,
            durable: count(row, "durable")?,
            head: hash(row, "head")?,
        })
    }
}

impl Ledger {
    /// The end of `kiosk`'s chain; `None` where nothing of it was ever received.
    pub(crate) async fn end(&self, kiosk: &KioskId) -> Result<Option<KioskEnd>, LedgerError> {
        let row = sqlx::query("SELECT tenant, durable, head FROM kiosks WHERE kiosk = $1")
            .bind(kiosk.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(KioskEnd::from_row).transpose()
    }

    /// The next records after `after`, in order; empty at the end.
    pub(crate) async fn page(
        &self,
        kiosk: &KioskId,
        after: u64,
    ) -> Result<Vec<HeldRecord>, LedgerError> {
        let Ok(after) = i64::try_from(after) else {
            return Ok(Vec::new());
        };
        let rows = sqlx::query(
            "SELECT number, version, session, previous, sealed, digest, hash FROM records
             WHERE kiosk = $1 AND number > $2 ORDER BY number LIMIT $3",
        )
        .bind(kiosk.as_str())
        .bind(after)
        .bind(PAGE)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| record(kiosk, row)).collect()
    }

    /// A session's records in order, each with what ties it into its kiosk's chain.
    pub(crate) async fn session(
        &self,
        kiosk: &KioskId,
        session: Uuid,
    ) -> Result<Vec<Tied>, LedgerError> {
        let rows = sqlx::query(
            "SELECT r.number, r.version, r.session, r.previous, r.sealed, r.digest, r.hash,
                    b.hash AS hash_before, a.previous AS previous_after
             FROM records r
             LEFT JOIN records b ON b.kiosk = r.kiosk AND b.number = r.number - 1
             LEFT JOIN records a ON a.kiosk = r.kiosk AND a.number = r.number + 1
             WHERE r.kiosk = $1 AND r.session = $2 ORDER BY r.number",
        )
        .bind(kiosk.as_str())
        .bind(session.to_string())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Tied::from_row(kiosk, row)).collect()
    }

    /// The sealed key of a session; `None` where none came, or it was erased.
    pub(crate) async fn session_key(
        &self,
        kiosk: &KioskId,
        session: Uuid,
    ) -> Result<Option<SealedKey>, LedgerError> {
        let row = sqlx::query("SELECT sealed FROM session_keys WHERE kiosk = $1 AND session = $2")
            .bind(kiosk.as_str())
            .bind(session.to_string())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(SealedKey {
            session,
            sealed: row.try_get("sealed")?,
        }))
    }
}

/// A record with its neighbours' word on it.
#[derive(Debug)]
pub(crate) struct Tied {
    pub(crate) record: HeldRecord,
    /// The hash of the record before; `None` where there is none.
    before: Option<[u8; 32]>,
    /// What the record after says that this one's hash is; `None` where there is none.
    after: Option<[u8; 32]>,
}

impl Tied {
    fn from_row(kiosk: &KioskId, row: &AnyRow) -> Result<Self, LedgerError> {
        Ok(Self {
            record: record(kiosk, row)?,
            before: maybe_hash(row, "hash_before")?,
            after: maybe_hash(row, "previous_after")?,
        })
    }

    /// Whether it is what its hash says, follows the record before, and is what the record after (or the
    /// end of the chain) names.
    pub(crate) fn holds(&self, end: &KioskEnd) -> bool {
        let record = &self.record;
        let before = match record.number() {
            1 => Some(kiosk_wire::FIRST_PREVIOUS),
            _ => self.before,
        };
        let after = match record.number() == end.durable {
            true => Some(end.head),
            false => self.after,
        };
        before.is_some_and(|before| record.verify(&before).is_ok()) && after == Some(record.hash())
    }
}

fn record(kiosk: &KioskId, row: &AnyRow) -> Result<HeldRecord, LedgerError> {
    let version: i64 = row.try_get("version")?;
    let session: String = row.try_get("session")?;
    let version = u8::try_from(version).map_err(|_| LedgerError::Damaged("records.version"))?;
    let session = session.parse();
    let session = session.map_err(|_| LedgerError::Damaged("records.session"))?;
    let (kiosk, number) = (kiosk.clone(), count(row, "number")?);
    let (previous, hash) = (hash(row, "previous")?, hash(row, "hash")?);
    Ok(match maybe_hash(row, "digest")? {
        None => HeldRecord::Whole(Record {
            version,
            kiosk,
            number,
            session,
            previous,
            sealed: row.try_get("sealed")?,
            hash,
        }),
        Some(digest) => HeldRecord::Stub(RecordStub {
            version,
            kiosk,
            number,
            session,
            previous,
            digest,
            hash,
        }),
    })
}
