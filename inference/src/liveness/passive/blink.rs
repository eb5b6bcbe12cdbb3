//! The rhythm of blinks: how many, how long, how even.
//!
//! At rest people blink about 17 times a minute, while they look at something 4 to 5 times (Bentivoglio et al., 1997), so
//! that 15 s without one is rare and 30 s very; a still picture never blinks. A film that goes round blinks in even steps.
//! In a session of some seconds nothing can be said, and a replay of a person blinks as a person does.

use super::{Finding, SignalReason, WhyNot};

/// Shortest time on which the lack of blinks says anything, and where it is as likely a picture, s.
const LEAST_S: f32 = 10.0;
const LIMIT_S: f32 = 25.0;
/// Eyes under this share of their open state are shut; above the second they are open again.
const SHUT: f32 = 0.5;
const OPEN: f32 = 0.7;
/// A blink's length, s; a slower closing is none.
const LONGEST_S: f32 = 0.6;
/// Intervals whose deviation over their mean lies below this are a loop's, from so many on.
const EVEN: f32 = 0.08;
const LEAST_INTERVALS: usize = 4;
/// Samples kept: a minute at 30 a second.
const MOST: usize = 1_800;

/// The eyes' openness over time.
#[derive(Debug, Default)]
pub(super) struct Blinks {
    samples: Vec<[f32; 2]>,
}

/// A closing of the eyes: when it began, s.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Blink {
    from: f32,
}

impl Blinks {
    /// Takes the openness, 0 to 1, of a face that looks ahead.
    pub fn look(&mut self, openness: f32, t_ms: f64) {
        if self.samples.len() < MOST && openness.is_finite() {
            self.samples.push([(t_ms / 1e3) as f32, openness]);
        }
    }

    /// Another face has come.
    pub fn interrupt(&mut self) {
        self.samples.clear();
    }

    /// What the rhythm says. The value is blinks a minute.
    pub fn judge(&self) -> Finding {
        let length = match (self.samples.first(), self.samples.last()) {
            (Some(first), Some(last)) => last[0] - first[0],
            _ => 0.0,
        };
        if length < LEAST_S {
            return Finding::NotAssessed(WhyNot::TooShort);
        }
        let blinks = self.blinks();
        let a_minute = 60.0 * blinks.len() as f32 / length;
        if blinks.is_empty() {
            let found = Finding::by(length, LEAST_S, LIMIT_S, SignalReason::NoBlink);
            return with_value(found, 0.0);
        }
        let intervals: Vec<f32> = blinks
            .windows(2)
            .map(|two| two[1].from - two[0].from)
            .collect();
        if intervals.len() >= LEAST_INTERVALS {
            let found = Finding::by(
                EVEN - spread(&intervals),
                -EVEN,
                0.0,
                SignalReason::RegularBlinks,
            );
            return with_value(found, a_minute);
        }
        Finding::Measured {
            score: 0.0,
            value: a_minute,
            reason: SignalReason::Clear,
        }
    }

    fn blinks(&self) -> Vec<Blink> {
        let mut open: Vec<f32> = self.samples.iter().map(|sample| sample[1]).collect();
        open.sort_by(f32::total_cmp);
        let Some(open) = open.get(open.len() * 4 / 5) else {
            return Vec::new();
        };
        let (mut blinks, mut since) = (Vec::new(), None);
        for [t, openness] in &self.samples {
            let state = openness / open.max(f32::EPSILON);
            match since {
                None if state < SHUT => since = Some(*t),
                Some(from) if state > OPEN => {
                    if t - from <= LONGEST_S {
                        blinks.push(Blink { from });
                    }
                    since = None;
                }
                _ => {}
            }
        }
        blinks
    }
}

fn with_value(found: Finding, value: f32) -> Finding {
    match found {
        Finding::Measured { score, reason, .. } => Finding::Measured {
            score,
            value,
            reason,
        },
        not => not,
    }
}

/// Standard deviation over the mean.
fn spread(values: &[f32]) -> f32 {
    let count = values.len() as f32;
    let mean = values.iter().sum::<f32>() / count;
    let variance = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f32>()
        / count;
    variance.sqrt() / mean.max(f32::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eyes that blink at those times, each for 0.2 s, seen at 30 frames a second.
    fn eyes(length_s: f32, at: &[f32]) -> Finding {
        let mut blinks = Blinks::default();
        for number in 0..(length_s * 30.0) as usize {
            let t = number as f32 / 30.0;
            let shut = at.iter().any(|blink| (t - blink - 0.1).abs() < 0.1);
            let openness = if shut {
                0.1
            } else {
                0.8 + 0.05 * (t * 3.0).sin()
            };
            blinks.look(openness, f64::from(t) * 1e3);
        }
        blinks.judge()
    }

    #[test]
    fn a_person_blinks_unevenly_and_is_clear() {
        let seen = eyes(30.0, &[1.2, 4.9, 6.1, 11.0, 17.3, 19.0, 26.4]);
        let Finding::Measured { score, value, .. } = seen else {
            unreachable!("{seen:?}")
        };
        assert!(score < 0.5 && (value - 14.0).abs() < 0.5, "{seen:?}");
    }

    #[test]
    fn no_blink_for_half_a_minute_and_even_blinks_are_told() {
        assert!(eyes(30.0, &[]).score() > Some(0.5));
        let even: Vec<f32> = (1..8).map(|k| 4.0 * k as f32).collect();
        assert!(eyes(32.0, &even).score() > Some(0.5));
    }

    #[test]
    fn a_few_seconds_say_nothing_and_a_long_closing_is_no_blink() {
        assert_eq!(eyes(8.0, &[]), Finding::NotAssessed(WhyNot::TooShort));
        let mut slow = Blinks::default();
        for number in 0..600 {
            let t = number as f32 / 30.0;
            let openness = if (3.0..5.0).contains(&t) { 0.1 } else { 0.8 };
            slow.look(openness, f64::from(t) * 1e3);
        }
        assert!(slow.blinks().is_empty());
    }
}
