//! What a document says beside its deciding fields: by its barcode, else its zone, else its print.

use kiosk_inference::document::aamva::{Field, Licence};
use kiosk_inference::document::mrz::MrzFormat;
use kiosk_inference::document::viz::{FieldName, Viz, VizDate};
use kiosk_inference::document::{DocumentReading, MrzReading};
use kiosk_session::{DocumentDetails, Redacted};
use time::{Date, Month};

/// The details of a reading.
pub(super) fn details(reading: &DocumentReading) -> DocumentDetails {
    let mut found = reading.read_licence().map(of_licence).unwrap_or_default();
    if let Some(viz) = &reading.viz {
        complete(&mut found, viz);
    }
    // The zone's number has a check digit, print has none.
    if let Some(number) = reading.mrz.as_ref().and_then(personal_number) {
        found.personal_number = Some(number);
    }
    found
}

/// Only TD3's optional data is a personal number by its layout (ICAO 9303-4); other layouts' is anything.
fn personal_number(mrz: &MrzReading) -> Option<Redacted<String>> {
    let number = mrz.fields.optional.trim();
    (mrz.format == MrzFormat::Td3 && !number.is_empty()).then(|| Redacted::new(number.to_owned()))
}

fn of_licence(licence: &Licence) -> DocumentDetails {
    let text = |field| licence.fields.text(field).map(own);
    DocumentDetails {
        issue_date: licence.fields.date(Field::Issued),
        issuing_region: licence.issuer().map(|issuer| issuer.code.to_owned()),
        first_name: text(Field::FirstName),
        middle_name: text(Field::MiddleName),
        name_suffix: text(Field::Suffix),
        birth_place: text(Field::PlaceOfBirth),
        street: text(Field::Street).or_else(|| text(Field::ResidenceStreet)),
        city: text(Field::City).or_else(|| text(Field::ResidenceCity)),
        region: text(Field::Jurisdiction).or_else(|| text(Field::ResidenceJurisdiction)),
        postal_code: licence.fields.postal_code().map(|code| own(&code)),
        height: licence
            .fields
            .height()
            .map(|height| own(&format!("{} cm", height.centimetres()))),
        weight: text(Field::WeightPounds)
            .map(|weight| own(&format!("{} lb", weight.reveal())))
            .or_else(|| {
                text(Field::WeightKilograms).map(|weight| own(&format!("{} kg", weight.reveal())))
            }),
        eye_colour: text(Field::EyeColour),
        hair_colour: text(Field::HairColour),
        vehicle_class: text(Field::VehicleClass),
        restrictions: text(Field::Restrictions),
        reference: text(Field::DocumentDiscriminator),
        ..DocumentDetails::default()
    }
}

/// Adds from the print what is not known yet. A date that reads in two ways is not taken.
fn complete(details: &mut DocumentDetails, viz: &Viz) {
    let text = |name| viz.field(name).map(|field| own(&field.text));
    let DocumentDetails {
        birth_place,
        personal_number,
        issue_date,
        street,
        address,
        ..
    } = details;
    *birth_place = birth_place.take().or_else(|| text(FieldName::BirthPlace));
    *personal_number = personal_number
        .take()
        .or_else(|| text(FieldName::PersonalNumber));
    if street.is_none() {
        *address = text(FieldName::Address);
    }
    if issue_date.is_none() {
        *issue_date =
            viz.field(FieldName::IssueDate)
                .and_then(|field| match field.dates.as_slice() {
                    [one] => whole(*one),
                    _ => None,
                });
    }
}

/// The day, where the document prints its century.
fn whole(date: VizDate) -> Option<Date> {
    let month = Month::try_from(date.month).ok()?;
    let day = Date::from_calendar_date(i32::from(date.year), month, date.day).ok()?;
    date.century_known.then_some(day)
}

fn own(text: &str) -> Redacted<String> {
    Redacted::new(text.to_owned())
}
