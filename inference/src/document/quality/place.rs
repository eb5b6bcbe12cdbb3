//! How the document lies in the picture: pixels a millimetre, what is cut off, what lies beside it.

use opencv::core::{Mat, MatTraitConst, Point2f, Size, Vector};
use opencv::imgproc;

use crate::Error;
use crate::document::mrz::MrzFormat;
use crate::document::outline::{Candidate, candidates};
use crate::document::plane::{Quad, length, minus};
use crate::picture::Picture;

/// Width and height in mm: ID-1 (ISO/IEC 7810), ID-2, ID-3, the larger visa (ICAO 9303-7, 4.1).
const ID_1: [f32; 2] = [85.6, 53.98];
const ID_2: [f32; 2] = [105.0, 74.0];
const ID_3: [f32; 2] = [125.0, 88.0];
const VISA_A: [f32; 2] = [120.0, 80.0];
/// Width over height between ID-3 (1.42) and ID-1 (1.586).
const CARD_OR_PAGE: f32 = 1.5;
/// The longer side at which other documents are looked for.
const SEARCH_SIDE: f64 = 560.0;
/// Another document has edges all around to this share, and along its weakest side.
const OTHER_SUPPORT: f32 = 0.80;
const OTHER_WEAKEST: f32 = 0.60;
/// Its longer over its shorter side, tilt included.
const OTHER_PROPORTIONS: std::ops::Range<f32> = 1.2..1.9;
/// Its area over the document's.
const OTHER_AREA: std::ops::Range<f32> = 0.35..2.8;
/// At most this share of it lies on the document.
const OTHER_OVERLAP: f32 = 0.10;
/// It bears print: the mean slope of grey inside it over the document's.
const OTHER_PRINT: f32 = 0.35;
/// An outline nearer to the picture's edge than this, over the picture's longer side, may end there.
const NEAR_EDGE: f32 = 0.03;
/// Less than this is an outline a little off, or tilt: at 16 degrees a page looks 4 % shorter.
const LEAST_LACKING: f32 = 0.04;
/// Lines of text that have to end at one edge of the picture for the page to go on beyond it; a line is this many
/// times as long as high.
const RUN_OUT_LINES: usize = 2;
const LONG_LINE: f32 = 6.0;
/// The margin of a page or card beside its text, over its width: 4 to 6 mm of 85.6 to 125 (ICAO 9303-4 to -7).
const MARGIN: f32 = 0.045;
/// A corner this near to the picture's edge lies on it, over the picture's side.
const ON_EDGE: f32 = 0.008;

/// A document's size by the layout of its zone.
pub(super) const fn size_by_format(format: MrzFormat) -> [f32; 2] {
    match format {
        MrzFormat::Td1 => ID_1,
        MrzFormat::Td2 | MrzFormat::FrenchId | MrzFormat::MrvB => ID_2,
        MrzFormat::Td3 => ID_3,
        MrzFormat::MrvA => VISA_A,
    }
}

/// A document's size by its outline's proportions, without its zone: ID-1 or ID-3. ID-2 has ID-3's
/// proportions, and is then taken for the larger one: dots a millimetre are understated by 16 %.
pub(super) fn size_by_outline(outline: &Quad) -> [f32; 2] {
    let (width, height) = sides(outline);
    let page = if width.max(height) / width.min(height).max(1.0) > CARD_OR_PAGE {
        ID_1
    } else {
        ID_3
    };
    if width >= height {
        page
    } else {
        [page[1], page[0]]
    }
}

/// Mean width and height in pixels.
pub(super) fn sides(quad: &Quad) -> (f32, f32) {
    let [a, b, c, d] = *quad;
    let side = |p, q| length(minus(p, q));
    (
        f32::midpoint(side(a, b), side(d, c)),
        f32::midpoint(side(a, d), side(b, c)),
    )
}

/// Pixels a millimetre of the document: the geometric mean of both directions, since tilt shortens
/// one of them.
pub(super) fn dots_per_mm(outline: &Quad, size_mm: [f32; 2]) -> f32 {
    let (width, height) = sides(outline);
    (width / size_mm[0] * height / size_mm[1]).sqrt()
}

