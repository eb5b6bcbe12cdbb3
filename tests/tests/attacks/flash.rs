//! Films of a person whom the kiosk's screen lights: who gives the colours back as a head does, and who does not.

use kiosk_inference::face::Track;
use kiosk_inference::liveness::flash::{COLOURS, Reflection, Sample, Verdict, draw, judge, light};
use kiosk_tests::attack::face::{Clip, Surface, as_filmed, lit};
use kiosk_tests::people::{Manner, acted};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::stage::material;

const FPS: f32 = 15.0;
/// When the first colour is ordered, ms of the clip.
const BEGUN_MS: f64 = 400.0;

/// Judges a film that was lit by `shown` against what was `ordered`.
fn reflected(
    surface: Surface,
    shown: &[[u8; 3]],
    ordered: &[[u8; 3]],
    lag_ms: f64,
    rng: &mut StdRng,
) -> Reflection {
    let material = material();
    let mut reader = material.reader().unwrap();
    let mut reel = material.reel("traveller", 360).unwrap();
    let frames = reel
        .frames(&acted(&[], 4.4, FPS, Manner::default()))
        .unwrap();
    let drift: f32 = rng.random_range(0.02..0.06);
    let (mut track, mut samples) = (Track::new(), Vec::new());
    let mut clip = Clip {
        frames: Vec::new(),
        fps: FPS.into(),
    };
    for (number, frame) in frames.iter().enumerate() {
        let t_ms = clip.t_ms(number);
        let face = reader
            .follow(frame, &mut track)
            .unwrap()
            .subject
            .unwrap()
            .bounds;
        let exposure = 1.0 + drift * (t_ms as f32 / 700.0).sin();
        let now = light(shown, t_ms - BEGUN_MS - lag_ms);
        clip.frames
            .push(lit(frame, &face, surface, now, exposure).unwrap());
    }
    let (filmed, mut track) = (as_filmed(&clip, rng).unwrap(), Track::new());
    for (number, frame) in filmed.frames.iter().enumerate() {
        let seen = reader.follow(frame, &mut track).unwrap();
        samples.extend(Sample::of(
            frame,
            &seen.subject.unwrap(),
            filmed.t_ms(number),
        ));
    }
    judge(ordered, BEGUN_MS, &samples).unwrap()
}

#[test]
fn a_lit_head_answers_and_a_print_a_screen_and_another_sequence_do_not() {
    let mut rng = StdRng::seed_from_u64(11);
    let mut drawn = || draw(|choices| rng.random_range(0..choices));
    let (ordered, other) = (drawn(), drawn());
    assert_eq!(ordered.len(), COLOURS);
    for (surface, shown, lag_ms) in [
        (Surface::Head, &ordered, 0.0),
        (Surface::Head, &ordered, 240.0),
        (Surface::CutOut, &ordered, 120.0),
        (Surface::Print, &ordered, 120.0),
        (Surface::Screen, &ordered, 120.0),
        (Surface::Head, &other, 120.0),
    ] {
        let found = reflected(surface, shown, &ordered, lag_ms, &mut rng);
        let right = *shown == ordered;
        println!(
            "{surface:?}, right colours {right}, lag {lag_ms}: {:?}, correlation {:.2}, spread {:.2}, background {:.2}, lag {}",
            found.verdict(),
            found.correlation(),
            found.spread(),
            found.background,
            found.lag_ms
        );
        let should = surface == Surface::Head && right;
        assert_eq!(found.verdict() == Verdict::Reflects, should, "{found:?}");
    }
}
