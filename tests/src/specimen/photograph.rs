//! A camera above a table: a page laid under it, seen turned, tilted, blurred, noisy and compressed.

use std::f32::consts::TAU;
use std::path::Path;

use anyhow::ensure;
use kiosk_inference::picture::{DecodeLimits, Picture};
use opencv::core::{
    BORDER_CONSTANT, BORDER_REPLICATE, CV_8UC1, Mat, MatTraitConst, MatTraitConstManual,
    MatTraitManual, Point, Point2f, Rect, Scalar, Size, Vector,
};
use opencv::imgproc;
use rand::Rng;

use super::canvas::blend;
use super::page::Page;
use super::table::{Background, table};
use crate::film;

/// How the picture is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shot {
    /// Width and height of the picture in pixels.
    pub frame: (u32, u32),
    /// The page's width over the frame's.
    pub scale: f32,
    /// Where the page's middle lies from the frame's, in frame widths.
    pub offset: (f32, f32),
    /// How far the page is turned, clockwise.
    pub rotation_deg: f32,
    /// The furthest that a corner moves from its place by tilt, over the page's width.
    pub perspective: f32,
    /// Sigma of the blur, px; 0 for none.
    pub blur: f32,
    /// Sigma of the sensor's noise, levels of 255; 0 for none.
    pub noise: f32,
    /// How much darker one side of the table is, 0 to 1.
    pub shade: f32,
    /// Quality 0 to 100 that the picture is compressed with; none for none.
    pub jpeg_quality: Option<u8>,
    /// What the page lies on.
    pub background: Background,
}

impl Default for Shot {
    /// A document camera at a kiosk: straight above, the page by hand and so a little askew.
    fn default() -> Self {
        Self {
            frame: (1280, 960),
            scale: 0.82,
            offset: (0.0, 0.0),
            rotation_deg: 2.0,
            perspective: 0.012,
            blur: 0.6,
            noise: 3.0,
            shade: 0.12,
            jpeg_quality: Some(90),
            background: Background::Wood,
        }
    }
}

/// A picture of a page, with the truth about it.
pub struct Photograph {
    /// The picture.
    pub picture: Picture,
    /// The page's corners in it, px: upper left, upper right, lower right, lower left of the page.
    pub corners: [[f32; 2]; 4],
}

/// Takes one picture.
pub fn photograph(page: &Page, shot: &Shot, rng: &mut impl Rng) -> anyhow::Result<Photograph> {
    let table = table(shot.frame, shot.background, rng)?;
    let corners = tilted(placed(page, shot), shot, rng);
    expose(page, shot, &table, corners, rng)
}

/// Takes one picture of a page whose corners fall on the given places, px.
pub fn photograph_at(
    page: &Page,
    shot: &Shot,
    corners: [[f32; 2]; 4],
    rng: &mut impl Rng,
) -> anyhow::Result<Photograph> {
    let table = table(shot.frame, shot.background, rng)?;
    expose(page, shot, &table, corners, rng)
}

/// Films a page held under the camera for `frames` frames, moving a little as hands do.
pub fn hold(
    page: &Page,
    shot: &Shot,
    frames: usize,
    fps: f64,
    path: &Path,
    rng: &mut impl Rng,
) -> anyhow::Result<()> {
    let table = table(shot.frame, shot.background, rng)?;
    let phases: [f32; 3] = [0; 3].map(|_| rng.random_range(0.0..TAU));
    let still = tilted(placed(page, shot), shot, rng);
    let middle = middle_of(still);
    let reach = shot.frame.0 as f32 * 0.006;
    let taken = (0..frames).map(|frame| {
        let t = frame as f32 / fps as f32;
        let shift = [
            reach * (TAU * 0.31 * t + phases[0]).sin(),
            reach * (TAU * 0.23 * t + phases[1]).sin(),
        ];
        let turn = 0.9_f32.to_radians() * (TAU * 0.19 * t + phases[2]).sin();
        let corners = still.map(|corner| {
            let [x, y] = turned([corner[0] - middle[0], corner[1] - middle[1]], turn);
            [x + middle[0] + shift[0], y + middle[1] + shift[1]]
        });
        Ok(expose(page, shot, &table, corners, rng)?.picture)
    });
    film::write(path, fps, taken)
}

