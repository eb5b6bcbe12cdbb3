//! A share of trials, with how far it can be relied on.

use statrs::distribution::{Beta, ContinuousCDF};

/// What share of trials went one way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Proportion {
    /// Trials that did.
    pub hits: u64,
    /// All of them.
    pub of: u64,
}

impl Proportion {
    /// Counts one more.
    pub(super) fn add(&mut self, hit: bool) {
        self.hits += u64::from(hit);
        self.of += 1;
    }

    /// The share; `None` without a trial.
    pub(super) fn rate(self) -> Option<f64> {
        (self.of > 0).then(|| self.hits as f64 / self.of as f64)
    }

    /// The exact 95 % interval of Clopper and Pearson ("The use of confidence or fiducial limits illustrated in the
    /// case of the binomial", 1934), trials taken as independent; `None` without a trial.
    pub(super) fn interval_95(self) -> Option<[f64; 2]> {
        Some([self.bound(0.025)?, self.bound(0.975)?])
    }

    /// What the true share lies below in 95 of 100 such runs: the one-sided bound.
    pub(super) fn upper_95(self) -> Option<f64> {
        self.bound(0.95)
    }

    /// The lower bound for `level` under a half, else the upper one.
    fn bound(self, level: f64) -> Option<f64> {
        let (hits, misses) = (self.hits as f64, self.of.checked_sub(self.hits)? as f64);
        if self.of == 0 {
            return None;
        }
        let (alpha, beta) = if level < 0.5 {
            (hits, misses + 1.0)
        } else {
            (hits + 1.0, misses)
        };
        // At the ends the distribution is a point: nothing lies beyond.
        match (alpha > 0.0, beta > 0.0) {
            (false, _) => Some(0.0),
            (_, false) => Some(1.0),
            _ => Beta::new(alpha, beta)
                .ok()
                .map(|beta| beta.inverse_cdf(level)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() < 5e-5, "{found}, not {expected}");
    }

    #[test]
    fn intervals_are_those_of_published_tables() {
        // Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 5.
        for (hits, of, low, high) in [
            (81, 263, 0.2527, 0.3676),
            (15, 148, 0.0578, 0.1617),
            (0, 20, 0.0, 0.1684),
            (1, 29, 0.0009, 0.1776),
        ] {
            let [found_low, found_high] = Proportion { hits, of }.interval_95().unwrap();
            near(Some(found_low), low);
            near(Some(found_high), high);
        }
    }

    #[test]
    fn none_of_300_is_below_one_in_a_hundred_as_the_rule_of_three_says() {
        let none = Proportion { hits: 0, of: 300 };
        near(none.upper_95(), 1.0 - 0.05_f64.powf(1.0 / 300.0));
        assert!(none.upper_95().unwrap() < 0.01);
    }

    #[test]
    fn without_a_trial_nothing_is_known_and_all_of_all_has_no_upper_bound_below_one() {
        assert_eq!(Proportion::default().rate(), None);
        assert_eq!(Proportion::default().interval_95(), None);
        let all = Proportion { hits: 3, of: 3 };
        assert_eq!(all.rate(), Some(1.0));
        assert_eq!(all.interval_95().unwrap()[1], 1.0);
    }
}
