//! A clip on a tablet that is held up in a room, from what displays and cameras are made of: a second simulation, that shares
//! nothing with `screen` but the kind.
//!
//! ```text
//! display: pixels of three stripes with dark seams, lit by a backlight that is dimmed in pulses
//! camera:  each pixel adds up light over its own area; rows are read one after the other, each exposed for some ms
//! tablet:  a frame around it, smaller than the picture, in a hand that trembles; the room behind stands still
//! ```
//!
//! Light is added as light and put under gamma at the end. No lens, no colour filter array, no glass.

use std::f32::consts::TAU;

use kiosk_inference::picture::Picture;
use rand::Rng;

use super::{Clip, as_filmed};
use crate::attack::bell;

/// Gamma of display and camera.
const GAMMA: f32 = 2.2;

/// What differs from one tablet, camera and hand to another.
struct Scene {
    /// Camera pixels a display pixel.
    pitch: f32,
    /// Share of the picture's height that the display fills.
    fills: f32,
    /// Share of a stripe that lets light through, across and down.
    open: [f32; 2],
    /// Pulses of the backlight a second, and the share of the time that it is lit.
    pulses: [f32; 2],
    /// Seconds from the first to the last row, and of one row's exposure.
    readout: [f32; 2],
    /// Tremble, in shares of the picture's height: slow and fast.
    tremble: [f32; 2],
    phases: [f32; 6],
    brightness: f32,
}

impl Scene {
    fn any(fps: f32, rng: &mut impl Rng) -> Self {
        let frequencies = [120.0, 180.0, 200.0, 240.0, 240.0, 480.0];
        Self {
            pitch: rng.random_range(0.7_f32..2.4),
            fills: rng.random_range(0.7_f32..0.95),
            open: [rng.random_range(0.6..0.9), rng.random_range(0.6..0.95)],
            pulses: [
                frequencies[rng.random_range(0..frequencies.len())]
                    * rng.random_range(0.99_f32..1.01),
                rng.random_range(0.3..1.0),
            ],
            readout: [
                rng.random_range(0.4_f32..0.9) / fps,
                rng.random_range(0.004_f32..0.02),
            ],
            tremble: [rng.random_range(0.002..0.02), rng.random_range(0.0..0.003)],
            phases: std::array::from_fn(|_| rng.random_range(0.0..TAU)),
            brightness: rng.random_range(0.6..1.1),
        }
    }

    /// How much of a row's exposure the backlight is lit, at `down` (0 to 1) of the frame that begins at `t_s`, over its mean.
    fn lit(&self, t_s: f32, down: f32) -> f32 {
        let [hertz, duty] = self.pulses;
        let begin = (t_s + down * self.readout[0]) * hertz;
        let end = begin + self.readout[1] * hertz;
        let until = |phase: f32| phase.floor() * duty + phase.fract().min(duty);
        (until(end) - until(begin)) / ((end - begin) * duty)
    }

    /// Where the display's middle is at a moment, and how it is turned.
    fn held(&self, t_s: f32, height: f32) -> [f32; 3] {
        let [slow, fast] = self.tremble.map(|share| share * height);
        let wave = |hertz: f32, which: usize| (TAU * hertz * t_s + self.phases[which]).sin();
        [
            slow * wave(0.4, 0) + fast * wave(7.3, 1),
            slow * wave(0.27, 2) + fast * wave(8.1, 3),
            0.03 * wave(0.19, 4) + 0.04 * self.phases[5].sin(),
        ]
    }
}

/// The clip on a tablet in a room.
pub fn displayed(clip: &Clip, rng: &mut impl Rng) -> anyhow::Result<Clip> {
    let scene = Scene::any(clip.fps as f32, rng);
    let room = Room::any(rng);
    let shown = clip.each(|number, frame| {
        photographed(frame, &scene, &room, number as f32 / clip.fps as f32)
    })?;
    as_filmed(&shown, rng)
}

