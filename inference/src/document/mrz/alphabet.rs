//! The 37 characters of an MRZ, their values and the check digit over them (ICAO 9303-3, 4.9).

/// Every MRZ character, in the order of its value; the filler, worth 0, comes last.
pub const ALPHABET: [u8; 37] = *b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<";

/// The filler character.
pub const FILLER: char = '<';

/// The repeating weights of the check digit.
const WEIGHTS: [u32; 3] = [7, 3, 1];

/// What a character counts in a check digit: 0-9 itself, A-Z 10 to 35, `<` 0; others have no value.
#[must_use]
pub fn value(character: char) -> Option<u32> {
    match character {
        '0'..='9' => Some(u32::from(character) - u32::from('0')),
        'A'..='Z' => Some(u32::from(character) - u32::from('A') + 10),
        FILLER => Some(0),
        _ => None,
    }
}

/// Whether an MRZ may hold the character.
#[must_use]
pub fn is_mrz_char(character: char) -> bool {
    value(character).is_some()
}

/// Place of a character in [`ALPHABET`].
#[must_use]
pub fn symbol_index(character: char) -> Option<usize> {
    match character {
        FILLER => Some(36),
        other => value(other).map(|value| value as usize),
    }
}

/// The check digit (0 to 9) over `text`, or `None` where a character is not of the alphabet.
#[must_use]
pub fn check_digit(text: &str) -> Option<u8> {
    let sum = text
        .chars()
        .zip(WEIGHTS.iter().cycle())
        .map(|(character, weight)| value(character).map(|value| value * weight))
        .sum::<Option<u32>>()?;
    u8::try_from(sum % 10).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_own_examples_have_their_check_digits() {
        // ICAO 9303-3, part 4.9, examples 1 and 2.
        assert_eq!(check_digit("520727"), Some(3));
        assert_eq!(check_digit("AB2134<<<"), Some(5));
        assert_eq!(
            check_digit("HA672242<658022549601086<<<<<<<<<<<<<<0"),
            Some(8)
        );
    }

    #[test]
    fn a_character_outside_the_alphabet_has_no_check_digit() {
        assert_eq!(check_digit("12a"), None);
        assert_eq!(check_digit("Ä"), None);
    }

    #[test]
    fn the_alphabet_is_indexed_by_itself() {
        for (index, symbol) in ALPHABET.iter().enumerate() {
            assert_eq!(symbol_index(char::from(*symbol)), Some(index));
        }
    }
}
