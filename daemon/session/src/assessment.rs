//! Unknown is not zero: a measurement that was made, or the reason why it was not.

use serde::{Deserialize, Serialize};

/// What was found, or why nothing can be said. There is no default and no "failed" in between.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assessment<T> {
    /// The measurement was made.
    Assessed(T),
    /// The measurement was not made; nothing may be concluded from that but what the reason says.
    NotAssessed(Unassessed),
}

/// Why a measurement was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unassessed {
    /// The model for it is not in the pack.
    ModelAbsent,
    /// No portrait was found on the document.
    NoPortrait,
    /// No face was found in the picture or clip.
    NoFace,
    /// The face was found but turned, dark or small beyond use.
    FaceNotUsable,
    /// The person was not asked for anything, so there is no answer to judge.
    NotPrompted,
    /// The part that would measure it is not built or not configured on this kiosk.
    NotAvailable,
}

impl<T> Assessment<T> {
    /// The measurement, if it was made.
    pub const fn assessed(&self) -> Option<&T> {
        match self {
            Self::Assessed(value) => Some(value),
            Self::NotAssessed(_) => None,
        }
    }
}
