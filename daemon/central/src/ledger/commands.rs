//! Commands to kiosks: numbered under the kiosk's lock, kept as they were signed, each with one outcome.

use kiosk_wire::{KioskId, Outcome, SignedCommand, TenantId, WireError, limits};
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

use super::{Ledger, LedgerError, TakeError, count, to_column};

/// Most commands in one list.
const LISTED: i64 = 200;

/// A command that was issued, and whether just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issued {
    pub(crate) number: u64,
    pub(crate) signed: SignedCommand,
    pub(crate) new: bool,
}

/// What is known of a command, for those who issue.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Listed {
    pub(crate) number: u64,
    pub(crate) kind: String,
    pub(crate) issued_at_ms: i64,
    pub(crate) outcome: Option<(Outcome, i64)>,
}

/// Why a command was not issued.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IssueError {
    #[error(transparent)]
    Take(#[from] TakeError),
    #[error(transparent)]
    Sign(#[from] WireError),
}

impl From<LedgerError> for IssueError {
    fn from(error: LedgerError) -> Self {
        Self::Take(error.into())
    }
}

impl From<sqlx::Error> for IssueError {
    fn from(error: sqlx::Error) -> Self {
        Self::Take(error.into())
    }
}

/// What became of an outcome that a kiosk told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// It is held.
    Held,
    /// There is no such command.
    Unknown,
    /// Another is held already.
    Differs,
}

impl Ledger {
    /// Issues a command under the kiosk's next number, which `sign` is given. A `request` that was made
    /// before gets the command that it made then.
    pub(crate) async fn issue(
        &self,
        (tenant, kiosk): (&TenantId, &KioskId),
        (request, kind): (Uuid, &str),
        sign: impl FnOnce(u64) -> Result<SignedCommand, WireError> + Send,
        now_ms: i64,
    ) -> Result<Issued, IssueError> {
        let _turn = self.turn_to_write().await;
        let (mut transaction, end) = self.begin_for(tenant, kiosk).await?;
        if end.tenant != *tenant {
            return Err(TakeError::ForeignTenant.into());
        }
        let before = sqlx::query(
            "SELECT number, command, signature FROM commands WHERE kiosk = $1 AND request = $2",
        )
        .bind(kiosk.as_str())
        .bind(request.to_string())
        .fetch_optional(&mut *transaction)
        .await?;
        if let Some(row) = before {
            return Ok(Issued {
                number: count(&row, "number")?,
                signed: signed(&row)?,
                new: false,
            });
        }
        let newest =
            sqlx::query("SELECT COALESCE(MAX(number), 0) AS number FROM commands WHERE kiosk = $1")
                .bind(kiosk.as_str())
                .fetch_one(&mut *transaction)
                .await?;
        let number = count(&newest, "number")? + 1;
        let signed = sign(number)?;
        sqlx::query(
            "INSERT INTO commands (kiosk, number, request, kind, command, signature, issued_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(kiosk.as_str())
        .bind(to_column(number)?)
        .bind(request.to_string())
        .bind(kind)
        .bind(signed.command.clone())
        .bind(signed.signature.clone())
        .bind(now_ms)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Issued {
            number,
            signed,
            new: true,
        })
    }

    /// The commands of a kiosk without an outcome, in order.
    pub(crate) async fn open_commands(
        &self,
        tenant: &TenantId,
        kiosk: &KioskId,
    ) -> Result<Vec<SignedCommand>, LedgerError> {
        let rows = sqlx::query(
            "SELECT c.command, c.signature FROM commands c JOIN kiosks k ON k.kiosk = c.kiosk
             WHERE c.kiosk = $1 AND k.tenant = $2 AND c.outcome IS NULL ORDER BY c.number LIMIT $3",
        )
        .bind(kiosk.as_str())
        .bind(tenant.as_str())
        .bind(limits::COMMANDS as i64)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(signed).collect()
    }

    /// The newest commands of a kiosk, newest first.
    pub(crate) async fn commands(
        &self,
        tenant: &TenantId,
        kiosk: &KioskId,
    ) -> Result<Vec<Listed>, LedgerError> {
        let rows = sqlx::query(
            "SELECT c.number, c.kind, c.issued_at_ms, c.outcome, c.outcome_at_ms
             FROM commands c JOIN kiosks k ON k.kiosk = c.kiosk
             WHERE c.kiosk = $1 AND k.tenant = $2 ORDER BY c.number DESC LIMIT $3",
        )
        .bind(kiosk.as_str())
        .bind(tenant.as_str())
        .bind(LISTED)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(listed).collect()
    }

    /// Notes the outcome of a command, once.
    pub(crate) async fn note_outcome(
        &self,
        (tenant, kiosk): (&TenantId, &KioskId),
        number: u64,
        outcome: &Outcome,
        now_ms: i64,
    ) -> Result<Told, TakeError> {
        let text = serde_json::to_string(outcome).map_err(|_| LedgerError::Damaged("outcome"))?;
        let _turn = self.turn_to_write().await;
        let (mut transaction, end) = self.begin_for(tenant, kiosk).await?;
        if end.tenant != *tenant {
            return Err(TakeError::ForeignTenant);
        }
        let held = sqlx::query("SELECT outcome FROM commands WHERE kiosk = $1 AND number = $2")
            .bind(kiosk.as_str())
            .bind(to_column(number)?)
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(held) = held else {
            return Ok(Told::Unknown);
        };
        let held: Option<String> = held.try_get("outcome")?;
        if let Some(held) = held {
            return Ok(if held == text {
                Told::Held
            } else {
                Told::Differs
            });
        }
        sqlx::query(
            "UPDATE commands SET outcome = $3, outcome_at_ms = $4 WHERE kiosk = $1 AND number = $2",
        )
        .bind(kiosk.as_str())
        .bind(to_column(number)?)
        .bind(text)
        .bind(now_ms)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Told::Held)
    }
}

fn signed(row: &AnyRow) -> Result<SignedCommand, LedgerError> {
    Ok(SignedCommand {
        command: row.try_get("command")?,
        signature: row.try_get("signature")?,
    })
}

fn listed(row: &AnyRow) -> Result<Listed, LedgerError> {
    let outcome: Option<String> = row.try_get("outcome")?;
    let at: Option<i64> = row.try_get("outcome_at_ms")?;
    let outcome = outcome
        .map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|_| LedgerError::Damaged("commands.outcome"))?;
    Ok(Listed {
        number: count(row, "number")?,
        kind: row.try_get("kind")?,
        issued_at_ms: row.try_get("issued_at_ms")?,
        outcome: outcome.zip(at),
    })
}
