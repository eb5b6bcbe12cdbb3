//! Measurements: set-up where missing, an optimised build, then the program that measures (`tests/measure/src/bin`).
//!
//! ```text
//! pipeline    bench-pipeline    with --page ───► docs/benchmarks/pipeline.md
//!                               with --peers ──► docs/benchmarks/face.md
//! preview     bench-preview    ────────────────► docs/benchmarks/preview.md
//! gpu-check   on an NVIDIA GPU ────────────────► docs/benchmarks/gpu.md
//! store       bench-store      ────────────────► docs/benchmarks/store.md
//! search      bench-search      prints what docs/benchmarks/search.md has
//! screening   its example bench ───────────────► docs/benchmarks/screening.md
//! document    bench-document    with --peers ──► docs/benchmarks/document.md
//! mqtt        bench-mqtt       ────────────────► docs/benchmarks/mqtt.md
//! fleet       bench-fleet      ────────────────► docs/benchmarks/fleet.md
//! api         bench-api        ────────────────► docs/benchmarks/api.md
//! ```

mod peers;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::{Args, Subcommand};

use crate::setup::{self, Runtime};
use crate::shell;
use crate::workspace::Workspace;

/// Where the pages lie.
const DOCUMENT_PAGE: &str = "docs/benchmarks/document.md";
const FACE_PAGE: &str = "docs/benchmarks/face.md";
const GPU_PAGE: &str = "docs/benchmarks/gpu.md";
/// What is loaded shorter is a trial, and writes no page.
const PAGE_SECONDS: u32 = 30;
/// Where NVIDIA's driver tells of itself.
const NVIDIA: &str = "/proc/driver/nvidia/version";
const PIPELINE_PAGE: &str = "docs/benchmarks/pipeline.md";

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// From a frame's arrival to its observation
    Pipeline(Pipeline),
    /// From a frame's arrival to a viewer's socket, written to docs/benchmarks/preview.md
    Preview,
    /// Durable commits of the store, SQLite and redb, written to docs/benchmarks/store.md
    Store,
    /// Publishes a second of sync's MQTT client and of paho, written to docs/benchmarks/mqtt.md
    Mqtt,
    /// What central bears of 1,000 kiosks, written to docs/benchmarks/fleet.md
    Fleet,
    /// What the HTTP API answers under wrk's load, written to docs/benchmarks/api.md
    Api {
        /// How long each way is loaded, in seconds; the page is written for 30 or more
        #[arg(long, default_value_t = 30)]
        seconds: u32,
    },
    /// One face among 100,000 and 200,000: compared with each, and by the index; one clip among 1,000
    Search,
    /// Watch lists asked for ordinary and listed names, written to docs/benchmarks/screening.md
    Screening {
        /// A list or a folder of lists; may be given several times
        #[arg(long, required = true)]
        lists: Vec<PathBuf>,
    },
    /// From a picture's file to what its document or barcode says
    Document(Document),
}

/// The face bench.
#[derive(Debug, Args)]
pub struct Pipeline {
    /// Run MediaPipe's FaceMesh and TensorFlow.js on the same clips too, and write docs/benchmarks/face.md
    #[arg(long)]
    peers: bool,
    /// Write docs/benchmarks/pipeline.md
    #[arg(long)]
    page: bool,
    /// How often each clip is looked at
    #[arg(long, default_value_t = 2)]
    rounds: usize,
    /// The most frames of a clip
    #[arg(long, default_value_t = 155)]
    frames: usize,
    /// A clip to look at in place of the usual first one
    clip: Option<PathBuf>,
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
        Bench::Pipeline(pipeline) => face(workspace, pipeline),
        Bench::Preview => {
            let page = workspace.path("docs/benchmarks/preview.md");
            let page = page.to_string_lossy().into_owned();
            program(workspace, "bench-preview", &["--page".to_owned(), page])
        }
        Bench::Store => {
            let page = workspace.path("docs/benchmarks/store.md");
            let page = page.to_string_lossy().into_owned();
            program(workspace, "bench-store", &["--page".to_owned(), page])
        }
        Bench::Mqtt => mqtt(workspace),
        Bench::Fleet => fleet(workspace),
        Bench::Api { seconds } => api(workspace, *seconds),
        Bench::Search => program(workspace, "bench-search", &[]),
        Bench::Screening { lists } => {
            let page = workspace.path("docs/benchmarks/screening.md");
            let mut arguments = vec!["--page".to_owned(), page.to_string_lossy().into_owned()];
            for list in lists {
                let list = std::path::absolute(list)?;
                arguments.extend(["--lists".to_owned(), list.to_string_lossy().into_owned()]);
            }
            example(workspace, "kiosk-screening", "bench", &arguments)
        }
        Bench::Document(document) => documents(workspace, document),
    }
}

