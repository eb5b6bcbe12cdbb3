//! Exposure and reflections, on the straightened page.
//!
//! A reflection is told from white paper by what it does: it is clipped in all three channels, in
//! one solid patch, on a page whose paper is darker than that; or it has washed away print that
//! must be there, as every cell of a machine readable line must hold some. Reflections that only
//! veil the print, without clipping, are not measured here: they cost contrast, not characters.

use opencv::core::{
    CV_8UC1, Mat, MatTraitConst, MatTraitConstManual, Point, Rect, Scalar, Size, Vector,
};
use opencv::imgproc;

use super::view::View;
use crate::Error;
use crate::document::assessment::{Assessment, Unmeasured};
use crate::document::plane::Quad;

/// All three channels at least this bright: clipped, but for JPEG's and the sensor's ripple.
const CLIPPED: f64 = 250.0;
/// Paper brighter than this leaves no room for a reflection to stand out.
const BRIGHTEST_PAPER: u8 = 242;
/// More clipped than this share is paper that is white, not a reflection.
const WHITE_PAPER: f32 = 0.25;
/// A patch smaller than this share of the page is a speck or a hologram's spark.
const LEAST_PATCH: f32 = 0.0008;
/// Pixels around a patch that its halo takes print's contrast from, at a page of 600 px.
const HALO: i32 = 9;
/// Half a character of a machine readable line has lost its print where its darkest pixel lies this far on the way from
/// the zone's usual ink to its paper.
const FADED: f64 = 0.55;
/// The part of a portrait's width and height, in its middle, where the face is: its background may
/// be white by the standard (ICAO 9303-3, 3.9.1).
const FACE_PART: f32 = 0.5;

/// What light does to the page.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Light {
    /// Brightness of the paper: the level that a tenth of the page exceeds, 0 to 255.
    pub paper: f32,
    /// Share of the page that is clipped in all three channels, 0 to 1.
    pub clipped: f32,
    /// Share of the page under reflections, 0 to 1.
    pub glare: Assessment<f32>,
    /// Share of the machine readable zone's characters that a reflection washed away, 0 to 1.
    pub glare_on_mrz: Assessment<f32>,
    /// Share of the portrait's middle that is clipped, 0 to 1.
    pub glare_on_portrait: Assessment<f32>,
    /// Share of the other lines' area that lies under reflections, 0 to 1.
    pub glare_on_text: Assessment<f32>,
}

/// Where things stand in the picture.
pub(super) struct Content<'a> {
    pub mrz: &'a [Quad],
    /// Characters a line.
    pub columns: usize,
    pub portrait: Option<Quad>,
    pub text: &'a [Quad],
}

/// Measures the light.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn measure(view: &View, content: &Content<'_>) -> Result<Light, Error> {
    let page = view.page_bgr()?;
    let seen = Mat::roi(&view.seen, view.page)?.try_clone()?;
    let least = least_channel(&page)?;
    let mut smooth = Mat::default();
    imgproc::blur_def(&least, &mut smooth, Size::new(5, 5))?;
    let bright = bright(&smooth)?;
    let pixels = opencv::core::count_non_zero(&seen)?.max(1) as f32;
    let clipped = opencv::core::count_non_zero(&bright)? as f32 / pixels;
    let mut grey = Mat::default();
    imgproc::cvt_color_def(&page, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    let paper = quantile(&grey, &seen, 0.9, 256)?;
    let unlit = quantile(&smooth, &seen, 0.75, CLIPPED as usize)?;
    let patches = if unlit <= BRIGHTEST_PAPER && clipped <= WHITE_PAPER {
        Some(patches(&bright)?)
    } else {
        None
    };
    let on_page = |rect: Rect| rect - view.page.tl();
    let area = |mask: &Mat| -> Result<f32, Error> {
        Ok(opencv::core::count_non_zero(mask)? as f32 / pixels)
    };
    Ok(Light {
        paper: f32::from(paper),
        clipped,
        glare: match &patches {
            Some(patches) => Assessment::Measured(area(patches)?),
            None => Assessment::NotAssessed(Unmeasured::WhitePaper),
        },
        glare_on_mrz: on_mrz(view, &least, content)?,
        glare_on_portrait: match content.portrait.and_then(|quad| view.rect(&quad)) {
            Some(rect) => Assessment::Measured(share_in(&bright, middle(on_page(rect)))?),
            None => Assessment::NotAssessed(Unmeasured::NoPortrait),
        },
        glare_on_text: match &patches {
            None => Assessment::NotAssessed(Unmeasured::WhitePaper),
            Some(_) if content.text.is_empty() => Assessment::NotAssessed(Unmeasured::NoText),
            Some(patches) => Assessment::Measured(on_text(view, patches, content.text)?),
        },
    })
}

