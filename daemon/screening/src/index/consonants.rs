//! A word's consonants, by which words that are spelt alike are found without comparing letters.

/// How often each of eight classes of consonants stands in a word; neighbours of one class count once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Consonants(u64);

const CLASSES: usize = 8;

impl Consonants {
    pub(super) fn of(word: &str) -> Self {
        let mut counts = [0_u8; CLASSES];
        let mut before = None;
        for letter in word.bytes() {
            let class = class(letter);
            if let Some(class) = class
                && before != Some(class)
            {
                counts[class] = counts[class].saturating_add(1);
            }
            if letter != b'h' {
                before = class;
            }
        }
        Self(u64::from_le_bytes(counts))
    }

    /// These, and all that one letter exchanged for one of another class, or two added or left out make of them; of a word
    /// of one consonant, one. At most 145.
    pub(super) fn near(self) -> Vec<Self> {
        let mut near = vec![self];
        let once = self.one_off(0);
        let count: usize = self.0.to_le_bytes().into_iter().map(usize::from).sum();
        let short = count <= 1;
        for (class, other) in once {
            near.push(other);
            if !short {
                // Back to what it was is no step: the second goes the same way, or is of a later class.
                near.extend(
                    other
                        .one_off(class)
                        .filter(|(_, twice)| *twice != self)
                        .map(|(_, twice)| twice),
                );
            }
        }
        near
    }

    /// What one consonant more or less makes, of the classes from `first` on.
    fn one_off(self, first: usize) -> impl Iterator<Item = (usize, Self)> {
        let counts = self.0.to_le_bytes();
        (first..CLASSES).flat_map(move |class| {
            let with = |count: u8| {
                let mut counts = counts;
                counts[class] = count;
                (class, Self(u64::from_le_bytes(counts)))
            };
            let more = counts[class].checked_add(1).map(with);
            let fewer = counts[class].checked_sub(1).map(with);
            more.into_iter().chain(fewer)
        })
    }
}

fn class(letter: u8) -> Option<usize> {
    match letter {
        b'c' | b'k' | b'q' | b'g' | b'x' | b'j' => Some(0),
        b's' | b'z' => Some(1),
        b'f' | b'v' => Some(2),
        b'd' | b't' => Some(3),
        b'b' | b'p' => Some(4),
        b'l' => Some(5),
        b'r' => Some(6),
        b'm' | b'n' => Some(7),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn near_ones_are_all_within_two_and_each_once() {
        let word = Consonants::of("brenkilsot");
        let near = word.near();
        let all: HashSet<Consonants> = near.iter().copied().collect();
        assert_eq!(all.len(), near.len());
        let apart = |other: &Consonants| -> u8 {
            let (one, other) = (word.0.to_le_bytes(), other.0.to_le_bytes());
            one.iter()
                .zip(other)
                .map(|(one, other)| one.abs_diff(other))
                .sum()
        };
        assert!(near.iter().all(|other| apart(other) <= 2));
        // Brute force over the counts that two steps reach.
        let mut reached = HashSet::from([word]);
        for _ in 0..2 {
            let further: Vec<Consonants> = reached
                .iter()
                .flat_map(|word| word.one_off(0).map(|(_, other)| other))
                .collect();
            reached.extend(further);
        }
        assert_eq!(all, reached);
    }

    #[test]
    fn doubled_letters_vowels_and_h_make_no_difference() {
        assert_eq!(Consonants::of("hussain"), Consonants::of("husein"));
        assert_ne!(Consonants::of("hussain"), Consonants::of("hassar"));
    }
}
