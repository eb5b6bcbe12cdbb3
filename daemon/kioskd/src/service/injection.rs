//! Signs of an injection as evidence: those that the clip gave, and the one that needs the challenge's time.

use kiosk_inference::liveness::injection::{Judgement, Sign, WhyNot, early};
use kiosk_session::{
    DocumentSignal, InjectionSign, InjectionSignal, SignalName, SignalOutcome, answering,
};
use serde::Serialize;

use super::Answer;
use crate::analysis::ClipFindings;

/// Every sign, assessed or not.
pub fn injection(findings: &ClipFindings, asked: Option<&Answer<'_>>) -> Vec<InjectionSignal> {
    let answered = (Sign::Early, answered_early(findings, asked));
    findings
        .injection
        .iter()
        .chain([&answered])
        .map(|(sign, judged)| signal(*sign, judged))
        .collect()
}

/// Whether the answer was given before the question. A recording is no answer, and pictures have no times.
fn answered_early(findings: &ClipFindings, asked: Option<&Answer<'_>>) -> Judgement {
    let Some(answer) = asked else {
        return Judgement::NotAssessed(WhyNot::NotAsked);
    };
    if let Err(why) = findings.timed {
        return Judgement::NotAssessed(why);
    }
    let length_ms = findings.timeline.last().map_or(0.0, |last| last.t_ms);
    let since = answer.answered_at - answer.challenge.issued_at;
    let began: Vec<f64> = if answer.challenge.schedule.is_some() {
        let judged = answer.judged(&findings.gestures);
        judged
            .prompts
            .iter()
            .filter_map(|one| one.begun_ms)
            .collect()
    } else {
        let met = answering(&answer.challenge.gestures, &findings.gestures);
        met.iter().map(|gesture| gesture.start_ms).collect()
    };
    early::judge(length_ms, since.as_seconds_f64() * 1e3, &began)
}

/// A selfie's words as a signal.
pub(super) fn of_selfie(judged: &Judgement) -> InjectionSignal {
    signal(Sign::Metadata, judged)
}

/// A document's words as one of its signals.
pub(super) fn of_document(judged: &Judgement) -> DocumentSignal {
    let score = judged.score();
    DocumentSignal {
        name: SignalName::UploadMetadata,
        score,
        outcome: match score {
            None => SignalOutcome::NotAssessed,
            Some(score) if score >= 0.5 => SignalOutcome::Suspicious,
            Some(_) => SignalOutcome::Clear,
        },
    }
}

fn signal(sign: Sign, judged: &Judgement) -> InjectionSignal {
    let reason = match judged {
        Judgement::Measured { reason, .. } => word(reason),
        Judgement::NotAssessed(why) => word(why),
    };
    InjectionSignal {
        sign: match sign {
            Sign::Source => InjectionSign::Source,
            Sign::Timing => InjectionSign::Timing,
            Sign::Repeat => InjectionSign::Repeat,
            Sign::Seen => InjectionSign::Seen,
            Sign::Early => InjectionSign::Early,
            Sign::Metadata => InjectionSign::Metadata,
        },
        score: judged.score(),
        reason,
    }
}

/// A reason in the word that it is written by.
pub(crate) fn word(reason: &impl Serialize) -> String {
    match serde_json::to_value(reason) {
        Ok(serde_json::Value::String(word)) => word,
        _ => "unknown".into(),
    }
}
