//! `cargo xtask demo`: the main job, run before one's eyes.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use kiosk_tests::demo::{Options, run};

/// Runs three verifications from camera to central and shows what came of them.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask demo")]
struct Cli {
    /// Use a real camera, by index or device path.
    #[arg(long, conflicts_with = "recording")]
    camera: Option<String>,
    /// Use an own recording of a person; needs --document.
    #[arg(long, requires = "document")]
    recording: Option<PathBuf>,
    /// Use an own document: a picture, a video or a folder of pictures.
    #[arg(long)]
    document: Option<PathBuf>,
    /// Leave everything running at the end.
    #[arg(long)]
    keep: bool,
    /// Leave people's pictures out of the report.
    #[arg(long)]
    without_pictures: bool,
}

#[allow(
    clippy::print_stderr,
    reason = "a command line tells its faults on standard error"
)]
#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let options = Options {
        root: kiosk_tests::root(),
        camera: cli.camera,
        recording: cli.recording,
        document: cli.document,
        keep: cli.keep,
        pictures: !cli.without_pictures,
        now: kiosk_tests::now(),
    };
    match run(options).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!(
                "demo: not every verification ended as it must, or central does not hold each exactly once"
            );
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}
