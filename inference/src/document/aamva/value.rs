//! One element's text to its value, and back.

use super::date::{self, Order};
use super::element::{Element, Field, Kind};
use super::fields::{Compliance, Height, Truncation, Value};
use crate::document::mrz::Sex;

/// A value read.
#[derive(Debug)]
pub(super) struct Read {
    pub value: Value,
    /// Whether it is written otherwise than the standard asks.
    pub unusual: bool,
}

impl Read {
    fn plain(value: Value) -> Option<Self> {
        Some(Self {
            value,
            unusual: false,
        })
    }

    fn unusual(value: Value) -> Option<Self> {
        Some(Self {
            value,
            unusual: true,
        })
    }
}

/// Reads a trimmed, non-empty text. `None` where it cannot be told.
pub(super) fn read(element: &Element, text: &str, version: u8, order: Order) -> Option<Read> {
    // A family name may be None; nobody else's "not applicable" is one.
    let is_name = matches!(element.field, Field::FamilyName | Field::FullName);
    if text.eq_ignore_ascii_case("NONE") && !is_name {
        return Read::plain(Value::NotApplicable);
    }
    if text.eq_ignore_ascii_case("unavl") {
        return Read::plain(Value::Unavailable);
    }
    match element.kind {
        Kind::Text => Read::plain(Value::Text(text.to_owned())),
        Kind::Date => date::read(text, order).map(|(date, unusual)| Read {
            value: Value::Date(date),
            unusual,
        }),
        Kind::Sex => sex(text, version),
        Kind::Height => height(text, version),
        Kind::Centimetres => centimetres(text),
        Kind::Number => number(text),
        Kind::Flag => match text {
            "1" => Read::plain(Value::Flag(true)),
            "0" => Read::plain(Value::Flag(false)),
            "Y" => Read::unusual(Value::Flag(true)),
            "N" => Read::unusual(Value::Flag(false)),
            _ => None,
        },
        Kind::YesNo => match text {
            "Y" => Read::plain(Value::Flag(true)),
            "N" => Read::plain(Value::Flag(false)),
            "1" => Read::unusual(Value::Flag(true)),
            "0" => Read::unusual(Value::Flag(false)),
            _ => None,
        },
        Kind::Truncation => Read::plain(Value::Truncation(match text {
            "T" => Truncation::Truncated,
            "N" => Truncation::Whole,
            "U" => Truncation::Unknown,
            _ => return None,
        })),
        Kind::Compliance => Read::plain(Value::Compliance(match text {
            "F" => Compliance::Full,
            "M" => Compliance::Material,
            "N" => Compliance::None,
            _ => return None,
        })),
    }
}

/// Letters in version 1, digits later (ANSI D20); either is told from the other.
fn sex(text: &str, version: u8) -> Option<Read> {
    let (sex, letter) = match text {
        "1" => (Sex::Male, false),
        "2" => (Sex::Female, false),
        "9" => (Sex::Unspecified, false),
        "M" => (Sex::Male, true),
        "F" => (Sex::Female, true),
        "X" => (Sex::Unspecified, true),
        _ => return None,
    };
    Some(Read {
        value: Value::Sex(sex),
        unusual: letter != (version == 1),
    })
}

/// Heights that are taken, in inches and in centimetres.
const INCHES: std::ops::RangeInclusive<u16> = 12..=107;
const CENTIMETRES: std::ops::RangeInclusive<u16> = 30..=272;

fn height(text: &str, version: u8) -> Option<Read> {
    let lower = text.to_ascii_lowercase();
    let unit = |unit: &str| lower.strip_suffix(unit).map(str::trim);
    if let Some(inches) = unit("in") {
        let inches: u16 = digits(inches)?;
        return INCHES.contains(&inches).then_some(Read {
            value: Value::Height(Height::Inches(inches)),
            unusual: version == 1,
        });
    }
    if let Some(centimetres) = unit("cm") {
        let centimetres: u16 = digits(centimetres)?;
        return CENTIMETRES.contains(&centimetres).then_some(Read {
            value: Value::Height(Height::Centimetres(centimetres)),
            unusual: version == 1,
        });
    }
    if let Some((feet, inches)) = parted(text) {
        return feet_and_inches(feet, inches).and_then(Read::unusual);
    }
    bare(text, version)
}

