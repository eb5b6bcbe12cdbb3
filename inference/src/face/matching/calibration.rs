//! The calibration file: what `kioskctl eval match --calibration` writes.
//!
//! It holds counts, two parameters and operating points; no name of a person or of a file, and no distance of a pair.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::super::embedding::MODEL as EMBEDDING;
use super::logistic::Likelihood;

/// Pairs of two people from which a calibration may set a threshold: with none accepted of so many, the true false
/// match rate is below 0.1 % in 95 of 100 such runs (the rule of three).
pub const LEAST_IMPOSTOR_PAIRS: u64 = 3_000;
/// The file's form.
const VERSION: u32 = 1;

/// What was compared: a document's printed portrait differs more from its holder than two live pictures do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Two pictures of people before a camera.
    SelfieToSelfie,
    /// A document's portrait and a picture of a person before a camera.
    DocumentToSelfie,
}

/// A threshold and what was measured at it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatingPoint {
    /// The false match rate that was asked for.
    pub max_fmr: f64,
    /// Largest distance that is taken for one person's.
    pub max_distance: f32,
    /// Pairs of two people within it, and all pairs of two people.
    pub false_matches: u64,
    /// See `false_matches`.
    pub impostor_pairs: u64,
    /// What the true false match rate lies below in 95 of 100 such runs.
    pub fmr_upper_95: f64,
    /// Share of pairs of one person beyond it.
    pub fnmr: f64,
}

/// A calibration as the file holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    version: u32,
    /// What kind of pairs made it; it says nothing of another kind.
    pub comparison: Comparison,
    /// SHA-256 of the networks that made the distances, by name; it says nothing of others.
    pub models: BTreeMap<String, String>,
    /// Pairs of one person.
    pub genuine_pairs: u64,
    /// Pairs of two.
    pub impostor_pairs: u64,
    /// From a distance to a log-likelihood ratio.
    pub likelihood: Likelihood,
    /// Thresholds for false match rates, those that the pairs suffice for.
    pub operating_points: Vec<OperatingPoint>,
}

/// A calibration that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CalibrationError {
    /// The file is not of this form.
    #[error("the calibration can't be read ({0}); make it with: kioskctl eval match --calibration")]
    Form(String),
    /// Another form of the file.
    #[error(
        "the calibration is of form {0}, not {VERSION}; make it again with: kioskctl eval match --calibration"
    )]
    Version(u32),
    /// Numbers that no fit gives.
    #[error(
        "the calibration's numbers are out of order; make it again with: kioskctl eval match --calibration"
    )]
    Numbers,
    /// Other networks made its distances.
    #[error(
        "the calibration was made with another {0}; make it again with the pack that is in use"
    )]
    OtherModel(String),
}

impl Calibration {
    /// A calibration of pairs whose networks are named.
    #[must_use]
    pub fn new(
        comparison: Comparison,
        models: BTreeMap<String, String>,
        [genuine_pairs, impostor_pairs]: [u64; 2],
        likelihood: Likelihood,
        operating_points: Vec<OperatingPoint>,
    ) -> Self {
        Self {
            version: VERSION,
            comparison,
            models,
            genuine_pairs,
            impostor_pairs,
            likelihood,
            operating_points,
        }
    }

    /// Reads a file's text; `models` are the hashes of the networks in use.
    ///
    /// # Errors
    /// [`CalibrationError`].
    pub fn read(text: &str, models: &BTreeMap<String, String>) -> Result<Self, CalibrationError> {
        let form = |error: serde_json::Error| CalibrationError::Form(error.to_string());
        let value: serde_json::Value = serde_json::from_str(text).map_err(form)?;
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(version) if version != u64::from(VERSION) => {
                return Err(CalibrationError::Version(
                    u32::try_from(version).unwrap_or(u32::MAX),
                ));
            }
            _ => {}
        }
        let read: Self = serde_json::from_value(value).map_err(form)?;
        let Likelihood {
            offset,
            slope,
            bounds: [low, high],
        } = read.likelihood;
        if !(offset.is_finite() && slope < 0.0 && low < high) {
            return Err(CalibrationError::Numbers);
        }
        if !read.models.contains_key(EMBEDDING) {
            return Err(CalibrationError::OtherModel(EMBEDDING.to_owned()));
        }
        match read
            .models
            .iter()
            .find(|(name, hash)| models.get(*name) != Some(hash))
        {
            Some((name, _)) => Err(CalibrationError::OtherModel(name.clone())),
            None => Ok(read),
        }
    }

    /// The file's text.
    ///
    /// # Errors
    /// [`CalibrationError::Form`]: none known.
    pub fn to_json(&self) -> Result<String, CalibrationError> {
        serde_json::to_string_pretty(self)
            .map_err(|error| CalibrationError::Form(error.to_string()))
    }

    /// Whether its pairs suffice for a threshold.
    #[must_use]
    pub const fn sets_a_threshold(&self) -> bool {
        self.impostor_pairs >= LEAST_IMPOSTOR_PAIRS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models(hash: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("face_embedding".to_owned(), hash.to_owned())])
    }

    fn calibration(impostors: u64) -> Calibration {
        let likelihood = Likelihood {
            offset: 24.0,
            slope: -40.0,
            bounds: [-5.0, 8.0],
        };
        let comparison = Comparison::SelfieToSelfie;
        Calibration::new(
            comparison,
            models("a"),
            [300, impostors],
            likelihood,
            Vec::new(),
        )
    }

    #[test]
    fn what_was_written_is_read_back() {
        let written = calibration(3000);
        let read = Calibration::read(&written.to_json().unwrap(), &models("a")).unwrap();
        assert_eq!(read, written);
        assert!(read.sets_a_threshold());
        assert!(!calibration(2999).sets_a_threshold());
    }

    #[test]
    fn another_network_form_or_number_is_refused() {
        let text = calibration(3000).to_json().unwrap();
        let refused = |text: &str, hash: &str| Calibration::read(text, &models(hash)).unwrap_err();
        assert_eq!(
            refused(&text, "b"),
            CalibrationError::OtherModel("face_embedding".into())
        );
        let other = text.replace("\"version\": 1", "\"version\": 7");
        assert_eq!(refused(&other, "a"), CalibrationError::Version(7));
        let rising = text.replace("-40.0", "40.0");
        assert_eq!(refused(&rising, "a"), CalibrationError::Numbers);
        assert!(matches!(refused("{}", "a"), CalibrationError::Form(_)));
    }
}
