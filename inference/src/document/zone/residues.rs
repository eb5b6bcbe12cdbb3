//! The likeliest text whose check digits are right: dynamic programming over residues of ten.
//!
//! A segment is what one check digit covers, in order. Its table tells, for each residue that it
//! leaves in the composite sum, the likeliest text with its own check digit right, and the total
//! likelihood of all such texts. Tables are then added up over the segments.

use super::align::SYMBOLS;

/// A symbol that a position may hold, with the logarithm of its weight.
pub(super) type Candidate = (usize, f64);

/// A position: what it may hold and what it counts.
#[derive(Clone)]
pub(super) struct Place {
    /// Its index among all positions of the zone.
    pub index: usize,
    pub candidates: Vec<Candidate>,
    /// Weight in the segment's own check digit: 7, 3, 1, or 0.
    pub own: usize,
    /// Weight in the composite digit: 7, 3, 1, or 0.
    pub composite: usize,
}

/// The likeliest text of some positions, and the likelihood of all that are possible.
#[derive(Clone)]
pub(super) struct Text {
    /// Logarithm of the likeliest's weight.
    pub best: f64,
    /// Logarithm of the sum of all weights.
    pub sum: f64,
    /// Index of each position and its symbol.
    pub symbols: Vec<(usize, usize)>,
}

/// For each composite residue: what leads there.
pub(super) type Table = [Option<Text>; 10];

pub(super) fn empty() -> Table {
    std::array::from_fn(|_| None)
}

/// What a symbol counts in a check digit.
fn value(symbol: usize) -> usize {
    if symbol == SYMBOLS - 1 { 0 } else { symbol }
}

/// `ln(exp(a) + exp(b))`.
fn log_add(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if high == f64::NEG_INFINITY {
        high
    } else {
        high + (low - high).exp().ln_1p()
    }
}

#[derive(Clone, Copy)]
struct Node {
    best: f64,
    sum: f64,
    from: usize,
    symbol: usize,
}

const NOWHERE: Node = Node {
    best: f64::NEG_INFINITY,
    sum: f64::NEG_INFINITY,
    from: 0,
    symbol: 0,
};

/// Solves a segment: `places` in order, then its check digit, if it has one.
pub(super) fn segment(places: &[Place], check: Option<&Place>) -> Table {
    let mut layers: Vec<[Node; 100]> = Vec::with_capacity(places.len() + 1);
    let mut start = [NOWHERE; 100];
    start[0] = Node {
        best: 0.0,
        sum: 0.0,
        ..NOWHERE
    };
    layers.push(start);
    for place in places {
        let previous = layers[layers.len() - 1];
        layers.push(stepped(&previous, place));
    }
    let last = layers[layers.len() - 1];
    let mut table = empty();
    for (state, node) in last
        .iter()
        .enumerate()
        .filter(|(_, node)| node.best.is_finite())
    {
        let (own, composite) = (state / 10, state % 10);
        let digit = match check {
            None => Some((None, 0.0, composite)),
            Some(place) => place
                .candidates
                .iter()
                .find(|(symbol, _)| *symbol == own)
                .map(|(symbol, weight)| {
                    let residue = (composite + place.composite * symbol) % 10;
                    (Some((place.index, *symbol)), *weight, residue)
                }),
        };
        let Some((digit, weight, residue)) = digit else {
            continue;
        };
        let (best, sum) = (node.best + weight, node.sum + weight);
        let entry = &mut table[residue];
        let total = entry.as_ref().map_or(sum, |text| log_add(text.sum, sum));
        if entry.as_ref().is_none_or(|text| best > text.best) {
            let mut symbols = trace(&layers, places, state);
            symbols.extend(digit);
            *entry = Some(Text {
                best,
                sum: total,
                symbols,
            });
        } else if let Some(text) = entry {
            text.sum = total;
        }
    }
    table
}

fn stepped(previous: &[Node; 100], place: &Place) -> [Node; 100] {
    let mut next = [NOWHERE; 100];
    for (from, node) in previous
        .iter()
        .enumerate()
        .filter(|(_, node)| node.best.is_finite())
    {
        let (own, composite) = (from / 10, from % 10);
        for (symbol, weight) in &place.candidates {
            let own = (own + place.own * value(*symbol)) % 10;
            let composite = (composite + place.composite * value(*symbol)) % 10;
            let target = &mut next[own * 10 + composite];
            target.sum = log_add(target.sum, node.sum + weight);
            if node.best + weight > target.best {
                (target.best, target.from, target.symbol) = (node.best + weight, from, *symbol);
            }
        }
    }
    next
}

