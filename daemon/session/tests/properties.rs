//! What holds of any sequence of events whatever.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to end")]

use crate::common;
use crate::common::{
    after, answer, challenge, consent, decision, document, liveness, opening, selfie,
};
use kiosk_session::{
    Assessment, Closing, Entry, Event, FaceMatch, LivenessEvidence, PassivePad, Prompted, State,
    Status, Unassessed, replay, step,
};
use proptest::prelude::*;
use uuid::Uuid;

fn clip(challenge_id: Option<u128>) -> Event {
    let active = match challenge_id {
        Some(id) => Assessment::Assessed(Prompted {
            challenge_id: Uuid::from_u128(id),
            ..answer()
        }),
        None => Assessment::NotAssessed(Unassessed::NotPrompted),
    };
    Event::LivenessAssessed {
        liveness: Box::new(LivenessEvidence {
            active,
            ..liveness()
        }),
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => Just(Event::Created { opening: opening() }),
        2 => Just(Event::ConsentGiven { consent: consent() }),
        2 => Just(Event::DocumentRead { document: Box::new(document()) }),
        2 => Just(Event::SelfieTaken { selfie: selfie() }),
        2 => (3_u128..5).prop_map(|id| {
            let challenge_id = Uuid::from_u128(id);
            Event::ChallengeIssued { challenge: kiosk_session::Challenge { challenge_id, ..challenge() } }
        }),
        2 => proptest::option::of(3_u128..5).prop_map(clip),
        2 => Just(Event::Decided { decision: decision() }),
        1 => Just(Event::Expired),
        1 => Just(Event::Cancelled { by: Closing::Partner }),
        1 => (0_u64..100).prop_map(|through| Event::Synced { through }),
    ]
}

/// Events in the order of their times, a few of them beyond the session's end.
fn any_log() -> impl Strategy<Value = Vec<Entry>> {
    proptest::collection::vec((any_event(), 0_i64..6_000), 0..40).prop_map(|events| {
        let mut seconds = 0;
        let timed = events.into_iter().map(|(event, wait)| {
            seconds += wait;
            after(seconds, event)
        });
        timed.collect()
    })
}

/// The events that were allowed, and the state that they led to.
fn allowed(log: &[Entry]) -> (Vec<Entry>, State) {
    let mut state = State::New;
    let mut taken = Vec::new();
    for entry in log {
        if let Ok((next, _)) = step(state.clone(), entry) {
            state = next;
            taken.push(entry.clone());
        }
    }
    (taken, state)
}

const fn needs_consent(event: &Event) -> bool {
    matches!(
        event,
        Event::DocumentRead { .. }
            | Event::SelfieTaken { .. }
            | Event::ChallengeIssued { .. }
            | Event::LivenessAssessed { .. }
            | Event::Decided { .. }
    )
}

const fn is_synced(entry: &Entry) -> bool {
    matches!(entry.event, Event::Synced { .. })
}

