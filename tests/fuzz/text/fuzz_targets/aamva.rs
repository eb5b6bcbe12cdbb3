//! Fuzz target: see `text::aamva` in `src/text.rs`.

#![no_main]
#![allow(dead_code, unused_imports, reason = "each target uses a part")]

#[path = "../src/document.rs"]
mod document;
#[path = "../src/text.rs"]
mod text;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| text::aamva(bytes));
