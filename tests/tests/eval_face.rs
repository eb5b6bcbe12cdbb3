//! `kioskctl eval match`, `liveness` and `pad` as they are called: by the built binary, on the project's own synthetic
//! people.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and says what it left out"
)]

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

use kiosk_inference::face::FaceReader;
use kiosk_inference::picture::Picture;
use kiosk_tests::material::Material;
use kiosk_tests::people::{Gesture, Pose};
use kiosk_tests::rig::built_binary;
use opencv::core::{Mat, Point2f, Scalar, Size};
use opencv::{core, imgproc};
use serde_json::Value;
use tempfile::TempDir;

fn kioskctl<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    Command::new(built_binary("kioskctl").unwrap())
        .current_dir(kiosk_tests::root())
        .arg("eval")
        .args(arguments)
        .output()
        .unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

/// What was printed, one object a line; the last one a summary.
fn lines(output: &Output) -> (Vec<Value>, Value) {
    assert_eq!(status(output), 0, "{output:?}");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let mut lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON object a line"))
        .collect();
    let last = lines.pop().expect("a summary");
    assert!(last.as_object().unwrap().keys().eq(["summary"]), "{last}");
    (lines, last["summary"].clone())
}

fn material() -> Material {
    Material::below(&kiosk_tests::root()).unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn write(folder: &TempDir, name: &str, picture: &Picture) {
    let bytes = picture.encode_jpeg(92).unwrap();
    std::fs::write(folder.path().join(name), bytes).unwrap();
}

/// Two pictures of each of two people, one with the head turned a little.
fn people(folder: &TempDir, reader: &mut FaceReader) {
    for name in ["traveller", "stranger"] {
        let person = material().person(name, reader).unwrap();
        let turned = Pose {
            yaw_deg: 10.0,
            ..Pose::default()
        };
        write(
            folder,
            &format!("{name}-a.jpg"),
            &person.show(&Pose::default()).unwrap(),
        );
        write(
            folder,
            &format!("{name}-b.jpg"),
            &person.show(&turned).unwrap(),
        );
    }
}

fn matched(folder: &TempDir, pairs: &[(&str, &str, &str)], more: &[&str]) -> Output {
    let csv = folder.path().join("pairs.csv");
    let rows: Vec<String> = pairs
        .iter()
        .map(|(x, y, same)| format!("{x},{y},{same}\n"))
        .collect();
    std::fs::write(&csv, format!("file_x,file_y,Decision\n{}", rows.concat())).unwrap();
    let root = path(folder.path());
    kioskctl(
        [
            &["match", "--pairs", path(&csv), "--root", root, "--json"],
            more,
        ]
        .concat(),
    )
}

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
    // The same pairs over and over make a file, as good as what they are; the names of their files are not in it.
    let many: Vec<(&str, &str, &str)> = few.iter().copied().cycle().take(60).collect();
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
fn a_clip_is_told_frame_by_frame_with_the_gestures_in_it() {
    let clip = material()
        .performance("traveller", &[Gesture::TurnLeft, Gesture::Blink])
        .unwrap();
    let (frames, summary) = lines(&kioskctl(["liveness", "--clip", path(&clip), "--json"]));
    let keys = [
        "t_ms",
        "faces",
        "yaw_deg",
        "pitch_deg",
        "roll_deg",
        "eye_openness",
        "mouth_openness",
        "pad_score",
        "quality",
    ];
    let mut before = -1.0;
    for frame in &frames {
        let told = frame.as_object().unwrap();
        assert!(keys.iter().all(|key| told.contains_key(*key)), "{frame}");
        let t_ms = frame["t_ms"].as_f64().unwrap();
        assert!(t_ms > before, "{frame}");
        before = t_ms;
        assert_eq!(frame["faces"], 1);
        assert!(
            frame["pad_score"].is_null()
                || (0.0..=1.0).contains(&frame["pad_score"].as_f64().unwrap())
        );
    }
    let most = frames
        .iter()
        .map(|frame| frame["yaw_deg"].as_f64().unwrap())
        .fold(f64::MIN, f64::max);
    assert!(most > 12.0, "turned left is positive: {most}");
    let gestures = summary["gestures"].as_array().unwrap();
    for kind in ["turn_left", "blink"] {
        let found = gestures
            .iter()
            .find(|gesture| gesture["kind"] == kind)
            .expect(kind);
        let [start, peak, end] =
            ["start_ms", "peak_ms", "end_ms"].map(|at| found[at].as_f64().unwrap());
        assert!(start < peak && peak < end, "{found}");
    }
    assert_eq!(summary["frames"], frames.len());
    assert!(summary["fps"].as_f64().unwrap() > 0.0);
    assert!(
        summary["stages_ms"]["detect.run"]["p50"].as_f64().unwrap() > 0.0,
        "{summary}"
    );
    assert!(summary["error"].is_null());
}

#[test]
fn a_folder_of_pictures_is_a_clip() {
    let folder = tempfile::tempdir().unwrap();
    let mut reader = material().reader().unwrap();
    let person = material().person("stranger", &mut reader).unwrap();
    for (place, yaw_deg) in [0.0, 4.0].into_iter().enumerate() {
        let pose = Pose {
            yaw_deg,
            ..Pose::default()
        };
        write(
            &folder,
            &format!("{place}.jpg"),
            &person.show(&pose).unwrap(),
        );
    }
    let (frames, summary) = lines(&kioskctl([
        "liveness",
        "--clip",
        path(folder.path()),
        "--json",
    ]));
    assert_eq!(
        (frames.len(), &summary["gestures"]),
        (2, &serde_json::json!([]))
    );
    assert_eq!(frames[1]["t_ms"], 100.0);
}

/// Bona fide and attack folders made of synthetic people: labels for counting, not presentations worth a rate.
fn presentations() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for kind in ["real", "attacks/print", "attacks/screen", "attacks/none"] {
        std::fs::create_dir_all(at(kind)).unwrap();
    }
    std::fs::copy(material().calm("traveller").unwrap(), at("real/calm.avi")).unwrap();
    std::fs::write(at("real/blank.jpg"), material().blank_picture().unwrap()).unwrap();
    std::fs::write(
        at("attacks/print/one.jpg"),
        material().selfie("stranger").unwrap(),
    )
    .unwrap();
    std::fs::write(at("attacks/print/damaged.mp4"), b"no clip").unwrap();
    std::fs::write(
        at("attacks/screen/one.jpg"),
        material().selfie("traveller").unwrap(),
    )
    .unwrap();
    std::fs::write(at("attacks/notes.txt"), b"skipped").unwrap();
    folder
}

