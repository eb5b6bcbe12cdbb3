//! What was measured of a face and how sure that is, or why nothing can be said.

use serde::Serialize;

/// Why something was not measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
    /// The face has too few pixels.
    #[error("the face has too few pixels: come closer")]
    TooSmall,
    /// The head is turned too far.
    #[error("the head is turned too far: face the camera")]
    Turned,
    /// The eyes are shut.
    #[error("the eyes are shut")]
    EyesShut,
    /// The place lies outside the picture.
    #[error("the place lies outside the picture")]
    OutsidePicture,
    /// The face is too dark or too bright, or its light has no skin's colour.
    #[error("the light hides the skin's colour: use even white light")]
    Light,
    /// Both eyes say different things.
    #[error("the two eyes differ too much")]
    EyesDisagree,
    /// Something lies over it.
    #[error("something covers it")]
    Covered,
}

/// A measurement with its confidence, or the reason that there is none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading<T> {
    /// It was measured.
    Measured {
        /// What came out.
        value: T,
        /// How far it can be relied on, 0 to 1; its source is told where it is made.
        confidence: f32,
    },
    /// It was not.
    NotAssessed(WhyNot),
}

impl<T: Copy> Reading<T> {
    /// What came out, where it was measured.
    #[must_use]
    pub const fn value(&self) -> Option<T> {
        match self {
            Self::Measured { value, .. } => Some(*value),
            Self::NotAssessed(_) => None,
        }
    }

    /// How far it can be relied on, where it was measured.
    #[must_use]
    pub const fn confidence(&self) -> Option<f32> {
        match self {
            Self::Measured { confidence, .. } => Some(*confidence),
            Self::NotAssessed(_) => None,
        }
    }
}
