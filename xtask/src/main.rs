//! The project's own tool: set-up, demo, tests, measurements.
//!
//! It builds on a machine that has nothing but Rust, and brings in the rest itself:
//!
//! ```text
//! cargo xtask setup            Debian packages, ONNX Runtime, model pack, portraits   (once, idempotent)
//! cargo xtask demo [ARGS]      set-up where missing, then the main job on loopback
//! cargo xtask serve            set-up where missing, then a kiosk for who writes a client, until it is ended
//! cargo xtask test [--GROUP]   set-up where missing, then every group of tests, with budgets
//! cargo xtask bench pipeline   from a frame's arrival to its observation, beside other programs with --peers
//! cargo xtask bench document   documents and barcodes out of pictures, beside other readers with --peers
//! cargo xtask gpu-check        accuracy gate and times on an NVIDIA GPU, where there is one
//! cargo xtask tidy             what the compiler does not check of this repository
//! ```

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for the terminal: its output is what it says there"
)]

mod bench;
mod clock;
mod demo;
mod serve;
mod setup;
mod shell;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// kioskd's own tool.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Brings in what the project needs; may be run again at any time
    Setup {
        /// Take onnxruntime-gpu (CUDA 13, cuDNN 9, TensorRT 10) instead of onnxruntime
        #[arg(long)]
        gpu: bool,
    },
    /// Runs the main job: three verifications, from camera to central
    Demo {
        /// What the demo itself is told: --camera 0, --recording FILE --document FILE, --keep
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Starts a kiosk on loopback for who writes a client: prints its address and a credential for each dialect as
    /// JSON, in the last line, and stays until it is ended
    Serve,
    /// Runs the tests with CI's counts; all groups, or those named
    Test(test::Wish),
    /// Measures
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Runs the accuracy gate and the networks on an NVIDIA GPU, and writes docs/benchmarks/gpu.md
    GpuCheck,
    /// Checks what the compiler does not check of this repository
    Tidy,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match take_up(arguments.task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn take_up(task: Task) -> Result<ExitCode> {
    let workspace = workspace::Workspace::find()?;
    match task {
        Task::Setup { gpu } => setup::run(&workspace, setup::Runtime::wished(gpu), true)?,
        Task::Demo { arguments } => demo::run(&workspace, &arguments)?,
        Task::Serve => serve::run(&workspace)?,
        // Its last line on standard output is the result: nothing may follow it.
        Task::Test(wish) if !test::run(&workspace, &wish)? => return Ok(ExitCode::FAILURE),
        Task::Test(_) => {}
        Task::Bench(what) => bench::run(&workspace, &what)?,
        Task::GpuCheck => bench::gpu(&workspace)?,
        Task::Tidy => tidy::run(&workspace)?,
    }
    Ok(ExitCode::SUCCESS)
}