/// The darkest of each pixel's channels.
fn least_channel(bgr: &Mat) -> Result<Mat, Error> {
    let mut channels = Vector::<Mat>::new();
    opencv::core::split(bgr, &mut channels)?;
    let (mut two, mut three) = (Mat::default(), Mat::default());
    opencv::core::min(&channels.get(0)?, &channels.get(1)?, &mut two)?;
    opencv::core::min(&two, &channels.get(2)?, &mut three)?;
    Ok(three)
}

fn bright(smooth: &Mat) -> Result<Mat, Error> {
    let mut out = Mat::default();
    imgproc::threshold(
        smooth,
        &mut out,
        CLIPPED - 1.0,
        255.0,
        imgproc::THRESH_BINARY,
    )?;
    Ok(out)
}

/// The level that `1 - share` of the pixels below `end` exceed, where the picture has pixels.
fn quantile(grey: &Mat, seen: &Mat, share: f64, end: usize) -> Result<u8, Error> {
    let mut counts = [0_u32; 256];
    for (value, seen) in grey.data_bytes()?.iter().zip(seen.data_bytes()?) {
        counts[usize::from(*value)] += u32::from(*seen > 0);
    }
    let counts = &counts[..end.min(256)];
    let all: u32 = counts.iter().sum();
    let wanted = f64::from(all) * share;
    let mut sum = 0.0;
    for (level, count) in counts.iter().enumerate() {
        sum += f64::from(*count);
        if sum >= wanted && all > 0 {
            return Ok(level as u8);
        }
    }
    Ok(255)
}

/// Solid clipped patches, specks left out.
fn patches(bright: &Mat) -> Result<Mat, Error> {
    let solid = morphed(bright, imgproc::MORPH_OPEN, 7)?;
    let (mut labels, mut stats, mut middles) = (Mat::default(), Mat::default(), Mat::default());
    let count = imgproc::connected_components_with_stats_def(
        &solid,
        &mut labels,
        &mut stats,
        &mut middles,
    )?;
    let least = LEAST_PATCH * (bright.cols() * bright.rows()) as f32;
    let kept: Vec<bool> = (0..count)
        .map(|label| {
            let area = *stats.at_2d::<i32>(label, imgproc::CC_STAT_AREA)?;
            Ok(label > 0 && area as f32 >= least)
        })
        .collect::<Result<_, opencv::Error>>()?;
    let bytes: Vec<u8> = labels
        .data_typed::<i32>()?
        .iter()
        .map(|label| if kept[*label as usize] { 255 } else { 0 })
        .collect();
    let mask = Mat::new_rows_cols_with_bytes::<u8>(bright.rows(), bright.cols(), &bytes)?;
    Ok(mask.try_clone()?)
}

fn morphed(mask: &Mat, how: i32, size: i32) -> Result<Mat, Error> {
    let shape = Size::new(size, size);
    let kernel =
        imgproc::get_structuring_element(imgproc::MORPH_ELLIPSE, shape, Point::new(-1, -1))?;
    let mut out = Mat::default();
    imgproc::morphology_ex(
        mask,
        &mut out,
        how,
        &kernel,
        Point::new(-1, -1),
        1,
        opencv::core::BORDER_CONSTANT,
        imgproc::morphology_default_border_value()?,
    )?;
    Ok(out)
}

