//! Gestures: movements from a neutral pose, to a peak, and back.
//!
//! ```text
//!  deviation        peak
//!     ^            /\
//!     |  enter ---/--\-----------
//!     |          /    \
//!     |  leave -/------\---------      leave = a share of the peak, never under `settle`
//!     |________/        \_________ -> time
//!           start        end
//! ```
//!
//! Each kind watches one signal (yaw, pitch, eyes' or mouth's openness) as its deviation from a
//! neutral value; the eyes' as a share of it, since eyes differ. The neutral follows the signal
//! slowly while the person is at rest, within what a person before a kiosk may call straight
//! ahead; a pose held for long becomes the neutral. A gesture counts once it has come back; one
//! that never returns is none.

mod neutral;

use crate::face::Subject;
use neutral::{Eyes, Neutral, Rest, Signal};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GestureKind {
    /// Head turned to the person's own left.
    TurnLeft,
    /// Head turned to the person's own right.
    TurnRight,
    /// Head raised.
    LookUp,
    /// Head lowered.
    LookDown,
    /// Both eyes closed and opened.
    Blink,
    /// Mouth opened and closed.
    OpenMouth,
}

/// One movement, in milliseconds of the clip's clock.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Gesture {
    /// What was done.
    pub kind: GestureKind,
    /// When it left the neutral pose.
    pub start_ms: f64,
    /// When it was largest.
    pub peak_ms: f64,
    /// When it was back.
    pub end_ms: f64,
}

/// How one kind is told.
#[derive(Debug, Clone, Copy)]
struct Rule {
    kind: GestureKind,
    /// +1 where the signal grows with the gesture, -1 where it falls.
    sign: f32,
    signal: Signal,
    /// Deviation that makes it a gesture.
    enter: f32,
    /// Deviation under which a person is at rest.
    settle: f32,
    /// The longest that it may last, in ms.
    longest_ms: f64,
}

/// A turn counts from 12 degrees; a nod from 9, since a neck has less room there. A blink lasts
/// 0.1 to 0.4 s (Stern et al., 1984); one made on request may last a second.
const RULES: [Rule; 6] = [
    rule(GestureKind::TurnLeft, 1.0, Signal::Yaw, 12.0, 5.0, 8_000.0),
    rule(
        GestureKind::TurnRight,
        -1.0,
        Signal::Yaw,
        12.0,
        5.0,
        8_000.0,
    ),
    rule(GestureKind::LookUp, 1.0, Signal::Pitch, 9.0, 4.0, 8_000.0),
    rule(
        GestureKind::LookDown,
        -1.0,
        Signal::Pitch,
        9.0,
        4.0,
        8_000.0,
    ),
    rule(GestureKind::Blink, -1.0, Signal::Eyes, 0.4, 0.2, 1_200.0),
    rule(
        GestureKind::OpenMouth,
        1.0,
        Signal::Mouth,
        0.2,
        0.08,
        8_000.0,
    ),
];

const fn rule(
    kind: GestureKind,
    sign: f32,
    signal: Signal,
    enter: f32,
    settle: f32,
    longest_ms: f64,
) -> Rule {
    Rule {
        kind,
        sign,
        signal,
        enter,
        settle,
        longest_ms,
    }
}

/// Share of the peak under which the movement is over.
const RETURNED: f32 = 0.4;
/// A gap between frames, in ms, after which nothing that came before counts for a movement.
const GAP_MS: f64 = 500.0;
/// The most gestures kept; more than a clip of ten minutes has.
const MOST: usize = 1_000;

/// A rule's running state.
#[derive(Debug, Clone, Copy)]
struct Watch {
    rule: Rule,
    /// When the signal was last at rest.
    rest_ms: f64,
    under_way: Option<UnderWay>,
}

#[derive(Debug, Clone, Copy)]
struct UnderWay {
    start_ms: f64,
    peak_ms: f64,
    peak: f32,
}

/// Finds gestures in the order of frames.
#[derive(Debug, Clone)]
pub struct GestureDetector {
    watches: Vec<Watch>,
    neutrals: Vec<Neutral>,
    eyes: Eyes,
    seen: Vec<Gesture>,
    last_ms: Option<f64>,
}

