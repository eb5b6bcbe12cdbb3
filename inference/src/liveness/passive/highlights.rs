//! Shine on the face: skin's highlights are small and lie on nose, brow and cheeks; glass or glossy paper has one that
//! spreads over face and all.
//!
//! Shine adds white light, so it is looked for in each pixel's lowest channel, as patches that rise over the skin's own
//! median. What counts is how much of the face the largest patch covers, the median over looks.
//!
//! Light from one side does the same to a living face, and a matte print or a dimmed screen has no shine at all: the signal
//! is weak by nature (`docs/benchmarks/passive.md`).

use opencv::core::{
    CV_8UC1, CV_32S, Mat, MatTraitConst, MatTraitConstManual, MatTraitManual, Rect, Scalar, Size,
};
use opencv::imgproc;

use super::{Finding, SignalReason, WhyNot};
use crate::Error;
use crate::face::FaceBox;
use crate::picture::Picture;

/// Size that a face is looked at.
const WIDTH: usize = 72;
const HEIGHT: usize = 88;
/// ms between looks, the most and fewest looks.
const EVERY_MS: f64 = 200.0;
const MOST_LOOKS: usize = 60;
const LEAST_LOOKS: usize = 4;
/// How far shine rises over the skin's median, as a share of it, and in levels.
const RISE: f32 = 0.3;
const LEAST_RISE: f32 = 22.0;
/// Share of the face that the largest patch covers: nothing, and the limit.
const NONE: f32 = 0.08;
const LIMIT: f32 = 0.3;

/// The largest patch of each look.
#[derive(Debug, Default)]
pub(super) struct Highlights {
    largest: Vec<f32>,
    last_ms: Option<f64>,
}

impl Highlights {
    /// Takes a frame with a usable face, where a look is due.
    pub fn look(&mut self, picture: &Picture, face: &FaceBox, t_ms: f64) -> Result<(), Error> {
        let due = self.last_ms.is_none_or(|last| t_ms - last >= EVERY_MS);
        if !due || self.largest.len() >= MOST_LOOKS {
            return Ok(());
        }
        let mat = picture.as_mat()?;
        let place = Rect::new(
            face.x.round() as i32,
            face.y.round() as i32,
            face.width.round() as i32,
            face.height.round() as i32,
        );
        if place.area() < 1 || place & Rect::new(0, 0, mat.cols(), mat.rows()) != place {
            return Ok(());
        }
        self.last_ms = Some(t_ms);
        let mut aligned = Mat::default();
        let size = Size::new(WIDTH as i32, HEIGHT as i32);
        let face = Mat::roi(&mat, place)?;
        imgproc::resize(&face, &mut aligned, size, 0.0, 0.0, imgproc::INTER_AREA)?;
        self.largest.push(largest_patch(aligned.data_bytes()?)?);
        Ok(())
    }

    /// The median of the largest patches.
    pub fn judge(&self) -> Finding {
        if self.largest.len() < LEAST_LOOKS {
            return Finding::NotAssessed(WhyNot::TooShort);
        }
        let mut sorted = self.largest.clone();
        sorted.sort_by(f32::total_cmp);
        let median = sorted[sorted.len() / 2];
        Finding::by(median, NONE, LIMIT, SignalReason::LargeHighlight)
    }
}

/// The largest patch of shine in an aligned face, as a share of the face's oval.
fn largest_patch(bgr: &[u8]) -> Result<f32, Error> {
    let white = |at: usize| f32::from(bgr[3 * at].min(bgr[3 * at + 1]).min(bgr[3 * at + 2]));
    let oval: Vec<usize> = (0..WIDTH * HEIGHT).filter(|at| in_oval(*at)).collect();
    let mut levels: Vec<f32> = oval.iter().map(|at| white(*at)).collect();
    levels.sort_by(f32::total_cmp);
    let median = levels[levels.len() / 2];
    let from = median + (RISE * median).max(LEAST_RISE);
    let mut mask =
        Mat::new_rows_cols_with_default(HEIGHT as i32, WIDTH as i32, CV_8UC1, Scalar::default())?;
    let bright = mask.data_bytes_mut()?;
    for at in &oval {
        bright[*at] = u8::from(white(*at) > from);
    }
    let (mut labels, mut stats, mut centres) = (Mat::default(), Mat::default(), Mat::default());
    let count = imgproc::connected_components_with_stats(
        &mask,
        &mut labels,
        &mut stats,
        &mut centres,
        8,
        CV_32S,
    )?;
    let mut most = 0;
    for label in 1..count {
        most = most.max(*stats.at_2d::<i32>(label, imgproc::CC_STAT_AREA)?);
    }
    Ok(most as f32 / oval.len() as f32)
}

fn in_oval(at: usize) -> bool {
    let x = (at % WIDTH) as f32 / WIDTH as f32 - 0.5;
    let y = (at / WIDTH) as f32 / HEIGHT as f32 - 0.5;
    (x / 0.46).powi(2) + (y / 0.48).powi(2) < 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A face of one skin with one round highlight of a radius, in shares of the face's width.
    fn film(radius: f32) -> Finding {
        let (width, height) = (200_u32, 240_u32);
        let mut bgr = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let off = (x as f32 - 90.0).hypot(y as f32 - 100.0) / 160.0;
                let shine = if off < radius { 80.0 } else { 0.0 };
                let skin = [95.0, 120.0, 165.0 + 10.0 * (x as f32 / 40.0).sin()];
                bgr.extend(skin.map(|level: f32| (level + shine).min(255.0) as u8));
            }
        }
        let picture = Picture::from_bgr(width, height, bgr).unwrap();
        let face = FaceBox {
            x: 20.0,
            y: 15.0,
            width: 160.0,
            height: 200.0,
            score: 1.0,
        };
        let mut highlights = Highlights::default();
        for number in 0..6 {
            highlights
                .look(&picture, &face, 250.0 * f64::from(number))
                .unwrap();
        }
        highlights.judge()
    }

    #[test]
    fn one_large_highlight_is_told_and_small_or_none_are_clear() {
        assert!(film(0.33).score() > Some(0.5), "{:?}", film(0.33));
        assert_eq!(film(0.06).score(), Some(0.0));
        assert_eq!(film(0.0).score(), Some(0.0));
    }
}