/// The document's width over the picture's side that it lies along.
pub(super) fn fills(outline: &Quad, picture: &Picture) -> f32 {
    let span = |k: usize| {
        let places = outline.iter().map(|corner| corner[k]);
        places.clone().fold(f32::NEG_INFINITY, f32::max) - places.fold(f32::INFINITY, f32::min)
    };
    let across = span(0) / picture.width() as f32;
    let down = span(1) / picture.height() as f32;
    across.max(down)
}

/// Share of the document that is not in the picture, 0 to 1: what of the outline lies outside, and
/// what its proportions lack where it ends at the picture's edge.
///
/// Nothing is lacking where all four sides lie on the edge: such a picture was cut out along the
/// document. An outline near the edge may be the reader's guess at a document that is not wholly in
/// the picture; edges are then asked for one that ends there on one side.
///
/// Lines of text that end at the picture's edge say that at least the page's margin is lacking beside them.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn cut_off(
    outline: &Quad,
    size_mm: [f32; 2],
    text: &[Quad],
    picture: &Picture,
) -> Result<f32, Error> {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let frame = [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]];
    let inside = common(outline, &frame)? / area(outline)?.max(1.0);
    let mut lacking = lacking(outline, size_mm, ends(outline, [width, height]));
    let nearest = outline
        .iter()
        .flat_map(|[x, y]| [*x, width - x, *y, height - y]);
    if nearest.fold(f32::INFINITY, f32::min) < NEAR_EDGE * width.max(height) {
        lacking = lacking.max(ending_at_edge(picture)?);
    }
    if lacking < LEAST_LACKING {
        lacking = 0.0;
    }
    if run_out(text, [width, height]) {
        lacking = lacking.max(MARGIN);
    }
    Ok((1.0 - inside).max(lacking).clamp(0.0, 1.0))
}

/// Whether several lines of text, long ones and of one direction, end at the same edge of the picture.
fn run_out(text: &[Quad], [width, height]: [f32; 2]) -> bool {
    let near = 2.0 * ON_EDGE * width.max(height);
    let at_edge = |edge: usize| {
        let ends_there = |quad: &&Quad| {
            let (long, tall) = sides(quad);
            long > LONG_LINE * tall
                && quad.iter().any(|[x, y]| {
                    [*x < near, *x > width - near, *y < near, *y > height - near][edge]
                })
        };
        text.iter().filter(ends_there).count()
    };
    (0..4).any(|edge| at_edge(edge) >= RUN_OUT_LINES)
}

/// Which of the upper, right, lower and left sides lie on the picture's edge.
fn ends(quad: &Quad, [width, height]: [f32; 2]) -> [bool; 4] {
    let near = ON_EDGE * width.max(height);
    let on_edge = |start: [f32; 2], end: [f32; 2]| {
        let both = |axis: usize, edge: f32| {
            (start[axis] - edge).abs() < near && (end[axis] - edge).abs() < near
        };
        both(0, 0.0) || both(0, width) || both(1, 0.0) || both(1, height)
    };
    std::array::from_fn(|side| on_edge(quad[side], quad[(side + 1) % 4]))
}

/// What the proportions lack along the one direction that ends at the edge.
fn lacking(quad: &Quad, size_mm: [f32; 2], ends: [bool; 4]) -> f32 {
    let (across, down) = sides(quad);
    let proportion = across / down.max(1.0) / (size_mm[0] / size_mm[1]);
    // Sides 0 and 2 are the upper and the lower one: where they end at the edge, height is lacking.
    match (ends[0] || ends[2], ends[1] || ends[3]) {
        (true, false) => 1.0 - 1.0 / proportion.max(1.0),
        (false, true) => 1.0 - proportion.min(1.0),
        (true, true) | (false, false) => 0.0,
    }
}

/// The size of a document of which one side is cut: the one that the sides' ratio leaves possible
/// and that lacks least. A cut page looks like another format, so that its own is not asked.
fn size_by_cut(quad: &Quad, ends: [bool; 4]) -> [f32; 2] {
    let (across, down) = sides(quad);
    let ratio = across / down.max(1.0);
    let cut_in_width = ends[1] || ends[3];
    // Cut in width a page looks narrower than it is, cut in height broader.
    let possible = |size: &[f32; 2]| (ratio < size[0] / size[1]) == cut_in_width;
    let lacks = |size: &[f32; 2]| (ratio / (size[0] / size[1])).ln().abs();
    let turned = |[width, height]: [f32; 2]| [height, width];
    [ID_1, ID_3, turned(ID_1), turned(ID_3)]
        .into_iter()
        .filter(possible)
        .min_by(|a, b| lacks(a).total_cmp(&lacks(b)))
        .unwrap_or([across, down.max(1.0)])
}

