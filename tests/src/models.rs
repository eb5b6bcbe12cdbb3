//! The checkout's own models, opened for a test or a bench.

use anyhow::Context;
use kiosk_inference::document::DocumentReader;
use kiosk_inference::engine::{Engine, EngineConfig};
use kiosk_inference::pack::Pack;

/// A reader of documents on the pack that set-up made, one thread a network.
///
/// # Errors
/// Where `cargo xtask setup` has not run, or what it made is not what the manifest says.
pub fn document_reader() -> anyhow::Result<DocumentReader> {
    let models = crate::root().join("models");
    let config = EngineConfig::with_library(models.join("runtime/libonnxruntime.so"));
    let engine = Engine::start(&config).context("run `cargo xtask setup`")?;
    let pack = Pack::open(&models.join("manifest.toml"), &models.join("packs/default"))
        .context("run `cargo xtask setup`")?;
    Ok(DocumentReader::load(&engine, &pack)?)
}
