//! Faces, from pictures to observations and templates, by the networks of the default pack.
//!
//! Golden values are those of the public-domain astronaut portrait, measured once on ONNX Runtime
//! 1.31 (CPU, FP32); tolerances leave room for another processor's rounding, not for another model.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

use crate::support::{astronaut, beside, hopper, mirrored, models, placed};
use kiosk_inference::face::{FaceEmbedder, FaceReader, NotOneFace, Template};
use kiosk_inference::picture::Picture;

/// Middle of the astronaut's face, and its height from forehead to chin, in picture pixels.
const ASTRONAUT: ([f32; 2], f64) = ([225.0, 115.0], 115.0);

fn reader() -> FaceReader {
    let (engine, pack) = models();
    FaceReader::load(&engine, &pack).unwrap()
}

/// A reader and an embedder as one question: who is it?
fn describer() -> impl FnMut(&Picture) -> Template {
    let (engine, pack) = models();
    let mut reader = FaceReader::load(&engine, &pack).unwrap();
    let mut embedder = FaceEmbedder::load(&engine, &pack).unwrap();
    move |picture| {
        let seen = reader.observe(picture).unwrap();
        embedder
            .embed(picture, seen.subject.as_ref().unwrap())
            .unwrap()
    }
}

#[test]
fn the_portrait_is_measured_as_it_always_was() {
    let seen = reader().observe(&astronaut()).unwrap();
    let subject = seen.only_face().unwrap();
    let near = |found: f32, golden: f32, within: f32, what: &str| {
        assert!(
            (found - golden).abs() <= within,
            "{what}: {found}, golden {golden}"
        );
    };
    let face = subject.bounds;
    for (found, golden) in [
        (face.x, 179.8),
        (face.y, 56.3),
        (face.width, 91.1),
        (face.height, 122.9),
    ] {
        near(found, golden, 1.5, "bounds");
    }
    near(subject.presence, 1.0, 0.01, "presence");
    near(subject.pose.yaw_deg, -0.8, 1.0, "yaw");
    near(subject.pose.pitch_deg, -9.3, 1.0, "pitch");
    near(subject.pose.roll_deg, 3.3, 1.0, "roll");
    for (index, golden) in GOLDEN_POINTS {
        let found = subject.landmarks[index];
        near(found[0], golden[0], 1.0, "landmark");
        near(found[1], golden[1], 1.0, "landmark");
    }
    near(
        subject.eyes[0].iris[0],
        GOLDEN_IRISES[0][0],
        1.0,
        "right iris",
    );
    near(
        subject.eyes[0].iris[1],
        GOLDEN_IRISES[0][1],
        1.0,
        "right iris",
    );
    near(
        subject.eyes[1].iris[0],
        GOLDEN_IRISES[1][0],
        1.0,
        "left iris",
    );
    near(
        subject.eyes[1].iris[1],
        GOLDEN_IRISES[1][1],
        1.0,
        "left iris",
    );
    near(subject.eye_openness, GOLDEN_OPENNESS[0], 0.08, "eyes");
    near(subject.mouth_openness, GOLDEN_OPENNESS[1], 0.08, "mouth");
}

/// Nose tip, outer corners of the right and the left eye, chin.
const GOLDEN_POINTS: [(usize, [f32; 2]); 4] = [
    (4, [223.9, 127.3]),
    (33, [194.3, 100.8]),
    (263, [257.1, 103.9]),
    (152, [221.1, 175.9]),
];
const GOLDEN_IRISES: [[f32; 2]; 2] = [[203.6, 101.1], [246.4, 103.2]];
/// Eyes, mouth.
const GOLDEN_OPENNESS: [f32; 2] = [0.94, 0.27];

#[test]
fn a_mirrored_picture_has_the_mirrored_pose() {
    let mut reader = reader();
    let picture = placed(&astronaut(), ASTRONAUT.0, 2.0, 12.0, [1280, 720]);
    let one = reader.observe(&picture).unwrap().subject.unwrap().pose;
    let other = reader
        .observe(&mirrored(&picture))
        .unwrap()
        .subject
        .unwrap()
        .pose;
    assert!(
        (one.yaw_deg + other.yaw_deg).abs() < 4.0,
        "{one:?} {other:?}"
    );
    assert!(
        (one.roll_deg + other.roll_deg).abs() < 4.0,
        "{one:?} {other:?}"
    );
    assert!(
        (one.pitch_deg - other.pitch_deg).abs() < 4.0,
        "{one:?} {other:?}"
    );
}

