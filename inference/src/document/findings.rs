//! Why a document was not read, or not surely, and what kind of document it is.
//!
//! A finding is about the reading; what a person can do for a better picture is guidance, and stands
//! in [`super::Quality`] alone: a thing is said in one place.

use serde::Serialize;

use super::mrz::{MrzFields, MrzFormat};
use super::reading::MrzReading;

/// Why a document was not read, or not surely.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Finding {
    /// Neither an outline nor text of a document.
    NoDocument,
    /// A document, but no machine readable zone that could be read.
    NoMrz,
    /// Check digits are wrong, or characters remained in doubt.
    Doubtful {
        /// Confidence of the weakest character, 0 to 1.
        confidence: f32,
    },
    /// No face on the document.
    NoPortrait,
}

/// What is lacking; empty where a zone was read validly and a portrait found.
pub(super) fn findings(mrz: Option<&MrzReading>, document: bool, portrait: bool) -> Vec<Finding> {
    let zone = match mrz {
        None if !document => return vec![Finding::NoDocument],
        None => Some(Finding::NoMrz),
        Some(mrz) if !mrz.valid => Some(Finding::Doubtful {
            confidence: mrz.confidence,
        }),
        Some(_) => None,
    };
    let face = (!portrait).then_some(Finding::NoPortrait);
    zone.into_iter().chain(face).collect()
}

/// What a document is, by the first letters of its zone (ICAO 9303-4 to -7, 4.2) or its barcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DocumentKind {
    /// `P`.
    Passport,
    /// `V`.
    Visa,
    /// `I`, `A` or `C`, but not a crew member's; AAMVA's `ID`.
    IdentityCard,
    /// `AC`: crew member certificate.
    CrewMember,
    /// AAMVA's `DL`.
    DrivingLicence,
    /// Another letter.
    Other,
}

impl DocumentKind {
    /// By layout and document code.
    #[must_use]
    pub fn of(format: MrzFormat, fields: &MrzFields) -> Self {
        let code = fields.document_code.as_str();
        match (format, code.chars().next()) {
            (MrzFormat::MrvA | MrzFormat::MrvB, _) => Self::Visa,
            (MrzFormat::FrenchId, _) => Self::IdentityCard,
            (_, Some('P')) => Self::Passport,
            _ if code == "AC" => Self::CrewMember,
            (_, Some('I' | 'A' | 'C')) => Self::IdentityCard,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(format: MrzFormat, code: &str) -> DocumentKind {
        let fields = MrzFields {
            document_code: code.into(),
            ..MrzFields::default()
        };
        DocumentKind::of(format, &fields)
    }

    #[test]
    fn the_document_code_tells_the_kind() {
        assert_eq!(kind(MrzFormat::Td3, "PA"), DocumentKind::Passport);
        assert_eq!(kind(MrzFormat::MrvB, "VC"), DocumentKind::Visa);
        assert_eq!(kind(MrzFormat::Td1, "ID"), DocumentKind::IdentityCard);
        assert_eq!(kind(MrzFormat::Td1, "C1"), DocumentKind::IdentityCard);
        assert_eq!(kind(MrzFormat::Td1, "AC"), DocumentKind::CrewMember);
        assert_eq!(kind(MrzFormat::Td2, "X"), DocumentKind::Other);
    }
}
