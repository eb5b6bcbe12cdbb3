//! What is held, shown or fed to a face camera in a person's place: simulations, made from clips of people.
//!
//! ```text
//! clip of a person ─┬─► bona fide: as a camera gives it
//!                   ├─► print:    one frame on paper, waved and tilted, or brought closer and back
//!                   ├─► screen:   the clip on a screen: its grid, its refresh, its glare
//!                   ├─► display:  the clip on a tablet in a room, by another simulation
//!                   ├─► cut-out:  a print whose eyes are a living person's
//!                   ├─► mask:     another person's face laid over a living one, eyes left free
//!                   └─► injected: the clip itself once more, compressed anew, a little cropped and brightened
//! ```
//!
//! Simulations: no paper, no screen and no mask was before a camera. Rates measured on them hold for them alone.

mod camera;
mod display;
mod lit;
mod print;
mod screen;
mod worn;

pub use camera::{as_filmed, injected};
pub use display::displayed;
pub use lit::{Surface, lit};
pub use print::{enlarged, waved_print};
pub use screen::screen_replay;
pub use worn::{cut_out_eyes, masked};

use std::path::Path;

use kiosk_capture::{FrameSource, Pacing, Recording};
use kiosk_inference::picture::{Picture, Region};
use opencv::core::{Mat, Size};
use opencv::imgproc;
use rand::Rng;

/// Frames with their times.
#[derive(Clone)]
pub struct Clip {
    /// The frames.
    pub frames: Vec<Picture>,
    /// Frames a second.
    pub fps: f64,
}

impl Clip {
    /// ms of a frame since the first.
    pub fn t_ms(&self, frame: usize) -> f64 {
        frame as f64 * 1000.0 / self.fps
    }

    /// A part of a video, `seconds` long at most, from a random place, at a height of `rows`.
    pub fn part_of(
        video: &Path,
        seconds: f64,
        rows: i32,
        rng: &mut impl Rng,
    ) -> anyhow::Result<Self> {
        let mut recording = Recording::open(video, Pacing::AsFastAsAsked)?;
        let fps = recording.facts().fps.unwrap_or(25.0);
        let length = (seconds * fps) as usize;
        let all = recording.stated_frames().unwrap_or(0) as usize;
        let from = rng.random_range(0..=all.saturating_sub(length));
        let mut frames = Vec::new();
        for number in 0..from + length {
            let Some(frame) = recording.next_frame()? else {
                break;
            };
            if number >= from {
                frames.push(scaled(&Picture::from_frame(&frame)?, rows)?);
            }
        }
        Ok(Self { frames, fps })
    }

    /// At half the frames a second: half the work.
    #[must_use]
    pub fn every_other_frame(self) -> Self {
        Self {
            frames: self.frames.into_iter().step_by(2).collect(),
            fps: self.fps / 2.0,
        }
    }

    fn each(
        &self,
        mut change: impl FnMut(usize, &Picture) -> anyhow::Result<Picture>,
    ) -> anyhow::Result<Self> {
        let frames = self.frames.iter().enumerate();
        Ok(Self {
            frames: frames
                .map(|(number, frame)| change(number, frame))
                .collect::<anyhow::Result<_>>()?,
            fps: self.fps,
        })
    }
}

/// The picture at a height of `rows`.
fn scaled(picture: &Picture, rows: i32) -> anyhow::Result<Picture> {
    let share = f64::from(rows) / f64::from(picture.height());
    let size = Size::new((f64::from(picture.width()) * share).round() as i32, rows);
    resized(picture, size)
}

fn resized(picture: &Picture, size: Size) -> anyhow::Result<Picture> {
    let mut out = Mat::default();
    let mat = picture.as_mat()?;
    imgproc::resize(&mat, &mut out, size, 0.0, 0.0, imgproc::INTER_AREA)?;
    Ok(Picture::from_mat(&out)?)
}

fn blurred(picture: &Picture, sigma: f64) -> anyhow::Result<Picture> {
    let mut out = Mat::default();
    imgproc::gaussian_blur_def(&picture.as_mat()?, &mut out, Size::new(0, 0), sigma)?;
    Ok(Picture::from_mat(&out)?)
}

/// Part of a picture, at its whole size again.
fn nearer(picture: &Picture, margin: f32) -> anyhow::Result<Picture> {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let part = picture.crop(Region {
        x: width * margin,
        y: height * margin,
        width: width * (1.0 - 2.0 * margin),
        height: height * (1.0 - 2.0 * margin),
    })?;
    resized(&part, Size::new(width as i32, height as i32))
}
