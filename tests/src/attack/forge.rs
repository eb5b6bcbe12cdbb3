//! Forgeries of specimens, each of one kind.

use ab_glyph::{Font, FontVec, PxScale, ScaleFont, point};
use anyhow::Context;
use kiosk_inference::picture::Picture;
use opencv::core::{BORDER_TRANSPARENT, Mat, MatTraitConst, Point2f, Rect, Scalar, Size, Vector};
use opencv::imgproc;
use rand::Rng;

use super::{bell, changed, compressed, on_page};
use crate::specimen::{Background, Page, Photograph, Shot, photograph};

const DEJAVU: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
const PITCH_MM: f32 = 2.54;
const LINE_MM: f32 = 6.35;
const ZONE_MM: f32 = 23.2;

/// The page on a screen of `pixels` across it, photographed: sensor and JPEG as the shot says.
///
/// Light is added up as light: the screen's stripes pass the lens before gamma is put back.
pub fn on_screen(
    page: &Page,
    pixels: u32,
    shot: &Shot,
    rng: &mut impl Rng,
) -> anyhow::Result<Photograph> {
    let grid = stripes(page, pixels, rng)?;
    let dark = Shot {
        background: Background::Plain([2, 2, 2]),
        noise: 0.0,
        jpeg_quality: None,
        ..*shot
    };
    let taken = photograph(&grid, &dark, rng)?;
    let seen = changed(&taken.picture, |_, _, pixel| {
        pixel.map(|light| {
            let light = (light / 255.0 * 2.7).clamp(0.0, 1.0);
            light.powf(1.0 / 2.2) * 255.0 + shot.noise * bell(rng)
        })
    })?;
    let picture = match shot.jpeg_quality {
        Some(quality) => compressed(&seen, quality)?,
        None => seen,
    };
    Ok(Photograph { picture, ..taken })
}

/// Each pixel of a screen as three stripes red, green, blue with a dark seam below, in light.
fn stripes(page: &Page, pixels: u32, rng: &mut impl Rng) -> anyhow::Result<Page> {
    let share = page.size_mm[1] / page.size_mm[0];
    let size = Size::new(pixels.cast_signed(), (pixels as f32 * share).round() as i32);
    let mut shown = Mat::default();
    imgproc::resize(
        &page.picture.as_mat()?,
        &mut shown,
        size,
        0.0,
        0.0,
        imgproc::INTER_AREA,
    )?;
    let shown = Picture::from_mat(&shown)?;
    let seam = rng.random_range(0.55_f32..0.95);
    let (wide, high) = (shown.width() as usize, shown.height() as usize);
    let mut bgr = vec![0_u8; wide * high * 27];
    for y in 0..high * 3 {
        for x in 0..wide * 3 {
            // A stripe of one colour bears three times the light of its share of the pixel; what a
            // camera adds up is light, so levels are taken apart in light and put back.
            let channel = 2 - x % 3;
            let level = f32::from(shown.bgr()[((y / 3) * wide + x / 3) * 3 + channel]) / 255.0;
            let row = if y % 3 == 2 { seam } else { 1.0 };
            let light = level.powf(2.2) * row;
            bgr[(y * wide * 3 + x) * 3 + channel] = (light * 255.0).round() as u8;
        }
    }
    let grid = Picture::from_bgr(shown.width() * 3, shown.height() * 3, bgr)?;
    Ok(Page {
        picture: grid,
        mrz: page.mrz.clone(),
        portrait: page.portrait,
        ..*page
    })
}

/// The page as a copier prints it: grey, harder in contrast, with toner's grain.
pub fn photocopy(page: &Page, rng: &mut impl Rng) -> anyhow::Result<Page> {
    let contrast = rng.random_range(1.0_f32..1.35);
    let picture = changed(&page.picture, |_, _, [blue, green, red]| {
        let grey = 0.114 * blue + 0.587 * green + 0.299 * red;
        let toner = (grey - 128.0) * contrast + 128.0 + 7.0 * bell(rng);
        [toner.clamp(18.0, 240.0); 3]
    })?;
    Ok(Page {
        picture,
        mrz: page.mrz.clone(),
        ..*page
    })
}

