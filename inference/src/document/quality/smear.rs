//! Whether print is smeared along one direction, as motion does.
//!
//! A stroke thinner than the way that a page moved is not made wider by it, but paler: the width of edges tells
//! nothing of it (see [`super::blur`]). What tells is that all edges across the motion fade while those along it stay:
//! the gradients of the print then lie along one line. Letters and figures have them in all directions.

use opencv::core::{BORDER_DEFAULT, CV_32F, Mat, MatTraitConst, MatTraitConstManual, Rect, Size};
use opencv::imgproc;

use crate::Error;

/// Blur against noise before gradients are taken, px.
const SMOOTH: f64 = 1.0;
/// Mean square of gradients below which a piece has no print: levels a pixel, squared.
const LEAST_ENERGY: f64 = 4.0;

/// Energy of the print's gradients along their main direction over that across it, the median over pieces of a grey
/// picture: 1 is alike in all directions. `None` where no piece has enough print.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn anisotropy(grey: &Mat, pieces: &[Rect]) -> Result<Option<f32>, Error> {
    let mut ratios = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let inside = *piece & Rect::new(0, 0, grey.cols(), grey.rows());
        if inside.width >= 16 && inside.height >= 16 {
            ratios.extend(of_piece(&Mat::roi(grey, inside)?.try_clone()?)?);
        }
    }
    ratios.sort_by(f32::total_cmp);
    Ok(ratios.get(ratios.len() / 2).copied())
}

fn of_piece(grey: &Mat) -> Result<Option<f32>, Error> {
    let mut smooth = Mat::default();
    imgproc::gaussian_blur(
        grey,
        &mut smooth,
        Size::default(),
        SMOOTH,
        SMOOTH,
        BORDER_DEFAULT,
    )?;
    let slope = |dx, dy| -> Result<Mat, Error> {
        let mut out = Mat::default();
        imgproc::sobel(
            &smooth,
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
    let (across, down) = (slope(1, 0)?, slope(0, 1)?);
    let (mut xx, mut xy, mut yy) = (0.0_f64, 0.0_f64, 0.0_f64);
    let pairs = across
        .data_typed::<f32>()?
        .iter()
        .zip(down.data_typed::<f32>()?);
    for (x, y) in pairs {
        let (x, y) = (f64::from(*x), f64::from(*y));
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    let pixels = (grey.cols() * grey.rows()) as f64;
    if xx + yy < LEAST_ENERGY * pixels {
        return Ok(None);
    }
    // The eigenvalues of the structure tensor.
    let (middle, off) = ((xx + yy) / 2.0, ((xx - yy) / 2.0).hypot(xy));
    Ok(Some(((middle + off) / (middle - off).max(1.0)) as f32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::core::{CV_8UC1, Point, Scalar};

    fn rings() -> Mat {
        let mut mat =
            Mat::new_rows_cols_with_default(160, 160, CV_8UC1, Scalar::all(220.0)).unwrap();
        for (x, y) in (0..4).flat_map(|x| (0..4).map(move |y| (x, y))) {
            let middle = Point::new(20 + x * 40, 20 + y * 40);
            imgproc::circle(
                &mut mat,
                middle,
                12,
                Scalar::all(40.0),
                3,
                imgproc::LINE_AA,
                0,
            )
            .unwrap();
        }
        mat
    }

    fn whole(mat: &Mat) -> f32 {
        let piece = Rect::new(0, 0, mat.cols(), mat.rows());
        anisotropy(mat, &[piece]).unwrap().unwrap()
    }

    #[test]
    fn print_alike_in_all_directions_is_not_smeared_and_moved_print_is() {
        let sharp = rings();
        assert!(whole(&sharp) < 1.2, "{}", whole(&sharp));
        for size in [Size::new(13, 1), Size::new(1, 13)] {
            let mut moved = Mat::default();
            imgproc::blur_def(&sharp, &mut moved, size).unwrap();
            assert!(whole(&moved) > 2.2, "{}", whole(&moved));
        }
    }

    #[test]
    fn empty_paper_gives_nothing() {
        let paper = Mat::new_rows_cols_with_default(64, 64, CV_8UC1, Scalar::all(220.0)).unwrap();
        assert_eq!(
            anisotropy(&paper, &[Rect::new(0, 0, 64, 64)]).unwrap(),
            None
        );
    }
}
