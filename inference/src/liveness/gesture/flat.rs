//! Whether a head moved or a flat picture of one: a picture that is tilted is foreshortened by more than the pose that the
//! mesh reads from it.
//!
//! The mesh network gives every face depth, one on paper too, so its points alone do not tell. But it has learnt heads: a
//! picture tilted by 25 degrees reads as a turn of 1 to 7, one tilted by 45 as 3 to 18, while its width shrinks as any
//! plane's does (to 0.91 and 0.71 of it). A head that turns by as much as is read hardly narrows.
//!
//! Measured on eight pictures tilted to 25 and 45 degrees about both axes, and on the turns and nods of six clips of
//! people: width over height at the peak, as a share of that at rest, is 0.76 to 0.85 for pictures that read as a turn,
//! 0.89 to 1.03 for people who turn by 9 to 31 degrees; 1.10 to 1.30 for pictures tilted about the other axis (none of
//! which reads as a nod), 1.02 to 1.09 for people who nod by 7 to 13.

use crate::face::Subject;

/// A head turns a little further than the pose that is read.
const FURTHER: f32 = 1.2;
/// Room for the mesh's own unrest and for a nod within a turn.
const TURN_ROOM: f32 = 0.08;
const NOD_ROOM: f32 = 0.12;

/// How much further a mouth has to open for each share by which the face has narrowed. The mesh reads the mouth of a picture that is tilted
/// by 45 degrees as opened by 0.20 to 0.25, at 0.86 of the proportion at rest.
const NARROWED: f32 = 0.6;

/// Width of the head over the height from the hairline to the mouth's corners, in the picture. Neither moves with lips,
/// lids or jaw.
pub(super) fn proportion(subject: &Subject) -> f32 {
    let at = |index: usize| [subject.landmarks[index][0], subject.landmarks[index][1]];
    let apart = |one: [f32; 2], two: [f32; 2]| (one[0] - two[0]).hypot(one[1] - two[1]);
    let (right, left) = (at(61), at(291));
    let mouth = [
        f32::midpoint(right[0], left[0]),
        f32::midpoint(right[1], left[1]),
    ];
    apart(at(127), at(356)) / apart(at(10), mouth).max(f32::EPSILON)
}

/// Whether a turn of so many degrees has narrowed the face as only a plane is narrowed; `squeeze` is the proportion at the
/// peak as a share of that at rest.
pub(super) fn turn_is_flat(degrees: f32, squeeze: f32) -> bool {
    squeeze < (FURTHER * degrees).to_radians().cos() - TURN_ROOM
}

/// The same for a nod, which makes a plane lower.
pub(super) fn nod_is_flat(degrees: f32, squeeze: f32) -> bool {
    squeeze > 1.0 / (FURTHER * degrees).to_radians().cos().max(0.1) + NOD_ROOM
}

/// Whether a mouth seems to open because the face has narrowed: one that opened by no more than `least` and that.
pub(super) fn opening_is_flat(opened: f32, least: f32, squeeze: f32) -> bool {
    opened < least + NARROWED * (1.0 - squeeze).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_keeps_its_width_and_a_tilted_picture_does_not() {
        assert!(!turn_is_flat(31.0, 0.93));
        assert!(!turn_is_flat(17.8, 0.898));
        assert!(turn_is_flat(17.9, 0.805));
        assert!(turn_is_flat(12.6, 0.847));
    }

    #[test]
    fn a_mouth_of_a_narrowed_face_has_to_open_further() {
        assert!(opening_is_flat(0.25, 0.2, 0.86));
        assert!(!opening_is_flat(0.25, 0.2, 0.97));
        assert!(!opening_is_flat(0.2, 0.2, 1.03));
    }

    #[test]
    fn a_nod_keeps_its_height_and_a_tilted_picture_does_not() {
        assert!(!nod_is_flat(9.6, 1.072));
        assert!(!nod_is_flat(12.7, 1.066));
        assert!(nod_is_flat(9.0, 1.2));
    }
}
