//! A document shown on a screen: its pixels are one fine grid that runs through the whole picture.
//!
//! The spectrum of four pieces, at the picture's own size, is taken in grey and in red minus blue
//! (a screen's red and blue stand a third of a pixel apart to each side of green). A line in it
//! counts by how far it stands out of its row and column, and only as far as all four pieces have
//! it: print, guilloche and halftones differ from place to place, a screen does not. The lines of
//! JPEG's own blocks, at multiples of 1/8, are left out.

use opencv::core::{
    BORDER_CONSTANT, BORDER_REPLICATE, CV_32F, DFT_COMPLEX_OUTPUT, Mat, MatTraitConst,
    MatTraitManual, Point, Rect, Scalar, Size, Vector,
};
use opencv::imgproc;

use super::{Reason, Scored};
use crate::Error;
use crate::document::assessment::{Assessment, Unmeasured};
use crate::document::plane::Quad;
use crate::picture::Picture;

/// Side of a piece.
const SIDE: i32 = 512;
/// Where the pieces' middles lie in the document, over its width and height: the corners of its
/// inner part, so that no two see the same print.
const PLACES: [[f32; 2]; 4] = [[0.23, 0.3], [0.75, 0.3], [0.75, 0.75], [0.3, 0.75]];
/// Lines are looked for from this frequency on, in cycles a pixel: print lies below.
const LEAST_FREQUENCY: f32 = 0.12;
/// Lines within so many steps of the spectrum in all pieces are the same: tilt moves them.
const SAME: i32 = 9;
/// Half as wide as the row and column that a line has to stand out of.
const AROUND: i32 = 25;
/// Natural logarithms above row and column that all pieces have in common. Measured on specimens
/// (`tests/tests/document/signals.rs`): 21 bona fide, photographed and scanned, JPEG quality 70 to
/// 95, at most 0.86, none raised; of 11 shown on screens of 600 to 1,500 pixels a page width 8 are
/// raised: a fine screen seen a little out of focus leaves no grid.
const LIMIT: f32 = 1.15;

/// How strong the grid common to all pieces is.
///
/// # Errors
/// [`Error`] where an image operation fails.
pub(super) fn measure(
    picture: &Picture,
    outline: Option<&Quad>,
) -> Result<Assessment<Scored>, Error> {
    let Some(outline) = outline else {
        return Ok(Assessment::NotAssessed(Unmeasured::NoOutline));
    };
    let mat = picture.as_mat()?;
    if mat.cols() < SIDE || mat.rows() < SIDE || apart(outline) < 0.5 * SIDE as f32 {
        return Ok(Assessment::NotAssessed(Unmeasured::TooSmall));
    }
    let mut window = Mat::default();
    imgproc::create_hanning_window(&mut window, Size::new(SIDE, SIDE), CV_32F)?;
    let mut common: [Option<Mat>; 2] = [None, None];
    for place in PLACES {
        let piece = Mat::roi(&mat, around(outline, place, mat.cols(), mat.rows()))?;
        for (lines, channel) in common.iter_mut().zip(channels(&piece)?) {
            let found = lines_of(&channel, &window)?;
            *lines = Some(match lines.take() {
                None => found,
                Some(before) => {
                    let mut both = Mat::default();
                    opencv::core::min(&before, &found, &mut both)?;
                    both
                }
            });
        }
    }
    let mut strongest = 0.0_f64;
    for lines in common.iter().flatten() {
        let mut most = 0.0;
        let none = opencv::core::no_array();
        opencv::core::min_max_loc(lines, None, Some(&mut most), None, None, &none)?;
        strongest = strongest.max(most);
    }
    let scored = Scored::against(strongest as f32, LIMIT, Reason::RegularPattern);
    Ok(Assessment::Measured(scored))
}

/// How far the pieces' middles lie apart along the document's shorter side.
fn apart(outline: &Quad) -> f32 {
    let side = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    let across = side(outline[0], outline[1]).min(side(outline[3], outline[2]));
    let down = side(outline[0], outline[3]).min(side(outline[1], outline[2]));
    across.min(down)
}

/// The piece around a place of the document, kept inside the picture.
fn around(outline: &Quad, [across, down]: [f32; 2], cols: i32, rows: i32) -> Rect {
    let mix = |a: [f32; 2], b: [f32; 2], share: f32| {
        [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share]
    };
    let upper = mix(outline[0], outline[1], across);
    let lower = mix(outline[3], outline[2], across);
    let [x, y] = mix(upper, lower, down);
    let corner = |middle: f32, end: i32| (middle as i32 - SIDE / 2).clamp(0, end - SIDE);
    Rect::new(corner(x, cols), corner(y, rows), SIDE, SIDE)
}

/// Grey, and red minus blue.
fn channels(piece: &impl opencv::core::ToInputArray) -> Result<[Mat; 2], Error> {
    let mut wide = Vector::<Mat>::new();
    opencv::core::split(piece, &mut wide)?;
    let float = |index: usize| -> Result<Mat, Error> {
        let mut out = Mat::default();
        wide.get(index)?.convert_to(&mut out, CV_32F, 1.0, 0.0)?;
        Ok(out)
    };
    let (blue, green, red) = (float(0)?, float(1)?, float(2)?);
    let none = opencv::core::no_array();
    let (mut two, mut grey, mut colour) = (Mat::default(), Mat::default(), Mat::default());
    opencv::core::add(&blue, &green, &mut two, &none, -1)?;
    opencv::core::scale_add(&red, 1.0, &two, &mut grey)?;
    opencv::core::subtract(&red, &blue, &mut colour, &none, -1)?;
    let mut third = Mat::default();
    grey.convert_to(&mut third, CV_32F, 1.0 / 3.0, 0.0)?;
    Ok([third, colour])
}

