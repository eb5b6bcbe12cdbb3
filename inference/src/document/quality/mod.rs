//! Whether a picture shows its document well enough to read, and what a person can do about it.
//!
//! ```text
//! picture ─┬─ outline ─► straightened small ─► light: exposure, reflections, what they hide
//!          │                        └────────► cover: a finger over the border
//!          ├─ pieces at full size ───────────► blur, in millimetres of the document
//!          ├─ outline and format ────────────► dots a millimetre, what is cut off
//!          ├─ edges ─────────────────────────► other documents
//!          └─ the frame before ──────────────► motion
//!                             each beyond its limit ─► Guidance, the most urgent first
//! ```
//!
//! Works before a document is read ([`Look`]: outline by edges alone, no network) and with a
//! reading ([`assess`]). Every limit says what it was measured on; the figures come from
//! `tests/tests/document/quality.rs`.

mod blur;
mod cover;
mod light;
mod look;
mod motion;
mod place;
mod smear;
mod view;

use opencv::core::{Mat, Rect};
use opencv::imgproc;

pub use light::Light;
pub use look::{Look, Watch};

pub(super) use blur::sigma_px;

use super::assessment::{Assessment, Unmeasured};
use super::guidance::{Guidance, GuidanceCode, by_urgency};
use super::mrz::MrzFormat;
use super::plane::{Point, Quad};
use crate::Error;
use crate::picture::Picture;
use light::Content;
use view::View;

/// Limits.
pub mod limits;

/// What is known of a document when its picture is judged. Places are picture pixels, corners in
/// reading order.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// The document's corners.
    pub outline: Option<[[f32; 2]; 4]>,
    /// The layout of its machine readable zone.
    pub format: Option<MrzFormat>,
    /// Each machine readable line's corners.
    pub mrz: &'a [[[f32; 2]; 4]],
    /// Height of that zone's characters, px.
    pub character_px: Option<f32>,
    /// The portrait's corners.
    pub portrait: Option<[[f32; 2]; 4]>,
    /// Other lines of text.
    pub text: &'a [[[f32; 2]; 4]],
}

/// How well a picture shows its document.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Quality {
    /// Exposure and reflections.
    pub light: Assessment<Light>,
    /// Sigma of the blur in millimetres of the document.
    pub blur_mm: Assessment<f32>,
    /// How much more the print's edges lie along one direction than across it: 1 is not at all. Motion within the
    /// exposure does it. Measured on the machine readable zone.
    pub smear: Assessment<f32>,
    /// Pixels a millimetre of the document.
    pub dots_per_mm: Assessment<f32>,
    /// The document's extent over the picture's.
    pub fills: Assessment<f32>,
    /// Share of the document that is not in the picture.
    pub cut_off: Assessment<f32>,
    /// Share of the document under fingers.
    pub covered: Assessment<f32>,
    /// Documents beside it.
    pub others: Assessment<usize>,
    /// How fast it moves, in its widths a second.
    pub speed: Assessment<f32>,
    /// What to do, the most urgent first; empty where nothing is wrong.
    pub guidance: Vec<Guidance>,
}

impl Quality {
    /// Of a picture that shows no document: nothing else is measured.
    #[must_use]
    pub fn of_no_document() -> Self {
        let why = Unmeasured::NoOutline;
        Self {
            light: Assessment::NotAssessed(why),
            blur_mm: Assessment::NotAssessed(why),
            smear: Assessment::NotAssessed(why),
            dots_per_mm: Assessment::NotAssessed(why),
            fills: Assessment::NotAssessed(why),
            cut_off: Assessment::NotAssessed(why),
            covered: Assessment::NotAssessed(why),
            others: Assessment::NotAssessed(why),
            speed: Assessment::NotAssessed(why),
            guidance: vec![Guidance::new(GuidanceCode::NoDocument, 0.0, 1.0)],
        }
    }

    /// Whether the guidance has that code.
    #[must_use]
    pub fn asks(&self, code: GuidanceCode) -> bool {
        self.guidance.iter().any(|guidance| guidance.code == code)
    }

    /// One number to choose the best of several frames by, 0 to 1: 1 is sharp, large and without a
    /// reflection. It ranks frames of one scene; it is no probability.
    #[must_use]
    pub fn score(&self) -> f32 {
        let against = |value: Option<f32>, limit: f32| {
            value.map_or(0.5, |value| (1.0 - value / limit).clamp(0.0, 1.0))
        };
        let light = self.light.measured();
        let glare = light.map(|light| {
            let parts = [light.glare, light.glare_on_mrz, light.glare_on_portrait];
            let measured = parts.into_iter().filter_map(Assessment::measured);
            measured.fold(0.0, f32::max)
        });
        let fine = self.dots_per_mm.measured().map_or(0.5, |dots| {
            (dots / (3.0 * limits::LEAST_DOTS_PER_MM)).clamp(0.0, 1.0)
        });
        0.45 * against(self.blur_mm.measured(), limits::MOST_BLUR_MM)
            + 0.2 * against(glare, limits::MOST_GLARE)
            + 0.2 * against(self.speed.measured(), limits::MOST_SPEED)
            + 0.15 * fine
    }
}

