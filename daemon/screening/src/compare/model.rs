//! From a pairing's numbers to a score: a logistic model of few weights.
//!
//! `cargo run -p kiosk-measure --bin fit-screening -- PAIRS.csv` fits them and says how well they hold on pairs that they were
//! not fitted on; docs/screening.md tells what it gave.

use super::features::{COUNT, Features};

/// The constant, then one weight for each of [`super::features::NAMES`].
pub const WEIGHTS: [f32; COUNT + 1] = [
    2.340, -1.609, -0.251, -0.774, -2.450, -0.398, -1.646, -0.089, 0.325, -1.562, -0.932, 0.146,
    -0.244,
];

/// Weighed edits of one pair that leave a score below 40 whatever the rest of the name is.
pub(crate) const MOST_EDITS: f32 = 2.2;

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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
    use super::super::features::NAMES;
    use super::*;

    #[test]
    fn the_most_edits_leave_a_score_below_40() {
        let mut best: Features = [0.0; COUNT];
        for (name, value) in [("edits", MOST_EDITS), ("initials", 1.0), ("evidence", 2.5)] {
            let place = NAMES.iter().position(|other| *other == name).unwrap();
            best[place] = value;
        }
        assert!(likelihood(&best) < 0.4);
    }
}