/// How far each place of the spectrum stands out of its row and column, the most within [`SAME`];
/// zero where no line is looked for. Frequency 0 is in the middle.
fn lines_of(channel: &Mat, window: &Mat) -> Result<Mat, Error> {
    let mean = opencv::core::mean_def(channel)?;
    let (mut level, mut seen) = (Mat::default(), Mat::default());
    channel.convert_to(&mut level, CV_32F, 1.0, -mean[0])?;
    opencv::core::multiply_def(&level, window, &mut seen)?;
    let mut spectrum = Mat::default();
    opencv::core::dft(&seen, &mut spectrum, DFT_COMPLEX_OUTPUT, 0)?;
    let logarithms = centred(&spectrum)?;
    let mut smooth = Mat::default();
    imgproc::gaussian_blur_def(&logarithms, &mut smooth, Size::new(3, 3), 0.8)?;
    let beside = |size: Size| -> Result<Mat, Error> {
        let mut out = Mat::default();
        imgproc::box_filter(
            &smooth,
            &mut out,
            -1,
            size,
            Point::new(-1, -1),
            true,
            BORDER_REPLICATE,
        )?;
        Ok(out)
    };
    let (row, column) = (beside(Size::new(AROUND, 1))?, beside(Size::new(1, AROUND))?);
    let (mut higher, mut above) = (Mat::default(), Mat::default());
    opencv::core::max(&row, &column, &mut higher)?;
    opencv::core::subtract(&smooth, &higher, &mut above, &opencv::core::no_array(), -1)?;
    without_print(&mut above)?;
    let kernel = imgproc::get_structuring_element(
        imgproc::MORPH_RECT,
        Size::new(SAME, SAME),
        Point::new(-1, -1),
    )?;
    let mut out = Mat::default();
    imgproc::dilate(
        &above,
        &mut out,
        &kernel,
        Point::new(-1, -1),
        1,
        BORDER_CONSTANT,
        Scalar::all(0.0),
    )?;
    Ok(out)
}

/// Logarithms of the amplitudes, frequency 0 moved to the middle.
fn centred(spectrum: &Mat) -> Result<Mat, Error> {
    let half = SIDE / 2;
    let mut parts = Vector::<Mat>::new();
    opencv::core::split(spectrum, &mut parts)?;
    let (mut amplitude, mut raised, mut whole) = (Mat::default(), Mat::default(), Mat::default());
    opencv::core::magnitude(&parts.get(0)?, &parts.get(1)?, &mut amplitude)?;
    amplitude.convert_to(&mut raised, CV_32F, 1.0, 1.0)?;
    opencv::core::log(&raised, &mut whole)?;
    let mut out = Mat::new_rows_cols_with_default(SIDE, SIDE, CV_32F, Scalar::default())?;
    for (from, to) in [(0, half), (half, 0)] {
        for (left, right) in [(0, half), (half, 0)] {
            let quarter = Mat::roi(&whole, Rect::new(left, from, half, half))?;
            let mut place = Mat::roi_mut(&mut out, Rect::new(right, to, half, half))?;
            quarter.copy_to(&mut place)?;
        }
    }
    Ok(out)
}

/// Zero where print lies and where JPEG's blocks show.
fn without_print(above: &mut Mat) -> Result<(), Error> {
    let half = SIDE / 2;
    let least = LEAST_FREQUENCY * SIDE as f32;
    let step = SIDE / 8;
    let on_blocks = |offset: i32| {
        let rest = offset.rem_euclid(step);
        rest.min(step - rest) <= 2
    };
    for (index, value) in above.data_typed_mut::<f32>()?.iter_mut().enumerate() {
        let (x, y) = (index as i32 % SIDE - half, index as i32 / SIDE - half);
        let low = (x as f32).hypot(y as f32) < least;
        if low || (on_blocks(x) && on_blocks(y)) || *value < 0.0 {
            *value = 0.0;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of soft noise; with `grid`, a screen's stripes over it.
    fn page(grid: Option<f32>) -> Picture {
        let (width, height) = (1100_u32, 900_u32);
        let mut state = 7_u32;
        let mut bytes = Vec::with_capacity((width * height * 3) as usize);
        for y in 0..height {
            for x in 0..width {
                for channel in 0..3_u32 {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let noise = (state >> 28) as f32;
                    let stripe = grid.map_or(0.0, |period| {
                        let phase = x as f32 + 0.1 * y as f32 + channel as f32 * period / 3.0;
                        14.0 * (std::f32::consts::TAU * phase / period).sin()
                    });
                    bytes.push((170.0 + noise + stripe) as u8);
                }
            }
        }
        Picture::from_bgr(width, height, bytes).unwrap()
    }

    const OUTLINE: Quad = [[50.0, 50.0], [1050.0, 50.0], [1050.0, 800.0], [50.0, 800.0]];

    fn score(picture: &Picture) -> f32 {
        measure(picture, Some(&OUTLINE))
            .unwrap()
            .measured()
            .unwrap()
            .score
    }

    #[test]
    fn one_grid_all_over_the_page_is_raised_and_noise_is_not() {
        assert!(score(&page(Some(3.3))) > 0.5);
        assert!(score(&page(None)) < 0.5);
    }

    #[test]
    fn a_picture_smaller_than_a_piece_is_not_assessed() {
        let small = Picture::from_bgr(300, 300, vec![128; 270_000]).unwrap();
        let found = measure(&small, Some(&OUTLINE)).unwrap();
        assert_eq!(found, Assessment::NotAssessed(Unmeasured::TooSmall));
    }
}
