//! `kioskctl`: one verification here and now, documents read and readers measured, certificates, models, the store.
//!
//! Exit status: 0 done, 1 what was given can't be used or the thing failed, 2 unusable arguments or a
//! missing pack (with the command that makes it).

mod audit;
mod block;
mod document;
mod eval;
mod models;
mod output;
mod pki;
mod readers;
mod screen;
mod simulate;
mod store;
mod told;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Steers and checks a kiosk from the command line.
#[derive(Debug, Parser)]
#[command(name = "kioskctl", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs one verification on this machine and prints the decision.
    Verify(verify::Verify),
    /// Reads documents, and prints what they say.
    #[command(subcommand)]
    Document(document::Document),
    /// Runs a reader over a folder of pictures, and prints what each says.
    #[command(subcommand)]
    Eval(eval::Eval),
    /// Asks watch lists for a name.
    Screen(screen::Screen),
    /// Who changed what: exports and verifies the audit.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// The block list of the kiosk that runs.
    #[command(subcommand)]
    Block(block::Block),
    /// Makes certificates for demonstrations and tests.
    #[command(subcommand)]
    Pki(pki::Pki),
    /// Runs a fleet of kiosks against a central, to see what it bears.
    Simulate(simulate::Simulate),
    /// Lists, verifies and fetches models.
    #[command(subcommand)]
    Models(models::Models),
    /// Checks, mends, exports and measures a kiosk's store; kioskd must not run.
    Store(store::Store),
}

/// Why a command did not do its work.
#[derive(Debug)]
pub enum Failed {
    /// What was given can't be used, or the thing failed: exit status 1.
    Work(String),
    /// Unusable arguments or a missing part: exit status 2.
    Usage(String),
}

impl Failed {
    fn work(error: impl std::fmt::Display) -> Self {
        Self::Work(error.to_string())
    }

    fn usage(error: impl std::fmt::Display) -> Self {
        Self::Usage(error.to_string())
    }
}

/// Runs the command line.
#[allow(
    clippy::print_stderr,
    reason = "a command line tells its faults on standard error"
)]
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Verify(verify) => verify::run(&verify),
        Command::Document(document) => document::run(&document),
        Command::Eval(eval) => eval::run(&eval),
        Command::Screen(screen) => screen::run(&screen),
        Command::Audit(audit) => audit::run(&audit),
        Command::Block(block) => block::run(&block),
        Command::Pki(pki) => pki::run(&pki),
        Command::Simulate(simulate) => simulate::run(&simulate),
        Command::Models(models) => models::run(&models),
        Command::Store(store) => store::run(&store),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed::Work(why)) => {
            eprintln!("kioskctl: {why}");
            ExitCode::from(1)
        }
        Err(Failed::Usage(why)) => {
            eprintln!("kioskctl: {why}");
            ExitCode::from(2)
        }
    }
}
