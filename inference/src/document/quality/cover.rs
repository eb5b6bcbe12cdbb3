//! A finger over the document.
//!
//! What is measured: skin-coloured, smooth patches that come in from outside over the document's
//! border, unlike the page in colour, continued outside it in the same colour, and deep enough to
//! cover print. A gloved finger, or one of the page's own colour, is not seen; nor is one whose
//! document fills the picture, since nothing outside the border is known then.

use opencv::core::{Mat, MatTraitConst, MatTraitConstManual, Rect, Scalar, Size, Vec3b};
use opencv::imgproc;

use super::view::{MARGIN, View};
use crate::Error;
use crate::document::assessment::{Assessment, Unmeasured};

/// Skin in Y, Cr, Cb: Chai and Ngan, "Face segmentation using skin-color map in videophone
/// applications" (IEEE CSVT 9, 1999), which holds across skin tones; Cr from 135 instead of 133,
/// since pale paper under warm light reaches 134.
const SKIN_CR: std::ops::RangeInclusive<u8> = 135..=180;
const SKIN_CB: std::ops::RangeInclusive<u8> = 77..=127;
const SKIN_Y: std::ops::RangeInclusive<u8> = 35..=245;
/// A finger's Cr is at least this much redder than the page's own middle.
const REDDER: u8 = 8;
/// The outermost share of the page's longer side that an outline may be wrong by (measured: the
/// specimens' outlines are within 1 %).
const INSET: f32 = 0.012;
/// A finger reaches at least this far in, over the page's longer side: 4 mm of a passport page.
const LEAST_DEPTH: f32 = 0.035;
/// Share of the crossing that must go on outside in skin colour.
const CONTINUED: f32 = 0.55;
/// More of the page than this is no finger.
const MOST: f32 = 0.40;
/// Sigma of brightness within a cell of skin: fingers are smooth, grain and print are not.
const SMOOTH: f64 = 22.0;

/// Share of the page that fingers cover, 0 to 1.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn measure(view: &View) -> Result<Assessment<f32>, Error> {
    if surroundings(view)? < 0.25 {
        return Ok(Assessment::NotAssessed(Unmeasured::NoSurroundings));
    }
    let skin = skin(view)?;
    let inset = (INSET * view.page.width.max(view.page.height) as f32).ceil() as i32;
    let inner = Rect::new(
        view.page.x + inset,
        view.page.y + inset,
        view.page.width - 2 * inset,
        view.page.height - 2 * inset,
    );
    if inner.width < 16 || inner.height < 16 {
        return Ok(Assessment::NotAssessed(Unmeasured::TooSmall));
    }
    let inside = Mat::roi(&skin, inner)?.try_clone()?;
    let (mut labels, mut stats, mut middles) = (Mat::default(), Mat::default(), Mat::default());
    let count = imgproc::connected_components_with_stats_def(
        &inside,
        &mut labels,
        &mut stats,
        &mut middles,
    )?;
    let least = LEAST_DEPTH * view.page.width.max(view.page.height) as f32;
    let mut covered = 0;
    for label in 1..count {
        let stat = |which: i32| -> Result<i32, Error> { Ok(*stats.at_2d::<i32>(label, which)?) };
        let area = stat(imgproc::CC_STAT_AREA)?;
        let bounds = Rect::new(
            stat(imgproc::CC_STAT_LEFT)?,
            stat(imgproc::CC_STAT_TOP)?,
            stat(imgproc::CC_STAT_WIDTH)?,
            stat(imgproc::CC_STAT_HEIGHT)?,
        );
        let crossing = Crossing::of(&labels, label, bounds, &skin, inner)?;
        let solid = area as f32 > 0.45 * bounds.area() as f32;
        if crossing.depth >= least
            && solid
            && crossing.continued >= CONTINUED
            && (area as f32) < MOST * inner.area() as f32
            && is_smooth(view, &labels, label, inner)?
        {
            covered += area;
        }
    }
    Ok(Assessment::Measured(
        covered as f32 / view.page.area().max(1) as f32,
    ))
}

/// Share of the margin that the picture shows.
fn surroundings(view: &View) -> Result<f32, Error> {
    let all = opencv::core::count_non_zero(&view.seen)?;
    let page = opencv::core::count_non_zero(&Mat::roi(&view.seen, view.page)?)?;
    let margin = view.seen.rows() * view.seen.cols() - view.page.area();
    Ok((all - page) as f32 / margin.max(1) as f32)
}

