//! A portrait that is not of one piece with its page.
//!
//! Two measures, both on the picture's own pixels and both of JPEG. **Steps**: the page went through a JPEG before the
//! portrait was laid in, and the portrait did not (see `lattice`). **Grid**: a portrait cut out of another JPEG brings that
//! file's grid of eight pixels, seldom at the picture's own phase.
//!
//! A portrait glued or printed onto the real page before it was photographed passes both: camera and compression are then the
//! same everywhere. So does one in a picture that was scaled, turned or saved at a lower quality afterwards, or that never
//! was a JPEG before. A border of its own is no sign, since genuine portraits have printed frames; noise is none
//! either: portraits are printed in another way than pages, and a limit that no drawn page passed (-0.35 to 2.6 in powers
//! of two) was passed by 5 of 13 reference pictures. Measured on specimens (`tests/tests/document/signals.rs`): of 19 bona fide
//! none is raised, of 44 portraits laid in and saved again at 80 to 95 12. It confirms; its silence says nothing.

use opencv::core::{CV_32F, Mat, MatTraitConst, MatTraitConstManual, Point, Rect};
use opencv::imgproc;

use super::{Reason, Scored, Seen, lattice};
use crate::Error;
use crate::document::assessment::{Assessment, Unmeasured};
use crate::document::judged::on_outline;
use crate::document::plane::Quad;
use crate::picture::Picture;

/// Least side of the portrait in pixels for its JPEG grid to show.
const LEAST_SIDE: i32 = 56;
/// How far the strongest other phase stands out of the rest, in their spread, along the weaker
/// axis. Measured on the same: at most 2.1; on portraits from JPEGs of quality 30 to 60 laid in
/// unscaled: up to 10.
const LIMIT_GRID: f32 = 3.0;
/// How much less the portrait keeps to the page's JPEG steps. Measured on 19 bona fide specimens: at most 0.25; on portraits
/// laid in: 0.88 and more, where the page's steps outlived the last saving.
const LIMIT_STEPS: f32 = 0.45;
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
    let inner = inner - outer.tl();
    let apart = grown(bounds, 0.12) - outer.tl();
    let grid = other_grid(
        &Mat::roi(&wide, inner)?.try_clone()?,
        inner.tl() + outer.tl(),
    )?;
    let by_grid = Scored::against(grid, LIMIT_GRID, Reason::OtherJpegGrid);
    let steps = lattice::mismatch(&grey, outer.tl(), inner, apart)?;
    let by_steps = steps
        .map(|excess| Scored::against(excess.max(0.0), LIMIT_STEPS, Reason::OtherJpegSteps))
        .filter(|steps| steps.score >= by_grid.score);
    Ok(Assessment::Measured(by_steps.unwrap_or(by_grid)))
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

    fn jpeg(picture: &Picture, quality: u8) -> Picture {
        let bytes = picture.encode_jpeg(quality).unwrap();
        Picture::decode(&bytes, &DecodeLimits::default()).unwrap()
    }

    #[test]
    fn a_portrait_that_did_not_go_through_the_page_s_jpeg_is_raised_and_the_page_s_own_is_not() {
        let page = jpeg(&noisy(904, 600, 30.0, 1), 70);
        for saved_again in [None, Some(95)] {
            let last = |picture: Picture| match saved_again {
                Some(quality) => jpeg(&picture, quality),
                None => picture,
            };
            let own = scored(&last(page.clone()));
            assert!(own.score < 0.5, "{saved_again:?}: {own:?}");
            let found = scored(&last(pasted(&page, &noisy(210, 270, 30.0, 2), 83, 101)));
            assert!(
                found.score > 0.5 && found.reason == Reason::OtherJpegSteps,
                "{saved_again:?}: {found:?}"
            );
        }
    }

    #[test]
    fn a_page_that_never_was_a_jpeg_says_nothing_of_steps() {
        let page = noisy(904, 600, 30.0, 1);
        let found = scored(&pasted(&page, &noisy(210, 270, 30.0, 2), 83, 101));
        assert!(found.score < 0.5, "{found:?}");
    }

    #[test]
    fn another_jpeg_grid_is_seen() {
        let page = noisy(900, 600, 4.0, 1);
        let coarse = jpeg(&noisy(240, 288, 14.0, 3), 12);
        let found = scored(&pasted(&page, &coarse, 83, 101));
        assert!(
            found.score > 0.5 && found.reason == Reason::OtherJpegGrid,
            "{found:?}"
        );
    }
}
