//! The moment to take the picture, over films of held documents.

use std::time::Duration;

use kiosk_capture::{FrameSource, Pacing, Recording};
use kiosk_inference::document::GuidanceCode;
use kiosk_inference::document::autocapture::{Advice, AutoCapture, FrameReport};
use kiosk_inference::document::quality::Watch;
use kiosk_inference::picture::Picture;
use kiosk_tests::attack::glare;
use kiosk_tests::specimen::{Photograph, Shot, hold, photograph};

use super::support::{passport, random};

fn shot() -> Shot {
    Shot {
        scale: 0.68,
        ..Shot::default()
    }
}

/// Every third frame of a film of three seconds at 25 frames a second.
fn held() -> Vec<(Duration, Picture)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("document.avi");
    hold(passport(), &shot(), 75, 25.0, &path, &mut random(60)).unwrap();
    let mut recording = Recording::open(&path, Pacing::AsFastAsAsked).unwrap();
    let mut frames = Vec::new();
    let mut number = 0;
    while let Some(frame) = recording.next_frame().unwrap() {
        if number % 3 == 0 {
            frames.push((
                Duration::from_millis(number * 40),
                Picture::from_frame(&frame).unwrap(),
            ));
        }
        number += 1;
    }
    frames
}

/// When and which frame was captured, and what was said on the way.
fn watched(frames: &[(Duration, Picture)]) -> (Option<(Duration, u64)>, Vec<GuidanceCode>) {
    let (mut watch, mut machine) = (Watch::new(), AutoCapture::new());
    let mut said = Vec::new();
    for (number, (at, picture)) in (0..).zip(frames) {
        let look = watch.look(picture, *at).unwrap();
        match machine.step(&FrameReport::of(number, *at, &look)) {
            Advice::Captured { frame, .. } => return (Some((*at, frame)), said),
            Advice::Searching { guidance } | Advice::HoldStill { guidance, .. } => {
                said.extend(guidance.iter().map(|given| given.code));
            }
        }
    }
    (None, said)
}

#[test]
fn a_document_held_by_hand_is_captured_within_two_seconds() {
    let (captured, said) = watched(&held());
    println!("captured {captured:?}, said {said:?}");
    let (at, _) = captured.expect("captured");
    assert!(at <= Duration::from_secs(2), "{at:?}");
}

#[test]
fn a_document_that_comes_in_is_captured_after_it_rests_and_not_before() {
    let rest = held();
    // It comes in from the right within a second, and then is held.
    let mut frames: Vec<(Duration, Picture)> = Vec::new();
    for step in 0..9_u32 {
        let offset = 0.26 - 0.029 * step as f32;
        let coming = photograph(
            passport(),
            &Shot {
                offset: (offset, 0.0),
                ..shot()
            },
            &mut random(61),
        )
        .unwrap();
        frames.push((Duration::from_millis(u64::from(step) * 120), coming.picture));
    }
    let arrived = Duration::from_millis(9 * 120);
    frames.extend(
        rest.into_iter()
            .map(|(at, picture)| (at + arrived, picture)),
    );
    let (captured, said) = watched(&frames);
    println!("captured {captured:?}, said {said:?}");
    let (at, frame) = captured.expect("captured");
    assert!(frame >= 9, "a frame in motion was taken");
    assert!(at <= arrived + Duration::from_secs(2), "{at:?}");
    assert!(said.contains(&GuidanceCode::Moving) || said.contains(&GuidanceCode::CutOff));
}

#[test]
fn a_glared_view_is_never_captured() {
    let frames: Vec<(Duration, Picture)> = held()
        .into_iter()
        .take(15)
        .map(|(at, picture)| {
            let (width, height) = (picture.width() as f32, picture.height() as f32);
            // The held page stays within a hundredth of the picture's middle.
            let corners = [
                [width * 0.16, height * 0.18],
                [width * 0.84, height * 0.18],
                [width * 0.84, height * 0.82],
                [width * 0.16, height * 0.82],
            ];
            let lit = glare(&Photograph { picture, corners }, [0.5, 0.6], 0.10).unwrap();
            (at, lit)
        })
        .collect();
    let (captured, said) = watched(&frames);
    assert_eq!(captured, None);
    assert!(said.contains(&GuidanceCode::Glare), "{said:?}");
}
