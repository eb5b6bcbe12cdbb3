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

/// Cost of one letter in place of another.
const SUBSTITUTE: [[f32; 26]; 26] = {
    let mut table = [[1.0; 26]; 26];
    let (mut one, mut other) = (0, 0);
    while one < 26 {
        while other < 26 {
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

fn substitute(one: u8, other: u8) -> f32 {
    if one == other {
        return 0.0;
    }
    let place = |letter: u8| {
        letter
            .checked_sub(b'a')
            .filter(|place| *place < 26)
            .map(usize::from)
    };
    match (place(one), place(other)) {
        (Some(one), Some(other)) => SUBSTITUTE[one][other],
        _ => 1.0,
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

/// Edits from one word to the other. `vowels_free`: one of the two was written without vowels.
pub fn edits(one: &str, other: &str, vowels_free: bool) -> f32 {
    if one == other {
        return 0.0;
    }
    let one = &one.as_bytes()[..one.len().min(LONGEST)];
    let other = &other.as_bytes()[..other.len().min(LONGEST)];
    let hopeless = one.len().max(other.len()) as f32 * HOPELESS + EXCHANGE;
    let mut rows = [[0.0_f32; LONGEST + 1]; 3];
    for at in 0..other.len() {
        let before = at.checked_sub(1).map(|at| other[at]);
        rows[0][at + 1] = rows[0][at] + add(other[at], before, vowels_free);
    }
    for (at, letter) in one.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| one[at]);
        let (last, now, two_ago) = (at % 3, (at + 1) % 3, (at + 2) % 3);
        let leave = add(*letter, before, vowels_free);
        let mut least_of_row = f32::MAX;
        rows[now][0] = rows[last][0] + leave;
        for (with, against) in other.iter().enumerate() {
            let other_before = with.checked_sub(1).map(|with| other[with]);
            let mut least = rows[last][with] + substitute(*letter, *against);
            least = least.min(rows[last][with + 1] + leave);
            least = least.min(rows[now][with] + add(*against, other_before, vowels_free));
            if let (Some(before), Some(other_before)) = (before, other_before)
                && before == *against
                && other_before == *letter
            {
                least = least.min(rows[two_ago][with - 1] + EXCHANGE);
            }
            rows[now][with + 1] = least;
            least_of_row = least_of_row.min(least);
        }
        // Costs only grow: what is beyond use already need not be told exactly.
        if least_of_row > hopeless {
            return least_of_row;
        }
    }
    rows[one.len() % 3][other.len()]
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
