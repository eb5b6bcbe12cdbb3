//! From a manifest, a pack and ONNX Runtime to loaded models.

use std::path::Path;

use kiosk_inference::document::DocumentReader;
use kiosk_inference::engine::{Engine, EngineConfig, Provider};
use kiosk_inference::pack::Pack;

use super::Models;
use crate::config;

/// Loads the models that a config names. What provider runs them, and why others were passed over, is logged.
pub fn load(wanted: &config::Models) -> Result<Models, kiosk_inference::Error> {
    let engine = Engine::start(&EngineConfig {
        library: wanted.runtime.clone(),
        providers: wanted
            .providers
            .iter()
            .map(|provider| named(*provider))
            .collect(),
        intra_threads: wanted.threads,
    })?;
    let report = engine.report();
    tracing::info!(provider = ?report.in_use, "models run on");
    for (provider, reason) in &report.passed_over {
        tracing::warn!(?provider, reason, "a provider was passed over");
    }
    let pack = Pack::open(&wanted.manifest, &wanted.pack)?;
    for absent in pack.absent() {
        tracing::warn!(
            model = absent,
            "an optional model is absent; what it tells is not assessed"
        );
    }
    Models::load(&engine, &pack)
}

/// Loads the pack `default` below a folder as `cargo xtask setup` makes it, on the processor.
pub fn load_from(folder: &Path) -> Result<Models, kiosk_inference::Error> {
    let pack = Pack::open(&folder.join("manifest.toml"), &folder.join("packs/default"))?;
    let engine = Engine::start(&EngineConfig::with_library(
        folder.join("runtime/libonnxruntime.so"),
    ))?;
    Models::load(&engine, &pack)
}

/// Loads what reads documents alone, from the same folder, with `threads` threads within an operator.
pub fn documents_from(
    folder: &Path,
    threads: usize,
) -> Result<DocumentReader, kiosk_inference::Error> {
    let pack = Pack::open(&folder.join("manifest.toml"), &folder.join("packs/default"))?;
    let engine = Engine::start(&EngineConfig {
        intra_threads: threads,
        ..EngineConfig::with_library(folder.join("runtime/libonnxruntime.so"))
    })?;
    DocumentReader::load(&engine, &pack)
}

const fn named(provider: config::Provider) -> Provider {
    match provider {
        config::Provider::TensorRt => Provider::TensorRt,
        config::Provider::Cuda => Provider::Cuda,
        config::Provider::Cpu => Provider::Cpu,
    }
}
