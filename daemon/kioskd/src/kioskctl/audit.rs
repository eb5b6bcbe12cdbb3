//! `kioskctl audit`: the audit of a tenant, exported and verified; of the kiosk that runs, or of a store that nobody has open.
//!
//! This prints who changed what and from which address, on standard output only: it is its purpose.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use hyper::Method;
use kiosk_api::audit::{AuditFilter, MOST_ENTRIES};
use kiosk_store::Store;
use serde_json::{Value, json};

use super::Failed;
use super::block::ask;
use super::output::Output;
use crate::clock::SystemClock;
use crate::service::Journal;

/// Longest wait for the kiosk's answer: a verification reads all there is.
const ANSWER_WITHIN: Duration = Duration::from_secs(600);

/// Who changed what: exported, and verified.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Reads the whole log; names every record that was changed, removed or moved; exit status 1 where there is one.
    Verify(Whose),
    /// Prints a tenant's entries, the oldest first, one JSON object a line.
    Export(Whose),
}

/// Where the audit lies, and whose it is.
#[derive(Debug, Args)]
pub struct Whose {
    /// `[control] socket` of the kiosk that runs.
    #[arg(long, default_value = "/run/kioskd/control.sock")]
    socket: PathBuf,
    /// kioskd's config, which names folder and device key, in place of the socket; kioskd must not run.
    #[arg(long, conflicts_with = "socket")]
    config: Option<PathBuf>,
    /// The tenant; the kiosk's own where it is left out.
    #[arg(long)]
    tenant: Option<String>,
    /// Prints the verdict as one JSON object.
    #[arg(long)]
    json: bool,
}

/// What is asked.
enum Source {
    Kiosk {
        socket: PathBuf,
        tenant: Option<String>,
    },
    Store {
        store: Store,
        journal: Box<Journal>,
        tenant: String,
    },
}

/// Runs the command.
pub fn run(args: &Audit) -> Result<(), Failed> {
    let runtime = tokio::runtime::Runtime::new().map_err(Failed::work)?;
    runtime.block_on(async {
        let (Audit::Verify(whose) | Audit::Export(whose)) = args;
        let source = Source::open(whose)?;
        let mut out = Output::new();
        let done = match args {
            Audit::Verify(_) => verify(&source, whose.json, &mut out).await,
            Audit::Export(_) => export(&source, &mut out).await,
        };
        let closed = source.close().await;
        done.and(closed)
    })
}

impl Source {
    fn open(whose: &Whose) -> Result<Self, Failed> {
        let Some(file) = &whose.config else {
            return Ok(Self::Kiosk {
                socket: whose.socket.clone(),
                tenant: whose.tenant.clone(),
            });
        };
        let config = super::store::config(file)?;
        let (store, _) = super::store::open(&config)?;
        // Nothing is written, so that nothing is told.
        let (told, _) = tokio::sync::mpsc::channel(1);
        let journal = Journal::new(store.clone(), Arc::new(SystemClock), told);
        Ok(Self::Store {
            store,
            journal: Box::new(journal.map_err(Failed::work)?),
            tenant: whose.tenant.clone().unwrap_or(config.kiosk.tenant),
        })
    }

    async fn close(self) -> Result<(), Failed> {
        match self {
            Self::Kiosk { .. } => Ok(()),
            Self::Store { store, journal, .. } => {
                drop(journal);
                store.close().await.map_err(Failed::work)
            }
        }
    }

    /// `{"entries": [..], "next"}` from `cursor` on.
    async fn page(&self, cursor: Option<u64>) -> Result<Value, Failed> {
        match self {
            Self::Kiosk { socket, tenant } => {
                let body = json!({ "tenant": tenant, "cursor": cursor });
                called(socket, "/v1/audit/entries", body).await
            }
            Self::Store {
                journal, tenant, ..
            } => {
                let filter = AuditFilter {
                    cursor,
                    limit: MOST_ENTRIES,
                    ..AuditFilter::default()
                };
                let page = journal.audited(tenant, &filter).map_err(Failed::work)?;
                Ok(json!({ "entries": page.entries, "next": page.next }))
            }
        }
    }

    async fn verdict(&self) -> Result<Value, Failed> {
        match self {
            Self::Kiosk { socket, tenant } => {
                called(socket, "/v1/audit/verify", json!({ "tenant": tenant })).await
            }
            Self::Store {
                journal, tenant, ..
            } => {
                let verdict = journal.verify_audit(tenant).map_err(Failed::work)?;
                serde_json::to_value(verdict).map_err(Failed::work)
            }
        }
    }
}

async fn called(socket: &std::path::Path, path: &str, body: Value) -> Result<Value, Failed> {
    let asked = ask(socket, Method::POST, path, body.to_string());
    let answered = tokio::time::timeout(ANSWER_WITHIN, asked).await;
    answered.map_err(|_| Failed::Work(format!("no answer in {ANSWER_WITHIN:?}")))?
}

async fn export(source: &Source, out: &mut Output) -> Result<(), Failed> {
    let mut cursor = None;
    loop {
        let page = source.page(cursor).await?;
        for entry in page["entries"].as_array().into_iter().flatten() {
            out.json(entry)?;
        }
        cursor = page["next"].as_u64();
        if cursor.is_none() {
            return Ok(());
        }
    }
}

async fn verify(source: &Source, as_json: bool, out: &mut Output) -> Result<(), Failed> {
    let verdict = source.verdict().await?;
    let faults = verdict["faults"].as_array().map_or(&[][..], Vec::as_slice);
    if as_json {
        out.json(&verdict)?;
    } else {
        out.line(&format!(
            "{} records up to {}, {} of them this tenant's; head {}",
            verdict["records"],
            verdict["newest"],
            verdict["entries"],
            verdict["head"].as_str().unwrap_or_default()
        ))?;
        for fault in faults {
            out.line(&format!(
                "wrong  {}",
                fault["what"].as_str().unwrap_or_default()
            ))?;
        }
    }
    match faults.len() {
        0 => Ok(()),
        count => Err(Failed::Work(format!(
            "{count} things are wrong with the log; compare its hashes with what central holds"
        ))),
    }
}
