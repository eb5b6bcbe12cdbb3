//! How open eyes and mouth are, from the landmarks' distances.
//!
//! Eye: the eye aspect ratio of Soukupová and Čech, "Real-time eye blink detection using facial
//! landmarks" (2016): the mean of two lid distances over the distance of the corners. Mouth: the
//! distance of the inner lips over the distance of the mouth's corners. Distances are taken in
//! three dimensions, so that a turned head's eyes and mouth don't look wider open than they are.

use crate::geometry::distance;

/// Corner, two upper-lid points, corner, two lower-lid points (below the upper ones).
const EYES: [[usize; 6]; 2] = [
    [33, 160, 158, 133, 153, 144],
    [362, 385, 387, 263, 373, 380],
];
/// Upper inner lip, lower inner lip, corners.
const MOUTH: [usize; 4] = [13, 14, 78, 308];

/// Aspect ratio of a closed eye's mesh, and of one wide open.
const EYE_RANGE: [f32; 2] = [0.10, 0.36];
/// The same for the mouth: closed lips and a yawn.
const MOUTH_RANGE: [f32; 2] = [0.02, 0.70];

/// Aspect ratios of the person's right eye and left eye.
pub(super) fn eye_ratios(points: &[[f32; 3]]) -> [f32; 2] {
    EYES.map(|[outer, up_one, up_two, inner, low_two, low_one]| {
        let lids =
            distance(points[up_one], points[low_one]) + distance(points[up_two], points[low_two]);
        lids / (2.0 * distance(points[outer], points[inner])).max(f32::EPSILON)
    })
}

/// 0 closed to 1 wide open.
pub(super) fn eye_openness(ratio: f32) -> f32 {
    within(ratio, EYE_RANGE)
}

/// Aspect ratio of the inner lips.
pub(super) fn mouth_ratio(points: &[[f32; 3]]) -> f32 {
    let [upper, lower, right, left] = MOUTH.map(|index| points[index]);
    distance(upper, lower) / distance(right, left).max(f32::EPSILON)
}

/// 0 closed to 1 wide open.
pub(super) fn mouth_openness(points: &[[f32; 3]]) -> f32 {
    within(mouth_ratio(points), MOUTH_RANGE)
}

fn within(value: f32, [closed, open]: [f32; 2]) -> f32 {
    ((value - closed) / (open - closed)).clamp(0.0, 1.0)
}