fn photographed(frame: &Picture, scene: &Scene, room: &Room, t_s: f32) -> anyhow::Result<Picture> {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let [shift_x, shift_y, angle] = scene.held(t_s, height as f32);
    let (sin, cos) = angle.sin_cos();
    let middle = [width as f32 / 2.0 + shift_x, height as f32 / 2.0 + shift_y];
    let light: Vec<f32> = (0..=255_u16)
        .map(|level| (f32::from(level) / 255.0).powf(GAMMA))
        .collect();
    let mut bgr = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        let lit = scene.brightness * scene.lit(t_s, y as f32 / height as f32);
        for x in 0..width {
            let (px, py) = (x as f32 - middle[0], y as f32 - middle[1]);
            let on = [px * cos + py * sin, py * cos - px * sin];
            let seen = match on_display(frame, scene, on, &light) {
                Some(shown) => shown.map(|part| part * lit),
                None => room.light(x as f32, y as f32, on, scene, frame),
            };
            bgr.extend(
                seen.map(|part| (part.clamp(0.0, 1.0).powf(1.0 / GAMMA) * 255.0).round() as u8),
            );
        }
    }
    Ok(Picture::from_bgr(frame.width(), frame.height(), bgr)?)
}

/// The display's light at a place about its middle (blue, green, red), added up over a camera pixel's area; `None` beside it.
fn on_display(frame: &Picture, scene: &Scene, [x, y]: [f32; 2], light: &[f32]) -> Option<[f32; 3]> {
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    let place = [
        x / scene.fills + width / 2.0,
        y / scene.fills + height / 2.0,
    ];
    if !(0.0..width - 1.0).contains(&place[0]) || !(0.0..height - 1.0).contains(&place[1]) {
        return None;
    }
    let at = (place[1] as usize * frame.width() as usize + place[0] as usize) * 3;
    let (across, down) = (x / scene.pitch, y / scene.pitch);
    let row = covered(down, 0.5 / scene.pitch, 0.0, scene.open[1]);
    // Stripes lie red, green, blue; each bears its colour's whole light.
    let third = scene.open[0] / 3.0;
    Some(std::array::from_fn(|channel| {
        let from = (2 - channel) as f32 / 3.0;
        let stripe = covered(across, 0.5 / scene.pitch, from, third);
        light[usize::from(frame.bgr()[at + channel])] * row * stripe
    }))
}

/// How much of the span `half` to each side of `middle` lies in the part from `from` on, `open` long, of each whole step, over
/// what it is on average.
fn covered(middle: f32, half: f32, from: f32, open: f32) -> f32 {
    let until = |at: f32| at.floor() * open + (at - at.floor() - from).clamp(0.0, open);
    (until(middle + half) - until(middle - half)) / (2.0 * half * open)
}

/// A wall with things on it, that stands still.
struct Room {
    wall: [f32; 3],
    things: Vec<([f32; 4], [f32; 3])>,
}

impl Room {
    fn any(rng: &mut impl Rng) -> Self {
        let mut things = Vec::new();
        for _ in 0..40 {
            let at = std::array::from_fn(|_| rng.random_range(0.0_f32..1.0));
            let colour = std::array::from_fn(|_| 0.25 + 0.1 * bell(rng).clamp(-2.0, 2.0));
            things.push((at, colour));
        }
        Self {
            wall: std::array::from_fn(|_| rng.random_range(0.2..0.5)),
            things,
        }
    }

    /// The room's light, or the tablet's dark frame.
    fn light(&self, x: f32, y: f32, on: [f32; 2], scene: &Scene, frame: &Picture) -> [f32; 3] {
        let (width, height) = (frame.width() as f32, frame.height() as f32);
        let edge = 0.02 * height;
        let half = [width, height].map(|side| side * scene.fills / 2.0 + edge);
        if on[0].abs() < half[0] && on[1].abs() < half[1] {
            return [0.01; 3];
        }
        let (x, y) = (x / width, y / height);
        let inside = |at: &[f32; 4]| {
            (x - at[0]).abs() < 0.02 + 0.06 * at[2] && (y - at[1]).abs() < 0.02 + 0.06 * at[3]
        };
        self.things
            .iter()
            .rfind(|(at, _)| inside(at))
            .map_or(self.wall, |(_, colour)| *colour)
    }
}
