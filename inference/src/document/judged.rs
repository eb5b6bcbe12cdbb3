//! From what the reader found to what is judged of it: quality and authenticity.

use super::authenticity::{Seen, Signal, signals};
use super::plane::{Point, Quad, minus};
use super::quality::{Known, Quality, assess};
use super::reading::MrzReading;
use crate::Error;
use crate::picture::{Picture, Region};

/// What the reader found; places in picture pixels, the portrait's in the straightened page's.
pub(super) struct View<'a> {
    pub outline: Option<Quad>,
    pub straightened: Option<&'a Picture>,
    pub mrz: Option<&'a MrzReading>,
    pub portrait: Option<Region>,
    pub text: &'a [Quad],
}

/// How well the picture shows it.
///
/// # Errors
/// [`Error`] where an image operation fails.
pub(super) fn quality(picture: &Picture, view: &View<'_>) -> Result<Quality, Error> {
    let mrz = view.mrz.map_or(&[][..], |mrz| mrz.line_boxes.as_slice());
    let other: Vec<Quad> = view
        .text
        .iter()
        .filter(|line| !mrz.iter().any(|zone| holds(zone, middle(line))))
        .copied()
        .collect();
    let known = Known {
        outline: view.outline,
        format: view.mrz.map(|mrz| mrz.format),
        mrz,
        character_px: view.mrz.map(|mrz| mrz.character_px),
        portrait: portrait(view),
        text: &other,
    };
    assess(picture, &known)
}

/// Signs that it is not what it seems; none where there is no document.
///
/// # Errors
/// [`Error`] where an image operation fails.
pub(super) fn authenticity(picture: &Picture, view: &View<'_>) -> Result<Vec<Signal>, Error> {
    if view.outline.is_none() {
        return Ok(Vec::new());
    }
    let seen = Seen {
        outline: view.outline,
        straightened: view.straightened,
        mrz: view.mrz,
        portrait: view.portrait,
    };
    signals(picture, &seen)
}

/// The portrait's corners in the picture.
fn portrait(view: &View<'_>) -> Option<Quad> {
    let (outline, page, region) = (view.outline?, view.straightened?, view.portrait?);
    Some(on_outline(&outline, page, region))
}

/// A region of the straightened page in the picture, by shares of the outline's sides: exact
/// without perspective, and off by some hundredths of the page with a strong one.
pub(super) fn on_outline(outline: &Quad, page: &Picture, region: Region) -> Quad {
    let mix = |a: Point, b: Point, share: f32| {
        [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share]
    };
    let at = |x: f32, y: f32| {
        let (across, down) = (x / page.width() as f32, y / page.height() as f32);
        let upper = mix(outline[0], outline[1], across);
        mix(upper, mix(outline[3], outline[2], across), down)
    };
    let (right, bottom) = (region.x + region.width, region.y + region.height);
    [
        at(region.x, region.y),
        at(right, region.y),
        at(right, bottom),
        at(region.x, bottom),
    ]
}

fn middle(quad: &Quad) -> Point {
    quad.iter().fold([0.0, 0.0], |sum, corner| {
        [sum[0] + corner[0] / 4.0, sum[1] + corner[1] / 4.0]
    })
}

/// Whether a point lies in a convex quadrilateral, corners clockwise on screen.
fn holds(quad: &Quad, point: Point) -> bool {
    (0..4).all(|index| {
        let (side, to) = (
            minus(quad[(index + 1) % 4], quad[index]),
            minus(point, quad[index]),
        );
        side[0] * to[1] - side[1] * to[0] >= 0.0
    })
}
