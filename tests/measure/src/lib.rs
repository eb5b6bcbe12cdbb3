//! What the measurements (`tests/measure/src/bin/bench-*`) share, and the parts of the document and face benches.

pub mod document_peer;
pub mod face;
pub mod figures;
pub mod page;
pub mod peer;
pub mod pictures;

use kiosk_inference::engine::{Engine, EngineConfig};
use kiosk_inference::pack::Pack;

/// The engine, which the whole process shares, `threads` threads within an operator, and the pack.
///
/// # Errors
/// Where set-up has not run.
pub fn models(threads: usize) -> anyhow::Result<(Engine, Pack)> {
    let models = kiosk_tests::root().join("models");
    let engine = Engine::start(&EngineConfig {
        intra_threads: threads,
        ..EngineConfig::with_library(models.join("runtime/libonnxruntime.so"))
    })?;
    let pack = Pack::open(&models.join("manifest.toml"), &models.join("packs/default"))?;
    Ok((engine, pack))
}

/// Tells whoever runs a bench.
#[expect(clippy::print_stdout, reason = "a bench answers on standard output")]
pub fn say(line: &str) {
    println!("{line}");
}