impl Default for GestureDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl GestureDetector {
    /// A detector that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        let watch = |rule| Watch {
            rule,
            rest_ms: 0.0,
            under_way: None,
        };
        let neutral = |signal| Neutral {
            signal,
            first: Vec::new(),
            value: 0.0,
        };
        let signals = [Signal::Yaw, Signal::Pitch, Signal::Eyes, Signal::Mouth];
        Self {
            watches: RULES.into_iter().map(watch).collect(),
            neutrals: signals.into_iter().map(neutral).collect(),
            eyes: Eyes::default(),
            seen: Vec::new(),
            last_ms: None,
        }
    }

    /// Takes the next frame's subject. `t_ms` grows from frame to frame; a frame that is not later
    /// than the one before is left out.
    pub fn push(&mut self, t_ms: f64, subject: &Subject) {
        let pose = subject.pose;
        self.push_values(
            t_ms,
            [
                pose.yaw_deg,
                pose.pitch_deg,
                subject.eye_openness,
                subject.mouth_openness,
            ],
        );
    }

    /// The gestures that have come back so far, in the order of their ends.
    #[must_use]
    pub fn seen(&self) -> &[Gesture] {
        &self.seen
    }

    /// Ends the clip. A movement still under way is no gesture.
    #[must_use]
    pub fn finish(self) -> Vec<Gesture> {
        self.seen
    }

    fn push_values(&mut self, t_ms: f64, values: [f32; 4]) {
        let elapsed = self.last_ms.map(|last| t_ms - last);
        if elapsed.is_some_and(|elapsed| elapsed <= 0.0) || values.iter().any(|v| !v.is_finite()) {
            return;
        }
        self.last_ms = Some(t_ms);
        if elapsed.is_none_or(|elapsed| elapsed > GAP_MS) {
            for watch in &mut self.watches {
                watch.under_way = None;
                watch.rest_ms = t_ms;
            }
        }
        let smooth_eyes = self
            .eyes
            .smoothed(t_ms, values[2], elapsed.unwrap_or(f64::MAX));
        for (neutral, value) in self.neutrals.iter_mut().zip(values) {
            let signal = neutral.signal;
            let (t_ms, value) = if signal == Signal::Eyes {
                smooth_eyes
            } else {
                (t_ms, value)
            };
            let of_signal = self
                .watches
                .iter_mut()
                .filter(|watch| watch.rule.signal == signal);
            let watches: Vec<&mut Watch> = of_signal.collect();
            let rest = watches
                .iter()
                .map(|watch| watch.rest(t_ms))
                .max()
                .unwrap_or(Rest::Still);
            neutral.follow(value, elapsed.unwrap_or(0.0), rest);
            let deviation = neutral.deviation(value);
            for watch in watches {
                if let Some(gesture) = watch.step(t_ms, deviation * watch.rule.sign)
                    && self.seen.len() < MOST
                {
                    self.seen.push(gesture);
                }
            }
        }
    }
}

impl Watch {
    fn rest(&self, t_ms: f64) -> Rest {
        match self.under_way {
            None => Rest::Still,
            Some(movement) if t_ms - movement.start_ms > self.rule.longest_ms => Rest::Held,
            Some(_) => Rest::Moving,
        }
    }

    /// Takes the next deviation in the gesture's direction; gives the gesture when it has come back.
    fn step(&mut self, t_ms: f64, deviation: f32) -> Option<Gesture> {
        let Rule {
            kind,
            enter,
            settle,
            longest_ms,
            ..
        } = self.rule;
        match &mut self.under_way {
            None => {
                if deviation >= enter {
                    self.under_way = Some(UnderWay {
                        start_ms: self.rest_ms,
                        peak_ms: t_ms,
                        peak: deviation,
                    });
                } else if deviation <= settle {
                    self.rest_ms = t_ms;
                }
                None
            }
            Some(movement) => {
                if deviation > movement.peak {
                    (movement.peak, movement.peak_ms) = (deviation, t_ms);
                }
                if deviation > settle.max(RETURNED * movement.peak) {
                    return None;
                }
                let UnderWay {
                    start_ms, peak_ms, ..
                } = *movement;
                self.under_way = None;
                self.rest_ms = t_ms;
                let gesture = Gesture {
                    kind,
                    start_ms,
                    peak_ms,
                    end_ms: t_ms,
                };
                (t_ms - start_ms <= longest_ms).then_some(gesture)
            }
        }
    }
}

#[cfg(test)]
mod tests;
