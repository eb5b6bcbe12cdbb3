//! Compared pairs to a calibration file.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use clap::ValueEnum;
use kiosk_inference::face::matching::{Calibration, Comparison, Likelihood, OperatingPoint};

use super::super::super::Failed;
use super::super::proportion::Proportion;
use super::curve::Curve;

/// False match rates that thresholds are sought for.
const RATES: [f64; 4] = [1e-1, 1e-2, 1e-3, 1e-4];

/// What the pairs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Two pictures of people before a camera.
    #[value(name = "selfie_to_selfie")]
    SelfieToSelfie,
    /// A document's portrait and a picture of a person before a camera.
    #[value(name = "document_to_selfie")]
    DocumentToSelfie,
}

impl From<Kind> for Comparison {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::SelfieToSelfie => Self::SelfieToSelfie,
            Kind::DocumentToSelfie => Self::DocumentToSelfie,
        }
    }
}

impl Curve {
    /// What these pairs say of distances.
    pub(super) fn calibration(
        &self,
        comparison: Comparison,
        models: BTreeMap<String, String>,
    ) -> Result<Calibration, Failed> {
        let likelihood = Likelihood::fit(&self.genuine, &self.impostor)
            .map_err(|fault| Failed::Usage(format!("no calibration: {fault}")))?;
        let points = RATES
            .into_iter()
            .filter_map(|rate| self.point(rate))
            .collect();
        let counts = [self.genuine.len() as u64, self.impostor.len() as u64];
        Ok(Calibration::new(
            comparison, models, counts, likelihood, points,
        ))
    }

    fn point(&self, max_fmr: f64) -> Option<OperatingPoint> {
        let max_distance = self.max_distance_at(max_fmr)?;
        let within = |distances: &[f32]| Proportion {
            hits: distances
                .iter()
                .filter(|distance| **distance <= max_distance)
                .count() as u64,
            of: distances.len() as u64,
        };
        let (false_matches, matches) = (within(&self.impostor), within(&self.genuine));
        Some(OperatingPoint {
            max_fmr,
            max_distance,
            false_matches: false_matches.hits,
            impostor_pairs: false_matches.of,
            fmr_upper_95: false_matches.upper_95()?,
            fnmr: 1.0 - matches.rate()?,
        })
    }
}

/// Reads a calibration of the networks in use and of this kind of pairs.
pub(super) fn read(
    path: &Path,
    models: &BTreeMap<String, String>,
    comparison: Comparison,
) -> Result<Calibration, Failed> {
    let unusable =
        |fault: &dyn std::fmt::Display| Failed::Usage(format!("{}: {fault}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| unusable(&error))?;
    let read = Calibration::read(&text, models).map_err(|fault| unusable(&fault))?;
    if read.comparison != comparison {
        return Err(unusable(
            &"it is of another kind of pairs; name theirs with --comparison",
        ));
    }
    Ok(read)
}

/// Writes the file whole: beside its place, then renamed.
pub(super) fn write(calibration: &Calibration, path: &Path) -> Result<(), Failed> {
    let unwritable = |error: std::io::Error| {
        Failed::Usage(format!(
            "{} can't be written ({error}); name a file in a folder that may be written to",
            path.display()
        ))
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut part =
        tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(unwritable)?;
    let text = calibration.to_json().map_err(Failed::work)?;
    writeln!(part, "{text}").map_err(unwritable)?;
    part.as_file().sync_all().map_err(unwritable)?;
    part.persist(path)
        .map_err(|error| unwritable(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_told_only_for_rates_that_the_pairs_suffice_for_with_their_bounds() {
        let mut curve = Curve::default();
        for i in 0..400_u16 {
            curve.add(true, 0.2 + f32::from(i) / 1000.0);
            curve.add(false, 0.5 + f32::from(i) / 1000.0);
        }
        let made = curve
            .calibration(Comparison::DocumentToSelfie, BTreeMap::new())
            .ok()
            .unwrap();
        let rates: Vec<f64> = made
            .operating_points
            .iter()
            .map(|point| point.max_fmr)
            .collect();
        assert_eq!(rates, [1e-1, 1e-2]);
        let point = made.operating_points[1];
        assert_eq!((point.false_matches, point.impostor_pairs), (4, 400));
        assert!(point.fmr_upper_95 > 0.01 && point.fmr_upper_95 < 0.03);
        assert!((point.fnmr - 0.24).abs() < 0.005, "{point:?}");
        assert!(!made.sets_a_threshold());
    }
}
