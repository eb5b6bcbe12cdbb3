//! Contrast of a piece of a picture.

use opencv::core::{CV_8U, Mat, MatTraitConst, MatTraitConstManual};
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
