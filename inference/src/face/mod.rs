//! Faces: where they are, how they are turned, how open eyes and mouth are, and whose they are.
//!
//! ```text
//! picture -> detector (BlazeFace, 256) -> boxes, six points each
//!                 | nearest face, upright crop by its eyes, side 1.5
//!                 v
//!            mesh (192) -> 468 points in 3D, presence -> pose, mouth
//!                 | a crop an eye
//!                 v
//!            iris (64)  -> lids and iris -> eyes' openness
//! ```
//!
//! No face and several faces are observations, not errors.

mod alignment;
mod assessment;
mod detector;
mod embedding;
mod enrol;
mod gaze;
mod glare;
mod guidance;
mod iris;
pub mod matching;
mod mesh;
mod occlusion;
mod openness;
mod pose;
pub mod quality;
mod reader;
pub mod search;
pub mod smooth;
mod template;
mod track;

pub use alignment::aligned_chip;
pub use assessment::{Reading, WhyNot};
pub use embedding::FaceEmbedder;
pub use enrol::{Enrolment, enrol};
pub use gaze::Gaze;
pub use glare::{Glare, glare};
pub use guidance::{Guidance, Least, Wanted};
pub use occlusion::Occlusion;
pub use pose::HeadPose;
pub use quality::{BestShot, FaceQuality};
pub use reader::FaceReader;
pub use template::{TEMPLATE_BYTES, TEMPLATE_VALUES, Template};
pub use track::Track;

use std::fmt;

use crate::stages::StageTimes;

/// A face's place in picture pixels. May reach outside the picture.
///
/// The box goes from the middle of the forehead to the chin and from cheek to cheek: the
/// proportions of YuNet's boxes, which the passive PAD networks' crops are measured from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceBox {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
    /// The detector's confidence, 0 to 1.
    pub score: f32,
}

impl FaceBox {
    /// Whether the box's middle lies in a picture of that width and height: a face that is followed over the edge leaves it.
    #[must_use]
    pub fn middle_lies_in(&self, [width, height]: [f32; 2]) -> bool {
        let (x, y) = (self.x + self.width / 2.0, self.y + self.height / 2.0);
        (0.0..=width - 1.0).contains(&x) && (0.0..=height - 1.0).contains(&y)
    }

    /// Shared area over the area of both together, 0 to 1.
    #[must_use]
    pub fn overlap(&self, other: &Self) -> f32 {
        let shared_span = |low: f32, length: f32, other_low: f32, other_length: f32| {
            ((low + length).min(other_low + other_length) - low.max(other_low)).max(0.0)
        };
        let shared = shared_span(self.x, self.width, other.x, other.width)
            * shared_span(self.y, self.height, other.y, other.height);
        let both = self.width * self.height + other.width * other.height - shared;
        shared / both.max(f32::EPSILON)
    }
}

/// One of the subject's eyes. Where no irises are read ([`FaceReader::load_without_irises`]) the openness is the mesh's, which
/// misses some blinks, the iris is taken to be in the eye's middle, and its radius is 0: no gaze can be told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Eye {
    /// 0 closed to 1 wide open.
    pub openness: f32,
    /// Middle of the iris in picture pixels.
    pub iris: [f32; 2],
    /// Half the iris's width in picture pixels.
    pub iris_radius: f32,
}

/// The nearest face of a picture, measured.
#[derive(Clone, PartialEq)]
pub struct Subject {
    /// The face's place, from its landmarks.
    pub bounds: FaceBox,
    /// The 468 points of MediaPipe's face mesh: x and y in picture pixels, z in the same scale,
    /// smaller is nearer to the camera.
    pub landmarks: Vec<[f32; 3]>,
    /// How sure the mesh network is that it saw a face, 0 to 1.
    pub presence: f32,
    /// How the head is turned.
    pub pose: HeadPose,
    /// 0 closed to 1 wide open, both eyes' mean.
    pub eye_openness: f32,
    /// 0 closed to 1 wide open.
    pub mouth_openness: f32,
    /// Distance of the mouth's corners over that of the eyes' outer corners, in three dimensions: about 0.55 at rest.
    pub mouth_width: f32,
    /// The person's right eye, then the left.
    pub eyes: [Eye; 2],
}

impl fmt::Debug for Subject {
    /// Place and pose; the landmarks are biometric data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("bounds", &self.bounds)
            .field("pose", &self.pose)
            .finish_non_exhaustive()
    }
}

/// What one picture shows.
#[derive(Debug, Clone)]
pub struct FaceObservation {
    /// Every face found, the nearest (largest) first.
    pub faces: Vec<FaceBox>,
    /// The nearest face, measured; `None` exactly where `faces` is empty. In a stream the followed one, until another is
    /// much nearer.
    pub subject: Option<Subject>,
    /// In a stream, the number of the subject's track, from 1: another number is another face, or the same one after it
    /// was out of sight. `None` where a picture stands alone.
    pub track: Option<u64>,
    /// Time spent, by stage.
    pub stages: StageTimes,
}

/// Why a picture has not the one face that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotOneFace {
    /// No face was found.
    #[error("no face was found: face the camera")]
    NoFace,
    /// More than one face was found.
    #[error("{0} faces were found: only one person may be before the camera")]
    Several(usize),
}

/// A face this much of the subject's height is near it: who waits a step behind is smaller, who leans over its shoulder is not.
/// Chosen.
const NEAR: f32 = 0.4;

impl FaceObservation {
    /// How many faces are there with the subject's, those that are near it: who passes far behind is not before the camera.
    #[must_use]
    pub fn near_faces(&self) -> usize {
        let Some(subject) = &self.subject else {
            return 0;
        };
        let near = |face: &&FaceBox| face.height >= NEAR * subject.bounds.height;
        self.faces.iter().filter(near).count()
    }

    /// The subject, where it is the only face.
    ///
    /// # Errors
    /// [`NotOneFace`].
    pub fn only_face(&self) -> Result<&Subject, NotOneFace> {
        match (&self.subject, self.faces.len()) {
            (Some(subject), 1) => Ok(subject),
            (Some(_), several) => Err(NotOneFace::Several(several)),
            (None, _) => Err(NotOneFace::NoFace),
        }
    }
}
