//! The document's corners: from its edges, and from where its machine readable zone must stand.
//!
//! ```text
//! zone ─► page by the standard's measures ─► sides near it ─┐
//! edges ─► quadrilaterals ──────────────────────────────────┴─► the page whose sides are clear and which
//!                                                               the zone's rows fit; where less than three
//!          sides are seen: the quadrilateral nearest to that page, else the whole picture, else that page
//! ```
//!
//! Without a zone, a quadrilateral must have edges all around, a card's or a page's proportions
//! and text inside; a picture full of text without any edge is a document that fills it.

mod edges;
mod expected;
mod fit;
mod heading;
mod ranked;
mod sides;
mod view;

use opencv::core::{Mat, MatTraitConst, Point2f, Vector};
use opencv::imgproc;

pub(super) use self::edges::{Candidate, candidates};
use self::ranked::Ranked;
use super::candidate::{CARD, PageSize, likeness};
use super::plane::{Line, Point, Quad, dot, length, minus};
use super::zone::Found;
use crate::Error;

/// A quadrilateral is the page that the zone tells of from this share of common area on.
const SAME_PAGE: f32 = 0.70;
/// The document fills the picture where the page covers this share of it.
const FILLS: f32 = 0.70;
/// Without a zone: share of the outline that lies on edges.
const CLEAR_EDGES: f32 = 0.75;
/// Without a zone: share of the picture that a document takes at least, unless it holds most of the text.
const LEAST_AREA: f32 = 0.12;
/// Without a zone: longer over shorter side, from ID-2 (1.42) and ID-3 (1.42) to ID-1 (1.59), with
/// perspective.
const PROPORTIONS: std::ops::Range<f32> = 1.15..1.95;
/// Without a zone: width over height from which on a card lacks its heading; seen at 15 degrees one may be as low.
const LOWEST: f32 = 1.7;
/// Without a zone: lines of text inside.
const LEAST_LINES: usize = 3;
/// Without a zone and without edges: lines of text in a picture that a document fills.
const FULL_OF_TEXT: usize = 8;

/// Sides that have to be seen for a page to be told by them.
const LEAST_SEEN: usize = 3;
/// The most that the zone's rows may be off in such a page: true corners give about 7, and rarely more than 15.
const MOST_MISFIT: f32 = 40.0;

/// A document's corners: upper left, upper right, lower right, lower left as it is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outline {
    pub corners: Quad,
    /// Width over height by the standard, where the zone tells the format.
    pub aspect: Option<f32>,
    /// By the zone, else by proportions.
    pub size: PageSize,
    /// See [`super::Candidate::score`].
    pub score: f32,
}

impl Outline {
    /// Width and height in pixels; by the standard's proportions where they are known.
    pub fn extent(&self) -> (f32, f32) {
        let [a, b, c, d] = self.corners;
        let side = |p, q| length(minus(p, q));
        let (across, along) = (side(a, b).max(side(d, c)), side(a, d).max(side(b, c)));
        match self.aspect {
            Some(aspect) => {
                let width = across.max(along * aspect);
                (width, width / aspect)
            }
            None => (across, along),
        }
    }
}

/// Everything that may be the document, the likeliest first; empty where nothing speaks for one.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn find(
    work: &Mat,
    text: &[Line],
    found: Option<&Found>,
) -> Result<Vec<Outline>, Error> {
    let candidates = candidates(work)?;
    let frame = whole(work);
    let ranked = ranked::ranked(&candidates, &frame, text)?;
    let mut outlines = match found {
        Some(found) => {
            let (corners, aspect) = by_zone(work, &candidates, &frame, found)?;
            let size = PageSize::of(found.mrz.format);
            vec![Outline {
                corners,
                aspect,
                size,
                score: 1.0,
            }]
        }
        None => {
            let mut outlines = by_edges(&ranked, &frame, text);
            if let Some(first) = outlines
                .first_mut()
                .filter(|first| is_too_low(&first.corners))
            {
                first.corners = heading::with_heading(work, first.corners, CARD)?;
            }
            outlines
        }
    };
    if outlines.is_empty() {
        return Ok(outlines);
    }
    for other in &ranked {
        if PROPORTIONS.contains(&other.proportion) && is_another(other, &outlines)? {
            outlines.push(of_edges(other, text));
        }
    }
    outlines[1..].sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(outlines)
}

