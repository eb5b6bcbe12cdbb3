//! The name field's grammar: where fillers may stand.
//!
//! A name field is components of letters parted by single fillers, one double filler between the
//! identifiers, and filler to the end. Deviations occur on real documents, so they cost likelihood
//! and are not barred. The field is a chain of states; forward and backward sums give each
//! position's probability of being filler, and the letters share the rest by their evidence.

use super::align::{Cell, SYMBOLS};

const FILLER_SYMBOL: usize = SYMBOLS - 1;
const FIRST_LETTER: usize = 10;

/// Weight of a letter after three fillers or more.
const AFTER_THE_END: f64 = 1e-3;
/// Weight of a letter after a second double filler.
const SECOND_DOUBLE: f64 = 0.05;
/// Weight of a filler at the field's beginning.
const NO_BEGINNING: f64 = 0.01;
/// Weight of ending a component after its first letter.
const SINGLE_LETTER: f64 = 0.15;
/// Weight of a digit: names have none (ICAO 9303-3, 4.6).
const DIGIT: f64 = 0.002;

/// What stands before: letters (one, or more) or fillers (one, two, three and more), before and
/// after the double filler.
const STATES: usize = 10;
const RUNS: usize = 5;

/// Each position's likeliest symbol and its probability.
pub(super) fn read(cells: &[Cell], may_part: bool) -> Vec<(usize, f32)> {
    let weights: Vec<[f64; 2]> = cells.iter().map(masses).collect();
    let forward = forward(&weights, !may_part);
    let backward = backward(&weights);
    cells
        .iter()
        .enumerate()
        .map(|(index, cell)| {
            let mut filler = 0.0;
            let mut letter = 0.0;
            for (state, value) in forward[index + 1].iter().enumerate() {
                let mass = value * backward[index + 1][state];
                if state % RUNS < 2 {
                    letter += mass
                } else {
                    filler += mass
                }
            }
            let sum = (filler + letter).max(f64::MIN_POSITIVE);
            if filler > letter {
                return (FILLER_SYMBOL, (filler / sum) as f32);
            }
            let (symbol, share) = likeliest(cell);
            (symbol, (share * letter / sum) as f32)
        })
        .collect()
}

/// Weight of any letter (or foreign character) and of filler.
fn masses(cell: &Cell) -> [f64; 2] {
    let foreign = f64::from((1.0 - cell.iter().sum::<f32>()).max(0.0));
    let letters: f64 = (0..FILLER_SYMBOL).map(|symbol| weighed(cell, symbol)).sum();
    [
        (letters + foreign).max(1e-9),
        f64::from(cell[FILLER_SYMBOL]).max(1e-9),
    ]
}

fn weighed(cell: &Cell, symbol: usize) -> f64 {
    f64::from(cell[symbol]) * if symbol < FIRST_LETTER { DIGIT } else { 1.0 }
}

/// The likeliest letter (a digit only where it outweighs its cost) and its share of all letters.
fn likeliest(cell: &Cell) -> (usize, f64) {
    let symbol = (0..FILLER_SYMBOL)
        .max_by(|&a, &b| weighed(cell, a).total_cmp(&weighed(cell, b)))
        .unwrap_or(FIRST_LETTER);
    (symbol, weighed(cell, symbol) / masses(cell)[0])
}

/// The state after a letter (`false`) or a filler (`true`), and the step's weight.
fn step(before: usize, filler: bool, first: bool) -> (usize, f64) {
    let (parted, run) = (before / RUNS, before % RUNS);
    if filler {
        let next = if run < 2 { 2 } else { (run + 1).min(4) };
        let weight = match run {
            _ if first => NO_BEGINNING,
            0 => SINGLE_LETTER,
            _ => 1.0,
        };
        return (parted * RUNS + next, weight);
    }
    match run {
        _ if first => (parted * RUNS, 1.0),
        0 | 1 => (parted * RUNS + 1, 1.0),
        2 => (parted * RUNS, 1.0),
        3 => (RUNS, if parted == 1 { SECOND_DOUBLE } else { 1.0 }),
        _ => (RUNS, AFTER_THE_END),
    }
}

fn forward(weights: &[[f64; 2]], parted: bool) -> Vec<[f64; STATES]> {
    let mut start = [0.0; STATES];
    start[usize::from(parted) * RUNS] = 1.0;
    let mut all = vec![start];
    for (index, masses) in weights.iter().enumerate() {
        let before = all[index];
        let mut after = [0.0; STATES];
        for (state, value) in before.iter().enumerate() {
            for filler in [false, true] {
                let (next, weight) = step(state, filler, index == 0);
                after[next] += value * weight * masses[usize::from(filler)];
            }
        }
        all.push(normalised(after));
    }
    all
}

fn backward(weights: &[[f64; 2]]) -> Vec<[f64; STATES]> {
    let mut all = vec![[1.0; STATES]; weights.len() + 1];
    for (index, masses) in weights.iter().enumerate().rev() {
        let after = all[index + 1];
        let mut before = [0.0; STATES];
        for (state, value) in before.iter_mut().enumerate() {
            for filler in [false, true] {
                let (next, weight) = step(state, filler, index == 0);
                *value += weight * masses[usize::from(filler)] * after[next];
            }
        }
        all[index] = normalised(before);
    }
    all
}

fn normalised(values: [f64; STATES]) -> [f64; STATES] {
    let sum = values.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    values.map(|value| value / sum)
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
            .map(|(symbol, _)| char::from(ALPHABET[*symbol]))
            .collect()
    }

    #[test]
    fn a_doubtful_letter_after_the_end_is_surely_filler() {
        assert_eq!(name("KOWALSKA<<BEATA<<<k<<"), "KOWALSKA<<BEATA<<<<<<");
        assert!(read(&cells("KOWALSKA<<BEATA<<<k<<"), true)[18].1 > 0.9);
    }

    #[test]
    fn a_clear_name_stays_as_it_is() {
        for text in [
            "VAN<DER<MUELLEN<<ANNA<M",
            "A<<B<<C<<<",
            "SUPERMAN<<<<<<<",
            "LEE<<W<<<<",
        ] {
            assert_eq!(name(text), text);
        }
    }

    #[test]
    fn a_zero_among_letters_is_an_o_where_an_o_is_possible() {
        let mut seen = cells("M0HAMADA<<");
        seen[1][symbol_index('O').unwrap()] = 0.05;
        assert_eq!(ALPHABET[read(&seen, true)[1].0], b'O');
    }
}
