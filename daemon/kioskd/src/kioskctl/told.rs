//! What a reading is told as in JSON. Only `kioskctl eval` and `kioskctl document read` tell it; see `eval`.

use kiosk_inference::document::mrz::{CheckDigits, MrzDate, MrzFields, Sex};
use kiosk_inference::document::{DocumentKind, MrzReading};
use serde::Serialize;
use time::Date;

/// A machine readable zone; with nothing read, all of it empty, null or false.
#[derive(Serialize)]
pub(super) struct MrzTold {
    /// `TD1`, `TD2`, `TD3`, `MRV-A`, `MRV-B` or `FRENCH-ID`.
    format: Option<&'static str>,
    /// What stands on it: `passport`, `visa`, `id_card`, `crew_member` or `other`.
    kind: Option<&'static str>,
    pub(super) lines: Vec<String>,
    /// Every check digit right and no character guessed.
    pub(super) valid: bool,
    /// Each on its own; null where the layout has none.
    check_digits: CheckDigits,
    fields: Option<FieldsTold>,
    /// Probability of the weakest character, 0 to 1.
    confidence: Option<f32>,
    /// Characters in which `lines` differ from `seen`.
    repaired: Option<usize>,
    /// What the pixels alone said.
    seen: Vec<String>,
}

/// What the lines say. A field that the layout lacks is empty or null.
#[derive(Serialize)]
struct FieldsTold {
    document_code: String,
    issuing_state: String,
    surname: String,
    given_names: String,
    /// The name fills its place to the last character, so that its end may be missing.
    names_maybe_truncated: bool,
    document_number: String,
    nationality: String,
    /// `YYMMDD`, filler for an unknown part.
    birth: Option<String>,
    /// `YYYY-MM-DD`: the newest such day that is not after today.
    birth_date: Option<String>,
    /// `F`, `M`, or `X` for unspecified.
    sex: Option<&'static str>,
    /// `YYMMDD`, filler for an unknown part.
    expiry: Option<String>,
    /// `YYYY-MM-DD`: the year of that ending nearest to today, at most 50 years away.
    expiry_date: Option<String>,
    /// TD3's personal number; optional data of the others.
    optional: String,
    /// Optional data of TD1's second line.
    second_optional: String,
}

impl MrzTold {
    /// A reading, or that there is none. `today` gives two-digit years their century.
    pub(super) fn new(mrz: Option<&MrzReading>, today: Date) -> Self {
        Self {
            format: mrz.map(|mrz| mrz.format.name()),
            kind: mrz.map(|mrz| kind_name(mrz.kind())),
            lines: mrz.map(|mrz| mrz.lines.clone()).unwrap_or_default(),
            valid: mrz.is_some_and(|mrz| mrz.valid),
            check_digits: mrz.map(|mrz| mrz.check_digits).unwrap_or_default(),
            fields: mrz.map(|mrz| FieldsTold::new(&mrz.fields, today)),
            confidence: mrz.map(|mrz| mrz.confidence),
            repaired: mrz.map(|mrz| mrz.repaired),
            seen: mrz.map(|mrz| mrz.seen.clone()).unwrap_or_default(),
        }
    }

    /// One line for a reader's eyes.
    pub(super) fn text(&self) -> String {
        let Some(format) = self.format else {
            return "no machine readable zone".to_owned();
        };
        let verdict = if self.valid { "valid" } else { "doubtful" };
        let confidence = self.confidence.unwrap_or_default();
        let repaired = self.repaired.unwrap_or_default();
        format!("{format:<9} {verdict:<8} confidence {confidence:.2}, {repaired} repaired")
    }
}

impl FieldsTold {
    fn new(fields: &MrzFields, today: Date) -> Self {
        let day = |day: Option<Date>| day.map(|day| day.to_string());
        Self {
            document_code: fields.document_code.clone(),
            issuing_state: fields.issuing_state.clone(),
            surname: fields.names.primary.clone(),
            given_names: fields.names.secondary.clone(),
            names_maybe_truncated: fields.names.maybe_truncated,
            document_number: fields.document_number.clone(),
            nationality: fields.nationality.clone(),
            birth: fields.birth.map(MrzDate::to_mrz),
            birth_date: day(fields.birth.and_then(|birth| birth.as_birth(today))),
            sex: fields.sex.map(sex_name),
            expiry: fields.expiry.map(MrzDate::to_mrz),
            expiry_date: day(fields.expiry.and_then(|expiry| expiry.as_expiry(today))),
            optional: fields.optional.clone(),
            second_optional: fields.second_optional.clone(),
        }
    }
}

/// `passport`, `visa`, ...; by zone or barcode.
pub(super) const fn kind_name(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Passport => "passport",
        DocumentKind::Visa => "visa",
        DocumentKind::IdentityCard => "id_card",
        DocumentKind::CrewMember => "crew_member",
        DocumentKind::DrivingLicence => "driving_licence",
        _ => "other",
    }
}

/// `F`, `M`, or `X` for unspecified.
pub(super) const fn sex_name(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "F",
        Sex::Male => "M",
        Sex::Unspecified => "X",
    }
}
