//! How plain the background is: the standard's measure of gradients, on patches beside the head in place of a
//! network's map of the background.
//!
//! Without that map hair, shoulders and hats are not told from what lies behind. The patches therefore keep away from
//! the head, end above the shoulders, and nothing is said where too few of them lie within the picture.

use opencv::core::{
    BORDER_DEFAULT, CV_8UC1, CV_16S, Mat, MatTraitConstManual, MatTraitManual, Scalar,
};
use opencv::imgproc;

use super::view::{View, luminance};
use crate::Error;
use crate::blob::{Beyond, warp};
use crate::geometry::Affine;
use crate::picture::Picture;

/// OFIQ takes gradients where its frame of 492 px, cut from 616, is 354 px wide.
const SCALE: f32 = 492.0 / 354.0;
/// A patch's side, px at that scale.
const SIDE: u32 = 86;
/// Upper left corners of the patches in OFIQ's frame of 616 px: three down either side, to above the mouth.
const PATCHES: [[f32; 2]; 6] = [
    [0.0, 0.0],
    [0.0, 120.0],
    [0.0, 240.0],
    [496.0, 0.0],
    [496.0, 120.0],
    [496.0, 240.0],
];
/// At least so many patches must lie within the picture.
const LEAST_PATCHES: u32 = 3;

/// The mean gradient of luminance (Sobel) on the patches; `None` where too few lie within the picture.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn mean_gradient(picture: &Picture, view: &View) -> Result<Option<f32>, Error> {
    let source = picture.as_mat()?;
    let (mut bgr, mut shrunk) = (Mat::default(), Mat::default());
    let (mut sum, mut count) = (0.0, 0);
    for corner in PATCHES {
        let to_picture = patch(view, corner);
        if !inside(picture, &to_picture) {
            continue;
        }
        warp(
            &source,
            &to_picture,
            SIDE,
            Beyond::Edge,
            &mut bgr,
            &mut shrunk,
        )?;
        sum += slope(&bgr)?;
        count += 1;
    }
    Ok((count >= LEAST_PATCHES).then(|| sum / count as f32))
}

/// Patch to picture, from the patch's corner in OFIQ's frame.
fn patch(view: &View, corner: [f32; 2]) -> Affine {
    let window = super::view::CORNER;
    let [x, y] = [corner[0] - window[0], corner[1] - window[1]];
    let rows = view
        .to_picture
        .rows
        .map(|[a, b, c]| [a * SCALE, b * SCALE, c + a * x + b * y]);
    Affine { rows }
}

fn inside(picture: &Picture, to_picture: &Affine) -> bool {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let side = SIDE as f32;
    [[0.0, 0.0], [side, 0.0], [0.0, side], [side, side]]
        .map(|corner| to_picture.apply(corner))
        .iter()
        .all(|[x, y]| (0.0..=width).contains(x) && (0.0..=height).contains(y))
}

/// The mean length of Sobel's gradient of linear luminance.
fn slope(bgr: &Mat) -> Result<f32, Error> {
    let side = SIDE as i32;
    let mut grey = Mat::new_rows_cols_with_default(side, side, CV_8UC1, Scalar::default())?;
    grey.data_bytes_mut()?
        .copy_from_slice(&luminance(bgr.data_bytes()?));
    let along = |dx: i32, dy: i32| -> Result<Mat, Error> {
        let mut out = Mat::default();
        imgproc::sobel(&grey, &mut out, CV_16S, dx, dy, 3, 1.0, 0.0, BORDER_DEFAULT)?;
        Ok(out)
    };
    let (across, down) = (along(1, 0)?, along(0, 1)?);
    let square = |value: &i16| f32::from(*value) * f32::from(*value);
    let lengths = across
        .data_typed::<i16>()?
        .iter()
        .zip(down.data_typed::<i16>()?)
        .map(|(x, y)| (square(x) + square(y)).sqrt());
    Ok(lengths.sum::<f32>() / (SIDE * SIDE) as f32)
}
