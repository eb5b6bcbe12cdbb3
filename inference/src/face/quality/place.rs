//! Where the face stands in the picture, how it is turned, and what eyes and mouth do: from landmarks alone.

use super::super::{FaceObservation, Subject};
use super::measure::Measure;
use super::view::{CHIN, EYE_CORNERS};
use crate::geometry::{distance, midpoint};
use crate::picture::Picture;

/// Pairs of the inner lips, above and below.
const LIPS: [[usize; 2]; 3] = [[82, 87], [13, 14], [312, 317]];
/// The distance of the lids over the eye's width, wide open, in the mesh.
const OPEN_EYE: f32 = 0.36;

/// Native values.
pub(super) fn measure(
    picture: &Picture,
    subject: &Subject,
    seen: &FaceObservation,
) -> Vec<(Measure, f32)> {
    let flat = |index: usize| [subject.landmarks[index][0], subject.landmarks[index][1]];
    let eyes = EYE_CORNERS.map(|[one, two]| midpoint(flat(one), flat(two)));
    let apart = distance(eyes[0], eyes[1]).max(f32::EPSILON);
    let middle = midpoint(eyes[0], eyes[1]);
    // OFIQ's "T": from between the eyes to the chin.
    let down = distance(middle, flat(CHIN)).max(f32::EPSILON);
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let lips = LIPS
        .iter()
        .map(|&[up, low]| distance(flat(up), flat(low)))
        .fold(0.0, f32::max);
    let pose = subject.pose;
    // Beyond 85 degrees the cosine says nothing.
    let facing = pose.yaw_deg.abs().min(85.0).to_radians().cos();
    vec![
        (Measure::SingleFacePresent, rival(seen)),
        (Measure::InterEyeDistance, apart / facing),
        (Measure::HeadSize, down / height),
        // From the eye nearer to that edge. OFIQ's code, whose left is the screen's, takes the other one, and so
        // gives 1.0 more.
        (Measure::LeftwardCropOfTheFaceImage, eyes[0][0] / apart),
        (
            Measure::RightwardCropOfTheFaceImage,
            (width - eyes[1][0]) / apart,
        ),
        (Measure::MarginAboveOfTheFaceImage, middle[1] / down),
        (
            Measure::MarginBelowOfTheFaceImage,
            (height - middle[1]) / down,
        ),
        (Measure::HeadPoseYaw, pose.yaw_deg),
        (Measure::HeadPosePitch, pose.pitch_deg),
        (Measure::HeadPoseRoll, pose.roll_deg),
        (Measure::EyesOpen, lids(subject) / down),
        (Measure::MouthClosed, lips / down),
    ]
}

/// The second largest face beside the largest: the root of their areas' ratio, 0 where there is one alone.
fn rival(seen: &FaceObservation) -> f32 {
    let mut areas: Vec<f32> = seen
        .faces
        .iter()
        .map(|face| face.width * face.height)
        .collect();
    areas.sort_by(|a, b| b.total_cmp(a));
    match areas[..] {
        [first, second, ..] => (second / first.max(f32::EPSILON)).sqrt(),
        [_] => 0.0,
        [] => 1.0,
    }
}

/// How far the lids of the less open eye are apart, px. Own: the mesh's lids stay half open in many a blink, so the
/// openness that the iris network has a part in is taken back to a distance.
fn lids(subject: &Subject) -> f32 {
    let apart = |k: usize| {
        let [one, two] = EYE_CORNERS[k].map(|index| subject.landmarks[index]);
        OPEN_EYE * subject.eyes[k].openness * distance(one, two)
    };
    apart(0).min(apart(1))
}