/// 255 where the view is skin-coloured and redder than the page.
fn skin(view: &View) -> Result<Mat, Error> {
    let (mut smooth, mut colours) = (Mat::default(), Mat::default());
    imgproc::blur_def(&view.bgr, &mut smooth, Size::new(5, 5))?;
    imgproc::cvt_color_def(&smooth, &mut colours, imgproc::COLOR_BGR2YCrCb)?;
    let page = Mat::roi(&colours, view.page)?.try_clone()?;
    let mut reds: Vec<u8> = page
        .data_typed::<Vec3b>()?
        .iter()
        .map(|pixel| pixel[1])
        .collect();
    let middle = reds.len() / 2;
    let (_, own, _) = reds.select_nth_unstable(middle);
    let least = own.saturating_add(REDDER).max(*SKIN_CR.start());
    let bounds = |y: u8, cr: u8, cb: u8| Scalar::new(y.into(), cr.into(), cb.into(), 0.0);
    let mut mask = Mat::default();
    opencv::core::in_range(
        &colours,
        &bounds(*SKIN_Y.start(), least, *SKIN_CB.start()),
        &bounds(*SKIN_Y.end(), *SKIN_CR.end(), *SKIN_CB.end()),
        &mut mask,
    )?;
    Ok(mask)
}

/// Where a patch meets the border.
struct Crossing {
    /// How far it reaches in from the side that it crosses, px.
    depth: f32,
    /// Share of the crossing that is skin-coloured outside the border too.
    continued: f32,
}

impl Crossing {
    fn of(labels: &Mat, label: i32, bounds: Rect, skin: &Mat, inner: Rect) -> Result<Self, Error> {
        let (cols, rows) = (inner.width, inner.height);
        // Each side: where its pixels are, which way is out, how deep the patch reaches from it.
        let sides = [
            (bounds.y == 0, cols, bounds.y + bounds.height),
            (bounds.x == 0, rows, bounds.x + bounds.width),
            (bounds.y + bounds.height == rows, cols, rows - bounds.y),
            (bounds.x + bounds.width == cols, rows, cols - bounds.x),
        ];
        let mut best = Self {
            depth: 0.0,
            continued: 0.0,
        };
        let out = MARGIN / 2;
        for (side, (touches, along, depth)) in sides.into_iter().enumerate() {
            if !touches {
                continue;
            }
            let (mut on, mut further) = (0, 0);
            for step in 0..along {
                let (x, y, dx, dy) = match side {
                    0 => (step, 0, 0, -1),
                    1 => (0, step, -1, 0),
                    2 => (step, rows - 1, 0, 1),
                    _ => (cols - 1, step, 1, 0),
                };
                if *labels.at_2d::<i32>(y, x)? == label {
                    on += 1;
                    let at = |far: i32| -> Result<bool, Error> {
                        Ok(*skin.at_2d::<u8>(inner.y + y + dy * far, inner.x + x + dx * far)? > 0)
                    };
                    further += i32::from(at(out)? && at(out / 2)?);
                }
            }
            let continued = further as f32 / on.max(1) as f32;
            if depth as f32 > best.depth && on > 4 {
                best = Self {
                    depth: depth as f32,
                    continued,
                };
            }
        }
        Ok(best)
    }
}

/// Whether the patch's brightness varies little from place to place.
fn is_smooth(view: &View, labels: &Mat, label: i32, inner: Rect) -> Result<bool, Error> {
    let mut grey = Mat::default();
    imgproc::cvt_color_def(
        &Mat::roi(&view.bgr, inner)?,
        &mut grey,
        imgproc::COLOR_BGR2GRAY,
    )?;
    let mut mask = Mat::default();
    opencv::core::compare(
        labels,
        &Scalar::all(f64::from(label)),
        &mut mask,
        opencv::core::CMP_EQ,
    )?;
    let mut fine = Mat::default();
    imgproc::laplacian_def(&grey, &mut fine, opencv::core::CV_32F)?;
    let (mut mean, mut deviation) = (Scalar::default(), Scalar::default());
    opencv::core::mean_std_dev(&fine, &mut mean, &mut deviation, &mask)?;
    Ok(deviation[0] < SMOOTH)
}
