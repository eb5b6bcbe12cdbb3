//! Files as `kioskctl eval match` writes them, and what the daemon makes of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use kiosk_inference::face::matching::{Likelihood, OperatingPoint as Point};

use super::*;

const NETWORK: (&str, &str) = ("face_embedding", "aa");

fn models() -> Vec<(String, String)> {
    vec![(NETWORK.0.into(), NETWORK.1.into())]
}

/// The shipped policy's face match, by the network's makers.
fn published() -> Policy {
    crate::config::policy_over_shipped(&[]).unwrap()
}

fn file(folder: &Path, kind: Comparison, impostors: u64) -> std::path::PathBuf {
    let point = |max_distance: f32, false_matches: u64, fmr_upper_95: f64| Point {
        max_fmr: 0.01,
        max_distance,
        false_matches,
        impostor_pairs: impostors,
        fmr_upper_95,
        fnmr: 0.05,
    };
    let made = Calibration::new(
        kind,
        models().into_iter().collect(),
        [400, impostors],
        Likelihood {
            offset: 24.0,
            slope: -40.0,
            bounds: [-6.0, 8.0],
        },
        vec![
            point(0.7, 90, 0.05),
            point(0.61, 9, 0.006),
            point(0.5, 0, 0.001),
        ],
    );
    let path = folder.join(format!("{kind:?}-{impostors}.json"));
    std::fs::write(&path, made.to_json().unwrap()).unwrap();
    path
}

fn with_selfies(path: std::path::PathBuf) -> config::Calibration {
    config::Calibration {
        selfie_to_selfie: Some(path),
        document_to_selfie: None,
    }
}

#[test]
fn a_distance_is_told_with_its_ratio_its_pairs_and_a_bound_of_its_false_match_rate() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = with_selfies(file(folder.path(), Comparison::SelfieToSelfie, 3_000));
    let held = Calibrations::load(&wanted, &models(), &published()).unwrap();
    let MatchCalibration::Calibrated(said) = held.of_selfies(0.5).calibration else {
        panic!("it is calibrated");
    };
    assert!((said.log_likelihood_ratio - 4.0).abs() < 1e-5, "{said:?}");
    assert_eq!((said.genuine_pairs, said.impostor_pairs), (400, 3_000));
    // The policy's threshold is 0.6: the point at 0.61 bounds it, the tighter one at 0.5 does not.
    let bound = said.false_matches.unwrap();
    assert_eq!(
        (bound.max_distance, bound.count, bound.of),
        (0.61, 9, 3_000)
    );
    assert_eq!(bound.fmr_upper_95, 0.006);
    // A clip's face is held to its selfie by a limit of its own.
    let mut strict = published();
    strict.same_face.max_distance = 0.5;
    let held = Calibrations::load(&wanted, &models(), &strict).unwrap();
    let of = |found: FaceMatch| match found.calibration {
        MatchCalibration::Calibrated(said) => said.false_matches.unwrap().max_distance,
        MatchCalibration::NotCalibrated => panic!("it is calibrated"),
    };
    assert_eq!(
        [of(held.of_clip(0.5)), of(held.of_selfies(0.5))],
        [0.5, 0.61]
    );
}

#[test]
fn a_document_is_not_calibrated_by_pairs_of_selfies() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = with_selfies(file(folder.path(), Comparison::SelfieToSelfie, 3_000));
    let held = Calibrations::load(&wanted, &models(), &published()).unwrap();
    let found = held.of_document(0.5);
    assert_eq!(found.calibration, MatchCalibration::NotCalibrated);
    let said = serde_json::to_value(found.calibration).unwrap();
    assert_eq!(said, "not_calibrated");
}

#[test]
fn a_file_of_other_pairs_or_networks_ends_the_start_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let documents = file(folder.path(), Comparison::DocumentToSelfie, 3_000);
    let refused = |wanted: &config::Calibration, models: &[(String, String)]| {
        let error = Calibrations::load(wanted, models, &published()).unwrap_err();
        format!("{error:#}")
    };
    let wanted = with_selfies(documents);
    assert!(refused(&wanted, &models()).contains("--comparison"));
    let wanted = with_selfies(file(folder.path(), Comparison::SelfieToSelfie, 3_000));
    let other = [("face_embedding".to_owned(), "bb".to_owned())];
    assert!(refused(&wanted, &other).contains("another face_embedding"));
    let missing = with_selfies(folder.path().join("none.json"));
    assert!(refused(&missing, &models()).contains("can't be read"));
}

#[test]
fn a_policy_calls_its_threshold_calibrated_only_by_a_point_of_a_file_of_three_thousand_pairs() {
    let folder = tempfile::tempdir().unwrap();
    let load = |wanted: &config::Calibration, face_match: &FaceMatchPolicy| {
        let policy = Policy {
            face_match: face_match.clone(),
            ..published()
        };
        Calibrations::load(wanted, &models(), &policy).map_err(|error| format!("{error:#}"))
    };
    let calibrated = FaceMatchPolicy {
        max_distance: 0.61,
        operating_point: OperatingPoint::Calibrated,
        impostor_pairs: 3_000,
        false_matches: 9,
        ..published().face_match
    };
    let none = config::Calibration::default();
    assert!(
        load(&none, &calibrated)
            .unwrap_err()
            .contains("[calibration] selfie_to_selfie")
    );
    let few = with_selfies(file(folder.path(), Comparison::SelfieToSelfie, 2_999));
    assert!(load(&few, &calibrated).unwrap_err().contains("2999 pairs"));
    let enough = with_selfies(file(folder.path(), Comparison::SelfieToSelfie, 3_000));
    assert!(load(&enough, &calibrated).is_ok());
    let invented = FaceMatchPolicy {
        max_distance: 0.62,
        ..calibrated
    };
    assert!(
        load(&enough, &invented)
            .unwrap_err()
            .contains("no operating point")
    );
}
