//! Distances to log-likelihood ratios by logistic regression (Brümmer and du Preez, "Application-independent evaluation
//! of speaker detection", 2006), with Platt's targets ("Probabilistic outputs for support vector machines", 1999),
//! which keep the fit finite where the two kinds do not overlap.
//!
//! Both kinds weigh the same, whatever their numbers: the fitted log-odds are then the log-likelihood ratio itself.
//! It is held within what so many pairs can support: no stronger than one error in all of them and one more.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Fewest pairs of either kind: below, two parameters say more of the pairs than of the network.
pub const LEAST_PAIRS: usize = 30;
/// Newton's method doubles its digits each step; this many are never needed.
const MOST_STEPS: usize = 100;
/// A step this small changes nothing that is told.
const SETTLED: f64 = 1e-9;

/// Natural-log likelihood ratio of a distance: `offset + slope * distance`, within `bounds`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Likelihood {
    /// At distance 0.
    pub offset: f64,
    /// A unit of distance; below 0.
    pub slope: f64,
    /// Least and largest value told.
    pub bounds: [f64; 2],
}

/// Pairs from which no calibration follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotFitted {
    /// Too few of them.
    #[error(
        "{genuine} pairs of one person and {impostor} of two; give at least {LEAST_PAIRS} of each"
    )]
    TooFewPairs {
        /// Of one person.
        genuine: usize,
        /// Of two.
        impostor: usize,
    },
    /// A larger distance does not make one person less likely.
    #[error(
        "these pairs' distances do not tell one person from two; check the labels and the pictures"
    )]
    NoOrder,
}

impl Likelihood {
    /// Fits distances of pairs of one person and of two.
    ///
    /// # Errors
    /// [`NotFitted`].
    pub fn fit(genuine: &[f32], impostor: &[f32]) -> Result<Self, NotFitted> {
        if genuine.len().min(impostor.len()) < LEAST_PAIRS {
            return Err(NotFitted::TooFewPairs {
                genuine: genuine.len(),
                impostor: impostor.len(),
            });
        }
        let kinds = [Kind::of(genuine, true), Kind::of(impostor, false)];
        let [offset, slope] = newton(&kinds).ok_or(NotFitted::NoOrder)?;
        if slope >= 0.0 {
            return Err(NotFitted::NoOrder);
        }
        let most = |pairs: &[f32]| (pairs.len() as f64 + 1.0).ln();
        Ok(Self {
            offset,
            slope,
            bounds: [-most(genuine), most(impostor)],
        })
    }

    /// How much more likely a distance is of one person than of two, as a natural logarithm.
    #[must_use]
    pub fn of(&self, distance: f32) -> f64 {
        let [low, high] = self.bounds;
        (self.offset + self.slope * f64::from(distance)).clamp(low, high)
    }
}

/// Distances of one kind: what they are to be told as, and what each weighs.
struct Kind<'d> {
    distances: &'d [f32],
    target: f64,
    weight: f64,
}

impl<'d> Kind<'d> {
    fn of(distances: &'d [f32], same: bool) -> Self {
        let count = distances.len() as f64;
        let missed = 1.0 / (count + 2.0);
        Self {
            distances,
            target: if same { 1.0 - missed } else { missed },
            weight: 1.0 / count,
        }
    }
}

