//! What a value of a field looks like.

use super::dates::{DateOrder, dates_in};
use super::labels::FieldName;

/// Whether a text can be a value of the field.
pub(super) fn fits(name: FieldName, text: &str, order: DateOrder) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    match name {
        FieldName::Surname | FieldName::GivenNames | FieldName::FullName => is_name(text, order),
        FieldName::DocumentNumber => is_number(text, order),
        FieldName::Nationality => letters >= 2 && digits == 0,
        FieldName::BirthDate | FieldName::IssueDate | FieldName::ExpiryDate => {
            !dates_in(text, order).is_empty()
        }
        FieldName::Sex => sex_of(text).is_some(),
        FieldName::PersonalNumber => digits >= 3,
        FieldName::BirthPlace | FieldName::Authority | FieldName::Address => letters >= 2,
    }
}

/// Mostly letters, and no date: a figure may have been read for a letter.
pub(super) fn is_name(text: &str, order: DateOrder) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    letters >= 1 && digits * 4 <= letters && dates_in(text, order).is_empty()
}

/// Five letters and digits or more, digits among them, and no date.
pub(in crate::document) fn is_number(text: &str, order: DateOrder) -> bool {
    let places = text.chars().filter(char::is_ascii_alphanumeric).count();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (5..=24).contains(&places)
        && digits >= 2
        && digits * 3 >= places
        && dates_in(text, order).is_empty()
}

/// The sex that a text states, as ICAO 9303-4, 4.1 has it: `F`, `M` or `X`, alone or as the second of
/// two languages (`K/F`, `KVK/F`, `N/F`). One letter of a national language alone stands where it can
/// mean nothing else (`W`, `K`, `Ž`, `H`).
pub(in crate::document) fn sex_of(text: &str) -> Option<char> {
    let parts: Vec<String> = text
        .split(['/', ' ', '|', '-', ',', '.'])
        .map(|part| {
            part.chars()
                .filter(|c| c.is_alphabetic())
                .collect::<String>()
        })
        .filter(|part| !part.is_empty())
        .map(|part| part.to_uppercase())
        .collect();
    let icao = |part: &String| match part.as_str() {
        "F" | "FEMALE" => Some('F'),
        "M" | "MALE" => Some('M'),
        "X" => Some('X'),
        _ => None,
    };
    if parts.is_empty() || parts.len() > 3 {
        return None;
    }
    if let Some(sex) = parts.last().and_then(icao) {
        return Some(sex);
    }
    if let [only] = parts.as_slice() {
        return match only.as_str() {
            "W" | "K" | "Ž" | "KVK" => Some('F'),
            "H" => Some('M'),
            _ => None,
        };
    }
    let mut stated = parts.iter().filter_map(icao);
    let first = stated.next()?;
    stated.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_international_letter_stands_last() {
        for (text, sex) in [
            ("F", Some('F')),
            ("M", Some('M')),
            ("X", Some('X')),
            ("N/F", Some('F')),
            ("KVK/F", Some('F')),
            ("M/M", Some('M')),
            ("K/F", Some('F')),
            ("F/F", Some('F')),
            ("K", Some('F')),
            ("S/F", Some('F')),
            ("FEMALE", Some('F')),
            ("ZENITH", None),
            ("", None),
            ("12", None),
        ] {
            assert_eq!(sex_of(text), sex, "{text}");
        }
    }

    #[test]
    fn names_numbers_and_dates_are_told_apart() {
        let order = DateOrder::Unknown;
        assert!(is_name("ANNA MARIA", order) && is_name("ERIKSS0N", order));
        assert!(
            !is_name("12 AUG 1974", order) && !is_name("L898902C3", order) && !is_name("", order)
        );
        assert!(is_number("L898902C3", order) && is_number("022-345-679", order));
        assert!(
            !is_number("12 AUG 1974", order)
                && !is_number("PRAHA", order)
                && !is_number("01.01.1911", order)
        );
    }
}