/// The page's corners, turned and scaled, before tilt.
fn placed(page: &Page, shot: &Shot) -> [[f32; 2]; 4] {
    let (frame_width, frame_height) = (shot.frame.0 as f32, shot.frame.1 as f32);
    let half = frame_width * shot.scale / 2.0;
    let share = page.size_mm[1] / page.size_mm[0];
    let middle = [
        frame_width * (0.5 + shot.offset.0),
        frame_height * 0.5 + frame_width * shot.offset.1,
    ];
    [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]].map(|[x, y]: [f32; 2]| {
        let [x, y] = turned([x * half, y * half * share], shot.rotation_deg.to_radians());
        [x + middle[0], y + middle[1]]
    })
}

fn tilted(corners: [[f32; 2]; 4], shot: &Shot, rng: &mut impl Rng) -> [[f32; 2]; 4] {
    let reach = shot.frame.0 as f32 * shot.scale * shot.perspective;
    corners.map(|corner| corner.map(|place| place + reach * rng.random_range(-1.0_f32..=1.0)))
}

pub(super) fn turned([x, y]: [f32; 2], angle: f32) -> [f32; 2] {
    let (sin, cos) = angle.sin_cos();
    [x * cos - y * sin, x * sin + y * cos]
}

fn middle_of(corners: [[f32; 2]; 4]) -> [f32; 2] {
    let sum = corners.iter().fold([0.0, 0.0], |sum, corner| {
        [sum[0] + corner[0], sum[1] + corner[1]]
    });
    sum.map(|sum| sum / 4.0)
}

fn expose(
    page: &Page,
    shot: &Shot,
    table: &Mat,
    corners: [[f32; 2]; 4],
    rng: &mut impl Rng,
) -> anyhow::Result<Photograph> {
    let mut scene = table.try_clone()?;
    lay(page, &mut scene, corners)?;
    let mut seen = Mat::default();
    if shot.blur > 0.0 {
        let sigma = f64::from(shot.blur);
        imgproc::gaussian_blur_def(&scene, &mut seen, Size::new(0, 0), sigma)?;
    } else {
        seen = scene;
    }
    develop(&mut seen, shot, rng)?;
    let picture = Picture::from_mat(&seen)?;
    let picture = match shot.jpeg_quality {
        Some(quality) => Picture::decode(&picture.encode_jpeg(quality)?, &DecodeLimits::default())?,
        None => picture,
    };
    Ok(Photograph { picture, corners })
}

/// Lays the page on the table: its shadow first, then its pixels where its rounded outline is.
fn lay(page: &Page, scene: &mut Mat, corners: [[f32; 2]; 4]) -> anyhow::Result<()> {
    let side =
        |a: usize, b: usize| (corners[b][0] - corners[a][0]).hypot(corners[b][1] - corners[a][1]);
    let width = side(0, 1).max(side(3, 2));
    ensure!(width >= 8.0, "the page is too small to be seen");
    let source = page.picture.as_mat()?;
    let mut sheet = source.try_clone()?;
    // Bilinear sampling skips pixels of a page finer than the frame: it is averaged down first.
    let fine = source.cols() as f32 / width;
    if fine > 1.3 {
        let size = Size::new(
            (width * 1.15).round() as i32,
            (source.rows() as f32 * width * 1.15 / source.cols() as f32).round() as i32,
        );
        imgproc::resize(&source, &mut sheet, size, 0.0, 0.0, imgproc::INTER_AREA)?;
    }
    let outline = outline(&sheet, page)?;
    let map = map_to(&sheet, corners)?;
    let size = scene.size()?;
    let (mut laid, mut mask, mut shadow) = (Mat::default(), Mat::default(), Mat::default());
    let linear = imgproc::INTER_LINEAR;
    imgproc::warp_perspective(
        &sheet,
        &mut laid,
        &map,
        size,
        linear,
        BORDER_REPLICATE,
        Scalar::default(),
    )?;
    imgproc::warp_perspective(
        &outline,
        &mut mask,
        &map,
        size,
        linear,
        BORDER_CONSTANT,
        Scalar::default(),
    )?;
    let below = corners.map(|[x, y]| [x + width * 0.004, y + width * 0.006]);
    let map = map_to(&sheet, below)?;
    let mut soft = Mat::default();
    imgproc::warp_perspective(
        &outline,
        &mut shadow,
        &map,
        size,
        linear,
        BORDER_CONSTANT,
        Scalar::default(),
    )?;
    imgproc::gaussian_blur_def(
        &shadow,
        &mut soft,
        Size::new(0, 0),
        f64::from(width) * 0.004,
    )?;
    let covers = soft.data_bytes()?.iter().zip(mask.data_bytes()?);
    let pixels = scene.data_bytes_mut()?.chunks_exact_mut(3);
    for ((pixel, laid), (soft, cover)) in pixels.zip(laid.data_bytes()?.chunks_exact(3)).zip(covers)
    {
        blend(pixel, [20, 20, 20], f32::from(*soft) / 255.0 * 0.45);
        blend(
            pixel,
            [laid[0], laid[1], laid[2]],
            f32::from(*cover) / 255.0,
        );
    }
    Ok(())
}

