//! `cargo xtask bench store`: durable commits a second of the store and of its anchors, with the same records, in turns.
//!
//! ```text
//!  writers, each waits for its answer ──► one thread takes all that wait ──► one durable commit ──► answers
//! ```
//!
//! The store does that by itself, and seals and chains besides. The anchors get the same grouping around them, and
//! records that are sealed already: SQLite (WAL, synchronous=FULL), redb (immediate durability), and sled with an
//! fdatasync of its file after each flush, which was the other way to make the store last through a power cut.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::disallowed_methods, reason = "time is what is measured here")]

use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use futures::future::try_join_all;
use kiosk_store::{DeviceKey, Store, StoreConfig};
use redb::{ReadableDatabase, TableDefinition};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// From this line on the page is written by hand, and stays when the table is made anew.
const KEPT: &str = "## Beside the table";
/// A typical event's length in bytes, and what sealing and chaining make of it.
const EVENT: usize = 512;
const RECORD: usize = EVENT + 40 + 81;
const TABLE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("records");

/// Measures.
#[derive(Debug, Parser)]
struct Arguments {
    /// Turns; the median is told.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each turn.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Where the files lie: on the disk that is to be measured.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// The page that is written.
    #[arg(long)]
    page: Option<PathBuf>,
}

/// Makes records durable, as many at once as are given.
trait Anchor: Send {
    fn commit(&mut self, first: u64, records: &[Vec<u8>]) -> Result<()>;
    fn count(&mut self) -> Result<u64>;
}

struct Sqlite {
    runtime: tokio::runtime::Runtime,
    connection: SqliteConnection,
}

impl Sqlite {
    fn open(folder: &Path) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let options = SqliteConnectOptions::new()
            .filename(folder.join("records.sqlite"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let connection = runtime.block_on(async {
            let mut connection = SqliteConnection::connect_with(&options).await?;
            sqlx::query("CREATE TABLE records (number INTEGER PRIMARY KEY, record BLOB NOT NULL)")
                .execute(&mut connection)
                .await?;
            Ok::<_, sqlx::Error>(connection)
        })?;
        Ok(Self {
            runtime,
            connection,
        })
    }
}

impl Anchor for Sqlite {
    fn commit(&mut self, first: u64, records: &[Vec<u8>]) -> Result<()> {
        let connection = &mut self.connection;
        self.runtime.block_on(async {
            let mut transaction = connection.begin().await?;
            for (number, record) in (first..).zip(records) {
                sqlx::query("INSERT INTO records VALUES (?, ?)")
                    .bind(i64::try_from(number)?)
                    .bind(record.as_slice())
                    .execute(&mut *transaction)
                    .await?;
            }
            Ok(transaction.commit().await?)
        })
    }

    fn count(&mut self) -> Result<u64> {
        let query = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM records");
        Ok(u64::try_from(
            self.runtime
                .block_on(query.fetch_one(&mut self.connection))?,
        )?)
    }
}

struct Redb(redb::Database);

impl Anchor for Redb {
    fn commit(&mut self, first: u64, records: &[Vec<u8>]) -> Result<()> {
        let transaction = self.0.begin_write()?;
        let mut table = transaction.open_table(TABLE)?;
        for (number, record) in (first..).zip(records) {
            table.insert(number, record.as_slice())?;
        }
        drop(table);
        Ok(transaction.commit()?)
    }

    fn count(&mut self) -> Result<u64> {
        use redb::ReadableTableMetadata;
        Ok(self.0.begin_read()?.open_table(TABLE)?.len()?)
    }
}

struct Sled {
    db: sled::Db,
    file: File,
}

impl Sled {
    fn open(folder: &Path) -> Result<Self> {
        let db = sled::Config::new().path(folder).open()?;
        let file = File::open(folder.join("db"))?;
        Ok(Self { db, file })
    }
}

impl Anchor for Sled {
    fn commit(&mut self, first: u64, records: &[Vec<u8>]) -> Result<()> {
        let mut batch = sled::Batch::default();
        for (number, record) in (first..).zip(records) {
            batch.insert(&number.to_be_bytes(), record.as_slice());
        }
        self.db.apply_batch(batch)?;
        self.db.flush()?;
        Ok(self.file.sync_data()?)
    }

