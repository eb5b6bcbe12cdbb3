//! `kioskctl store`: checks, mends, exports and measures the store of the kiosk that a config names.
//!
//! Opening mends what any crash leaves; what it did is told first. None of this prints what a session holds.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use kiosk_store::{RecoveryReport, Store as Opened, StoreError};
use serde_json::json;

use super::Failed;
use super::output::Output;
use crate::config::Config;

/// Records that are read at a time.
const AT_ONCE: usize = 256;

/// Checks, mends, exports and measures a kiosk's store.
#[derive(Debug, Args)]
pub struct Store {
    /// kioskd's config, which names folder and device key.
    #[arg(long, global = true, default_value = "/etc/kioskd/kioskd.toml")]
    config: PathBuf,
    /// Prints one JSON object.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Reads everything and names what is wrong and where; exit status 1 where something is.
    Check,
    /// Mends without guessing: what is wrong is set aside in the quarantine folder; then checks.
    Repair,
    /// Writes the records that central does not hold, one JSON object a line, sealed as they travel.
    Export {
        /// The file; it must not exist.
        to: PathBuf,
    },
    /// Tells how large the store is and what waits in it.
    Stats,
}

/// Runs the command.
pub fn run(args: &Store) -> Result<(), Failed> {
    let runtime = tokio::runtime::Runtime::new().map_err(Failed::work)?;
    runtime.block_on(async {
        let (store, recovered) = open(&config(&args.config)?)?;
        let mut out = Output::new();
        let done = match &args.what {
            What::Check => check(&store, &recovered, args.json, &mut out).await,
            What::Repair => repair(&store, &recovered, args.json, &mut out).await,
            What::Export { to } => export(&store, to, args.json, &mut out).await,
            What::Stats => stats(&store, args.json, &mut out).await,
        };
        let closed = store.close().await.map_err(Failed::work);
        done.and(closed)
    })
}

/// The config of the kiosk whose store it is.
pub(super) fn config(path: &Path) -> Result<Config, Failed> {
    Config::read(path).map_err(|faults| {
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Failed::Usage(told.join("\n"))
    })
}

/// Opens its store, which nobody else may have open.
pub(super) fn open(config: &Config) -> Result<(Opened, RecoveryReport), Failed> {
    let key = crate::secrets::device_key(&config.store.device_key)
        .map_err(|error| Failed::usage(format!("{error:#}")))?;
    let settings = crate::secrets::store_config(config)
        .map_err(|error| Failed::usage(format!("{error:#}")))?;
    if !settings.folder.exists() {
        return Err(Failed::Usage(format!(
            "there is no store in {}",
            settings.folder.display()
        )));
    }
    Opened::open(&settings, key).map_err(Failed::work)
}

/// What opening did, in words, where it did anything.
fn recovery(report: &RecoveryReport) -> Vec<String> {
    let counted = [
        (report.torn_bytes, "torn bytes cut off the journal's end"),
        (report.bad_bytes, "bytes of the journal are no frame"),
        (report.cut.len() as u64, "records cut"),
        (report.set_aside.len() as u64, "records set aside"),
        (report.commits_lost, "commits lost"),
        (report.frames_replayed, "commits of the journal read anew"),
        (report.views_mended, "entries of views mended"),
        (report.temporaries_removed, "unfinished files removed"),
        (
            report.orphans_removed,
            "evidence files removed that nothing names",
        ),
        (report.missing.len() as u64, "records missing"),
        (
            report.evidence_missing,
            "pieces of evidence without their file",
        ),
        (u64::from(report.head_mended), "head made anew"),
        (report.erasures_finished, "erasures finished"),
    ];
    let counted = counted.iter().filter(|(count, _)| *count > 0);
    let mut told: Vec<String> = counted
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    told.extend(
        report
            .view_rebuilt
            .map(|why| format!("the view was made anew: {why}")),
    );
    told.extend(
        report
            .migrated_from
            .map(|layout| format!("brought over from layout {layout}")),
    );
    told.extend(
        report
            .quarantine
            .as_ref()
            .map(|path| format!("kept in {}", path.display())),
    );
    told
}

