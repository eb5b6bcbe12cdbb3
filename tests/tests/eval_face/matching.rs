//! `eval match`: pairs, failures to enrol, hard pictures, calibration.

use kiosk_inference::face::FaceReader;
use kiosk_inference::picture::Picture;
use opencv::core::{Mat, Point2f, Scalar, Size};
use opencv::{core, imgproc};
use serde_json::Value;

use super::{kioskctl, lines, matched, material, path, people, status, write};

#[test]
fn pairs_are_decided_by_the_policy_and_what_shows_no_face_is_a_failure_to_enrol() {
    let folder = tempfile::tempdir().unwrap();
    people(&folder, &mut material().reader().unwrap());
    std::fs::write(
        folder.path().join("blank.jpg"),
        material().blank_picture().unwrap(),
    )
    .unwrap();
    std::fs::write(
        folder.path().join("two.jpg"),
        material().two_faces().unwrap(),
    )
    .unwrap();
    let pairs = [
        ("traveller-a.jpg", "traveller-b.jpg", "Yes"),
        ("stranger-a.jpg", "stranger-b.jpg", "yes"),
        ("traveller-a.jpg", "stranger-b.jpg", "No"),
        ("stranger-a.jpg", "traveller-b.jpg", "No"),
        ("traveller-a.jpg", "blank.jpg", "No"),
        ("blank.jpg", "absent.jpg", "No"),
        ("two.jpg", "two.jpg", "Yes"),
    ];
    let (lines, summary) = lines(&matched(&folder, &pairs, &[]));
    assert_eq!(lines.len(), pairs.len());
    for (line, (x, y, same)) in lines.iter().zip(pairs).take(4) {
        assert_eq!((&line["file_x"], &line["file_y"]), (&x.into(), &y.into()));
        let same = same.eq_ignore_ascii_case("yes");
        assert_eq!(line["same"], same, "{line}");
        assert_eq!(line["decision"], same, "{line}");
        let score = line["score"].as_f64().unwrap();
        assert!(
            (0.0..=1.0).contains(&score) && (score >= 0.5) == same,
            "{line}"
        );
        assert!(
            line.get("error").is_none() && line["llr"].is_null(),
            "{line}"
        );
    }
    for line in &lines[4..6] {
        assert!(
            line["score"].is_null() && line["decision"].is_null(),
            "{line}"
        );
        assert!(
            line["error"]
                .as_str()
                .unwrap()
                .contains("blank.jpg: no face"),
            "{line}"
        );
    }
    assert_eq!(
        lines[6]["decision"], true,
        "several faces do not stop an enrolment"
    );
    assert_eq!(summary["pairs"], 7);
    assert_eq!(summary["failures_to_enrol"], 2, "{summary}");
    assert_eq!(summary["accuracy"], 5.0 / 7.0);
    assert_eq!(summary["eer"], 0.0);
    for rate in ["tar_at_far_1e-2", "tar_at_far_1e-3"] {
        assert!(
            summary.as_object().unwrap().contains_key(rate) && summary[rate].is_null(),
            "{rate}"
        );
    }
    assert!(
        summary["fmr_upper_95"].as_f64().unwrap() > 0.5,
        "two pairs say little"
    );
    assert_eq!(summary["policy"]["operating_point"], "published");
    assert_eq!(summary["policy"]["document_to_selfie"], "not_calibrated");
}

/// A part of the picture around its face, `side` face heights wide, as `size` px a side, turned.
fn close(
    picture: &Picture,
    reader: &mut FaceReader,
    side: f32,
    size: i32,
    turn_deg: f64,
) -> Picture {
    let face = reader.observe(picture).unwrap().subject.unwrap().bounds;
    let middle = Point2f::new(face.x + face.width / 2.0, face.y + face.height / 2.0);
    let scale = f64::from(size) / f64::from(side * face.height);
    let map = imgproc::get_rotation_matrix_2d(middle, turn_deg, scale).unwrap();
    let shift = [
        f64::from(size) / 2.0 - f64::from(middle.x),
        f64::from(size) / 2.0 - f64::from(middle.y),
    ];
    let shift = Mat::from_slice_2d(&[[0.0, 0.0, shift[0]], [0.0, 0.0, shift[1]]]).unwrap();
    let mut moved = Mat::default();
    core::add(&map, &shift, &mut moved, &core::no_array(), -1).unwrap();
    let mut part = Mat::default();
    imgproc::warp_affine(
        &picture.as_mat().unwrap(),
        &mut part,
        &moved,
        Size::new(size, size),
        imgproc::INTER_AREA,
        core::BORDER_CONSTANT,
        Scalar::default(),
    )
    .unwrap();
    Picture::from_mat(&part).unwrap()
}

fn grey(picture: &Picture) -> Picture {
    let (mut one, mut three) = (Mat::default(), Mat::default());
    imgproc::cvt_color_def(
        &picture.as_mat().unwrap(),
        &mut one,
        imgproc::COLOR_BGR2GRAY,
    )
    .unwrap();
    imgproc::cvt_color_def(&one, &mut three, imgproc::COLOR_GRAY2BGR).unwrap();
    Picture::from_mat(&three).unwrap()
}

/// The picture in the middle of an even frame of 1280x720.
fn far_away(small: &Picture) -> Picture {
    let mut frame = vec![110; 1280 * 720 * 3];
    let (width, left, top) = (small.width() as usize, 700, 300);
    for (row, pixels) in small.bgr().chunks_exact(width * 3).enumerate() {
        let at = ((top + row) * 1280 + left) * 3;
        frame[at..at + pixels.len()].copy_from_slice(pixels);
    }
    Picture::from_bgr(1280, 720, frame).unwrap()
}

