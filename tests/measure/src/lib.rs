//! What the measurements (`tests/measure/src/bin/bench-*`) share, and the parts of the document and face benches.

pub mod document_peer;
pub mod face;
pub mod figures;
pub mod page;
pub mod peer;
pub mod pictures;

/// Tells whoever runs a bench.
#[expect(clippy::print_stdout, reason = "a bench answers on standard output")]
pub fn say(line: &str) {
    println!("{line}");
}
