//! The domain's values in the dialect's words.

use kiosk_session::{DocumentEvidence, DocumentKind, DocumentType, Sex, State, Status};
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime, UtcOffset};

use crate::service::PublicStatus;
use crate::web::problem::Problem;

/// Every document type with its class. A passport card is a card (ICAO 9303-5), by its code `IP`.
const DOCUMENTS: [(&str, Option<DocumentKind>); 5] = [
    ("unknown", None),
    ("driver_license", Some(DocumentKind::DrivingLicence)),
    ("identification_card", Some(DocumentKind::IdCard)),
    ("passport", Some(DocumentKind::Passport)),
    ("passport_card", Some(DocumentKind::IdCard)),
];

/// The class that a word stands for.
pub(super) fn kind(word: &str) -> Result<Option<DocumentKind>, Problem> {
    let found = DOCUMENTS.iter().find(|(known, _)| *known == word);
    found.map(|(_, kind)| *kind).ok_or_else(|| {
        Problem::validation(
            "Field `document_type_e` has to be unknown, driver_license, identification_card, passport or passport_card",
        )
    })
}

/// Holds a word against the published ones; `field` is where it stands.
pub(super) fn document_type_word(field: &str, word: &str) -> Result<(), Problem> {
    match DOCUMENTS.iter().any(|(known, _)| *known == word) {
        true => Ok(()),
        false => Err(Problem::validation(format!(
            "Field `{field}` has to be unknown, driver_license, identification_card, passport or passport_card"
        ))),
    }
}

/// What was read, in the document's words.
pub(super) fn document_type(read: &DocumentEvidence) -> &'static str {
    DocumentType::of(read).word()
}

/// Where the fields came from.
pub(super) fn data_source(read: &DocumentEvidence) -> &'static str {
    kiosk_session::data_source(read.layout.as_deref())
}

/// The dialect's statuses. A session that was ended early can't go on, as one whose time ran out.
pub(crate) fn status(state: &State) -> &'static str {
    match PublicStatus::of(state) {
        PublicStatus::Pending | PublicStatus::InProgress => "in_progress",
        PublicStatus::Decided(Status::ManualReview) => "temporarily_complete",
        PublicStatus::Decided(Status::Approved | Status::Rejected) => "complete",
        PublicStatus::Expired | PublicStatus::Cancelled => "expired",
    }
}

/// The statuses of the service that a word asks for; more than one where this dialect has fewer words.
pub(super) fn statuses(word: &str) -> Option<&'static [PublicStatus]> {
    match word {
        "in_progress" => Some(&[PublicStatus::Pending, PublicStatus::InProgress]),
        "complete" => Some(&[
            PublicStatus::Decided(Status::Approved),
            PublicStatus::Decided(Status::Rejected),
        ]),
        "temporarily_complete" => Some(&[PublicStatus::Decided(Status::ManualReview)]),
        "expired" => Some(&[PublicStatus::Expired, PublicStatus::Cancelled]),
        "unknown" | "temporarily_blocked" => Some(&[]),
        _ => None,
    }
}

pub(super) const fn gender(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "female",
        Sex::Male => "male",
        Sex::Unspecified => "unknown",
    }
}

/// Whether watch lists name the person.
pub(super) const fn ofac(clear: Option<bool>) -> &'static str {
    match clear {
        None => "unknown",
        Some(true) => "clear",
        Some(false) => "hit",
    }
}

/// RFC 3339 in UTC with whole milliseconds.
pub(crate) fn moment(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    let whole = at.replace_millisecond(at.millisecond()).unwrap_or(at);
    whole.format(&Rfc3339).unwrap_or_default()
}

/// `YYYY-MM-DD`.
pub(super) fn day(date: Date) -> String {
    date.to_string()
}
