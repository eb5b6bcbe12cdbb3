//! Where the eyes look: the irises between the corners of the eyes, and the head they turn with.
//!
//! ```text
//!  corner ●────────◐─────● corner     x = (iris - middle) / half width, along the corners' line; y across it
//! ```
//!
//! An eyeball of which the iris lies 10 mm before the centre, in an opening of 26 mm (the corners of MediaPipe's
//! canonical face): an offset of `x` half widths is a turn of `asin(x · 13/10)`. The head's own turn is added. People's
//! eyes differ from these by a good tenth, lids hide the iris's height, and nothing is calibrated to a person: what is
//! read is whether somebody looks aside, not at what. Confidence falls with small irises, drooping lids, a turned head
//! and eyes that say different things; it is a rule, not a probability.

use serde::Serialize;

use super::assessment::{Reading, WhyNot};
use super::{Eye, Subject};
use crate::geometry::{distance, midpoint};

/// Corners of the eye, left then right on screen: the person's right eye, then the left.
const CORNERS: [[usize; 2]; 2] = [[33, 133], [362, 263]];
/// Half the eye's width over the distance from the eyeball's centre to the iris.
const HALF_WIDTH: f32 = 1.3;
/// Where the iris of an eye that looks straight ahead lies above the corners' line, in half widths: the median of six
/// clips of people who mostly look into the camera.
const STRAIGHT_Y: f32 = -0.07;
/// Irises smaller than this, px, lie anywhere.
const LEAST_RADIUS: f32 = 2.5;
/// Lids less open than this hide the iris.
const LEAST_OPENNESS: f32 = 0.2;
/// Heads turned further show one eye from the side.
const MOST_TURN_DEG: f32 = 30.0;
/// Eyes further apart than this in their offsets say nothing together.
const MOST_APART: f32 = 0.6;

/// A direction in degrees, 0 straight into the camera. Yaw is positive to the person's own left, pitch upwards.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gaze {
    /// The eyes in the head, sideways.
    pub eyes_yaw_deg: f32,
    /// The eyes in the head, up or down: the less sure of the two.
    pub eyes_pitch_deg: f32,
    /// Eyes and head together, sideways.
    pub yaw_deg: f32,
    /// Eyes and head together, up or down.
    pub pitch_deg: f32,
}

impl Gaze {
    /// Reads the gaze of a face.
    #[must_use]
    pub fn of(subject: &Subject) -> Reading<Self> {
        let least = |value: fn(&Eye) -> f32| value(&subject.eyes[0]).min(value(&subject.eyes[1]));
        let (radius, open) = (least(|eye| eye.iris_radius), least(|eye| eye.openness));
        let turned = subject.pose.yaw_deg.abs().max(subject.pose.pitch_deg.abs());
        if radius < LEAST_RADIUS {
            return Reading::NotAssessed(WhyNot::TooSmall);
        }
        if turned > MOST_TURN_DEG {
            return Reading::NotAssessed(WhyNot::Turned);
        }
        if open < LEAST_OPENNESS {
            return Reading::NotAssessed(WhyNot::EyesShut);
        }
        let [right, left] = [0, 1].map(|which| offset(subject, which));
        let apart = (right[0] - left[0]).abs();
        if apart > MOST_APART {
            return Reading::NotAssessed(WhyNot::EyesDisagree);
        }
        let [x, y] = midpoint(right, left);
        let turn = |offset: f32| (offset * HALF_WIDTH).clamp(-1.0, 1.0).asin().to_degrees();
        let (eyes_yaw_deg, eyes_pitch_deg) = (turn(x), turn(STRAIGHT_Y - y));
        let ramp =
            |value: f32, none: f32, full: f32| ((value - none) / (full - none)).clamp(0.0, 1.0);
        let confidence = [
            ramp(radius, LEAST_RADIUS - 1.0, 6.0),
            ramp(open, 0.0, 0.6),
            ramp(turned, 1.5 * MOST_TURN_DEG, 10.0),
            ramp(apart, 1.5 * MOST_APART, 0.15),
        ]
        .into_iter()
        .fold(1.0, f32::min);
        Reading::Measured {
            value: Self {
                eyes_yaw_deg,
                eyes_pitch_deg,
                yaw_deg: subject.pose.yaw_deg + eyes_yaw_deg,
                pitch_deg: subject.pose.pitch_deg + eyes_pitch_deg,
            },
            confidence,
        }
    }
}

