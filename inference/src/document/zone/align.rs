//! A line's evidence cut into cells: an MRZ line has a known number of characters of equal pitch.
//!
//! CTC networks lose count in runs of equal characters; the pitch does not. The cells' places are
//! the path of highest likelihood that visits `count` steps, prefers equal distances, and pays for
//! characters that it passes over.

use crate::document::mrz::ALPHABET;
use crate::document::text::{BLANK, Evidence, STEP_CLASSES};

/// Symbols of the alphabet.
pub(super) const SYMBOLS: usize = ALPHABET.len();

/// One character's evidence: a probability a symbol, adding up to at most 1.
pub(super) type Cell = [f32; SYMBOLS];

/// The cells of a line.
#[derive(Clone)]
pub(super) struct Aligned {
    pub cells: Vec<Cell>,
    /// The step that each cell was found at.
    pub steps: Vec<usize>,
    /// Mean log likelihood a character, 0 at best.
    pub score: f32,
}

/// No step counts as less than this, so that one unseen character does not end a path.
const FLOOR: f32 = 1e-3;
/// Weight spread over all symbols of a cell: what the network never saw is still this possible.
const SPREAD: f32 = 2e-4;
/// Standard deviation of the distance between neighbours, as a share of the pitch, plus half a step.
const PITCH_SPREAD: f32 = 0.15;
/// A character reaches this share of the pitch to each side of its middle.
const REACH: f32 = 0.4;
/// The most that a step outside the line costs.
const MOST_OUTSIDE: f32 = 2.5;
/// Longest lines worked on, in steps.
const MOST_STEPS: usize = 512;

/// Cuts the evidence into `count` cells about `pitch` steps apart; `None` where it is too short.
pub(super) fn align(evidence: &Evidence, count: usize, pitch: f32) -> Option<Aligned> {
    let steps = &evidence.steps[..evidence.steps.len().min(MOST_STEPS)];
    let total = steps.len();
    if count == 0 || total < count || !pitch.is_finite() || pitch < 1.0 {
        return None;
    }
    let (near, far) = (
        ((pitch * 0.45) as usize).max(1),
        (pitch * 1.8).ceil() as usize,
    );
    let seen: Vec<f32> = steps
        .iter()
        .map(|step| best(step).max(FLOOR).ln())
        .collect();
    let passed = Passed::new(steps, far);
    let outside = cumulated(steps);
    let reach = (pitch * REACH) as usize;
    let before = |step: usize| outside[step.saturating_sub(reach)];
    let mut score: Vec<f32> = (0..total).map(|step| seen[step] - before(step)).collect();
    let mut back = vec![vec![0usize; total]; count];
    let spread = PITCH_SPREAD * pitch + 0.5;
    for row in back.iter_mut().skip(1) {
        let mut next = vec![f32::NEG_INFINITY; total];
        for step in near..total {
            for gap in near..=far.min(step) {
                let bend = (gap as f32 - pitch) / spread;
                let value = score[step - gap] - bend * bend / 2.0 - passed.cost(step - gap, gap);
                if value > next[step] {
                    next[step] = value;
                    row[step] = gap;
                }
            }
            next[step] += seen[step];
        }
        score = next;
    }
    let whole = outside[total];
    let rest = |step: usize| whole - outside[(step + 1 + reach).min(total)];
    let last = (0..total).max_by(|&a, &b| (score[a] - rest(a)).total_cmp(&(score[b] - rest(b))))?;
    let value = score[last] - rest(last);
    value.is_finite().then(|| {
        let places = trace(&back, last, count);
        Aligned {
            cells: cells(steps, &places),
            steps: places,
            score: value / count as f32,
        }
    })
}

fn best(step: &[f32; STEP_CLASSES]) -> f32 {
    step[..SYMBOLS].iter().copied().fold(0.0, f32::max)
}

/// Cost of leaving steps outside the line: what was seen there is not explained.
fn cumulated(steps: &[[f32; STEP_CLASSES]]) -> Vec<f32> {
    let mut sums = vec![0.0];
    let mut sum = 0.0;
    for step in steps {
        sum += (-step[BLANK].max(FLOOR).ln()).min(MOST_OUTSIDE);
        sums.push(sum);
    }
    sums
}

