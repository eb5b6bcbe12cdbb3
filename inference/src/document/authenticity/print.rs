//! Whether the machine readable zone is printed as ICAO 9303-3, 4.1 asks: OCR-B at ten characters
//! an inch, on one baseline.
//!
//! ```text
//! line's corners ─► strip of PITCH pixels a character ─► ink ─► one box a character
//!    boxes ─┬─ centres, less the glyph's own place ─ parabola ─► pitch:    what is left
//!           ├─ lower ends, less the glyph's own ──── parabola ─► baseline: what is left
//!           └─ width and height, less the glyph's own ─ median ─► shapes:   what is left
//! ```
//!
//! A page that curves bends its baseline smoothly, and one that is tilted lets its pitch grow from
//! one end to the other: the parabolas take both up. Ink that spreads makes all glyphs wider by the
//! same, which the median takes up.

use opencv::core::{Mat, MatTraitConstManual};
use opencv::imgproc;

use super::glyphs::{Ends, ends};
use super::{Reason, Scored};
use crate::Error;
use crate::document::assessment::{Assessment, Unmeasured};
use crate::document::plane::{Quad, along, length, minus, straighten};
use crate::document::reading::MrzReading;
use crate::picture::Picture;

/// Pixels a character in the strip.
const PITCH: f32 = 24.0;
/// The strip's height in characters.
const TALL: f32 = 2.2;
/// Characters nearer than this many pixels in the picture have no ends to measure.
const LEAST_PITCH_PX: f32 = 11.0;
/// Share of the characters that must stand free.
const LEAST_FREE: f32 = 0.55;
/// Deviations in pitches, each the limit between bona fide and attack. Measured on specimens of
/// five kinds, photographed and scanned (`tests/tests/document/signals.rs`): of 18 bona fide none is
/// raised, the worst has 0.38 of a limit; of 33 with a zone in DejaVu Sans, or with characters moved
/// up and down or left and right by a sigma of a tenth of the pitch, all are, the least with 1.2.
const LIMIT_BASELINE: f32 = 0.035;
const LIMIT_PITCH: f32 = 0.035;
const LIMIT_SHAPES: f32 = 0.070;

/// How far the zone's print is from the standard's: the worst of the three measures, each the
/// median over the lines.
///
/// # Errors
/// [`Error`] where an image operation fails.
pub(super) fn measure(
    picture: &Picture,
    mrz: Option<&MrzReading>,
) -> Result<Assessment<Scored>, Error> {
    let Some(mrz) = mrz else {
        return Ok(Assessment::NotAssessed(Unmeasured::NoMrz));
    };
    let mut all = Print::default();
    for (line, quad) in mrz.lines.iter().zip(&mrz.line_boxes) {
        let characters: Vec<char> = line.chars().collect();
        let pitch = length(minus(quad[1], quad[0])) / characters.len().max(1) as f32;
        if pitch < LEAST_PITCH_PX {
            return Ok(Assessment::NotAssessed(Unmeasured::TooSmall));
        }
        let Some(boxes) = boxes(picture, quad, &characters)? else {
            return Ok(Assessment::NotAssessed(Unmeasured::TooBlurred));
        };
        all.add(&boxes);
    }
    let found = [
        Scored::against(all.baseline, LIMIT_BASELINE, Reason::Baseline),
        Scored::against(all.pitch, LIMIT_PITCH, Reason::Pitch),
        Scored::against(all.shapes, LIMIT_SHAPES, Reason::Shapes),
    ];
    let worst = found.into_iter().max_by(|a, b| a.score.total_cmp(&b.score));
    Ok(Assessment::or_why(worst, Unmeasured::NoPrint))
}

/// The worst line's deviations, in pitches.
#[derive(Debug, Default, Clone, Copy)]
struct Print {
    baseline: f32,
    pitch: f32,
    shapes: f32,
}

impl Print {
    fn add(&mut self, boxes: &[Glyph]) {
        let centres: Vec<[f32; 2]> = boxes
            .iter()
            .map(|glyph| [glyph.place, glyph.centre() - glyph.place])
            .collect();
        let bottoms: Vec<[f32; 2]> = boxes
            .iter()
            .map(|glyph| [glyph.place, glyph.bottom + glyph.own.bottom])
            .collect();
        self.pitch = self.pitch.max(left_over(&centres));
        self.baseline = self.baseline.max(left_over(&bottoms));
        self.shapes = self.shapes.max(shapes(boxes));
    }
}

/// A character's ink, in pitches from the strip's left end and top.
#[derive(Debug, Clone, Copy)]
struct Glyph {
    /// Which place of the line, from 0.
    place: f32,
    left: f32,
    right: f32,
    top: f32,
    bottom: f32,
    /// Where OCR-B's glyph ends.
    own: Ends,
}