fn pad(folder: &TempDir) -> Output {
    let at = |name: &str| folder.path().join(name);
    let (real, attacks) = (at("real"), at("attacks"));
    kioskctl([
        "pad",
        "--bona-fide",
        path(&real),
        "--attacks",
        path(&attacks),
        "--json",
    ])
}

#[test]
fn attacks_are_counted_by_kind_and_what_has_no_response_apart() {
    let folder = presentations();
    let output = pad(&folder);
    if !kiosk_tests::root()
        .join("models/packs/default/pad_v2.onnx")
        .exists()
    {
        println!("the pack has no PAD networks: only their absence is looked at");
        assert_eq!(status(&output), 2);
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("cargo xtask setup"),
            "{output:?}"
        );
        return;
    }
    let (told, summary) = lines(&output);
    let of = |name: &str| {
        let found = told
            .iter()
            .find(|line| line["file"].as_str().unwrap().ends_with(name));
        found.unwrap_or_else(|| panic!("no line for {name}"))
    };
    assert_eq!(told.len(), 5);
    assert!(of("real/calm.avi")["attack"].is_null());
    assert!(of("real/calm.avi")["judged"].as_u64().unwrap() >= 3);
    assert!((0.0..=1.0).contains(&of("print/one.jpg")["pad_score"].as_f64().unwrap()));
    for (silent, reason) in [
        ("real/blank.jpg", "no_face"),
        ("print/damaged.mp4", "unreadable"),
    ] {
        let line = of(silent);
        assert!(
            line["pad_score"].is_null() && line["decision"].is_null(),
            "{line}"
        );
        assert_eq!(line["reason"], reason);
    }
    assert_eq!(summary["files"], 5);
    assert_eq!(summary["non_response"]["bona_fide"], 0.5);
    assert_eq!(summary["non_response"]["attacks"]["print"], 0.5);
    assert!(
        summary["apcer"]["none"].is_null() && summary["acer"].is_null(),
        "{summary}"
    );
    let screen = &of("screen/one.jpg")["decision"];
    assert_eq!(
        summary["apcer"]["screen"],
        f64::from(u8::from(screen.as_bool().unwrap()))
    );
    let calm = &of("real/calm.avi")["decision"];
    assert_eq!(
        summary["bpcer"],
        f64::from(u8::from(!calm.as_bool().unwrap()))
    );
    let [low, high] = [0, 1].map(|end| summary["intervals_95"]["bpcer"][end].as_f64().unwrap());
    assert!(
        high - low > 0.9,
        "one presentation says little: {low} to {high}"
    );
    assert_eq!(summary["models"]["pad_v2"].as_str().unwrap().len(), 64);
}

