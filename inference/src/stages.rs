//! Time spent, by stage: the one place of this crate that reads a clock, and only to measure.

use std::time::{Duration, Instant};

/// Stage name and time spent in it, in the order in which they ran. A name may occur twice.
pub type StageTimes = Vec<(&'static str, Duration)>;

/// Measures one stage after the other.
#[derive(Debug)]
pub struct Stopwatch {
    last: Instant,
    stages: StageTimes,
}

impl Stopwatch {
    /// Starts the first stage.
    #[expect(
        clippy::disallowed_methods,
        reason = "measures how long work took; decides nothing"
    )]
    #[must_use]
    pub fn start() -> Self {
        Self {
            last: Instant::now(),
            stages: StageTimes::with_capacity(8),
        }
    }

    /// Ends the running stage under `name` and starts the next.
    #[expect(
        clippy::disallowed_methods,
        reason = "measures how long work took; decides nothing"
    )]
    pub fn lap(&mut self, name: &'static str) {
        let now = Instant::now();
        self.stages.push((name, now - self.last));
        self.last = now;
    }

    /// Leaves out the time since the last stage: another watch measured it.
    #[expect(
        clippy::disallowed_methods,
        reason = "measures how long work took; decides nothing"
    )]
    pub fn skip(&mut self) {
        self.last = Instant::now();
    }

    /// The stages measured so far.
    #[must_use]
    pub fn finish(self) -> StageTimes {
        self.stages
    }
}
