//! The search: seeds, block, rows, counts, layouts, and the decision whether that is a reading.

use opencv::core::{Mat, MatTraitConst};

use super::align::{Aligned, Cell, align, mean};
use super::block::{Block, Seed, merged};
use super::decode::{Decoded, decode};
use crate::Error;
use crate::document::mrz::{CheckDigits, Mrz, MrzFormat, parse_as, symbol_index};
use crate::document::plane::{Line, Quad};
use crate::document::text::{Cut, Evidence, LineRecogniser, Ruler, look_at};

/// Lines looked at before giving up: bounds the time that a page of text takes.
const MOST_CANDIDATES: usize = 12;
/// A line of an MRZ is at least this many times as long as its box is high.
const SLENDER: f32 = 7.0;
/// A zone's rows fit their count at least this well (mean log likelihood a character).
const FIT: f32 = -1.1;
/// A reading's characters have at least this mean probability.
const SUPPORT: f32 = 0.55;
/// At least this many check digits of a reading are right: one is right by chance in ten.
const RIGHT_DIGITS: usize = 2;
/// A valid reading's weakest character is at least this sure.
pub(super) const SURE: f32 = 0.6;

/// Further cuts of the same rows, for readings that the first leaves in doubt.
const MORE_CUTS: [Cut; 4] = [
    Cut {
        tall: 1.4,
        wide: 0.6,
        stretch: false,
    },
    Cut {
        tall: 1.2,
        wide: 0.6,
        stretch: true,
    },
    Cut {
        tall: 1.05,
        wide: 0.5,
        stretch: false,
    },
    Cut {
        tall: 1.4,
        wide: 0.8,
        stretch: true,
    },
];

/// A zone found in a picture.
#[derive(Clone)]
pub(in crate::document) struct Found {
    pub mrz: Mrz,
    pub decoded: Decoded,
    /// Whether all check digits are right and every character is sure.
    pub valid: bool,
    /// Each line's corners, read upright.
    pub boxes: Vec<Quad>,
    /// Rows as lines, the uppermost first.
    pub rows: Vec<Line>,
    /// Picture pixels from one character to the next.
    pub pitch: f32,
}

/// One search over one picture.
pub(in crate::document) struct ZoneReader<'a> {
    pub recogniser: &'a mut dyn LineRecogniser,
    pub picture: &'a Mat,
}

/// A row with what was seen along it.
struct Row {
    line: Line,
    evidence: Evidence,
    ruler: Ruler,
}

/// Neighbouring rows that fit a count of characters.
struct Fit {
    count: usize,
    first: usize,
    aligned: Vec<Aligned>,
    score: f32,
}