fn trace(back: &[Vec<usize>], last: usize, count: usize) -> Vec<usize> {
    let mut places = vec![last; count];
    for index in (1..count).rev() {
        places[index - 1] = places[index] - back[index][places[index]];
    }
    places
}

/// What it costs to pass over the steps between two characters: nothing for blanks and for the
/// characters' own steps, those within [`REACH`] of them.
struct Passed {
    far: usize,
    costs: Vec<f32>,
}

impl Passed {
    fn new(steps: &[[f32; STEP_CLASSES]], far: usize) -> Self {
        let symbols: Vec<usize> = steps.iter().map(likeliest).collect();
        let mut costs = vec![0.0; steps.len() * (far + 1)];
        for from in 0..steps.len() {
            for gap in 2..=far.min(steps.len() - 1 - from) {
                let to = from + gap;
                let reach = ((gap as f32 * REACH) as usize).max(1);
                let passed = |step: usize| {
                    let near = |end: usize| {
                        let own = steps[step][symbols[end]];
                        if step.abs_diff(end) <= reach {
                            own
                        } else {
                            0.0
                        }
                    };
                    -(steps[step][BLANK] + near(from).max(near(to)))
                        .clamp(0.02, 1.0)
                        .ln()
                };
                costs[from * (far + 1) + gap] = (from + 1..to).map(passed).sum();
            }
        }
        Self { far, costs }
    }

    fn cost(&self, from: usize, gap: usize) -> f32 {
        self.costs[from * (self.far + 1) + gap]
    }
}

fn likeliest(step: &[f32; STEP_CLASSES]) -> usize {
    (0..SYMBOLS)
        .max_by(|&a, &b| step[a].total_cmp(&step[b]))
        .unwrap_or(0)
}

/// Each cell takes what the network saw at its place and one step beside it, on its own side of the
/// middle to its neighbours.
fn cells(steps: &[[f32; STEP_CLASSES]], places: &[usize]) -> Vec<Cell> {
    (0..places.len())
        .map(|index| {
            let place = places[index];
            let from = match index.checked_sub(1) {
                Some(before) => (places[before] + place).div_ceil(2),
                None => place.saturating_sub(1),
            };
            let to = places
                .get(index + 1)
                .map_or(place + 1, |after| usize::midpoint(place, *after));
            let window = from.max(place.saturating_sub(1))..=to.min(place + 1).min(steps.len() - 1);
            cell(steps, window, place)
        })
        .collect()
}

/// Pairs that look alike in OCR-B, and the share of what was seen as one that may be the other.
/// On OCR-B as it should be the network confuses none (0 of 19,280 characters of drawn specimens); printers
/// differ, so evidence between them counts only so far, and layout, state codes and check digits
/// settle the rest.
const LOOK_ALIKES: [(u8, u8, f32); 8] = [
    (b'0', b'O', 0.03),
    (b'1', b'I', 0.01),
    (b'8', b'B', 0.005),
    (b'5', b'S', 0.005),
    (b'2', b'Z', 0.005),
    (b'0', b'Q', 0.005),
    (b'0', b'D', 0.005),
    (b'6', b'G', 0.005),
];

/// Moves the shares of look-alikes over to each other.
fn blended(cell: Cell) -> Cell {
    let mut blended = cell;
    for (one, two, share) in LOOK_ALIKES {
        let place = |symbol: u8| {
            ALPHABET
                .iter()
                .position(|known| *known == symbol)
                .unwrap_or(0)
        };
        let (one, two) = (place(one), place(two));
        let (to_two, to_one) = (cell[one] * share, cell[two] * share);
        blended[one] += to_one - to_two;
        blended[two] += to_two - to_one;
    }
    blended
}

/// What a step beside a character's middle counts: it may lie on the border to the next.
const BESIDE: f32 = 0.4;

