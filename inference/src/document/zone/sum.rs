//! Evidence summed over frames: each character's likelihoods multiplied, then decoded once.
//!
//! Frames of one document err differently (noise, light, where pixels fall), so a character in doubt
//! in each may be sure in all. Frames of one camera also err alike: [`INDEPENDENCE`] keeps the product
//! from claiming more than it knows.

use super::align::{Cell, SYMBOLS};
use super::judge::{Fit, Found, Row, decided};

/// Frames that are summed: older ones lie further from what the camera sees now, and more gain little.
pub(in crate::document) const MOST_FRAMES: usize = 8;
/// What a further frame counts beside the first.
const INDEPENDENCE: f32 = 0.5;
/// No probability counts as less: one frame alone cannot rule a character out.
const FLOOR: f32 = 1e-3;

/// What one look at a zone came to, before it was decoded.
#[derive(Clone)]
pub(in crate::document) struct Look {
    pub(super) fit: Fit,
    pub(super) rows: Vec<Row>,
    pub(super) cells: Vec<Vec<Cell>>,
}

/// Looks at the same zone in several frames, the newest last.
#[derive(Clone, Default)]
pub(in crate::document) struct Looks {
    kept: Vec<Look>,
}

impl Looks {
    /// Adds a frame's look. A look of another shape (count of characters or of lines) that fits
    /// better than what is kept begins anew; one that fits worse is left out.
    pub fn add(&mut self, look: Look) {
        if let Some(last) = self.kept.last()
            && (last.fit.count, last.cells.len()) != (look.fit.count, look.cells.len())
        {
            let best = self.kept.iter().map(|kept| kept.fit.score);
            if look.fit.score <= best.fold(f32::NEG_INFINITY, f32::max) {
                return;
            }
            self.kept.clear();
        }
        if self.kept.len() == MOST_FRAMES {
            self.kept.remove(0);
        }
        self.kept.push(look);
    }

    /// How many frames are summed.
    pub fn frames(&self) -> usize {
        self.kept.len()
    }

    /// Decodes the sum; places are those of the newest frame.
    pub fn decided(&self) -> Option<Found> {
        let newest = self.kept.last()?;
        let cells: Vec<Vec<Cell>> = (0..newest.cells.len())
            .map(|line| {
                (0..newest.fit.count)
                    .map(|at| self.cell(line, at))
                    .collect()
            })
            .collect();
        decided(&newest.fit, &cells, &newest.rows)
    }

    fn cell(&self, line: usize, at: usize) -> Cell {
        let mut logs = [0.0f32; SYMBOLS];
        let mut foreign = 0.0f32;
        for look in &self.kept {
            let cell = &look.cells[line][at];
            for (sum, value) in logs.iter_mut().zip(cell) {
                *sum += value.max(FLOOR).ln();
            }
            foreign += (1.0 - cell.iter().sum::<f32>()).max(FLOOR).ln();
        }
        let frames = self.kept.len().max(1) as f32;
        let weight = (1.0 + INDEPENDENCE * (frames - 1.0)) / frames;
        let highest = logs.iter().copied().fold(foreign, f32::max);
        let share = |log: f32| ((log - highest) * weight).exp();
        let whole = logs.iter().map(|log| share(*log)).sum::<f32>() + share(foreign);
        logs.map(|log| share(log) / whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::mrz::symbol_index;

    fn cell(one: (char, f32), two: (char, f32)) -> Cell {
        let mut cell = [1e-4; SYMBOLS];
        for (symbol, value) in [one, two] {
            cell[symbol_index(symbol).unwrap()] = value;
        }
        cell
    }

    fn look(cell: Cell) -> Look {
        Look {
            fit: Fit {
                count: 1,
                first: 0,
                aligned: vec![],
                score: -0.1,
            },
            rows: vec![],
            cells: vec![vec![cell]],
        }
    }

    #[test]
    fn a_character_in_doubt_in_each_frame_becomes_sure_in_all() {
        let mut looks = Looks::default();
        for share in [0.6, 0.55, 0.7, 0.6] {
            looks.add(look(cell(('8', share), ('B', 0.95 - share))));
        }
        let sum = looks.cell(0, 0);
        assert!(sum[symbol_index('8').unwrap()] > 0.68);
        assert!(sum.iter().sum::<f32>() <= 1.001);
    }

    #[test]
    fn one_frame_alone_is_what_it_was() {
        let mut looks = Looks::default();
        looks.add(look(cell(('8', 0.6), ('B', 0.3))));
        assert!((looks.cell(0, 0)[symbol_index('8').unwrap()] - 0.6).abs() < 0.03);
    }

    #[test]
    fn one_bad_frame_does_not_rule_a_character_out() {
        let mut looks = Looks::default();
        for _ in 0..3 {
            looks.add(look(cell(('8', 0.9), ('B', 0.05))));
        }
        looks.add(look(cell(('8', 0.0), ('B', 0.9))));
        assert!(looks.cell(0, 0)[symbol_index('8').unwrap()] > 0.5);
    }

    #[test]
    fn more_frames_than_the_bound_forget_the_oldest() {
        let mut looks = Looks::default();
        for _ in 0..20 {
            looks.add(look(cell(('8', 0.9), ('B', 0.05))));
        }
        assert_eq!(looks.frames(), MOST_FRAMES);
    }
}
