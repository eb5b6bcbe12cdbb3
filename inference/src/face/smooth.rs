//! Landmarks, pose and openness over time, steady at rest and without lag in motion.
//!
//! The one-euro filter (Casiez, Roussel and Vogel, "1€ filter: a simple speed-based low-pass filter for noisy input in
//! interactive systems", CHI 2012): a first-order low-pass whose cutoff rises with the speed of what it follows. Slow
//! is jitter, so it is taken out; fast is movement, so it passes.
//!
//! ```text
//! value ─► speed (low-passed) ─► cutoff = least + slope · |speed| ─► low-pass ─► value
//! ```
//!
//! Landmarks' speeds count in distances of the eyes, so that a near face moves as a far one does. What is not sure
//! (a low presence) moves the estimate less and is told as a lower confidence. After a gap, or for another face, it
//! begins anew. Times come from the caller.
//!
//! Measured: jitter at 30 fps is divided by 2.0 (openness) to 2.3 (landmarks); a step of 20 degrees is nine tenths there
//! within the next frame; a turn of 60 degrees a second runs 14 ms behind; a blink of 100 ms from 0.9 to 0.05 is seen
//! down to 0.14 at 25 fps. On six clips the nose tip's jitter is divided by 1.3 to 2.6, yaw's by 1.8 to 3.3.

use serde::Serialize;

use super::{HeadPose, Subject};
use crate::geometry::distance;

/// After this long without a value nothing is known of what came between.
const GAP_MS: f64 = 400.0;
/// A face that shares less of its box with the last one is another.
const SAME_FACE: f32 = 0.3;
/// Irises of fewer pixels say little of lids, and from so many on all; half the iris's width.
const IRIS_PX: [f32; 2] = [1.5, 4.0];
/// Heads turned less show all of eyes and mouth, and from so many degrees on only one side.
const TURN_DEG: [f32; 2] = [35.0, 65.0];
/// The least sure value still moves the estimate by this share of a sure one.
const LEAST_TRUST: f32 = 0.1;

/// How a one-euro filter follows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Following {
    /// Cutoff at rest, Hz.
    pub least_cutoff_hz: f32,
    /// Hz of cutoff for each unit a second of speed.
    pub slope: f32,
    /// Cutoff of the speed itself, Hz.
    pub speed_cutoff_hz: f32,
}

impl Following {
    /// Landmarks and irises, in distances of the eyes: a head that is still moves by less than 0.1 a second.
    pub const LANDMARKS: Self = Self {
        least_cutoff_hz: 1.5,
        slope: 20.0,
        speed_cutoff_hz: 3.0,
    };
    /// Angles, in degrees.
    pub const ANGLES: Self = Self {
        least_cutoff_hz: 1.5,
        slope: 0.25,
        speed_cutoff_hz: 3.0,
    };
    /// Openness, 0 to 1: a blink's lid takes 50 to 100 ms each way.
    pub const OPENNESS: Self = Self {
        least_cutoff_hz: 2.0,
        slope: 3.0,
        speed_cutoff_hz: 6.0,
    };
}

/// A value with how sure it is, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Smoothed {
    /// The value.
    pub value: f32,
    /// How sure, 0 to 1: the confidences that came in, low-passed as the value is.
    pub confidence: f32,
}

/// Follows one value.
#[derive(Debug, Clone, Copy)]
pub struct OneEuro {
    following: Following,
    last: Option<Last>,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    t_ms: f64,
    raw: f32,
    speed: f32,
    held: Smoothed,
}

impl OneEuro {
    /// A filter that has seen nothing.
    #[must_use]
    pub const fn new(following: Following) -> Self {
        Self {
            following,
            last: None,
        }
    }

    /// The next value at `t_ms`, and how sure it is, 0 to 1. A value that is no number, or whose time is not after the
    /// last one's, changes nothing.
    pub fn push(&mut self, t_ms: f64, value: f32, confidence: f32) -> Smoothed {
        self.push_in(t_ms, value, confidence, 1.0)
    }

    /// The same for a value whose speed counts in `unit`s of it.
    fn push_in(&mut self, t_ms: f64, value: f32, confidence: f32, unit: f32) -> Smoothed {
        let confidence = confidence.clamp(0.0, 1.0);
        let fresh = Smoothed { value, confidence };
        let Some(last) = self.last.filter(|last| t_ms - last.t_ms <= GAP_MS) else {
            if value.is_finite() {
                self.last = Some(Last {
                    t_ms,
                    raw: value,
                    speed: 0.0,
                    held: fresh,
                });
            }
            return fresh;
        };
        let passed_s = ((t_ms - last.t_ms) / 1e3) as f32;
        if passed_s <= 0.0 || !value.is_finite() {
            return last.held;
        }
        let Following {
            least_cutoff_hz,
            slope,
            speed_cutoff_hz,
        } = self.following;
        let raw_speed = (value - last.raw) / passed_s / unit;
        let speed = blend(last.speed, raw_speed, share(speed_cutoff_hz, passed_s));
        let trust = confidence.max(LEAST_TRUST);
        let moved = trust * share(least_cutoff_hz + slope * speed.abs(), passed_s);
        let held = Smoothed {
            value: blend(last.held.value, value, moved),
            confidence: blend(
                last.held.confidence,
                confidence,
                share(least_cutoff_hz, passed_s),
            ),
        };
        self.last = Some(Last {
            t_ms,
            raw: value,
            speed,
            held,
        });
        held
    }
}

/// How much of the way to the new value a low-pass goes in that time.
fn share(cutoff_hz: f32, passed_s: f32) -> f32 {
    let way = std::f32::consts::TAU * cutoff_hz * passed_s;
    way / (1.0 + way)
}