/// The steps around a character's middle, put together: what each says of a character, blank left out.
fn cell(
    steps: &[[f32; STEP_CLASSES]],
    window: std::ops::RangeInclusive<usize>,
    middle: usize,
) -> Cell {
    let mut symbols = [SPREAD; SYMBOLS];
    let mut foreign = 0.0f32;
    for at in window {
        let weight = if at == middle { 1.0 } else { BESIDE };
        for (sum, value) in symbols.iter_mut().zip(&steps[at]) {
            *sum += weight * value;
        }
        foreign += weight * (1.0 - steps[at].iter().sum::<f32>()).max(0.0);
    }
    let whole = symbols.iter().sum::<f32>() + foreign;
    blended(symbols.map(|value| value / whole))
}

/// How strongly a better fitting look outweighs another: a score worse by 0.1 counts a fifth.
const LOOK_SHARPNESS: f32 = 16.0;

/// The score of the best of several looks at a line.
pub(super) fn best_score(looks: &[Aligned]) -> f32 {
    looks
        .iter()
        .map(|look| look.score)
        .fold(f32::NEG_INFINITY, f32::max)
}

/// The mean of several looks at the same line, those that fit better counting more.
pub(super) fn mean(looks: &[Aligned]) -> Vec<Cell> {
    let best = best_score(looks);
    let count = looks.first().map_or(0, |look| look.cells.len());
    let mut cells = vec![[0.0; SYMBOLS]; count];
    let weight = |look: &Aligned| ((look.score - best) * LOOK_SHARPNESS).exp();
    let sum: f32 = looks.iter().map(weight).sum();
    for look in looks {
        let share = weight(look) / sum;
        for (total, cell) in cells.iter_mut().zip(&look.cells) {
            total
                .iter_mut()
                .zip(cell)
                .for_each(|(total, value)| *total += share * value);
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::mrz::symbol_index;

    fn text(cells: &[Cell]) -> String {
        let symbol = |cell: &Cell| {
            (0..SYMBOLS)
                .max_by(|&a, &b| cell[a].total_cmp(&cell[b]))
                .unwrap()
        };
        cells
            .iter()
            .map(|cell| char::from(ALPHABET[symbol(cell)]))
            .collect()
    }

    fn evidence(line: &str) -> Evidence {
        let mut steps = Vec::new();
        let mut blank = [0.0; STEP_CLASSES];
        blank[BLANK] = 0.99;
        for character in line.chars() {
            let mut seen = [0.0; STEP_CLASSES];
            seen[symbol_index(character).unwrap()] = 0.99;
            steps.extend([blank, seen, blank, blank]);
        }
        Evidence { steps }
    }

    const LINE: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<";

    #[test]
    fn a_clear_line_falls_into_its_cells() {
        let aligned = align(&evidence(LINE), 44, 4.0).unwrap();
        assert_eq!(text(&aligned.cells), LINE);
        assert!(aligned.score > -0.2, "{}", aligned.score);
    }

    #[test]
    fn a_filler_that_the_network_missed_is_found_by_the_pitch() {
        let mut dim = evidence(LINE);
        let missed = &mut dim.steps[4 * 35 + 1];
        *missed = [0.0; STEP_CLASSES];
        missed[BLANK] = 0.95;
        missed[36] = 0.04;
        let aligned = align(&dim, 44, 4.0).unwrap();
        assert_eq!(text(&aligned.cells), LINE);
    }

    #[test]
    fn another_count_fits_worse() {
        let whole = align(&evidence(LINE), 44, 4.0).unwrap().score;
        for count in [30, 36] {
            let other = align(&evidence(LINE), count, 4.0).unwrap().score;
            assert!(other < whole - 0.25, "{count}: {other} against {whole}");
        }
    }

    #[test]
    fn too_little_evidence_is_no_line() {
        assert!(align(&Evidence { steps: vec![] }, 30, 4.0).is_none());
        assert!(align(&evidence("ABC"), 30, 4.0).is_none());
        assert!(align(&evidence(LINE), 44, f32::NAN).is_none());
    }
}
