//! What a person before the camera is told to do: the gravest thing that stands in the way of a good picture, in one frame.
//!
//! ```text
//! nobody, several ► too far, too near, cut off ► too dark, too bright ► covered, reflections ► blurred ► turned away
//! ```
//!
//! Each is a limit on what [`FaceQuality`] measures. Where the standard's own curve has a half-way point it is taken;
//! the rest are chosen, and none was fitted to films. What was not assessed is no fault.

use super::quality::Measure;
use super::{FaceObservation, FaceQuality, Subject};

/// A face from forehead to chin that takes more of the frame's height or width is too near: its edges are soon lost.
const MOST_OF_FRAME: f32 = 0.75;
/// More of the face's box beyond the frame's edge cuts it off.
const MOST_BEYOND: f32 = 0.08;
/// Below this component the face is too dark: nine tenths of it are nearly black.
const DARK: u8 = 51;
/// Below this one it is too bright: more than 9 % of it is clipped.
const BRIGHT: u8 = 11;
/// Below this one nothing of its detail is left: it moves fast, or the lens is out of focus.
const BLURRED: u8 = 3;
/// More than this share of the face off the skin's colour is covered. Beards, shadows and hair over brows stay below.
const MOST_COVERED: f32 = 0.35;
/// A lens of which a reflection washes more away than this hides the eye.
const MOST_GLARE: f32 = 0.08;

/// What to do about a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guidance {
    /// Step before the camera.
    NoFace,
    /// Be alone before it.
    SeveralFaces,
    /// Come closer.
    TooFar,
    /// Move back.
    TooNear,
    /// Move to the middle.
    CutOff,
    /// More light.
    TooDark,
    /// Less light.
    TooBright,
    /// Take off what covers the face.
    Covered,
    /// Take off the glasses, or turn them out of the light.
    Glare,
    /// Hold still, or clean the lens.
    Blurred,
    /// Look at the camera.
    Turned,
}

/// What a face has to be like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// Least height of its box, px.
    pub min_height_px: f32,
    /// Largest yaw and pitch, degrees; `None` where the person is asked to move.
    pub max_turn_deg: Option<f32>,
    /// Below which qualities a frame does not count: what is lower is told, whatever the limits here.
    pub least: Least,
}

/// Least quality components, 0 to 100.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Least {
    /// Of [`Measure::Sharpness`].
    pub sharpness: u8,
    /// Of [`Measure::UnderExposurePrevention`].
    pub under_exposure: u8,
    /// Of [`Measure::OverExposurePrevention`].
    pub over_exposure: u8,
    /// Of [`Measure::FaceOcclusionPrevention`].
    pub face_occlusion: u8,
}

impl Guidance {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoFace => "NO_FACE",
            Self::SeveralFaces => "SEVERAL_FACES",
            Self::TooFar => "FACE_TOO_FAR",
            Self::TooNear => "FACE_TOO_NEAR",
            Self::CutOff => "FACE_CUT_OFF",
            Self::TooDark => "TOO_DARK",
            Self::TooBright => "TOO_BRIGHT",
            Self::Covered => "FACE_COVERED",
            Self::Glare => "GLASSES_GLARE",
            Self::Blurred => "TOO_BLURRED",
            Self::Turned => "FACE_TURNED",
        }
    }

    /// What stands in the way in a frame of `size` px; `None` where nothing does. `quality` where it was assessed.
    #[must_use]
    pub fn of(
        size: [u32; 2],
        seen: &FaceObservation,
        quality: Option<&FaceQuality>,
        wanted: Wanted,
    ) -> Option<Self> {
        let Some(subject) = &seen.subject else {
            return Some(Self::NoFace);
        };
        if seen.near_faces() > 1 {
            return Some(Self::SeveralFaces);
        }
        Self::of_place(size.map(|side| side as f32), subject, wanted)
            .or_else(|| quality.and_then(|quality| Self::of_quality(quality, wanted.least)))
            .or_else(|| {
                let turned = subject.pose.yaw_deg.abs().max(subject.pose.pitch_deg.abs());
                let most = wanted.max_turn_deg?;
                (turned > most).then_some(Self::Turned)
            })
    }

    fn of_place([width, height]: [f32; 2], subject: &Subject, wanted: Wanted) -> Option<Self> {
        let face = &subject.bounds;
        if face.height < wanted.min_height_px {
            return Some(Self::TooFar);
        }
        if face.height > MOST_OF_FRAME * height || face.width > MOST_OF_FRAME * width {
            return Some(Self::TooNear);
        }
        let beyond = |low: f32, length: f32, end: f32| {
            ((-low).max(low + length - end).max(0.0)) / length.max(f32::EPSILON)
        };
        let off = beyond(face.x, face.width, width).max(beyond(face.y, face.height, height));
        (off > MOST_BEYOND).then_some(Self::CutOff)
    }

    fn of_quality(quality: &FaceQuality, least: Least) -> Option<Self> {
        let below = |measure, limit| {
            quality
                .get(measure)
                .is_some_and(|value| value.component < limit)
        };
        let hidden = below(Measure::FaceOcclusionPrevention, least.face_occlusion);
        let covered = hidden
            || quality.occlusion().is_some_and(|over| {
                let hidden =
                    |part: &super::Reading<f32>| part.value().is_some_and(|share| share > 0.5);
                over.eyes.iter().all(hidden)
                    || hidden(&over.mouth)
                    || over.face.value().is_some_and(|share| share > MOST_COVERED)
            });
        let glare = quality.glare().is_some_and(|lenses| {
            let washed = lenses.iter().filter_map(super::Reading::value);
            washed.fold(0.0, f32::max) > MOST_GLARE
        });
        [
            (
                below(
                    Measure::UnderExposurePrevention,
                    least.under_exposure.max(DARK),
                ),
                Self::TooDark,
            ),
            (
                below(
                    Measure::OverExposurePrevention,
                    least.over_exposure.max(BRIGHT),
                ),
                Self::TooBright,
            ),
            (covered, Self::Covered),
            (glare, Self::Glare),
            (
                below(Measure::Sharpness, least.sharpness.max(BLURRED)),
                Self::Blurred,
            ),
        ]
        .into_iter()
        .find_map(|(stands, what)| stands.then_some(what))
    }
}
