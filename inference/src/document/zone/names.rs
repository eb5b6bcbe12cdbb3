//! The name field's grammar: where fillers may stand.
//!
//! A name field is letters parted by single fillers, one double filler between the identifiers, and
//! filler to the end. Deviations occur on real documents, so they cost likelihood and are not barred.

use super::align::{Cell, SYMBOLS};

const FILLER_SYMBOL: usize = SYMBOLS - 1;
const FIRST_LETTER: usize = 10;

/// A letter after three fillers or more.
const AFTER_THE_END: f32 = -4.6;
/// A second double filler with letters after it.
const SECOND_DOUBLE: f32 = -2.3;
/// A filler at the field's beginning.
const NO_BEGINNING: f32 = -4.6;
/// A digit.
const DIGIT: f32 = -3.9;

/// Whether the double filler was seen, and how many fillers stand before: 0, 1, 2, 3 or more.
const STATES: usize = 8;

/// The likeliest symbols of a name field under its grammar.
pub(super) fn read(cells: &[Cell], may_part: bool) -> Vec<usize> {
    let mut score = [f32::NEG_INFINITY; STATES];
    score[state(!may_part, 0)] = 0.0;
    let mut back: Vec<[(usize, usize); STATES]> = Vec::with_capacity(cells.len());
    for (index, cell) in cells.iter().enumerate() {
        let letter = likeliest(cell);
        let mut next = [f32::NEG_INFINITY; STATES];
        let mut from = [(0, letter); STATES];
        for (before, value) in score.iter().enumerate().filter(|(_, v)| v.is_finite()) {
            for symbol in [letter, FILLER_SYMBOL] {
                let (after, cost) = step(before, symbol, index == 0);
                let value = value + cost + cell[symbol].max(f32::MIN_POSITIVE).ln();
                if value > next[after] {
                    next[after] = value;
                    from[after] = (before, symbol);
                }
            }
        }
        score = next;
        back.push(from);
    }
    let mut state = (0..STATES)
        .max_by(|&a, &b| score[a].total_cmp(&score[b]))
        .unwrap_or(0);
    let mut symbols = vec![FILLER_SYMBOL; cells.len()];
    for (index, from) in back.iter().enumerate().rev() {
        (state, symbols[index]) = from[state];
    }
    symbols
}

fn state(parted: bool, fillers: usize) -> usize {
    usize::from(parted) * 4 + fillers.min(3)
}

fn step(before: usize, symbol: usize, first: bool) -> (usize, f32) {
    let (parted, fillers) = (before >= 4, before % 4);
    if symbol == FILLER_SYMBOL {
        return (
            state(parted, fillers + 1),
            if first { NO_BEGINNING } else { 0.0 },
        );
    }
    let digit = if symbol < FIRST_LETTER { DIGIT } else { 0.0 };
    let cost = match fillers {
        3 => AFTER_THE_END,
        2 if parted => SECOND_DOUBLE,
        _ => 0.0,
    };
    (state(parted || fillers == 2, 0), cost + digit)
}

/// The likeliest letter, or digit where that is so much likelier that it outweighs its cost.
fn likeliest(cell: &Cell) -> usize {
    let weighed = |symbol: usize| {
        cell[symbol]
            * if symbol < FIRST_LETTER {
                DIGIT.exp()
            } else {
                1.0
            }
    };
    (0..FILLER_SYMBOL)
        .max_by(|&a, &b| weighed(a).total_cmp(&weighed(b)))
        .unwrap_or(FIRST_LETTER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::mrz::{ALPHABET, symbol_index};

    /// Cells that show the text; a small letter is a doubt between its capital and the filler.
    fn cells(text: &str) -> Vec<Cell> {
        text.chars()
            .map(|character| {
                let mut cell = [1e-4; SYMBOLS];
                let share = if character.is_ascii_lowercase() {
                    0.6
                } else {
                    0.98
                };
                cell[symbol_index(character.to_ascii_uppercase()).unwrap()] = share;
                if character.is_ascii_lowercase() {
                    cell[FILLER_SYMBOL] = 0.39;
                }
                cell
            })
            .collect()
    }

    fn name(text: &str) -> String {
        read(&cells(text), true)
            .iter()
            .map(|symbol| char::from(ALPHABET[*symbol]))
            .collect()
    }

    #[test]
    fn a_doubtful_letter_after_the_end_is_filler() {
        assert_eq!(name("KOWALSKA<<BEATA<<<k<<"), "KOWALSKA<<BEATA<<<<<<");
    }

    #[test]
    fn a_clear_name_stays_as_it_is() {
        for text in ["VAN<DER<MUELLEN<<ANNA<M", "A<<B<<C<<<", "SUPERMAN<<<<<<<"] {
            assert_eq!(name(text), text);
        }
    }

    #[test]
    fn a_zero_among_letters_is_an_o_where_an_o_is_possible() {
        let mut seen = cells("M0HAMADA<<");
        seen[1][symbol_index('O').unwrap()] = 0.05;
        assert_eq!(ALPHABET[read(&seen, true)[1]], b'O');
    }
}