fn trace(layers: &[[Node; 100]], places: &[Place], mut state: usize) -> Vec<(usize, usize)> {
    let mut symbols = Vec::with_capacity(places.len() + 1);
    for (layer, place) in layers.iter().skip(1).zip(places).rev() {
        symbols.push((place.index, layer[state].symbol));
        state = layer[state].from;
    }
    symbols.reverse();
    symbols
}

/// Allows one text more than the table's own, where every position may hold it: an empty personal
/// number with filler for its check digit.
pub(super) fn allow(table: &mut Table, places: &[&Place], symbol: usize) {
    let weight = places.iter().try_fold(0.0, |sum, place| {
        place
            .candidates
            .iter()
            .find(|(s, _)| *s == symbol)
            .map(|(_, weight)| sum + weight)
    });
    let Some(weight) = weight else { return };
    let residue = places
        .iter()
        .map(|place| place.composite * value(symbol))
        .sum::<usize>()
        % 10;
    let symbols: Vec<_> = places.iter().map(|place| (place.index, symbol)).collect();
    match &mut table[residue] {
        Some(text) => {
            text.sum = log_add(text.sum, weight);
            if weight > text.best {
                (text.best, text.symbols) = (weight, symbols);
            }
        }
        entry => {
            *entry = Some(Text {
                best: weight,
                sum: weight,
                symbols,
            })
        }
    }
}

/// Both tables' positions together.
pub(super) fn joined(one: &Table, two: &Table) -> Table {
    let mut table = empty();
    for (a, first) in one.iter().enumerate() {
        for (b, second) in two.iter().enumerate() {
            let (Some(first), Some(second)) = (first, second) else {
                continue;
            };
            let (best, sum) = (first.best + second.best, first.sum + second.sum);
            let entry = &mut table[(a + b) % 10];
            let total = entry
                .as_ref()
                .map_or(sum, |text: &Text| log_add(text.sum, sum));
            if entry.as_ref().is_none_or(|text| best > text.best) {
                let symbols = [first.symbols.as_slice(), &second.symbols].concat();
                *entry = Some(Text {
                    best,
                    sum: total,
                    symbols,
                });
            } else if let Some(text) = entry {
                text.sum = total;
            }
        }
    }
    table
}

/// The likeliest text of a table, whatever its residue.
pub(super) fn likeliest(table: &Table) -> Option<Text> {
    let sum = table
        .iter()
        .flatten()
        .fold(f64::NEG_INFINITY, |sum, text| log_add(sum, text.sum));
    let best = table
        .iter()
        .flatten()
        .max_by(|a, b| a.best.total_cmp(&b.best))?;
    Some(Text {
        sum,
        ..best.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(index: usize, own: usize, candidates: &[(usize, f64)]) -> Place {
        let candidates = candidates
            .iter()
            .map(|(symbol, weight)| (*symbol, weight.ln()))
            .collect();
        Place {
            index,
            candidates,
            own,
            composite: 0,
        }
    }

    #[test]
    fn the_check_digit_turns_a_doubt() {
        // "5" or "6", then "2", then a check digit surely 8: 7*6 + 3*2 = 48.
        let places = [place(0, 7, &[(5, 0.7), (6, 0.3)]), place(1, 3, &[(2, 1.0)])];
        let check = place(2, 0, &[(8, 1.0)]);
        let text = likeliest(&segment(&places, Some(&check))).unwrap();
        assert_eq!(text.symbols, [(0, 6), (1, 2), (2, 8)]);
        assert!(
            (text.best - text.sum).abs() < 1e-9,
            "no other text is possible"
        );
    }

    #[test]
    fn no_text_is_made_up_where_none_is_possible() {
        let places = [place(0, 7, &[(5, 1.0)])];
        let check = place(1, 0, &[(4, 1.0)]);
        assert!(likeliest(&segment(&places, Some(&check))).is_none());
    }

    #[test]
    fn tables_add_their_residues() {
        let mut one = [place(0, 0, &[(1, 0.5), (2, 0.5)])];
        one[0].composite = 7;
        let mut two = [place(1, 0, &[(1, 1.0)])];
        two[0].composite = 3;
        let table = joined(&segment(&one, None), &segment(&two, None));
        assert_eq!(table[0].as_ref().unwrap().symbols, [(0, 1), (1, 1)]);
        assert_eq!(table[7].as_ref().unwrap().symbols, [(0, 2), (1, 1)]);
    }
}