impl ZoneReader<'_> {
    /// Looks for a zone among lines of text.
    ///
    /// # Errors
    /// [`Error`] where a network or an image operation fails.
    pub fn find(&mut self, text: &[Line]) -> Result<Option<Found>, Error> {
        let lines = merged(text);
        let seeds = self.seeds(&lines)?;
        let Some(mut block) = Block::gather(&seeds, &lines) else {
            return Ok(None);
        };
        let mut best: Option<Found> = None;
        for extended in [false, true] {
            for missing in [false, true] {
                if missing && !block.add_missing(self.picture)? {
                    continue;
                }
                let found = self.read_block(&block, extended)?;
                best = better(best, found);
                if best.as_ref().is_some_and(|found| found.valid) {
                    return Ok(best);
                }
            }
        }
        Ok(best)
    }

    /// Lines that look like an MRZ's, read the way that makes them look so.
    fn seeds(&mut self, lines: &[Line]) -> Result<Vec<Seed>, Error> {
        let mut seeds: Vec<Seed> = Vec::new();
        let slender = lines
            .iter()
            .filter(|line| line.length() > SLENDER * line.height);
        for line in slender.take(MOST_CANDIDATES) {
            let turns: &[bool] = match seeds.first() {
                None => &[false, true],
                Some(seed) => {
                    let same = crate::document::plane::dot(seed.line.direction(), line.direction());
                    if same > 0.0 { &[false] } else { &[true] }
                }
            };
            for turn in turns {
                let line = if *turn { line.turned() } else { *line };
                let (evidence, ruler) = look_at(self.recogniser, self.picture, &line, Cut::PLAIN)?;
                if evidence.is_mrz_like() {
                    seeds.extend(Seed::new(line, &evidence, &ruler));
                    break;
                }
            }
            if seeds.len() >= 3 {
                break;
            }
        }
        Ok(seeds)
    }

    /// Reads the block's rows as every layout whose count they fit.
    fn read_block(&mut self, block: &Block, extended: bool) -> Result<Option<Found>, Error> {
        let cells = block.characters();
        let mut best: Option<Found> = None;
        for count in [44, 36, 30] {
            let fits = if extended {
                cells < count
            } else {
                count.abs_diff(cells) <= 3
            };
            if !fits {
                continue;
            }
            let room = if extended {
                (count - cells) as f32 * block.pitch
            } else {
                0.0
            };
            let rows = self.look_at_rows(block, room)?;
            if let Some(fit) = best_fit(&rows, count, block) {
                best = better(best, self.read_fit(&rows, &fit)?);
            }
            if best.as_ref().is_some_and(|found| found.valid) {
                break;
            }
        }
        Ok(best)
    }

    fn look_at_rows(&mut self, block: &Block, room: f32) -> Result<Vec<Row>, Error> {
        let half = block.pitch / 2.0;
        let mut rows = Vec::new();
        for row in &block.rows {
            let line = row.between(
                block.origin,
                block.from - half - room,
                block.to + half + room,
            );
            let line = self.inside(&line);
            let (evidence, ruler) = look_at(self.recogniser, self.picture, &line, Cut::PLAIN)?;
            rows.push(Row {
                line,
                evidence,
                ruler,
            });
        }
        Ok(rows)
    }

    /// The part of the line that lies in the picture.
    fn inside(&self, line: &Line) -> Line {
        let limits = [self.picture.cols() as f32, self.picture.rows() as f32];
        let clip = |point: [f32; 2]| {
            let [x, y] = point;
            let into = |value: f32, end: f32| value.clamp(0.0, end);
            let pulled = [into(x, limits[0]), into(y, limits[1])];
            // Along the line, not across it.
            let delta = crate::document::plane::minus(pulled, point);
            let shift = crate::document::plane::dot(delta, line.direction());
            crate::document::plane::along(point, line.direction(), shift)
        };
        Line {
            start: clip(line.start),
            end: clip(line.end),
            ..*line
        }
    }

    fn read_fit(&mut self, rows: &[Row], fit: &Fit) -> Result<Option<Found>, Error> {
        let plain: Vec<Vec<Cell>> = fit.aligned.iter().map(|line| line.cells.clone()).collect();
        let first = decided(fit, &plain, rows);
        if first.as_ref().is_some_and(|found| found.valid) {
            return Ok(first);
        }
        let mut cells = Vec::new();
        for (aligned, row) in fit.aligned.iter().zip(&rows[fit.first..]) {
            let mut looks = vec![aligned.clone()];
            for cut in MORE_CUTS {
                let (evidence, ruler) = look_at(self.recogniser, self.picture, &row.line, cut)?;
                let pitch = pitch_of(aligned, &row.ruler) / ruler.step_px;
                looks.extend(align(&evidence, fit.count, pitch));
            }
            let top = looks
                .iter()
                .map(|look| look.score)
                .fold(f32::NEG_INFINITY, f32::max);
            let good: Vec<&Aligned> = looks.iter().filter(|look| look.score > top - 0.4).collect();
            cells.extend(mean(&good));
        }
        Ok(better(first, decided(fit, &cells, rows)))
    }
}

/// The pitch along an aligned row, in picture pixels.
fn pitch_of(aligned: &Aligned, ruler: &Ruler) -> f32 {
    let (Some(first), Some(last)) = (aligned.steps.first(), aligned.steps.last()) else {
        return ruler.step_px;
    };
    (last - first) as f32 / (aligned.steps.len().max(2) - 1) as f32 * ruler.step_px
}

/// The neighbouring rows that fit the count best.
fn best_fit(rows: &[Row], count: usize, block: &Block) -> Option<Fit> {
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
fn decided(fit: &Fit, cells: &[Vec<Cell>], rows: &[Row]) -> Option<Found> {
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
        MrzFormat::Td1 | MrzFormat::Td2 => "IACPV",
        MrzFormat::FrenchId => "I",
    };
    let begins = lines.first()?.starts_with(|first| coded.contains(first));
    let french = format != MrzFormat::FrenchId || lines[0].starts_with("IDFRA");
    if !begins || !french || decoded.support < SUPPORT || right(&mrz.check_digits) < RIGHT_DIGITS {
        return None;
    }
    let valid = mrz.check_digits.all_right() && decoded.confidence >= SURE;
    let lines: Vec<Line> = rows
        .iter()
        .zip(&fit.aligned)
        .map(|(row, line)| trimmed(row, line))
        .collect();
    Some(Found {
        valid,
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
        crate::document::plane::along(
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

/// The better of two readings: valid, then share of check digits right, then confidence.
pub(in crate::document) fn better(one: Option<Found>, two: Option<Found>) -> Option<Found> {
    let (Some(one), Some(two)) = (one.as_ref(), two.as_ref()) else {
        return one.or(two);
    };
    let rank = |found: &Found| (found.valid, right(&found.mrz.check_digits));
    let order = rank(two)
        .cmp(&rank(one))
        .then(two.decoded.confidence.total_cmp(&one.decoded.confidence));
    Some(if order.is_gt() {
        two.clone()
    } else {
        one.clone()
    })
}
