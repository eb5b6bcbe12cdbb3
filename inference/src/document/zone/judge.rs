//! The decision whether rows are a zone, and which reading of them is the best.

use super::align::{Aligned, Cell, align};
use super::block::Block;
use super::decode::{Decoded, decode};
use crate::document::mrz::{CheckDigits, Mrz, MrzFormat, parse_as, symbol_index};
use crate::document::plane::{Line, Quad, along};
use crate::document::text::{Evidence, Ruler};

/// A zone's rows fit their count at least this well (mean log likelihood a character).
const FIT: f32 = -1.1;
/// A fit this good with right check digits is of the right rows, whatever doubt is left.
const SETTLED: f32 = -0.5;
/// A reading's characters have at least this mean probability.
const SUPPORT: f32 = 0.55;
/// At least this many check digits of a reading are right: one is right by chance in ten.
const RIGHT_DIGITS: usize = 2;
/// A valid reading's weakest character is at least this sure.
const SURE: f32 = 0.6;
/// And it is expected to have at most this many wrong characters, all doubts added up. Of 384 drawn
/// documents at 4.5 to 8 px with noise, 12 readings were wrong and sure by the weakest character alone,
/// 2 by both; of 240 at 8 to 20 px, 237 stay valid.
const MOST_DOUBTS: f32 = 1.6;

/// A zone found in a picture.
#[derive(Clone)]
pub(in crate::document) struct Found {
    pub mrz: Mrz,
    pub decoded: Decoded,
    /// Whether all check digits are right and every character is sure.
    pub valid: bool,
    /// How well the rows fit the count: mean log likelihood a character of the worst row.
    pub fit: f32,
    /// Each line's corners, read upright.
    pub boxes: Vec<Quad>,
    /// Rows as lines, the uppermost first.
    pub rows: Vec<Line>,
    /// Picture pixels from one character to the next.
    pub pitch: f32,
}

impl Found {
    /// Whether every character is sure: where check digits are wrong all the same, they are wrong on
    /// the document.
    pub fn is_sure(&self) -> bool {
        is_sure(&self.decoded)
    }

    /// Whether looking for other rows can hardly change it: the rows are the right ones.
    pub fn is_settled(&self) -> bool {
        self.valid || self.fit > SETTLED && (self.is_sure() || self.mrz.check_digits.all_right())
    }
}

fn is_sure(decoded: &Decoded) -> bool {
    decoded.confidence >= SURE && decoded.doubts <= MOST_DOUBTS
}

/// A row with what was seen along it.
#[derive(Clone)]
pub(super) struct Row {
    pub line: Line,
    pub evidence: Evidence,
    pub ruler: Ruler,
}

/// Neighbouring rows that fit a count of characters.
#[derive(Clone)]
pub(super) struct Fit {
    pub count: usize,
    pub first: usize,
    pub aligned: Vec<Aligned>,
    pub score: f32,
}

/// The pitch along an aligned row, in picture pixels.
pub(super) fn pitch_of(aligned: &Aligned, ruler: &Ruler) -> f32 {
    let (Some(first), Some(last)) = (aligned.steps.first(), aligned.steps.last()) else {
        return ruler.step_px;
    };
    (last - first) as f32 / (aligned.steps.len().max(2) - 1) as f32 * ruler.step_px
}

/// The neighbouring rows that fit the count best.
pub(super) fn best_fit(rows: &[Row], count: usize, block: &Block) -> Option<Fit> {
    let need = if count == 30 { 3 } else { 2 };
    let aligned: Vec<Option<Aligned>> = rows
        .iter()
        .map(|row| align(&row.evidence, count, block.pitch / row.ruler.step_px))
        .collect();
    let spacing = block.spacing();
    (0..rows.len().saturating_sub(need - 1))
        .filter_map(|first| {
            let group: Vec<Aligned> = aligned[first..first + need]
                .iter()
                .cloned()
                .collect::<Option<_>>()?;
            let even = rows[first..first + need].windows(2).all(|pair| {
                let gap = block.offset(&pair[1].line) - block.offset(&pair[0].line);
                (0.6..1.6).contains(&(gap / spacing))
            });
            let score = group
                .iter()
                .map(|line| line.score)
                .fold(f32::INFINITY, f32::min);
            (even && score > FIT).then_some(Fit {
                count,
                first,
                aligned: group,
                score,
            })
        })
        .max_by(|a, b| a.score.total_cmp(&b.score))
}

