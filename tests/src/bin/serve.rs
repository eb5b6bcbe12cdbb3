//! `cargo xtask serve`: a branch on loopback that stays until it is ended.

use std::process::ExitCode;

use anyhow::Context;
use kiosk_tests::serving;
use tokio::signal::unix::{SignalKind, signal};

#[allow(
    clippy::print_stderr,
    reason = "a command line tells its faults on standard error"
)]
#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("serve: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[allow(
    clippy::print_stdout,
    reason = "its last line on standard output is what a client has to know"
)]
async fn serve() -> anyhow::Result<()> {
    let mut ended = signal(SignalKind::terminate()).context("SIGTERM can't be heard")?;
    let folder = tempfile::tempdir().context("no folder for the branch's files")?;
    let path = folder.path().to_owned();
    let serving = tokio::task::spawn_blocking(move || serving::start(path)).await??;
    println!("{}", serving.told);
    tokio::select! {
        heard = tokio::signal::ctrl_c() => heard.context("Ctrl-C can't be heard")?,
        _ = ended.recv() => {}
    }
    // Its programs end with it, and only then their folder goes.
    tokio::task::spawn_blocking(move || drop(serving.branch)).await?;
    Ok(())
}
