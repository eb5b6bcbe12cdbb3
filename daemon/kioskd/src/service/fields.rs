//! What a document says of itself, from its zone or, where it has none, from its barcode.

use kiosk_inference::document::aamva::{Card, Country, Field, Licence};
use kiosk_inference::document::{DocumentKind as Seen, DocumentReading, MrzReading, mrz};
use kiosk_session::{BARCODE_LAYOUT, DocumentDetails, DocumentFields, DocumentKind, Redacted, Sex};
use time::Date;

use super::details::details;

/// What the document is; `None` where neither part tells.
pub(super) fn kind(reading: &DocumentReading) -> Option<DocumentKind> {
    match reading.kind()? {
        Seen::Passport => Some(DocumentKind::Passport),
        Seen::Visa => Some(DocumentKind::Visa),
        Seen::IdentityCard | Seen::CrewMember => Some(DocumentKind::IdCard),
        Seen::DrivingLicence => Some(DocumentKind::DrivingLicence),
        _ => None,
    }
}

/// The layout that its fields were read by.
pub(super) fn layout(reading: &DocumentReading) -> Option<String> {
    let zone = reading.mrz.as_ref().map(|mrz| mrz.format.name());
    let barcode = reading.read_licence().map(|_| BARCODE_LAYOUT);
    zone.or(barcode).map(str::to_owned)
}

/// The fields that a decision needs: the zone's, else the barcode's.
pub(super) fn fields(reading: &DocumentReading, today: Date) -> Option<DocumentFields> {
    let fields = match &reading.mrz {
        Some(mrz) => of_zone(mrz, today),
        None => of_licence(reading.read_licence()?),
    };
    Some(DocumentFields {
        details: details(reading),
        ..fields
    })
}

/// Two-digit years are read as of `today` (ICAO 9303-3, section 4.8).
fn of_zone(mrz: &MrzReading, today: Date) -> DocumentFields {
    let read = &mrz.fields;
    DocumentFields {
        document_code: read.document_code.clone(),
        issuing_state: read.issuing_state.clone(),
        nationality: read.nationality.clone(),
        primary_identifier: Redacted::new(read.names.primary.clone()),
        secondary_identifier: Redacted::new(read.names.secondary.clone()),
        document_number: Redacted::new(read.document_number.clone()),
        birth_date: read
            .birth
            .and_then(|date| date.as_birth(today))
            .map(Redacted::new),
        sex: sex(read.sex),
        expiry_date: read.expiry.and_then(|date| date.as_expiry(today)),
        details: DocumentDetails::default(),
    }
}

/// A licence states no nationality, and its issuer's country in place of a state's code.
fn of_licence(licence: &Licence) -> DocumentFields {
    let names = licence.names();
    let text = |field| licence.fields.text(field).unwrap_or_default().to_owned();
    DocumentFields {
        document_code: match licence.card {
            Some(Card::DrivingLicence) => "DL".into(),
            Some(Card::IdentityCard) => "ID".into(),
            None => String::new(),
        },
        issuing_state: licence
            .country()
            .map(Country::code)
            .unwrap_or_default()
            .to_owned(),
        nationality: String::new(),
        primary_identifier: Redacted::new(names.family.unwrap_or_default()),
        secondary_identifier: Redacted::new(names.given.unwrap_or_default()),
        document_number: Redacted::new(text(Field::LicenceNumber)),
        birth_date: licence.fields.date(Field::Birth).map(Redacted::new),
        sex: sex(licence.fields.sex()),
        expiry_date: licence.fields.date(Field::Expires),
        details: DocumentDetails::default(),
    }
}

fn sex(read: Option<mrz::Sex>) -> Sex {
    match read {
        Some(mrz::Sex::Female) => Sex::Female,
        Some(mrz::Sex::Male) => Sex::Male,
        Some(mrz::Sex::Unspecified) | None => Sex::Unspecified,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiosk_inference::document::aamva::parse;

    #[test]
    fn a_licences_barcode_gives_the_fields_that_a_decision_needs() {
        let text = "@\n\x1e\rANSI 636000100001DL00310120DLDAQX98765432\nDCSSPECIMEN\nDDEN\nDACPAULA\nDDFN\n\
                    DADMAY\nDDGT\nDBB02291984\nDBA12102031\nDBC2\nDAG1 EXAMPLE STREET\nDAISAMPLETOWN\nDAJVA\n\
                    DAK232690000\nDCGUSA\r";
        let fields = of_licence(&parse(text.as_bytes()).unwrap());
        assert_eq!(fields.document_code, "DL");
        assert_eq!(fields.issuing_state, "USA");
        assert_eq!(fields.document_number.reveal().as_str(), "X98765432");
        assert_eq!(fields.primary_identifier.reveal().as_str(), "SPECIMEN");
        assert_eq!(fields.sex, Sex::Female);
        assert_eq!(
            fields.expiry_date,
            Some(time::macros::date!(2031 - 12 - 10))
        );
    }
}
