//! Calibrations that the config names: what a distance says, and on how many pairs that stands.
//!
//! ```text
//! kioskctl eval match --calibration FILE ─► [calibration] in the config ─► here ─► beside every distance
//! ```
//!
//! Two kinds, apart: a printed portrait differs more from its holder than two pictures before a camera do. Without a
//! file of its own kind a comparison says that it is not calibrated; one kind never stands in for the other. The
//! threshold is the policy's: a policy that calls its own calibrated has to name a point of such a file.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, ensure};
use kiosk_inference::face::matching::{Calibration, Comparison};
use kiosk_session::{
    CalibratedMatch, DocumentToSelfie, FaceMatch, FaceMatchPolicy, FalseMatches, MatchCalibration,
    OperatingPoint, Policy,
};

use crate::config;

/// Calibrations in use, by what they compare, at the policy's threshold.
#[derive(Debug, Clone, Default)]
pub struct Calibrations {
    document_to_selfie: Option<Calibration>,
    selfie_to_selfie: Option<Calibration>,
    threshold: f32,
    same_face: f32,
}

impl Calibrations {
    /// Reads the files that the config names and holds the policy's word against them; `models` are the hashes of the
    /// pack in use.
    pub fn load(
        wanted: &config::Calibration,
        models: &[(String, String)],
        policy: &Policy,
    ) -> anyhow::Result<Self> {
        let face_match = &policy.face_match;
        let models: BTreeMap<String, String> = models.iter().cloned().collect();
        let read = |path: &Option<std::path::PathBuf>, kind| {
            let file = path.as_deref();
            file.map(|path| read(path, kind, &models)).transpose()
        };
        let calibrations = Self {
            document_to_selfie: read(&wanted.document_to_selfie, Comparison::DocumentToSelfie)?,
            selfie_to_selfie: read(&wanted.selfie_to_selfie, Comparison::SelfieToSelfie)?,
            threshold: face_match.max_distance,
            same_face: policy.same_face_distance(),
        };
        calibrations.bear_out(face_match)?;
        Ok(calibrations)
    }

    /// A policy that says its threshold is calibrated has to have it from a file in use.
    fn bear_out(&self, policy: &FaceMatchPolicy) -> anyhow::Result<()> {
        if policy.operating_point == OperatingPoint::Published {
            return Ok(());
        }
        let by_documents = policy.document_to_selfie == DocumentToSelfie::Calibrated;
        let (kind, held) = if by_documents {
            ("document_to_selfie", &self.document_to_selfie)
        } else {
            ("selfie_to_selfie", &self.selfie_to_selfie)
        };
        let held = held.as_ref().with_context(|| {
            format!("the policy calls its threshold calibrated; name the file as [calibration] {kind}, or set face_match.operating_point to \"published\"")
        })?;
        ensure!(
            held.sets_a_threshold(),
            "[calibration] {kind} has {} pairs of two people, 3000 set a threshold; set face_match.operating_point to \"published\" until there are more",
            held.impostor_pairs
        );
        let points = &held.operating_points;
        ensure!(
            points.iter().any(|point| {
                point.max_distance == policy.max_distance
                    && point.impostor_pairs == u64::from(policy.impostor_pairs)
                    && point.false_matches == u64::from(policy.false_matches)
            }),
            "face_match.max_distance, impostor_pairs and false_matches are no operating point of [calibration] {kind}; take all three from one of the file's operating_points"
        );
        Ok(())
    }

    /// A distance between a document's portrait and a person before a camera.
    pub fn of_document(&self, distance: f32) -> FaceMatch {
        let by = self.document_to_selfie.as_ref();
        match_of(by, distance, self.threshold)
    }

    /// A distance between two selfies: of an enrolled person, and of who claims to be them.
    pub fn of_selfies(&self, distance: f32) -> FaceMatch {
        let by = self.selfie_to_selfie.as_ref();
        match_of(by, distance, self.threshold)
    }

    /// A distance between a selfie and the clip behind it.
    pub fn of_clip(&self, distance: f32) -> FaceMatch {
        let by = self.selfie_to_selfie.as_ref();
        match_of(by, distance, self.same_face)
    }
}

fn match_of(by: Option<&Calibration>, distance: f32, threshold: f32) -> FaceMatch {
    let Some(by) = by else {
        return FaceMatch::uncalibrated(distance);
    };
    FaceMatch {
        distance,
        calibration: MatchCalibration::Calibrated(CalibratedMatch {
            log_likelihood_ratio: by.likelihood.of(distance),
            genuine_pairs: by.genuine_pairs,
            impostor_pairs: by.impostor_pairs,
            false_matches: false_matches(by, threshold),
        }),
    }
}

/// The false match rate rises with the distance: what bounds it at the nearest point that is not below the
/// threshold bounds it at the threshold.
fn false_matches(by: &Calibration, threshold: f32) -> Option<FalseMatches> {
    let reach =
        |point: &&kiosk_inference::face::matching::OperatingPoint| point.max_distance >= threshold;
    let nearest = by
        .operating_points
        .iter()
        .filter(reach)
        .min_by(|one, two| one.max_distance.total_cmp(&two.max_distance))?;
    Some(FalseMatches {
        max_distance: nearest.max_distance,
        count: nearest.false_matches,
        of: nearest.impostor_pairs,
        fmr_upper_95: nearest.fmr_upper_95,
    })
}

fn read(
    path: &Path,
    kind: Comparison,
    models: &BTreeMap<String, String>,
) -> anyhow::Result<Calibration> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} can't be read", path.display()))?;
    let read = Calibration::read(&text, models).with_context(|| path.display().to_string())?;
    ensure!(
        read.comparison == kind,
        "{} was made of other pairs ({:?}); make one with: kioskctl eval match --comparison",
        path.display(),
        read.comparison
    );
    Ok(read)
}

#[cfg(test)]
#[path = "calibration/tests.rs"]
mod tests;
