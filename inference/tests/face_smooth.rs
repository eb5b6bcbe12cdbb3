//! Smoothing over time: rest stays rest, jitter is taken out, and movement is not held back.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

use crate::support::{astronaut, files, frames, models, name, placed, testdata};
use kiosk_inference::face::smooth::{FaceSmoother, Following, OneEuro};
use kiosk_inference::face::{FaceReader, Subject};
use proptest::prelude::*;

const KINDS: [Following; 3] = [Following::LANDMARKS, Following::ANGLES, Following::OPENNESS];

/// A number from -1 to 1 by its place.
fn noise(place: u32) -> f32 {
    let mixed = place.wrapping_add(1).wrapping_mul(2_654_435_761);
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(2_246_822_519);
    ((mixed ^ (mixed >> 13)) >> 8) as f32 / 8_388_608.0 - 1.0
}

fn spread(values: &[f32]) -> f32 {
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    let sum: f32 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (sum / values.len() as f32).sqrt()
}

proptest! {
    #[test]
    fn what_stands_still_stays_where_it_is(value in -1e4_f32..1e4, fps in 5.0_f64..120.0) {
        for following in KINDS {
            let mut filter = OneEuro::new(following);
            for frame in 0..50 {
                let held = filter.push(f64::from(frame) * 1e3 / fps, value, 1.0);
                prop_assert!((held.value - value).abs() <= 1e-4 * value.abs().max(1.0));
                prop_assert!((held.confidence - 1.0).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn what_is_held_lies_between_the_least_and_the_most_that_came(
        values in prop::collection::vec((-1e3_f32..1e3, 0.0_f32..1.0, 1.0_f64..300.0), 1..60),
    ) {
        for following in KINDS {
            let mut filter = OneEuro::new(following);
            let (mut low, mut high, mut t_ms) = (f32::INFINITY, f32::NEG_INFINITY, 0.0);
            for (value, confidence, passed) in &values {
                t_ms += passed;
                low = low.min(*value);
                high = high.max(*value);
                let held = filter.push(t_ms, *value, *confidence);
                prop_assert!(held.value >= low - 0.01 && held.value <= high + 0.01);
                prop_assert!((0.0..=1.0).contains(&held.confidence));
            }
        }
    }

    #[test]
    fn numbers_that_are_none_and_times_that_go_back_change_nothing(value in -10.0_f32..10.0) {
        let mut filter = OneEuro::new(Following::ANGLES);
        filter.push(0.0, value, 1.0);
        let held = filter.push(33.0, value, 1.0);
        prop_assert_eq!(filter.push(66.0, f32::NAN, 1.0), held);
        prop_assert_eq!(filter.push(20.0, 99.0, 1.0), held);
        prop_assert_eq!(filter.push(33.0, 99.0, 1.0), held);
    }
}

#[test]
fn a_turn_of_the_head_is_followed_within_a_frame_or_two() {
    for fps in [15.0, 25.0, 30.0, 60.0] {
        let mut filter = OneEuro::new(Following::ANGLES);
        let mut settled = None;
        for frame in 0..200 {
            let t_ms = f64::from(frame) * 1e3 / fps;
            let held = filter.push(t_ms, if t_ms < 1000.0 { 0.0 } else { 20.0 }, 1.0);
            if held.value > 18.0 && settled.is_none() {
                settled = Some(t_ms - 1000.0);
            }
        }
        let settled = settled.unwrap();
        println!("{fps} fps: nine tenths of a step of 20 degrees after {settled:.0} ms");
        assert!(settled <= 100.0_f64.max(1.01e3 / fps), "{settled}");
    }
    // A head that turns at 60 degrees a second.
    let mut filter = OneEuro::new(Following::ANGLES);
    let mut behind = 0.0_f32;
    for frame in 0..30 {
        let t_ms = f64::from(frame) * 1e3 / 30.0;
        let angle = (0.06 * t_ms) as f32;
        behind = behind.max(angle - filter.push(t_ms, angle, 1.0).value);
    }
    println!(
        "a turn of 60 degrees a second: at most {behind:.1} degrees behind, {:.0} ms",
        behind / 0.06
    );
    assert!(behind < 4.0);
}

#[test]
fn a_blink_of_a_tenth_of_a_second_is_not_swallowed() {
    for fps in [25.0, 30.0, 60.0] {
        let mut filter = OneEuro::new(Following::OPENNESS);
        let (mut least, mut after) = (1.0_f32, 0.0);
        for frame in 0..90 {
            let t_ms = f64::from(frame) * 1e3 / fps;
            let lid = 0.9 - 0.85 * (1.0 - ((t_ms - 1000.0).abs() / 50.0).min(1.0)) as f32;
            let held = filter
                .push(t_ms, lid + 0.02 * noise(frame as u32), 1.0)
                .value;
            least = least.min(held);
            if t_ms > 1000.0 && t_ms < 1150.0 {
                after = held;
            }
        }
        println!("{fps} fps: a blink of 100 ms goes down to {least:.2}, and is back at {after:.2}");
        assert!(least < 0.4 && after > 0.75, "{fps}: {least} {after}");
    }
}

#[test]
fn jitter_is_taken_out() {
    for (label, following, size) in [
        (
            "landmarks, 0.4 % of the eyes' distance",
            Following::LANDMARKS,
            0.004,
        ),
        ("angles, 0.5 degrees", Following::ANGLES, 0.5),
        ("openness, 0.03", Following::OPENNESS, 0.03),
    ] {
        let mut filter = OneEuro::new(following);
        let (mut raw, mut held) = (Vec::new(), Vec::new());
        for frame in 0..600_u32 {
            let value = size * noise(frame);
            let smooth = filter.push(f64::from(frame) * 1e3 / 30.0, value, 1.0).value;
            if frame > 30 {
                raw.push(value);
                held.push(smooth);
            }
        }
        let factor = spread(&raw) / spread(&held);
        println!("{label}: jitter divided by {factor:.1}");
        assert!(factor > 1.7, "{label}: {factor}");
    }
}

#[test]
fn what_is_less_sure_moves_less_and_is_told() {
    let held = |confidence: f32| {
        let mut filter = OneEuro::new(Following::ANGLES);
        filter.push(0.0, 0.0, 1.0);
        filter.push(33.0, 0.0, 1.0);
        filter.push(66.0, 30.0, confidence)
    };
    let (sure, unsure) = (held(1.0), held(0.2));
    assert!(unsure.value < 0.5 * sure.value, "{unsure:?} {sure:?}");
    assert!(unsure.confidence < sure.confidence);
}

fn subject(reader: &mut FaceReader, at: [f32; 2]) -> Subject {
    let picture = placed(&astronaut(), at, 2.0, 0.0, [1280, 720]);
    reader.observe(&picture).unwrap().subject.unwrap()
}

#[test]
fn another_face_and_a_gap_begin_anew() {
    let (engine, pack) = models();
    let mut reader = FaceReader::load(&engine, &pack).unwrap();
    let (here, there) = (
        subject(&mut reader, [225.0, 115.0]),
        subject(&mut reader, [425.0, 115.0]),
    );
    let mut smoother = FaceSmoother::default();
    assert_eq!(smoother.push(0.0, &here).subject, here);
    assert_eq!(smoother.push(33.0, &there).subject, there, "another face");
    assert_eq!(smoother.push(2_000.0, &here).subject, here, "after a gap");
    assert_eq!(smoother.push(2_600.0, &here).subject, here);
}

/// The part of a signal that goes back and forth from frame to frame: jitter, not movement.
fn back_and_forth(values: &[f32]) -> f32 {
    let bends: Vec<f32> = values
        .windows(3)
        .map(|three| three[1] - f32::midpoint(three[0], three[2]))
        .collect();
    spread(&bends)
}

#[test]
fn real_clips_become_steadier_and_keep_their_blinks_and_turns() {
    let Some(folder) = testdata("faces/clips") else {
        return;
    };
    let (engine, pack) = models();
    let mut reader = FaceReader::load(&engine, &pack).unwrap();
    for clip in files(&folder, "mp4") {
        let mut smoother = FaceSmoother::default();
        let mut pairs: [Vec<(f32, f32)>; 3] = Default::default();
        for (t_ms, picture) in frames(&clip, 1).into_iter().take(150) {
            let raw = reader.observe(&picture).unwrap().subject.unwrap();
            let held = smoother.push(t_ms, &raw).subject;
            pairs[0].push((raw.landmarks[4][0], held.landmarks[4][0]));
            pairs[1].push((raw.pose.yaw_deg, held.pose.yaw_deg));
            pairs[2].push((raw.eye_openness, held.eye_openness));
        }
        for (label, pairs) in ["nose tip", "yaw", "eyes"].into_iter().zip(&pairs) {
            let (raw, held): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
            let (before, after) = (back_and_forth(&raw), back_and_forth(&held));
            let (low, held_low) = (
                raw.iter().copied().fold(f32::INFINITY, f32::min),
                held.iter().copied().fold(f32::INFINITY, f32::min),
            );
            let apart: f32 =
                pairs.iter().map(|(a, b)| (a - b).abs()).sum::<f32>() / pairs.len() as f32;
            println!(
                "{} {label}: jitter {before:.3} then {after:.3}, least {low:.2} then {held_low:.2}, apart {apart:.3} on average",
                name(&clip)
            );
            assert!(after <= before, "{label}");
        }
    }
}
