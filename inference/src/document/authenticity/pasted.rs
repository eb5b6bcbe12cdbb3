//! A portrait that is not of one piece with its page.
//!
//! Two measures, both on the picture's own pixels. **Noise**: sensor and compression leave the same
//! noise in the smoothest places of portrait and page; a portrait laid into the finished picture
//! brings its own. A printed portrait has a texture of its own, so that more noise means little and
//! only much more counts; less noise than the page has is rare. **JPEG grid**: a portrait cut out
//! of another JPEG brings that file's grid of eight pixels, seldom at the picture's own phase.
//!
//! A portrait glued or printed onto the real page before it was photographed passes both: camera
//! and compression are then the same everywhere. A border of its own is no sign, since genuine
//! portraits have printed frames. Measured on specimens (`tests/tests/document/signals.rs`), this
//! signal is the weakest of all: of 18 bona fide none is raised, but of 44 portraits laid in only 3:
//! 2 of 11 cut out of another JPEG, 1 of 33 that were noisier, smoother or neither. It confirms; its
//! silence says nothing.

use opencv::core::{BORDER_DEFAULT, CV_32F, Mat, MatTraitConst, MatTraitConstManual, Point, Rect};
use opencv::imgproc;

use super::{Reason, Scored, Seen};
use crate::Error;
use crate::document::assessment::{Assessment, Unmeasured};
use crate::document::judged::on_outline;
use crate::document::plane::Quad;
use crate::picture::Picture;

/// Side of the cells that noise is measured in.
const CELL: i32 = 12;
/// The smoothest share of the cells is compared.
const SMOOTHEST: usize = 6;
/// Fewer cells say nothing.
const LEAST_CELLS: usize = 20;
/// Noise that is added to both sides, levels: below it rounding rules.
const FLOOR: f32 = 0.25;
/// Portrait's noise over the page's, in powers of two, that is still bona fide downwards and
/// upwards. Measured on 96 bona fide specimens, photographed and flat: -0.04 to 2.3.
const LEAST_NOISE: f32 = -0.35;
const MOST_NOISE: f32 = 2.6;
/// Least side of the portrait in pixels for its JPEG grid to show.
const LEAST_SIDE: i32 = 56;
/// How far the strongest other phase stands out of the rest, in their spread, along the weaker
/// axis. Measured on the same: at most 2.1; on portraits from JPEGs of quality 30 to 60 laid in
/// unscaled: up to 10.
const LIMIT_GRID: f32 = 3.0;
/// Steps between neighbours larger than this are print.
const PRINT: f32 = 40.0;