/// How a portrait was laid into a finished picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paste {
    /// From a JPEG of low quality, pixel for pixel.
    Jpeg,
    /// From a picture with much more noise.
    Noisy,
    /// From a smooth, enlarged picture.
    Smooth,
    /// As it is, sharp at its edges.
    Plain,
}

impl Paste {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Jpeg, Self::Noisy, Self::Smooth, Self::Plain];
}

/// The photograph with another portrait over the page's own.
pub fn pasted(
    taken: &Photograph,
    page: &Page,
    portrait: &Picture,
    how: Paste,
    rng: &mut impl Rng,
) -> anyhow::Result<Picture> {
    let [x, y, width, height] = page.portrait.context("the page bears no portrait")?;
    let (cols, rows) = (page.picture.width() as f32, page.picture.height() as f32);
    let at = |x: f32, y: f32| on_page(&taken.corners, x / cols, y / rows);
    let quad = [
        at(x, y),
        at(x + width, y),
        at(x + width, y + height),
        at(x, y + height),
    ];
    let wide = (quad[1][0] - quad[0][0])
        .hypot(quad[1][1] - quad[0][1])
        .round() as i32;
    let size = Size::new(wide, (wide as f32 * height / width).round() as i32);
    let mut scaled = Mat::default();
    imgproc::resize(
        &portrait.as_mat()?,
        &mut scaled,
        size,
        0.0,
        0.0,
        imgproc::INTER_AREA,
    )?;
    let mut new = Picture::from_mat(&scaled)?;
    match how {
        Paste::Jpeg => new = compressed(&new, rng.random_range(30..=60))?,
        Paste::Noisy => {
            let sigma = rng.random_range(6.0_f32..11.0);
            new = changed(&new, |_, _, pixel| {
                pixel.map(|level| level + sigma * bell(rng))
            })?;
        }
        Paste::Smooth => {
            let mut soft = Mat::default();
            imgproc::gaussian_blur_def(&new.as_mat()?, &mut soft, Size::default(), 1.6)?;
            new = Picture::from_mat(&soft)?;
        }
        Paste::Plain => {}
    }
    let mut out = taken.picture.as_mat()?.try_clone()?;
    if how == Paste::Jpeg {
        // Pixel for pixel, upright, as a drawing program lays it.
        let middle = on_page(&quad, 0.5, 0.5);
        let corner = |place: f32, side: i32| place as i32 - side / 2;
        let place = Rect::new(
            corner(middle[0], size.width),
            corner(middle[1], size.height),
            size.width,
            size.height,
        );
        let mut target = Mat::roi_mut(&mut out, place)?;
        new.as_mat()?.copy_to(&mut target)?;
    } else {
        let (w, h) = (size.width as f32, size.height as f32);
        let points = |corners: [[f32; 2]; 4]| -> Vector<Point2f> {
            corners.iter().map(|[x, y]| Point2f::new(*x, *y)).collect()
        };
        let map = imgproc::get_perspective_transform_def(
            &points([[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]]),
            &points(quad),
        )?;
        let (linear, beyond) = (imgproc::INTER_LINEAR, BORDER_TRANSPARENT);
        let whole = out.size()?;
        imgproc::warp_perspective(
            &new.as_mat()?,
            &mut out,
            &map,
            whole,
            linear,
            beyond,
            Scalar::default(),
        )?;
    }
    compressed(&Picture::from_mat(&out)?, rng.random_range(80..=95))
}

/// What is wrong with a zone's print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MrzFault {
    /// In DejaVu Sans instead of OCR-B, one character a cell.
    OtherFont,
    /// Each character up or down by a tenth of the pitch, more or less.
    Baseline,
    /// Each character left or right by the same.
    Pitch,
}

impl MrzFault {
    /// Every fault.
    pub const ALL: [Self; 3] = [Self::OtherFont, Self::Baseline, Self::Pitch];
}

