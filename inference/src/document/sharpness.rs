//! Contrast and sharpness of a piece of a picture.

use opencv::core::{CV_8U, CV_64F, Mat, MatTraitConst, MatTraitConstManual, Scalar};
use opencv::imgproc;

use crate::Error;

/// Shares of pixels that a contrast stretch maps to black and white.
const DARK: f64 = 0.02;
const LIGHT: f64 = 0.90;
/// The narrowest range of grey that is stretched.
const NARROWEST: u8 = 10;

/// Grey with its contrast stretched to the full range, still as BGR.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn stretched(strip: &Mat) -> Result<Mat, Error> {
    let mut grey = Mat::default();
    imgproc::cvt_color_def(strip, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    let mut values = grey.data_bytes()?.to_vec();
    values.sort_unstable();
    let at = |share: f64| values[((values.len() - 1) as f64 * share) as usize];
    let (low, high) = (at(DARK), at(LIGHT));
    let range = f64::from(high.saturating_sub(low).max(NARROWEST));
    let mut wide = Mat::default();
    grey.convert_to(
        &mut wide,
        CV_8U,
        255.0 / range,
        -f64::from(low) * 255.0 / range,
    )?;
    let mut out = Mat::default();
    imgproc::cvt_color_def(&wide, &mut out, imgproc::COLOR_GRAY2BGR)?;
    Ok(out)
}

/// Variance of the Laplacian over the variance of grey: falls with blur, independent of contrast.
/// `None` where the piece is all of one grey.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn sharpness(piece: &Mat) -> Result<Option<f32>, Error> {
    let mut grey = Mat::default();
    imgproc::cvt_color_def(piece, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    let mut edges = Mat::default();
    imgproc::laplacian_def(&grey, &mut edges, CV_64F)?;
    let (contrast, detail) = (variance(&grey)?, variance(&edges)?);
    Ok((contrast > 1.0).then_some((detail / contrast) as f32))
}

fn variance(mat: &Mat) -> Result<f64, Error> {
    let (mut mean, mut deviation) = (Scalar::default(), Scalar::default());
    opencv::core::mean_std_dev(mat, &mut mean, &mut deviation, &opencv::core::no_array())?;
    Ok(deviation[0] * deviation[0])
}
