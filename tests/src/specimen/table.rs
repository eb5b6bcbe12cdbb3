//! What a page lies on.

use std::f32::consts::TAU;

use opencv::core::{
    CV_8UC1, CV_8UC3, Mat, MatTraitConst, MatTraitConstManual, MatTraitManual, Point, Scalar, Size,
    Vector,
};
use opencv::imgproc;
use rand::Rng;

use super::photograph::turned;

/// What the page lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// A brown table with grain.
    Wood,
    /// Grey cloth.
    Cloth,
    /// One colour: blue, green, red.
    Plain([u8; 3]),
    /// A table with papers, boxes and pens on it.
    Clutter,
}

/// The empty table.
pub(super) fn table(
    frame: (u32, u32),
    background: Background,
    rng: &mut impl Rng,
) -> anyhow::Result<Mat> {
    let (cols, rows) = (i32::try_from(frame.0)?, i32::try_from(frame.1)?);
    let (ink, coarse, swing) = match background {
        Background::Plain(ink) => (ink, Size::new(2, 2), 0.0),
        Background::Wood | Background::Clutter => ([62, 92, 130], Size::new(6, 90), 26.0),
        Background::Cloth => ([120, 116, 112], Size::new(160, 120), 14.0),
    };
    let mut grain =
        Mat::new_rows_cols_with_default(coarse.height, coarse.width, CV_8UC1, Scalar::all(128.0))?;
    for level in grain.data_bytes_mut()? {
        *level = rng.random();
    }
    let mut fine = Mat::default();
    imgproc::resize(
        &grain,
        &mut fine,
        Size::new(cols, rows),
        0.0,
        0.0,
        imgproc::INTER_CUBIC,
    )?;
    let mut table = Mat::new_rows_cols_with_default(rows, cols, CV_8UC3, Scalar::default())?;
    for (pixel, level) in table
        .data_bytes_mut()?
        .chunks_exact_mut(3)
        .zip(fine.data_bytes()?)
    {
        let swing = (f32::from(*level) - 128.0) / 128.0 * swing;
        for (channel, ink) in pixel.iter_mut().zip(ink) {
            *channel = (f32::from(ink) + swing).round().clamp(0.0, 255.0) as u8;
        }
    }
    if background == Background::Clutter {
        clutter(&mut table, rng)?;
    }
    Ok(table)
}

/// Four-sided things of any colour, large ones first, and some long thin ones.
fn clutter(table: &mut Mat, rng: &mut impl Rng) -> anyhow::Result<()> {
    let (cols, rows) = (table.cols() as f32, table.rows() as f32);
    for thing in 0..16 {
        let long = cols * rng.random_range(0.1..0.5) / (1.0 + thing as f32 * 0.1);
        let share = if thing % 3 == 2 {
            0.05
        } else {
            rng.random_range(0.3..0.9)
        };
        let middle = [rng.random_range(0.0..cols), rng.random_range(0.0..rows)];
        let angle = rng.random_range(0.0..TAU);
        let corners: Vector<Point> = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]
            .iter()
            .map(|[x, y]: &[f32; 2]| {
                let [x, y] = turned([x * long / 2.0, y * long * share / 2.0], angle);
                Point::new((x + middle[0]) as i32, (y + middle[1]) as i32)
            })
            .collect();
        let ink = Scalar::new(
            f64::from(rng.random::<u8>()),
            f64::from(rng.random::<u8>()),
            f64::from(rng.random::<u8>()),
            0.0,
        );
        imgproc::fill_convex_poly(table, &corners, ink, imgproc::LINE_AA, 0)?;
    }
    Ok(())
}
