//! An answer that was given before the question.
//!
//! ```text
//! clip   |──────────[gesture]──────────────────|           its own time
//! kiosk          ▲ asked                       ▲ arrived   the clip ends here at the latest
//! ```
//!
//! Laid so that it ends when it arrived, the latest that it can have been filmed, a clip that was filmed in answer
//! begins its gestures after the question. A gesture that begins before was not asked for. A clip that began before and
//! moves only after may come from a client whose camera ran already: that alone counts less.

use super::{Judgement, Reason, WhyNot, by_limit};

/// Clocks and rates of phones differ by less over a clip of 30 s (100 parts in a million make 3 ms); containers round a
/// frame's time to its rate.
const SLACK_MS: f64 = 250.0;
/// A clip longer than the time since the question by this much reaches the limit.
const LONGER_MS: f64 = 3_000.0;

/// Judges a clip by its length, the time from the question to its arrival, and when its answering gestures began, all
/// in ms.
#[must_use]
pub fn judge(length_ms: f64, since_asked_ms: f64, began_ms: &[f64]) -> Judgement {
    let finite = length_ms.is_finite() && since_asked_ms.is_finite();
    if !finite || length_ms <= 0.0 {
        return Judgement::NotAssessed(WhyNot::NoTimes);
    }
    // When the question was asked, in the clip's own time.
    let asked_ms = length_ms - since_asked_ms;
    let early_ms = began_ms
        .iter()
        .map(|began| asked_ms - began)
        .fold(f64::NEG_INFINITY, f64::max);
    let early = if early_ms > SLACK_MS { 1.0 } else { 0.0 };
    let longer = by_limit((asked_ms - SLACK_MS) as f32, 0.0, LONGER_MS as f32);
    Judgement::of(early, Reason::GestureBeforeAsked)
        .louder(Judgement::of(longer.min(0.6), Reason::LongerThanAsked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_fits_into_the_time_since_the_question_is_clear() {
        assert_eq!(judge(7_000.0, 9_500.0, &[800.0, 3_000.0]), Judgement::CLEAR);
        // The camera ran for a second already; everything asked for came after.
        let warm = judge(8_000.0, 7_000.0, &[1_900.0, 4_000.0]);
        assert!(warm.score() < Some(0.5), "{warm:?}");
    }

    #[test]
    fn a_gesture_before_the_question_and_a_clip_too_long_for_it_are_told() {
        let early = judge(8_000.0, 2_000.0, &[800.0, 3_000.0]);
        assert_eq!(early.reason(), Some(Reason::GestureBeforeAsked));
        let long = judge(20_000.0, 5_000.0, &[16_000.0]);
        assert_eq!(long.reason(), Some(Reason::LongerThanAsked));
        assert!(long.score() < early.score());
    }

    #[test]
    fn a_clip_without_times_is_not_assessed() {
        for length in [0.0, f64::NAN] {
            let judged = judge(length, 1_000.0, &[]);
            assert_eq!(judged, Judgement::NotAssessed(WhyNot::NoTimes));
        }
    }
}