/// Runs the gate and the networks on the GPU, with the runtime that has its providers.
pub fn gpu(workspace: &Workspace) -> Result<()> {
    ensure!(
        Path::new(NVIDIA).exists(),
        "no NVIDIA driver is loaded ({NVIDIA} is missing): there is no GPU to check"
    );
    setup::run(workspace, Runtime::wished(true), false)?;
    let page = workspace.path(GPU_PAGE).to_string_lossy().into_owned();
    program(workspace, "gpu-check", &["--page".to_owned(), page])
}

fn face(workspace: &Workspace, wished: &Pipeline) -> Result<()> {
    let mut arguments = vec![
        "--rounds".to_owned(),
        wished.rounds.to_string(),
        "--frames".to_owned(),
        wished.frames.to_string(),
    ];
    let mut file = |name: &str, path: PathBuf| {
        arguments.extend([name.to_owned(), path.to_string_lossy().into_owned()]);
    };
    if wished.page {
        file("--page", workspace.path(PIPELINE_PAGE));
    }
    if wished.peers {
        let (mediapipe, tfjs) = peers::face(workspace)?;
        file("--mediapipe", mediapipe);
        file("--tfjs", tfjs);
        file("--face-page", workspace.path(FACE_PAGE));
    }
    if let Some(clip) = &wished.clip {
        let clip = std::path::absolute(clip)?;
        arguments.push(clip.to_string_lossy().into_owned());
    }
    program(workspace, "bench-pipeline", &arguments)
}

fn documents(workspace: &Workspace, wished: &Document) -> Result<()> {
    let mut arguments = vec![
        "--specimens".to_owned(),
        wished.specimens.to_string(),
        "--rounds".to_owned(),
        wished.rounds.to_string(),
    ];
    if wished.peers {
        let python = peers::document(workspace)?;
        arguments.push("--peers".to_owned());
        arguments.push(python.to_string_lossy().into_owned());
        arguments.push("--page".to_owned());
        arguments.push(workspace.path(DOCUMENT_PAGE).to_string_lossy().into_owned());
    }
    program(workspace, "bench-document", &arguments)
}

fn mqtt(workspace: &Workspace) -> Result<()> {
    let python = peers::mqtt(workspace)?.to_string_lossy().into_owned();
    let page = workspace.path("docs/benchmarks/mqtt.md");
    let page = page.to_string_lossy().into_owned();
    let arguments = ["--peers".to_owned(), python, "--page".to_owned(), page];
    program(workspace, "bench-mqtt", &arguments)
}

fn fleet(workspace: &Workspace) -> Result<()> {
    let programs = ["build", "--release", "-p", "kioskd", "-p", "kiosk-central"];
    shell::run(&mut shell::command(workspace.root(), "cargo", programs))?;
    let page = workspace.path("docs/benchmarks/fleet.md");
    let page = page.to_string_lossy().into_owned();
    program(workspace, "bench-fleet", &["--page".to_owned(), page])
}

fn api(workspace: &Workspace, seconds: u32) -> Result<()> {
    println!("Load");
    println!("[1/1] wrk: {}", setup::install_load(workspace)?);
    let kioskd = ["build", "--release", "-p", "kioskd"];
    shell::run(&mut shell::command(workspace.root(), "cargo", kioskd))?;
    let mut arguments = vec!["--seconds".to_owned(), seconds.to_string()];
    if seconds >= PAGE_SECONDS {
        let page = workspace.path("docs/benchmarks/api.md");
        arguments.extend(["--page".to_owned(), page.to_string_lossy().into_owned()]);
    }
    program(workspace, "bench-api", &arguments)
}

/// Builds one of the test package's programs with optimisation and runs it.
fn program(workspace: &Workspace, name: &str, arguments: &[String]) -> Result<()> {
    let mut command = shell::command(
        workspace.root(),
        "cargo",
        [
            "run",
            "--release",
            "-p",
            "kiosk-measure",
            "--bin",
            name,
            "--",
        ],
    );
    shell::run(command.args(arguments))
}

/// The same of a crate's example, which needs that crate alone.
fn example(workspace: &Workspace, package: &str, name: &str, arguments: &[String]) -> Result<()> {
    let mut command = shell::command(
        workspace.root(),
        "cargo",
        ["run", "--release", "-p", package, "--example", name, "--"],
    );
    shell::run(command.args(arguments))
}
