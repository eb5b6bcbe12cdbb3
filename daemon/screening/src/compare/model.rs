//! From a pairing's numbers to a score: a logistic model of few weights.
//!
//! `cargo run -p kiosk-screening --example fit -- PAIRS.csv` fits them and says how well they hold on pairs that they were
//! not fitted on; docs/screening.md tells what it gave.

use super::features::{COUNT, Features};

/// The constant, then one weight for each of [`super::features::NAMES`].
pub const WEIGHTS: [f32; COUNT + 1] = [
    2.144, -1.530, -0.671, -0.828, -2.570, -0.321, -2.222, -0.109, 0.335, -0.984, -0.909, 0.228, -0.104,
];

/// 0 to 1: how likely the two are one name.
pub fn likelihood(features: &Features) -> f32 {
    likelihood_by(&WEIGHTS, features)
}

/// The same with other weights.
pub fn likelihood_by(weights: &[f32; COUNT + 1], features: &Features) -> f32 {
    let sum: f32 = weights[0] + weights[1..].iter().zip(features).map(|(weight, value)| weight * value).sum::<f32>();
    1.0 / (1.0 + (-sum).exp())
}
