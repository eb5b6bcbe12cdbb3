//! From a pairing's numbers to a score: a logistic model of few weights.
//!
//! `cargo run -p kiosk-screening --example fit -- PAIRS.csv` fits them and says how well they hold on pairs that they were
//! not fitted on; docs/screening.md tells what it gave.

use super::features::{COUNT, Features};

/// The constant, then one weight for each of [`super::features::NAMES`].
pub const WEIGHTS: [f32; COUNT + 1] = [
    2.340, -1.609, -0.251, -0.774, -2.450, -0.398, -1.646, -0.089, 0.325, -1.562, -0.932, 0.146,
    -0.244,
];

/// 0 to 1: how likely the two are one name.
pub fn likelihood(features: &Features) -> f32 {
    likelihood_by(&WEIGHTS, features)
}

/// The same with other weights.
pub fn likelihood_by(weights: &[f32; COUNT + 1], features: &Features) -> f32 {
    let sum: f32 = weights[0]
        + weights[1..]
            .iter()
            .zip(features)
            .map(|(weight, value)| weight * value)
            .sum::<f32>();
    1.0 / (1.0 + (-sum).exp())
}
