//! Heads, prints, screens and other sequences, as samples over time with noise, drift and lag.

use super::*;

/// What is before the camera.
#[derive(Clone, Copy, PartialEq)]
enum Who {
    /// A head: each region turned away from the screen by so many degrees.
    Head,
    /// A plane at the face's distance, its own background on it or not.
    Print,
    /// A screen that gives its own light and a little of ours, as glass does.
    Screen,
    /// All in the room is lit.
    Room,
}

const TURNED_DEG: [f64; REGIONS.len()] = [20.0, 5.0, 30.0, 30.0, 30.0, 55.0, 55.0];
const SHOWN: [[u8; 3]; COLOURS] = [
    [0, 255, 255],
    [255, 255, 0],
    [0, 60, 255],
    [255, 255, 255],
    [0, 0, 0],
    [255, 0, 255],
    [255, 255, 0],
    [0, 255, 255],
];

/// Numbers from 0 to 1.
fn chance(state: &mut u64) -> f64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as f64 / f64::from(1_u32 << 31)
}

/// What the camera sees at 30 frames a second while `lit` is shown, `lag_ms` late.
fn filmed(who: Who, lit: &[[u8; 3]], lag_ms: f64, seed: u64) -> Vec<Sample> {
    let mut state = seed;
    let skin = [0.35, 0.22, 0.16];
    (0..130)
        .map(|frame| {
            let t_ms = frame as f64 * 1000.0 / 30.0;
            let light = light(lit, t_ms - 200.0 - lag_ms);
            // Exposure drifts by a tenth and jumps a little.
            let gain = 1.0 + 0.05 * (t_ms / 900.0).sin() + 0.01 * (chance(&mut state) - 0.5);
            let mut noisy = |value: f64| gain * value * (1.0 + 0.02 * (chance(&mut state) - 0.5));
            let given = |turned: f64| match who {
                Who::Head => 0.25 * f64::to_radians(turned).cos(),
                Who::Print | Who::Room => 0.25,
                Who::Screen => 0.01,
            };
            let regions = TURNED_DEG.map(|turned| {
                std::array::from_fn(|channel| {
                    noisy(skin[channel] * (1.0 + given(turned) * light[channel]))
                })
            });
            let behind = if who == Who::Room { 0.25 } else { 0.03 };
            let background =
                std::array::from_fn(|channel| noisy(0.3 * (1.0 + behind * light[channel])));
            Sample {
                t_ms,
                regions,
                background,
            }
        })
        .collect()
}

fn verdict(who: Who, lit: &[[u8; 3]], lag_ms: f64, seed: u64) -> Verdict {
    let found = judge(&SHOWN, 200.0, &filmed(who, lit, lag_ms, seed)).unwrap();
    found.verdict()
}

#[test]
fn a_head_gives_back_what_was_shown_whatever_the_lag() {
    for (seed, lag_ms) in [(1, 0.0), (2, 120.0), (3, 330.0), (4, 560.0)] {
        assert_eq!(verdict(Who::Head, &SHOWN, lag_ms, seed), Verdict::Reflects);
        let found = judge(&SHOWN, 200.0, &filmed(Who::Head, &SHOWN, lag_ms, seed)).unwrap();
        assert!(
            (f64::from(found.lag_ms) - lag_ms).abs() <= 60.0,
            "{found:?}"
        );
    }
}

#[test]
fn a_print_gives_it_back_evenly_and_a_screen_hardly() {
    for seed in 1..20 {
        assert_eq!(verdict(Who::Print, &SHOWN, 100.0, seed), Verdict::Even);
        assert_eq!(verdict(Who::Screen, &SHOWN, 100.0, seed), Verdict::NoAnswer);
    }
}

#[test]
fn a_head_that_was_lit_by_another_sequence_does_not_answer_this_one() {
    let mut state = 9_u64;
    let mut answered = 0;
    for seed in 1..200 {
        let other = draw(|n| (chance(&mut state) * n as f64) as usize);
        answered += u32::from(verdict(Who::Head, &other, 100.0, seed) == Verdict::Reflects);
    }
    assert!(answered <= 4, "{answered} of 199");
}

#[test]
fn light_that_the_whole_room_gives_back_is_not_the_screens() {
    let found = judge(&SHOWN, 200.0, &filmed(Who::Room, &SHOWN, 100.0, 1)).unwrap();
    assert_ne!(found.verdict(), Verdict::Reflects, "{found:?}");
}

#[test]
fn too_few_frames_and_no_light_are_said() {
    let few = &filmed(Who::Head, &SHOWN, 0.0, 1)[..20];
    assert_eq!(judge(&SHOWN, 200.0, few), Err(NotFlashed::TooFewFrames));
    let all = filmed(Who::Head, &SHOWN, 0.0, 1);
    let dark = [[0_u8; 3]; COLOURS];
    assert_eq!(judge(&dark, 200.0, &all), Err(NotFlashed::NoSignal));
}