#[test]
fn tight_crops_grey_small_and_tilted_faces_are_enrolled_and_decided_rightly() {
    let folder = tempfile::tempdir().unwrap();
    let mut reader = material().reader().unwrap();
    people(&folder, &mut reader);
    let mut pairs: Vec<(String, String, &str)> = Vec::new();
    for (name, other) in [("traveller", "stranger"), ("stranger", "traveller")] {
        let whole = material().portrait(name).unwrap();
        let mut close = |side, size, turn| close(&whole, &mut reader, side, size, turn);
        let versions = [
            ("like-lfw", close(2.0, 250, 0.0)),
            ("tight", close(1.1, 150, 0.0)),
            ("cut", close(0.85, 112, 0.0)),
            ("grey", grey(&close(2.0, 250, 0.0))),
            ("tilted", close(2.2, 300, 45.0)),
            ("tilted-back", close(1.3, 200, -45.0)),
            ("sideways", close(2.2, 300, 90.0)),
            ("far", far_away(&close(1.8, 80, 0.0))),
        ];
        for (version, picture) in versions {
            let file = format!("{name}-{version}.jpg");
            write(&folder, &file, &picture);
            pairs.push((format!("{name}-a.jpg"), file.clone(), "Yes"));
            pairs.push((format!("{other}-a.jpg"), file, "No"));
        }
    }
    let pairs: Vec<(&str, &str, &str)> = pairs
        .iter()
        .map(|(x, y, same)| (x.as_str(), y.as_str(), *same))
        .collect();
    let (lines, summary) = lines(&matched(&folder, &pairs, &[]));
    for line in &lines {
        assert_eq!(line["decision"], line["same"], "{line}");
    }
    assert_eq!(summary["failures_to_enrol"], 0);
    assert_eq!(summary["accuracy"], 1.0);
}

#[test]
fn a_calibration_is_written_and_read_back_and_too_few_pairs_make_none() {
    let folder = tempfile::tempdir().unwrap();
    people(&folder, &mut material().reader().unwrap());
    let file = folder.path().join("calibration.json");
    let few = [
        ("traveller-a.jpg", "traveller-b.jpg", "Yes"),
        ("traveller-a.jpg", "stranger-a.jpg", "No"),
    ];
    let refused = matched(&folder, &few, &["--calibration", path(&file)]);
    assert_eq!(status(&refused), 2, "{refused:?}");
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("at least 30 of each"),
        "{refused:?}"
    );
    assert!(!file.exists());
    // The same pairs over and over are the pairs that they are, either way round.
    let turned = [
        ("traveller-b.jpg", "traveller-a.jpg", "Yes"),
        ("stranger-a.jpg", "traveller-a.jpg", "No"),
    ];
    let again: Vec<(&str, &str, &str)> = [few, turned].concat().repeat(15);
    let (_, summary) = lines(&matched(&folder, &again, &[]));
    assert_eq!(
        (&summary["pairs"], &summary["repeated"]),
        (&60.into(), &58.into())
    );
    assert_eq!(summary["compared"]["impostor"], 1);
    let refused = matched(&folder, &again, &["--calibration", path(&file)]);
    assert_eq!(status(&refused), 2, "{refused:?}");
    // Thirty pictures of each make a file; the names of their files are not in it.
    let copies = |name: &str| -> Vec<String> {
        let copy = |number: i32| {
            let copy = format!("{name}-{number}.jpg");
            let from = folder.path().join(format!("{name}.jpg"));
            std::fs::copy(from, folder.path().join(&copy)).unwrap();
            copy
        };
        (0..30).map(copy).collect()
    };
    let (own, others) = (copies("traveller-b"), copies("stranger-a"));
    let own = own
        .iter()
        .map(|own| ("traveller-a.jpg", own.as_str(), "Yes"));
    let others = others
        .iter()
        .map(|other| ("traveller-a.jpg", other.as_str(), "No"));
    let many: Vec<(&str, &str, &str)> = own.chain(others).collect();
    lines(&matched(&folder, &many, &["--calibration", path(&file)]));
    let text = std::fs::read_to_string(&file).unwrap();
    let made: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&made["impostor_pairs"], &made["comparison"]),
        (&30.into(), &"selfie_to_selfie".into())
    );
    assert!(!text.contains("traveller") && !text.contains(".jpg"));
    let (told, _) = lines(&matched(&folder, &few, &["--calibrated-by", path(&file)]));
    assert!(
        told[0]["llr"].as_f64().unwrap() > 0.0 && told[1]["llr"].as_f64().unwrap() < 0.0,
        "{told:?}"
    );
    let other = [
        "--calibrated-by",
        path(&file),
        "--comparison",
        "document_to_selfie",
    ];
    assert_eq!(status(&matched(&folder, &few, &other)), 2);
}

#[test]
fn without_json_a_person_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    people(&folder, &mut material().reader().unwrap());
    let csv = folder.path().join("pairs.csv");
    std::fs::write(
        &csv,
        "file_x,file_y,Decision\ntraveller-a.jpg,traveller-b.jpg,Yes\n",
    )
    .unwrap();
    let output = kioskctl([
        "match",
        "--pairs",
        path(&csv),
        "--root",
        path(folder.path()),
    ]);
    assert_eq!(status(&output), 0);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("one person (distance") && text.contains("1 pairs: 100.00 % right"),
        "{text}"
    );
}