/// `5-06` and `5'06"`.
fn parted(text: &str) -> Option<(u16, u16)> {
    let (feet, inches) = text.split_once(['-', '\''])?;
    let inches = inches.trim_end_matches(['"', '\'']);
    Some((digits(feet)?, digits(inches)?))
}

fn feet_and_inches(feet: u16, inches: u16) -> Option<Value> {
    ((3..=8).contains(&feet) && inches < 12)
        .then(|| Value::Height(Height::Inches(feet * 12 + inches)))
}

/// Three digits without a unit: feet and inches in version 1 (`509`). Elsewhere their size tells what
/// they are: 300 to 811 are feet and inches, 30 to 96 inches, 100 to 272 centimetres, and no number
/// is two of these.
fn bare(text: &str, version: u8) -> Option<Read> {
    if text.len() > 3 {
        return None;
    }
    let number: u16 = digits(text)?;
    if let Some(value) = feet_and_inches(number / 100, number % 100) {
        return Some(Read {
            value,
            unusual: version != 1,
        });
    }
    let height = match number {
        30..=96 => Height::Inches(number),
        100..=272 => Height::Centimetres(number),
        _ => return None,
    };
    Read::unusual(Value::Height(height))
}

fn centimetres(text: &str) -> Option<Read> {
    if let Some((feet, inches)) = parted(text) {
        return feet_and_inches(feet, inches).and_then(Read::unusual);
    }
    let lower = text.to_ascii_lowercase();
    let bare = lower.strip_suffix("cm").map_or(lower.as_str(), str::trim);
    let centimetres: u16 = digits(bare)?;
    CENTIMETRES.contains(&centimetres).then_some(Read {
        value: Value::Height(Height::Centimetres(centimetres)),
        unusual: bare.len() != text.len(),
    })
}

fn number(text: &str) -> Option<Read> {
    let lower = text.to_ascii_lowercase();
    let bare = ["lbs", "lb", "kg"]
        .iter()
        .find_map(|unit| lower.strip_suffix(unit))
        .map_or(lower.as_str(), str::trim);
    Some(Read {
        value: Value::Number(digits(bare)?),
        unusual: bare.len() != text.len(),
    })
}

