//! Documents as they are photographed and scanned: read the sample pictures and say how well.
//!
//! The pictures are named by `KIOSK_TESTDATA`; without it, only documents that this project draws
//! itself are read (`document_specimens.rs`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kiosk_inference::document::{DocumentReader, DocumentReading};
use kiosk_inference::engine::{Engine, EngineConfig, Provider};
use kiosk_inference::pack::Pack;
use kiosk_inference::picture::{DecodeLimits, Picture};
use serde::Deserialize;

#[derive(Deserialize)]
struct Truth {
    lines: Vec<String>,
    check_digits: BTreeMap<String, bool>,
}

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
}

fn reader() -> DocumentReader {
    let library = models().join("runtime/libonnxruntime.so");
    let mut config = EngineConfig::with_library(library);
    config.providers = vec![Provider::Cpu];
    config.intra_threads = 2;
    let engine = Engine::start(&config).unwrap();
    let pack = Pack::open(
        &models().join("manifest.toml"),
        &models().join("packs/default"),
    )
    .unwrap();
    DocumentReader::load(&engine, &pack).unwrap()
}

fn testdata() -> Option<PathBuf> {
    let folder = std::env::var_os("KIOSK_TESTDATA").map(PathBuf::from);
    if folder.is_none() {
        println!("KIOSK_TESTDATA is not set: the sample pictures are not read");
    }
    folder
}

fn picture(path: &Path) -> Picture {
    Picture::decode(&std::fs::read(path).unwrap(), &DecodeLimits::default()).unwrap()
}

fn ms(reading: &DocumentReading) -> u128 {
    reading
        .stages
        .iter()
        .map(|(_, time)| *time)
        .sum::<Duration>()
        .as_millis()
}

#[test]
fn the_sample_documents_are_read() {
    let Some(folder) = testdata() else { return };
    let folder = folder.join("documents");
    let truth: BTreeMap<String, Truth> =
        serde_json::from_slice(&std::fs::read(folder.join("truth.json")).unwrap()).unwrap();
    let mut reader = reader();
    let (mut exact, mut right_digits, mut exact_valid, mut false_valid, mut invented) =
        (0, 0, 0, 0, 0);
    for (name, truth) in &truth {
        let reading = reader.read(&picture(&folder.join(name))).unwrap();
        let lines = reading
            .mrz
            .as_ref()
            .map(|mrz| mrz.lines.clone())
            .unwrap_or_default();
        let valid = reading.mrz.as_ref().is_some_and(|mrz| mrz.valid);
        let same = lines == truth.lines;
        let digits = !truth.lines.is_empty() && truth.check_digits.values().all(|right| *right);
        exact += usize::from(same && !lines.is_empty());
        right_digits += usize::from(digits);
        exact_valid += usize::from(digits && same && valid);
        false_valid += usize::from(valid && !same);
        invented += usize::from(truth.lines.is_empty() && !lines.is_empty());
        println!(
            "{name:20} exact {same:5} valid {valid:5} confidence {:.3} repaired {:2} {:4} ms {:?} {:?}",
            reading.mrz.as_ref().map_or(0.0, |mrz| mrz.confidence),
            reading.mrz.as_ref().map_or(0, |mrz| mrz.repaired),
            ms(&reading),
            reading.findings,
            reading.stages,
        );
        if let Some(mrz) = reading.mrz.as_ref().filter(|mrz| !mrz.valid) {
            let weak = |line: &Vec<f32>| {
                line.iter()
                    .map(|sure| if *sure < 0.6 { '^' } else { ' ' })
                    .collect::<String>()
            };
            for ((line, seen), sure) in mrz.lines.iter().zip(&mrz.seen).zip(&mrz.certainty) {
                println!(
                    "    read  {line}\n    seen  {seen}\n          {}",
                    weak(sure)
                );
            }
        }
        if !same {
            for (read, line) in lines.iter().zip(&truth.lines) {
                println!("    read  {read}\n    truth {line}");
            }
        }
    }
    println!("{exact} exact, {exact_valid} of {right_digits} with right digits exact and valid");
    // Reached: two thumbnails of 268 and 275 pixels width (5.5 pixels a character), in which M, N and
    // H are the same to the recogniser, are read with one wrong letter or more and not called valid.
    assert!(exact >= 13, "{exact} exact");
    assert!(exact_valid >= 12, "{exact_valid} exact and valid");
    assert_eq!(false_valid, 0);
    assert_eq!(invented, 0);
}
