//! Cells to text: the layout is the grammar, the check digits are constraints, the evidence decides.
//!
//! - A symbol is only considered where its weight is at least [`POSSIBLE`] of the position's best.
//! - A text whose check digits are right is preferred while it is not much less likely
//!   than the text by grammar alone; beyond that, what was seen is reported with its wrong digits.
//! - Letters ten apart in value, and 0, A, K, U and filler, look alike to check digits; there the
//!   confidence tells how the evidence alone divides.

use super::align::{Cell, SYMBOLS};
use super::names;
use super::residues;
use super::states;
use crate::document::mrz::{ALPHABET, Class, Field, Layout, MrzFormat};

/// The smallest share of a position's best weight that is still possible.
const POSSIBLE: f64 = 0.01;
/// Weight of a symbol that the layout does not expect at its position.
const UNEXPECTED: f64 = 0.02;
/// Weight of a digit as second character of the document code: some states write `C1`, `C2`.
const CODE_DIGIT: f64 = 0.3;
/// Weight of a character of optional data after two fillers.
const AFTER_FILLERS: f64 = 0.2;

pub(super) const FILLER: usize = SYMBOLS - 1;
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
    /// How many characters may be wrong: the doubts of those that no check digit covers added up, and
    /// that of the covered ones together.
    pub doubts: f32,
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
    let alone = certainty
        .iter()
        .zip(&sure.covered)
        .filter(|(_, covered)| !**covered);
    let doubts = alone.map(|(value, _)| 1.0 - value).sum::<f32>() + (1.0 - sure.probability as f32);
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
        doubts,
        confidence: certainty.iter().copied().fold(1.0, f32::min),
        certainty: certainty
            .chunks(layout.width)
            .map(<[f32]>::to_vec)
            .collect(),
    })
}

/// Cells with the weights that the layout gives them.
pub(super) struct Zone {
    pub format: MrzFormat,
    pub layout: &'static Layout,
    pub cells: Vec<Cell>,
    pub weights: Vec<[f64; SYMBOLS]>,
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

pub(super) fn argmax(weights: &[f64; SYMBOLS]) -> usize {
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

pub(super) fn candidates(weights: &[f64; SYMBOLS]) -> Vec<residues::Candidate> {
    possible(weights)
        .into_iter()
        .map(|symbol| (symbol, weights[symbol].ln()))
        .collect()
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
