//! Shapes of document numbers, where a state's is widely published and has not changed for all that is valid.
//!
//! ICAO leaves the number to its issuer, and most states publish no rule or change it: they are not here, and
//! nothing is said of their numbers. Ordinary passports only (`P`, `PP`), since those of diplomats and refugees are
//! numbered otherwise, and cards where one is named.
//!
//! Sources: Microsoft Purview's entity definitions `sit-defn-*-passport-number` (Germany, United States and United
//! Kingdom, France, Poland, Australia) and `sit-defn-poland-identity-card`; python-stdnum,
//! `nl.identiteitskaartnummer` (Netherlands); the layout of the French card of 1988: year and month of issue,
//! three for the office, five running digits. Wider here than there where older documents are still shown: nine
//! figures, or a letter and seven figures, on German ones.

use crate::document::mrz::{MrzFields, MrzFormat};

/// Letters of German serial numbers: those that look like no figure and make no words.
const GERMAN: &str = "CFGHJKLMNPRTVWXYZ";

/// Whether the number has its state's shape; `None` where none is known.
pub(super) fn has_its_shape(format: MrzFormat, fields: &MrzFields) -> Option<bool> {
    let number = fields.document_number.as_str();
    let ordinary = format == MrzFormat::Td3 && matches!(fields.document_code.as_str(), "P" | "PP");
    let any = |shapes: &[&str]| Some(shapes.iter().any(|shape| is_of(number, shape)));
    match (fields.issuing_state.as_str(), format) {
        ("FRA", MrzFormat::FrenchId) => Some(french_card(number)),
        ("D", _) if ordinary => Some(german(number)),
        ("FRA", _) if ordinary => any(&["99AA99999"]),
        ("GBR", _) if ordinary => any(&["999999999"]),
        ("USA", _) if ordinary => any(&["999999999", "A99999999"]),
        ("POL", _) if ordinary => any(&["AA9999999"]),
        ("AUS", _) if ordinary => any(&["A9999999", "AA9999999"]),
        ("POL", MrzFormat::Td1) if fields.document_code == "I" => any(&["AAA999999"]),
        ("NLD", _) if ordinary || fields.document_code == "I" => Some(dutch(number)),
        _ => None,
    }
}

/// `A` for a letter, `9` for a figure, `*` for either.
fn is_of(number: &str, shape: &str) -> bool {
    let fits = |(character, class): (char, char)| match class {
        'A' => character.is_ascii_uppercase(),
        '9' => character.is_ascii_digit(),
        _ => character.is_ascii_uppercase() || character.is_ascii_digit(),
    };
    number.len() == shape.len() && number.chars().zip(shape.chars()).all(fits)
}

fn german(number: &str) -> bool {
    let allowed = |character: char| character.is_ascii_digit() || GERMAN.contains(character);
    let serial = number.len() == 9
        && number.starts_with(['C', 'F', 'G', 'H', 'J', 'K'])
        && number.chars().all(allowed);
    serial || is_of(number, "999999999") || is_of(number, "A9999999")
}

fn dutch(number: &str) -> bool {
    is_of(number, "AA******9") && !number.contains('O')
}

/// The month of issue is one of twelve; the office is of figures, but for Corsica's `2A` and `2B`.
fn french_card(number: &str) -> bool {
    let month: Option<u8> = number.get(2..4).and_then(|month| month.parse().ok());
    is_of(number, "9999***99999") && month.is_some_and(|month| (1..=12).contains(&month))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(format: MrzFormat, code: &str, state: &str, number: &str) -> Option<bool> {
        let fields = MrzFields {
            document_code: code.into(),
            issuing_state: state.into(),
            document_number: number.into(),
            ..MrzFields::default()
        };
        has_its_shape(format, &fields)
    }

    #[test]
    fn numbers_of_published_shapes_fit_and_others_of_the_same_states_do_not() {
        for (state, fits, other) in [
            ("D", "C01X00T47", "C01A00T47"),
            ("D", "123456789", "L898902C3"),
            ("FRA", "12AB34567", "L898902C3"),
            ("GBR", "123456789", "L89890203"),
            ("USA", "A12345678", "AB1234567"),
            ("USA", "123456789", "12345678"),
            ("POL", "AB1234567", "123456789"),
            ("AUS", "PA0940443", "123456789"),
            ("NLD", "XR1001R58", "XR1O01R58"),
        ] {
            assert_eq!(
                judged(MrzFormat::Td3, "P", state, fits),
                Some(true),
                "{state} {fits}"
            );
            assert_eq!(
                judged(MrzFormat::Td3, "P", state, other),
                Some(false),
                "{state} {other}"
            );
        }
    }

    #[test]
    fn a_french_card_bears_a_month_of_issue() {
        let card = |number| judged(MrzFormat::FrenchId, "ID", "FRA", number);
        assert_eq!(card("880692310285"), Some(true));
        assert_eq!(card("88062A310285"), Some(true));
        assert_eq!(card("881392310285"), Some(false), "the thirteenth month");
        assert_eq!(card("L898902C3"), Some(false));
    }

    #[test]
    fn nothing_is_said_where_no_shape_is_published_or_the_passport_is_no_ordinary_one() {
        assert_eq!(judged(MrzFormat::Td3, "P", "UTO", "L898902C3"), None);
        assert_eq!(judged(MrzFormat::Td3, "PD", "FRA", "L898902C3"), None);
        assert_eq!(judged(MrzFormat::MrvA, "V", "USA", "L898902C3"), None);
        assert_eq!(judged(MrzFormat::Td1, "C1", "USA", "022345679"), None);
    }
}
