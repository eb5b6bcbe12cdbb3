//! What an MRZ says, and what its check digits say of it. Nothing here prints it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::dates::MrzDate;
use super::layout::MrzFormat;
use super::names::Names;

/// Sex as an MRZ writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sex {
    /// `F`.
    Female,
    /// `M`.
    Male,
    /// `<`, or the `X` that some states print.
    Unspecified,
}

/// The fields, filler removed at the ends; a filler within a number stays.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MrzFields {
    /// Document code: `P`, `PA`, `V`, `I`, `ID`, `AC`, ...
    pub document_code: String,
    /// Issuing state or organisation (ICAO 9303-3, 5); one letter for Germany.
    pub issuing_state: String,
    /// Names.
    pub names: Names,
    /// Document number, whole where a card continues it in its optional data.
    pub document_number: String,
    /// Nationality; `FRA` on the French identity card, which has no place for it.
    pub nationality: String,
    /// Date of birth; `None` where it is filler or no date.
    pub birth: Option<MrzDate>,
    /// Sex; `None` where the character is none that stands for one.
    pub sex: Option<Sex>,
    /// Date of expiry; `None` where it is filler, no date, or the layout has none.
    pub expiry: Option<MrzDate>,
    /// Optional data: TD3's personal number, TD1's of line 1, the French card's office code.
    pub optional: String,
    /// TD1's optional data of line 2.
    pub second_optional: String,
}

impl fmt::Debug for MrzFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MrzFields([redacted])")
    }
}

/// Each check digit on its own: `None` where the layout has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckDigits {
    /// Over the document number.
    pub number: Option<bool>,
    /// Over the date of birth.
    pub birth: Option<bool>,
    /// Over the date of expiry.
    pub expiry: Option<bool>,
    /// Over TD3's personal number.
    pub personal: Option<bool>,
    /// Over all of these.
    pub composite: Option<bool>,
}

impl CheckDigits {
    /// Whether every check digit that the layout has is right.
    #[must_use]
    pub fn all_right(&self) -> bool {
        let digits = [
            self.number,
            self.birth,
            self.expiry,
            self.personal,
            self.composite,
        ];
        digits.iter().flatten().count() > 0 && digits.iter().flatten().all(|right| *right)
    }
}

/// A parsed MRZ.
#[derive(Clone, PartialEq, Eq)]
pub struct Mrz {
    /// Layout.
    pub format: MrzFormat,
    /// Its lines as given.
    pub lines: Vec<String>,
    /// What they say.
    pub fields: MrzFields,
    /// Each check digit's result.
    pub check_digits: CheckDigits,
}

impl fmt::Debug for Mrz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mrz")
            .field("format", &self.format)
            .field("check_digits", &self.check_digits)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    #[test]
    fn debug_shows_no_field() {
        let mrz = parse(&[
            "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
            "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
        ])
        .unwrap();
        let shown = format!(
            "{mrz:?} {:?} {:?} {:?}",
            mrz.fields, mrz.fields.names, mrz.fields.birth
        );
        for secret in ["ERIKSSON", "ANNA", "L898902C3", "74", "ZE184226B"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
