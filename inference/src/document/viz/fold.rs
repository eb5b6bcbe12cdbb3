//! Text folded for comparison: letters without marks, look-alikes as one, and distances between texts.

use crate::document::mrz::transliterate;

/// The letter that a character is without its marks, in lower case; digits are themselves; `None` for
/// everything else. `Ä` is `a`, `Ø` is `o`, `Þ` is `t`: the first of the letters that ICAO 9303-3,
/// section 6 writes for it.
pub(in crate::document) fn base(character: char) -> Option<char> {
    if character.is_ascii_alphanumeric() {
        return Some(character.to_ascii_lowercase());
    }
    let written = transliterate(character.encode_utf8(&mut [0; 4]), "text").ok()?;
    written
        .chars()
        .next()
        .filter(char::is_ascii_alphabetic)
        .map(|letter| letter.to_ascii_lowercase())
}

/// Letters and digits alone, folded by [`base`], for labels: what small print makes look alike is one
/// (`rn` and `m`; `i`, `l` and `1`; `o` and `0`).
pub(super) fn squash(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars().filter_map(base) {
        match letter {
            'i' | '1' => out.push('l'),
            '0' => out.push('o'),
            'n' if out.ends_with('r') => {
                out.pop();
                out.push('m');
            }
            other => out.push(other),
        }
    }
    out
}

/// Insertions, deletions and replacements between two texts (Levenshtein).
pub(in crate::document) fn distance(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.chars().collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in two.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_look_alikes_fold() {
        assert_eq!(squash("Prénoms"), squash("PREN0MS"));
        assert_eq!(squash("Surname / Nom"), squash("Sumame/Nom"));
        assert_eq!(squash("N° de passeport"), "ndepasseport");
        assert_eq!(base('Ø'), Some('o'));
        assert_eq!(base('李'), None);
    }

    #[test]
    fn distances_count_single_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