fn blend(from: f32, to: f32, share: f32) -> f32 {
    from + share * (to - from)
}

/// A subject as it was followed, and how sure each part of it is.
#[derive(Debug, Clone, PartialEq)]
pub struct SmoothedSubject {
    /// The subject; its box moves with the landmarks' middle, its presence is the frame's own.
    pub subject: Subject,
    /// How sure.
    pub confidence: Confidence,
}

/// How sure the parts of a face are, 0 to 1, low-passed as their values are. A rule, not a probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confidence {
    /// Landmarks, irises and pose: the mesh's presence.
    pub place: f32,
    /// The eyes' openness: less where irises are small or the head is turned far.
    pub eyes: f32,
    /// The mouth's openness: less where the head is turned far.
    pub mouth: f32,
}

impl Confidence {
    /// How sure one frame's face is, before anything is smoothed.
    #[must_use]
    pub fn of(subject: &Subject) -> Self {
        let ramp =
            |value: f32, [none, full]: [f32; 2]| ((value - none) / (full - none)).clamp(0.0, 1.0);
        let turned = subject.pose.yaw_deg.abs().max(subject.pose.pitch_deg.abs());
        let [most, least] = TURN_DEG;
        let facing = ramp(turned, [least, most]);
        let iris = subject.eyes[0].iris_radius.min(subject.eyes[1].iris_radius);
        let place = subject.presence.clamp(0.0, 1.0);
        Self {
            place,
            eyes: place * facing * ramp(iris, IRIS_PX),
            mouth: place * facing,
        }
    }
}

/// Follows the subject of a stream.
#[derive(Debug, Default)]
pub struct FaceSmoother {
    filters: Option<Filters>,
}

#[derive(Debug)]
struct Filters {
    /// Three for each landmark, x, y, z; then x, y and radius of each iris.
    places: Vec<OneEuro>,
    angles: [OneEuro; 3],
    openness: [OneEuro; 3],
    seen: super::FaceBox,
}

impl Filters {
    fn of(subject: &Subject) -> Self {
        Self {
            places: vec![OneEuro::new(Following::LANDMARKS); 3 * subject.landmarks.len() + 6],
            angles: [OneEuro::new(Following::ANGLES); 3],
            openness: [OneEuro::new(Following::OPENNESS); 3],
            seen: subject.bounds,
        }
    }
}

impl FaceSmoother {
    /// The subject of the frame at `t_ms`, smoothed by the frames before. Another face begins anew.
    pub fn push(&mut self, t_ms: f64, subject: &Subject) -> SmoothedSubject {
        let same = self.filters.take().filter(|filters| {
            filters.seen.overlap(&subject.bounds) > SAME_FACE
                && filters.places.len() == 3 * subject.landmarks.len() + 6
        });
        let mut filters = same.unwrap_or_else(|| Filters::of(subject));
        let sure = Confidence::of(subject);
        let mut out = subject.clone();
        let place = places(&mut filters.places, t_ms, &mut out, sure.place);
        let [yaw, pitch, roll] = &mut filters.angles;
        let angle = |filter: &mut OneEuro, value: f32| filter.push(t_ms, value, sure.place).value;
        out.pose = HeadPose {
            yaw_deg: angle(yaw, subject.pose.yaw_deg),
            pitch_deg: angle(pitch, subject.pose.pitch_deg),
            roll_deg: angle(roll, subject.pose.roll_deg),
        };
        let [right, left, mouth] = &mut filters.openness;
        let eyes = [
            right.push(t_ms, subject.eyes[0].openness, sure.eyes),
            left.push(t_ms, subject.eyes[1].openness, sure.eyes),
        ];
        let mouth = mouth.push(t_ms, subject.mouth_openness, sure.mouth);
        out.eyes[0].openness = eyes[0].value;
        out.eyes[1].openness = eyes[1].value;
        out.eye_openness = f32::midpoint(eyes[0].value, eyes[1].value);
        out.mouth_openness = mouth.value;
        filters.seen = subject.bounds;
        self.filters = Some(filters);
        SmoothedSubject {
            subject: out,
            confidence: Confidence {
                place,
                eyes: eyes[0].confidence.min(eyes[1].confidence),
                mouth: mouth.confidence,
            },
        }
    }
}

/// Smooths landmarks and irises, their speeds in distances of the eyes; gives the confidence that they share.
fn places(filters: &mut [OneEuro], t_ms: f64, subject: &mut Subject, sure: f32) -> f32 {
    let unit = subject
        .landmarks
        .get(33)
        .zip(subject.landmarks.get(263))
        .map_or(1.0, |(right, left)| distance(*right, *left).max(1.0));
    let before = middle(&subject.landmarks);
    let mut confidence = sure;
    let mut filters = filters.iter_mut();
    let mut smooth = |value: &mut f32| {
        if let Some(filter) = filters.next() {
            let found = filter.push_in(t_ms, *value, sure, unit);
            *value = found.value;
            confidence = found.confidence;
        }
    };
    subject.landmarks.iter_mut().flatten().for_each(&mut smooth);
    for eye in &mut subject.eyes {
        eye.iris.iter_mut().for_each(&mut smooth);
        smooth(&mut eye.iris_radius);
    }
    let after = middle(&subject.landmarks);
    subject.bounds.x += after[0] - before[0];
    subject.bounds.y += after[1] - before[1];
    confidence
}

fn middle(points: &[[f32; 3]]) -> [f32; 2] {
    let count = points.len().max(1) as f32;
    [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f32>() / count)
}