proptest! {
    #[test]
    fn a_session_is_its_events(log in any_log()) {
        let (taken, state) = allowed(&log);
        prop_assert_eq!(replay(&taken).unwrap(), state);
    }

    #[test]
    fn every_prefix_of_a_log_can_be_replayed_and_gives_the_same_twice(log in any_log(), cut in 0_usize..40) {
        let (taken, _) = allowed(&log);
        let prefix = &taken[..cut.min(taken.len())];
        prop_assert_eq!(replay(prefix).unwrap(), replay(prefix).unwrap());
    }

    #[test]
    fn a_log_reads_back_to_the_same_state(log in any_log()) {
        let (taken, state) = allowed(&log);
        let lines: Vec<String> =
            taken.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
        let read: Vec<Entry> =
            lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        prop_assert_eq!(replay(&read).unwrap(), state);
    }

    #[test]
    fn nothing_is_captured_or_decided_without_consent(log in any_log()) {
        let without: Vec<Entry> = log
            .into_iter()
            .filter(|entry| !matches!(entry.event, Event::ConsentGiven { .. }))
            .collect();
        let (taken, state) = allowed(&without);
        prop_assert!(state.decision().is_none() && state.document().is_none());
        prop_assert!(taken.iter().all(|entry| !needs_consent(&entry.event)));
    }

    #[test]
    fn a_session_is_decided_once_and_only_on_all_of_its_evidence(log in any_log()) {
        let (taken, state) = allowed(&log);
        let decisions = taken.iter().filter(|entry| matches!(entry.event, Event::Decided { .. })).count();
        prop_assert!(decisions <= 1);
        prop_assert_eq!(decisions == 1, state.decision().is_some());
        if state.decision().is_some() {
            prop_assert!(state.document().is_some() && state.selfie().is_some());
            prop_assert!(state.liveness().is_some());
        }
    }

    #[test]
    fn nothing_but_synced_follows_an_end(log in any_log()) {
        let (taken, _) = allowed(&log);
        let end = taken.iter().position(|entry| matches!(
            entry.event,
            Event::Decided { .. } | Event::Expired | Event::Cancelled { .. }
        ));
        if let Some(end) = end {
            let rest = &taken[end + 1..];
            prop_assert!(rest.len() <= 1);
            prop_assert!(rest.iter().all(is_synced));
        }
    }

    #[test]
    fn an_answer_stands_only_to_the_challenge_that_was_asked_last(log in any_log()) {
        let (taken, _) = allowed(&log);
        let mut asked = None;
        for entry in &taken {
            match &entry.event {
                Event::ChallengeIssued { challenge } => asked = Some(challenge.challenge_id),
                Event::LivenessAssessed { liveness } => {
                    if let Some(answer) = liveness.active.assessed() {
                        prop_assert_eq!(Some(answer.challenge_id), asked);
                    }
                    asked = None;
                }
                _ => {}
            }
        }
    }

    #[test]
    fn whatever_was_measured_an_approval_means_that_every_check_was_made_and_passed(
        distance in proptest::option::of(0.0_f32..1.5),
        same in proptest::option::of(0.0_f32..1.5),
        pad in proptest::option::of((0.0_f32..=1.0, 0_u32..10)),
        met in proptest::option::of(0_u32..4),
        faces in 1_u32..3,
        right in proptest::option::of(any::<bool>()),
    ) {
        let missing = Unassessed::NoFace;
        let compared = |distance: Option<f32>| distance.map_or(
            Assessment::NotAssessed(missing),
            |distance| Assessment::Assessed(FaceMatch::uncalibrated(distance)),
        );
        let mut document = document();
        document.check_digits.composite = right;
        let mut selfie = selfie();
        (selfie.faces, selfie.face_match) = (faces, compared(distance));
        let mut liveness = liveness();
        liveness.same_face = compared(same);
        liveness.passive = pad.map_or(Assessment::NotAssessed(missing), |(score, frames)| {
            Assessment::Assessed(PassivePad { score, frames })
        });
        liveness.active = met.map_or(Assessment::NotAssessed(missing), |met| {
            Assessment::Assessed(Prompted { met, ..answer() })
        });
        let policy = common::policy();
        let decided = common::judged(&document, &selfie, &liveness, &policy);
        prop_assert!((0.0..=1.0).contains(&decided.risk_score));
        prop_assert_eq!(decided.status == Status::Approved, decided.reasons.is_empty());
        if decided.status == Status::Approved {
            let most = policy.face_match.max_distance;
            prop_assert!(distance.unwrap() <= most && same.unwrap() <= most);
            prop_assert!(pad.unwrap().0 >= policy.passive_pad.min_score);
            prop_assert!(pad.unwrap().1 >= policy.passive_pad.min_frames);
            prop_assert!(met.unwrap() >= 2 && faces == 1 && right != Some(false));
        }
    }
}
