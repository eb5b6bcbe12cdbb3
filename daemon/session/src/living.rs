//! Whether a living person was before the camera: what the evidence and the policy say for it and against it.

use crate::{
    Assessment, InjectionSign, InjectionSignal, LivenessEvidence, OnRecording, PassivePad, Policy,
    Prompted, Reason, Warning, presentation_suspected,
};

/// Whether passive detection takes the clip for bona fide; `None` where too little was judged.
pub fn passive_pad_passed(passive: &Assessment<PassivePad>, policy: &Policy) -> Option<bool> {
    let pad = passive.assessed()?;
    (pad.frames >= policy.passive_pad.min_frames)
        .then_some(pad.score >= policy.passive_pad.min_score)
}

/// Passed only when both halves were assessed and passed, and no sign of an injection or a recapture is loud; failed when either was
/// assessed and failed, one is, or another face than the selfie's is in the clip. A recording that the policy does not take is
/// neither.
pub fn liveness_passed(liveness: &LivenessEvidence, policy: &Policy) -> Option<bool> {
    let passive = passive_pad_passed(&liveness.passive, policy);
    let active = liveness.active.assessed().map(Prompted::passed);
    let another_face = same_face_passed(liveness, policy) == Some(false);
    if another_face
        || injection_reason(liveness, policy).is_some()
        || presentation_suspected(liveness, policy)
    {
        return Some(false);
    }
    match (passive, active, liveness.screen_passed()) {
        (Some(false), ..) | (_, Some(false), _) | (.., Some(false)) => Some(false),
        (Some(true), Some(true), Some(true)) if !is_recording_doubted(liveness, policy) => {
            Some(true)
        }
        _ => None,
    }
}

pub(crate) fn liveness_reasons(liveness: &LivenessEvidence, policy: &Policy) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let passive = passive_pad_passed(&liveness.passive, policy);
    let answered = liveness.active.assessed().map(Prompted::passed);
    match (passive, answered) {
        (Some(false), Some(false)) => reasons.push(Reason::PresentationAttack),
        (Some(false), _) => reasons.push(Reason::PassivePadDoubt),
        (None, _) => reasons.push(Reason::PassivePadNotAssessed),
        (Some(true), _) => {}
    }
    if presentation_suspected(liveness, policy) && !reasons.contains(&Reason::PresentationAttack) {
        reasons.push(match answered {
            Some(false) => Reason::PresentationAttack,
            _ => Reason::PresentationSuspected,
        });
    }
    match answered {
        Some(true) => {}
        Some(false) => reasons.push(Reason::ChallengeNotMet),
        None => reasons.push(Reason::LivenessNotChallenged),
    }
    match same_face_passed(liveness, policy) {
        Some(true) => {}
        Some(false) => reasons.push(Reason::FaceChanged),
        None => reasons.push(Reason::SameFaceNotAssessed),
    }
    match liveness.screen_passed() {
        Some(true) => {}
        Some(false) => reasons.push(Reason::ScreenNotAnswered),
        None => reasons.push(Reason::ScreenNotAssessed),
    }
    reasons.extend(injection_reason(liveness, policy));
    if is_recording_doubted(liveness, policy) {
        reasons.push(Reason::RecordedAnswer);
    }
    reasons
}

/// Whether a recording answered a challenge, and the policy has a person look at that.
fn is_recording_doubted(liveness: &LivenessEvidence, policy: &Policy) -> bool {
    policy.injection.recordings == OnRecording::Review && liveness.is_answered_by_recording()
}

/// What else a reader has to know of how the person was seen.
pub(crate) fn liveness_warnings(liveness: &LivenessEvidence, policy: &Policy) -> Vec<Warning> {
    let accepted = policy.injection.recordings == OnRecording::Warn;
    [
        (
            accepted && liveness.is_answered_by_recording(),
            Warning::RecordedAnswer,
        ),
        (liveness.colours_declined, Warning::ColoursDeclined),
    ]
    .into_iter()
    .filter_map(|(stands, warning)| stands.then_some(warning))
    .collect()
}

/// What the signs of an injection lead to. A clip of before that meets a challenge is no chance: the challenge was
/// drawn after it.
fn injection_reason(liveness: &LivenessEvidence, policy: &Policy) -> Option<Reason> {
    let answered = liveness.active.assessed().is_some_and(Prompted::passed);
    let reaches =
        |signal: &InjectionSignal, limit| signal.score.is_some_and(|score| score >= limit);
    let limits = &policy.injection;
    let seen = |signal: &&InjectionSignal| signal.sign == InjectionSign::Seen;
    let replayed = liveness.injection.iter().filter(seen);
    if answered
        && replayed
            .into_iter()
            .any(|signal| reaches(signal, limits.reject_seen_from))
    {
        return Some(Reason::ClipSeenBefore);
    }
    let suspected = liveness
        .injection
        .iter()
        .any(|signal| reaches(signal, limits.review_from));
    suspected.then_some(Reason::InjectionSuspected)
}

/// Whether the clip shows the selfie's face throughout; `None` where that was not assessed.
fn same_face_passed(liveness: &LivenessEvidence, policy: &Policy) -> Option<bool> {
    let same = liveness.same_face.assessed()?;
    Some(same.distance <= policy.same_face_distance())
}
