//! What the document says, in the published block.

use kiosk_session::{DocumentEvidence, DocumentKind, Sex};
use serde::Serialize;
use time::Date;
use uuid::Uuid;

use crate::{countries, person};

/// The published fields; null is what was not read.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = DocumentData)]
pub(super) struct Document {
    age: Option<i32>,
    country_full: Option<String>,
    country_iso2: Option<&'static str>,
    country_iso3: Option<&'static str>,
    days_from_issue: Option<i64>,
    days_to_expiry: Option<i64>,
    dob: Option<String>,
    dob_day: Option<u8>,
    dob_month: Option<u8>,
    dob_year: Option<i32>,
    document_name: Option<String>,
    document_number: Option<String>,
    #[schema(value_type = Option<String>)]
    document_type: Option<DocumentKind>,
    expiry: Option<String>,
    expiry_day: Option<u8>,
    expiry_month: Option<u8>,
    expiry_year: Option<i32>,
    first_name: Option<String>,
    full_name: Option<String>,
    internal_id: Uuid,
    issued: Option<String>,
    issued_day: Option<u8>,
    issued_month: Option<u8>,
    issued_year: Option<i32>,
    last_name: Option<String>,
    nationality_full: Option<String>,
    personal_number: Option<String>,
    place_of_birth: Option<String>,
    sex: Option<&'static str>,
}

/// The block of a document that was read; `None` where nothing could be.
pub(super) fn data(read: &DocumentEvidence, today: Date) -> Option<Document> {
    let fields = read.fields.as_ref()?;
    let details = &fields.details;
    let country = countries::of_icao(&fields.issuing_state);
    let birth = fields.birth_date.as_ref().map(|date| *date.reveal());
    let (expiry, issued) = (fields.expiry_date, details.issue_date);
    let number = fields.document_number.reveal();
    Some(Document {
        age: birth.map(|birth| age(birth, today)),
        country_full: countries::name_of(&fields.issuing_state),
        country_iso2: country.map(|country| country.alpha2),
        country_iso3: country.map(|country| country.alpha3),
        days_from_issue: issued.map(|issued| (today - issued).whole_days()),
        days_to_expiry: expiry.map(|expiry| (expiry - today).whole_days()),
        dob: birth.map(|date| date.to_string()),
        dob_day: birth.map(Date::day),
        dob_month: birth.map(|date| date.month().into()),
        dob_year: birth.map(Date::year),
        document_name: read.kind.map(|kind| named(kind, &fields.issuing_state)),
        document_number: (!number.is_empty()).then(|| number.clone()),
        document_type: read.kind,
        expiry: expiry.map(|date| date.to_string()),
        expiry_day: expiry.map(Date::day),
        expiry_month: expiry.map(|date| date.month().into()),
        expiry_year: expiry.map(Date::year),
        first_name: person::given_names(fields),
        full_name: person::full_name(fields),
        internal_id: read.document_id,
        issued: issued.map(|date| date.to_string()),
        issued_day: issued.map(Date::day),
        issued_month: issued.map(|date| date.month().into()),
        issued_year: issued.map(Date::year),
        last_name: person::family_names(fields),
        nationality_full: countries::name_of(&fields.nationality),
        personal_number: details
            .personal_number
            .as_ref()
            .map(|own| own.reveal().clone()),
        place_of_birth: details.birth_place.as_ref().map(|own| own.reveal().clone()),
        sex: match fields.sex {
            Sex::Female => Some("F"),
            Sex::Male => Some("M"),
            Sex::Unspecified => None,
        },
    })
}

/// `Utopia - Passport`, or the kind alone where the state is no known one.
fn named(kind: DocumentKind, state: &str) -> String {
    let kind = match kind {
        DocumentKind::Passport => "Passport",
        DocumentKind::IdCard => "Identity card",
        DocumentKind::Visa => "Visa",
        DocumentKind::DrivingLicence => "Driving licence",
    };
    countries::name_of(state).map_or_else(|| kind.to_owned(), |state| format!("{state} - {kind}"))
}

/// Whole years on `today`.
fn age(birth: Date, today: Date) -> i32 {
    let before_birthday = (today.month() as u8, today.day()) < (birth.month() as u8, birth.day());
    today.year() - birth.year() - i32::from(before_birthday)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_year_is_whole_on_the_birthday() {
        assert_eq!(age(date!(2000 - 02 - 29), date!(2024 - 02 - 28)), 23);
        assert_eq!(age(date!(2000 - 02 - 29), date!(2024 - 02 - 29)), 24);
        assert_eq!(age(date!(2000 - 02 - 29), date!(2025 - 03 - 01)), 25);
    }
}
