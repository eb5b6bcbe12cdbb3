//! Gestures in their windows count; early, late, other and missing ones are told apart.

use time::OffsetDateTime;
use uuid::Uuid;

use super::*;
use crate::Moment;
use PromptOutcome::{BeforeAsked, Met, NotSeen, OutOfOrder, TooLate, Waiting};

const ASKED: [Gesture; 3] = [Gesture::TurnLeft, Gesture::Blink, Gesture::LookUp];

/// Asked for at 1, 6 and 11 s, each to begin within 2.5 s; once more a second after it was given up.
fn challenge() -> Challenge {
    let moment = |at_ms| Moment {
        at_ms,
        again_after_ms: 1_000,
    };
    Challenge {
        challenge_id: Uuid::nil(),
        gestures: ASKED.to_vec(),
        schedule: Some(Schedule {
            moments: [1_000, 6_000, 11_000].map(moment).to_vec(),
            answer_within_ms: 2_500,
        }),
        screen: None,
        issued_at: OffsetDateTime::UNIX_EPOCH,
        expires_at: OffsetDateTime::UNIX_EPOCH,
    }
}

fn made(kind: Gesture, start_ms: f64) -> GestureSeen {
    GestureSeen {
        kind,
        start_ms,
        peak_ms: start_ms + 500.0,
        end_ms: start_ms + 1_000.0,
    }
}

fn answered(starts_ms: [f64; 3]) -> Vec<GestureSeen> {
    let all = ASKED.into_iter().zip(starts_ms);
    all.map(|(kind, start_ms)| made(kind, start_ms)).collect()
}

fn outcomes(seen: &[GestureSeen]) -> Vec<PromptOutcome> {
    let prompts = answers(&challenge(), seen, None);
    prompts.iter().map(|prompt| prompt.outcome).collect()
}

#[test]
fn gestures_that_begin_in_their_windows_are_met() {
    assert_eq!(outcomes(&answered([1_800.0, 6_900.0, 13_400.0])), [Met; 3]);
    // The begin is known to a frame or four.
    assert_eq!(outcomes(&answered([900.0, 6_000.0, 11_000.0])), [Met; 3]);
}

#[test]
fn a_gesture_before_it_was_asked_for_and_one_after_its_window_do_not_count() {
    let early = outcomes(&answered([600.0, 5_500.0, 12_000.0]));
    assert_eq!(early, [BeforeAsked, BeforeAsked, Met]);
    let late = outcomes(&answered([3_600.0, 8_700.0, 13_600.0]));
    assert_eq!(late, [TooLate; 3]);
    assert_eq!(outcomes(&[]), [NotSeen; 3]);
}

#[test]
fn another_movement_in_a_gestures_place_is_out_of_order_though_it_follows() {
    let mut seen = answered([2_600.0, 6_900.0, 12_000.0]);
    seen.push(made(Gesture::TurnRight, 1_300.0));
    assert_eq!(outcomes(&seen), [OutOfOrder, Met, Met]);
    // People blink and smile by themselves.
    let mut seen = answered([2_600.0, 6_900.0, 12_000.0]);
    seen.extend([made(Gesture::Blink, 1_300.0), made(Gesture::Smile, 1_200.0)]);
    assert_eq!(outcomes(&seen), [Met; 3]);
}

#[test]
fn who_makes_every_gesture_all_the_time_is_out_of_order() {
    let kinds = [
        Gesture::TurnLeft,
        Gesture::TurnRight,
        Gesture::LookUp,
        Gesture::LookDown,
        Gesture::OpenMouth,
        Gesture::Blink,
    ];
    let seen: Vec<GestureSeen> = (0..32)
        .map(|number| made(kinds[number % 6], 500.0 * number as f64))
        .collect();
    let met = outcomes(&seen).iter().filter(|one| **one == Met).count();
    assert_eq!(met, 0);
}

#[test]
fn a_nod_that_is_part_of_a_turn_is_no_other_movement() {
    let mut seen = answered([1_800.0, 6_900.0, 12_000.0]);
    seen.push(made(Gesture::LookUp, 1_900.0));
    assert_eq!(outcomes(&seen), [Met; 3]);
}

#[test]
fn a_signal_that_lay_at_the_edge_of_rest_for_long_began_with_its_movement() {
    let mut seen = answered([1_800.0, 6_900.0, 12_000.0]);
    seen[0].start_ms = 0.0;
    seen[0].peak_ms = 3_000.0;
    assert_eq!(outcomes(&seen)[0], Met);
}

#[test]
fn at_the_station_a_missed_gesture_is_asked_for_once_more_and_the_rest_moves_on() {
    // The turn is given up at 1 + 2.5 + 3 s and asked for again a second later; the others keep their gaps.
    let seen = answered([8_000.0, 13_500.0, 18_500.0]);
    let prompts = answers(&challenge(), &seen, Some(30_000.0));
    let told: Vec<(f64, bool, PromptOutcome)> = prompts
        .iter()
        .map(|prompt| (prompt.at_ms, prompt.again, prompt.outcome))
        .collect();
    let expected = [
        (1_000.0, false, NotSeen),
        (7_500.0, true, Met),
        (12_500.0, false, Met),
        (17_500.0, false, Met),
    ];
    assert_eq!(told, expected);
    assert!(is_over(&challenge(), &prompts, 30_000.0));
}

