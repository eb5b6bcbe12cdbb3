//! An attempt that came to nothing: what was tried, what was measured of it, and why it does not count.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{LivenessEvidence, PictureQuality};

/// Which step was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptedStep {
    /// To show a document.
    Document,
    /// To have a picture of the person taken.
    Selfie,
    /// To answer a challenge, or to move unasked.
    Liveness,
}

/// What was measured of a picture that is no selfie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailedSelfie {
    /// Faces in it, the largest and those near it.
    pub faces: u32,
    /// How good it is; absent where there was no face to assess.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<PictureQuality>,
}

/// One attempt that changed nothing. It names no picture: nothing will be decided by it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailedAttempt {
    /// Name of this attempt.
    pub attempt_id: Uuid,
    /// What was tried.
    pub step: AttemptedStep,
    /// Why it does not count, by the stable code that was answered.
    pub code: String,
    /// The challenge that it answered; absent where it answered none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge_id: Option<Uuid>,
    /// SHA-256 (hex) of the policy whose limits it met or missed.
    pub policy_sha256: String,
    /// What was measured of a picture of the person; absent where that was not come to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selfie: Option<FailedSelfie>,
    /// What was judged of a clip; absent where that was not come to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liveness: Option<Box<LivenessEvidence>>,
    /// SHA-256 (hex) of each model that had a part in it, by model name.
    pub models: Vec<(String, String)>,
}
