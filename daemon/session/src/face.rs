//! The selfie, and how alike it is to the document's portrait.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Assessment, EvidenceId, InjectionSignal};

/// A comparison of two faces.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FaceMatch {
    /// Euclidean distance of the two embeddings: 0 the same picture, 0.6 dlib's published boundary.
    pub distance: f32,
    /// What a calibration says of that distance. Records of before there was one say nothing of it.
    #[serde(default, skip_serializing_if = "MatchCalibration::is_none")]
    pub calibration: MatchCalibration,
}

/// Whether a distance was laid beside pairs of pictures of the same kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchCalibration {
    /// It was not: nothing is known of error rates of this kind of comparison on this kiosk.
    #[default]
    NotCalibrated,
    /// It was.
    Calibrated(CalibratedMatch),
}

impl MatchCalibration {
    const fn is_none(&self) -> bool {
        matches!(self, Self::NotCalibrated)
    }
}

/// What pairs of pictures say of a distance, and how many they were.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibratedMatch {
    /// Natural logarithm of how much more likely the distance is of one person than of two.
    pub log_likelihood_ratio: f64,
    /// Pairs of one person.
    pub genuine_pairs: u64,
    /// Pairs of two people.
    pub impostor_pairs: u64,
    /// The false match rate at the policy's threshold; null where the pairs are too few to bound it.
    pub false_matches: Option<FalseMatches>,
}

/// Pairs of two people that lie within a distance which is not below the policy's threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FalseMatches {
    /// That distance.
    pub max_distance: f32,
    /// Pairs within it.
    pub count: u64,
    /// Of so many.
    pub of: u64,
    /// What the true false match rate at the policy's threshold lies below in 95 of 100 such runs.
    pub fmr_upper_95: f64,
}

impl FaceMatch {
    /// A distance that no calibration speaks of.
    pub const fn uncalibrated(distance: f32) -> Self {
        Self {
            distance,
            calibration: MatchCalibration::NotCalibrated,
        }
    }

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
    /// Quality components of ISO/IEC 29794-5 by OFIQ's names, 0 to 100, -1 where a measure was not assessed.
    pub components: BTreeMap<String, i8>,
}

/// The person's face among those that the kiosk knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct KnownFaces {
    /// Faces on the block list.
    pub listed: u32,
    /// Distance to the nearest of them; absent where there are none.
    pub nearest_listed: Option<f32>,
    /// Faces of the same tenant's other people that were approved here.
    pub enrolled: u32,
    /// Distance to the nearest of them; absent where there are none.
    pub nearest_enrolled: Option<f32>,
}

/// The best picture of the person's face, and what it was compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelfieEvidence {
    /// Name of this comparison.
    pub verification_id: Uuid,
    /// The document whose portrait it was compared with; of an authentication, the identity.
    pub document_id: Uuid,
    /// When it was taken.
    #[serde(with = "time::serde::rfc3339")]
    pub taken_at: OffsetDateTime,
    /// Faces in the picture, the largest and those near it.
    pub faces: u32,
    /// Against the document's portrait.
    pub face_match: Assessment<FaceMatch>,
    /// The picture.
    pub picture: EvidenceId,
    /// How good the picture is; absent in records of before this was, and where it was not assessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<PictureQuality>,
    /// Whether it was taken although the face is seen too poorly to be compared: the person could do no better.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_poor: bool,
    /// What a search among faces that the kiosk knows gave; absent in records of before there was one, and where the
    /// policy asks for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<KnownFaces>,
    /// What the uploaded file says of itself, against the picture and the clock; absent in records of before this was, and
    /// where the kiosk's own camera took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<InjectionSignal>,
    /// SHA-256 (hex) of each model that had a part in it, by model name.
    pub models: Vec<(String, String)>,
}
