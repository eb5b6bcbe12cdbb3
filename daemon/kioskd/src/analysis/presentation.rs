//! Passive detection's report in the domain's words.

use kiosk_inference::liveness::passive::{Finding, Report, Weighed};
use kiosk_session::{Presentation, PresentationSignal};

use crate::service::injection::word;

/// The record of a report.
pub fn record(report: &Report) -> Presentation {
    Presentation {
        weights: report.weights.to_owned(),
        log_odds: report.log_odds,
        attack: report.attack,
        strongest: report.strongest.map(|(signal, _)| word(&signal)),
        signals: report.signals.iter().map(signal).collect(),
    }
}

fn signal(weighed: &Weighed) -> PresentationSignal {
    PresentationSignal {
        signal: word(&weighed.signal),
        score: weighed.finding.score(),
        value: weighed.finding.value(),
        reason: match &weighed.finding {
            Finding::Measured { reason, .. } => word(reason),
            Finding::NotAssessed(why) => word(why),
        },
        log_odds: weighed.log_odds,
    }
}
