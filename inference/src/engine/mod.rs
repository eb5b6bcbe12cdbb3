//! The engine: ONNX Runtime, its execution providers and the networks that run on it.
//!
//! This is the only module that names `ort`. The library is loaded at run time from the path that
//! the configuration gives, once a process: a second engine shares it, and asking for another copy
//! of the library is refused.
//!
//! A provider counts as usable when a small graph was loaded and run on it. What the library says
//! of itself (`is_available`) only tells what it was compiled with.

mod batch;
mod bound;
pub mod cache;
mod error;
mod network;
mod provider;
mod shared;
mod state;

pub use error::EngineError;
pub use network::{Network, Outputs};
pub use provider::{Precision, Provider, ProviderReport};
pub use shared::{Answer, SharedNetwork};
pub use state::{Attempt, EngineEvent, EngineState, OutOfTurn};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ort::environment::Environment;
use sha2::{Digest, Sha256};

use batch::Freed;
use cache::{EngineCache, GpuFacts};
use provider::{SessionWish, Shapes};

/// What the engine is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineConfig {
    /// `libonnxruntime.so`, version 1.31 or newer.
    pub library: PathBuf,
    /// Providers to try, in order.
    pub providers: Vec<Provider>,
    /// Threads within one operator of a network; 0 is taken as 1.
    pub intra_threads: usize,
    /// Where engines that a provider builds are kept; without it they are built at every start.
    pub cache: Option<PathBuf>,
    /// How fine numbers are, where the provider leaves the choice.
    pub precision: Precision,
    /// Whether several threads run on one session.
    pub sharing: Choice,
    /// Whether inputs and outputs lie in memory that stays.
    pub binding: Choice,
}

/// Whether something is done that pays on some providers only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// On none.
    Never,
    /// Where the provider says so: [`Provider::batches`], [`Provider::binds`].
    WherePays,
    /// On every provider: for tests, and to measure it.
    Always,
}

impl Choice {
    const fn is_made(self, pays: bool) -> bool {
        match self {
            Self::Never => false,
            Self::WherePays => pays,
            Self::Always => true,
        }
    }
}

impl EngineConfig {
    /// TensorRT, then CUDA, then CPU, one thread a network, with the given library.
    #[must_use]
    pub fn with_library(library: impl Into<PathBuf>) -> Self {
        Self {
            library: library.into(),
            providers: vec![Provider::TensorRt, Provider::Cuda, Provider::Cpu],
            intra_threads: 1,
            cache: None,
            precision: Precision::Single,
            sharing: Choice::Never,
            binding: Choice::WherePays,
        }
    }
}