impl Glyph {
    /// The cell's middle, by the ink's.
    fn centre(&self) -> f32 {
        f32::midpoint(self.left, self.right) - f32::midpoint(self.own.left, self.own.right)
    }
}

/// The ink of every character that stands free; `None` where too few do.
fn boxes(picture: &Picture, quad: &Quad, characters: &[char]) -> Result<Option<Vec<Glyph>>, Error> {
    let count = characters.len() as f32;
    let wide = ((count + 2.0) * PITCH) as i32;
    let strip = straighten(
        &picture.as_mat()?,
        &roomy(quad, count),
        wide,
        (TALL * PITCH) as i32,
    )?;
    let (mut grey, mut ink) = (Mat::default(), Mat::default());
    imgproc::cvt_color_def(&strip, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    let dark = imgproc::THRESH_BINARY_INV | imgproc::THRESH_OTSU;
    imgproc::threshold(&grey, &mut ink, 0.0, 255.0, dark)?;
    let (mut labels, mut stats, mut middles) = (Mat::default(), Mat::default(), Mat::default());
    let pieces =
        imgproc::connected_components_with_stats_def(&ink, &mut labels, &mut stats, &mut middles)?;
    let mut whole: Vec<[f32; 4]> = Vec::new();
    for piece in 1..pieces {
        let row = stats.at_row::<i32>(piece)?;
        let [left, top, width, height, _] = row else {
            continue;
        };
        let [left, top, width, height] = [*left, *top, *width, *height].map(|px| px as f32 / PITCH);
        // Specks, the next line's ends, frames and characters that touch are left out.
        let sized = (0.25..1.4).contains(&height) && (0.05..1.05).contains(&width);
        if sized && (top + height / 2.0 - TALL / 2.0).abs() <= 0.5 {
            whole.push([left, left + width, top, top + height]);
        }
    }
    let shift = shift(&whole);
    let mut found: Vec<Option<[f32; 4]>> = vec![None; characters.len()];
    for piece in whole {
        let place = f32::midpoint(piece[0], piece[1]) - 1.5 - shift;
        let index = place.round();
        if index >= 0.0 && index < count && (place - index).abs() <= 0.4 {
            let cell = &mut found[index as usize];
            *cell = Some(cell.map_or(piece, |other: [f32; 4]| joined(other, piece)));
        }
    }
    let glyphs: Vec<Glyph> = found
        .iter()
        .zip(characters)
        .enumerate()
        .filter_map(|(place, (found, character))| {
            let [left, right, top, bottom] = (*found)?;
            let own = ends(*character)?;
            Some(Glyph {
                place: place as f32,
                left,
                right,
                top,
                bottom,
                own,
            })
        })
        .collect();
    Ok((glyphs.len() as f32 > LEAST_FREE * count).then_some(glyphs))
}

/// How far, in pitches, the line's cells stand from where its corners put them: the corners are
/// known to a step of the recogniser, which is up to a third of a pitch.
fn shift(pieces: &[[f32; 4]]) -> f32 {
    let off = |shift: f32| -> f32 {
        let places = pieces
            .iter()
            .map(|piece| f32::midpoint(piece[0], piece[1]) - 1.5 - shift);
        places.map(|place| (place - place.round()).abs()).sum()
    };
    (-4..=4)
        .map(|tenth| tenth as f32 / 10.0)
        .min_by(|a, b| off(*a).total_cmp(&off(*b)))
        .unwrap_or(0.0)
}

fn joined(one: [f32; 4], other: [f32; 4]) -> [f32; 4] {
    [
        one[0].min(other[0]),
        one[1].max(other[1]),
        one[2].min(other[2]),
        one[3].max(other[3]),
    ]
}

/// The line's corners with a character's room at each end, [`TALL`] characters high.
fn roomy(quad: &Quad, count: f32) -> Quad {
    let side = |start: [f32; 2], end: [f32; 2]| {
        let step = minus(end, start);
        (
            along(start, step, -1.0 / count),
            along(end, step, 1.0 / count),
        )
    };
    let (a, b) = side(quad[0], quad[1]);
    let (d, c) = side(quad[3], quad[2]);
    let pitch = length(minus(quad[1], quad[0])) / count;
    let grow = |upper: [f32; 2], lower: [f32; 2]| {
        let down = minus(lower, upper);
        let more = 0.5 * (TALL * pitch / length(down).max(1.0) - 1.0);
        (along(upper, down, -more), along(lower, down, more))
    };
    let (a, d) = grow(a, d);
    let (b, c) = grow(b, c);
    [a, b, c, d]
}

/// Mean distance from the best parabola, in the points' unit, after the furthest tenth was left
/// out of the fit.
fn left_over(points: &[[f32; 2]]) -> f32 {
    let mut kept = points.to_vec();
    for _ in 0..2 {
        let Some(fit) = fitted(&kept) else { return 0.0 };
        let distance = |point: &[f32; 2]| (point[1] - at(&fit, point[0])).abs();
        kept.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
        kept.truncate(points.len() * 9 / 10);
    }
    let Some(fit) = fitted(&kept) else { return 0.0 };
    let far = |point: &[f32; 2]| (point[1] - at(&fit, point[0])).abs().min(0.3);
    points.iter().map(far).sum::<f32>() / points.len().max(1) as f32
}

fn at(fit: &[f64; 3], x: f32) -> f32 {
    let x = f64::from(x) / 44.0;
    (fit[0] + fit[1] * x + fit[2] * x * x) as f32
}

/// Least squares by the normal equations; `None` for fewer points than say anything.
fn fitted(points: &[[f32; 2]]) -> Option<[f64; 3]> {
    if points.len() < 6 {
        return None;
    }
    let mut rows = [[0.0_f64; 4]; 3];
    for [x, y] in points {
        let x = f64::from(*x) / 44.0;
        let powers = [1.0, x, x * x];
        for (row, one) in rows.iter_mut().zip(powers) {
            for (cell, other) in row.iter_mut().zip(powers) {
                *cell += one * other;
            }
            row[3] += one * f64::from(*y);
        }
    }
    for pivot in 0..3 {
        let scale = rows[pivot][pivot];
        if scale.abs() < 1e-12 {
            return None;
        }
        rows[pivot] = rows[pivot].map(|cell| cell / scale);
        let own = rows[pivot];
        for (index, row) in rows.iter_mut().enumerate() {
            if index != pivot {
                let factor = row[pivot];
                for (cell, own) in row.iter_mut().zip(own) {
                    *cell -= factor * own;
                }
            }
        }
    }
    Some(rows.map(|row| row[3]))
}

/// Mean difference of widths and heights from OCR-B's, less what all glyphs have in common.
fn shapes(boxes: &[Glyph]) -> f32 {
    let differences = |of: fn(&Glyph) -> f32| {
        let mut values: Vec<f32> = boxes.iter().map(of).collect();
        values.sort_by(f32::total_cmp);
        let middle = values.get(values.len() / 2).copied().unwrap_or(0.0);
        let sum: f32 = values
            .iter()
            .map(|value| (value - middle).abs().min(0.4))
            .sum();
        sum / values.len().max(1) as f32
    };
    let wide = |glyph: &Glyph| (glyph.right - glyph.left) - (glyph.own.right - glyph.own.left);
    let tall = |glyph: &Glyph| (glyph.bottom - glyph.top) - (glyph.own.top - glyph.own.bottom);
    differences(wide).max(differences(tall))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Glyphs of OCR-B at their places, each moved by what `moved` says of its place.
    fn line(moved: impl Fn(usize) -> [f32; 3]) -> Vec<Glyph> {
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
            .chars()
            .enumerate()
            .map(|(place, character)| {
                let own = ends(character).unwrap();
                let [x, y, wider] = moved(place);
                let middle = place as f32 + 1.5 + x;
                Glyph {
                    place: place as f32,
                    left: middle + own.left - wider,
                    right: middle + own.right + wider,
                    top: 1.5 + y - own.top,
                    bottom: 1.5 + y - own.bottom,
                    own,
                }
            })
            .collect()
    }

    fn print(glyphs: &[Glyph]) -> Print {
        let mut print = Print::default();
        print.add(glyphs);
        print
    }

    #[test]
    fn glyphs_in_their_places_deviate_by_nothing_even_on_a_curved_page() {
        let found = print(&line(|place| {
            let x = place as f32 / 44.0;
            [0.3 * x, 0.4 * x * x, 0.02]
        }));
        assert!(
            found.baseline < 1e-3 && found.pitch < 1e-3 && found.shapes < 1e-3,
            "{found:?}"
        );
    }

    #[test]
    fn each_deviation_is_measured_as_what_it_is() {
        let swing = |place: usize| if place.is_multiple_of(2) { 0.08 } else { -0.08 };
        let up = print(&line(|place| [0.0, swing(place), 0.0]));
        assert!(
            up.baseline > LIMIT_BASELINE && up.pitch < LIMIT_PITCH,
            "{up:?}"
        );
        let aside = print(&line(|place| [swing(place), 0.0, 0.0]));
        assert!(
            aside.pitch > LIMIT_PITCH && aside.baseline < LIMIT_BASELINE,
            "{aside:?}"
        );
        let wide = print(&line(|place| [0.0, 0.0, swing(place)]));
        assert!(wide.shapes > LIMIT_SHAPES, "{wide:?}");
    }
}
