//! The selfie, and how alike it is to the document's portrait.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Assessment, EvidenceId};

/// A comparison of two faces.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FaceMatch {
    /// Euclidean distance of the two embeddings: 0 the same picture, 0.6 dlib's published boundary.
    pub distance: f32,
}

impl FaceMatch {
    /// 0 to 1, 0.5 at the policy's boundary, 1 for the same picture. A rescaled distance and no
    /// probability: it is not calibrated.
    pub fn score(&self, max_distance: f32) -> f32 {
        (1.0 - self.distance / (2.0 * max_distance)).clamp(0.0, 1.0)
    }
}

/// How good a picture of a face is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PictureQuality {
    /// The kiosk's own score, 0 to 100: a weighted mean of components, and no `UnifiedQualityScore` of the standard's.
    pub own_score: Option<f32>,
    /// Quality components of ISO/IEC 29794-5 by OFIQ's names, 0 to 100; absent where a measure was not assessed.
    pub components: BTreeMap<String, u8>,
}

/// The best picture of the person's face, and what it was compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelfieEvidence {
    /// Name of this comparison.
    pub verification_id: Uuid,
    /// The document whose portrait it was compared with.
    pub document_id: Uuid,
    /// When it was taken.
    #[serde(with = "time::serde::rfc3339")]
    pub taken_at: OffsetDateTime,
    /// Faces seen in the picture.
    pub faces: u32,
    /// Against the document's portrait.
    pub face_match: Assessment<FaceMatch>,
    /// The picture.
    pub picture: EvidenceId,
    /// How good the picture is; absent in records of before this was, and where it was not assessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<PictureQuality>,
    /// SHA-256 (hex) of each model that had a part in it, by model name.
    pub models: Vec<(String, String)>,
}
