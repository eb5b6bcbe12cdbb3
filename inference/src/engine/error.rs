//! Why the engine did not start, or a network did not load or run.

use std::path::PathBuf;

use super::Provider;

/// A fault of ONNX Runtime or of what it was asked to run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The shared library is not where the configuration says.
    #[error("ONNX Runtime is missing at {}: run `cargo xtask setup`, which puts it there", .0.display())]
    LibraryMissing(PathBuf),
    /// The shared library is there and can't be used.
    #[error(
        "ONNX Runtime at {} can't be loaded ({reason}): run `cargo xtask setup` again, which \
         fetches the version that this build needs",
        path.display()
    )]
    LibraryUnusable {
        /// The file.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// This process already runs on another copy of the library; one a process is possible.
    #[error(
        "ONNX Runtime is already loaded from {}: one library a process; restart to use another",
        .0.display()
    )]
    OtherLibraryLoaded(PathBuf),
    /// None of the providers asked for can run here.
    #[error(
        "no execution provider can run here ({}): add \"cpu\" to the list of providers",
        reasons(passed_over)
    )]
    NoProvider {
        /// Each provider that was tried, with why it was passed over.
        passed_over: Vec<(Provider, String)>,
    },
    /// A model's file is not a graph that the library can load.
    #[error("network {}: {reason}; `kioskctl models verify` checks the pack's files", path.display())]
    Unloadable {
        /// The model's file.
        path: PathBuf,
        /// What the library said.
        reason: String,
    },
    /// A run failed, or its inputs don't fit the graph.
    #[error("network run failed: {0}")]
    Run(String),
    /// The graph has no output of that name, or not of 32-bit floats.
    #[error("the network has no output {0:?} of 32-bit floats: the pack does not fit this program")]
    Output(String),
}

fn reasons(passed_over: &[(Provider, String)]) -> String {
    let each: Vec<String> = passed_over
        .iter()
        .map(|(provider, why)| format!("{provider}: {why}"))
        .collect();
    each.join("; ")
}
