//! What readers list: kiosks with their health, a kiosk's sessions, its evidence.

use kiosk_wire::{EvidenceId, KioskId, TenantId};
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

use super::erase::EVERYWHERE;
use super::{Ledger, LedgerError, count};

/// A kiosk and how it stands. What was never heard or received is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KioskRow {
    pub(crate) kiosk: KioskId,
    pub(crate) durable: u64,
    pub(crate) sessions: u64,
    pub(crate) evidence: u64,
    pub(crate) open_commands: u64,
    pub(crate) received_at_ms: Option<i64>,
    pub(crate) online: Option<(bool, i64)>,
}

/// A session, without its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionRow {
    pub(crate) session: Uuid,
    pub(crate) first: u64,
    pub(crate) newest: u64,
    pub(crate) records: u64,
    pub(crate) received_at_ms: i64,
    /// Whether its content was erased, as somebody had asked.
    pub(crate) erased: bool,
}

/// A piece of evidence, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EvidenceRow {
    pub(crate) id: EvidenceId,
    pub(crate) session: Uuid,
    pub(crate) bytes: u64,
    pub(crate) received_at_ms: i64,
}

impl Ledger {
    /// A tenant's kiosks after `after` by name, at most `limit`.
    pub(crate) async fn kiosks(
        &self,
        tenant: &TenantId,
        after: &str,
        limit: i64,
    ) -> Result<Vec<KioskRow>, LedgerError> {
        let rows = sqlx::query(
            "SELECT k.kiosk, k.durable, s.online, s.online_heard_at_ms,
                 (SELECT COUNT(*) FROM sessions x WHERE x.kiosk = k.kiosk) AS sessions,
                 (SELECT COUNT(*) FROM evidence x WHERE x.kiosk = k.kiosk) AS evidence,
                 (SELECT COUNT(*) FROM commands x
                  WHERE x.kiosk = k.kiosk AND x.outcome IS NULL) AS open_commands,
                 (SELECT received_at_ms FROM records x
                  WHERE x.kiosk = k.kiosk AND x.number = k.durable) AS received_at_ms
             FROM kiosks k LEFT JOIN kiosk_status s ON s.kiosk = k.kiosk AND s.tenant = k.tenant
             WHERE k.tenant = $1 AND k.kiosk > $2 ORDER BY k.kiosk LIMIT $3",
        )
        .bind(tenant.as_str())
        .bind(after)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(kiosk).collect()
    }

    /// A kiosk's sessions whose newest record is before `before`, newest first, at most `limit`.
    pub(crate) async fn sessions(
        &self,
        kiosk: &KioskId,
        before: i64,
        limit: i64,
    ) -> Result<Vec<SessionRow>, LedgerError> {
        let rows = sqlx::query(
            "SELECT s.session, s.first, s.newest, s.records, s.received_at_ms, e.number AS erased
             FROM sessions s LEFT JOIN erasures e
                 ON e.kiosk = s.kiosk AND e.session = s.session AND e.why = $4
             WHERE s.kiosk = $1 AND s.newest < $2 ORDER BY s.newest DESC LIMIT $3",
        )
        .bind(kiosk.as_str())
        .bind(before)
        .bind(limit)
        .bind(EVERYWHERE)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &AnyRow| {
            let erased: Option<i64> = row.try_get("erased")?;
            Ok(SessionRow {
                erased: erased.is_some(),
                session: id(row, "session")?,
                first: count(row, "first")?,
                newest: count(row, "newest")?,
                records: count(row, "records")?,
                received_at_ms: row.try_get("received_at_ms")?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// The evidence of a session.
    pub(crate) async fn evidence_of(
        &self,
        kiosk: &KioskId,
        session: Uuid,
    ) -> Result<Vec<EvidenceRow>, LedgerError> {
        let rows = sqlx::query(
            "SELECT sha256, session, bytes, received_at_ms FROM evidence
             WHERE kiosk = $1 AND session = $2 ORDER BY received_at_ms, sha256",
        )
        .bind(kiosk.as_str())
        .bind(session.to_string())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(evidence).collect()
    }

    /// One piece of evidence.
    pub(crate) async fn evidence_row(
        &self,
        kiosk: &KioskId,
        id: &EvidenceId,
    ) -> Result<Option<EvidenceRow>, LedgerError> {
        let row = sqlx::query(
            "SELECT sha256, session, bytes, received_at_ms FROM evidence
             WHERE kiosk = $1 AND sha256 = $2",
        )
        .bind(kiosk.as_str())
        .bind(id.as_str())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(evidence).transpose()
    }
}

fn kiosk(row: &AnyRow) -> Result<KioskRow, LedgerError> {
    let online: Option<i64> = row.try_get("online")?;
    let heard_at: Option<i64> = row.try_get("online_heard_at_ms")?;
    Ok(KioskRow {
        kiosk: id(row, "kiosk")?,
        durable: count(row, "durable")?,
        sessions: count(row, "sessions")?,
        evidence: count(row, "evidence")?,
        open_commands: count(row, "open_commands")?,
        received_at_ms: row.try_get("received_at_ms")?,
        online: online.map(|online| online != 0).zip(heard_at),
    })
}

fn evidence(row: &AnyRow) -> Result<EvidenceRow, LedgerError> {
    Ok(EvidenceRow {
        id: id(row, "sha256")?,
        session: id(row, "session")?,
        bytes: count(row, "bytes")?,
        received_at_ms: row.try_get("received_at_ms")?,
    })
}

fn id<T: std::str::FromStr>(row: &AnyRow, column: &'static str) -> Result<T, LedgerError> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|_| LedgerError::Damaged(column))
}
