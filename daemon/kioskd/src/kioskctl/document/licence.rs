//! A driving licence's or identity card's barcode, as it is told.

use kiosk_inference::document::aamva::{
    AamvaError, Card, Compliance, Country, Field, Height, Licence, Truncation, Value,
};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::super::told::sex_name;

/// What a barcode that looks like a licence's gave: the licence, or why it could not be read.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum LicenceTold {
    Read(Box<ReadTold>),
    Unread { error: String },
}

#[derive(Serialize)]
pub(super) struct ReadTold {
    /// AAMVA's version as the card says.
    version: u8,
    /// Issuer identification number.
    issuer: u32,
    /// Two letters of the jurisdiction that has that number.
    jurisdiction: Option<&'static str>,
    /// `USA`, `CAN` or `MEX`.
    country: Option<&'static str>,
    /// `driving_licence` or `identity_card`.
    card: Option<&'static str>,
    family_name: Option<String>,
    given_names: Option<String>,
    suffix: Option<String>,
    /// The whole name, where nothing else can be told of it.
    full_name: Option<String>,
    address: Option<String>,
    /// Every field that was read, by the standard's name for it.
    fields: Map<String, Json>,
    /// How the text strays from the standard; none of it says what an element holds.
    warnings: Vec<String>,
}

impl LicenceTold {
    pub(super) fn new(read: &Result<Licence, AamvaError>) -> Self {
        match read {
            Ok(licence) => Self::Read(Box::new(told(licence))),
            Err(fault) => Self::Unread {
                error: fault.to_string(),
            },
        }
    }

    /// Rows for a reader's eyes.
    pub(super) fn rows(&self) -> Vec<String> {
        match self {
            Self::Read(read) => {
                let row = |(name, value): (&String, &Json)| {
                    let text = value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned);
                    format!("{name:<24} {text}")
                };
                let warning = |warning: &String| format!("licence: {warning}");
                let fields = read.fields.iter().map(row);
                fields.chain(read.warnings.iter().map(warning)).collect()
            }
            Self::Unread { error } => vec![format!("licence: {error}")],
        }
    }
}

fn told(licence: &Licence) -> ReadTold {
    let names = licence.names();
    ReadTold {
        version: licence.header.version,
        issuer: licence.header.issuer,
        jurisdiction: licence.issuer().map(|issuer| issuer.code),
        country: licence.country().map(|country| match country {
            Country::UnitedStates => "USA",
            Country::Canada => "CAN",
            Country::Mexico => "MEX",
        }),
        card: licence.card.map(|card| match card {
            Card::DrivingLicence => "driving_licence",
            Card::IdentityCard => "identity_card",
        }),
        family_name: names.family,
        given_names: names.given,
        suffix: names.suffix,
        full_name: names.unparted,
        address: licence.address(),
        fields: licence
            .fields
            .iter()
            .map(|(field, value)| (field_name(field), value_told(value)))
            .collect(),
        warnings: licence.warnings.iter().map(ToString::to_string).collect(),
    }
}

/// The field's name in small letters and underscores: `licence_number`, `under_18_until`.
fn field_name(field: Field) -> String {
    let mut name = String::new();
    let mut before = ' ';
    for letter in format!("{field:?}").chars() {
        let new_word = letter.is_ascii_uppercase() || letter.is_ascii_digit();
        if new_word && !(before.is_ascii_digit() && letter.is_ascii_digit()) && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
        before = letter;
    }
    name
}

/// Dates `YYYY-MM-DD`, heights in centimetres; null where the card itself says that it is not known.
fn value_told(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Date(date) => json!(date.to_string()),
        Value::Sex(sex) => json!(sex_name(*sex)),
        Value::Height(Height::Inches(inches)) => {
            json!({ "inches": inches, "centimetres": Height::Inches(*inches).centimetres() })
        }
        Value::Height(Height::Centimetres(centimetres)) => json!({ "centimetres": centimetres }),
        Value::Number(number) => json!(number),
        Value::Flag(flag) => json!(flag),
        Value::Truncation(Truncation::Truncated) => json!("truncated"),
        Value::Truncation(Truncation::Whole) => json!("whole"),
        Value::Truncation(Truncation::Unknown) => json!("unknown"),
        Value::Compliance(Compliance::Full) => json!("full"),
        Value::Compliance(Compliance::Material) => json!("material"),
        Value::Compliance(Compliance::None) => json!("none"),
        Value::NotApplicable => json!("not_applicable"),
        Value::Unavailable => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_fields_are_words_with_underscores() {
        for (field, name) in [
            (Field::LicenceNumber, "licence_number"),
            (Field::Under18Until, "under_18_until"),
            (Field::Sex, "sex"),
        ] {
            assert_eq!(field_name(field), name);
        }
    }

    #[test]
    fn a_barcode_that_can_t_be_told_says_why() {
        let told = LicenceTold::new(&Err(AamvaError::MagneticStripe));
        let told = serde_json::to_value(told).unwrap();
        assert!(told["error"].as_str().unwrap().contains("magnetic stripe"));
    }
}