/// Share of the zone's characters of which a reflection washed away a half: its darkest pixel lies nearer to paper than to
/// the zone's usual ink. Every character of a zone has ink in its upper and its lower half.
fn on_mrz(view: &View, least: &Mat, content: &Content<'_>) -> Result<Assessment<f32>, Error> {
    let mut halves: Vec<[(f64, f64); 2]> = Vec::new();
    for line in content.mrz {
        let Some(rect) = view.rect(line) else {
            continue;
        };
        let rect = rect - view.page.tl();
        let wide = rect.width as f32 / content.columns.max(1) as f32;
        if wide < 4.0 || rect.height < 4 {
            continue;
        }
        for column in 0..content.columns {
            // Without its outer parts, where the neighbours' ink may reach in.
            let left = rect.x + (wide * (column as f32 + 0.15)).round() as i32;
            let (across, half) = ((wide * 0.7).ceil() as i32, rect.height / 2);
            let upper = Rect::new(left, rect.y, across, half);
            let lower = Rect::new(left, rect.y + rect.height - half, across, half);
            if let (Some(upper), Some(lower)) = (ends_in(least, upper)?, ends_in(least, lower)?) {
                halves.push([upper, lower]);
            }
        }
    }
    let of = |end: fn(&(f64, f64)) -> f64| median(halves.iter().flatten().map(end).collect());
    let (Some(usual), Some(white)) = (of(|half| half.0), of(|half| half.1)) else {
        return Ok(Assessment::NotAssessed(Unmeasured::NoMrz));
    };
    let faded = usual + FADED * (white - usual);
    // A reflection clips; on paper that is as bright by itself, only a whole character tells.
    let room = white <= f64::from(BRIGHTEST_PAPER);
    let gone = |half: &(f64, f64)| half.0 > faded && half.1 >= CLIPPED;
    let lost = halves.iter().filter(|[upper, lower]| {
        let both = [gone(upper), gone(lower)];
        both == [true, true] || (room && both != [false, false])
    });
    Ok(Assessment::Measured(
        lost.count() as f32 / halves.len() as f32,
    ))
}

/// The darkest and the lightest pixel there; `None` outside the picture.
fn ends_in(least: &Mat, rect: Rect) -> Result<Option<(f64, f64)>, Error> {
    let inside = rect & Rect::new(0, 0, least.cols(), least.rows());
    if inside.empty() {
        return Ok(None);
    }
    let (mut dark, mut light) = (0.0, 0.0);
    let part = Mat::roi(least, inside)?;
    let none = opencv::core::no_array();
    opencv::core::min_max_loc(&part, Some(&mut dark), Some(&mut light), None, None, &none)?;
    Ok(Some((dark, light)))
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Share of the other lines under patches and their halos.
fn on_text(view: &View, patches: &Mat, text: &[Quad]) -> Result<f32, Error> {
    let lost = morphed(patches, imgproc::MORPH_DILATE, 2 * HALO + 1)?;
    let mut lines = Mat::new_rows_cols_with_default(
        patches.rows(),
        patches.cols(),
        CV_8UC1,
        Scalar::default(),
    )?;
    for rect in text.iter().filter_map(|quad| view.rect(quad)) {
        let rect = rect - view.page.tl();
        imgproc::rectangle(&mut lines, rect, Scalar::all(255.0), -1, imgproc::LINE_8, 0)?;
    }
    let mut both = Mat::default();
    opencv::core::bitwise_and(&lines, &lost, &mut both, &opencv::core::no_array())?;
    let all = opencv::core::count_non_zero(&lines)?.max(1);
    Ok(opencv::core::count_non_zero(&both)? as f32 / all as f32)
}

fn middle(rect: Rect) -> Rect {
    let inner = |length: i32| ((length as f32 * FACE_PART) as i32).max(1);
    let (width, height) = (inner(rect.width), inner(rect.height));
    Rect::new(
        rect.x + (rect.width - width) / 2,
        rect.y + (rect.height - height) / 2,
        width,
        height,
    )
}

fn share_in(mask: &Mat, rect: Rect) -> Result<f32, Error> {
    let rect = rect & Rect::new(0, 0, mask.cols(), mask.rows());
    if rect.empty() {
        return Ok(0.0);
    }
    let part = Mat::roi(mask, rect)?;
    Ok(opencv::core::count_non_zero(&part)? as f32 / rect.area() as f32)
}
