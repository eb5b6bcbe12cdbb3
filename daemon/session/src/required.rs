//! What a tenant wants read of a document, by its type and by where it was read; what was not read is missing.

use serde::{Deserialize, Serialize};

use crate::{BARCODE_LAYOUT, DocumentEvidence, DocumentFields, DocumentKind, SelfieEvidence, Sex};

/// What a document is, in the KYC API's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentType {
    /// Not known, or none of the others.
    Unknown,
    /// A driving licence.
    DriverLicense,
    /// A card.
    IdentificationCard,
    /// A passport booklet.
    Passport,
    /// A passport as a card (ICAO 9303-5), by its code `IP`.
    PassportCard,
}

impl DocumentType {
    /// What was read.
    pub fn of(read: &DocumentEvidence) -> Self {
        let code = read.fields.as_ref();
        let code = code.map(|fields| fields.document_code.as_str());
        Self::from_parts(read.kind, code)
    }

    /// The type of a class with the document's own class letters.
    pub fn from_parts(kind: Option<DocumentKind>, code: Option<&str>) -> Self {
        match (kind, code) {
            (Some(DocumentKind::IdCard), Some("IP")) => Self::PassportCard,
            (Some(DocumentKind::IdCard), _) => Self::IdentificationCard,
            (Some(DocumentKind::Passport), _) => Self::Passport,
            (Some(DocumentKind::DrivingLicence), _) => Self::DriverLicense,
            (Some(DocumentKind::Visa) | None, _) => Self::Unknown,
        }
    }

    /// The published word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::DriverLicense => "driver_license",
            Self::IdentificationCard => "identification_card",
            Self::Passport => "passport",
            Self::PassportCard => "passport_card",
        }
    }
}

/// Where a document's deciding fields were read: `mrz`, `barcode` or `unknown`.
pub fn data_source(layout: Option<&str>) -> &'static str {
    match layout {
        None => "unknown",
        Some(BARCODE_LAYOUT) => "barcode",
        Some(_) => "mrz",
    }
}

/// A field that may be wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the published names")]
pub enum FieldName {
    DocumentNumber,
    RefNumber,
    IssueAt,
    ExpiresAt,
    IssuingCountry,
    IssuingState,
    FirstName,
    MiddleName,
    LastName,
    NameSuffix,
    Street,
    City,
    State,
    PostalCode,
    BirthDate,
    Gender,
    Height,
    Weight,
    EyeColor,
    HairColor,
    Class,
    Mentions,
    Restrictions,
    RawBarcode,
    FaceEncoding,
}

impl FieldName {
    /// Every field with its published word.
    pub const NAMED: [(&'static str, Self); 25] = [
        ("document_number", Self::DocumentNumber),
        ("ref_number", Self::RefNumber),
        ("issue_at", Self::IssueAt),
        ("expires_at", Self::ExpiresAt),
        ("issuing_country", Self::IssuingCountry),
        ("issuing_state", Self::IssuingState),
        ("first_name", Self::FirstName),
        ("middle_name", Self::MiddleName),
        ("last_name", Self::LastName),
        ("name_suffix", Self::NameSuffix),
        ("street", Self::Street),
        ("city", Self::City),
        ("state", Self::State),
        ("postal_code", Self::PostalCode),
        ("birth_date", Self::BirthDate),
        ("gender", Self::Gender),
        ("height", Self::Height),
        ("weight", Self::Weight),
        ("eye_color", Self::EyeColor),
        ("hair_color", Self::HairColor),
        ("class", Self::Class),
        ("mentions", Self::Mentions),
        ("restrictions", Self::Restrictions),
        ("raw_barcode", Self::RawBarcode),
        ("face_encoding", Self::FaceEncoding),
    ];

    /// Whether it was read.
    fn is_there(self, read: &DocumentEvidence, selfie: &SelfieEvidence) -> bool {
        match self {
            Self::RawBarcode => return read.layout.as_deref() == Some(BARCODE_LAYOUT),
            Self::FaceEncoding => return selfie.face_match.assessed().is_some(),
            _ => {}
        }
        let fields = read.fields.as_ref();
        fields.is_some_and(|fields| self.is_among(fields))
    }

    fn is_among(self, fields: &DocumentFields) -> bool {
        let details = &fields.details;
        match self {
            Self::DocumentNumber => !fields.document_number.reveal().is_empty(),
            Self::RefNumber => details.reference.is_some(),
            Self::IssueAt => details.issue_date.is_some(),
            Self::ExpiresAt => fields.expiry_date.is_some(),
            Self::IssuingCountry => !fields.issuing_state.is_empty(),
            Self::IssuingState => details.issuing_region.is_some(),
            Self::FirstName => {
                details.first_name.is_some() || !fields.secondary_identifier.reveal().is_empty()
            }
            Self::MiddleName => details.middle_name.is_some(),
            Self::LastName => !fields.primary_identifier.reveal().is_empty(),
            Self::NameSuffix => details.name_suffix.is_some(),
            Self::Street => details.street.is_some() || details.address.is_some(),
            Self::City => details.city.is_some(),
            Self::State => details.region.is_some(),
            Self::PostalCode => details.postal_code.is_some(),
            Self::BirthDate => fields.birth_date.is_some(),
            Self::Gender => fields.sex != Sex::Unspecified,
            Self::Height => details.height.is_some(),
            Self::Weight => details.weight.is_some(),
            Self::EyeColor => details.eye_colour.is_some(),
            Self::HairColor => details.hair_colour.is_some(),
            Self::Class => details.vehicle_class.is_some(),
            Self::Restrictions => details.restrictions.is_some(),
            // No reader of this program tells a licence's endorsements.
            Self::Mentions | Self::RawBarcode | Self::FaceEncoding => false,
        }
    }
}

/// Those of the wanted fields that were not read.
pub(crate) fn missing(
    wanted: &[FieldName],
    read: &DocumentEvidence,
    selfie: &SelfieEvidence,
) -> Vec<FieldName> {
    let lacking = wanted.iter().filter(|field| !field.is_there(read, selfie));
    lacking.copied().collect()
}
