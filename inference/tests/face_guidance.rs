//! What a person is told in one frame: on clean faces nothing, on each fault that is made here its own word.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

use std::collections::BTreeMap;

use crate::cover::{Cover, over, reflect};
use crate::support::{
    astronaut, beside, files, frames, hopper, mirrored, models, name, placed, testdata,
};
use kiosk_inference::face::{FaceQuality, FaceReader, Guidance, Least, Wanted};
use kiosk_inference::picture::Picture;

/// As the shipped policy has it.
const WANTED: Wanted = Wanted {
    min_height_px: 80.0,
    max_turn_deg: Some(20.0),
    least: Least {
        sharpness: 3,
        under_exposure: 51,
        over_exposure: 5,
        face_occlusion: 65,
    },
};
const FRAME: [i32; 2] = [1280, 720];

struct Guide(FaceReader);

impl Guide {
    fn new() -> Self {
        let (engine, pack) = models();
        Self(FaceReader::load(&engine, &pack).unwrap())
    }

    fn says(&mut self, picture: &Picture) -> Option<Guidance> {
        let seen = self.0.observe(picture).unwrap();
        let subject = seen.subject.as_ref();
        let quality = subject.map(|subject| FaceQuality::assess(picture, subject, &seen).unwrap());
        let size = [picture.width(), picture.height()];
        Guidance::of(size, &seen, quality.as_ref(), WANTED)
    }
}

/// The portrait in the middle of a frame, its pixels per portrait pixel.
fn portrait(scale: f64) -> Picture {
    placed(&astronaut(), [225.0, 115.0], scale, 0.0, FRAME)
}

/// Every level times `gain`.
fn lit(picture: &Picture, gain: f32) -> Picture {
    let bgr = picture
        .bgr()
        .iter()
        .map(|level| (f32::from(*level) * gain) as u8);
    Picture::from_bgr(picture.width(), picture.height(), bgr.collect()).unwrap()
}

#[test]
fn each_fault_has_its_own_word() {
    let mut guide = Guide::new();
    let clean = portrait(2.5);
    let grey = Picture::from_bgr(1280, 720, vec![128; 1280 * 720 * 3]).unwrap();
    let subject = guide.0.observe(&clean).unwrap().subject.unwrap();
    let edge = placed(&astronaut(), [300.0, 115.0], 4.0, 0.0, [640, 720]);
    for (fault, picture, word) in [
        ("nobody", grey, Some(Guidance::NoFace)),
        (
            "two",
            beside(&clean, &mirrored(&clean)),
            Some(Guidance::SeveralFaces),
        ),
        ("far", portrait(0.6), Some(Guidance::TooFar)),
        ("near", portrait(6.0), Some(Guidance::TooNear)),
        ("at the edge", edge, Some(Guidance::CutOff)),
        ("in the dark", lit(&clean, 0.25), Some(Guidance::TooDark)),
        ("glared at", lit(&clean, 2.2), Some(Guidance::TooBright)),
        (
            "masked",
            over(&clean, &subject, Cover::BlueMask),
            Some(Guidance::Covered),
        ),
        (
            "in dark glasses",
            over(&clean, &subject, Cover::DarkGlasses),
            Some(Guidance::Covered),
        ),
        (
            "with reflections",
            reflect(&clean, &subject),
            Some(Guidance::Glare),
        ),
        ("clean", clean.clone(), None),
        ("clean, mirrored", mirrored(&clean), None),
        ("clean, another", hopper(), None),
    ] {
        assert_eq!(guide.says(&picture), word, "{fault}");
    }
}

#[test]
fn a_turned_head_is_a_fault_only_where_nobody_was_asked_to_turn_it() {
    let mut guide = Guide::new();
    let picture = portrait(2.5);
    let mut seen = guide.0.observe(&picture).unwrap();
    let subject = seen.subject.as_mut().unwrap();
    subject.pose.yaw_deg = 31.0;
    let said = |wanted| Guidance::of([1280, 720], &seen, None, wanted);
    assert_eq!(said(WANTED), Some(Guidance::Turned));
    let asked = Wanted {
        max_turn_deg: None,
        ..WANTED
    };
    assert_eq!(said(asked), None);
}

#[test]
fn people_who_sit_before_a_camera_are_hardly_told_anything() {
    let Some(folder) = testdata("faces/clips") else {
        return;
    };
    let mut guide = Guide::new();
    let (mut told, mut all) = (BTreeMap::<&str, u32>::new(), 0);
    for clip in files(&folder, "mp4") {
        let mut of_clip = BTreeMap::<&str, u32>::new();
        for (_, picture) in frames(&clip, 12) {
            all += 1;
            if let Some(word) = guide.says(&picture) {
                *of_clip.entry(word.code()).or_default() += 1;
                *told.entry(word.code()).or_default() += 1;
            }
        }
        println!("{}: {of_clip:?}", name(&clip));
    }
    println!("of {all} frames: {told:?}");
    for wrong in [
        "NO_FACE",
        "SEVERAL_FACES",
        "TOO_DARK",
        "TOO_BRIGHT",
        "FACE_COVERED",
        "GLASSES_GLARE",
    ] {
        let share = f64::from(told.get(wrong).copied().unwrap_or(0)) / f64::from(all);
        assert!(share < 0.02, "{wrong} in {share:.2} of the frames");
    }
}
