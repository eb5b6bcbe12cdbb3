//! The engine: ONNX Runtime, its execution providers and the networks that run on it.
//!
//! This is the only module that names `ort`. The library is loaded at run time from the path that
//! the configuration gives, once a process: a second engine shares it, and asking for another copy
//! of the library is refused.
//!
//! A provider counts as usable when a small graph was loaded and run on it. What the library says
//! of itself (`is_available`) only tells what it was compiled with.

mod error;
mod network;
mod provider;

pub use error::EngineError;
pub use network::{Network, Outputs};
use provider::Shapes;
pub use provider::{Provider, ProviderReport};

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ort::environment::Environment;

/// What the engine is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineConfig {
    /// `libonnxruntime.so`, version 1.31 or newer.
    pub library: PathBuf,
    /// Providers to try, in order.
    pub providers: Vec<Provider>,
    /// Threads within one operator of a network; 0 is taken as 1.
    pub intra_threads: usize,
}

impl EngineConfig {
    /// TensorRT, then CUDA, then CPU, one thread a network, with the given library.
    #[must_use]
    pub fn with_library(library: impl Into<PathBuf>) -> Self {
        Self {
            library: library.into(),
            providers: vec![Provider::TensorRt, Provider::Cuda, Provider::Cpu],
            intra_threads: 1,
        }
    }
}

/// A started ONNX Runtime with its provider chosen. Clones share it.
#[derive(Clone)]
pub struct Engine {
    environment: Environment,
    report: Arc<ProviderReport>,
    intra_threads: usize,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Loads the library and chooses the first provider of the list that runs a graph here.
    ///
    /// # Errors
    /// [`EngineError::LibraryMissing`], [`EngineError::LibraryUnusable`],
    /// [`EngineError::OtherLibraryLoaded`] or [`EngineError::NoProvider`].
    pub fn start(config: &EngineConfig) -> Result<Self, EngineError> {
        let environment = environment(&config.library)?;
        let report = provider::choose(&environment, &config.providers)?;
        Ok(Self {
            environment,
            report: Arc::new(report),
            intra_threads: config.intra_threads.max(1),
        })
    }

    /// The provider in use and why each one before it was passed over.
    #[must_use]
    pub fn report(&self) -> &ProviderReport {
        &self.report
    }

    /// The same engine, with providers that were passed over before it was started.
    #[must_use]
    pub fn with_passed_over(mut self, earlier: &[(Provider, String)]) -> Self {
        let report = Arc::make_mut(&mut self.report);
        report.passed_over = earlier.iter().chain(&report.passed_over).cloned().collect();
        self
    }

    /// Loads a network from an ONNX file onto the provider in use. Its inputs are of one size in every run; others go by
    /// [`Engine::load_varying`].
    ///
    /// # Errors
    /// [`EngineError::Unloadable`].
    pub fn load(&self, file: &Path) -> Result<Network, EngineError> {
        self.load_with(file, Shapes::Fixed)
    }

    /// Loads a network whose inputs differ in size from run to run: it keeps no memory between runs.
    ///
    /// # Errors
    /// [`EngineError::Unloadable`].
    pub fn load_varying(&self, file: &Path) -> Result<Network, EngineError> {
        self.load_with(file, Shapes::Varying)
    }

    fn load_with(&self, file: &Path, shapes: Shapes) -> Result<Network, EngineError> {
        let unloadable = |reason: String| EngineError::Unloadable {
            path: file.into(),
            reason,
        };
        let bytes = std::fs::read(file).map_err(|error| unloadable(error.to_string()))?;
        provider::session(
            &self.environment,
            self.report.in_use,
            self.intra_threads,
            shapes,
            &bytes,
        )
        .map(Network::new)
        .map_err(unloadable)
    }
}

/// The library that this process has loaded. It is never unloaded: `ort` allows one environment
/// in the life of a process.
static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

fn environment(library: &Path) -> Result<Environment, EngineError> {
    let path = library
        .canonicalize()
        .map_err(|_| EngineError::LibraryMissing(library.to_path_buf()))?;
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((from, environment)) = loaded.as_ref() {
        return if *from == path {
            Ok(environment.clone())
        } else {
            Err(EngineError::OtherLibraryLoaded(from.clone()))
        };
    }
    let unusable = |reason: String| EngineError::LibraryUnusable {
        path: path.clone(),
        reason,
    };
    let environment = ort::init_from(&path)
        .map_err(|error| unusable(error.to_string()))?
        .with_name("kioskd")
        .with_telemetry(false)
        .build()
        .map_err(|error| unusable(error.to_string()))?;
    environment.set_log_level(ort::logging::LogLevel::Warning);
    *loaded = Some((path, environment.clone()));
    Ok(environment)
}
