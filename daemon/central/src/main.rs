//! The binary `kiosk-central`: config, start, shutdown.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use kiosk_central::{Config, ConfigFault, serve};
use kiosk_wire::{CentralSecretKey, CommandSecretKey, OsRandom};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// What is asked may be answered, then it is cut.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// Receives kiosks' records, checks them and keeps each once.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE", required_unless_present_any = ["new_session_key", "new_command_key"])]
    config: Option<PathBuf>,
    /// Only check the configuration, and say everything that is wrong with it.
    #[arg(long, requires = "config")]
    check: bool,
    /// Make the key that session keys are sealed to: the secret half into FILE, the public half,
    /// which every kiosk needs, to standard output.
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    new_session_key: Option<PathBuf>,
    /// Make the key that commands are signed with, in the same way.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["config", "new_session_key"])]
    new_command_key: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(file) = &arguments.new_session_key {
        let key = CentralSecretKey::generate(&OsRandom)?;
        return new_key(file, &key.to_text(), &key.public().to_text());
    }
    if let Some(file) = &arguments.new_command_key {
        let key = CommandSecretKey::generate(&OsRandom)?;
        return new_key(file, &key.to_text(), &key.public().to_text());
    }
    let file = arguments.config.as_deref().context("--config is needed")?;
    let config = Config::read(file).map_err(all)?;
    if arguments.check {
        tracing::info!("the configuration is as it should be");
        return Ok(());
    }
    let runtime = tokio::runtime::Runtime::new().context("no threads can be started")?;
    let outcome = runtime.block_on(until_told(config));
    // Blocking reads and writes of evidence may be under way.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

async fn until_told(config: Config) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be heard")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be heard")?;
    let handle = serve(config).await?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    handle.shutdown(STOP_WITHIN).await?;
    Ok(())
}

fn all(faults: Vec<ConfigFault>) -> anyhow::Error {
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    anyhow::anyhow!("{}", faults.join("\n"))
}

#[expect(
    clippy::print_stdout,
    reason = "the public key is this command's result"
)]
fn new_key(file: &std::path::Path, secret: &str, public: &str) -> anyhow::Result<()> {
    anyhow::ensure!(
        !file.exists(),
        "{} is there already; what was made for it would be lost",
        file.display()
    );
    kiosk_pki::write_secret(file, secret.as_bytes())?;
    print!("{public}");
    Ok(())
}