/// Offset and slope of the weighted logistic regression; `None` where all distances are one.
fn newton(kinds: &[Kind<'_>]) -> Option<[f64; 2]> {
    let mut at = [0.0, 0.0];
    for _ in 0..MOST_STEPS {
        let (mut gradient, mut curve) = ([0.0; 2], [0.0; 3]);
        for kind in kinds {
            for distance in kind.distances {
                let x = f64::from(*distance);
                let told = 1.0 / (1.0 + (-(at[0] + at[1] * x)).exp());
                let off = kind.weight * (told - kind.target);
                let bend = kind.weight * told * (1.0 - told);
                gradient[0] += off;
                gradient[1] += off * x;
                curve[0] += bend;
                curve[1] += bend * x;
                curve[2] += bend * x * x;
            }
        }
        let determinant = curve[0] * curve[2] - curve[1] * curve[1];
        if !determinant.is_finite() || determinant <= f64::MIN_POSITIVE {
            return None;
        }
        let step = [
            (curve[2] * gradient[0] - curve[1] * gradient[1]) / determinant,
            (curve[0] * gradient[1] - curve[1] * gradient[0]) / determinant,
        ];
        // Far from the solution a whole step may overshoot; half of the log-odds' usual range is far enough.
        let most = step[0].abs().max(step[1].abs());
        let damped = if most > 10.0 { 10.0 / most } else { 1.0 };
        at[0] -= damped * step[0];
        at[1] -= damped * step[1];
        if most < SETTLED {
            return Some(at);
        }
    }
    at.iter().all(|value| value.is_finite()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `count` distances evenly from `low` to `high`.
    fn spread(low: f32, high: f32, count: usize) -> Vec<f32> {
        (0..count)
            .map(|i| low + (high - low) * i as f32 / (count - 1) as f32)
            .collect()
    }

    #[test]
    fn normal_distances_of_equal_spread_give_the_ratio_of_their_densities() {
        // Two normal densities with means 0.4 and 0.8 and deviation 0.1 have ln ratio 40 * (0.6 - d).
        let normal = |mean: f32| -> Vec<f32> {
            (1..4000)
                .map(|i| {
                    let p = f64::from(i) / 4000.0;
                    // Shore's approximation of the normal quantile (1982), mirrored below a half.
                    let upper = p.max(1.0 - p);
                    let z = 5.5556 * (1.0 - ((1.0 - upper) / upper).powf(0.1186));
                    let z = if p < 0.5 { -z } else { z } as f32;
                    mean + 0.1 * z
                })
                .collect()
        };
        let fit = Likelihood::fit(&normal(0.4), &normal(0.8)).unwrap();
        assert!(fit.of(0.6).abs() < 0.3, "{fit:?}");
        assert!((fit.slope + 40.0).abs() < 3.0, "{fit:?}");
    }

    #[test]
    fn kinds_that_do_not_overlap_stay_finite_and_within_what_their_number_supports() {
        let fit = Likelihood::fit(&spread(0.1, 0.3, 40), &spread(0.7, 0.9, 500)).unwrap();
        assert!(fit.slope.is_finite() && fit.offset.is_finite());
        assert!((fit.of(0.0) - 501_f64.ln()).abs() < 1e-9);
        assert!((fit.of(1.5) + 41_f64.ln()).abs() < 1e-9);
    }

    #[test]
    fn the_ratio_does_not_depend_on_how_many_pairs_of_either_kind_there_are() {
        let (near, far) = (spread(0.2, 0.7, 200), spread(0.5, 1.0, 200));
        let many: Vec<f32> = far.iter().copied().cycle().take(4000).collect();
        let few = Likelihood::fit(&near, &far).unwrap();
        let uneven = Likelihood::fit(&near, &many).unwrap();
        assert!(
            (few.of(0.6) - uneven.of(0.6)).abs() < 0.2,
            "{few:?} {uneven:?}"
        );
    }

    #[test]
    fn too_few_pairs_and_swapped_labels_are_refused() {
        let (near, far) = (spread(0.2, 0.5, 40), spread(0.6, 0.9, 40));
        assert!(matches!(
            Likelihood::fit(&near[..29], &far),
            Err(NotFitted::TooFewPairs { genuine: 29, .. })
        ));
        assert_eq!(Likelihood::fit(&far, &near), Err(NotFitted::NoOrder));
        assert_eq!(
            Likelihood::fit(&[0.5; 40], &[0.5; 40]),
            Err(NotFitted::NoOrder)
        );
    }
}
