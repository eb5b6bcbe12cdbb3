//! Document numbers compared: no edit is tolerated.

use crate::document::mrz::check_digit;
use crate::document::viz::distance;

use super::letters::look_alike;
use super::{Agreement, Compared};

/// Words that stand with a printed number and are none of it.
const AROUND: [&str; 14] = [
    "NO", "NR", "N", "NUMBER", "NUMERO", "NUM", "SERIA", "SERIE", "SERIES", "A#", "INS", "DL",
    "LIC", "ID",
];

/// Compares two numbers, letters and figures alone. A printed number may bear its check digit
/// (ICAO 9303-3, 4.9), as some issuers print it.
pub(super) fn compare(one: &str, two: &str, of_print: bool) -> Compared {
    let (one, two) = (characters(one), characters(two));
    if one.is_empty() || two.is_empty() {
        return Compared::Unknown;
    }
    if one == two {
        return Compared::Same(Agreement::Exact, 0);
    }
    if with_digit(&one) == Some(two.clone()) || with_digit(&two) == Some(one.clone()) {
        return Compared::Same(Agreement::Equivalent, 0);
    }
    let alike = one.chars().count() == two.chars().count()
        && one
            .chars()
            .zip(two.chars())
            .all(|(a, b)| a == b || look_alike(a, b));
    if of_print && alike {
        return Compared::Same(Agreement::LookAlike, 0);
    }
    Compared::Other(distance(&one, &two))
}

/// The number in capitals, without spaces, marks and the words around it.
fn characters(text: &str) -> String {
    let words = text.split([' ', ':', '°', 'º']).map(str::to_uppercase);
    words
        .filter(|word| !AROUND.contains(&word.trim_matches(['.', '#'])))
        .flat_map(|word| word.chars().collect::<Vec<_>>())
        .filter(char::is_ascii_alphanumeric)
        .collect()
}

fn with_digit(number: &str) -> Option<String> {
    check_digit(number).map(|digit| format!("{number}{digit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(printed: &str, zone: &str) -> Compared {
        compare(printed, zone, true)
    }

    #[test]
    fn spaces_marks_and_words_around_don_t_count() {
        for (printed, zone) in [
            ("L898902C3", "L898902C3"),
            ("SERIA HD NR 198025", "HD198025"),
            ("022-345-679", "022345679"),
            ("PL 0000000", "PL0000000"),
        ] {
            assert_eq!(
                compared(printed, zone),
                Compared::Same(Agreement::Exact, 0),
                "{printed}"
            );
        }
        assert_eq!(
            compared("L898902C36", "L898902C3"),
            Compared::Same(Agreement::Equivalent, 0)
        );
    }

    #[test]
    fn look_alikes_agree_by_that_name_only_and_only_in_print() {
        assert_eq!(
            compared("L8989O2C3", "L898902C3"),
            Compared::Same(Agreement::LookAlike, 0)
        );
        let strictly = compare("L8989O2C3", "L898902C3", false);
        assert_eq!(strictly, Compared::Other(1));
    }

    #[test]
    fn one_other_character_differs() {
        assert_eq!(compared("L898907C3", "L898902C3"), Compared::Other(1));
        assert_eq!(compared("L898902", "L898902C3"), Compared::Other(2));
    }
}
