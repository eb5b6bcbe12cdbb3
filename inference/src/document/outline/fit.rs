//! How well a quadrilateral is the page of a zone: what its corners make of the zone's rows.
//!
//! The rows' ends are known to a fraction of a character, and where they stand on a page is the standard's. Mapped
//! by the right corners, rows are as long as their characters, level, above each other and 6.35 mm apart; corners
//! that are wrong (a heading left out, a side taken from the table) stretch or tilt them. How far rows of
//! photographs come out through true corners was measured on 20 rendered specimens with the camera model (tilt to 35
//! degrees, any turn); the spreads below are about twice that.

use super::expected::{Measures, PITCH_MM};
use crate::document::plane::{Point, Quad};

/// Distance of a zone's lines, mm (ICAO 9303-4 to -7, figures of clause 4).
const LINE_MM: f32 = 6.35;
/// Spread of the logarithm of a row's length over its characters'.
const LENGTH: f32 = 0.006;
/// Spread of the logarithm of the rows' distance: two rows, and three.
const SPACING: [f32; 2] = [0.06, 0.02];
/// Spread of a row's fall over its length.
const LEVEL: f32 = 0.003;
/// Spread of one row's shift against another over their distance.
const SLANT: f32 = 0.05;
/// Spread of the difference of two rows' lengths over their length.
const TAPER: f32 = 0.008;
/// Free play of where issuers print the zone, mm across and down, and the spread beyond it.
const PLAY_MM: [f32; 2] = [1.5, 2.0];
const BEYOND_MM: f32 = 0.7;
/// A misfit that is as good as none at all.
const WORST: f32 = 1e6;

/// The zone's rows, from their first character's left side to their last one's right side, the uppermost first.
pub(super) type Rows = [(Point, Point)];

/// Sum of squares of what the rows show of wrong corners, each over its spread: about 7 for true ones.
pub(super) fn misfit(corners: &Quad, rows: &Rows, measures: &Measures, characters: f32) -> f32 {
    let Some(map) = Map::new(corners, measures) else {
        return WORST;
    };
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return WORST;
    };
    let place = |(start, end): &(Point, Point)| (map.mm(*start), map.mm(*end));
    let (first, last) = (place(first), place(last));
    let apart = LINE_MM * (rows.len().max(2) - 1) as f32;
    let long = characters * PITCH_MM;
    let length = |(start, end): (Point, Point)| end[0] - start[0];
    let middle =
        |(start, end): (Point, Point)| [(start[0] + end[0]) / 2.0, (start[1] + end[1]) / 2.0];
    let share = (length(first) + length(last)) / 2.0 / long;
    let spacing = (middle(last)[1] - middle(first)[1]) / apart;
    if share < 0.3 || spacing < 0.3 {
        return WORST;
    }
    let fall = (first.1[1] - first.0[1] + last.1[1] - last.0[1]) / 2.0 / long;
    let slant = (middle(last)[0] - middle(first)[0]) / apart;
    let taper = (length(last) - length(first)) / long;
    let across = ((first.0[0] + last.0[0]) / 2.0 - measures.left).abs();
    let down = (middle(last)[1] - (measures.height - measures.bottom)).abs();
    let beyond = |off: f32, play: f32| ((off - play).max(0.0) / BEYOND_MM).powi(2);
    let spread = SPACING[usize::from(rows.len() > 2)];
    (share.ln() / LENGTH).powi(2)
        + (spacing.ln() / spread).powi(2)
        + (fall / LEVEL).powi(2)
        + (slant / SLANT).powi(2)
        + (taper / TAPER).powi(2)
        + beyond(across, PLAY_MM[0])
        + beyond(down, PLAY_MM[1])
}

/// From picture pixels to millimetres on the page.
struct Map([[f32; 3]; 3]);

impl Map {
    /// The inverse of the projective map of a rectangle onto the corners (Heckbert, Fundamentals of Texture Mapping
    /// and Image Warping, 1989, 2.2.3); `None` where they lie on a line.
    fn new(corners: &Quad, measures: &Measures) -> Option<Self> {
        let [a, b, c, d] = *corners;
        let (x1, x2, x3) = (b[0] - c[0], d[0] - c[0], a[0] - b[0] + c[0] - d[0]);
        let (y1, y2, y3) = (b[1] - c[1], d[1] - c[1], a[1] - b[1] + c[1] - d[1]);
        let area = x1 * y2 - x2 * y1;
        if area.abs() < 1.0 {
            return None;
        }
        let (g, h) = ((x3 * y2 - x2 * y3) / area, (x1 * y3 - x3 * y1) / area);
        let forward = [
            [b[0] - a[0] + g * b[0], d[0] - a[0] + h * d[0], a[0]],
            [b[1] - a[1] + g * b[1], d[1] - a[1] + h * d[1], a[1]],
            [g, h, 1.0],
        ];
        let mut back = adjugate(&forward);
        back[0] = back[0].map(|value| value * measures.width);
        back[1] = back[1].map(|value| value * measures.height);
        Some(Self(back))
    }

    fn mm(&self, [x, y]: Point) -> Point {
        let row = |row: [f32; 3]| row[0] * x + row[1] * y + row[2];
        let scale = row(self.0[2]);
        [row(self.0[0]) / scale, row(self.0[1]) / scale]
    }
}

/// The inverse up to a factor, which projective maps don't see.
fn adjugate(m: &[[f32; 3]; 3]) -> [[f32; 3]; 3] {
    let minor = |r: usize, c: usize| {
        let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    std::array::from_fn(|r| std::array::from_fn(|c| minor(c, r)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::mrz::MrzFormat;
    use crate::document::outline::expected::measures;

    /// A passport page of 4 pixels a millimetre, tilted: its far side is shorter.
    const TILTED: Quad = [
        [140.0, 100.0],
        [560.0, 110.0],
        [600.0, 430.0],
        [100.0, 420.0],
    ];

    fn rows(corners: &Quad) -> [(Point, Point); 2] {
        let measures = measures(MrzFormat::Td3);
        let map = Map::new(corners, &measures).unwrap();
        let back = Map(adjugate(&map.0));
        let row = |y: f32| (back.mm([6.0, y]), back.mm([6.0 + 44.0 * PITCH_MM, y]));
        [
            row(88.0 - measures.bottom - LINE_MM),
            row(88.0 - measures.bottom),
        ]
    }

    #[test]
    fn rows_fit_the_corners_they_were_seen_through() {
        let measures = measures(MrzFormat::Td3);
        assert!(misfit(&TILTED, &rows(&TILTED), &measures, 44.0) < 0.5);
    }

    #[test]
    fn corners_without_the_heading_or_with_a_side_too_wide_fit_worse() {
        let measures = measures(MrzFormat::Td3);
        let rows = rows(&TILTED);
        let [a, b, c, d] = TILTED;
        let headless = [[a[0] - 5.0, a[1] + 40.0], [b[0] + 5.0, b[1] + 40.0], c, d];
        let wide = [a, b, [c[0] + 40.0, c[1]], d];
        for (wrong, least) in [(headless, 3.0), (wide, 15.0)] {
            let off = misfit(&wrong, &rows, &measures, 44.0);
            assert!(off > least, "{off}");
        }
        assert_eq!(misfit(&[[0.0, 0.0]; 4], &rows, &measures, 44.0), WORST);
    }
}
