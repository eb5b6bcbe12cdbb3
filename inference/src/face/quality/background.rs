//! How plain the background is: the standard's measure of gradients, on strips beside the head in place of a
//! network's map of the background.
//!
//! Without that map hair, shoulders and hats are not told from what lies behind. The strips therefore keep away from
//! the head, end above the shoulders, and are not assessed where too little of them lies within the picture.

use opencv::core::{
    BORDER_DEFAULT, CV_8UC1, CV_32F, Mat, MatTraitConst, MatTraitConstManual, Scalar,
};
use opencv::imgproc;

use super::view::View;
use crate::Error;
use crate::blob::{Beyond, warp};
use crate::geometry::Affine;
use crate::picture::Picture;

/// Side of the patch that is looked at, px: 616 px of OFIQ's frame at 354/492, the scale at which it takes gradients.
const SIDE: u32 = 443;
const SCALE: f32 = 492.0 / 354.0;
/// The strips in OFIQ's frame: to this x, and from this x on, down to this y (the mouth's corners).
const LEFT_END: f32 = 120.0;
const RIGHT_START: f32 = 496.0;
const BOTTOM: f32 = 402.0;
/// At least this share of both strips' pixels must lie within the picture.
const LEAST_SHARE: f32 = 0.5;

/// The mean gradient of luminance (Sobel) on the strips; `None` where they lie outside the picture.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn mean_gradient(picture: &Picture, view: &View) -> Result<Option<f32>, Error> {
    let to_picture = frame(view);
    let columns = [
        (4, (LEFT_END / SCALE) as usize),
        ((RIGHT_START / SCALE) as usize, SIDE as usize - 4),
    ];
    let bottom = (BOTTOM / SCALE) as usize;
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let inside = |row: usize, column: usize| {
        let [x, y] = to_picture.apply([column as f32, row as f32]);
        (2.0..width - 2.0).contains(&x) && (2.0..height - 2.0).contains(&y)
    };
    let places: Vec<(usize, usize)> = columns
        .iter()
        .flat_map(|&(from, to)| (from..to).map(|column| column as usize))
        .flat_map(|column| (4..bottom).map(move |row| (row, column)))
        .collect();
    // Every fifth place tells whether there is enough to look at.
    let sample = places.iter().step_by(5);
    let seen = sample
        .clone()
        .filter(|(row, column)| inside(*row, *column))
        .count();
    if (seen as f32) < LEAST_SHARE * sample.count() as f32 {
        return Ok(None);
    }
    let slope = slopes(picture, &to_picture)?;
    let (mut sum, mut count) = (0.0_f64, 0_u32);
    for (row, column) in places {
        if inside(row, column) {
            sum += f64::from(slope[row * SIDE as usize + column]);
            count += 1;
        }
    }
    Ok(Some((sum / f64::from(count.max(1))) as f32))
}

/// Patch to picture: OFIQ's whole frame.
fn frame(view: &View) -> Affine {
    let corner = super::view::CORNER;
    let rows = view
        .to_picture
        .rows
        .map(|[a, b, c]| [a * SCALE, b * SCALE, c - a * corner[0] - b * corner[1]]);
    Affine { rows }
}

/// The length of Sobel's gradient of linear luminance, by pixel.
fn slopes(picture: &Picture, to_picture: &Affine) -> Result<Vec<f32>, Error> {
    let (mut bgr, mut shrunk) = (Mat::default(), Mat::default());
    warp(
        &picture.as_mat()?,
        to_picture,
        SIDE,
        Beyond::Edge,
        &mut bgr,
        &mut shrunk,
    )?;
    let levels = super::view::luminance(bgr.data_bytes()?);
    let side = SIDE as i32;
    let mut grey = Mat::new_rows_cols_with_default(side, side, CV_8UC1, Scalar::default())?;
    opencv::core::MatTraitManual::data_bytes_mut(&mut grey)?.copy_from_slice(&levels);
    let slope = |dx: i32, dy: i32| -> Result<Mat, Error> {
        let mut out = Mat::default();
        imgproc::sobel(&grey, &mut out, CV_32F, dx, dy, 3, 1.0, 0.0, BORDER_DEFAULT)?;
        Ok(out)
    };
    let (across, down) = (slope(1, 0)?, slope(0, 1)?);
    debug_assert_eq!(across.rows(), side);
    let down = down.data_typed::<f32>()?;
    Ok(across
        .data_typed::<f32>()?
        .iter()
        .zip(down)
        .map(|(x, y)| x.hypot(*y))
        .collect())
}
