//! How blurred print is, by what a second blur still changes.
//!
//! A step edge blurred with sigma `s` and then with `f` and with `c` has peak gradients whose ratio
//! is `r = sqrt((s² + c²) / (s² + f²))`, so `s² = (c² - r² f²) / (r² - 1)` (Zhuo and Sim, "Defocus
//! map estimation from a single image", Pattern Recognition 44, 2011, with a first blur against
//! noise). Neither contrast nor brightness enters. Print is thin strokes rather than steps, which
//! makes the figure a little low where a stroke has less than three pixels: limits are measured
//! with it as it is.

use opencv::core::{BORDER_DEFAULT, CV_32F, Mat, MatTraitConst, MatTraitConstManual, Rect, Size};
use opencv::imgproc;

use crate::Error;

/// The first blur, px: what single pixels of noise are taken down with.
const FINE: f64 = 0.8;
/// The second blur, px.
const COARSE: f64 = 1.6;
/// Gradients below this many levels a pixel are no print (noise of sigma 6 stays below).
const LEAST_GRADIENT: f32 = 4.0;
/// Edges counted: those with at least this share of the strongest ones' gradient.
const STRONG: f32 = 0.5;
/// Fewer edges say nothing.
const LEAST_EDGES: usize = 40;
/// Sigmas beyond this cannot be told apart by these two blurs.
const MOST: f32 = 6.0;

/// Sigma of the blur in pixels of the piece (8UC1), the worse of both directions: motion blurs
/// one alone. `None` where too few edges are in it.
///
/// # Errors
/// [`Error::Library`].
pub(in crate::document) fn sigma_px(grey: &Mat) -> Result<Option<f32>, Error> {
    if grey.cols() < 16 || grey.rows() < 16 {
        return Ok(None);
    }
    let (fine, coarse) = (blurred(grey, FINE)?, blurred(grey, COARSE)?);
    let across = along_axis(&fine, &coarse, [1, 0])?;
    let down = along_axis(&fine, &coarse, [0, 1])?;
    Ok(match (across, down) {
        (Some(x), Some(y)) => Some(x.max(y)),
        (one, other) => one.or(other),
    })
}

fn blurred(grey: &Mat, sigma: f64) -> Result<Mat, Error> {
    let mut wide = Mat::default();
    grey.convert_to(&mut wide, CV_32F, 1.0, 0.0)?;
    let mut out = Mat::default();
    imgproc::gaussian_blur(
        &wide,
        &mut out,
        Size::default(),
        sigma,
        sigma,
        BORDER_DEFAULT,
    )?;
    Ok(out)
}

/// Sigma by edges across one axis.
fn along_axis(fine: &Mat, coarse: &Mat, [dx, dy]: [i32; 2]) -> Result<Option<f32>, Error> {
    let slope = |mat: &Mat| -> Result<Mat, Error> {
        let mut out = Mat::default();
        imgproc::sobel(
            mat,
            &mut out,
            CV_32F,
            dx,
            dy,
            3,
            1.0 / 8.0,
            0.0,
            BORDER_DEFAULT,
        )?;
        Ok(out)
    };
    let (fine, coarse) = (slope(fine)?, slope(coarse)?);
    let (fine_values, values) = (fine.data_typed::<f32>()?, coarse.data_typed::<f32>()?);
    let cols = coarse.cols() as usize;
    let step = if dx == 1 { 1 } else { cols };
    let mut peaks: Vec<(f32, f32)> = Vec::new();
    for at in cols + 1..values.len().saturating_sub(cols + 1) {
        let here = values[at].abs();
        if here > LEAST_GRADIENT
            && here >= values[at - step].abs()
            && here > values[at + step].abs()
        {
            peaks.push((here, fine_values[at].abs() / here));
        }
    }
    if peaks.len() < LEAST_EDGES {
        return Ok(None);
    }
    peaks.sort_by(|a, b| b.0.total_cmp(&a.0));
    let top = peaks[peaks.len() / 20].0;
    let mut ratios: Vec<f32> = peaks
        .iter()
        .take_while(|(strength, _)| *strength >= STRONG * top)
        .map(|(_, ratio)| *ratio)
        .collect();
    if ratios.len() < LEAST_EDGES {
        return Ok(None);
    }
    let middle = ratios.len() / 2;
    let (_, ratio, _) = ratios.select_nth_unstable_by(middle, f32::total_cmp);
    Ok(Some(sigma_of(*ratio)))
}

fn sigma_of(ratio: f32) -> f32 {
    let (fine, coarse) = ((FINE * FINE) as f32, (COARSE * COARSE) as f32);
    let square = ratio * ratio;
    if square <= 1.0 {
        return MOST;
    }
    ((coarse - square * fine) / (square - 1.0))
        .max(0.0)
        .sqrt()
        .min(MOST)
}

/// The median over pieces of a grey picture; `None` where no piece has enough print.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn median_px(grey: &Mat, pieces: &[Rect]) -> Result<Option<f32>, Error> {
    let mut sigmas = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let inside = *piece & Rect::new(0, 0, grey.cols(), grey.rows());
        if !inside.empty() {
            sigmas.extend(sigma_px(&Mat::roi(grey, inside)?.try_clone()?)?);
        }
    }
    sigmas.sort_by(f32::total_cmp);
    Ok(sigmas.get(sigmas.len() / 2).copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::core::{CV_8UC1, Scalar};

    /// Bars of eight pixels, blurred.
    fn bars(sigma: f64) -> Mat {
        let mut mat =
            Mat::new_rows_cols_with_default(200, 200, CV_8UC1, Scalar::all(220.0)).unwrap();
        for bar in 0..10 {
            for rect in [
                Rect::new(bar * 20, 0, 8, 100),
                Rect::new(0, 100 + bar * 10, 200, 4),
            ] {
                imgproc::rectangle(&mut mat, rect, Scalar::all(30.0), -1, imgproc::LINE_8, 0)
                    .unwrap();
            }
        }
        if sigma == 0.0 {
            return mat;
        }
        let mut out = Mat::default();
        imgproc::gaussian_blur(
            &mat,
            &mut out,
            Size::default(),
            sigma,
            sigma,
            BORDER_DEFAULT,
        )
        .unwrap();
        out
    }

    #[test]
    fn a_blur_is_measured_as_what_it_was() {
        for sigma in [1.0_f32, 1.5, 2.0] {
            let found = sigma_px(&bars(f64::from(sigma))).unwrap().unwrap();
            assert!((found - sigma).abs() < 0.45, "{sigma}: {found}");
        }
        assert!(sigma_px(&bars(0.0)).unwrap().unwrap() < 0.95);
    }

    #[test]
    fn contrast_does_not_change_it_and_a_plain_piece_has_none() {
        let strong = bars(1.5);
        let mut weak = Mat::default();
        strong.convert_to(&mut weak, CV_8UC1, 0.3, 100.0).unwrap();
        let [a, b] = [strong, weak].map(|mat| sigma_px(&mat).unwrap().unwrap());
        assert!((a - b).abs() < 0.1, "{a} {b}");
        let plain = Mat::new_rows_cols_with_default(64, 64, CV_8UC1, Scalar::all(128.0)).unwrap();
        assert_eq!(sigma_px(&plain).unwrap(), None);
    }

    #[test]
    fn motion_along_one_axis_counts() {
        let mut moved = Mat::default();
        imgproc::blur_def(&bars(0.6), &mut moved, Size::new(9, 1)).unwrap();
        assert!(sigma_px(&moved).unwrap().unwrap() > 1.8);
    }
}
