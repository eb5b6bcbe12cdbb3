//! `cargo xtask bench api`: what a kiosk's HTTP API answers under load, and how much of that is the store's.
//!
//! ```text
//! wrk (64 connections) ──► kioskd on loopback ──► its store on disk
//!        └─ rate, p50, p99                └─ /metrics before and after: the store's part of the slowest hundredth
//! ```
//!
//! Beside that: what 1,000 connections that wait cost in memory. wrk and kioskd share this machine's cores.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

mod answers;
mod kiosk;
mod wrk;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use kiosk_measure::figures::{commit, load, machine};

use answers::Answers;
use kiosk::Kiosk;
use wrk::{Load, Told};

/// Sessions that are read, one after the other.
const SESSIONS: usize = 1_000;
/// Connections that wait.
const IDLE: usize = 1_000;
/// After a change of connections memory is looked at when this time has gone by.
const SETTLED: Duration = Duration::from_secs(1);
/// Between these lines of the page stands what was measured; the rest is written by hand.
const MARKS: [&str; 2] = ["<!-- measured -->\n", "<!-- /measured -->"];

#[derive(Debug, Parser)]
struct Options {
    /// How long each way is loaded, in seconds
    #[arg(long, default_value_t = 30)]
    seconds: u32,
    /// Connections of the load
    #[arg(long, default_value_t = 64)]
    connections: u32,
    /// Writes the figures into this page
    #[arg(long)]
    page: Option<PathBuf>,
}

/// One way of the load.
struct Row {
    name: &'static str,
    route: (&'static str, &'static str),
    told: Told,
    /// Of the answers that took about as long as the slowest hundredth begins at.
    tail: Option<answers::Tail>,
    load: [f64; 2],
}

fn main() -> Result<()> {
    let options = Options::parse();
    let kiosk = Kiosk::start()?;
    let memory = idle(&kiosk)?;
    let ids = kiosk.begin(SESSIONS)?;
    let rows = [
        measured(
            &kiosk,
            &options,
            "session read",
            ("GET", "/partner/sessions/{session_id}"),
            &wrk::reads(&ids),
        )?,
        measured(
            &kiosk,
            &options,
            "session create",
            ("POST", "/partner/sessions"),
            wrk::CREATES,
        )?,
    ];
    let text = report(&options, &rows, memory)?;
    println!("{text}");
    if let Some(page) = &options.page {
        write_page(page, &text)?;
    }
    Ok(())
}

/// Loads one route.
fn measured(
    kiosk: &Kiosk,
    options: &Options,
    name: &'static str,
    route: (&'static str, &'static str),
    script: &str,
) -> Result<Row> {
    let load_before = load()?;
    let before = Answers::read(&kiosk.metrics()?);
    let told = Load {
        seconds: options.seconds,
        connections: options.connections,
        script,
    }
    .run(kiosk)?;
    let after = Answers::read(&kiosk.metrics()?);
    println!("{name}: {told:?}");
    Ok(Row {
        name,
        route,
        told,
        tail: after.since(&before, route).tail(0.99),
        load: [load_before, load()?],
    })
}

/// Memory without connections and with those that wait, MiB.
fn idle(kiosk: &Kiosk) -> Result<[f64; 2]> {
    // What the first request brings in is there before.
    drop(kiosk.connect(1)?);
    std::thread::sleep(SETTLED);
    let without = kiosk.resident_mib()?;
    let held = kiosk.connect(IDLE)?;
    std::thread::sleep(SETTLED);
    let with = kiosk.resident_mib()?;
    drop(held);
    Ok([without, with])
}

fn report(options: &Options, rows: &[Row], [without, with]: [f64; 2]) -> Result<String> {
    let profile = match cfg!(debug_assertions) {
        true => "built with debug assertions",
        false => "optimised",
    };
    let mut text = format!(
        "{} connections, {} s each; {}, {profile}, commit {}.\n\n\
         | | answers a second | p50 ms | p99 ms | errors | store's share of p99 | load, before and after |\n|---|---|---|---|---|---|---|\n",
        options.connections,
        options.seconds,
        machine(),
        commit()
    );
    for row in rows {
        let tail = row.tail.as_ref().map_or_else(
            || "not measured".to_owned(),
            |tail| {
                format!(
                    "{:.0} % (answers of {} s and more: {:.1} of {:.1} ms)",
                    100.0 * tail.store_s / tail.total_s,
                    tail.from,
                    1e3 * tail.store_s / tail.count,
                    1e3 * tail.total_s / tail.count
                )
            },
        );
        let Told {
            requests,
            seconds,
            p50_ms,
            p99_ms,
            errors,
        } = row.told;
        writeln!(
            text,
            "| {} (`{} {}`) | {:.0} | {p50_ms:.1} | {p99_ms:.1} | {errors} of {requests} | {tail} | {:.1}, {:.1} |",
            row.name,
            row.route.0,
            row.route.1,
            requests as f64 / seconds,
            row.load[0],
            row.load[1]
        )?;
    }
    write!(
        text,
        "\nResident: {without:.1} MiB without connections, {with:.1} MiB with {IDLE} that wait: {:.1} MiB more.\n",
        with - without
    )?;
    Ok(text)
}

fn write_page(page: &PathBuf, measured: &str) -> Result<()> {
    let text = std::fs::read_to_string(page)?;
    let [from, to] = MARKS;
    let (head, rest) = text.split_once(from).context("the page has no mark")?;
    let (_, tail) = rest
        .split_once(to)
        .context("the page has no closing mark")?;
    std::fs::write(page, format!("{head}{from}\n{measured}\n{to}{tail}"))?;
    Ok(())
}
