//! One number for how well a picture serves, of the project's own making.
//!
//! It is no `UnifiedQualityScore`: OFIQ takes that from a network that was trained on recognition. This is the
//! weighted geometric mean of components that say whether a face can be recognised and judged, so that one bad
//! component pulls the whole down. Weights were chosen, not fitted to recognition errors.

use super::FaceQuality;
use super::measure::Measure;

/// Measures that count, and how much. The standard's component of an angle falls slowly (88 at 20 degrees): a high
/// weight makes it tell frames apart.
const WEIGHTS: [(Measure, f32); 15] = [
    (Measure::HeadPoseYaw, 4.0),
    (Measure::HeadPosePitch, 3.0),
    (Measure::HeadPoseRoll, 1.0),
    (Measure::Sharpness, 1.0),
    (Measure::EyesOpen, 1.0),
    (Measure::MouthClosed, 0.5),
    (Measure::EyesVisible, 0.5),
    (Measure::MouthOcclusionPrevention, 0.5),
    (Measure::FaceOcclusionPrevention, 0.5),
    (Measure::InterEyeDistance, 0.5),
    (Measure::UnderExposurePrevention, 0.5),
    (Measure::OverExposurePrevention, 0.5),
    (Measure::LuminanceMean, 0.25),
    (Measure::IlluminationUniformity, 0.25),
    (Measure::SingleFacePresent, 1.0),
];
/// A component below this counts as this: one measure alone can't make all the others vain.
const FLOOR: f32 = 1.0;

/// 0 to 100. A measure that was not assessed neither helps nor harms; `None` where none was.
pub(super) fn score(quality: &FaceQuality) -> Option<f32> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (measure, weight) in WEIGHTS {
        if let Some(value) = quality.get(measure) {
            sum += weight * f32::from(value.component).max(FLOOR).ln();
            weights += weight;
        }
    }
    (weights > 0.0).then(|| (sum / weights).exp())
}
