//! The accuracy gate, with the networks of the default pack on the CPU: no GPU is needed to show what it lets through.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

use crate::support::{library, models};
use kiosk_inference::engine::EngineConfig;
use kiosk_inference::face::{FaceEmbedder, FaceReader};
use kiosk_inference::gate::face::DrawnFace;
use kiosk_inference::gate::{self, Rule};
use kiosk_inference::picture::Picture;

fn config() -> EngineConfig {
    EngineConfig::with_library(library())
}

#[test]
fn networks_that_compute_the_same_are_let_through_each_with_its_figures() {
    let (engine, pack) = models();
    let found = gate::compare(&config(), &engine, &pack).unwrap();
    let gated = pack
        .models()
        .filter(|model| Rule::of(&model.entry().task).is_some());
    assert_eq!(found.len(), gated.count());
    for one in found {
        println!(
            "{}: cosine {}, {} apart",
            one.model, one.least_cosine, one.most_apart
        );
        assert!(one.agrees && one.least_cosine > 0.999_99 && one.most_apart < 1e-4);
    }
}

#[test]
fn another_network_in_the_place_of_the_right_one_is_refused_by_its_numbers() {
    let (engine, pack) = models();
    let (Some(one), Some(two)) = (pack.model("pad_v2"), pack.model("pad_v1se")) else {
        println!("the pack has no passive PAD networks: nothing to exchange");
        return;
    };
    let networks = [
        &mut engine.load(one.path()).unwrap(),
        &mut engine.load(two.path()).unwrap(),
    ];
    let found = gate::agreement(networks, one.entry(), Rule::Numbers).unwrap();
    println!("cosine {}, {} apart", found.least_cosine, found.most_apart);
    assert!(!found.agrees);
}

/// A drawn face in the middle of a picture, as high as half of it.
fn pictured(number: usize) -> Picture {
    const SIDE: u32 = 480;
    let face = DrawnFace::of(number);
    let place = |pixel: u32| (f64::from(pixel) / f64::from(SIDE) - 0.5) as f32 * 2.0;
    let bgr = (0..SIDE * SIDE).flat_map(|pixel| {
        let [red, green, blue] = face.at(place(pixel % SIDE), place(pixel / SIDE));
        [blue, green, red].map(|level| level.round() as u8)
    });
    Picture::from_bgr(SIDE, SIDE, bgr.collect()).unwrap()
}

#[test]
fn the_faces_of_the_gate_are_faces_to_the_detector_and_differ_to_the_network() {
    let (engine, pack) = models();
    let mut reader = FaceReader::load(&engine, &pack).unwrap();
    let mut embedder = FaceEmbedder::load(&engine, &pack).unwrap();
    let mut found = Vec::new();
    for number in 0..64 {
        let picture = pictured(number);
        let seen = reader.observe(&picture).unwrap();
        if let Some(subject) = &seen.subject {
            found.push(embedder.embed(&picture, subject).unwrap());
        }
    }
    let apart = |one: usize| (0..one).map(move |other| (one, other));
    let mut distances: Vec<f32> = (0..found.len())
        .flat_map(apart)
        .map(|(one, other)| found[one].distance(&found[other]))
        .collect();
    distances.sort_by(f32::total_cmp);
    let median = distances[distances.len() / 2];
    println!("{} of 64 found, in the median {median} apart", found.len());
    assert_eq!(found.len(), 64);
    assert!(median > 0.2);
}
