//! What a document said, as evidence: read fields, check digits, where its pictures lie.

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::{DocumentCrosscheck, DocumentDetails, DocumentSignal, EvidenceId, Redacted, Screening};

/// The class of a document, from the first letters of its machine-readable zone (ICAO 9303-4 to -7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// `P`: a passport booklet or card.
    Passport,
    /// `I`, `A` or `C`: an official identity or travel card.
    IdCard,
    /// `V`: a visa.
    Visa,
    /// A driving licence.
    DrivingLicence,
}

/// Sex as the document states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// `F`.
    Female,
    /// `M`.
    Male,
    /// `<` or `X`: not stated.
    Unspecified,
}

/// The result of each check digit (ICAO 9303-3, section 4.9); `None` where the layout has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckDigits {
    /// Over the document number.
    pub number: Option<bool>,
    /// Over the date of birth.
    pub birth: Option<bool>,
    /// Over the date of expiry.
    pub expiry: Option<bool>,
    /// Over the personal number (TD3).
    pub personal: Option<bool>,
    /// Over the fields together.
    pub composite: Option<bool>,
}

impl CheckDigits {
    /// True when every check digit that the layout has is right and there is at least one.
    pub fn all_right(&self) -> bool {
        let all = [
            self.number,
            self.birth,
            self.expiry,
            self.personal,
            self.composite,
        ];
        all.iter().flatten().count() > 0 && all.iter().flatten().all(|right| *right)
    }
}

/// The fields of a machine-readable zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentFields {
    /// The document's own class letters, e.g. `P` or `ID`.
    pub document_code: String,
    /// Issuing state or organisation, three letters (ICAO 9303-3, section 5), e.g. `UTO`.
    pub issuing_state: String,
    /// Nationality, three letters.
    pub nationality: String,
    /// Primary identifier: family names.
    pub primary_identifier: Redacted<String>,
    /// Secondary identifier: given names.
    pub secondary_identifier: Redacted<String>,
    /// Document number without fillers.
    pub document_number: Redacted<String>,
    /// Date of birth, where all of it is known.
    pub birth_date: Option<Redacted<Date>>,
    /// Sex as stated.
    pub sex: Sex,
    /// Last day on which the document is valid.
    pub expiry_date: Option<Date>,
    /// What else it says; empty in records of before this was.
    #[serde(default, skip_serializing_if = "DocumentDetails::is_empty")]
    pub details: DocumentDetails,
}

/// The layout of a document whose fields come from a licence's barcode, which has no check digits: its
/// error correction vouches for them.
pub const BARCODE_LAYOUT: &str = "AAMVA";

/// One reading of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentEvidence {
    /// Name of this reading.
    pub document_id: Uuid,
    /// When it was read.
    #[serde(with = "time::serde::rfc3339")]
    pub read_at: OffsetDateTime,
    /// What the person or partner said it is.
    pub declared_kind: Option<DocumentKind>,
    /// Issuing state that the partner named, three letters.
    pub declared_country: Option<String>,
    /// What its machine-readable zone says it is.
    pub kind: Option<DocumentKind>,
    /// Layout of the zone (`TD1`, `TD2`, `TD3`, `MRV-A`, `MRV-B`, `FRENCH-ID`), or [`BARCODE_LAYOUT`].
    pub layout: Option<String>,
    /// The fields, where a zone was read.
    pub fields: Option<DocumentFields>,
    /// Each check digit on its own.
    pub check_digits: CheckDigits,
    /// 0 to 1: the least sure character of the reading; `None` where nothing was read.
    pub confidence: Option<f32>,
    /// The picture that was read, front first.
    pub pictures: Vec<EvidenceId>,
    /// The portrait on it, where one was found.
    pub portrait: Option<EvidenceId>,
    /// SHA-256 (hex) of each model that had a part in the reading, by model name.
    pub models: Vec<(String, String)>,
    /// What its parts say of the same thing, compared field by field; empty in records of before this was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crosschecks: Vec<DocumentCrosscheck>,
    /// What was seen of its authenticity; empty in records of before this was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<DocumentSignal>,
    /// What watch lists said of whom it names; absent where nobody was asked for, as in records of before this was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screening: Option<Screening>,
}
