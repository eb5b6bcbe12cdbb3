//! A clip on a screen before the camera: its pixels beat with the camera's, its refresh runs down the picture.

use std::f32::consts::TAU;

use rand::Rng;

use super::print::Hand;
use super::{Clip, as_filmed, blurred};
use crate::attack::changed;

/// The clip shown on a screen that is held by hand.
pub fn screen_replay(clip: &Clip, rng: &mut impl Rng) -> anyhow::Result<Clip> {
    // Screen pixels in pixels of the camera: near 2 the beat is coarse.
    let pitch = rng.random_range(1.6_f32..3.1);
    let turn = rng.random_range(-0.06_f32..0.06);
    let grid = rng.random_range(0.08_f32..0.3);
    let (band, runs) = (
        rng.random_range(0.05_f32..0.2),
        rng.random_range(0.3_f32..2.0),
    );
    let cold = rng.random_range(1.02_f32..1.12);
    let glare = [rng.random_range(0.1_f32..0.9), rng.random_range(0.1..0.9)];
    let (width, height) = (
        clip.frames[0].width() as f32,
        clip.frames[0].height() as f32,
    );
    let hand = Hand::any(rng);
    let shown = clip.each(|number, frame| {
        let t_s = number as f32 / clip.fps as f32;
        let lit = changed(frame, |x, y, [blue, green, red]| {
            let across = x + turn * y;
            let stripe = |offset: f32| {
                1.0 - grid * (0.5 + 0.5 * (TAU * (across / pitch + offset)).cos())
                    - 0.5 * grid * (0.5 + 0.5 * (TAU * (y - turn * x) / pitch).cos())
            };
            let down = (y / height + runs * t_s).fract();
            let refresh = 1.0 - band * (-((down - 0.5) * 6.0).powi(2)).exp();
            let off = ((x / width - glare[0]).powi(2) + (y / height - glare[1]).powi(2)) * 40.0;
            let shine = 45.0 * (-off).exp();
            [
                blue * cold * stripe(0.667) * refresh + shine,
                green * stripe(0.333) * refresh + shine,
                red / cold * stripe(0.0) * refresh + shine,
            ]
        })?;
        blurred(&hand.holds(&lit, t_s)?, 0.5)
    })?;
    as_filmed(&shown, rng)
}
