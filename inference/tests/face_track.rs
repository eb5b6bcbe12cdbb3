//! A face followed from frame to frame, by the networks of the default pack.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

use crate::support::{astronaut, beside, files, frames, hopper, models, name, placed, testdata};
use kiosk_inference::face::{FaceReader, Subject, Track};
use kiosk_inference::picture::Picture;

/// Middle of the astronaut's face, and its height from forehead to chin, in picture pixels.
const ASTRONAUT: ([f32; 2], f64) = ([225.0, 115.0], 115.0);
const FRAME: [i32; 2] = [1280, 720];

fn reader() -> FaceReader {
    let (engine, pack) = models();
    FaceReader::load(&engine, &pack).unwrap()
}

/// The portrait with its face that high, turned by so many degrees.
fn portrait(share: f64, degrees: f64) -> Picture {
    let (at, height) = ASTRONAUT;
    placed(&astronaut(), at, share * 720.0 / height, degrees, FRAME)
}

fn empty() -> Picture {
    Picture::from_bgr(1280, 720, vec![90; 1280 * 720 * 3]).unwrap()
}

fn looks(stages: &[(&str, std::time::Duration)]) -> usize {
    let of_detector = |name: &str| name == "detect.run" || name == "search";
    stages.iter().filter(|(name, _)| of_detector(name)).count()
}

/// Largest distance of two meshes' points, as a share of the distance between the eyes.
fn apart(one: &Subject, two: &Subject) -> f32 {
    let eyes = (one.landmarks[33][0] - one.landmarks[263][0])
        .hypot(one.landmarks[33][1] - one.landmarks[263][1]);
    let pairs = one.landmarks.iter().zip(&two.landmarks);
    let distance = |(a, b): (&[f32; 3], &[f32; 3])| (a[0] - b[0]).hypot(a[1] - b[1]);
    pairs.map(distance).fold(0.0, f32::max) / eyes
}

#[test]
fn the_detector_looks_once_in_fifteen_frames_while_a_face_is_followed() {
    let (mut reader, mut track) = (reader(), Track::new());
    let frame = portrait(0.4, 0.0);
    let counts: Vec<usize> = (0..46)
        .map(|_| {
            let seen = reader.follow(&frame, &mut track).unwrap();
            assert_eq!(seen.track, Some(1));
            looks(&seen.stages)
        })
        .collect();
    assert_eq!(counts.iter().sum::<usize>(), 4, "{counts:?}");
}

#[test]
fn a_followed_face_is_measured_like_one_that_is_looked_for_anew() {
    let (mut reader, mut track) = (reader(), Track::new());
    let (mut worst, mut turn) = (0.0_f32, 0.0_f32);
    for step in 0..40 {
        let degrees = 40.0 * (f64::from(step) / 6.0).sin();
        let frame = portrait(0.3 + 0.005 * f64::from(step), degrees);
        let seen = reader.follow(&frame, &mut track).unwrap();
        let followed = seen
            .subject
            .unwrap_or_else(|| panic!("lost at step {step}"));
        let anew = reader.observe(&frame).unwrap().subject.unwrap();
        assert_eq!(seen.track, Some(1), "lost before step {step}");
        worst = worst.max(apart(&followed, &anew));
        turn = turn.max((followed.pose.roll_deg - anew.pose.roll_deg).abs());
    }
    println!("points at most {worst:.3} of the eyes' distance apart, tilt {turn:.2} degrees");
    assert!(worst < 0.12, "{worst}");
    assert!(turn < 3.0, "{turn}");
}

#[test]
fn a_face_is_followed_from_far_to_very_near() {
    let (mut reader, mut track) = (reader(), Track::new());
    for step in 0..=60 {
        let share = 0.06 * 15.0_f64.powf(f64::from(step) / 60.0);
        let seen = reader.follow(&portrait(share, 0.0), &mut track).unwrap();
        assert!(seen.subject.is_some(), "lost at {share:.2} of the height");
        assert_eq!(seen.track, Some(1), "lost before {share:.2} of the height");
    }
}

