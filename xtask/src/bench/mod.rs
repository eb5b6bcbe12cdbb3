//! Measurements: set-up where missing, an optimised build, then the program that measures.
//!
//! ```text
//! pipeline    tests/src/bin/bench-pipeline.rs
//! preview     tests/src/bin/bench-preview.rs ─────────────────► docs/benchmarks/preview.md
//! document    tests/src/bin/bench-document.rs ── with --peers ──► docs/benchmarks/document.md
//! ```

mod peers;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::setup::{self, Runtime};
use crate::shell;
use crate::workspace::Workspace;

/// Where the document bench's page lies.
const PAGE: &str = "docs/benchmarks/document.md";

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// From a frame's arrival to its observation
    Pipeline,
    /// From a frame's arrival to a viewer's socket, written to docs/benchmarks/preview.md
    Preview,
    /// From a picture's file to what its document or barcode says
    Document(Document),
}

/// The document bench.
#[derive(Debug, Args)]
pub struct Document {
    /// Run PassportEye and zxing-cpp's Python binding on the same files, and write docs/benchmarks/document.md
    #[arg(long)]
    peers: bool,
    /// Photographs of each kind of specimen
    #[arg(long, default_value_t = 8)]
    specimens: usize,
    /// How often each reader reads each picture
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// Measures.
pub fn run(workspace: &Workspace, what: &Bench) -> Result<()> {
    setup::run(workspace, Runtime::AsIs, false)?;
    match what {
        Bench::Pipeline => program(workspace, "bench-pipeline", &[]),
        Bench::Preview => {
            let page = workspace.path("docs/benchmarks/preview.md");
            let page = page.to_string_lossy().into_owned();
            program(workspace, "bench-preview", &["--page".to_owned(), page])
        }
        Bench::Document(document) => {
            let mut arguments = vec![
                "--specimens".to_owned(),
                document.specimens.to_string(),
                "--rounds".to_owned(),
                document.rounds.to_string(),
            ];
            if document.peers {
                let python = peers::prepare(workspace)?;
                arguments.push("--peers".to_owned());
                arguments.push(python.to_string_lossy().into_owned());
                arguments.push("--page".to_owned());
                arguments.push(workspace.path(PAGE).to_string_lossy().into_owned());
            }
            program(workspace, "bench-document", &arguments)
        }
    }
}

/// Builds one of the test package's programs with optimisation and runs it.
fn program(workspace: &Workspace, name: &str, arguments: &[String]) -> Result<()> {
    let mut command = shell::command(
        workspace.root(),
        "cargo",
        ["run", "--release", "-p", "kiosk-tests", "--bin", name, "--"],
    );
    shell::run(command.args(arguments))
}
