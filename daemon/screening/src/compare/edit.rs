//! What it costs to turn one token into another, in edits: letters that romanisations and typing exchange cost less.
//!
//! A dynamic programme over the two words as Damerau and Levenshtein's (optimal string alignment), with a cost for each
//! pair of letters. The costs are set by what the letters stand for, not fitted.

/// The longest token that is compared, in letters; what goes on beyond is left aside.
pub const LONGEST: usize = 32;
/// Two neighbours exchanged.
const EXCHANGE: f32 = 0.8;
/// Beyond this share of the longer word's letters, two words are two names however far apart.
const HOPELESS: f32 = 0.6;
/// A letter that stands twice.
const DOUBLED: f32 = 0.2;

/// Pairs that are cheaper than any other, both ways.
const NEAR: &[(u8, u8, f32)] = &[
    (b'i', b'y', 0.15),
    (b'i', b'j', 0.3),
    (b'y', b'j', 0.15),
    (b'o', b'u', 0.25),
    (b'e', b'i', 0.3),
    (b'e', b'y', 0.4),
    (b'a', b'e', 0.35),
    (b'a', b'o', 0.5),
    (b'c', b'k', 0.1),
    (b'k', b'q', 0.1),
    (b'c', b'q', 0.3),
    (b'c', b's', 0.4),
    (b's', b'z', 0.3),
    (b'v', b'w', 0.15),
    (b'u', b'w', 0.3),
    (b'u', b'v', 0.5),
    (b'f', b'v', 0.4),
    (b'b', b'p', 0.5),
    (b'd', b't', 0.5),
    (b'g', b'k', 0.4),
    (b'g', b'j', 0.4),
    (b'g', b'q', 0.4),
    (b'g', b'h', 0.5),
    (b'h', b'k', 0.6),
    (b'x', b's', 0.5),
    (b'x', b'k', 0.6),
    (b'j', b'z', 0.5),
    (b'b', b'v', 0.5),
    (b'm', b'n', 0.7),
    (b'l', b'r', 0.8),
];

const fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// Letters, and one place for all that is none.
const OTHER: usize = 26;

/// Cost of one letter in place of another.
const SUBSTITUTE: [[f32; OTHER + 1]; OTHER + 1] = {
    let mut table = [[1.0; OTHER + 1]; OTHER + 1];
    let (mut one, mut other) = (0, 0);
    while one < OTHER {
        while other < OTHER {
            if one == other {
                table[one][other] = 0.0;
            } else if is_vowel(b'a' + one as u8) && is_vowel(b'a' + other as u8) {
                table[one][other] = 0.6;
            }
            other += 1;
        }
        other = 0;
        one += 1;
    }
    let mut at = 0;
    while at < NEAR.len() {
        let (one, other, cost) = NEAR[at];
        table[(one - b'a') as usize][(other - b'a') as usize] = cost;
        table[(other - b'a') as usize][(one - b'a') as usize] = cost;
        at += 1;
    }
    table
};

/// A letter's row in [`SUBSTITUTE`]; what is no letter has the last one.
const fn place(letter: u8) -> usize {
    if letter.is_ascii_lowercase() {
        (letter - b'a') as usize
    } else {
        OTHER
    }
}

/// Cost of a letter that one word has and the other lacks, after the letter before it.
fn add(letter: u8, before: Option<u8>, vowels_free: bool) -> f32 {
    if before == Some(letter) {
        return DOUBLED;
    }
    match letter {
        b'a' | b'e' | b'i' | b'o' | b'u' | b'y' | b'w' if vowels_free => 0.06,
        b'h' => 0.45,
        b'a' | b'e' | b'i' | b'o' | b'u' => 0.7,
        b'y' | b'j' | b'w' => 0.65,
        _ => 1.0,
    }
}

/// A word made ready: for each letter its row in [`SUBSTITUTE`], and what it costs to add it.
struct Word<'a> {
    letters: &'a [u8],
    places: [usize; LONGEST],
    adding: [f32; LONGEST],
}

impl<'a> Word<'a> {
    fn new(word: &'a str, vowels_free: bool) -> Self {
        let letters = &word.as_bytes()[..word.len().min(LONGEST)];
        let mut ready = Self {
            letters,
            places: [OTHER; LONGEST],
            adding: [0.0; LONGEST],
        };
        let mut before = None;
        for (at, letter) in letters.iter().enumerate() {
            ready.places[at] = place(*letter);
            ready.adding[at] = add(*letter, before, vowels_free);
            before = Some(*letter);
        }
        ready
    }
}

/// Edits from one word to the other. `vowels_free`: one of the two was written without vowels.
pub fn edits(one: &str, other: &str, vowels_free: bool) -> f32 {
    if one == other {
        return 0.0;
    }
    let (one, other) = (Word::new(one, vowels_free), Word::new(other, vowels_free));
    let hopeless = one.letters.len().max(other.letters.len()) as f32 * HOPELESS + EXCHANGE;
    let mut rows = [[0.0_f32; LONGEST + 1]; 3];
    let [two_ago, last, now] = &mut rows;
    let (mut two_ago, mut last, mut now) = (two_ago, last, now);
    for (at, cost) in other.adding[..other.letters.len()].iter().enumerate() {
        last[at + 1] = last[at] + cost;
    }
    for (at, letter) in one.letters.iter().enumerate() {
        let substitutes = &SUBSTITUTE[one.places[at]];
        let leave = one.adding[at];
        let before = at.checked_sub(1).map(|at| one.letters[at]);
        let mut left = last[0] + leave;
        let mut least_of_row = f32::MAX;
        now[0] = left;
        for (with, against) in other.letters.iter().enumerate() {
            let substitute = if letter == against {
                0.0
            } else {
                substitutes[other.places[with]]
            };
            let mut least = (last[with] + substitute)
                .min(last[with + 1] + leave)
                .min(left + other.adding[with]);
            if before == Some(*against) && with > 0 && other.letters[with - 1] == *letter {
                least = least.min(two_ago[with - 1] + EXCHANGE);
            }
            now[with + 1] = least;
            left = least;
            least_of_row = least_of_row.min(least);
        }
        // Costs only grow: what is beyond use already need not be told exactly.
        if least_of_row > hopeless {
            return least_of_row;
        }
        (two_ago, last, now) = (last, now, two_ago);
    }
    last[other.letters.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_romanisations_exchange_cost_less_than_others() {
        assert!(edits("katarina", "catarina", false) < 0.2);
        assert!(edits("yusuf", "iusuf", false) < 0.2);
        assert!(edits("hanna", "hana", false) < 0.3);
        assert!((edits("milan", "mitan", false) - 1.0).abs() < 1e-6);
        assert!((edits("maertin", "martein", false)) < 2.0);
        assert!(edits("mhmd", "muhammad", true) < 0.5);
        assert!(edits("mhmd", "muhammad", false) > 1.5);
    }

    #[test]
    fn two_neighbours_exchanged_are_one_edit() {
        assert!((edits("marcon", "macron", false) - EXCHANGE).abs() < 1e-6);
    }
}
