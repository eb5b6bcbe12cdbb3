//! The search: seeds, block, rows, counts, layouts, and the decision whether that is a reading.

use opencv::core::{Mat, MatTraitConst};

use super::align::{Aligned, Cell, align, best_score, mean};
use super::block::{Block, Seed};
use super::judge::{Fit, Found, Row, best_fit, better, decided, pitch_of};
use super::pieces::merged;
use super::sum::Look;
use crate::Error;
use crate::document::plane::{Line, along, dot, minus};
use crate::document::text::{Cut, LineRecogniser, look_at};

/// Lines looked at before giving up: bounds the time that a page of text takes.
const MOST_CANDIDATES: usize = 12;
/// A zone has no more lines.
const MOST_SEEDS: usize = 3;
/// Lines shorter than this share of a seed are looked at only as its neighbours.
const SHORTEST: f32 = 0.7;
/// A line of an MRZ is at least this many times as long as its box is high.
const SLENDER: f32 = 7.0;
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
/// Further cuts looked at in one search: bounds the time that a zone in doubt takes.
pub(in crate::document) const FURTHER_CUTS: usize = 30;
/// How often a block's end is moved outwards, six characters at most each time.
const MOST_GROWTH: usize = 6;
/// After how many further cuts the reading is decided anew.
const CUTS_A_ROUND: usize = 2;

/// One search over one picture.
pub(in crate::document) struct ZoneReader<'a> {
    pub recogniser: &'a mut dyn LineRecogniser,
    pub picture: &'a Mat,
    /// Further cuts that may still be looked at.
    pub budget: usize,
    /// The look that fits best so far, whether or not it is a reading by itself.
    pub look: Option<Look>,
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
        self.grow(&mut block)?;
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
                    let same = dot(seed.line.direction(), line.direction());
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

    /// Moves the block's ends outwards while characters follow there. The detector loses the ends of
    /// long runs of filler, and a zone that lacks some reads like one of a shorter layout: check
    /// digits count filler as nothing.
    fn grow(&mut self, block: &mut Block) -> Result<(), Error> {
        for row in block.seeds.clone() {
            for outwards in [-1.0, 1.0] {
                for _ in 0..MOST_GROWTH {
                    let end = if outwards > 0.0 { block.to } else { block.from };
                    let next = self.next_end(block, &row, end, outwards)?;
                    let grown = (next - end) * outwards;
                    if grown < 0.5 * block.pitch {
                        break;
                    }
                    let place = if outwards > 0.0 {
                        &mut block.to
                    } else {
                        &mut block.from
                    };
                    *place = next;
                }
            }
        }
        Ok(())
    }

    /// The last character's offset in a row of equally distant ones that leads on from `end`.
    fn next_end(
        &mut self,
        block: &Block,
        row: &Line,
        end: f32,
        outwards: f32,
    ) -> Result<f32, Error> {
        let (inner, outer) = (
            end - outwards * 6.5 * block.pitch,
            end + outwards * 6.5 * block.pitch,
        );
        let piece = row.between(block.origin, inner.min(outer), inner.max(outer));
        let piece = self.inside(&piece);
        let (evidence, ruler) = look_at(self.recogniser, self.picture, &piece, Cut::PLAIN)?;
        let place = |step: usize| {
            let point = along(
                ruler.start,
                ruler.direction,
                (step as f32 + 0.5) * ruler.step_px,
            );
            dot(minus(point, block.origin), block.direction) * outwards
        };
        let mut peaks: Vec<f32> = evidence
            .peaks()
            .iter()
            .filter(|peak| peak.probability > 0.5)
            .map(|peak| place(peak.step))
            .collect();
        peaks.sort_by(f32::total_cmp);
        let mut last = end * outwards;
        for peak in peaks {
            let gap = (peak - last) / block.pitch;
            if gap > 1.7 {
                break;
            }
            if gap > 0.5 {
                last = peak;
            }
        }
        Ok(last * outwards)
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
            let delta = minus(pulled, point);
            let shift = dot(delta, line.direction());
            along(point, line.direction(), shift)
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
            let Some(budget) = self.budget.checked_sub(cuts.len() * looks.len()) else {
                break;
            };
            self.budget = budget;
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
            let fit = Fit {
                score,
                ..fit.clone()
            };
            best = better(best, decided(&fit, &cells, rows));
            self.keep(fit, rows, cells);
            if best.as_ref().is_some_and(Found::is_sure) {
                break;
            }
        }
        Ok(best)
    }

    fn keep(&mut self, fit: Fit, rows: &[Row], cells: Vec<Vec<Cell>>) {
        let kept = self.look.as_ref().map(|look| look.fit.score);
        if kept.is_none_or(|score| fit.score >= score) {
            let rows = rows.to_vec();
            self.look = Some(Look { fit, rows, cells });
        }
    }
}
