//! Liveness by the networks of the default pack: passive detection and gestures.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

use crate::support;
use crate::support::{
    astronaut, files, frames, hopper, models, name, picture, placed, root, testdata, tilted,
};
use crate::timeline;
use kiosk_inference::face::{FaceBox, FaceReader, Track};
use kiosk_inference::liveness::{Gesture, GestureDetector, GestureKind, PassivePad};
use kiosk_inference::pack::Pack;
use kiosk_inference::picture::Picture;

/// Passive detection's networks, or `None`, said so, where set-up could not get them.
fn pad() -> Option<(FaceReader, PassivePad)> {
    let (engine, pack) = models();
    let Some(pad) = PassivePad::load(&engine, &pack).unwrap() else {
        println!("the pack has no passive PAD networks: they are not judged");
        return None;
    };
    Some((FaceReader::load(&engine, &pack).unwrap(), pad))
}

#[test]
fn real_people_score_high_and_attacks_low() {
    let (Some(folder), Some((mut reader, mut pad))) = (testdata("faces"), pad()) else {
        return;
    };
    let mut score = |picture: &Picture| {
        let subject = reader.observe(picture).unwrap().subject.unwrap();
        pad.score(picture, &subject.bounds).unwrap().score
    };
    let mut high = 0;
    let clips = files(&folder.join("clips"), "mp4");
    for clip in &clips {
        let frames = frames(clip, 20);
        let mean = frames
            .iter()
            .map(|(_, picture)| score(picture))
            .sum::<f32>()
            / frames.len() as f32;
        println!("{}: {mean:.3} over {} frames", name(clip), frames.len());
        assert!(mean > 0.5, "{}", name(clip));
        high += usize::from(mean >= 0.9);
    }
    println!("{high} of {} real clips at 0.9 or more", clips.len());
    assert!(high * 10 >= clips.len() * 8);
    for (file, bona_fide) in [("T1", true), ("F1", false), ("F2", false)] {
        let found = score(&picture(&folder.join(format!("spoof/image_{file}.jpg"))));
        println!("{file}: {found:.4}");
        assert!(
            if bona_fide { found > 0.9 } else { found < 0.5 },
            "{file}: {found}"
        );
    }
}

#[test]
fn a_score_lies_between_0_and_1_and_both_networks_are_told() {
    let Some((mut reader, mut pad)) = pad() else {
        return;
    };
    let picture = astronaut();
    let subject = reader.observe(&picture).unwrap().subject.unwrap();
    let judged = pad.score(&picture, &subject.bounds).unwrap();
    println!("the portrait: {:.3} of {:?}", judged.score, judged.networks);
    assert!((0.0..=1.0).contains(&judged.score));
    // Golden: measured once on ONNX Runtime 1.31, CPU, FP32.
    for (found, golden) in judged.networks.iter().zip([0.976, 0.667]) {
        assert!((found - golden).abs() < 0.04, "{:?}", judged.networks);
    }
    assert!((judged.score - f32::midpoint(judged.networks[0], judged.networks[1])).abs() < 1e-6);
    assert!(judged.stages.iter().any(|(name, _)| *name == "pad.run"));
}

#[test]
fn a_box_outside_the_picture_is_a_typed_error() {
    let Some((_, mut pad)) = pad() else { return };
    let nowhere = FaceBox {
        x: 9000.0,
        y: 10.0,
        width: 50.0,
        height: 60.0,
        score: 1.0,
    };
    assert!(pad.score(&astronaut(), &nowhere).is_err());
}

#[test]
fn a_pack_without_the_networks_opens_and_is_not_assessed() {
    let models = root().join("models");
    let folder = tempfile::tempdir().unwrap();
    let lesser = folder.path().join("default");
    std::fs::create_dir(&lesser).unwrap();
    for entry in std::fs::read_dir(models.join("packs/default")).unwrap() {
        let path = entry.unwrap().path().canonicalize().unwrap();
        if !name(&path).starts_with("pad_") {
            std::os::unix::fs::symlink(&path, lesser.join(name(&path))).unwrap();
        }
    }
    let pack = Pack::open(&models.join("manifest.toml"), &lesser).unwrap();
    let (engine, _) = support::models();
    assert!(PassivePad::load(&engine, &pack).unwrap().is_none());
    assert_eq!(pack.absent(), ["pad_v2", "pad_v1se"]);
}

