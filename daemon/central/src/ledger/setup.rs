//! Opening the database: folder, connection settings, migrations, and whether it is durable.

use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AnyPool, Executor, Row, SqlSafeStr};
use tokio::sync::Mutex;

use super::{Ledger, LedgerError};
use crate::config::DatabaseUrl;
use crate::folder::make_folder;

/// SQLite: readers beside the one writer. PostgreSQL: its own default allows 100 for everybody.
const SQLITE_CONNECTIONS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
/// A request is told that the database is away before its own time is over.
const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(5);

/// A migration: version, name, SQLite's text, PostgreSQL's text. Never changed once released.
const MIGRATIONS: [(i64, &str, &str, &str); 5] = [
    (
        1,
        "records",
        include_str!("../../migrations/sqlite/0001_records.sql"),
        include_str!("../../migrations/postgres/0001_records.sql"),
    ),
    (
        2,
        "sessions",
        include_str!("../../migrations/sqlite/0002_sessions.sql"),
        include_str!("../../migrations/postgres/0002_sessions.sql"),
    ),
    (
        3,
        "commands",
        include_str!("../../migrations/sqlite/0003_commands.sql"),
        include_str!("../../migrations/postgres/0003_commands.sql"),
    ),
    (
        4,
        "evidence parts",
        include_str!("../../migrations/sqlite/0004_evidence_parts.sql"),
        include_str!("../../migrations/postgres/0004_evidence_parts.sql"),
    ),
    (
        5,
        "erasures",
        include_str!("../../migrations/sqlite/0005_erasures.sql"),
        include_str!("../../migrations/postgres/0005_erasures.sql"),
    ),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sqlite,
    Postgres,
}

impl Ledger {
    /// Opens the database, makes SQLite's file where it is not there, and brings the tables up to
    /// date.
    ///
    /// # Errors
    ///
    /// Where it cannot be reached, is of a newer version, or does not promise durable commits.
    pub(crate) async fn open(url: &DatabaseUrl) -> Result<Self, LedgerError> {
        install_drivers();
        let (kind, target) = match url.sqlite_path() {
            Some(path) => {
                make_folder_of(path)?;
                (Kind::Sqlite, format!("{}?mode=rwc", url.expose()))
            }
            None => (Kind::Postgres, url.expose().to_owned()),
        };
        let pool = AnyPoolOptions::new()
            .max_connections(match kind {
                Kind::Sqlite => SQLITE_CONNECTIONS,
                Kind::Postgres => POSTGRES_CONNECTIONS,
            })
            .acquire_timeout(WAIT_FOR_CONNECTION)
            .after_connect(move |connection, _| Box::pin(settle(kind, connection)))
            .connect(&target)
            .await?;
        migrate(kind, &pool).await?;
        check_durable(kind, &pool).await?;
        Ok(Self {
            pool,
            one_writer: (kind == Kind::Sqlite).then(|| Mutex::new(())),
        })
    }
}

fn install_drivers() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Fails only where somebody else has installed them already.
        let _ =
            sqlx::any::install_drivers(&[sqlx::sqlite::any::DRIVER, sqlx::postgres::any::DRIVER]);
    });
}

/// What each new connection is told.
async fn settle(kind: Kind, connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let statements: &[&'static str] = match kind {
        Kind::Sqlite => &[
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA foreign_keys = ON",
            "PRAGMA busy_timeout = 10000",
            // What is erased is overwritten, not only given free.
            "PRAGMA secure_delete = ON",
        ],
        Kind::Postgres => &[
            "SET synchronous_commit = on",
            "SET statement_timeout = '30s'",
            "SET lock_timeout = '10s'",
            "SET idle_in_transaction_session_timeout = '60s'",
        ],
    };
    for &statement in statements {
        connection.execute(statement).await?;
    }
    Ok(())
}

async fn migrate(kind: Kind, pool: &AnyPool) -> Result<(), LedgerError> {
    let migrations = MIGRATIONS.map(|(version, name, sqlite, postgres)| {
        let sql = match kind {
            Kind::Sqlite => sqlite,
            Kind::Postgres => postgres,
        };
        Migration::new(
            version,
            name.into(),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(migrations.to_vec())
        .run(pool)
        .await
        .map_err(|error| LedgerError::Migration(error.to_string()))
}

async fn check_durable(kind: Kind, pool: &AnyPool) -> Result<(), LedgerError> {
    match kind {
        Kind::Sqlite => {
            let mode: String = one(pool, "PRAGMA journal_mode").await?;
            let synchronous: i64 = one(pool, "PRAGMA synchronous").await?;
            // https://sqlite.org/pragma.html#pragma_synchronous: 2 is FULL.
            if mode != "wal" || synchronous != 2 {
                return Err(LedgerError::NotDurable(
                    "SQLite has not taken journal_mode=WAL and synchronous=FULL \
                     (a file system without shared memory?)",
                ));
            }
        }
        Kind::Postgres => {
            let fsync: String = one(pool, "SHOW fsync").await?;
            if fsync != "on" {
                return Err(LedgerError::NotDurable(
                    "PostgreSQL runs with fsync off; set fsync = on in its configuration",
                ));
            }
        }
    }
    Ok(())
}

async fn one<T>(pool: &AnyPool, query: &'static str) -> Result<T, LedgerError>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Any> + sqlx::Type<sqlx::Any>,
{
    Ok(sqlx::query(query).fetch_one(pool).await?.try_get(0)?)
}

fn make_folder_of(database: &Path) -> Result<(), LedgerError> {
    let parent = database
        .parent()
        .filter(|path| !path.as_os_str().is_empty());
    let Some(folder) = parent else {
        return Ok(());
    };
    make_folder(folder).map_err(|source| LedgerError::Folder {
        folder: folder.to_owned(),
        source,
    })
}
