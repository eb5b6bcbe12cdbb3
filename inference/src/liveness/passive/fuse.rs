//! All signals as one: a sum of log-odds, each signal's share bounded by what it was seen to tell.
//!
//! ```text
//! log-odds of an attack = PRIOR + Σ weight · (2 score − 1), of scores from 0.5 on      what accuses
//!                                 + Σ weight · (1 − 2 score), times −1, below          what acquits
//! ```
//!
//! A signal that was not assessed adds nothing, and neither does one that told nothing yet (weight 0): it is recorded alone. Weights were chosen by hand from the simulated attacks and bona fide clips of
//! `docs/benchmarks/passive.md`, rounded, and no more than that table bears; their name changes with them, and an evidence record
//! keeps each signal's score beside it, so that the sum can be made again.

use serde::Serialize;

use super::{Finding, Signal, SignalReason};

/// Name of the weights below.
pub const WEIGHTS: &str = "passive-1";

/// Log-odds before anything was looked at: most who come are people.
const PRIOR: f32 = -2.0;

/// What a signal adds at most where it accuses, and takes away where it acquits.
struct Weight {
    signal: Signal,
    accuses: f32,
    acquits: f32,
}

const fn weight(signal: Signal, accuses: f32, acquits: f32) -> Weight {
    Weight {
        signal,
        accuses,
        acquits,
    }
}

const TABLE: [Weight; 7] = [
    weight(Signal::Networks, 3.0, 1.0),
    weight(Signal::Moire, 6.0, 0.0),
    weight(Signal::Banding, 6.0, 0.0),
    weight(Signal::Parallax, 0.0, 0.0),
    weight(Signal::Highlights, 0.0, 0.0),
    weight(Signal::Blink, 1.0, 0.0),
    weight(Signal::Pulse, 0.0, 0.0),
];

/// One signal with what it added.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Weighed {
    /// Which.
    pub signal: Signal,
    /// What it says.
    pub finding: Finding,
    /// What it added to the log-odds of an attack; 0 where it was not assessed.
    pub log_odds: f32,
}

/// All signals and their sum.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Which weights made the sum.
    pub weights: &'static str,
    /// Each signal.
    pub signals: Vec<Weighed>,
    /// The sum: natural logarithm of the odds of an attack.
    pub log_odds: f32,
    /// The same from 0 to 1, 0.5 at even odds. Not calibrated: no probability.
    pub attack: f32,
    /// What accuses most; `None` where nothing does.
    pub strongest: Option<(Signal, SignalReason)>,
}

/// Weighs the findings.
#[must_use]
pub fn fuse(findings: &[(Signal, Finding)]) -> Report {
    let signals: Vec<Weighed> = findings
        .iter()
        .map(|(signal, finding)| Weighed {
            signal: *signal,
            finding: *finding,
            log_odds: log_odds(*signal, finding.score()),
        })
        .collect();
    let sum: f32 = PRIOR + signals.iter().map(|one| one.log_odds).sum::<f32>();
    let loudest = signals
        .iter()
        .filter(|one| one.log_odds > 0.0)
        .max_by(|a, b| a.log_odds.total_cmp(&b.log_odds));
    let strongest = loudest.and_then(|one| match one.finding {
        Finding::Measured { reason, .. } => Some((one.signal, reason)),
        Finding::NotAssessed(_) => None,
    });
    Report {
        weights: WEIGHTS,
        log_odds: sum,
        attack: 1.0 / (1.0 + (-sum).exp()),
        strongest,
        signals,
    }
}

/// What a signal's score adds.
#[must_use]
pub fn log_odds(signal: Signal, score: Option<f32>) -> f32 {
    let known = TABLE.iter().find(|weight| weight.signal == signal);
    let (Some(weight), Some(score)) = (known, score) else {
        return 0.0;
    };
    let over = 2.0 * score - 1.0;
    if over >= 0.0 {
        weight.accuses * over
    } else {
        weight.acquits * over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(score: f32, reason: SignalReason) -> Finding {
        Finding::Measured {
            score,
            value: score,
            reason,
        }
    }

    #[test]
    fn the_loudest_accuser_is_named_and_the_sum_is_that_of_the_parts() {
        let report = fuse(&[
            (Signal::Networks, found(0.7, SignalReason::NetworksDoubt)),
            (Signal::Banding, found(1.0, SignalReason::RunningBand)),
            (
                Signal::Moire,
                Finding::NotAssessed(super::super::WhyNot::TooSmall),
            ),
        ]);
        let parts: f32 = report.signals.iter().map(|one| one.log_odds).sum();
        assert!((report.log_odds - PRIOR - parts).abs() < 1e-6);
        assert_eq!(
            report.strongest,
            Some((Signal::Banding, SignalReason::RunningBand))
        );
        assert!(report.attack > 0.9, "{report:?}");
        assert_eq!(report.signals[2].log_odds, 0.0);
    }

    #[test]
    fn nothing_assessed_is_the_prior_and_accuses_nobody() {
        let report = fuse(&[]);
        assert_eq!((report.log_odds, report.strongest), (PRIOR, None));
        assert!(report.attack < 0.2);
    }

    #[test]
    fn every_signal_has_a_weight_and_no_acquittal_outweighs_an_accusation() {
        let strongest = TABLE.iter().map(|one| one.accuses).fold(0.0, f32::max);
        let acquittals: f32 = TABLE.iter().map(|one| one.acquits).sum();
        assert!(strongest + PRIOR - acquittals > 0.0);
    }
}
