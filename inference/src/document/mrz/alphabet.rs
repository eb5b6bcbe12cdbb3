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

/// Whether no check digit tells the two characters apart: their values differ by 0, 10, 20 or 30.
///
/// Whatever the weight (7, 3 or 1, none of which shares a factor with 10), an exchange of one for the other is
/// noticed exactly where their values differ modulo 10. So any two different digits are told apart, and of
/// letters and digits that look alike O/0, I/1, B/8, S/5 and Z/2 are, but G/6, Q/6 and L/1 are not.
#[must_use]
pub fn is_unseen_exchange(one: char, other: char) -> bool {
    match (value(one), value(other)) {
        (Some(one), Some(other)) => one % 10 == other % 10,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_cannot_tell_these_characters_apart() {
        let groups: Vec<String> = (0..10)
            .map(|rest| {
                let same = |symbol: &char| value(*symbol).unwrap() % 10 == rest;
                ALPHABET
                    .map(char::from)
                    .iter()
                    .filter(|s| same(s))
                    .collect()
            })
            .collect();
        assert_eq!(
            groups,
            [
                "0AKU<", "1BLV", "2CMW", "3DNX", "4EOY", "5FPZ", "6GQ", "7HR", "8IS", "9JT"
            ]
        );
    }

    #[test]
    fn an_exchange_goes_unseen_within_a_group_at_every_weight_and_nowhere_else() {
        for one in ALPHABET.map(char::from) {
            for other in ALPHABET.map(char::from) {
                for place in 0..3 {
                    let text = |symbol| {
                        let mut text = ['7', 'X', '<'];
                        text[place] = symbol;
                        check_digit(&text.iter().collect::<String>())
                    };
                    assert_eq!(text(one) == text(other), is_unseen_exchange(one, other));
                }
            }
        }
    }

    #[test]
    fn of_characters_that_look_alike_only_three_pairs_go_unseen() {
        let alike = [
            "0O", "1I", "8B", "5S", "2Z", "0D", "0Q", "6G", "6Q", "4A", "7T", "1L", "UV", "MN",
            "HM",
        ];
        let unseen: Vec<&str> = alike
            .into_iter()
            .filter(|pair| {
                let symbols: Vec<char> = pair.chars().collect();
                is_unseen_exchange(symbols[0], symbols[1])
            })
            .collect();
        assert_eq!(unseen, ["6G", "6Q", "1L"]);
    }

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