/// At most four digits and nothing else.
fn digits(text: &str) -> Option<u16> {
    let fits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// Writes a value as the version asks. `None` where the element cannot hold it.
pub(super) fn write(element: &Element, value: &Value, version: u8, order: Order) -> Option<String> {
    let written = match (element.kind, value) {
        (_, Value::NotApplicable) => "NONE".to_owned(),
        (_, Value::Unavailable) => "unavl".to_owned(),
        (Kind::Text, Value::Text(text)) => return text_of(element, text),
        (Kind::Date, Value::Date(date)) => {
            return date::is_writable(*date).then(|| date::write(*date, order));
        }
        (Kind::Sex, Value::Sex(sex)) => match (sex, version) {
            (Sex::Male, 1) => "M",
            (Sex::Female, 1) => "F",
            (Sex::Unspecified, 1) => "X",
            (Sex::Male, _) => "1",
            (Sex::Female, _) => "2",
            (Sex::Unspecified, _) => "9",
        }
        .to_owned(),
        (Kind::Height, Value::Height(height)) => return height_of(*height, version),
        (Kind::Centimetres, Value::Height(Height::Centimetres(height))) => {
            return CENTIMETRES.contains(height).then(|| format!("{height:03}"));
        }
        (Kind::Number, Value::Number(number)) => {
            let written = format!("{number:0width$}", width = element.most);
            return (written.len() == element.most).then_some(written);
        }
        (Kind::Flag, Value::Flag(flag)) => u8::from(*flag).to_string(),
        (Kind::YesNo, Value::Flag(flag)) => (if *flag { "Y" } else { "N" }).to_owned(),
        (Kind::Truncation, Value::Truncation(truncation)) => match truncation {
            Truncation::Truncated => "T",
            Truncation::Whole => "N",
            Truncation::Unknown => "U",
        }
        .to_owned(),
        (Kind::Compliance, Value::Compliance(compliance)) => match compliance {
            Compliance::Full => "F",
            Compliance::Material => "M",
            Compliance::None => "N",
        }
        .to_owned(),
        _ => return None,
    };
    Some(written)
}

/// Text that is read back as it is: of the element's length, without spaces at its ends, in Latin
/// letters, digits and signs that one byte each of ISO 8859-1 holds, and none of the words that say
/// that there is no value.
fn text_of(element: &Element, text: &str) -> Option<String> {
    let length = text.chars().count();
    let fits = (1..=element.most).contains(&length) && text.trim() == text;
    let is_name = matches!(element.field, Field::FamilyName | Field::FullName);
    let word =
        text.eq_ignore_ascii_case("unavl") || (text.eq_ignore_ascii_case("NONE") && !is_name);
    (fits && !word && text.chars().all(is_writable)).then(|| text.to_owned())
}

/// Bytes 80 to BF are left out: they could make the text pass for UTF-8.
pub(super) fn is_writable(character: char) -> bool {
    matches!(character, ' '..='~' | '\u{C0}'..='\u{FF}')
}

fn height_of(height: Height, version: u8) -> Option<String> {
    match height {
        Height::Inches(inches) if version == 1 => (36..=107)
            .contains(&inches)
            .then(|| format!("{}{:02}", inches / 12, inches % 12)),
        Height::Inches(inches) => INCHES.contains(&inches).then(|| format!("{inches:03} in")),
        Height::Centimetres(_) if version == 1 => None,
        Height::Centimetres(height) => CENTIMETRES
            .contains(&height)
            .then(|| format!("{height:03} cm")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::element::nearest;
    use super::*;

    fn read_as(id: &str, text: &str, version: u8) -> Option<(Value, bool)> {
        let element = nearest(id, version).unwrap();
        read(element, text, version, Order::MonthFirst).map(|read| (read.value, read.unusual))
    }

    #[test]
    fn heights_read_as_cards_write_them() {
        let inches = |n, unusual| Some((Value::Height(Height::Inches(n)), unusual));
        let centimetres = |n, unusual| Some((Value::Height(Height::Centimetres(n)), unusual));
        assert!(read_as("DAU", "509", 1) == inches(69, false));
        assert!(read_as("DAU", "069 in", 8) == inches(69, false));
        assert!(read_as("DAU", "70 IN", 3) == inches(70, false));
        assert!(read_as("DAU", "181 cm", 8) == centimetres(181, false));
        assert!(read_as("DAU", "5'09\"", 8) == inches(69, true));
        assert!(read_as("DAU", "5-06", 1) == inches(66, true));
        assert!(read_as("DAU", "506", 9) == inches(66, true));
        assert!(read_as("DAU", "072", 9) == inches(72, true));
        assert!(read_as("DAU", "175", 9) == centimetres(175, true));
        assert!(read_as("DAV", "175", 1) == centimetres(175, false));
        for text in [
            "5",
            "599",
            "000",
            "299",
            "9-99",
            "in",
            "1.75 m",
            "+69 in",
            "999 cm",
            "５０９",
        ] {
            assert!(read_as("DAU", text, 8).is_none(), "{text}");
        }
    }

    #[test]
    fn sexes_read_as_letters_and_digits() {
        for (text, version, sex, unusual) in [
            ("1", 8, Sex::Male, false),
            ("F", 1, Sex::Female, false),
            ("2", 1, Sex::Female, true),
            ("9", 9, Sex::Unspecified, false),
            ("X", 10, Sex::Unspecified, true),
        ] {
            assert!(
                read_as("DBC", text, version) == Some((Value::Sex(sex), unusual)),
                "{text}"
            );
        }
        assert!(read_as("DBC", "3", 8).is_none());
    }

    #[test]
    fn none_and_unavailable_are_what_they_say() {
        assert!(read_as("DAD", "NONE", 8) == Some((Value::NotApplicable, false)));
        assert!(read_as("DCU", "UNAVL", 8) == Some((Value::Unavailable, false)));
        assert!(read_as("DCS", "NONE", 8) == Some((Value::Text("NONE".into()), false)));
    }
}