/// Whether it is lower than any document, as a card without its heading is.
fn is_too_low(corners: &Quad) -> bool {
    let [a, b, c, d] = *corners;
    let side = |p, q| length(minus(p, q));
    let (width, height) = (side(a, b) + side(d, c), side(a, d) + side(b, c));
    width / height.max(1.0) > LOWEST
}

/// Whether it is none of those already there.
fn is_another(other: &Ranked, outlines: &[Outline]) -> Result<bool, Error> {
    let mut common = 0.0_f32;
    for outline in outlines {
        common = common.max(overlap(&outline.corners, &other.corners)?);
    }
    Ok(common <= ranked::SAME)
}

fn of_edges(candidate: &Ranked, text: &[Line]) -> Outline {
    Outline {
        corners: along_text(&candidate.corners, text),
        aspect: None,
        size: PageSize::nearest(candidate.proportion),
        score: candidate.score,
    }
}

/// The page that the zone tells of, and its proportions where the picture shows it whole.
fn by_zone(
    work: &Mat,
    candidates: &[Candidate],
    frame: &Quad,
    found: &Found,
) -> Result<(Quad, Option<f32>), Error> {
    let page = expected::page(found);
    let aspect = expected::aspect(found.mrz.format);
    let mut others = Vec::new();
    let mut best: Option<(f32, Quad)> = None;
    for candidate in candidates {
        let corners = turned_like(&candidate.corners, &page);
        let common = overlap(&corners, &page)?;
        let merit = common + 0.3 * candidate.weakest - misproportion(&corners, aspect);
        let zone_inside = found
            .boxes
            .iter()
            .flatten()
            .all(|corner| inside(*corner, &corners));
        if common > SAME_PAGE && zone_inside {
            others.push(corners);
            if best.is_none_or(|(other, _)| merit > other) {
                best = Some((merit, corners));
            }
        }
    }
    if let Some(corners) = by_sides(work, found, &others)? {
        return Ok((corners, Some(aspect)));
    }
    if let Some((_, corners)) = best {
        let corners = heading::with_heading(work, corners, aspect)?;
        return Ok((corners, Some(aspect)));
    }
    let filling = turned_like(frame, &page);
    if overlap(&filling, &page)? > FILLS {
        return Ok((filling, None));
    }
    Ok((page, Some(aspect)))
}

/// The page by its sides, where enough of them are seen and the zone fits.
fn by_sides(work: &Mat, found: &Found, others: &[Quad]) -> Result<Option<Quad>, Error> {
    let rows: Vec<(Point, Point)> = found.rows.iter().map(|row| (row.start, row.end)).collect();
    let measures = expected::measures(found.mrz.format);
    let characters = found.mrz.format.layout().width as f32;
    let page = sides::page(work, &rows, &measures, characters, others)?;
    Ok(page
        .filter(|page| page.seen >= LEAST_SEEN && page.misfit < MOST_MISFIT)
        .map(|page| page.corners))
}

/// How far a quadrilateral's proportions are from the page's: the logarithm of their ratio. A page
/// without its coloured heading has edges all around, but other proportions.
fn misproportion(corners: &Quad, aspect: f32) -> f32 {
    let [a, b, c, d] = *corners;
    let side = |p, q| length(minus(p, q));
    let (width, height) = (side(a, b) + side(d, c), side(a, d) + side(b, c));
    (width / height.max(1.0) / aspect).ln().abs()
}