/// The page's shape as a mask: white with rounded corners.
fn outline(sheet: &Mat, page: &Page) -> anyhow::Result<Mat> {
    let (cols, rows) = (sheet.cols(), sheet.rows());
    let mut mask = Mat::new_rows_cols_with_default(rows, cols, CV_8UC1, Scalar::default())?;
    let radius = (page.corner_mm * cols as f32 / page.size_mm[0]).round() as i32;
    let white = Scalar::all(255.0);
    let fill = imgproc::FILLED;
    let rects = [
        Rect::new(radius, 0, cols - 2 * radius, rows),
        Rect::new(0, radius, cols, rows - 2 * radius),
    ];
    for rect in rects {
        imgproc::rectangle(&mut mask, rect, white, fill, imgproc::LINE_8, 0)?;
    }
    for (x, y) in [
        (radius, radius),
        (cols - 1 - radius, radius),
        (cols - 1 - radius, rows - 1 - radius),
        (radius, rows - 1 - radius),
    ] {
        imgproc::circle(
            &mut mask,
            Point::new(x, y),
            radius,
            white,
            fill,
            imgproc::LINE_AA,
            0,
        )?;
    }
    Ok(mask)
}

fn map_to(sheet: &Mat, corners: [[f32; 2]; 4]) -> anyhow::Result<Mat> {
    let (cols, rows) = (sheet.cols() as f32, sheet.rows() as f32);
    let from = [[0.0, 0.0], [cols, 0.0], [cols, rows], [0.0, rows]];
    let points = |corners: [[f32; 2]; 4]| -> Vector<Point2f> {
        corners.iter().map(|[x, y]| Point2f::new(*x, *y)).collect()
    };
    Ok(imgproc::get_perspective_transform_def(
        &points(from),
        &points(corners),
    )?)
}

/// Light from one side, and the sensor's noise.
fn develop(seen: &mut Mat, shot: &Shot, rng: &mut impl Rng) -> anyhow::Result<()> {
    let cols = seen.cols().unsigned_abs() as usize;
    for (index, pixel) in seen.data_bytes_mut()?.chunks_exact_mut(3).enumerate() {
        let light = 1.0 - shot.shade * (index % cols) as f32 / cols as f32;
        for channel in pixel {
            let level = f32::from(*channel) * light + shot.noise * bell(rng);
            *channel = level.round().clamp(0.0, 255.0) as u8;
        }
    }
    Ok(())
}

/// A number near the normal distribution of sigma 1: four even ones added up (variance 4 * (2^16 - 1) / 12).
fn bell(rng: &mut impl Rng) -> f32 {
    let four = rng.random::<u32>().to_le_bytes();
    let sum: i32 = four.iter().map(|byte| i32::from(*byte)).sum();
    (sum as f32 - 510.0) / 147.8
}
