//! The straightened page: where the zone lies on it, and turning it.

use opencv::core::{Mat, MatTraitConst, MatTraitConstManual, ROTATE_180, Vector};

use super::dates::DateOrder;
use crate::Error;
use crate::document::plane::Line;
use crate::document::reading::DocumentReading;
use crate::picture::{Picture, Region};

/// How far the MRZ's lines reach beyond their boxes, over their height: what the text detector finds of
/// them is not cut at the same place.
const AROUND: f32 = 0.35;

/// The MRZ's lines on the straightened page, in its pixels.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn zone(reading: &DocumentReading) -> Result<Vec<[[f32; 2]; 4]>, Error> {
    let (Some(outline), Some(page), Some(mrz)) =
        (&reading.outline, &reading.straightened, &reading.mrz)
    else {
        return Ok(Vec::new());
    };
    let (width, height) = (page.width() as f32, page.height() as f32);
    let target = [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]];
    let map = opencv::imgproc::get_perspective_transform(&points(outline)?, &points(&target)?, 0)?;
    let rows: Vec<f64> = map.iter::<f64>()?.map(|(_, value)| value).collect();
    let onto = |[x, y]: [f32; 2]| {
        let (x, y) = (f64::from(x), f64::from(y));
        let row = |k: usize| rows[k] * x + rows[k + 1] * y + rows[k + 2];
        let depth = row(6);
        [(row(0) / depth) as f32, (row(3) / depth) as f32]
    };
    Ok(mrz
        .line_boxes
        .iter()
        .map(|quad| grown(&quad.map(onto)))
        .collect())
}

fn points(corners: &[[f32; 2]; 4]) -> Result<Mat, opencv::Error> {
    let corners: Vector<opencv::core::Point2f> = corners
        .iter()
        .map(|[x, y]| opencv::core::Point2f::new(*x, *y))
        .collect();
    Mat::from_slice(corners.as_slice())?.try_clone()
}

fn grown(quad: &[[f32; 2]; 4]) -> [[f32; 2]; 4] {
    let height = quad[3][1] - quad[0][1];
    let (out, along) = (height * AROUND, height);
    let [a, b, c, d] = *quad;
    [
        [a[0] - along, a[1] - out],
        [b[0] + along, b[1] - out],
        [c[0] + along, c[1] + out],
        [d[0] - along, d[1] + out],
    ]
}

/// Whether the point lies in the convex quadrilateral, corners clockwise on screen.
pub(super) fn inside(point: [f32; 2], quad: &[[f32; 2]; 4]) -> bool {
    (0..4).all(|index| {
        let (a, b) = (quad[index], quad[(index + 1) % 4]);
        let (side, to) = (
            [b[0] - a[0], b[1] - a[1]],
            [point[0] - a[0], point[1] - a[1]],
        );
        side[0] * to[1] - side[1] * to[0] >= 0.0
    })
}

/// Turns a reading's page by half a turn: outline, page, portrait and its place.
///
/// # Errors
/// [`Error`] where an image operation fails.
pub(super) fn turn(reading: &mut DocumentReading) -> Result<(), Error> {
    if let Some(outline) = &mut reading.outline {
        outline.rotate_left(2);
    }
    if let (Some(page), Some(place)) = (&reading.straightened, &mut reading.portrait_box) {
        *place = Region {
            x: page.width() as f32 - place.x - place.width,
            y: page.height() as f32 - place.y - place.height,
            ..*place
        };
    }
    for picture in [&mut reading.straightened, &mut reading.portrait] {
        if let Some(upright) = picture.as_ref().map(half_turn).transpose()? {
            *picture = Some(upright);
        }
    }
    Ok(())
}

fn half_turn(picture: &Picture) -> Result<Picture, Error> {
    let mut turned = Mat::default();
    opencv::core::rotate(&picture.as_mat()?, &mut turned, ROTATE_180)?;
    Ok(Picture::from_mat(&turned)?)
}

/// A line on the turned page of that size, read rightwards again.
pub(super) fn turned(line: &Line, width: f32, height: f32) -> Line {
    let flip = |[x, y]: [f32; 2]| [width - x, height - y];
    Line {
        start: flip(line.end),
        end: flip(line.start),
        height: line.height,
    }
}

/// The order of dates in figures that the issuing state tells: the United States print the month first
/// on cards and licences (AAMVA DL/ID card design standard). Of other states nothing is assumed.
pub(super) fn order(reading: &DocumentReading) -> DateOrder {
    let zone = reading.mrz.as_ref();
    match zone.map(|mrz| mrz.fields.issuing_state.as_str()) {
        Some("USA") => DateOrder::MonthFirst,
        _ => DateOrder::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_line_reads_rightwards_at_the_opposite_place() {
        let line = Line {
            start: [10.0, 20.0],
            end: [110.0, 20.0],
            height: 12.0,
        };
        let there = turned(&line, 400.0, 300.0);
        assert_eq!((there.start, there.end), ([290.0, 280.0], [390.0, 280.0]));
        assert_eq!(turned(&there, 400.0, 300.0), line);
    }

    #[test]
    fn a_point_is_inside_a_quadrilateral_or_not() {
        let quad = [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]];
        assert!(inside([5.0, 5.0], &quad));
        assert!(!inside([5.0, 11.0], &quad));
    }
}
