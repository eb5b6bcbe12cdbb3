//! Cells to text: the layout is the grammar, the check digits are constraints, the evidence decides.
//!
//! - A symbol is only considered where its weight is at least [`POSSIBLE`] of the position's best.
//! - A text whose check digits are right is preferred while it is at most [`FARTHEST`] less likely
//!   than the text by grammar alone; beyond that, what was seen is reported with its wrong digits.
//! - Letters ten apart in value, and 0, A, K, U and filler, look alike to check digits; there the
//!   confidence tells how the evidence alone divides.
// long file: the search and what it is constrained by read as one argument

use super::align::{Cell, SYMBOLS};
use super::names;
use super::residues::{self, Place, Table};
use super::states;
use crate::document::mrz::{ALPHABET, Check, CheckKind, Class, Field, Layout, MrzFormat};

/// The smallest share of a position's best weight that is still possible.
const POSSIBLE: f64 = 0.01;
/// Natural logarithm of how much less likely a text with right check digits may be.
const FARTHEST: f64 = 4.0;
/// Weight of a symbol that the layout does not expect at its position.
const UNEXPECTED: f64 = 0.02;
/// Weight of a digit as second character of the document code: some states write `C1`, `C2`.
const CODE_DIGIT: f64 = 0.3;
/// Weight of a character of optional data after two fillers.
const AFTER_FILLERS: f64 = 0.2;

const FILLER: usize = SYMBOLS - 1;
const FIRST_LETTER: usize = 10;

/// A decoded zone.
#[derive(Clone)]
pub(in crate::document) struct Decoded {
    pub lines: Vec<String>,
    /// What the evidence alone says, without layout and check digits.
    pub seen: Vec<String>,
    /// Probability of the weakest: of a character that no check digit covers, or of the covered
    /// ones together among all texts with right check digits.
    pub confidence: f32,
    /// Each character's own probability; of those that check digits cover, their joint one.
    pub certainty: Vec<Vec<f32>>,
    /// Mean probability of the chosen characters.
    pub support: f32,
}

/// Decodes one cell vector a line of the layout; `None` where their shape is another.
pub(super) fn decode(format: MrzFormat, cells: &[Vec<Cell>]) -> Option<Decoded> {
    let layout = format.layout();
    if cells.len() != layout.lines || cells.iter().any(|line| line.len() != layout.width) {
        return None;
    }
    let flat: Vec<Cell> = cells.iter().flatten().copied().collect();
    let zone = Zone::new(format, layout, flat);
    let mut symbols: Vec<usize> = zone.weights.iter().map(argmax).collect();
    let mut certainty = zone.alone(&symbols);
    zone.read_words(&mut symbols, &mut certainty);
    let sure = zone.read_checked(&mut symbols);
    let checked = zone.alone(&symbols);
    for (index, value) in certainty.iter_mut().enumerate() {
        if sure.covered[index] {
            *value = sure.probability as f32;
        } else if !zone.is_word(index) {
            *value = checked[index];
        }
    }
    let chosen = symbols
        .iter()
        .zip(&zone.cells)
        .map(|(symbol, cell)| cell[*symbol]);
    let seen: Vec<usize> = zone
        .cells
        .iter()
        .map(|cell| argmax(&cell.map(f64::from)))
        .collect();
    Some(Decoded {
        support: chosen.sum::<f32>() / symbols.len() as f32,
        lines: zone.text(&symbols),
        seen: zone.text(&seen),
        confidence: certainty.iter().copied().fold(1.0, f32::min),
        certainty: certainty
            .chunks(layout.width)
            .map(<[f32]>::to_vec)
            .collect(),
    })
}

/// What the constrained part came to.
struct Sure {
    /// Probability among the texts with right check digits.
    probability: f64,
    /// Whether each position's choice is backed by a check digit.
    covered: Vec<bool>,
}

struct Zone {
    format: MrzFormat,
    layout: &'static Layout,
    cells: Vec<Cell>,
    weights: Vec<[f64; SYMBOLS]>,
}

impl Zone {
    fn new(format: MrzFormat, layout: &'static Layout, cells: Vec<Cell>) -> Self {
        let weights = cells
            .iter()
            .enumerate()
            .map(|(index, cell)| {
                let class = layout.class_at(index / layout.width, index % layout.width);
                let unexpected = if index == 1 { CODE_DIGIT } else { UNEXPECTED };
                std::array::from_fn(|symbol| {
                    let weight = if expected(class, symbol) {
                        1.0
                    } else {
                        unexpected
                    };
                    f64::from(cell[symbol]) * weight
                })
            })
            .collect();
        let mut zone = Self {
            format,
            layout,
            cells,
            weights,
        };
        zone.expect_filler_after_filler();
        zone
    }

