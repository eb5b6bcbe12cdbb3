//! Sharpness and traces of compression: own methods under the standard's names.
//!
//! OFIQ's own are a forest of trees and a network that come with it; neither is part of this project.
//!
//! Sharpness asks what a further blur still changes (Crete, Dolmiere, Ladret and Nicolas, "The blur effect:
//! perception and estimation with a new no-reference perceptual blur metric", SPIE 6492, 2007): a sharp picture loses
//! most of the differences between neighbours, a blurred one hardly any. It is taken on the aligned face, thus at one
//! size of face: what more pixels a nearer face has do not count.
//!
//! Compression asks how much larger steps are across the edges of JPEG's 8 x 8 blocks than elsewhere (as Wang, Bovik
//! and Evans, "Blind measurement of blocking artifacts in images", ICIP 2000). It sees blocks only where the grid
//! still starts at the picture's corner: a picture that was cropped or scaled after it was compressed hides them.

use opencv::core::{BORDER_DEFAULT, CV_16U, Mat, MatTraitConst, MatTraitConstManual, Rect, Size};
use opencv::imgproc;

use super::super::FaceBox;
use super::measure::Measure;
use super::view::{SIDE, View};
use crate::Error;
use crate::picture::Picture;

/// Pixels of the further blur (Crete's 9 taps).
const REACH: i32 = 9;
/// Fewer pixels of face say nothing.
const LEAST_PIXELS: u32 = 500;
/// A block's side.
const BLOCK: usize = 8;
/// Most rows or columns that are looked at for blocks.
const MOST_LINES: usize = 96;
/// A smaller part of the picture says nothing about its blocks.
const LEAST_SIDE: usize = 4 * BLOCK;
/// Steps below this are none: it keeps a flat picture's ratio from being rounding alone.
const LEAST_STEP: f32 = 0.25;

/// Native values.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn measure(
    picture: &Picture,
    face: &FaceBox,
    view: &View,
) -> Result<Vec<(Measure, f32)>, Error> {
    let sharp = sharpness(view)?.map(|value| (Measure::Sharpness, value));
    let blocks = blocks(picture, face).map(|value| (Measure::CompressionArtifacts, value));
    Ok(sharp.into_iter().chain(blocks).collect())
}

/// 1 less Crete's blur of the worse direction: 0 no detail at all, 1 every neighbour differs.
fn sharpness(view: &View) -> Result<Option<f32>, Error> {
    let Some(part) = bounds(&view.mask) else {
        return Ok(None);
    };
    let (mut grey, mut fine, mut calm) = (Mat::default(), Mat::default(), Mat::default());
    imgproc::cvt_color_def(
        &Mat::roi(&view.bgr, part)?,
        &mut grey,
        imgproc::COLOR_BGR2GRAY,
    )?;
    // Sixteenths of a level: a strong blur leaves steps of less than one.
    grey.convert_to(&mut fine, CV_16U, 16.0, 0.0)?;
    // Takes single pixels of noise down, which would pass for detail.
    imgproc::gaussian_blur(&fine, &mut calm, Size::new(3, 3), 0.8, 0.8, BORDER_DEFAULT)?;
    let (width, top, left) = (part.width as usize, part.y as usize, part.x as usize);
    let on: Vec<u8> = view.mask[top * SIDE..]
        .chunks_exact(SIDE)
        .take(part.height as usize)
        .flat_map(|row| &row[left..left + width])
        .copied()
        .collect();
    let mut lost = [0.0_f32; 2];
    for (axis, step) in [1, width].into_iter().enumerate() {
        let mut size = [1, 1];
        size[axis] = REACH;
        let mut blurred = Mat::default();
        imgproc::blur_def(&calm, &mut blurred, Size::new(size[0], size[1]))?;
        let (sharp, blurred) = (calm.data_typed::<u16>()?, blurred.data_typed::<u16>()?);
        let Some(share) = lost_share(sharp, blurred, &on, step) else {
            return Ok(None);
        };
        lost[axis] = share;
    }
    Ok(Some(lost[0].min(lost[1])))
}

