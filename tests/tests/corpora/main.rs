//! The fuzz targets' corpora, run through the targets' own bodies without a fuzzer: what once was a finding stays
//! mended on every machine. `tests/fuzz/README.md` says how to look for new ones.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    dead_code,
    reason = "a test that cannot go on has to end; each body is shared with a fuzz target"
)]

use std::path::PathBuf;

mod memory;

/// The modules that the bodies know by this name.
mod document {
    pub use kiosk_inference::document::{aamva, mrz};
}

#[path = "../../fuzz/src/picture.rs"]
mod picture;
#[path = "../../fuzz/text/src/text.rs"]
mod text;

/// Runs every file of a target's corpus; fails where there is none.
fn run(target: &str, body: fn(&[u8])) {
    let folder: PathBuf = kiosk_tests::root().join("tests/fuzz/corpus").join(target);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    for file in &files {
        println!("{}", file.display());
        body(&std::fs::read(file).unwrap());
    }
    println!("{target}: {} files of the corpus, no fuzzing", files.len());
}

#[test]
fn mrz_text_of_the_corpus_breaks_no_promise() {
    run("mrz", text::mrz);
}

#[test]
fn aamva_records_of_the_corpus_break_no_promise() {
    run("aamva", text::aamva);
}

#[test]
fn pictures_of_the_corpus_break_no_promise() {
    run("picture", picture::picture);
}