/// The page with its zone printed anew, wrongly.
pub fn mrz_fault(page: &Page, fault: MrzFault, rng: &mut impl Rng) -> anyhow::Result<Page> {
    let dots = page.picture.width() as f32 / page.size_mm[0];
    let left = if page.size_mm[0] > 121.0 { 6.0 } else { 4.0 };
    let lines = page.mrz.len() as f32;
    let middle = page.size_mm[1] - ZONE_MM / 2.0 + PITCH_MM / 2.0;
    let first = middle - LINE_MM * (lines - 1.0) / 2.0;
    let mut out = page.picture.as_mat()?.try_clone()?;
    let px = |mm: f32| (mm * dots).round() as i32;
    let zone = Rect::new(0, px(page.size_mm[1] - ZONE_MM), out.cols(), px(ZONE_MM));
    let zone = zone & Rect::new(0, 0, out.cols(), out.rows());
    let paper = Scalar::new(246.0, 248.0, 248.0, 0.0);
    imgproc::rectangle(&mut out, zone, paper, -1, imgproc::LINE_8, 0)?;
    let font = FontVec::try_from_vec(std::fs::read(DEJAVU).context("fonts-dejavu-core")?)?;
    for (row, line) in page.mrz.iter().enumerate() {
        let baseline = first + LINE_MM * row as f32;
        for (column, character) in line.chars().enumerate() {
            let cell = left + PITCH_MM * column as f32;
            let shift = 0.1 * PITCH_MM * bell(rng);
            match fault {
                MrzFault::OtherFont => {
                    glyph(
                        &mut out,
                        &font,
                        character,
                        [(cell + PITCH_MM / 2.0) * dots, baseline * dots],
                        PITCH_MM * dots,
                    )?;
                }
                MrzFault::Baseline | MrzFault::Pitch => {
                    let (dx, dy) = if fault == MrzFault::Pitch {
                        (shift, 0.0)
                    } else {
                        (0.0, shift)
                    };
                    // The genuine print of the cell, moved: its room is free of the next ones'.
                    let from = Rect::new(px(cell), px(baseline - 3.2), px(PITCH_MM), px(4.0));
                    let to = Rect::new(
                        px(cell + dx),
                        px(baseline - 3.2 + dy),
                        from.width,
                        from.height,
                    );
                    let source = page.picture.as_mat()?;
                    let part = Mat::roi(&source, from)?.try_clone()?;
                    let mut place = Mat::roi_mut(&mut out, to)?;
                    let mut darker = Mat::default();
                    opencv::core::min(&part, &place.try_clone()?, &mut darker)?;
                    darker.copy_to(&mut place)?;
                }
            }
        }
    }
    Ok(Page {
        picture: Picture::from_mat(&out)?,
        mrz: page.mrz.clone(),
        ..*page
    })
}

/// One glyph in black, its capitals `capital` pixels high, its advance's middle at `at` on the
/// baseline.
fn glyph(
    out: &mut Mat,
    font: &FontVec,
    character: char,
    at: [f32; 2],
    capital: f32,
) -> anyhow::Result<()> {
    let id = font.glyph_id(character);
    let outline = font.outline(font.glyph_id('H')).context("no H")?;
    let share = outline.bounds.height().abs() / font.height_unscaled();
    let scale = PxScale::from(capital / share);
    let advance = font.as_scaled(scale).h_advance(id);
    let placed = id.with_scale_and_position(scale, point(at[0] - advance / 2.0, at[1]));
    let Some(outlined) = font.outline_glyph(placed) else {
        return Ok(());
    };
    let bounds = outlined.px_bounds();
    let (cols, rows) = (out.cols(), out.rows());
    let mut failed = None;
    outlined.draw(|x, y, cover| {
        let (x, y) = (
            bounds.min.x as i32 + x.cast_signed(),
            bounds.min.y as i32 + y.cast_signed(),
        );
        if (0..cols).contains(&x) && (0..rows).contains(&y) {
            match opencv::core::MatTrait::at_2d_mut::<opencv::core::Vec3b>(out, y, x) {
                Ok(pixel) => {
                    for level in &mut pixel.0 {
                        *level = (f32::from(*level) * (1.0 - cover) + 24.0 * cover).round() as u8;
                    }
                }
                Err(error) => failed = Some(error),
            }
        }
    });
    failed.map_or(Ok(()), |error| Err(error.into()))
}