    fn count(&mut self) -> Result<u64> {
        Ok(self.db.len() as u64)
    }
}

/// One turn: commits and records a second.
#[derive(Debug, Clone, Copy)]
struct Rate {
    records: f64,
    commits: f64,
}

type Waiting = (Vec<u8>, oneshot::Sender<()>);

/// Takes all that wait and commits it, until nobody is left; gives how many commits there were.
fn group(mut anchor: Box<dyn Anchor>, mut waiting: mpsc::Receiver<Waiting>) -> Result<u64> {
    let (mut commits, mut written) = (0, 0u64);
    while let Some(first) = waiting.blocking_recv() {
        let (mut records, mut answers) = (vec![first.0], vec![first.1]);
        while let Ok((record, answer)) = waiting.try_recv() {
            records.push(record);
            answers.push(answer);
        }
        anchor.commit(written, &records)?;
        written += records.len() as u64;
        commits += 1;
        for answer in answers {
            let _ = answer.send(());
        }
    }
    anyhow::ensure!(anchor.count()? == written, "records are missing");
    Ok(commits)
}

async fn anchored(anchor: Box<dyn Anchor>, writers: usize, time: Duration) -> Result<Rate> {
    let (sender, waiting) = mpsc::channel::<Waiting>(256);
    let thread = std::thread::spawn(move || group(anchor, waiting));
    let begun = Instant::now();
    let all = (0..writers).map(|_| {
        let sender = sender.clone();
        tokio::spawn(async move {
            let mut count = 0u64;
            while begun.elapsed() < time {
                let (answer, told) = oneshot::channel();
                sender.send((vec![7; RECORD], answer)).await?;
                told.await?;
                count += 1;
            }
            Ok::<_, anyhow::Error>(count)
        })
    });
    let mut records = 0;
    for count in try_join_all(all).await? {
        records += count?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    drop(sender);
    let commits = tokio::task::spawn_blocking(move || thread.join()).await?;
    let commits = commits.map_err(|_| anyhow::anyhow!("the writer panicked"))??;
    Ok(Rate {
        records: records as f64 / seconds,
        commits: commits as f64 / seconds,
    })
}

async fn store(folder: &Path, writers: usize, time: Duration) -> Result<Rate> {
    let config = StoreConfig::new(folder.join("store"), "kiosk-1".parse()?);
    let (store, _) = Store::open(&config, DeviceKey::from_bytes([7; 32]))?;
    // Each session's key is there before: what is measured is the log.
    let sessions: Vec<Uuid> = (0..writers).map(|_| Uuid::new_v4()).collect();
    for session in &sessions {
        store.append(*session, &[7; EVENT]).await?;
    }
    let before = store.stats();
    let begun = Instant::now();
    let all = sessions.into_iter().map(|session| {
        let store = store.clone();
        tokio::spawn(async move {
            while begun.elapsed() < time {
                store.append(session, &[7; EVENT]).await?;
            }
            Ok::<_, anyhow::Error>(())
        })
    });
    for done in try_join_all(all).await? {
        done?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let after = store.stats();
    anyhow::ensure!(store.verify_chain()? == after.newest, "records are missing");
    store.close().await?;
    Ok(Rate {
        records: (after.newest - before.newest) as f64 / seconds,
        commits: (after.commits - before.commits) as f64 / seconds,
    })
}

const NAMES: [&str; 4] = [
    "the store",
    "sled, fdatasync after each flush",
    "SQLite, WAL, synchronous=FULL",
    "redb",
];

async fn turn(name: &str, base: &Path, writers: usize, time: Duration) -> Result<Rate> {
    let folder = tempfile::tempdir_in(base)?;
    let path = folder.path();
    let anchor: Box<dyn Anchor> = match name {
        "the store" => return store(path, writers, time).await,
        "redb" => Box::new(Redb(redb::Database::create(path.join("records.redb"))?)),
        name if name.starts_with("sled") => Box::new(Sled::open(path)?),
        _ => {
            let path = path.to_owned();
            Box::new(tokio::task::spawn_blocking(move || Sqlite::open(&path)).await??)
        }
    };
    anchored(anchor, writers, time).await
}

fn median(rates: &[Rate], of: impl Fn(&Rate) -> f64) -> (f64, f64, f64) {
    let mut values: Vec<f64> = rates.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    (
        values[values.len() / 2],
        values[0],
        values[values.len() - 1],
    )
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let base = arguments.folder.clone().unwrap_or_else(std::env::temp_dir);
    let time = Duration::from_secs_f64(arguments.seconds);
    let mut table = String::from(
        "| | writers | durable records/s (least to most) | commits/s | records a commit |\n|---|---|---|---|---|\n",
    );
    for writers in [1, 8, 64] {
        let mut rates: Vec<Vec<Rate>> = vec![Vec::new(); NAMES.len()];
        for _ in 0..arguments.rounds {
            for (name, rates) in NAMES.iter().zip(&mut rates) {
                rates.push(turn(name, &base, writers, time).await.context(*name)?);
            }
        }
        for (name, rates) in NAMES.iter().zip(&rates) {
            let (records, least, most) = median(rates, |rate| rate.records);
            let (commits, ..) = median(rates, |rate| rate.commits);
            writeln!(
                table,
                "| {name} | {writers} | {records:.0} ({least:.0} to {most:.0}) | {commits:.0} | {:.1} |",
                records / commits
            )?;
        }
    }
    println!("{table}");
    if let Some(page) = &arguments.page {
        let kept = std::fs::read_to_string(page).unwrap_or_default();
        let kept = kept.find(KEPT).map_or("", |at| &kept[at..]);
        let text = page_text(&arguments, &table);
        std::fs::write(page, format!("{text}\n{kept}"))?;
    }
    Ok(())
}

fn page_text(arguments: &Arguments, table: &str) -> String {
    let profile = if cfg!(debug_assertions) {
        "with debug assertions"
    } else {
        "optimised"
    };
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown");
    format!(
        "# Durable commits: the store and its anchors\n\n\
         Made by `cargo xtask bench store`. {} turns of {} s for each row, one after the other in each round; the median, in \
         brackets least and most. Built {profile}, Linux {}, {} cores, load {load} at the end.\n\n\
         Each writer waits for its answer before it writes again. All get the same grouping: one thread takes all that wait and \
         commits it at once. The store seals and chains {EVENT}-byte events, which makes records of {RECORD} bytes; the others are \
         given {RECORD} bytes and do neither.\n\n{table}",
        arguments.rounds,
        arguments.seconds,
        kernel.trim(),
        std::thread::available_parallelism().map_or(0, usize::from),
    )
}
