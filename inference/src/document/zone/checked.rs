//! The part of a zone that check digits cover: chosen so that they are right, where that is likely.
//!
//! Each simple check digit's field is a segment; where no text with a right digit is likely enough,
//! the segment stands as it was seen. The composite digit then chooses among the segments' texts,
//! unless one of them is wrong already: then it may be right or wrong with it.

use super::decode::{FILLER, Zone, argmax, candidates};
use super::residues::{self, Place, Table};
use crate::document::mrz::{Check, CheckKind, Class, MrzFormat};

/// Natural logarithm of how much less likely a text with right check digits may be.
const FARTHEST: f64 = 4.0;
/// What the constrained part came to.
pub(super) struct Sure {
    /// Probability among the texts with right check digits.
    pub probability: f64,
    /// Whether each position's choice is backed by a check digit.
    pub covered: Vec<bool>,
}

impl Zone {
    /// Chooses what check digits cover so that they are right, where that is likely enough.
    pub(super) fn read_checked(&self, symbols: &mut [usize]) -> Sure {
        let none = Sure {
            probability: 1.0,
            covered: vec![false; symbols.len()],
        };
        let composite = self
            .layout
            .checks
            .iter()
            .find(|check| check.kind == CheckKind::Composite);
        let mut covered = vec![false; symbols.len()];
        let mut total: Option<Table> = None;
        for check in self
            .layout
            .checks
            .iter()
            .filter(|check| check.kind != CheckKind::Composite)
        {
            let table = self.checked_segment(check, composite, &mut covered);
            total = Some(total.map_or(table.clone(), |sum| residues::joined(&sum, &table)));
        }
        let Some(mut total) = total else { return none };
        let all_right = self.layout.checks.iter().all(|check| {
            check.kind == CheckKind::Composite
                || covered[check.line * self.layout.width + check.position]
        });
        if let Some(composite) = composite {
            let rest = self.uncovered(composite, symbols, &mut covered);
            total = residues::joined(&total, &residues::segment(&rest, None));
            // Where a digit below is wrong, the composite one may be right or wrong with it.
            if all_right {
                total = self.with_composite(&total, composite, symbols, &mut covered);
            } else {
                self.forget_composite_only(&mut covered);
            }
        }
        let Some(text) = residues::likeliest(&total) else {
            return none;
        };
        for (index, symbol) in &text.symbols {
            symbols[*index] = *symbol;
        }
        Sure {
            probability: (text.best - text.sum).exp(),
            covered,
        }
    }

    /// A simple check digit's segment; unconstrained where no right text is likely enough.
    fn checked_segment(
        &self,
        check: &Check,
        composite: Option<&Check>,
        covered: &mut [bool],
    ) -> Table {
        let mut places = self.places(check);
        for place in &mut places {
            place.composite = composite.map_or(0, |c| self.weight_in(c, place.index));
        }
        let at = check.line * self.layout.width + check.position;
        let digit = Place {
            index: at,
            candidates: candidates(&self.weights[at]),
            own: 0,
            composite: composite.map_or(0, |c| self.weight_in(c, at)),
        };
        let long_number = check.kind == CheckKind::Number
            && matches!(self.format, MrzFormat::Td1 | MrzFormat::Td2)
            && self.cells[at][FILLER] > 0.5;
        let mut free: Vec<Place> = places.iter().cloned().chain([digit.clone()]).collect();
        free.iter_mut().for_each(|place| place.own = 0);
        let open = residues::segment(&free, None);
        if long_number {
            return open;
        }
        let mut table = residues::segment(&places, Some(&digit));
        if check.kind == CheckKind::Personal {
            let all: Vec<&Place> = places.iter().chain([&digit]).collect();
            residues::allow(&mut table, &all, FILLER);
        }
        let likely = |table: &Table| residues::likeliest(table).map(|text| text.best);
        match (likely(&table), likely(&open)) {
            (Some(right), Some(any)) if right >= any - FARTHEST => {
                for place in &free {
                    covered[place.index] = true;
                }
                table
            }
            _ => open,
        }
    }

    /// What only the composite digit covers; name characters keep what their grammar chose.
    fn uncovered(&self, composite: &Check, symbols: &[usize], covered: &mut [bool]) -> Vec<Place> {
        let own: Vec<usize> = self
            .layout
            .checks
            .iter()
            .filter(|check| check.kind != CheckKind::Composite)
            .flat_map(|check| {
                let at = check.line * self.layout.width + check.position;
                self.places(check)
                    .into_iter()
                    .map(|place| place.index)
                    .chain([at])
            })
            .collect();
        self.places(composite)
            .into_iter()
            .filter(|place| !own.contains(&place.index))
            .map(|mut place| {
                place.composite = place.own;
                place.own = 0;
                let class = self.layout.class_at(
                    place.index / self.layout.width,
                    place.index % self.layout.width,
                );
                if class == Class::Letters {
                    place.candidates = vec![(symbols[place.index], 0.0)];
                } else {
                    covered[place.index] = true;
                }
                place
            })
            .collect()
    }

    /// Keeps the texts whose composite digit is right; all of them where none is likely enough.
    fn with_composite(
        &self,
        total: &Table,
        check: &Check,
        symbols: &mut [usize],
        covered: &mut [bool],
    ) -> Table {
        let at = check.line * self.layout.width + check.position;
        let digits = candidates(&self.weights[at]);
        let best_digit = digits
            .iter()
            .map(|(_, weight)| *weight)
            .fold(f64::NEG_INFINITY, f64::max);
        let mut right = residues::empty();
        for (residue, entry) in total.iter().enumerate() {
            let weight = digits
                .iter()
                .find(|(symbol, _)| *symbol == residue)
                .map(|(_, w)| *w);
            if let (Some(text), Some(weight)) = (entry, weight) {
                let mut text = text.clone();
                text.best += weight;
                text.sum += weight;
                text.symbols.push((at, residue));
                right[residue] = Some(text);
            }
        }
        let open = residues::likeliest(total).map(|text| text.best + best_digit);
        match (residues::likeliest(&right).map(|text| text.best), open) {
            (Some(likely), Some(open)) if likely >= open - FARTHEST => {
                covered[at] = true;
                right
            }
            _ => {
                symbols[at] = argmax(&self.weights[at]);
                self.forget_composite_only(covered);
                total.clone()
            }
        }
    }

    /// Without the composite digit, what it alone covered stands on its evidence.
    fn forget_composite_only(&self, covered: &mut [bool]) {
        let own: Vec<usize> = self
            .layout
            .checks
            .iter()
            .filter(|check| check.kind != CheckKind::Composite)
            .flat_map(|check| self.places(check))
            .map(|place| place.index)
            .collect();
        for (index, flag) in covered.iter_mut().enumerate() {
            let digit = self
                .layout
                .class_at(index / self.layout.width, index % self.layout.width)
                == Class::Digit;
            *flag &= own.contains(&index) || digit;
        }
    }

    /// The positions that a check digit covers, with their weights in it.
    fn places(&self, check: &Check) -> Vec<Place> {
        let positions = check.covers.iter().flat_map(|(line, start, len)| {
            let first = line * self.layout.width + start;
            first..first + len
        });
        positions
            .zip([7, 3, 1].into_iter().cycle())
            .map(|(index, own)| Place {
                index,
                candidates: candidates(&self.weights[index]),
                own,
                composite: 0,
            })
            .collect()
    }

    fn weight_in(&self, check: &Check, index: usize) -> usize {
        self.places(check)
            .iter()
            .find(|place| place.index == index)
            .map_or(0, |place| place.own)
    }
}