fn gestures(frames: &[(f64, Picture)]) -> Vec<Gesture> {
    let (engine, pack) = models();
    let mut reader = FaceReader::load(&engine, &pack).unwrap();
    gestures_by(
        &mut reader,
        frames
            .iter()
            .map(|(t_ms, picture)| (*t_ms, picture.clone())),
    )
}

fn gestures_by(
    reader: &mut FaceReader,
    frames: impl Iterator<Item = (f64, Picture)>,
) -> Vec<Gesture> {
    let (mut track, mut detector) = (Track::new(), GestureDetector::new());
    for (t_ms, picture) in frames {
        if let Some(subject) = reader.follow(&picture, &mut track).unwrap().subject {
            detector.push(t_ms, &subject);
        }
    }
    detector.finish()
}

/// Portraits and, where there are any, the first frames of real clips.
fn stills() -> Vec<Picture> {
    let mut stills = vec![astronaut(), hopper()];
    if let Some(folder) = testdata("faces/clips") {
        let first = |clip: &std::path::PathBuf| frames(clip, 100_000).remove(0).1;
        stills.extend(files(&folder, "mp4").iter().map(first));
    }
    stills
}

#[test]
fn a_still_picture_tilted_out_of_its_plane_makes_no_gesture() {
    let (engine, pack) = models();
    let mut reader = FaceReader::load(&engine, &pack).unwrap();
    let mut made = Vec::new();
    for (number, still) in stills().iter().take(5).enumerate() {
        for ([upright, level], leant) in [
            ([25.0, 0.0], 0.0),
            ([25.0, 0.0], 5.0),
            ([45.0, 0.0], 0.0),
            ([45.0, 0.0], 5.0),
            ([40.0, 0.0], 5.0),
            ([0.0, 25.0], 0.0),
            ([0.0, 40.0], 0.0),
            ([30.0, 20.0], 5.0),
        ] {
            let frames = (0..60).map(|frame| {
                let swing = (f64::from(frame - 10).max(0.0) / 8.0).sin();
                let turned = leant + swing * upright;
                let picture = tilted(still, turned, swing * level, [960, 720]);
                (f64::from(frame) * 50.0, picture)
            });
            let found = gestures_by(&mut reader, frames);
            made.extend(
                found
                    .iter()
                    .map(|gesture| (number, upright, level, gesture.kind)),
            );
        }
    }
    assert!(
        made.is_empty(),
        "picture, degrees, degrees, gesture: {made:?}"
    );
}

#[test]
fn a_still_picture_waved_zoomed_and_tilted_makes_no_gesture() {
    let portrait = astronaut();
    let frames: Vec<(f64, Picture)> = (0..100)
        .map(|frame| {
            let phase = f64::from(frame) / 12.0;
            let at = [
                225.0 + 40.0 * phase.sin() as f32,
                115.0 + 20.0 * (1.7 * phase).cos() as f32,
            ];
            let scale = 2.0 + 0.8 * (0.6 * phase).sin();
            let degrees = 20.0 * (0.8 * phase).sin();
            let picture = placed(&portrait, at, scale, degrees, [960, 720]);
            (f64::from(frame) * 40.0, picture)
        })
        .collect();
    let found = gestures(&frames);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn turns_blinks_and_open_mouths_of_real_people_are_found() {
    let Some(folder) = testdata("faces/clips") else {
        return;
    };
    let mut kinds = Vec::new();
    let mut seen_by_both = 0;
    for clip in files(&folder, "mp4") {
        let found = gestures(&frames(&clip, 1));
        if let Some(peer) = timeline::of(&folder, &name(&clip)) {
            seen_by_both += timeline::agrees(&peer, &found);
        }
        for gesture in found {
            let Gesture {
                kind,
                start_ms,
                peak_ms,
                end_ms,
            } = gesture;
            println!(
                "{}: {kind:?} {start_ms:.0} .. {peak_ms:.0} .. {end_ms:.0} ms",
                name(&clip)
            );
            assert!(start_ms <= peak_ms && peak_ms <= end_ms, "{gesture:?}");
            kinds.push(kind);
        }
    }
    use GestureKind::{Blink, LookUp, OpenMouth, Smile, TurnLeft, TurnRight};
    for kind in [TurnLeft, TurnRight, LookUp, Blink, OpenMouth, Smile] {
        assert!(kinds.contains(&kind), "no {kind:?} was found");
    }
    println!("{seen_by_both} turns and blinks of the peer's reading are found");
}
