//! Neither a slow viewer nor slow analysis holds anybody up.

use std::time::Duration;

use kiosk_capture::{Pacing, Recording};
use kiosk_inference::picture::Picture;
use kiosk_tests::film;
use kiosk_tests::preview::{Habit, Screen};
use kioskd::preview::Observation;
use kioskd::station::{FrameFeed, Place};
use serde_json::Value;

use crate::support::{FACE, Kiosk, never};

const FRAMES: u64 = 60;

/// Two seconds of film, large enough that what nobody reads fills a socket's buffer soon.
fn film_of_two_seconds(folder: &std::path::Path) -> std::path::PathBuf {
    let path = folder.join("film.avi");
    let picture = |frame: u64| {
        let level = |at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8 ^ frame as u8;
        let bgr = (0..640 * 360 * 3).map(level).collect();
        Ok(Picture::from_bgr(640, 360, bgr)?)
    };
    film::write(&path, 30.0, (0..FRAMES).map(picture)).unwrap();
    path
}

#[test]
fn a_viewer_that_reads_nothing_and_analysis_of_300_ms_a_frame_hold_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = Kiosk::new(folder.path());
    let _reads_nothing = Screen::open(&kiosk.socket, FACE).unwrap();
    let mut fast = Screen::open(&kiosk.socket, FACE).unwrap();
    assert_eq!(fast.told().unwrap().state(), Some("idle"));

    let film = film_of_two_seconds(folder.path());
    let recording = Recording::open(&film, Pacing::OwnClock).unwrap();
    let begun = kiosk.clock.now();
    let mut feed = kiosk.feed(Place::Face, Box::new(recording), never());
    let analysis = std::thread::spawn(move || {
        let mut looked = Vec::new();
        while let Some(frame) = feed.next().unwrap() {
            std::thread::sleep(Duration::from_millis(300));
            feed.show(Observation {
                faces: Some(1),
                ..Observation::of(frame.sequence())
            });
            looked.push(frame.sequence());
        }
        looked
    });

    let mut seen = Vec::new();
    let mut lags = Vec::new();
    loop {
        let told = fast.told().unwrap();
        if let Some(number) = told.sequence() {
            assert!(told.picture.starts_with(&[0xFF, 0xD8]), "a JPEG");
            seen.push(number);
            let observed = &told.head["observation"]["sequence"];
            lags.extend(observed.as_u64().map(|observed| number - observed));
        } else if told.state() == Some("idle") {
            break;
        }
    }
    let took = kiosk.since(begun);
    let looked = analysis.join().unwrap();
    assert!(
        seen.windows(2).all(|two| two[0] < two[1]),
        "newest only: {seen:?}"
    );
    // A busy machine may miss some, and analysis at 300 ms a frame sees at most 8 of the 60.
    assert!(seen.len() >= 45, "{} of {FRAMES} frames", seen.len());
    assert!((3..=8).contains(&looked.len()), "{looked:?}");
    assert!(
        looked.windows(2).all(|two| two[1] - two[0] >= 4),
        "{looked:?}"
    );
    assert!(
        !lags.is_empty() && lags.iter().all(|lag| *lag > 0),
        "{lags:?}"
    );
    assert!(
        took < Duration::from_secs(4),
        "{took:?} for two seconds of film"
    );
}

#[test]
fn raw_viewers_get_the_cameras_own_bytes_and_slow_ones_hold_neither_it_nor_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = Kiosk::new(folder.path());
    let raw = r#"{"place": "face", "form": "raw"}"#;
    let mut slow: Vec<Screen> = (0..3)
        .map(|_| Screen::open(&kiosk.socket, raw).unwrap())
        .collect();
    for screen in &mut slow {
        assert_eq!(screen.told().unwrap().state(), Some("idle"));
    }
    let mut viewers = Vec::new();
    for wish in [raw, FACE] {
        let mut screen = Screen::open(&kiosk.socket, wish).unwrap();
        assert_eq!(screen.told().unwrap().state(), Some("idle"));
        viewers.push(std::thread::spawn(move || frames(&mut screen)));
    }
    let full = Screen::open(&kiosk.socket, raw).unwrap().told().unwrap();
    assert_eq!(full.head["code"], "TOO_MANY_VIEWERS");
    let mut feed = kiosk.feed(Place::Face, kiosk.camera(Habit::EndsAfter(60)), never());
    let mut looked = 0;
    while feed.next().unwrap().is_some() {
        looked += 1;
    }
    drop(feed);
    assert!(looked >= 45, "{looked} of 60");
    let [quick, jpeg] = [0, 1].map(|_| viewers.remove(0).join().unwrap());
    assert!(quick.len() >= 45, "{} of 60", quick.len());
    assert!(jpeg.len() >= 45, "{} of 60", jpeg.len());
    assert!(
        quick
            .iter()
            .all(|(format, bytes)| format == "bgr8" && *bytes == 320 * 180 * 3)
    );
    assert!(jpeg.iter().all(|(format, _)| format == "jpeg"));
}

/// Format and bytes of every frame until the step is over.
fn frames(screen: &mut Screen) -> Vec<(String, usize)> {
    let mut frames = Vec::new();
    loop {
        let told = screen.told().unwrap();
        match told.head["format"].as_str() {
            Some(format) => frames.push((format.to_owned(), told.picture.len())),
            None if told.state() == Some("idle") => return frames,
            None => {}
        }
    }
}

#[test]
fn a_wish_that_cannot_be_read_is_answered_with_what_to_send() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = Kiosk::new(folder.path());
    for wish in [
        "",
        "{}",
        r#"{"place": "back", "form": "jpeg"}"#,
        &"x".repeat(4096),
    ] {
        let told = Screen::open(&kiosk.socket, wish).unwrap().told().unwrap();
        assert_eq!(told.head["code"], "WISH_NOT_READ", "{wish:.20}");
        assert_ne!(told.head["detail"], Value::Null);
    }
}
