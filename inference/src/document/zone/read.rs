//! The search: seeds, block, rows, counts, layouts, and the decision whether that is a reading.
// long file: the stations of one search, each a short function, in the order in which they run

use opencv::core::{Mat, MatTraitConst};

use super::align::{Aligned, Cell, align, best_score, mean};
use super::block::{Block, Seed, merged};
use super::decode::{Decoded, decode};
use crate::Error;
use crate::document::mrz::{CheckDigits, Mrz, MrzFormat, parse_as, symbol_index};
use crate::document::plane::{Line, Quad};
use crate::document::text::{Cut, Evidence, LineRecogniser, Ruler, look_at};

/// Lines looked at before giving up: bounds the time that a page of text takes.
const MOST_CANDIDATES: usize = 12;
/// A zone has no more lines.
const MOST_SEEDS: usize = 3;
/// Lines shorter than this share of a seed are looked at only as its neighbours.
const SHORTEST: f32 = 0.7;
/// A line of an MRZ is at least this many times as long as its box is high.
const SLENDER: f32 = 7.0;
/// A zone's rows fit their count at least this well (mean log likelihood a character).
const FIT: f32 = -1.1;
/// A fit this good with right check digits is of the right rows, whatever doubt is left.
const SETTLED: f32 = -0.5;
/// A reading's characters have at least this mean probability.
const SUPPORT: f32 = 0.55;
/// At least this many check digits of a reading are right: one is right by chance in ten.
const RIGHT_DIGITS: usize = 2;
/// A valid reading's weakest character is at least this sure.
pub(super) const SURE: f32 = 0.6;

/// Further cuts of the same rows, for readings that the first leaves in doubt: small and blurred
/// characters want more air around them.
const MORE_CUTS: [Cut; 5] = [
    Cut {
        tall: 1.6,
        wide: 0.6,
        stretch: false,
    },
    Cut {
        tall: 1.2,
        wide: 0.6,
        stretch: true,
    },
    Cut {
        tall: 1.8,
        wide: 0.6,
        stretch: false,
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
/// After how many further cuts the reading is decided anew.
const CUTS_A_ROUND: usize = 2;

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
    /// Whether looking for other rows can hardly change it: the rows are the right ones.
    pub fn is_settled(&self) -> bool {
        self.valid || self.fit > SETTLED && self.mrz.check_digits.all_right()
    }
}

/// One search over one picture.
pub(in crate::document) struct ZoneReader<'a> {
    pub recogniser: &'a mut dyn LineRecogniser,
    pub picture: &'a Mat,
}

/// A row with what was seen along it.
#[derive(Clone)]
struct Row {
    line: Line,
    evidence: Evidence,
    ruler: Ruler,
}

/// Neighbouring rows that fit a count of characters.
#[derive(Clone)]
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
                if best.as_ref().is_some_and(Found::is_settled) {
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
            // The other rows are as long; shorter lines beside them are gathered by their place.
            let longest = seeds
                .iter()
                .map(|seed| seed.line.length())
                .fold(0.0, f32::max);
            if seeds.len() >= MOST_SEEDS || line.length() < SHORTEST * longest {
                break;
            }
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
        }
        Ok(seeds)
    }

    /// Reads the block's rows as every layout whose count they fit.
    fn read_block(&mut self, block: &Block, extended: bool) -> Result<Option<Found>, Error> {
        let cells = block.characters();
        let mut fits = Vec::new();
        let mut tight: Option<Vec<Row>> = None;
        for count in [44, 36, 30] {
            let fitting = if extended {
                cells < count
            } else {
                count.abs_diff(cells) <= 4
            };
            if !fitting {
                continue;
            }
            let rows = match &tight {
                Some(rows) if !extended => rows.clone(),
                _ if extended => self.look_at_rows(block, (count - cells) as f32 * block.pitch)?,
                _ => tight.insert(self.look_at_rows(block, 0.0)?).clone(),
            };
            fits.extend(best_fit(&rows, count, block).map(|fit| (fit, rows)));
        }
        fits.sort_by(|(a, _), (b, _)| b.score.total_cmp(&a.score));
        let mut best: Option<Found> = None;
        for (fit, rows) in fits {
            best = better(best, self.read_fit(&rows, &fit)?);
            if best.as_ref().is_some_and(Found::is_settled) {
                break;
            }
        }
        Ok(best)
    }

    fn look_at_rows(&mut self, block: &Block, room: f32) -> Result<Vec<Row>, Error> {
        let half = block.pitch / 2.0;
        let mut rows = Vec::new();
        for row in &block.rows {
            let row = block.settled(self.picture, row)?;
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

    /// Decodes the rows; where doubt is left, looks again with other cuts and decides on all looks.
    fn read_fit(&mut self, rows: &[Row], fit: &Fit) -> Result<Option<Found>, Error> {
        let mut looks: Vec<Vec<Aligned>> =
            fit.aligned.iter().map(|look| vec![look.clone()]).collect();
        let mut best: Option<Found> = None;
        let none: &[Cut] = &[];
        for cuts in std::iter::once(none).chain(MORE_CUTS.chunks(CUTS_A_ROUND)) {
            for ((looks, row), aligned) in
                looks.iter_mut().zip(&rows[fit.first..]).zip(&fit.aligned)
            {
                let pitch_px = pitch_of(aligned, &row.ruler);
                for cut in cuts {
                    let (evidence, ruler) =
                        look_at(self.recogniser, self.picture, &row.line, *cut)?;
                    looks.extend(align(&evidence, fit.count, pitch_px / ruler.step_px));
                }
            }
            let cells: Vec<Vec<Cell>> = looks.iter().map(|looks| mean(looks)).collect();
            let scores = looks.iter().map(|looks| best_score(looks));
            let score = scores.fold(f32::INFINITY, f32::min);
            best = better(
                best,
                decided(
                    &Fit {
                        score,
                        ..fit.clone()
                    },
                    &cells,
                    rows,
                ),
            );
            if best.as_ref().is_some_and(|found| found.valid) {
                break;
            }
        }
        Ok(best)
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
