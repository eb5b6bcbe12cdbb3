//! How likely a clip of an earlier session is to meet a new challenge: drawn challenges against replayed timelines.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

use kiosk_session::{
    ActiveLiveness, Challenge, Gesture, GestureSeen, Policy, PromptOutcome, Schedule, answers, draw,
};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use time::OffsetDateTime;
use uuid::Uuid;

const PAIRS: usize = 10_000;
/// A replay may be cut at its begin, or started later: the best of these shifts counts, ms.
const SHIFTS: std::ops::Range<i32> = -60..61;
const SHIFT_MS: f64 = 100.0;
/// At rest people blink 17 times a minute (Bentivoglio et al., 1997).
const BLINKS_A_MINUTE: f64 = 17.0;

fn policy() -> ActiveLiveness {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/default.toml");
    let policy: Policy = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    policy.active_liveness
}

/// How long the station watches an answer at most, ms.
fn told_ms(policy: &ActiveLiveness) -> f64 {
    let now = OffsetDateTime::UNIX_EPOCH;
    let asked = draw(policy, &[], Uuid::nil(), now, |n| n - 1);
    (asked.ends_at(true) - now).as_seconds_f64() * 1e3
}

fn drawn(policy: &ActiveLiveness, rng: &mut StdRng) -> Challenge {
    let now = OffsetDateTime::UNIX_EPOCH;
    draw(policy, &[], Uuid::nil(), now, |n| rng.random_range(0..n))
}

/// What a person does who answers: each movement 0.4 to 1.8 s after it was asked for, 0.8 to 1.8 s long, and blinks of
/// their own.
fn answered(challenge: &Challenge, rng: &mut StdRng) -> Vec<GestureSeen> {
    let schedule = challenge.schedule.as_ref().unwrap();
    let mut seen = Vec::new();
    for (kind, moment) in challenge.gestures.iter().zip(&schedule.moments) {
        let start_ms = f64::from(moment.at_ms) + rng.random_range(400.0..1_800.0);
        let length_ms = match kind {
            Gesture::Blink => rng.random_range(200.0..500.0),
            _ => rng.random_range(800.0..1_800.0),
        };
        seen.push(movement(*kind, start_ms, length_ms));
    }
    let over_ms = f64::from(schedule.moments.last().unwrap().at_ms) + 5_000.0;
    let mut at_ms = 0.0;
    loop {
        let share: f64 = rng.random_range(1e-9..1.0);
        at_ms += -share.ln() * 60_000.0 / BLINKS_A_MINUTE;
        if at_ms > over_ms {
            return seen;
        }
        seen.push(movement(Gesture::Blink, at_ms, 250.0));
    }
}

fn movement(kind: Gesture, start_ms: f64, length_ms: f64) -> GestureSeen {
    GestureSeen {
        kind,
        start_ms,
        peak_ms: start_ms + length_ms / 2.0,
        end_ms: start_ms + length_ms,
    }
}

fn is_met(challenge: &Challenge, seen: &[GestureSeen], again_until_ms: Option<f64>) -> bool {
    let prompts = answers(challenge, seen, again_until_ms);
    let met = prompts
        .iter()
        .filter(|one| one.outcome == PromptOutcome::Met);
    met.count() == challenge.gestures.len()
}

/// Whether a replay of these movements meets the challenge at any shift.
fn is_met_by_replay(challenge: &Challenge, seen: &[GestureSeen], again: Option<f64>) -> bool {
    SHIFTS.into_iter().any(|steps| {
        let by_ms = f64::from(steps) * SHIFT_MS;
        let shifted = seen.iter().map(|one| GestureSeen {
            start_ms: one.start_ms + by_ms,
            peak_ms: one.peak_ms + by_ms,
            end_ms: one.end_ms + by_ms,
            ..*one
        });
        let shown: Vec<GestureSeen> = shifted.filter(|one| one.start_ms >= 0.0).collect();
        is_met(challenge, &shown, again)
    })
}

/// Replays of earlier answers that meet a challenge: of all, and of those whose sequence was drawn again.
fn rates(policy: &ActiveLiveness, again: Option<f64>, seed: u64) -> (f64, f64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut any, mut same) = (0_u32, 0_u32);
    for _ in 0..PAIRS {
        let earlier = drawn(policy, &mut rng);
        let seen = answered(&earlier, &mut rng);
        let now = drawn(policy, &mut rng);
        any += u32::from(is_met_by_replay(&now, &seen, again));
        let same_sequence = Challenge {
            gestures: earlier.gestures.clone(),
            ..now
        };
        same += u32::from(is_met_by_replay(&same_sequence, &seen, again));
    }
    let share = |count: u32| f64::from(count) / PAIRS as f64;
    (share(any), share(same))
}

#[test]
fn a_clip_of_an_earlier_session_hardly_ever_meets_a_new_challenge() {
    let policy = policy();
    for (how, again) in [("upload", None), ("station", Some(told_ms(&policy)))] {
        let (any, same) = rates(&policy, again, 1);
        println!(
            "{how}: {any:.4} of replays meet a challenge, {same:.3} where the sequence is drawn again"
        );
        assert!(any < 0.008, "{how}: {any}");
        assert!(same < 0.47, "{how}: {same}");
    }
}

#[test]
fn moments_make_a_replay_less_likely_than_the_sequence_alone_does() {
    let bound = policy();
    let mut regular = bound.clone();
    // The same pauses each time, as where only the sequence is secret.
    regular.first_ms = [1_000; 2];
    regular.gap_ms = [5_000; 2];
    let (_, with_moments) = rates(&bound, None, 2);
    let (_, without) = rates(&regular, None, 2);
    println!(
        "the same sequence again: {with_moments:.3} with drawn moments, {without:.3} with regular ones"
    );
    assert!(without > 0.9 && with_moments < without - 0.45);
}

#[test]
fn people_who_answer_when_asked_meet_their_challenge() {
    let policy = policy();
    let mut rng = StdRng::seed_from_u64(3);
    for again in [None, Some(told_ms(&policy))] {
        let met = (0..PAIRS).filter(|_| {
            let challenge = drawn(&policy, &mut rng);
            let seen = answered(&challenge, &mut rng);
            is_met(&challenge, &seen, again)
        });
        assert!(met.count() > PAIRS * 99 / 100);
    }
}

#[test]
fn a_window_takes_who_needs_two_and_a_half_seconds_and_no_longer() {
    let challenge = drawn(&policy(), &mut StdRng::seed_from_u64(4));
    let Schedule { moments, .. } = challenge.schedule.clone().unwrap();
    let after = |ms: f64| {
        let all = challenge.gestures.iter().zip(&moments);
        let seen: Vec<GestureSeen> = all
            .map(|(kind, moment)| movement(*kind, f64::from(moment.at_ms) + ms, 900.0))
            .collect();
        is_met(&challenge, &seen, None)
    };
    assert!(after(0.0) && after(2_400.0));
    assert!(!after(-400.0) && !after(2_700.0));
}