#[test]
fn a_face_is_found_from_a_twentieth_of_the_frame_until_it_overflows_it() {
    let (mut reader, picture) = (reader(), astronaut());
    let (at, height) = ASTRONAUT;
    for percent in [5, 6, 8, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110] {
        let scale = f64::from(percent) / 100.0 * 720.0 / height;
        let seen = reader
            .observe(&placed(&picture, at, scale, 0.0, [1280, 720]))
            .unwrap();
        let face = seen
            .only_face()
            .unwrap_or_else(|none| panic!("{percent}%: {none}"))
            .bounds;
        let middle = [face.x + face.width / 2.0, face.y + face.height / 2.0];
        let off = (middle[0] - 640.0).abs().max((middle[1] - 360.0).abs());
        assert!(off < 0.15 * face.height, "{percent}%: {face:?}");
    }
}

#[test]
fn a_tilted_head_is_found_and_its_tilt_read() {
    let (mut reader, picture) = (reader(), astronaut());
    let upright = reader.observe(&picture).unwrap().subject.unwrap().pose;
    for degrees in [-45, -30, -15, 15, 30, 45] {
        let frame = placed(&picture, ASTRONAUT.0, 2.0, f64::from(degrees), [1280, 720]);
        let seen = reader.observe(&frame).unwrap();
        let pose = seen
            .only_face()
            .unwrap_or_else(|none| panic!("{degrees}: {none}"))
            .pose;
        let tilt = pose.roll_deg - upright.roll_deg;
        assert!((tilt - degrees as f32).abs() < 4.0, "{degrees}: {pose:?}");
    }
}

#[test]
fn a_picture_without_a_face_is_an_empty_observation() {
    let mut reader = reader();
    let noise = |i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8;
    let pictures = [
        Picture::from_bgr(640, 480, vec![0; 640 * 480 * 3]).unwrap(),
        Picture::from_bgr(320, 240, (0..320 * 240 * 3).map(noise).collect()).unwrap(),
        Picture::from_bgr(1, 1, vec![200; 3]).unwrap(),
        Picture::from_bgr(4000, 2, vec![90; 24_000]).unwrap(),
        Picture::from_bgr(2, 4000, vec![90; 24_000]).unwrap(),
    ];
    for picture in pictures {
        let seen = reader.observe(&picture).unwrap();
        assert!(
            seen.faces.is_empty() && seen.subject.is_none(),
            "{picture:?}"
        );
        assert_eq!(seen.only_face().unwrap_err(), NotOneFace::NoFace);
    }
}

#[test]
fn two_faces_are_both_reported_and_the_nearer_is_the_subject() {
    let mut seen = reader().observe(&beside(&astronaut(), &hopper())).unwrap();
    assert_eq!(seen.only_face().unwrap_err(), NotOneFace::Several(2));
    assert_eq!(seen.near_faces(), 2);
    let far = seen.faces.clone();
    seen.faces[1].height = 0.39 * seen.faces[0].height;
    assert_eq!(
        seen.near_faces(),
        1,
        "who passes behind is not before the camera"
    );
    seen.faces = far;
    let areas: Vec<f32> = seen
        .faces
        .iter()
        .map(|face| face.width * face.height)
        .collect();
    assert!(areas[0] >= areas[1], "{:?}", seen.faces);
    assert_eq!(seen.subject.unwrap().bounds, seen.faces[0]);
}

#[test]
fn the_same_face_lies_below_the_published_threshold_and_another_above() {
    let mut describe = describer();
    let (one, other) = (astronaut(), hopper());
    let enrolled = describe(&one);
    let stranger = enrolled.distance(&describe(&other));
    println!("the two portraits: distance {stranger:.3}");
    assert!(stranger > 0.6);
    assert!((stranger - 0.671).abs() < 0.02, "golden: 0.671");
    for (scale, degrees) in [(0.5, 0.0), (1.0, 20.0), (2.0, -30.0), (4.0, 0.0)] {
        let again = placed(&one, ASTRONAUT.0, scale, degrees, [1280, 720]);
        let distance = enrolled.distance(&describe(&again));
        println!("the same at {scale} times, turned {degrees} degrees: distance {distance:.3}");
        assert!(distance < 0.35);
        assert!(describe(&other).distance(&describe(&again)) > 0.6);
    }
    let turned = enrolled.distance(&describe(&mirrored(&one)));
    println!("the same mirrored: distance {turned:.3}");
    assert!(turned < 0.6);
}

#[test]
fn every_stage_is_timed_by_name() {
    let seen = reader().observe(&astronaut()).unwrap();
    let names: Vec<&str> = seen.stages.iter().map(|(name, _)| *name).collect();
    for model in ["detect", "mesh", "iris"] {
        for stage in ["preprocess", "run", "postprocess"] {
            let name = format!("{model}.{stage}");
            assert!(
                names.contains(&name.as_str()),
                "{name} is not among {names:?}"
            );
        }
    }
}
