//! The accuracy gate, with the networks of the default pack on the CPU: no GPU is needed to show what it lets through.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

use crate::support::{library, models};
use kiosk_inference::engine::EngineConfig;
use kiosk_inference::gate::{self, Rule};

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
