//! The visual zone, and what a document's parts say of one another, as they are told.

use kiosk_inference::document::crosscheck::{
    Agreement, Crosscheck, Crosschecks, NotCompared, Source,
};
use kiosk_inference::document::viz::{FieldName, FoundBy, Viz, VizDate};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::side::Quad;

/// The visual zone. Places are pixels of the straightened document.
#[derive(Serialize)]
pub(super) struct VizTold {
    fields: Vec<FieldTold>,
    lines: Vec<LineTold>,
}

#[derive(Serialize)]
struct FieldTold {
    /// `surname`, `birth_date`, ...
    name: &'static str,
    text: String,
    /// `YYYY-MM-DD`, or `YY-MM-DD` where no century is printed: every way to read a field of dates.
    dates: Vec<String>,
    /// `label` or `position`.
    found_by: &'static str,
    /// Mean probability of its characters, 0 to 1.
    confidence: f32,
    corners: Quad,
}

#[derive(Serialize)]
struct LineTold {
    text: String,
    confidence: f32,
    corners: Quad,
}

impl VizTold {
    pub(super) fn new(viz: &Viz) -> Self {
        Self {
            fields: viz
                .fields
                .iter()
                .map(|field| FieldTold {
                    name: field_name(field.name),
                    text: field.text.clone(),
                    dates: field.dates.iter().map(date).collect(),
                    found_by: match field.found {
                        FoundBy::Label => "label",
                        FoundBy::Position => "position",
                    },
                    confidence: field.confidence,
                    corners: field.corners,
                })
                .collect(),
            lines: viz
                .lines
                .iter()
                .map(|line| LineTold {
                    text: line.text(),
                    confidence: line.confidence,
                    corners: line.corners,
                })
                .collect(),
        }
    }

    /// A row a field, for a reader's eyes.
    pub(super) fn rows(&self) -> Vec<String> {
        let row = |field: &FieldTold| format!("{:<16} {}", field.name, field.text);
        self.fields.iter().map(row).collect()
    }
}

const fn field_name(name: FieldName) -> &'static str {
    match name {
        FieldName::Surname => "surname",
        FieldName::GivenNames => "given_names",
        FieldName::FullName => "full_name",
        FieldName::DocumentNumber => "document_number",
        FieldName::Nationality => "nationality",
        FieldName::BirthDate => "birth_date",
        FieldName::Sex => "sex",
        FieldName::BirthPlace => "birth_place",
        FieldName::IssueDate => "issue_date",
        FieldName::ExpiryDate => "expiry_date",
        FieldName::Authority => "authority",
        FieldName::Address => "address",
        FieldName::PersonalNumber => "personal_number",
        _ => "other",
    }
}

fn date(date: &VizDate) -> String {
    let VizDate {
        year, month, day, ..
    } = date;
    if date.century_known {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{:02}-{month:02}-{day:02}", year % 100)
    }
}

/// Each result by its name.
pub(super) fn crosschecks(checks: &Crosschecks) -> Map<String, Value> {
    let named = checks.named();
    named
        .iter()
        .map(|(name, check)| ((*name).to_owned(), crosscheck(check)))
        .collect()
}

fn crosscheck(check: &Crosscheck) -> Value {
    match check {
        Crosscheck::Agrees {
            between,
            by,
            distance,
        } => json!({
            "result": "agrees", "between": between.map(source), "by": agreement(*by), "distance": distance,
        }),
        Crosscheck::Differs { between, distance } => json!({
            "result": "differs", "between": between.map(source), "distance": distance,
        }),
        Crosscheck::NotAssessed(why) => {
            json!({ "result": "not_assessed", "why": not_compared(*why) })
        }
    }
}

const fn source(source: Source) -> &'static str {
    match source {
        Source::Mrz => "mrz",
        Source::Barcode => "barcode",
        Source::Viz => "viz",
    }
}

const fn agreement(by: Agreement) -> &'static str {
    match by {
        Agreement::Exact => "exact",
        Agreement::Equivalent => "equivalent",
        Agreement::Truncated => "truncated",
        Agreement::LookAlike => "look_alike",
        Agreement::Tolerated => "tolerated",
    }
}

const fn not_compared(why: NotCompared) -> &'static str {
    match why {
        NotCompared::OneSource => "one_source",
        NotCompared::NotUnderstood => "not_understood",
        NotCompared::Unsure => "unsure",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crosscheck_has_its_name_and_what_was_not_compared_says_why() {
        let told = crosschecks(&Crosschecks {
            sex: Crosscheck::Differs {
                between: [Source::Mrz, Source::Viz],
                distance: 1,
            },
            ..Crosschecks::default()
        });
        assert_eq!(told.len(), 7);
        assert_eq!(told["sex"]["result"], "differs");
        assert_eq!(told["sex"]["between"], json!(["mrz", "viz"]));
        assert_eq!(told["name_crosscheck"]["result"], "not_assessed");
        assert_eq!(told["name_crosscheck"]["why"], "one_source");
    }
}
