//! State codes: three characters that are one of a list, or hardly ever another.

use super::align::Cell;
use crate::document::mrz::{FILLER, known_states, symbol_index};

/// Weight of a code that is not on the list: misprints, specimens, states yet to come.
const UNKNOWN: f64 = 0.002;
/// Characters of a code.
const LEN: usize = 3;

/// The likeliest code and its probability among all; `None` unless there are three cells.
pub(super) fn read(cells: &[Cell]) -> Option<([usize; LEN], f32)> {
    let cells: &[Cell; LEN] = cells.try_into().ok()?;
    let weight = |code: &[usize; LEN]| -> f64 {
        code.iter()
            .zip(cells)
            .map(|(symbol, cell)| f64::from(cell[*symbol]))
            .product()
    };
    let seen: [usize; LEN] = std::array::from_fn(|index| {
        (0..cells[index].len())
            .max_by(|&a, &b| cells[index][a].total_cmp(&cells[index][b]))
            .unwrap_or(0)
    });
    let mut best = (seen, UNKNOWN * weight(&seen));
    let mut sum = best.1;
    for code in known_states().filter_map(symbols) {
        let value = weight(&code);
        sum += value;
        if value > best.1 {
            best = (code, value);
        }
    }
    Some((best.0, (best.1 / sum.max(f64::MIN_POSITIVE)) as f32))
}

fn symbols(code: &str) -> Option<[usize; LEN]> {
    let mut symbols = [symbol_index(FILLER)?; LEN];
    for (place, character) in symbols.iter_mut().zip(code.chars()) {
        *place = symbol_index(character)?;
    }
    Some(symbols)
}

#[cfg(test)]
mod tests {
    use super::super::align::SYMBOLS;
    use super::*;
    use crate::document::mrz::ALPHABET;

    fn seen(text: &str, shares: &[(usize, char, f32)]) -> (String, f32) {
        let mut cells: Vec<Cell> = text
            .chars()
            .map(|character| {
                let mut cell = [5e-4; SYMBOLS];
                cell[symbol_index(character).unwrap()] = 0.95;
                cell
            })
            .collect();
        for (index, character, share) in shares {
            cells[*index][symbol_index(*character).unwrap()] = *share;
        }
        let (code, sure) = read(&cells).unwrap();
        (
            code.iter()
                .map(|symbol| char::from(ALPHABET[*symbol]))
                .collect(),
            sure,
        )
    }

    #[test]
    fn a_listed_code_wins_over_a_look_alike() {
        let (code, sure) = seen("UT0", &[(2, 'O', 0.02)]);
        assert_eq!(code, "UTO");
        assert!(sure > 0.8, "{sure}");
    }

    #[test]
    fn a_clear_code_that_is_not_listed_stays() {
        let (code, sure) = seen("132", &[]);
        assert_eq!(code, "132");
        assert!(sure > 0.9, "{sure}");
    }

    #[test]
    fn germany_is_one_letter() {
        assert_eq!(seen("D<<", &[]).0, "D<<");
    }
}