/// The same of the largest quadrilateral by edges that ends at the picture's edge on one side.
fn ending_at_edge(picture: &Picture) -> Result<f32, Error> {
    let (small, _) = searched(picture)?;
    let size = [small.cols() as f32, small.rows() as f32];
    let mut most: Option<(f32, f32)> = None;
    for candidate in candidates(&small)? {
        let quad = upright(&candidate.corners);
        let area = area(&quad)?;
        let ends = ends(&quad, size);
        let share = if ends.iter().filter(|end| **end).count() == 1 {
            lacking(&quad, size_by_cut(&quad, ends), ends)
        } else {
            0.0
        };
        let larger = most.is_none_or(|(other, _)| area > other);
        // The side on the edge of the picture has no edge of its own: three of four are enough.
        if candidate.support > 0.68 && area > 0.2 * size[0] * size[1] && share > 0.0 && larger {
            most = Some((area, share));
        }
    }
    Ok(most.map_or(0.0, |(_, share)| share))
}

/// How many documents lie in the picture beside the one outlined.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn others(picture: &Picture, outline: &Quad) -> Result<usize, Error> {
    let (small, scale) = searched(picture)?;
    let document = outline.map(|corner| corner.map(|place| place * scale));
    let mut grey = Mat::default();
    imgproc::cvt_color_def(&small, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    let print = print_inside(&grey, &document)?;
    let mut found: Vec<Quad> = Vec::new();
    for candidate in candidates(&small)? {
        let quad = candidate.corners;
        if is_other(&candidate, &document)?
            && print_inside(&grey, &quad)? > OTHER_PRINT * print
            && !overlaps(&found, &quad)?
        {
            found.push(quad);
        }
    }
    Ok(found.len())
}

/// The likeliest document by edges alone: the quick way, for frames that nobody has read. `None`
/// where no quadrilateral has a document's proportions and edges all around.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn by_edges(picture: &Picture) -> Result<Option<Quad>, Error> {
    let (small, scale) = searched(picture)?;
    let mut best: Option<(f32, Quad)> = None;
    for candidate in candidates(&small)? {
        let (width, height) = sides(&candidate.corners);
        let proportion = width.max(height) / width.min(height).max(1.0);
        let merit = area(&candidate.corners)? * candidate.support;
        if candidate.support > OTHER_SUPPORT
            && candidate.weakest > OTHER_WEAKEST
            && OTHER_PROPORTIONS.contains(&proportion)
            && best.is_none_or(|(other, _)| merit > other)
        {
            best = Some((merit, candidate.corners));
        }
    }
    Ok(best.map(|(_, quad)| upright(&quad).map(|corner| corner.map(|place| place / scale))))
}

/// The picture at the size of the search, and that size over its own.
fn searched(picture: &Picture) -> Result<(Mat, f32), Error> {
    let mat = picture.as_mat()?;
    let scale = (SEARCH_SIDE / f64::from(picture.width().max(picture.height()))).min(1.0);
    let side = |pixels: i32| ((f64::from(pixels) * scale).round() as i32).max(1);
    let size = Size::new(side(mat.cols()), side(mat.rows()));
    let mut small = Mat::default();
    imgproc::resize(&mat, &mut small, size, 0.0, 0.0, imgproc::INTER_AREA)?;
    Ok((small, scale as f32))
}

/// The corners begun at the one nearest to the picture's upper left.
fn upright(quad: &Quad) -> Quad {
    let first = (0..4)
        .min_by(|a, b| {
            let sum = |index: &usize| quad[*index][0] + quad[*index][1];
            sum(a).total_cmp(&sum(b))
        })
        .unwrap_or(0);
    std::array::from_fn(|index| quad[(first + index) % 4])
}

fn is_other(candidate: &Candidate, document: &Quad) -> Result<bool, Error> {
    let (width, height) = sides(&candidate.corners);
    let proportion = width.max(height) / width.min(height).max(1.0);
    let own = area(&candidate.corners)?;
    let share = own / area(document)?.max(1.0);
    Ok(candidate.support > OTHER_SUPPORT
        && candidate.weakest > OTHER_WEAKEST
        && OTHER_PROPORTIONS.contains(&proportion)
        && OTHER_AREA.contains(&share)
        && common(&candidate.corners, document)? < OTHER_OVERLAP * own)
}

