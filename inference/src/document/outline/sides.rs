//! The page's sides, each looked for where the zone says that it must be.
//!
//! ```text
//! zone ─► page without perspective ─► a band for each side ─► its clearest lines ─┐
//!                                                 contours' quadrilaterals ───────┴─► the four that fit the zone's
//!                                                                                     rows best ─► finely placed
//! ```
//!
//! A side is clear where both sides of a line differ in colour, and along most of it: a row of letters differs only
//! here and there. What a heading's border or a thing beside the page offers as a side is told apart by the zone's
//! rows (see [`super::fit`]).

use opencv::core::Mat;

use super::expected::{Measures, PITCH_MM};
use super::fit::{Rows, misfit};
use super::view::{Side, View, steps};
use crate::Error;
use crate::document::plane::{Point, Quad, along, length, minus};

/// A side that counts as seen: half of what a side scores at most.
const SEEN: f32 = 2.0;
/// Weight of the rows' misfit against the sides' clearness, 4 a side at most (measured on 23 rendered specimens).
const MISFIT: f32 = 0.15;
/// Lines kept for each side; headings and their text offer more for the upper one.
const KEPT: usize = 5;
const KEPT_UPPER: usize = 8;

/// The best page, and how much of it was seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub corners: Quad,
    /// Sides that were seen, 0 to 4.
    pub seen: usize,
    /// See [`misfit`].
    pub misfit: f32,
}

/// Looks for the page's sides. `others` are quadrilaterals found in another way, upper left corner first.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn page(
    work: &Mat,
    rows: &Rows,
    measures: &Measures,
    characters: f32,
    others: &[Quad],
) -> Result<Option<Page>, Error> {
    let view = View::new(work)?;
    let scaled = |[x, y]: Point| [x * view.scale, y * view.scale];
    let rows: Vec<(Point, Point)> = rows.iter().map(|(a, b)| (scaled(*a), scaled(*b))).collect();
    let Some(frame) = Frame::new(&rows, measures, characters) else {
        return Ok(None);
    };
    let [lower, left, right, upper] = bands(&view, &frame, measures);
    let mut best: Option<(f32, Quad, f32)> = None;
    let mut consider = |corners: Quad, clear: f32| {
        let misfit = misfit(&corners, &rows, measures, characters);
        let merit = clear - MISFIT * misfit;
        if best.is_none_or(|(other, ..)| merit > other) {
            best = Some((merit, corners, misfit));
        }
    };
    for below in &lower {
        for (before, after) in left.iter().flat_map(|l| right.iter().map(move |r| (l, r))) {
            for above in &upper {
                if let Some(corners) = crossed([above, after, below, before]) {
                    consider(
                        corners,
                        above.clear + after.clear + below.clear + before.clear,
                    );
                }
            }
        }
    }
    for quad in others {
        let corners = quad.map(scaled);
        let clear = (0..4).map(|side| view.clearness(corners[side], corners[(side + 1) % 4]));
        consider(corners, clear.sum());
    }
    Ok(best.map(|(_, corners, misfit)| {
        let corners = finely(&view, corners);
        let seen = (0..4)
            .filter(|side| view.clearness(corners[*side], corners[(side + 1) % 4]) >= SEEN)
            .count();
        Page {
            corners: corners.map(|[x, y]| [x / view.scale, y / view.scale]),
            seen,
            misfit,
        }
    }))
}

/// Directions and scale of the zone, to place millimetres of the page without perspective.
struct Frame {
    origin: Point,
    across: Point,
    down: Point,
}

impl Frame {
    fn new(rows: &Rows, measures: &Measures, characters: f32) -> Option<Self> {
        let (first, last) = (rows.first()?, rows.last()?);
        let along_row = minus(last.1, last.0);
        let px_a_mm = length(along_row) / (characters * PITCH_MM);
        if px_a_mm < 0.1 {
            return None;
        }
        let across = along_row.map(|part| part / (characters * PITCH_MM));
        let middle = |row: &(Point, Point)| along(row.0, minus(row.1, row.0), 0.5);
        let fall = length(minus(middle(last), middle(first)));
        let apart = 6.35 * (rows.len().max(2) - 1) as f32;
        let tall = if rows.len() > 1 {
            fall / apart
        } else {
            px_a_mm
        };
        let tall = tall.clamp(0.7 * px_a_mm, 1.3 * px_a_mm) / px_a_mm;
        let down = [-across[1] * tall, across[0] * tall];
        let corner = along(last.0, across, -measures.left);
        Some(Self {
            origin: along(corner, down, measures.bottom),
            across,
            down,
        })
    }

    /// A place on the page, mm to the right of its lower left corner and above it.
    fn mm(&self, x: f32, y: f32) -> Point {
        along(along(self.origin, self.across, x), self.down, -y)
    }
}

