//! A camera that stalls is said, opened again, and touches no other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kiosk_capture::CaptureError;
use kiosk_tests::preview::{Habit, Screen};
use kioskd::station::{FrameFeed, Place};

use crate::support::{DOCUMENT, FACE, Kiosk, never};

/// What an issue of ours asks for.
const SAID_WITHIN: Duration = Duration::from_secs(2);

#[test]
fn a_stall_is_said_within_two_seconds_and_the_step_goes_on_after_the_camera_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = Kiosk::new(folder.path());
    let mut screen = Screen::open(&kiosk.socket, FACE).unwrap();
    let hangs = Arc::new(AtomicBool::new(true));
    let first = kiosk.camera(Habit::HangsAfter(15, Arc::clone(&hangs)));
    let mut later = vec![Ok(kiosk.camera(Habit::EndsAfter(15)))];
    later.push(Err(CaptureError::NoSuchDevice {
        device: "painted".into(),
    }));
    let open = Box::new(move || later.pop().unwrap());
    let mut feed = kiosk.feed(Place::Face, first, open);
    let step = std::thread::spawn(move || {
        let mut numbers = Vec::new();
        while let Some(frame) = feed.next().unwrap() {
            numbers.push(frame.sequence());
        }
        numbers
    });

    let (mut last_frame, mut said) = (None, Vec::new());
    loop {
        let told = screen.told().unwrap();
        let now = kiosk.clock.now();
        if told.sequence().is_some() {
            if !said.contains(&"stalled".to_owned()) {
                last_frame = Some(now);
            }
            continue;
        }
        let state = told.state().unwrap().to_owned();
        if state == "stalled" {
            let silent = now - last_frame.unwrap();
            assert!(silent <= SAID_WITHIN, "{silent:?}");
        }
        if state == "failed" {
            assert_eq!(told.head["code"], "CAMERA_MISSING");
        }
        let over = state == "idle" && last_frame.is_some();
        said.push(state);
        if over {
            break;
        }
    }
    let of_interest: Vec<&str> = said
        .iter()
        .map(String::as_str)
        .filter(|state| matches!(*state, "stalled" | "failed" | "idle"))
        .collect();
    assert!(
        of_interest.ends_with(&["stalled", "failed", "idle"]),
        "{said:?}"
    );
    let numbers = step.join().unwrap();
    assert_eq!(
        numbers.last(),
        Some(&29),
        "15 frames, and 15 more: {numbers:?}"
    );
    let metrics = kiosk.metrics.text().unwrap();
    for line in [
        "kioskd_camera_stalls_total{camera=\"face\"} 1",
        "kioskd_camera_reopenings_total{camera=\"face\"} 2",
        "kioskd_camera_state{camera=\"face\",state=\"idle\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    hangs.store(false, Ordering::Release);
}

#[test]
fn a_dead_camera_freezes_neither_the_other_place_nor_its_own_step() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = Kiosk::new(folder.path());
    let mut screen = Screen::open(&kiosk.socket, DOCUMENT).unwrap();
    let mut dead_screen = Screen::open(&kiosk.socket, FACE).unwrap();
    let hangs = Arc::new(AtomicBool::new(true));
    let dead = kiosk.camera(Habit::HangsAfter(1, Arc::clone(&hangs)));
    let dead = kiosk.feed(Place::Face, dead, never());
    let well = kiosk.camera(Habit::EndsAfter(120));
    let well = kiosk.feed(Place::Document, well, never());

    screen.until(|told| told.sequence().is_some()).unwrap();
    let (mut before, mut longest, mut frames) = (kiosk.clock.now(), Duration::ZERO, 0);
    while screen
        .told()
        .unwrap()
        .sequence()
        .is_some_and(|number| number < 118)
    {
        let now = kiosk.clock.now();
        longest = longest.max(now - before);
        before = now;
        frames += 1;
    }
    dead_screen
        .until(|told| told.state() == Some("failed"))
        .unwrap();
    assert!(frames >= 90, "{frames} of 120 frames");
    assert!(
        longest < Duration::from_millis(500),
        "{longest:?} without a frame"
    );
    let begun = kiosk.clock.now();
    drop(dead);
    assert!(
        kiosk.since(begun) < Duration::from_secs(2),
        "it stops in time"
    );
    dead_screen
        .until(|told| told.state() == Some("idle"))
        .unwrap();
    drop(well);
    hangs.store(false, Ordering::Release);
}
