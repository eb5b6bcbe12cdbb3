//! Times of frames that no sensor has.
//!
//! A sensor's frames are stamped when they arrive, over a bus and through a scheduler: the times between them waver by
//! tens of microseconds at the least. A program that plays a clip computes its times. Judged only for cameras: a file's
//! times are computed always.
//!
//! No camera was at hand: the limits are chosen from how the times come about, and measured only on times that the tests
//! make (wavering by 20 µs and more, with gaps and a stall: never raised).

use std::time::Duration;

use super::{Judgement, Reason, WhyNot, by_limit};

/// Fewest frames on which anything is said: a second of most cameras.
const LEAST_FRAMES: usize = 30;
/// Share of intervals equal to the microsecond at the limit. Chance makes a few: wavering by 20 µs, one in twenty.
const EQUAL: f32 = 0.8;
/// Webcams and board cameras that kiosks use end at 120 frames a second, a few at 240.
const MOST_FPS: f32 = 250.0;
/// An interval is part of a burst below this share of the median.
const BURST: f64 = 0.1;
/// Share of such intervals at the limit. A stall is made up for by a few at once.
const BURSTS: f32 = 0.3;

/// Judges the times of a camera's frames, in their order.
#[must_use]
pub fn judge(times: &[Duration]) -> Judgement {
    if times.len() < LEAST_FRAMES {
        return Judgement::NotAssessed(WhyNot::TooShort);
    }
    let micros: Vec<i64> = times
        .iter()
        .map(|time| i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
        .collect();
    let gaps: Vec<i64> = micros.windows(2).map(|two| two[1] - two[0]).collect();
    let mut sorted = gaps.clone();
    sorted.sort_unstable();
    let median = sorted[sorted.len() / 2];
    let share = |counts: &dyn Fn(i64) -> bool| {
        gaps.iter().filter(|gap| counts(**gap)).count() as f32 / gaps.len() as f32
    };
    let back = if sorted[0] < 0 { 1.0 } else { 0.0 };
    let rate = 1e6 / (median as f32).max(1.0);
    let equal = most_equal(&sorted) as f32 / gaps.len() as f32;
    let bursts = share(&|gap| (gap as f64) < BURST * median as f64);
    Judgement::of(back, Reason::TimeGoesBack)
        .louder(Judgement::of(
            by_limit(rate, 0.0, MOST_FPS),
            Reason::ImpossibleRate,
        ))
        .louder(Judgement::of(by_limit(equal, 0.3, EQUAL), Reason::NoJitter))
        .louder(Judgement::of(by_limit(bursts, 0.0, BURSTS), Reason::Bursts))
}

/// How many of the sorted intervals are one and the same within a microsecond: 1/30 s is not a whole number of them.
fn most_equal(sorted: &[i64]) -> usize {
    let (mut most, mut from) = (0, 0);
    for (place, gap) in sorted.iter().enumerate() {
        while gap - sorted[from] > 1 {
            from += 1;
        }
        most = most.max(place + 1 - from);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times of `count` frames, the gap before each by its number.
    fn times(count: u64, gap: impl Fn(u64) -> i64) -> Vec<Duration> {
        let mut at = 1_000_000_i64;
        (0..count)
            .map(|number| {
                at += gap(number);
                Duration::from_micros(at.unsigned_abs())
            })
            .collect()
    }

    fn waver(number: u64, by: i64) -> i64 {
        let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        (mixed % (2 * by.unsigned_abs() + 1)) as i64 - by
    }

    #[test]
    fn a_sensor_wavers_drops_and_stalls_and_is_clear() {
        for by in [20, 300, 4_000] {
            let steady = times(200, |number| 33_333 + waver(number, by));
            assert!(
                judge(&steady).score() < Some(0.5),
                "{by}: {:?}",
                judge(&steady)
            );
        }
        let dropping = times(200, |number| {
            33_333 * (1 + i64::from(number % 7 == 0)) + waver(number, 500)
        });
        assert!(judge(&dropping).score() < Some(0.5));
        let stalled = times(200, |number| match number {
            100 => 400_000,
            101..110 => 900,
            _ => 33_333 + waver(number, 500),
        });
        assert!(judge(&stalled).score() < Some(0.5));
        let fast = times(400, |number| 8_333 + waver(number, 200));
        assert!(judge(&fast).score() < Some(0.5), "{:?}", judge(&fast));
    }

    #[test]
    fn computed_times_are_told_by_what_is_wrong_with_them() {
        let reason = |times: &[Duration]| judge(times).reason();
        assert_eq!(reason(&times(90, |_| 40_000)), Some(Reason::NoJitter));
        // 1/30 s, rounded: 33,333 or 33,334 µs.
        let thirtieths = times(90, |number| 33_333 + i64::from(number % 3 == 0));
        assert_eq!(reason(&thirtieths), Some(Reason::NoJitter));
        let back = times(90, |number| {
            if number == 50 {
                -9_000
            } else {
                33_000 + waver(number, 900)
            }
        });
        assert_eq!(reason(&back), Some(Reason::TimeGoesBack));
        let rushed = times(300, |number| 900 + waver(number, 300));
        assert_eq!(reason(&rushed), Some(Reason::ImpossibleRate));
        let bursts = times(300, |number| {
            if number % 5 < 2 {
                300 + waver(number, 90)
            } else {
                50_000 + waver(number, 900)
            }
        });
        assert_eq!(reason(&bursts), Some(Reason::Bursts));
    }

    #[test]
    fn less_than_a_second_is_not_assessed() {
        let short = times(29, |_| 40_000);
        assert_eq!(judge(&short), Judgement::NotAssessed(WhyNot::TooShort));
    }
}
