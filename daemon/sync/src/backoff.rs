//! How long to wait after a failure: exponential, with full jitter.
//!
//! The n-th wait is uniform between nothing and `min(longest, first * 2^n)`, so that a thousand
//! kiosks which lost the same central do not come back in step
//! (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).

use std::time::Duration;

use rand::Rng;

/// The bounds of the waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackoffConfig {
    /// The first wait's upper bound.
    pub first: Duration,
    /// No wait is longer than this.
    pub longest: Duration,
}

impl Default for BackoffConfig {
    /// From half a second up to five minutes.
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(300),
        }
    }
}

/// Counts failures in a row.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    config: BackoffConfig,
    failures: u32,
}

impl Backoff {
    pub(crate) fn new(config: BackoffConfig) -> Self {
        Self {
            config,
            failures: 0,
        }
    }

    /// Something went well: the next failure waits as the first did.
    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// The wait after one more failure.
    pub(crate) fn next(&mut self, rng: &mut impl Rng) -> Duration {
        let bound = self.bound();
        self.failures = self.failures.saturating_add(1);
        bound.mul_f64(rng.random::<f64>())
    }

    fn bound(&self) -> Duration {
        let factor = 2_u32.checked_pow(self.failures).unwrap_or(u32::MAX);
        self.config
            .first
            .saturating_mul(factor)
            .min(self.config.longest)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn waits_grow_to_the_longest_and_stay_there_for_ever() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut backoff = Backoff::new(BackoffConfig::default());
        let mut bounds = Vec::new();
        for _ in 0..1_000_000 {
            bounds.push(backoff.bound());
            let wait = backoff.next(&mut rng);
            assert!(wait <= bounds[bounds.len() - 1]);
        }

        assert_eq!(bounds[0], Duration::from_millis(500));
        assert_eq!(bounds[3], Duration::from_secs(4));
        assert_eq!(bounds[20], Duration::from_secs(300));
        assert_eq!(bounds[999_999], Duration::from_secs(300));
    }

    #[test]
    fn after_a_success_it_starts_small_again() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut backoff = Backoff::new(BackoffConfig::default());
        for _ in 0..9 {
            backoff.next(&mut rng);
        }

        backoff.succeeded();

        assert!(backoff.next(&mut rng) <= Duration::from_millis(500));
    }

    #[test]
    fn two_kiosks_do_not_wait_in_step() {
        let waits = |seed| {
            let mut rng = StdRng::seed_from_u64(seed);
            let mut backoff = Backoff::new(BackoffConfig::default());
            (0..8).map(|_| backoff.next(&mut rng)).collect::<Vec<_>>()
        };

        assert_ne!(waits(1), waits(2));
    }
}
