//! `kioskd`'s command line, its signals and its word with systemd.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Config;
use crate::start::start;

/// What outlives an ordered stop is left behind after this long.
const RUNTIME_WITHIN: Duration = Duration::from_secs(1);

/// Runs a kiosk.
#[derive(Debug, Parser)]
#[command(name = "kioskd", version, about)]
struct Cli {
    /// The config file.
    #[arg(long, default_value = "/etc/kioskd/kioskd.toml")]
    config: PathBuf,
    /// Reads the config, tells every fault in it, and starts nothing.
    #[arg(long)]
    check: bool,
}

/// Runs the command line. Exit status: 0 stopped as asked, 1 failed, 2 the config can't be used.
#[allow(
    clippy::print_stderr,
    reason = "a config's faults are told before there is a log"
)]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let config = match Config::read(&cli.config) {
        Ok(config) => config,
        Err(faults) => {
            faults.iter().for_each(|fault| eprintln!("{fault}"));
            return ExitCode::from(2);
        }
    };
    let missing = config.missing_files();
    if !missing.is_empty() {
        missing.iter().for_each(|fault| eprintln!("{fault}"));
        return ExitCode::from(2);
    }
    if cli.check {
        eprintln!("{}: no fault", cli.config.display());
        return ExitCode::SUCCESS;
    }
    match run(&config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "kioskd ends");
            ExitCode::FAILURE
        }
    }
}

fn run(config: &Config) -> anyhow::Result<()> {
    crate::logs::init(&config.log).context("the log can't be set up")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("kioskd")
        .build()?;
    let ended = runtime.block_on(serve(config));
    // What still runs was named; the process does not wait for it.
    runtime.shutdown_timeout(RUNTIME_WITHIN);
    ended
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut running = start(config).await?;
    notify(&[NotifyState::Ready]);
    tracing::info!(
        kiosk = config.kiosk.id,
        policy = config.policy.name,
        "ready"
    );
    let watchdog = tokio::spawn(feed_watchdog());
    let failed = tokio::select! {
        _ = interrupted.recv() => None,
        _ = terminated.recv() => None,
        unit = running.failed() => Some(unit),
    };
    notify(&[NotifyState::Stopping]);
    watchdog.abort();
    running.stop().await;
    match failed {
        None => Ok(()),
        Some(unit) => anyhow::bail!("unit {unit} has spent its restarts"),
    }
}

/// Tells systemd, at half of the time that it gives, that the runtime still turns.
async fn feed_watchdog() {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return;
    };
    let mut ticks = tokio::time::interval((limit / 2).max(Duration::from_millis(100)));
    loop {
        ticks.tick().await;
        notify(&[NotifyState::Watchdog]);
    }
}

/// Without systemd there is nobody to tell, and that is no fault.
fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not told");
    }
}