async fn check(
    store: &Opened,
    recovered: &RecoveryReport,
    as_json: bool,
    out: &mut Output,
) -> Result<(), Failed> {
    let found = store.check().await.map_err(Failed::work)?;
    let faults: Vec<String> = found.faults.iter().map(ToString::to_string).collect();
    if as_json {
        out.json(&json!({
            "records": found.records, "forgotten": found.stubs, "sessions": found.sessions,
            "evidence": found.evidence, "segments": found.segments,
            "recovery": recovery(recovered), "faults": faults,
        }))?;
    } else {
        for told in recovery(recovered) {
            out.line(&format!("at opening  {told}"))?;
        }
        out.line(&format!(
            "whole       {} records ({} forgotten), {} sessions, {} pieces of evidence, {} segments",
            found.records, found.stubs, found.sessions, found.evidence, found.segments
        ))?;
        for fault in &faults {
            out.line(&format!("wrong       {fault}"))?;
        }
    }
    match faults.len() {
        0 => Ok(()),
        count => Err(Failed::Work(format!(
            "{count} things are wrong; kioskctl store repair sets aside what it can"
        ))),
    }
}

async fn repair(
    store: &Opened,
    recovered: &RecoveryReport,
    as_json: bool,
    out: &mut Output,
) -> Result<(), Failed> {
    let done = store.repair().await.map_err(Failed::work)?;
    if !as_json {
        out.line(&format!(
            "mended      {} segments written anew, {} records and {} pieces of evidence set aside",
            done.segments, done.records, done.evidence
        ))?;
    }
    check(store, recovered, as_json, out).await
}

async fn export(store: &Opened, to: &Path, as_json: bool, out: &mut Output) -> Result<(), Failed> {
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(to);
    let file = file.map_err(|error| Failed::Usage(format!("{}: {error}", to.display())))?;
    let mut file = std::io::BufWriter::new(file);
    let (mut next, mut count) = (store.acknowledged(), 0u64);
    let mut missing = Vec::new();
    while next < store.newest() {
        let records = match store.records_after(next, AT_ONCE).await {
            // A gap costs its own record and no other.
            Err(StoreError::Record { number, .. }) => {
                missing.push(number);
                next = number;
                continue;
            }
            records => records.map_err(Failed::work)?,
        };
        let Some(last) = records.last() else { break };
        next = last.number;
        count += records.len() as u64;
        for record in &records {
            let line = serde_json::to_string(record).map_err(Failed::work)?;
            writeln!(file, "{line}").map_err(Failed::work)?;
        }
    }
    let file = file.into_inner().map_err(Failed::work)?;
    file.sync_all().map_err(Failed::work)?;
    match as_json {
        true => out.json(&json!({ "records": count, "through": next, "missing": missing }))?,
        false => out.line(&format!("{count} records up to {next}"))?,
    }
    match missing.len() {
        0 => Ok(()),
        gaps => Err(Failed::Work(format!(
            "{gaps} records are missing, the first is {}; kioskctl store check says more",
            missing[0]
        ))),
    }
}

async fn stats(store: &Opened, as_json: bool, out: &mut Output) -> Result<(), Failed> {
    let stats = store.stats();
    let (segments, live) = store.segments().map_err(Failed::work)?;
    let sessions = store.sessions().map_err(Failed::work)?.len();
    let evidence = store
        .evidence_outbox(usize::MAX)
        .await
        .map_err(Failed::work)?
        .len();
    if as_json {
        return out.json(&json!({
            "newest": stats.newest, "acknowledged": stats.acknowledged, "sessions": sessions,
            "evidence_waiting": evidence, "used_bytes": stats.used_bytes, "max_bytes": stats.max_bytes,
            "segments": segments, "live_bytes": live,
        }));
    }
    out.line(&format!(
        "records     {} ({} not at central)",
        stats.newest,
        stats.newest - stats.acknowledged
    ))?;
    out.line(&format!("sessions    {sessions}"))?;
    out.line(&format!("evidence    {evidence} pieces not at central"))?;
    out.line(&format!(
        "bytes       {} of {}",
        stats.used_bytes, stats.max_bytes
    ))?;
    out.line(&format!(
        "journal     {segments} segments, {live} bytes count"
    ))
}
