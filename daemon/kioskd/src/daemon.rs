//! `kioskd`'s command line, its signals and its word with systemd.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};

use crate::command::trial::{Stand, Trial};
use crate::config::{Config, Fault};
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

/// Why the daemon ended without a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// As asked.
    Stopped,
    /// To start anew: a file is to be tried, or was rolled back.
    StartAnew,
}

/// Runs the command line. Exit status: 0 stopped as asked, 1 failed, 2 the config can't be used.
#[allow(
    clippy::print_stderr,
    reason = "a config's faults are told before there is a log"
)]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let trial = Trial::beside(&cli.config);
    let stand = match cli.check {
        true => Ok(Stand::Settled),
        false => trial.begin(),
    };
    let stand = match stand {
        Ok(stand) => stand,
        Err(error) => {
            eprintln!(
                "{}: the trial's files cannot be used ({error}); remove that folder or mend it",
                cli.config.display()
            );
            return ExitCode::from(2);
        }
    };
    let config = match read(&cli.config) {
        Ok(config) => config,
        Err(faults) => {
            faults.iter().for_each(|fault| eprintln!("{fault}"));
            return match roll_back(&trial, stand, "the config has faults") {
                true => start_anew(),
                false => ExitCode::from(2),
            };
        }
    };
    if cli.check {
        if let Err(error) = check_lists(&config) {
            eprintln!("{error:#}");
            return ExitCode::from(2);
        }
        eprintln!("{}: no fault", cli.config.display());
        return ExitCode::SUCCESS;
    }
    match run(&config, &trial, stand) {
        Ok(Ended::Stopped) => ExitCode::SUCCESS,
        Ok(Ended::StartAnew) => start_anew(),
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "kioskd ends");
            match roll_back(&trial, stand, &format!("{error:#}")) {
                true => start_anew(),
                false => ExitCode::FAILURE,
            }
        }
    }
}

/// The config, without a fault and with all files there.
fn read(file: &std::path::Path) -> Result<Config, Vec<Fault>> {
    let config = Config::read(file)?;
    let missing = config.missing_files();
    match missing.is_empty() {
        true => Ok(config),
        false => Err(missing),
    }
}

/// Watch lists and exceptions, read as a start reads them. A start goes on without those that are damaged, and says so.
fn check_lists(config: &Config) -> anyhow::Result<()> {
    let screening = &config.screening;
    if !screening.lists.is_empty() {
        kiosk_screening::lists::load(&screening.lists).context("[screening] lists")?;
    }
    if let Some(file) = &screening.exceptions {
        kiosk_screening::Exceptions::read(file).context("[screening] exceptions")?;
    }
    Ok(())
}

/// Brings the former file back where one is on trial; whether it did.
#[allow(clippy::print_stderr, reason = "there may be no log yet")]
fn roll_back(trial: &Trial, stand: Stand, why: &str) -> bool {
    if stand == Stand::Settled {
        return false;
    }
    match trial.fail(why) {
        Ok(()) => true,
        Err(error) => {
            // The next start rolls back: it finds the trial begun and not ended.
            eprintln!("the former file could not be brought back: {error}");
            false
        }
    }
}

/// The same process with the same arguments from its beginning: systemd need not count it as a failure.
#[allow(clippy::print_stderr, reason = "what stands here ends the process")]
fn start_anew() -> ExitCode {
    use std::os::unix::process::CommandExt;
    let mut arguments = std::env::args_os();
    let program = arguments.next().unwrap_or_else(|| "kioskd".into());
    let program = std::env::current_exe().unwrap_or_else(|_| program.into());
    // Only returns where it failed; then systemd starts it anew.
    let error = std::process::Command::new(program).args(arguments).exec();
    eprintln!("kioskd can't start itself anew: {error}");
    ExitCode::FAILURE
}

fn run(config: &Config, trial: &Trial, stand: Stand) -> anyhow::Result<Ended> {
    crate::logs::init(&config.log).context("the log can't be set up")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("kioskd")
        .build()?;
    let ended = runtime.block_on(serve(config, trial, stand));
    // What still runs was named; the process does not wait for it.
    runtime.shutdown_timeout(RUNTIME_WITHIN);
    ended
}

async fn serve(config: &Config, trial: &Trial, stand: Stand) -> anyhow::Result<Ended> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut running = start(config, trial).await?;
    notify(&[NotifyState::Ready]);
    tracing::info!(
        kiosk = config.kiosk.id,
        policy = config.policy.name,
        "ready"
    );
    let watchdog = tokio::spawn(feed_watchdog());
    let mut proof = Some(running.probe())
        .filter(|_| stand == Stand::OnTrial)
        .map(Box::pin);
    let ended = loop {
        let restart = std::sync::Arc::clone(&running.bells.restart);
        tokio::select! {
            _ = interrupted.recv() => break Ok(Ended::Stopped),
            _ = terminated.recv() => break Ok(Ended::Stopped),
            () = restart.notified() => break Ok(Ended::StartAnew),
            proved = async { match proof.as_mut() {
                Some(proof) => proof.await,
                None => std::future::pending().await,
            } } => {
                proof = None;
                match proved {
                    Ok(()) => {
                        trial.pass().context("the trial's end can't be kept")?;
                        tracing::info!("the new file has proved itself");
                        running.nudge_sync();
                    }
                    Err(why) => break Err(anyhow::anyhow!("{why}")),
                }
            }
            unit = running.failed() => {
                break Err(anyhow::anyhow!("unit {unit} has spent its restarts"));
            }
        }
    };
    notify(&[NotifyState::Stopping]);
    watchdog.abort();
    running.stop().await;
    ended
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