/// The iris between the corners of its eye, in half widths: along the corners' line and across it.
fn offset(subject: &Subject, which: usize) -> [f32; 2] {
    let [from, to] = CORNERS[which].map(|index| {
        let [x, y, _] = subject.landmarks[index];
        [x, y]
    });
    let half = (distance(from, to) / 2.0).max(f32::EPSILON);
    let along = [0, 1].map(|axis| (to[axis] - from[axis]) / (2.0 * half));
    let middle = midpoint(from, to);
    let off = [0, 1].map(|axis| (subject.eyes[which].iris[axis] - middle[axis]) / half);
    [
        off[0] * along[0] + off[1] * along[1],
        off[1] * along[0] - off[0] * along[1],
    ]
}

#[cfg(test)]
mod tests {
    //! Drawn eyes whose irises lie where they are put.

    use super::super::{FaceBox, HeadPose};
    use super::*;

    /// A face that looks `x` and `y` half widths aside, its head turned by `yaw_deg` and tilted by `roll_deg`.
    fn looking(x: f32, y: f32, yaw_deg: f32, roll_deg: f32) -> Subject {
        let (sin, cos) = roll_deg.to_radians().sin_cos();
        let place = |across: f32, down: f32| {
            [
                500.0 + across * cos - down * sin,
                400.0 + across * sin + down * cos,
            ]
        };
        let mut landmarks = vec![[0.0; 3]; 468];
        let mut eyes = [Eye {
            openness: 0.8,
            iris: [0.0; 2],
            iris_radius: 10.0,
        }; 2];
        for (which, middle) in [-60.0, 60.0].into_iter().enumerate() {
            for (corner, side) in CORNERS[which].into_iter().zip([-25.0, 25.0]) {
                let [px, py] = place(middle + side, 0.0);
                landmarks[corner] = [px, py, 0.0];
            }
            eyes[which].iris = place(middle + 25.0 * x, 25.0 * (y + STRAIGHT_Y));
        }
        Subject {
            bounds: FaceBox {
                x: 350.0,
                y: 250.0,
                width: 300.0,
                height: 400.0,
                score: 1.0,
            },
            landmarks,
            presence: 1.0,
            pose: HeadPose {
                yaw_deg,
                pitch_deg: 0.0,
                roll_deg,
            },
            eye_openness: 0.8,
            mouth_openness: 0.0,
            mouth_width: 0.55,
            eyes,
        }
    }

    #[test]
    fn irises_in_the_middle_look_where_the_head_does_whatever_its_tilt() {
        for roll in [-30.0, 0.0, 45.0] {
            let gaze = Gaze::of(&looking(0.0, 0.0, 12.0, roll)).value().unwrap();
            assert!((gaze.yaw_deg - 12.0).abs() < 0.1, "{gaze:?}");
            assert!(gaze.eyes_pitch_deg.abs() < 0.1, "{gaze:?}");
        }
    }

    #[test]
    fn irises_to_the_pictures_right_look_to_the_persons_left_and_high_ones_look_up() {
        let left = Gaze::of(&looking(0.3, 0.0, 0.0, 10.0)).value().unwrap();
        assert!((20.0..26.0).contains(&left.yaw_deg), "{left:?}");
        let up = Gaze::of(&looking(0.0, -0.2, 0.0, 10.0)).value().unwrap();
        assert!((12.0..18.0).contains(&up.pitch_deg), "{up:?}");
    }

    #[test]
    fn what_cannot_be_told_is_not_told() {
        let mut shut = looking(0.0, 0.0, 0.0, 0.0);
        shut.eyes[0].openness = 0.05;
        assert_eq!(Gaze::of(&shut), Reading::NotAssessed(WhyNot::EyesShut));
        let turned = looking(0.0, 0.0, 40.0, 0.0);
        assert_eq!(Gaze::of(&turned), Reading::NotAssessed(WhyNot::Turned));
        let mut far = looking(0.0, 0.0, 0.0, 0.0);
        far.eyes[1].iris_radius = 1.0;
        assert_eq!(Gaze::of(&far), Reading::NotAssessed(WhyNot::TooSmall));
        let mut crossed = looking(0.0, 0.0, 0.0, 0.0);
        crossed.eyes[1].iris[0] += 20.0;
        assert_eq!(
            Gaze::of(&crossed),
            Reading::NotAssessed(WhyNot::EyesDisagree)
        );
    }
}
