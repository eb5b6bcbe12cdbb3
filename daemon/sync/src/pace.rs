//! A bound on the bytes that are sent a second, for branches on a thin line.
//!
//! A bucket holds one second's worth: what is sent may be in debt to it, and the next one waits until the
//! debt is paid. So a batch goes whole, and the mean holds.

use std::time::Duration;

use tokio::time::Instant;

/// Counts what was sent.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    bytes_a_second: Option<u32>,
    free_at: Instant,
}

impl Pace {
    /// No bound where there is none, or it is 0.
    pub(crate) fn new(bytes_a_second: Option<u32>) -> Self {
        Self {
            bytes_a_second: bytes_a_second.filter(|bytes| *bytes > 0),
            free_at: Instant::now(),
        }
    }

    /// Waits until `bytes` may be sent.
    pub(crate) async fn take(&mut self, bytes: usize) {
        let Some(rate) = self.bytes_a_second else {
            return;
        };
        tokio::time::sleep_until(self.free_at).await;
        let cost = Duration::from_secs_f64(bytes as f64 / f64::from(rate));
        self.free_at = self.free_at.max(Instant::now()) + cost;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_mean_stays_below_the_bound() {
        let mut pace = Pace::new(Some(1000));
        let begun = Instant::now();
        for _ in 0..10 {
            pace.take(500).await;
        }
        // The tenth goes when nine are paid for.
        assert_eq!(begun.elapsed().as_millis(), 4500);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_bound_nothing_waits() {
        let mut pace = Pace::new(None);
        let begun = Instant::now();
        pace.take(1 << 30).await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }
}