/// The largest clear one with text inside, a smaller one where it holds most of the text; else the picture where it is
/// full of text.
fn by_edges(ranked: &[Ranked], frame: &Quad, text: &[Line]) -> Vec<Outline> {
    let clear = ranked.iter().filter(|candidate| {
        let large = candidate.share > LEAST_AREA;
        candidate.support > CLEAR_EDGES
            && PROPORTIONS.contains(&candidate.proportion)
            && candidate.lines >= LEAST_LINES
            && (large || candidate.lines * 2 > text.len())
    });
    let best = clear.max_by(|a, b| a.share.total_cmp(&b.share));
    let best = best.map(|candidate| of_edges(candidate, text));
    let filled = (text.len() >= FULL_OF_TEXT).then(|| {
        let [_, b, c, _] = *frame;
        let proportion = b[0].max(c[1]) / b[0].min(c[1]).max(1.0);
        Outline {
            corners: along_text(frame, text),
            aspect: None,
            size: PageSize::nearest(proportion),
            score: 0.25 * likeness(proportion) + 0.25,
        }
    });
    best.into_iter().chain(filled).collect()
}

fn whole(work: &Mat) -> Quad {
    let (width, height) = (work.cols() as f32, work.rows() as f32);
    [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]]
}

/// The corners in clockwise order, begun so that they lie nearest to the reference's.
fn turned_like(corners: &Quad, reference: &Quad) -> Quad {
    let distance = |turned: &Quad| -> f32 {
        turned
            .iter()
            .zip(reference)
            .map(|(a, b)| length(minus(*a, *b)))
            .sum()
    };
    (0..4)
        .map(|turn| std::array::from_fn(|index| corners[(index + turn) % 4]))
        .min_by(|a: &Quad, b: &Quad| distance(a).total_cmp(&distance(b)))
        .unwrap_or(*corners)
}

/// The corners begun so that most text runs along the upper side.
fn along_text(corners: &Quad, text: &[Line]) -> Quad {
    let mut direction = [0.0, 0.0];
    for line in text.iter().filter(|line| inside(line.middle(), corners)) {
        direction[0] += minus(line.end, line.start)[0];
        direction[1] += minus(line.end, line.start)[1];
    }
    let run = |turned: &Quad| {
        let side = minus(turned[1], turned[0]);
        dot(side, direction) / length(side).max(1.0)
    };
    (0..4)
        .map(|turn| std::array::from_fn(|index| corners[(index + turn) % 4]))
        .max_by(|a: &Quad, b: &Quad| run(a).total_cmp(&run(b)))
        .unwrap_or(*corners)
}

fn vector(quad: &Quad) -> Vector<Point2f> {
    quad.iter().map(|[x, y]| Point2f::new(*x, *y)).collect()
}

fn area(quad: &Quad) -> Result<f32, Error> {
    Ok(imgproc::contour_area(&vector(quad), false)? as f32)
}

/// Common area over joint area.
fn overlap(one: &Quad, two: &Quad) -> Result<f32, Error> {
    let mut common = Vector::<Point2f>::new();
    let shared = imgproc::intersect_convex_convex(&vector(one), &vector(two), &mut common, true)?;
    let joint = area(one)? + area(two)? - shared;
    Ok(shared / joint.max(1.0))
}

/// Whether the point lies in the convex quadrilateral, corners clockwise on screen.
fn inside(point: Point, quad: &Quad) -> bool {
    (0..4).all(|index| {
        let (a, b) = (quad[index], quad[(index + 1) % 4]);
        let (side, to) = (minus(b, a), minus(point, a));
        side[0] * to[1] - side[1] * to[0] >= -0.02 * dot(side, side)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: Quad = [[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]];

    #[test]
    fn a_point_is_inside_or_not() {
        assert!(inside([50.0, 50.0], &SQUARE));
        assert!(!inside([150.0, 50.0], &SQUARE));
    }

    #[test]
    fn corners_begin_where_the_reference_begins() {
        let turned = [SQUARE[2], SQUARE[3], SQUARE[0], SQUARE[1]];
        assert_eq!(turned_like(&turned, &SQUARE), SQUARE);
        let standing = Line {
            start: [50.0, 90.0],
            end: [50.0, 10.0],
            height: 8.0,
        };
        assert_eq!(along_text(&SQUARE, &[standing])[0], [0.0, 100.0]);
    }

    #[test]
    fn half_covered_squares_share_a_third() {
        let half = SQUARE.map(|[x, y]| [x + 50.0, y]);
        assert!((overlap(&SQUARE, &half).unwrap() - 1.0 / 3.0).abs() < 0.01);
    }
}
