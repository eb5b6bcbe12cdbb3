//! Faces of real people in motion, beside MediaPipe's reading of the same clips.
//!
//! The clips are named by `KIOSK_TESTDATA`; without it these tests say so and look at nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

use std::collections::BTreeMap;

use crate::support::{files, frames, models, name, picture, testdata};
use kiosk_inference::face::{FaceEmbedder, FaceReader, Template};

/// What MediaPipe read, frame by frame: yaw, pitch (down positive), roll, eyes, mouth.
#[derive(serde::Deserialize)]
struct Timeline {
    clips: BTreeMap<String, Clip>,
}

#[derive(serde::Deserialize)]
struct Clip {
    rows: Vec<Option<[f32; 6]>>,
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

#[test]
fn head_pose_agrees_with_a_peers_reading() {
    let Some(folder) = testdata("faces/clips") else {
        return;
    };
    let text = std::fs::read_to_string(folder.join("timeline.json")).unwrap();
    let timeline: Timeline = serde_json::from_str(&text).unwrap();
    let (engine, pack) = models();
    let mut reader = FaceReader::load(&engine, &pack).unwrap();
    let mut all: [Vec<f32>; 3] = Default::default();
    for clip in files(&folder, "mp4") {
        let rows = &timeline.clips[&name(&clip)].rows;
        let mut apart: [Vec<f32>; 3] = Default::default();
        for (index, (_, picture)) in frames(&clip, 3).iter().enumerate() {
            let seen = reader.observe(picture).unwrap();
            let subject = seen.only_face().unwrap();
            let Some(Some([yaw, pitch, roll, ..])) = rows.get(3 * index) else {
                continue;
            };
            let pose = subject.pose;
            apart[0].push((pose.yaw_deg - yaw).abs());
            apart[1].push((pose.pitch_deg + pitch).abs());
            apart[2].push((pose.roll_deg - roll).abs());
        }
        println!(
            "{}: mean difference from MediaPipe: yaw {:.2}, pitch {:.2}, roll {:.2} degrees",
            name(&clip),
            mean(&apart[0]),
            mean(&apart[1]),
            mean(&apart[2])
        );
        for (sum, part) in all.iter_mut().zip(apart) {
            sum.extend(part);
        }
    }
    let [yaw, pitch, roll] = all.map(|values| mean(&values));
    println!("all clips: yaw {yaw:.2}, pitch {pitch:.2}, roll {roll:.2} degrees");
    assert!(yaw < 1.5 && roll < 1.5, "yaw {yaw}, roll {roll}");
    assert!(pitch < 4.0, "pitch {pitch}");
}

#[test]
fn one_person_stays_the_same_through_a_clip_and_differs_from_the_others() {
    let Some(folder) = testdata("faces/clips") else {
        return;
    };
    let (engine, pack) = models();
    let mut reader = FaceReader::load(&engine, &pack).unwrap();
    let mut embedder = FaceEmbedder::load(&engine, &pack).unwrap();
    let mut people: Vec<Vec<Template>> = Vec::new();
    for clip in files(&folder, "mp4") {
        let mut templates = Vec::new();
        for (_, picture) in frames(&clip, 25) {
            let seen = reader.observe(&picture).unwrap();
            let subject = seen.only_face().unwrap();
            if subject.pose.yaw_deg.abs() < 20.0 && subject.pose.pitch_deg.abs() < 20.0 {
                templates.push(embedder.embed(&picture, subject).unwrap());
            }
        }
        people.push(templates);
    }
    let (mut same, mut different) = (Vec::new(), Vec::new());
    for (i, one) in people.iter().enumerate() {
        for (k, template) in one.iter().enumerate() {
            same.extend(one[k + 1..].iter().map(|other| template.distance(other)));
            for two in &people[i + 1..] {
                different.extend(two.iter().map(|other| template.distance(other)));
            }
        }
    }
    same.sort_by(f32::total_cmp);
    different.sort_by(f32::total_cmp);
    println!(
        "{} pairs of one person: mean {:.3}, largest {:.3}; {} pairs of two: mean {:.3}, smallest {:.3}",
        same.len(),
        mean(&same),
        same[same.len() - 1],
        different.len(),
        mean(&different),
        different[0]
    );
    assert!(
        same[same.len() - 1] < 0.6,
        "one person lies above the threshold"
    );
    assert!(different[0] > 0.6, "two people lie below the threshold");
}

#[test]
fn a_face_is_found_in_every_turntable_picture() {
    let Some(folder) = testdata("faces/turntable") else {
        return;
    };
    let (engine, pack) = models();
    let mut reader = FaceReader::load(&engine, &pack).unwrap();
    let mut embedder = FaceEmbedder::load(&engine, &pack).unwrap();
    let mut templates = Vec::new();
    for file in files(&folder, "jpg") {
        let picture = picture(&file);
        let seen = reader.observe(&picture).unwrap();
        let subject = seen
            .subject
            .unwrap_or_else(|| panic!("no face in {}", name(&file)));
        println!(
            "{}: {} faces, nearest {:?}",
            name(&file),
            seen.faces.len(),
            subject.bounds
        );
        templates.push(embedder.embed(&picture, &subject).unwrap());
    }
    // Each picture shows another computer-made figure several times; they are not asserted to match.
    let pairs: Vec<f32> = templates
        .iter()
        .enumerate()
        .flat_map(|(i, one)| templates[i + 1..].iter().map(|two| one.distance(two)))
        .collect();
    println!(
        "{} pairs of turntable pictures: mean distance {:.3}",
        pairs.len(),
        mean(&pairs)
    );
}