    /// Optional data seldom goes on after two fillers.
    fn expect_filler_after_filler(&mut self) {
        for field in [Field::Optional, Field::SecondOptional] {
            let Some(range) = self.range(field) else {
                continue;
            };
            let is_filler = |index: usize| argmax(&self.cells[index].map(f64::from)) == FILLER;
            let after: Vec<usize> = range
                .skip(2)
                .filter(|index| is_filler(index - 1) && is_filler(index - 2))
                .collect();
            for index in after {
                for symbol in 0..FILLER {
                    self.weights[index][symbol] *= AFTER_FILLERS;
                }
            }
        }
    }

    fn range(&self, field: Field) -> Option<std::ops::Range<usize>> {
        let span = self.layout.span(field)?;
        let start = span.line * self.layout.width + span.start;
        Some(start..start + span.len)
    }

    /// Reads names and state codes, each as a whole.
    fn read_words(&self, symbols: &mut [usize], certainty: &mut [f32]) {
        for field in [Field::Name, Field::GivenNames] {
            let Some(range) = self.range(field) else {
                continue;
            };
            let parts = self.format != MrzFormat::FrenchId;
            let read = names::read(&self.cells[range.clone()], parts);
            for (index, (symbol, sure)) in range.zip(read) {
                (symbols[index], certainty[index]) = (symbol, sure);
            }
        }
        for field in [Field::State, Field::Nationality] {
            let Some(range) = self.range(field) else {
                continue;
            };
            let Some((code, sure)) = states::read(&self.cells[range.clone()]) else {
                continue;
            };
            for (index, symbol) in range.zip(code) {
                (symbols[index], certainty[index]) = (symbol, sure);
            }
        }
    }

    /// Whether the position is part of a name or a state code.
    fn is_word(&self, index: usize) -> bool {
        [
            Field::Name,
            Field::GivenNames,
            Field::State,
            Field::Nationality,
        ]
        .into_iter()
        .filter_map(|field| self.range(field))
        .any(|range| range.contains(&index))
    }

    /// Chooses what check digits cover so that they are right, where that is likely enough.
    fn read_checked(&self, symbols: &mut [usize]) -> Sure {
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

    /// Each chosen character's share of its own position's weights.
    fn alone(&self, symbols: &[usize]) -> Vec<f32> {
        symbols
            .iter()
            .enumerate()
            .map(|(index, symbol)| {
                let weights = &self.weights[index];
                let foreign = 1.0 - f64::from(self.cells[index].iter().sum::<f32>()).min(1.0);
                (weights[*symbol] / (weights.iter().sum::<f64>() + foreign)) as f32
            })
            .collect()
    }

    fn string(&self, symbols: &[usize]) -> String {
        symbols
            .iter()
            .map(|symbol| char::from(ALPHABET[*symbol]))
            .collect()
    }

    fn text(&self, symbols: &[usize]) -> Vec<String> {
        symbols
            .chunks(self.layout.width)
            .map(|line| self.string(line))
            .collect()
    }
}

fn expected(class: Class, symbol: usize) -> bool {
    match class {
        Class::Any => true,
        Class::Letters => symbol >= FIRST_LETTER,
        Class::Date => symbol < FIRST_LETTER || symbol == FILLER,
        Class::Digit => symbol < FIRST_LETTER,
        Class::Sex => matches!(ALPHABET[symbol], b'M' | b'F' | b'X' | b'<'),
    }
}

fn argmax(weights: &[f64; SYMBOLS]) -> usize {
    (0..SYMBOLS)
        .max_by(|&a, &b| weights[a].total_cmp(&weights[b]))
        .unwrap_or(FILLER)
}

/// Symbols whose weight is a fair share of the best.
fn possible(weights: &[f64; SYMBOLS]) -> Vec<usize> {
    let least = weights.iter().copied().fold(0.0, f64::max) * POSSIBLE;
    (0..SYMBOLS)
        .filter(|symbol| weights[*symbol] >= least && weights[*symbol] > 0.0)
        .collect()
}

fn candidates(weights: &[f64; SYMBOLS]) -> Vec<residues::Candidate> {
    possible(weights)
        .into_iter()
        .map(|symbol| (symbol, weights[symbol].ln()))
        .collect()
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