/// Decodes by each layout of the shape; the reading with most check digits right is the one.
pub(super) fn decided(fit: &Fit, cells: &[Vec<Cell>], rows: &[Row]) -> Option<Found> {
    let visa = cells.first()?.first().is_some_and(|cell| {
        let passport = ['P', 'I', 'A', 'C'].into_iter().filter_map(symbol_index);
        let other = passport.map(|symbol| cell[symbol]).fold(0.0, f32::max);
        symbol_index('V').is_some_and(|symbol| cell[symbol] > other)
    });
    let formats: &[MrzFormat] = match (fit.count, visa) {
        (44, false) => &[MrzFormat::Td3],
        (44, true) => &[MrzFormat::MrvA],
        (36, false) => &[MrzFormat::Td2, MrzFormat::FrenchId],
        (36, true) => &[MrzFormat::MrvB],
        _ => &[MrzFormat::Td1],
    };
    let rows = &rows[fit.first..fit.first + fit.aligned.len()];
    formats
        .iter()
        .filter_map(|format| judged(*format, cells, rows, fit))
        .max_by(|a, b| {
            right(&a.mrz.check_digits)
                .cmp(&right(&b.mrz.check_digits))
                .then(a.decoded.confidence.total_cmp(&b.decoded.confidence))
        })
}

/// A reading, where the evidence is one.
fn judged(format: MrzFormat, cells: &[Vec<Cell>], rows: &[Row], fit: &Fit) -> Option<Found> {
    let decoded = decode(format, cells)?;
    let lines: Vec<&str> = decoded.lines.iter().map(String::as_str).collect();
    let mrz = parse_as(format, &lines).ok()?;
    let coded = match format {
        MrzFormat::Td3 => "P",
        MrzFormat::MrvA | MrzFormat::MrvB => "V",
        MrzFormat::Td1 | MrzFormat::Td2 => "IAC",
        MrzFormat::FrenchId => "I",
    };
    let begins = lines.first()?.starts_with(|first| coded.contains(first));
    // What begins so is the French card's layout and no other, as `mrz::parse` has it.
    let french =
        (format == MrzFormat::FrenchId) == (fit.count == 36 && lines[0].starts_with("IDFRA"));
    if !begins || !french || decoded.support < SUPPORT || right(&mrz.check_digits) < RIGHT_DIGITS {
        return None;
    }
    let valid = mrz.check_digits.all_right() && is_sure(&decoded);
    let lines: Vec<Line> = rows
        .iter()
        .zip(&fit.aligned)
        .map(|(row, line)| trimmed(row, line))
        .collect();
    Some(Found {
        valid,
        fit: fit.score,
        boxes: lines.iter().map(|line| line.quad(1.0, 0.0)).collect(),
        pitch: fit
            .aligned
            .first()
            .map_or(0.0, |line| pitch_of(line, &rows[0].ruler)),
        rows: lines,
        mrz,
        decoded,
    })
}

/// The row from its first character to its last.
fn trimmed(row: &Row, aligned: &Aligned) -> Line {
    let place = |step: f32| {
        along(
            row.ruler.start,
            row.ruler.direction,
            step * row.ruler.step_px,
        )
    };
    let half = pitch_of(aligned, &row.ruler) / row.ruler.step_px / 2.0;
    let first = aligned.steps.first().copied().unwrap_or(0) as f32 + 0.5 - half;
    let last = aligned.steps.last().copied().unwrap_or(0) as f32 + 0.5 + half;
    Line {
        start: place(first),
        end: place(last),
        height: row.line.height,
    }
}

fn right(digits: &CheckDigits) -> usize {
    [
        digits.number,
        digits.birth,
        digits.expiry,
        digits.personal,
        digits.composite,
    ]
    .into_iter()
    .flatten()
    .filter(|right| *right)
    .count()
}

/// The better of two readings: valid, then all check digits right, then how well it fits.
pub(in crate::document) fn better(one: Option<Found>, two: Option<Found>) -> Option<Found> {
    let (Some(one), Some(two)) = (one.as_ref(), two.as_ref()) else {
        return one.or(two);
    };
    let merit = |found: &Found| found.fit + found.decoded.confidence;
    let order = two
        .valid
        .cmp(&one.valid)
        .then(merit(two).total_cmp(&merit(one)));
    Some(if order.is_gt() {
        two.clone()
    } else {
        one.clone()
    })
}
