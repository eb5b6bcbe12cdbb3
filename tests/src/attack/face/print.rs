//! One frame on paper, held before the camera: waved, turned and tilted as a hand does.

use std::f32::consts::TAU;

use kiosk_inference::picture::Picture;
use opencv::core::{BORDER_REPLICATE, Mat, Point2f, Scalar, Vector};
use opencv::imgproc;
use rand::Rng;

use super::{Clip, as_filmed, blurred, nearer};
use crate::attack::{bell, changed};

/// Frames a second of a held print.
const FPS: f32 = 12.5;

/// A print of `still`, waved for so many frames.
pub fn waved_print(still: &Picture, frames: usize, rng: &mut impl Rng) -> anyhow::Result<Clip> {
    let paper = printed(still, rng)?;
    let hand = Hand::any(rng);
    let waved = Clip {
        frames: (0..frames)
            .map(|number| hand.holds(&paper, number as f32 / FPS))
            .collect::<anyhow::Result<_>>()?,
        fps: FPS.into(),
    };
    as_filmed(&waved, rng)
}

/// A print of `still` that is brought closer, by a third to two thirds, and taken back again, twice.
pub fn enlarged(still: &Picture, frames: usize, rng: &mut impl Rng) -> anyhow::Result<Clip> {
    let paper = printed(still, rng)?;
    let (hand, most) = (Hand::any(rng), rng.random_range(0.33_f32..0.67));
    let held = |number: usize| {
        let phase = (number as f32 / frames as f32 * 2.0).fract();
        // At rest for a quarter of the time before and after.
        let moving = ((phase - 0.25) * 2.0).clamp(0.0, 1.0);
        let grown = 1.0 + most * (0.5 - 0.5 * (TAU * moving).cos());
        let paper = nearer(&paper, 0.5 - 0.5 / grown)?;
        hand.holds(&paper, number as f32 / FPS)
    };
    let closer = Clip {
        frames: (0..frames).map(held).collect::<anyhow::Result<_>>()?,
        fps: FPS.into(),
    };
    as_filmed(&closer, rng)
}

/// Ink on paper: blacks that are grey, colours that are pale, dots and grain, a little soft.
pub(super) fn printed(still: &Picture, rng: &mut impl Rng) -> anyhow::Result<Picture> {
    let (black, white) = (
        rng.random_range(25.0_f32..50.0),
        rng.random_range(205.0_f32..235.0),
    );
    let pale = rng.random_range(0.65_f32..0.9);
    let dots = rng.random_range(2.0_f32..3.2);
    let soft = blurred(still, rng.random_range(0.5..0.9))?;
    changed(&soft, |x, y, pixel| {
        let grey = (pixel[0] + pixel[1] + pixel[2]) / 3.0;
        let screen = (TAU * (x + y) / dots).sin() + (TAU * (x - y) / dots).sin();
        let grain = 2.0 * bell(rng) + 2.5 * screen;
        pixel.map(|level| {
            let level = grey + (level - grey) * pale;
            black + level / 255.0 * (white - black) + grain
        })
    })
}

/// How a hand moves what it holds.
pub(super) struct Hand {
    phases: [f32; 5],
    reach: f32,
    tilt: f32,
}

impl Hand {
    pub(super) fn any(rng: &mut impl Rng) -> Self {
        Self {
            phases: std::array::from_fn(|_| rng.random_range(0.0..TAU)),
            reach: rng.random_range(0.01..0.06),
            tilt: rng.random_range(0.0..0.18),
        }
    }

    /// The paper as it is held at a moment.
    pub(super) fn holds(&self, paper: &Picture, t_s: f32) -> anyhow::Result<Picture> {
        let (width, height) = (paper.width() as f32, paper.height() as f32);
        let wave = |hertz: f32, which: usize| (TAU * hertz * t_s + self.phases[which]).sin();
        let shift = [
            self.reach * width * wave(0.5, 0),
            self.reach * height * wave(0.37, 1),
        ];
        let (sin, cos) = (0.07 * wave(0.31, 2)).sin_cos();
        let (across, down) = (self.tilt * wave(0.43, 3), self.tilt * wave(0.29, 4));
        let place = |x: f32, y: f32| {
            // A plane turned about its middle: the far side is smaller, and all of it narrower.
            let (x, y) = (x * (1.0 - across * across), y * (1.0 - down * down));
            let near = 1.0 / (1.0 + across * x * 0.5 + down * y * 0.5);
            let (x, y) = (x * near * width / 2.0, y * near * height / 2.0);
            Point2f::new(
                width / 2.0 + x * cos - y * sin + shift[0],
                height / 2.0 + x * sin + y * cos + shift[1],
            )
        };
        let from: Vector<Point2f> = [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]]
            .map(|[x, y]| Point2f::new(x, y))
            .into_iter()
            .collect();
        let to: Vector<Point2f> = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]
            .map(|[x, y]| place(x, y))
            .into_iter()
            .collect();
        let map = imgproc::get_perspective_transform_def(&from, &to)?;
        let (mut out, mat) = (Mat::default(), paper.as_mat()?);
        imgproc::warp_perspective(
            &mat,
            &mut out,
            &map,
            opencv::core::MatTraitConst::size(&mat)?,
            imgproc::INTER_LINEAR,
            BORDER_REPLICATE,
            Scalar::default(),
        )?;
        Ok(Picture::from_mat(&out)?)
    }
}