/// Judges a picture of a document.
///
/// # Errors
/// [`Error`] where an image operation fails.
pub fn assess(picture: &Picture, known: &Known<'_>) -> Result<Quality, Error> {
    let Some(outline) = known.outline else {
        return Ok(Quality::of_no_document());
    };
    let size = known
        .format
        .map_or_else(|| place::size_by_outline(&outline), place::size_by_format);
    let view = View::of(picture, Some(&outline), Some(size[0] / size[1]))?;
    let dots = resolution(&outline, size, known);
    let content = Content {
        mrz: known.mrz,
        columns: known.format.map_or(0, |format| format.layout().width),
        portrait: known.portrait,
        text: known.text,
    };
    let (blur_mm, smear) = sharpness(picture, &outline, known, dots)?;
    let mut quality = Quality {
        light: Assessment::Measured(light::measure(&view, &content)?),
        blur_mm,
        smear,
        dots_per_mm: Assessment::Measured(dots),
        fills: Assessment::Measured(place::fills(&outline, picture)),
        cut_off: Assessment::Measured(place::cut_off(&outline, size, known.text, picture)?),
        covered: cover::measure(&view)?,
        others: Assessment::Measured(place::others(picture, &outline)?),
        speed: Assessment::NotAssessed(Unmeasured::NoEarlierFrame),
        guidance: Vec::new(),
    };
    quality.guidance = limits::guidance(&quality);
    by_urgency(&mut quality.guidance);
    Ok(quality)
}

/// Dots a millimetre: by the zone's pitch where one was read, else by the outline.
fn resolution(outline: &Quad, size: [f32; 2], known: &Known<'_>) -> f32 {
    known.character_px.map_or_else(
        || place::dots_per_mm(outline, size),
        |capital| capital / limits::CAPITAL_MM,
    )
}

/// Blur in millimetres and smear, over pieces of the picture at its own size: along the zone, else where print may be.
fn sharpness(
    picture: &Picture,
    outline: &Quad,
    known: &Known<'_>,
    dots: f32,
) -> Result<(Assessment<f32>, Assessment<f32>), Error> {
    let mut grey = Mat::default();
    let bgr = picture.as_mat()?;
    let side = (limits::PIECE_MM * dots).clamp(48.0, 256.0);
    let mut pieces: Vec<Rect> = Vec::new();
    for line in known.mrz {
        pieces.extend([0.15, 0.5, 0.85].map(|share| piece(between(line, share, 0.5), side)));
    }
    if pieces.is_empty() {
        for down in [0.3, 0.5, 0.7] {
            pieces.extend([0.3, 0.5, 0.7].map(|share| piece(between(outline, share, down), side)));
        }
    }
    let frame = Rect::new(
        0,
        0,
        opencv::core::MatTraitConst::cols(&bgr),
        opencv::core::MatTraitConst::rows(&bgr),
    );
    let around = pieces.iter().fold(Rect::default(), |all, piece| {
        let piece = *piece & frame;
        if all.empty() { piece } else { all | piece }
    });
    if around.empty() {
        let none = Assessment::NotAssessed(Unmeasured::NoPrint);
        return Ok((none, none));
    }
    imgproc::cvt_color_def(&Mat::roi(&bgr, around)?, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    let pieces: Vec<Rect> = pieces.iter().map(|piece| *piece - around.tl()).collect();
    let sigma = blur::median_px(&grey, &pieces)?.map(|sigma| sigma / dots.max(0.1));
    let smear = smear::anisotropy(&grey, &pieces)?;
    Ok((
        Assessment::or_why(sigma, Unmeasured::NoPrint),
        Assessment::or_why(smear, Unmeasured::NoPrint),
    ))
}

/// A place in a quadrilateral by its shares of width and height.
fn between(quad: &Quad, across: f32, down: f32) -> Point {
    let mix = |a: Point, b: Point, share: f32| {
        [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share]
    };
    mix(
        mix(quad[0], quad[1], across),
        mix(quad[3], quad[2], across),
        down,
    )
}

fn piece(middle: Point, side: f32) -> Rect {
    let corner = |place: f32| (place - side / 2.0).round() as i32;
    Rect::new(
        corner(middle[0]),
        corner(middle[1]),
        side as i32,
        side as i32,
    )
}
