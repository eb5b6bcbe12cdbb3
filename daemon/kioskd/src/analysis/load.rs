//! From a manifest, a pack and ONNX Runtime to loaded models.

use std::path::Path;

use kiosk_inference::document::DocumentReader;
use kiosk_inference::engine::{Choice, Engine, EngineConfig, Provider};
use kiosk_inference::face::{FaceEmbedder, FaceReader};
use kiosk_inference::pack::Pack;
use kiosk_inference::startup;

use super::{Lanes, Models, Tell};
use crate::config;

/// Loads the models that a config names, of each thread that analyses; engines that are built for them are kept in `cache`.
/// What provider runs them, and why others were passed over, is logged.
pub fn load(
    wanted: &config::Models,
    cache: &Path,
    tell: Tell<'_>,
) -> Result<Lanes, kiosk_inference::Error> {
    let pack = Pack::open(&wanted.manifest, &wanted.pack)?;
    let providers = wanted.providers.iter().map(|provider| named(*provider));
    let config = EngineConfig {
        providers: providers.collect(),
        intra_threads: wanted.threads,
        cache: Some(cache.to_path_buf()),
        sharing: Choice::WherePays,
        ..EngineConfig::with_library(&wanted.runtime)
    };
    let engine = startup::start(&config, &pack, tell)?;
    let report = engine.report();
    let (provider, precision) = (report.in_use, report.precision.name());
    tracing::info!(%provider, precision, "models run on");
    if let Some(reason) = &report.half_refused {
        tracing::warn!(%provider, reason, "half precision was refused");
    }
    sweep(&engine, &pack);
    for (provider, reason) in &report.passed_over {
        tracing::warn!(?provider, reason, "a provider was passed over");
    }
    for absent in pack.absent() {
        tracing::warn!(
            model = absent,
            "an optional model is absent; what it tells is not assessed"
        );
    }
    let lanes = Lanes::load(&engine, &pack)?;
    for network in engine.unbatched() {
        tracing::warn!(
            network,
            "cameras wait for each other's pictures in this network: it takes one a run"
        );
    }
    engine.forget_kept();
    Ok(lanes)
}

/// Removes kept engines of earlier models, cards and drivers.
fn sweep(engine: &Engine, pack: &Pack) {
    let Some(cache) = engine.cache() else { return };
    let hashes = pack.hashes();
    match cache.sweep(hashes.iter().map(|(_, sha256)| sha256.as_str())) {
        Ok(removed) => tracing::info!(
            removed,
            "engines that were kept for other models or drivers were removed"
        ),
        Err(error) => tracing::warn!(%error, "stale engines can't be removed; they take room only"),
    }
}

/// Loads the pack `default` below a folder as `cargo xtask setup` makes it, with one thread a network.
pub fn load_from(folder: &Path) -> Result<Models, kiosk_inference::Error> {
    models_from(folder, 1)
}

/// The same with `threads` threads within an operator.
pub fn models_from(folder: &Path, threads: usize) -> Result<Models, kiosk_inference::Error> {
    let (engine, pack) = below(folder, threads)?;
    Models::load(&engine, &pack)
}

/// Loads what reads documents alone, from the same folder.
pub fn documents_from(
    folder: &Path,
    threads: usize,
) -> Result<DocumentReader, kiosk_inference::Error> {
    let (engine, pack) = below(folder, threads)?;
    DocumentReader::load(&engine, &pack)
}

/// What compares faces alone.
pub struct FaceModels {
    /// Faces and their landmarks.
    pub reader: FaceReader,
    /// Faces to templates.
    pub embedder: FaceEmbedder,
    /// SHA-256 (hex) of each model in the pack, by name.
    pub hashes: Vec<(String, String)>,
}

/// Loads what compares faces alone, from the same folder.
pub fn faces_from(folder: &Path, threads: usize) -> Result<FaceModels, kiosk_inference::Error> {
    let (engine, pack) = below(folder, threads)?;
    Ok(FaceModels {
        reader: FaceReader::load(&engine, &pack)?,
        embedder: FaceEmbedder::load(&engine, &pack)?,
        hashes: pack.hashes(),
    })
}

fn below(folder: &Path, threads: usize) -> Result<(Engine, Pack), kiosk_inference::Error> {
    let pack = Pack::open(&folder.join("manifest.toml"), &folder.join("packs/default"))?;
    let engine = Engine::start(&EngineConfig {
        intra_threads: threads,
        ..EngineConfig::with_library(folder.join("runtime/libonnxruntime.so"))
    })?;
    Ok((engine, pack))
}

const fn named(provider: config::Provider) -> Provider {
    match provider {
        config::Provider::TensorRt => Provider::TensorRt,
        config::Provider::Cuda => Provider::Cuda,
        config::Provider::Cpu => Provider::Cpu,
    }
}