#[test]
fn at_the_station_two_failures_of_a_gesture_or_no_time_end_the_challenge() {
    let nothing = answers(&challenge(), &[], Some(30_000.0));
    assert_eq!(nothing.len(), 2);
    assert!(nothing[1].again && nothing[1].outcome == NotSeen);
    assert!(is_over(&challenge(), &nothing, 30_000.0));
    assert!(!is_over(&challenge(), &nothing[..1], 30_000.0));
    let no_time = answers(&challenge(), &[], Some(10_000.0));
    assert_eq!(no_time.len(), 1);
    assert!(is_over(&challenge(), &no_time, 10_000.0));
}

#[test]
fn a_gesture_is_asked_for_once_more_only_where_the_time_does_for_the_rest_as_well() {
    // Asked for again at 7.5 s; the others follow 5.5 s apart, the last may take 5.5 s: 24 s in all.
    let missed = |until_ms| answers(&challenge(), &[], Some(until_ms)).len();
    assert_eq!(missed(24_000.0), 2);
    assert_eq!(missed(23_999.0), 1);
}

#[test]
fn who_misses_every_gesture_once_has_the_time_for_all_repetitions_of_the_shipped_policy() {
    let policy = crate::Policy::default_for_tests().active_liveness;
    for pick in [|_| 0, |n: usize| n - 1, |n: usize| n / 2] {
        let now = OffsetDateTime::UNIX_EPOCH;
        let asked = crate::draw(&policy, &[], Uuid::nil(), now, pick);
        let until_ms = (asked.ends_at(true) - now).as_seconds_f64() * 1e3;
        let mut seen: Vec<GestureSeen> = Vec::new();
        for gesture in &asked.gestures {
            // Missed, then made as late as it may be.
            let prompts = answers(&asked, &seen, Some(until_ms));
            let last = prompts.last().unwrap();
            assert!(last.again && last.gesture == *gesture, "{prompts:?}");
            let mut late = made(*gesture, last.until_ms - 1.0);
            late.end_ms = late.start_ms + RETURN_MS;
            seen.push(late);
        }
        let prompts = answers(&asked, &seen, Some(until_ms));
        let met = prompts.iter().filter(|one| one.outcome == Met).count();
        assert_eq!((prompts.len(), met), (6, 3), "{prompts:?}");
        assert!(prompts.last().unwrap().settled_ms <= until_ms);
    }
}

#[test]
fn what_was_told_stays_though_another_movement_comes_back_later() {
    let mut seen = answered([2_600.0, 6_900.0, 12_000.0]);
    let mut slow = made(Gesture::TurnRight, 3_400.0);
    slow.end_ms = 5_400.0;
    let told = asked_so_far(&challenge(), &seen[..1], Some(40_000.0), 4_000.0);
    seen.push(slow);
    let after = asked_so_far(&challenge(), &seen, Some(40_000.0), 5_500.0);
    assert_eq!(told[0].outcome, Met);
    assert_eq!(told, after[..1]);
    // An upload is judged once all of it is known.
    assert_eq!(outcomes(&seen)[0], OutOfOrder);
}

#[test]
fn what_was_told_as_not_seen_stays_though_the_gesture_comes_back_later() {
    let mut late = made(Gesture::TurnLeft, 5_000.0);
    late.end_ms = 7_000.0;
    let told = asked_so_far(&challenge(), &[], Some(40_000.0), 6_500.0);
    let after = asked_so_far(&challenge(), &[late], Some(40_000.0), 7_100.0);
    assert_eq!(told[0].outcome, NotSeen);
    assert_eq!(told[0], after[0]);
    assert_eq!(outcomes(&[late])[0], TooLate);
}

#[test]
fn while_the_clip_runs_only_what_was_asked_for_is_told() {
    let seen = answered([1_800.0, 6_900.0, 12_000.0]);
    for retry in [None, Some(30_000.0)] {
        let at = |now_ms| asked_so_far(&challenge(), &seen[..1], retry, now_ms);
        assert!(at(900.0).is_empty());
        assert_eq!(at(3_000.0).len(), 1);
        let waiting = at(7_000.0);
        assert_eq!((waiting[0].outcome, waiting[1].outcome), (Met, Waiting));
        assert_eq!(waiting.len(), 2);
    }
}

#[test]
fn a_challenge_without_moments_has_no_prompts() {
    let mut order_only = challenge();
    order_only.schedule = None;
    let seen = answered([1_800.0, 6_900.0, 12_000.0]);
    assert!(answers(&order_only, &seen, None).is_empty());
}

#[test]
fn the_record_gives_the_same_answer_again() {
    let seen = answered([8_000.0, 13_500.0, 18_500.0]);
    let asked = challenge();
    let prompts = answers(&asked, &seen, Some(30_000.0));
    let kept = serde_json::to_string(&(&asked, &seen, &prompts)).unwrap();
    let (asked, seen, before): (Challenge, Vec<GestureSeen>, Vec<Prompt>) =
        serde_json::from_str(&kept).unwrap();
    assert_eq!(answers(&asked, &seen, Some(30_000.0)), before);
}