/// How much the portrait's pixels differ in kind from the page's.
///
/// # Errors
/// [`Error`] where an image operation fails.
pub(super) fn measure(picture: &Picture, seen: &Seen<'_>) -> Result<Assessment<Scored>, Error> {
    let (Some(outline), Some(page)) = (seen.outline, seen.straightened) else {
        return Ok(Assessment::NotAssessed(Unmeasured::NoOutline));
    };
    let Some(portrait) = seen.portrait else {
        return Ok(Assessment::NotAssessed(Unmeasured::NoPortrait));
    };
    let quad = on_outline(&outline, page, portrait);
    let bounds = bounds(&quad);
    let (inner, outer) = (grown(bounds, -0.12), grown(bounds, 0.6));
    let mat = picture.as_mat()?;
    let frame = Rect::new(0, 0, mat.cols(), mat.rows());
    let outer = outer & frame;
    let inner = inner & frame;
    if inner.width < LEAST_SIDE || inner.height < LEAST_SIDE || inner.area() > 4_000_000 {
        return Ok(Assessment::NotAssessed(Unmeasured::TooSmall));
    }
    let (mut grey, mut wide) = (Mat::default(), Mat::default());
    imgproc::cvt_color_def(&Mat::roi(&mat, outer)?, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    grey.convert_to(&mut wide, CV_32F, 1.0, 0.0)?;
    let noise = noise_of(&wide)?;
    let inner = inner - outer.tl();
    let apart = grown(bounds, 0.12) - outer.tl();
    let here = smoothest(&grey, &noise, |cell| (cell & inner) == cell)?;
    let there = smoothest(&grey, &noise, |cell| (cell & apart).empty())?;
    let by_noise = match (here, there) {
        (Some(here), Some(there)) => {
            let ratio = ((here + FLOOR) / (there + FLOOR)).log2();
            let limit = if ratio < 0.0 { LEAST_NOISE } else { MOST_NOISE };
            Some(Scored::against(ratio, limit, Reason::NoiseMismatch))
        }
        _ => None,
    };
    let grid = other_grid(
        &Mat::roi(&wide, inner)?.try_clone()?,
        inner.tl() + outer.tl(),
    )?;
    let by_grid = Scored::against(grid, LIMIT_GRID, Reason::OtherJpegGrid);
    let higher = match by_noise {
        Some(noise) if noise.score >= by_grid.score => noise,
        Some(_) | None => by_grid,
    };
    Ok(Assessment::Measured(higher))
}

fn bounds(quad: &Quad) -> Rect {
    let least = |k: usize| quad.iter().map(|c| c[k]).fold(f32::INFINITY, f32::min) as i32;
    let most = |k: usize| quad.iter().map(|c| c[k]).fold(f32::NEG_INFINITY, f32::max) as i32;
    Rect::new(least(0), least(1), most(0) - least(0), most(1) - least(1))
}

/// The rectangle grown at each side by a share of its own sides.
fn grown(rect: Rect, share: f32) -> Rect {
    let (x, y) = (
        (rect.width as f32 * share) as i32,
        (rect.height as f32 * share) as i32,
    );
    Rect::new(
        rect.x - x,
        rect.y - y,
        (rect.width + 2 * x).max(0),
        (rect.height + 2 * y).max(0),
    )
}

/// Each pixel's part in the noise: Immerkaer, "Fast noise variance estimation" (CVIU 64, 1996),
/// whose mask is blind to planes and straight edges.
fn noise_of(wide: &Mat) -> Result<Mat, Error> {
    let mask = Mat::from_slice_2d(&[[1.0_f32, -2.0, 1.0], [-2.0, 4.0, -2.0], [1.0, -2.0, 1.0]])?;
    let (mut edges, mut out) = (Mat::default(), Mat::default());
    let middle = Point::new(-1, -1);
    imgproc::filter_2d(wide, &mut edges, CV_32F, &mask, middle, 0.0, BORDER_DEFAULT)?;
    opencv::core::absdiff(&edges, &opencv::core::Scalar::all(0.0), &mut out)?;
    // Mean absolute response to sigma: the mask's norm is 6.
    let scale = (std::f64::consts::PI / 2.0).sqrt() / 6.0;
    let mut scaled = Mat::default();
    out.convert_to(&mut scaled, CV_32F, scale, 0.0)?;
    Ok(scaled)
}

/// Mean sigma of the smoothest cells among those that `counts` takes; `None` where they are few.
fn smoothest(grey: &Mat, noise: &Mat, counts: impl Fn(Rect) -> bool) -> Result<Option<f32>, Error> {
    let mut sigmas = Vec::new();
    for y in (0..grey.rows() - CELL).step_by(CELL as usize) {
        for x in (0..grey.cols() - CELL).step_by(CELL as usize) {
            let cell = Rect::new(x, y, CELL, CELL);
            if !counts(cell) {
                continue;
            }
            let level = opencv::core::mean_def(&Mat::roi(grey, cell)?)?[0];
            // Clipped pixels have no noise.
            if (12.0..243.0).contains(&level) {
                sigmas.push(opencv::core::mean_def(&Mat::roi(noise, cell)?)?[0] as f32);
            }
        }
    }
    if sigmas.len() < LEAST_CELLS {
        return Ok(None);
    }
    sigmas.sort_by(f32::total_cmp);
    let kept = &sigmas[..(sigmas.len() / SMOOTHEST).max(3)];
    Ok(Some(kept.iter().sum::<f32>() / kept.len() as f32))
}

/// How far a grid of eight pixels at another phase than the picture's own stands out, along the
/// weaker of both axes. `corner` is where the piece begins in the picture.
fn other_grid(wide: &Mat, corner: Point) -> Result<f32, Error> {
    let mut across = Mat::default();
    opencv::core::transpose(wide, &mut across)?;
    Ok(phase(wide, corner.x)?.min(phase(&across, corner.y)?))
}

/// The same along rows: how often a step between two pixels is steeper than its neighbours, by
/// phase. Counting instead of adding keeps a few strong edges from ruling.
fn phase(wide: &Mat, begin: i32) -> Result<f32, Error> {
    let (values, cols) = (wide.data_typed::<f32>()?, wide.cols() as usize);
    let (mut steeper, mut looked) = ([0_u32; 8], [0_u32; 8]);
    let mut steps = vec![0.0_f32; cols.saturating_sub(3)];
    for row in values.chunks_exact(cols) {
        for (step, four) in steps.iter_mut().zip(row.windows(4)) {
            *step = (four[0] - 3.0 * four[1] + 3.0 * four[2] - four[3]).abs();
        }
        for (index, five) in steps.windows(5).enumerate() {
            let beside = (five[0] + five[1] + five[3] + five[4]) / 4.0;
            // The step in the middle lies before pixel `index + 4`.
            let at = (begin as usize + index + 4) % 8;
            looked[at] += 1;
            steeper[at] += u32::from(five[2] > 1.5 * beside + 1.0 && five[2] < PRINT);
        }
    }
    let shares: Vec<f32> = (1..8)
        .map(|at| steeper[at] as f32 / looked[at].max(1) as f32)
        .collect();
    let (strongest, most) = shares
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map_or((0, 0.0), |(index, share)| (index, *share));
    let rest: Vec<f32> = (0..7)
        .filter(|k| *k != strongest)
        .map(|k| shares[k])
        .collect();
    let mean = rest.iter().sum::<f32>() / 6.0;
    let spread = (rest.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 6.0).sqrt();
    Ok((most - mean) / (spread + 0.004))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{DecodeLimits, Region};

    fn noisy(width: u32, height: u32, sigma: f32, seed: u32) -> Picture {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as f32 / 255.0 - 0.5
        };
        let bytes = (0..width * height)
            .flat_map(|index| {
                let shade = 140.0 + 30.0 * (index % width) as f32 / width as f32;
                let level = (shade + sigma * 3.46 * next()) as u8;
                [level; 3]
            })
            .collect();
        Picture::from_bgr(width, height, bytes).unwrap()
    }

    fn pasted(page: &Picture, portrait: &Picture, x: i32, y: i32) -> Picture {
        let mut out = page.as_mat().unwrap().try_clone().unwrap();
        let place = Rect::new(x, y, portrait.width() as i32, portrait.height() as i32);
        let mut target = Mat::roi_mut(&mut out, place).unwrap();
        portrait.as_mat().unwrap().copy_to(&mut target).unwrap();
        drop(target);
        Picture::from_mat(&out).unwrap()
    }

    fn scored(picture: &Picture) -> Scored {
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        let seen = Seen {
            outline: Some([[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]]),
            straightened: Some(picture),
            portrait: Some(Region {
                x: 83.0,
                y: 101.0,
                width: 210.0,
                height: 270.0,
            }),
            mrz: None,
        };
        measure(picture, &seen).unwrap().measured().unwrap()
    }

    #[test]
    fn a_portrait_smoother_than_its_page_is_raised_and_an_equal_one_is_not() {
        let page = noisy(900, 600, 4.0, 1);
        assert!(scored(&page).score < 0.5);
        let smooth = scored(&pasted(&page, &noisy(210, 270, 0.5, 2), 83, 101));
        assert!(smooth.score > 0.5 && smooth.reason == Reason::NoiseMismatch);
    }

    #[test]
    fn another_jpeg_grid_is_seen() {
        let page = noisy(900, 600, 4.0, 1);
        let coarse = noisy(240, 288, 14.0, 3).encode_jpeg(40).unwrap();
        let coarse = Picture::decode(&coarse, &DecodeLimits::default()).unwrap();
        let found = scored(&pasted(&page, &coarse, 83, 101));
        assert!(found.score > 0.5, "{found:?}");
    }
}