fn overlaps(found: &[Quad], quad: &Quad) -> Result<bool, Error> {
    for other in found {
        if common(other, quad)? > OTHER_OVERLAP * area(quad)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Mean slope of grey inside the upright middle of a quadrilateral.
fn print_inside(grey: &Mat, quad: &Quad) -> Result<f32, Error> {
    let middle = quad.iter().fold([0.0, 0.0], |sum, corner| {
        [sum[0] + corner[0] / 4.0, sum[1] + corner[1] / 4.0]
    });
    let (width, height) = sides(quad);
    let half = 0.35 * width.min(height);
    let clamp = |value: f32, end: i32| (value.round() as i32).clamp(0, end);
    let (left, right) = (
        clamp(middle[0] - half, grey.cols()),
        clamp(middle[0] + half, grey.cols()),
    );
    let (top, bottom) = (
        clamp(middle[1] - half, grey.rows()),
        clamp(middle[1] + half, grey.rows()),
    );
    if right - left < 4 || bottom - top < 4 {
        return Ok(0.0);
    }
    let part = Mat::roi(
        grey,
        opencv::core::Rect::new(left, top, right - left, bottom - top),
    )?;
    let mut slopes = Mat::default();
    imgproc::laplacian_def(&part, &mut slopes, opencv::core::CV_32F)?;
    let norm = opencv::core::norm(&slopes, opencv::core::NORM_L1, &opencv::core::no_array())?;
    Ok((norm / f64::from((right - left) * (bottom - top))) as f32)
}

fn vector(quad: &Quad) -> Vector<Point2f> {
    quad.iter().map(|[x, y]| Point2f::new(*x, *y)).collect()
}

fn area(quad: &Quad) -> Result<f32, Error> {
    Ok(imgproc::contour_area(&vector(quad), false)? as f32)
}

/// Area that two convex quadrilaterals share.
fn common(one: &Quad, two: &Quad) -> Result<f32, Error> {
    let mut shared = Vector::<Point2f>::new();
    Ok(imgproc::intersect_convex_convex(
        &vector(one),
        &vector(two),
        &mut shared,
        true,
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty(width: u32, height: u32) -> Picture {
        Picture::from_bgr(width, height, vec![0; (width * height * 3) as usize]).unwrap()
    }

    fn page(left: f32, top: f32, width: f32) -> Quad {
        let height = width * ID_3[1] / ID_3[0];
        [
            [left, top],
            [left + width, top],
            [left + width, top + height],
            [left, top + height],
        ]
    }

    #[test]
    fn dots_are_counted_along_the_documents_own_millimetres() {
        let dots = dots_per_mm(&page(0.0, 0.0, 1250.0), ID_3);
        assert!((dots - 10.0).abs() < 0.01, "{dots}");
        assert_eq!(size_by_outline(&page(0.0, 0.0, 1250.0)), ID_3);
        let card = [[0.0, 0.0], [540.0, 0.0], [540.0, 856.0], [0.0, 856.0]];
        assert_eq!(size_by_outline(&card), [53.98, 85.6]);
    }

    #[test]
    fn what_lies_outside_the_picture_is_cut_off() {
        let picture = empty(1000, 800);
        assert!(cut_off(&page(100.0, 100.0, 700.0), ID_3, &[], &picture).unwrap() < 1e-3);
        let half = cut_off(&page(-350.0, 100.0, 700.0), ID_3, &[], &picture).unwrap();
        assert!((half - 0.5).abs() < 0.01, "{half}");
    }

    #[test]
    fn an_outline_that_ends_at_the_edge_lacks_what_its_proportions_lack() {
        let picture = empty(1000, 800);
        let [a, b, c, d] = page(300.0, 100.0, 900.0);
        let clipped = [a, [1000.0, b[1]], [1000.0, c[1]], d];
        let share = cut_off(&clipped, ID_3, &[], &picture).unwrap();
        assert!((share - 2.0 / 9.0).abs() < 0.01, "{share}");
        let whole = [[0.0, 0.0], [1000.0, 0.0], [1000.0, 800.0], [0.0, 800.0]];
        assert!(
            cut_off(&whole, ID_3, &[], &picture).unwrap() < 1e-3,
            "cut out along the document"
        );
    }
}