#[test]
fn a_face_that_went_away_is_no_more_and_one_that_comes_is_another() {
    let (mut reader, mut track) = (reader(), Track::new());
    for _ in 0..3 {
        let seen = reader.follow(&portrait(0.4, 0.0), &mut track).unwrap();
        assert_eq!(seen.track, Some(1));
    }
    for _ in 0..3 {
        let seen = reader.follow(&empty(), &mut track).unwrap();
        assert!(seen.subject.is_none() && seen.faces.is_empty());
        assert_eq!(seen.track, None);
    }
    let seen = reader.follow(&portrait(0.4, 0.0), &mut track).unwrap();
    assert_eq!(seen.track, Some(2));
}

#[test]
fn nobody_before_the_camera_costs_two_looks_a_frame_and_a_small_face_is_found_in_a_third_of_a_second()
 {
    let (mut reader, mut track) = (reader(), Track::new());
    let counts: Vec<usize> = (0..5)
        .map(|_| looks(&reader.follow(&empty(), &mut track).unwrap().stages))
        .collect();
    assert!(counts[1..].iter().all(|count| *count <= 2), "{counts:?}");
    let far = portrait(0.06, 0.0);
    let waited = (1..=10).find(|_| {
        let seen = reader.follow(&far, &mut track).unwrap();
        seen.subject.is_some()
    });
    println!("found in frame {waited:?}");
    assert!(waited.is_some());
}

#[test]
fn a_second_face_is_reported_within_half_a_second_and_the_subject_stays() {
    let (mut reader, mut track) = (reader(), Track::new());
    let both = beside(&astronaut(), &hopper());
    let first = reader.follow(&both, &mut track).unwrap();
    assert_eq!(first.faces.len(), 2);
    let subject = first.subject.unwrap().bounds;
    for _ in 0..40 {
        let seen = reader.follow(&both, &mut track).unwrap();
        assert_eq!((seen.faces.len(), seen.track), (2, Some(1)));
        assert!(seen.subject.unwrap().bounds.overlap(&subject) > 0.8);
    }
}

#[test]
fn what_is_no_face_is_not_followed_for_long() {
    let (mut reader, mut track) = (reader(), Track::new());
    reader.follow(&portrait(0.4, 0.0), &mut track).unwrap();
    // Eyes and mouth are gone, skin and hair stay.
    let face = portrait(0.4, 0.0);
    let mut bytes = face.bgr().to_vec();
    let skin: [u8; 3] = bytes[(330 * 1280 + 640) * 3..][..3].try_into().unwrap();
    for y in 250..500 {
        for x in 540..740 {
            bytes[(y * 1280 + x) * 3..][..3].copy_from_slice(&skin);
        }
    }
    let faceless = Picture::from_bgr(1280, 720, bytes).unwrap();
    let held = (0..60)
        .take_while(|_| {
            let seen = reader.follow(&faceless, &mut track).unwrap();
            seen.subject.is_some()
        })
        .count();
    println!("followed for {held} frames more");
    assert!(held <= 31, "{held}");
}

#[test]
fn real_people_are_followed_through_whole_clips() {
    let Some(folder) = testdata("faces/clips") else {
        return;
    };
    let mut reader = reader();
    for clip in files(&folder, "mp4") {
        let mut track = Track::new();
        let (mut turns, mut points, mut looked, mut lost) = (Vec::new(), Vec::new(), 0, 0);
        for (index, (_, picture)) in frames(&clip, 1).iter().enumerate() {
            let seen = reader.follow(picture, &mut track).unwrap();
            looked += looks(&seen.stages);
            let Some(subject) = seen.subject else {
                lost += 1;
                continue;
            };
            if index % 4 == 0 {
                let anew = reader.observe(picture).unwrap().subject.unwrap();
                turns.push((subject.pose.yaw_deg - anew.pose.yaw_deg).abs());
                points.push(apart(&subject, &anew));
            }
        }
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len().max(1) as f32;
        println!(
            "{}: lost in {lost} frames, {looked} looks; yaw {:.2} degrees, worst point {:.3} of the eyes' distance from anew",
            name(&clip),
            mean(&turns),
            mean(&points)
        );
        assert_eq!(lost, 0);
        assert!(mean(&turns) < 1.5);
    }
}
