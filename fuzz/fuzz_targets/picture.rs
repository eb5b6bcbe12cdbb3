//! Fuzz target: see `bodies::picture`.

#![no_main]

#[path = "../src/bodies.rs"]
#[allow(dead_code, reason = "each target uses one body")]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::picture(bytes));