/// The clearest lines in each side's band: lower, left, right, upper. A tilt of 35 degrees from two page widths away
/// moves the upper side by a third of the page's height and turns the sides by up to 24 degrees.
fn bands(view: &View, frame: &Frame, measures: &Measures) -> [Vec<Side>; 4] {
    let (width, height) = (measures.width, measures.height);
    let turned = |degrees: f32| degrees.to_radians().tan();
    let lower = view.clearest(
        steps(-5.0, 5.0, 0.25),
        steps(-5.0, 5.0, 0.5),
        [1.0, 1.8],
        KEPT,
        |off, tilt| {
            let lift = turned(tilt) * width / 2.0;
            (
                frame.mm(2.0, -off + lift),
                frame.mm(width - 2.0, -off - lift),
            )
        },
    );
    let upright = |x: f32| {
        view.clearest(
            steps(-5.0, 5.0, 0.5),
            steps(-24.0, 24.0, 1.0),
            [1.5, 3.5],
            KEPT,
            |off, tilt| {
                let lean = turned(tilt) * height * 0.75;
                (
                    frame.mm(x + off, 2.0),
                    frame.mm(x + off + lean, height * 0.75),
                )
            },
        )
    };
    let upper = view.clearest(
        steps(0.6 * height, 1.35 * height, 0.01 * height),
        steps(-16.0, 16.0, 1.0),
        [2.0, 2.9],
        KEPT_UPPER,
        |off, tilt| {
            let lift = turned(tilt) * width / 2.0;
            (frame.mm(4.0, off + lift), frame.mm(width - 4.0, off - lift))
        },
    );
    [lower, upright(0.0), upright(width), upper]
}

/// Corners where four lines cross: upper, right, lower, left.
fn crossed(sides: [&Side; 4]) -> Option<Quad> {
    let [upper, right, lower, left] = sides.map(|side| side.ends);
    Some([
        crossing(upper, left)?,
        crossing(upper, right)?,
        crossing(lower, right)?,
        crossing(lower, left)?,
    ])
}

fn crossing((a, b): (Point, Point), (c, d): (Point, Point)) -> Option<Point> {
    let (u, v) = (minus(b, a), minus(d, c));
    let across = u[0] * v[1] - u[1] * v[0];
    let to = minus(c, a);
    let share = (to[0] * v[1] - to[1] * v[0]) / across;
    share.is_finite().then(|| along(a, u, share))
}

/// Each side moved to where it is clearest, first within 1.5 % of its length, then within 0.4 %.
fn finely(view: &View, mut corners: Quad) -> Quad {
    for (reach, step) in [(0.015, 0.003), (0.004, 0.001)] {
        let moved: Vec<(Point, Point)> = (0..4)
            .map(|side| view.nudged(corners[side], corners[(side + 1) % 4], reach, step))
            .collect();
        let corner = |one: usize, two: usize| crossing(moved[one], moved[two]);
        let placed = [corner(3, 0), corner(0, 1), corner(1, 2), corner(2, 3)];
        let [Some(a), Some(b), Some(c), Some(d)] = placed else {
            return corners;
        };
        corners = [a, b, c, d];
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::mrz::MrzFormat;
    use crate::document::outline::expected::measures;
    use opencv::core::{CV_8UC3, Point as Pixel, Scalar, Vector};
    use opencv::imgproc;

    /// A tilted passport page with a dark heading on a table, and its zone's rows.
    fn scene() -> (Mat, Quad, [(Point, Point); 2]) {
        let page: Quad = [
            [150.0, 100.0],
            [540.0, 100.0],
            [590.0, 410.0],
            [100.0, 410.0],
        ];
        let mut picture =
            Mat::new_rows_cols_with_default(480, 640, CV_8UC3, Scalar::all(120.0)).unwrap();
        let fill = |picture: &mut Mat, quad: &Quad, grey: f64| {
            let corners: Vector<Pixel> = quad
                .iter()
                .map(|[x, y]| Pixel::new(*x as i32, *y as i32))
                .collect();
            imgproc::fill_convex_poly(picture, &corners, Scalar::all(grey), imgproc::LINE_8, 0)
                .unwrap();
        };
        fill(&mut picture, &page, 230.0);
        fill(
            &mut picture,
            &[page[0], page[1], [545.1, 131.6], [144.9, 131.6]],
            60.0,
        );
        // Where rows 72.25 and 78.6 mm down and 6 mm in come to lie by this page's own perspective.
        let row = |y: f32, left: f32, right: f32| ([left, y], [right, y]);
        (
            picture,
            page,
            [row(343.3, 133.2, 552.1), row(369.5, 129.4, 555.8)],
        )
    }

    #[test]
    fn a_tilted_page_is_found_with_its_heading() {
        let (picture, page, rows) = scene();
        let measures = measures(MrzFormat::Td3);
        let found = super::page(&picture, &rows, &measures, 44.0, &[])
            .unwrap()
            .unwrap();
        assert_eq!(found.seen, 4);
        for (corner, truth) in found.corners.iter().zip(page) {
            assert!(
                length(minus(*corner, truth)) < 5.0,
                "{corner:?} for {truth:?}"
            );
        }
    }

    #[test]
    fn where_nothing_is_seen_no_side_counts() {
        let (_, _, rows) = scene();
        let blank = Mat::new_rows_cols_with_default(480, 640, CV_8UC3, Scalar::all(200.0)).unwrap();
        let measures = measures(MrzFormat::Td3);
        let found = super::page(&blank, &rows, &measures, 44.0, &[])
            .unwrap()
            .unwrap();
        assert_eq!(found.seen, 0);
    }
}
