//! Where the page must be, told by its machine readable zone: both have standard measures.

use crate::document::mrz::MrzFormat;
use crate::document::plane::{Point, Quad, along, length, minus};
use crate::document::zone::Found;

/// Distance of characters, mm (OCR-B size 1, ICAO 9303-3, 4.1).
pub(super) const PITCH_MM: f32 = 2.54;

/// A page with its zone, mm.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measures {
    pub width: f32,
    pub height: f32,
    /// From the left edge to the first character's left side.
    pub left: f32,
    /// From the lower edge to the middle of the last line.
    pub bottom: f32,
}

/// Measures of ICAO 9303-4 to -7, figures of clause 4; TD2's for the French card.
pub(super) fn measures(format: MrzFormat) -> Measures {
    let (width, height, left, bottom) = match format {
        MrzFormat::Td1 => (85.6, 53.98, 4.0, 6.0),
        MrzFormat::Td2 | MrzFormat::FrenchId => (105.0, 74.0, 4.5, 9.4),
        MrzFormat::Td3 => (125.0, 88.0, 6.0, 9.4),
        MrzFormat::MrvA => (120.0, 80.0, 4.5, 9.4),
        MrzFormat::MrvB => (105.0, 74.0, 4.5, 9.4),
    };
    Measures {
        width,
        height,
        left,
        bottom,
    }
}

/// Width over height.
pub(super) fn aspect(format: MrzFormat) -> f32 {
    let measures = measures(format);
    measures.width / measures.height
}

/// The page around the zone, seen without perspective: a first guess.
pub(super) fn page(found: &Found) -> Quad {
    let measures = measures(found.mrz.format);
    let width = found.mrz.format.layout().width as f32;
    let (Some(first), Some(last)) = (found.rows.first(), found.rows.last()) else {
        return [[0.0, 0.0]; 4];
    };
    let across: Point = minus(last.end, last.start);
    let px_a_mm = length(across) / (width * PITCH_MM);
    let unit = last.direction();
    // Down is across turned, unless perspective tells otherwise by the lines' beginnings.
    let down = if found.rows.len() > 1 {
        let fall = minus(last.start, first.start);
        let long = length(fall).max(f32::EPSILON);
        let square = last.down();
        [
            square[0] * 0.7 + fall[0] / long * 0.3,
            square[1] * 0.7 + fall[1] / long * 0.3,
        ]
    } else {
        last.down()
    };
    let mm = |x: f32, y: f32| along(along(last.start, unit, x * px_a_mm), down, y * px_a_mm);
    let (left, right) = (-measures.left, measures.width - measures.left);
    let (bottom, top) = (measures.bottom, measures.bottom - measures.height);
    [
        mm(left, top),
        mm(right, top),
        mm(right, bottom),
        mm(left, bottom),
    ]
}