/// A started ONNX Runtime with its provider chosen. Clones share it.
#[derive(Clone)]
pub struct Engine {
    environment: Environment,
    report: Arc<ProviderReport>,
    intra_threads: usize,
    cache: Option<EngineCache>,
    /// Networks that were loaded ahead, by their files.
    ahead: Arc<Mutex<BTreeMap<PathBuf, Network>>>,
    /// Networks that several threads run, by their files; `None` where each loads its own.
    shared: Option<Arc<Mutex<BTreeMap<PathBuf, SharedNetwork>>>>,
    /// Shared networks of one size that take one picture a run all the same, by their names.
    unbatched: Arc<Mutex<Vec<String>>>,
    binds: bool,
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
        let report = provider::choose(&environment, &config.providers, config.precision)?;
        let cache = match (&config.cache, report.in_use) {
            (Some(folder), Provider::TensorRt) => {
                GpuFacts::read().map(|facts| EngineCache::new(folder.clone(), facts, ort::info()))
            }
            _ => None,
        };
        let sharing = config.sharing.is_made(report.in_use.batches());
        Ok(Self {
            environment,
            binds: config.binding.is_made(report.in_use.binds()),
            report: Arc::new(report),
            intra_threads: config.intra_threads.max(1),
            cache,
            ahead: Arc::default(),
            shared: sharing.then(Arc::default),
            unbatched: Arc::default(),
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

    /// The same engine, with why it does not compute at half precision.
    #[must_use]
    pub fn with_half_refused(mut self, reason: Option<String>) -> Self {
        Arc::make_mut(&mut self.report).half_refused = reason;
        self
    }

    /// Whether whoever loads a network gets one session with the others that load it, so that several threads pay.
    #[must_use]
    pub const fn shares(&self) -> bool {
        self.shared.is_some()
    }

    /// Where engines are kept, where they are.
    #[must_use]
    pub const fn cache(&self) -> Option<&EngineCache> {
        self.cache.as_ref()
    }

    /// Lays a loaded network by for the next [`Engine::load`] of its file.
    pub fn keep(&self, file: &Path, network: Network) {
        self.ahead().insert(file.to_path_buf(), network);
    }

    /// Lets go of what was laid by and nobody loaded.
    pub fn forget_kept(&self) {
        self.ahead().clear();
    }

    fn ahead(&self) -> std::sync::MutexGuard<'_, BTreeMap<PathBuf, Network>> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads a network from an ONNX file onto the provider in use; one that was laid by is given as it is.
    /// Its inputs are of one size in every run; others go by [`Engine::load_varying`].
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
        let Some(shared) = &self.shared else {
            // What was laid by keeps memory between runs.
            let as_laid_by = shapes == Shapes::Fixed || self.report.in_use != Provider::Cpu;
            let laid_by = self.ahead().remove(file).filter(|_| as_laid_by);
            return laid_by.map_or_else(|| self.session(file, shapes), Ok);
        };
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shared.get(file) {
            return Ok(Network::shared(known.clone()));
        }
        let network = self.session(file, shapes)?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        if shapes == Shapes::Fixed && !network.takes_batches() {
            let unbatched = self.unbatched.lock();
            let mut unbatched = unbatched.unwrap_or_else(PoisonError::into_inner);
            unbatched.push(name.to_string());
        }
        let started = SharedNetwork::start(network, &name);
        let started = started.map_err(|error| unloadable(file, &error))?;
        shared.insert(file.to_path_buf(), started.clone());
        Ok(Network::shared(started))
    }

    /// Shared networks that were loaded and are run one picture at a time: their graph can't be made to take more, or gave
    /// something else then.
    #[must_use]
    pub fn unbatched(&self) -> Vec<String> {
        let unbatched = self.unbatched.lock();
        unbatched.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A session of its own. One that is shared takes batches where its graph can be made to.
    fn session(&self, file: &Path, shapes: Shapes) -> Result<Network, EngineError> {
        let bytes = std::fs::read(file).map_err(|error| unloadable(file, &error))?;
        let freed = match self.shares() && shapes == Shapes::Fixed {
            true => Freed::of(&bytes),
            false => None,
        };
        if let Some(freed) = freed {
            // A graph that does not take it is run one picture at a time, which `unbatched` tells.
            let network = self.committed(file, &bytes, Some(&freed), shapes);
            if let Ok(mut network) = network
                && batch::holds(&mut network)
            {
                return Ok(network);
            }
        }
        self.committed(file, &bytes, None, shapes)
    }

    /// What stands in the file, or what was made of it, on the provider.
    fn committed(
        &self,
        file: &Path,
        bytes: &[u8],
        freed: Option<&Freed>,
        shapes: Shapes,
    ) -> Result<Network, EngineError> {
        let kept_in = self.cache.as_ref().map(|cache| {
            let sha256 = hex::encode(Sha256::digest(bytes));
            cache.entry(&sha256, self.report.precision)
        });
        if let Some(folder) = &kept_in {
            std::fs::create_dir_all(folder).map_err(|error| unloadable(file, &error))?;
        }
        let wish = SessionWish {
            provider: self.report.in_use,
            precision: self.report.precision,
            intra_threads: self.intra_threads,
            shapes,
            kept_in: kept_in.as_deref(),
            freed,
        };
        let graph = freed.map_or(bytes, |freed| &freed.model);
        let network = provider::session(&self.environment, &wish, graph)
            .map(Network::new)
            .map_err(|reason| unloadable(file, &reason))?;
        Ok(if self.binds && shapes == Shapes::Fixed {
            network.bound(self.report.in_use)
        } else {
            network
        })
    }
}

fn unloadable(file: &Path, reason: &impl ToString) -> EngineError {
    EngineError::Unloadable {
        path: file.into(),
        reason: reason.to_string(),
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
