//! What a kiosk last said of itself by MQTT: hints for those who watch, never records.

use kiosk_wire::{KioskId, TenantId};
use sqlx::Row;

use super::{Ledger, LedgerError};

/// One thing heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    /// Whether the kiosk is connected to the broker.
    Online(bool),
    /// The type of its newest live event.
    Event(String),
}

/// The newest of each kind, with when it was heard; `None` where nothing was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hearsay {
    pub(crate) online: Option<(bool, i64)>,
    pub(crate) event: Option<(String, i64)>,
}

impl Ledger {
    /// Notes what was heard; the newer replaces the older.
    pub(crate) async fn hear(
        &self,
        tenant: &TenantId,
        kiosk: &KioskId,
        word: &Word,
        now_ms: i64,
    ) -> Result<(), LedgerError> {
        let _turn = self.turn_to_write().await;
        let query = match word {
            Word::Online(online) => sqlx::query(
                "INSERT INTO kiosk_status (tenant, kiosk, online, online_heard_at_ms)
                 VALUES ($1, $2, $3, $4) ON CONFLICT (tenant, kiosk) DO UPDATE SET
                 online = excluded.online, online_heard_at_ms = excluded.online_heard_at_ms",
            )
            .bind(tenant.as_str())
            .bind(kiosk.as_str())
            .bind(i64::from(*online)),
            Word::Event(kind) => sqlx::query(
                "INSERT INTO kiosk_status (tenant, kiosk, event_type, event_heard_at_ms)
                 VALUES ($1, $2, $3, $4) ON CONFLICT (tenant, kiosk) DO UPDATE SET
                 event_type = excluded.event_type, event_heard_at_ms = excluded.event_heard_at_ms",
            )
            .bind(tenant.as_str())
            .bind(kiosk.as_str())
            .bind(kind.as_str()),
        };
        query.bind(now_ms).execute(&self.pool).await?;
        Ok(())
    }

    /// What was heard of a kiosk.
    pub(crate) async fn hearsay(
        &self,
        tenant: &TenantId,
        kiosk: &KioskId,
    ) -> Result<Hearsay, LedgerError> {
        let row = sqlx::query(
            "SELECT online, online_heard_at_ms, event_type, event_heard_at_ms
             FROM kiosk_status WHERE tenant = $1 AND kiosk = $2",
        )
        .bind(tenant.as_str())
        .bind(kiosk.as_str())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else {
            return Ok(Hearsay::default());
        };
        let online: Option<i64> = row.try_get("online")?;
        let online_at: Option<i64> = row.try_get("online_heard_at_ms")?;
        let event: Option<String> = row.try_get("event_type")?;
        let event_at: Option<i64> = row.try_get("event_heard_at_ms")?;
        Ok(Hearsay {
            online: online.map(|online| online != 0).zip(online_at),
            event: event.zip(event_at),
        })
    }
}