/// The rectangle that holds the face.
fn bounds(mask: &[u8]) -> Option<Rect> {
    let (mut columns, mut rows) = ([SIDE, 0], [SIDE, 0]);
    for (row, line) in mask.chunks_exact(SIDE).enumerate() {
        let Some(first) = line.iter().position(|pixel| *pixel != 0) else {
            continue;
        };
        let last = line.iter().rposition(|pixel| *pixel != 0).unwrap_or(first);
        columns = [columns[0].min(first), columns[1].max(last + 1)];
        rows = [rows[0].min(row), row + 1];
    }
    (columns[0] < columns[1]).then(|| {
        let [x, right, y, bottom] = [columns[0], columns[1], rows[0], rows[1]].map(|at| at as i32);
        Rect::new(x, y, right - x, bottom - y)
    })
}

/// How much of the differences between neighbours `step` apart the blur takes, on the face.
fn lost_share(sharp: &[u16], blurred: &[u16], on: &[u8], step: usize) -> Option<f32> {
    let (mut before, mut lost, mut pixels) = (0_u64, 0_u64, 0_u32);
    let ahead = sharp.iter().zip(blurred).zip(on).skip(step);
    for ((was, is), ((sharp, blurred), on)) in sharp.iter().zip(blurred).zip(ahead) {
        let counts = u32::from(*on != 0);
        let step = u32::from(sharp.abs_diff(*was)) * counts;
        let left = u32::from(blurred.abs_diff(*is)) * counts;
        before += u64::from(step);
        lost += u64::from(step.saturating_sub(left));
        pixels += counts;
    }
    (pixels >= LEAST_PIXELS && before > 0).then(|| lost as f32 / before as f32)
}

/// Steps across the edges of blocks over those elsewhere, less 1, the mean of both directions; not below 0.
fn blocks(picture: &Picture, face: &FaceBox) -> Option<f32> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let span = |from: f32, length: f32, end: usize| {
        let low = (from.max(0.0) as usize).max(1);
        let high = ((from + length).max(0.0) as usize).min(end.saturating_sub(1));
        (high >= low + LEAST_SIDE).then_some((low, high))
    };
    let (left, right) = span(face.x, face.width, width)?;
    let (top, bottom) = span(face.y, face.height, height)?;
    let green = |x: usize, y: usize| i32::from(picture.bgr()[3 * (y * width + x) + 1]);
    let thin = |low: usize, high: usize| (low..high).step_by(((high - low) / MOST_LINES).max(1));
    let across = edge_ratio(
        left..right,
        || thin(top, bottom),
        |x, y| green(x, y) - green(x - 1, y),
    );
    let down = edge_ratio(
        top..bottom,
        || thin(left, right),
        |y, x| green(x, y) - green(x, y - 1),
    );
    Some((f32::midpoint(across, down) - 1.0).max(0.0))
}

/// Mean step onto a block's first line over the mean step onto any other.
fn edge_ratio<I: Iterator<Item = usize>>(
    along: std::ops::Range<usize>,
    lines: impl Fn() -> I,
    step: impl Fn(usize, usize) -> i32,
) -> f32 {
    let (mut sums, mut counts) = ([0_u64; BLOCK], [0_u32; BLOCK]);
    for place in along {
        let phase = place % BLOCK;
        for line in lines() {
            sums[phase] += u64::from(step(place, line).unsigned_abs());
            counts[phase] += 1;
        }
    }
    let mean = |phase: usize| sums[phase] as f32 / counts[phase].max(1) as f32;
    let inside = (1..BLOCK).map(mean).sum::<f32>() / (BLOCK - 1) as f32;
    (mean(0) + LEAST_STEP) / (inside + LEAST_STEP)
}