#[test]
fn unusable_arguments_end_with_two_and_say_what_to_do() {
    let empty = tempfile::tempdir().unwrap();
    let folder = path(empty.path());
    let csv = empty.path().join("pairs.csv");
    std::fs::write(&csv, "file_x,file_y,Decision\na.jpg,b.jpg,Yes\n").unwrap();
    let wrong = empty.path().join("wrong.csv");
    std::fs::write(&wrong, "file_x,file_y,Decision\na.jpg,b.jpg,perhaps\n").unwrap();
    let said = |arguments: &[&str], what: &str| {
        let output = kioskctl(arguments);
        assert_eq!(status(&output), 2, "{arguments:?}: {output:?}");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(what), "{arguments:?}: {text}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    };
    let (csv, wrong) = (path(&csv), path(&wrong));
    said(
        &["match", "--pairs", "absent.csv", "--root", folder],
        "columns file_x",
    );
    said(&["match", "--pairs", wrong, "--root", folder], "line 2");
    said(
        &["match", "--pairs", csv, "--root", "no/such/folder"],
        "is no folder",
    );
    said(
        &[
            "match", "--pairs", csv, "--root", folder, "--models", folder,
        ],
        "cargo xtask setup",
    );
    said(
        &["match", "--pairs", csv, "--root", folder, "--policy", csv],
        "pairs.csv",
    );
    said(
        &["liveness", "--clip", "no-such-clip.mp4"],
        "check the path",
    );
    said(&["liveness", "--clip", csv], "can't be opened");
    said(
        &["pad", "--bona-fide", folder, "--attacks", "no/such/folder"],
        "is no folder",
    );
    let calm = material().calm("traveller").unwrap();
    said(
        &["liveness", "--clip", path(&calm), "--models", folder],
        "cargo xtask setup",
    );
    said(
        &[
            "pad",
            "--bona-fide",
            folder,
            "--attacks",
            folder,
            "--models",
            folder,
        ],
        "cargo xtask setup",
    );
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

#[test]
fn every_pair_of_the_reference_clips_usable_frames_is_decided_rightly() {
    let Some(data) = std::env::var_os("KIOSK_TESTDATA") else {
        println!("KIOSK_TESTDATA is not set: only the project's own people were compared");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut reader = material().reader().unwrap();
    let mut files: Vec<(String, String)> = Vec::new();
    let mut clips: Vec<_> = std::fs::read_dir(Path::new(&data).join("faces/clips"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension() == Some(OsStr::new("mp4")))
        .collect();
    clips.sort();
    for (who, clip) in clips.iter().enumerate() {
        for (number, frame) in usable_frames(clip, &mut reader).into_iter().enumerate() {
            let file = format!("{who}-{number}.jpg");
            write(&folder, &file, &frame);
            files.push((who.to_string(), file));
        }
    }
    let mut pairs = Vec::new();
    for (place, (who, file)) in files.iter().enumerate() {
        for (whom, other) in &files[place + 1..] {
            pairs.push((
                file.as_str(),
                other.as_str(),
                if who == whom { "Yes" } else { "No" },
            ));
        }
    }
    let (told, summary) = lines(&matched(&folder, &pairs, &[]));
    println!("{summary}");
    for line in told {
        assert_eq!(line["decision"], line["same"], "{line}");
    }
    assert_eq!(summary["failures_to_enrol"], 0);
}

/// Every 30th frame that the policy calls usable, twelve at most.
fn usable_frames(clip: &Path, reader: &mut FaceReader) -> Vec<Picture> {
    use kiosk_capture::{FrameSource, Pacing, Recording};
    let mut recording = Recording::open(clip, Pacing::AsFastAsAsked).unwrap();
    let (mut found, mut number) = (Vec::new(), 0_u32);
    while let Some(frame) = recording.next_frame().unwrap() {
        number += 1;
        if number % 30 != 1 || found.len() == 12 {
            continue;
        }
        let picture = Picture::from_frame(&frame).unwrap();
        let pose = reader.observe(&picture).unwrap().subject.unwrap().pose;
        if pose.yaw_deg.abs() <= 20.0 && pose.pitch_deg.abs() <= 20.0 {
            found.push(picture);
        }
    }
    found
}
