//! What a card says, by meaning.

use std::collections::BTreeMap;
use std::fmt;

use time::Date;

use super::element::Field;
use crate::document::mrz::Sex;

/// A height as the card gives it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Height {
    /// Inches.
    Inches(u16),
    /// Centimetres.
    Centimetres(u16),
}

impl Height {
    /// In centimetres, rounded.
    #[must_use]
    pub fn centimetres(self) -> u16 {
        match self {
            Self::Inches(inches) => (f32::from(inches) * 2.54).round() as u16,
            Self::Centimetres(centimetres) => centimetres,
        }
    }
}

impl fmt::Debug for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Height([redacted])")
    }
}

/// Whether a name was cut to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truncation {
    /// `T`.
    Truncated,
    /// `N`.
    Whole,
    /// `U`.
    Unknown,
}

/// Compliance with the REAL ID Act, as the Department of Homeland Security defines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compliance {
    /// `F`.
    Full,
    /// `M`, in the standards of 2009 to 2013.
    Material,
    /// `N`.
    None,
}

/// What an element holds.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Text, without spaces at its ends.
    Text(String),
    /// A date.
    Date(Date),
    /// Sex.
    Sex(Sex),
    /// Height.
    Height(Height),
    /// A whole number.
    Number(u16),
    /// Yes or no.
    Flag(bool),
    /// Whether a name was cut.
    Truncation(Truncation),
    /// Compliance.
    Compliance(Compliance),
    /// `NONE`: the card says that there is nothing to say ("data elements that are not
    /// applicable").
    NotApplicable,
    /// `unavl`: the card says that it is not known.
    Unavailable,
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value([redacted])")
    }
}

/// The fields of a card, each at most once. What the card does not have, or has and could not be
/// read, is not among them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<Field, Value>);

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fields({} [redacted])", self.0.len())
    }
}

impl Fields {
    /// What the card says of a field.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&Value> {
        self.0.get(&field)
    }

    /// Sets a field; gives back what stood there.
    pub fn set(&mut self, field: Field, value: Value) -> Option<Value> {
        self.0.insert(field, value)
    }

    /// Removes a field.
    pub fn remove(&mut self, field: Field) -> Option<Value> {
        self.0.remove(&field)
    }

    /// Every field with its value.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &Value)> {
        self.0.iter().map(|(field, value)| (*field, value))
    }

    /// The text of a field; `None` where it is absent, not applicable, or no text.
    #[must_use]
    pub fn text(&self, field: Field) -> Option<&str> {
        match self.get(field) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The date of a field; `None` where it is absent or no date.
    #[must_use]
    pub fn date(&self, field: Field) -> Option<Date> {
        match self.get(field) {
            Some(Value::Date(date)) => Some(*date),
            _ => None,
        }
    }

    /// Yes or no; `None` where the card does not say. From version 2 on, cards mostly say only yes.
    #[must_use]
    pub fn flag(&self, field: Field) -> Option<bool> {
        match self.get(field) {
            Some(Value::Flag(flag)) => Some(*flag),
            _ => None,
        }
    }

    /// Sex.
    #[must_use]
    pub fn sex(&self) -> Option<Sex> {
        match self.get(Field::Sex) {
            Some(Value::Sex(sex)) => Some(*sex),
            _ => None,
        }
    }

    /// Height.
    #[must_use]
    pub fn height(&self) -> Option<Height> {
        [Field::Height, Field::HeightMetric]
            .into_iter()
            .find_map(|field| match self.get(field) {
                Some(Value::Height(height)) => Some(*height),
                _ => None,
            })
    }

    /// Postal code without what only fills its place: of nine digits, the last four where they are
    /// zeros (`DAK`: unknown digits are zeros); nine digits are parted by a hyphen.
    #[must_use]
    pub fn postal_code(&self) -> Option<String> {
        let code = self.text(Field::PostalCode)?;
        let nine = code.len() == 9 && code.bytes().all(|byte| byte.is_ascii_digit());
        Some(match nine {
            true if code.ends_with("0000") => code[..5].to_owned(),
            true => format!("{}-{}", &code[..5], &code[5..]),
            false => code.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(field: Field, text: &str) -> Fields {
        let mut fields = Fields::default();
        fields.set(field, Value::Text(text.into()));
        fields
    }

    #[test]
    fn a_postal_code_sheds_its_filling() {
        let code = |text| with(Field::PostalCode, text).postal_code();
        assert_eq!(code("232690000").as_deref(), Some("23269"));
        assert_eq!(code("232691234").as_deref(), Some("23269-1234"));
        assert_eq!(code("K1A 0B1").as_deref(), Some("K1A 0B1"));
        assert_eq!(Fields::default().postal_code(), None);
    }

    #[test]
    fn heights_compare_in_centimetres() {
        assert_eq!(Height::Inches(69).centimetres(), 175);
        assert_eq!(Height::Centimetres(181).centimetres(), 181);
    }

    #[test]
    fn debug_shows_no_value() {
        let fields = with(Field::City, "SECRETVILLE");
        let shown = format!(
            "{fields:?} {:?} {:?}",
            fields.get(Field::City),
            Height::Inches(77)
        );
        assert!(
            !shown.contains("SECRET") && !shown.contains("77"),
            "{shown}"
        );
    }
}
