//! What was compared on a document, as evidence.

use kiosk_inference::document::crosscheck as read;
use kiosk_session::{
    Agreement, CrosscheckField, CrosscheckOutcome, DocumentCrosscheck, DocumentPart, NotCompared,
};

/// Every field's comparison, those that were not made with their reason.
pub(super) fn crosschecks(checks: &read::Crosschecks) -> Vec<DocumentCrosscheck> {
    let fields = [
        (CrosscheckField::DocumentNumber, checks.document_number),
        (CrosscheckField::Name, checks.name),
        (CrosscheckField::Address, checks.address),
        (CrosscheckField::BirthDate, checks.birth_date),
        (CrosscheckField::ExpiryDate, checks.expiry_date),
        (CrosscheckField::Sex, checks.sex),
        (CrosscheckField::Nationality, checks.nationality),
    ];
    fields
        .into_iter()
        .map(|(field, check)| DocumentCrosscheck {
            field,
            outcome: outcome(check),
        })
        .collect()
}

fn outcome(check: read::Crosscheck) -> CrosscheckOutcome {
    let edits = |distance| u32::try_from(distance).unwrap_or(u32::MAX);
    match check {
        read::Crosscheck::Agrees {
            between,
            by,
            distance,
        } => CrosscheckOutcome::Agrees {
            between: between.map(part),
            by: agreement(by),
            distance: edits(distance),
        },
        read::Crosscheck::Differs { between, distance } => CrosscheckOutcome::Differs {
            between: between.map(part),
            distance: edits(distance),
        },
        read::Crosscheck::NotAssessed(why) => CrosscheckOutcome::NotAssessed(match why {
            read::NotCompared::OneSource => NotCompared::OneSource,
            read::NotCompared::NotUnderstood => NotCompared::NotUnderstood,
            read::NotCompared::Unsure => NotCompared::Unsure,
        }),
    }
}

const fn part(source: read::Source) -> DocumentPart {
    match source {
        read::Source::Mrz => DocumentPart::Mrz,
        read::Source::Barcode => DocumentPart::Barcode,
        read::Source::Viz => DocumentPart::Viz,
    }
}

const fn agreement(by: read::Agreement) -> Agreement {
    match by {
        read::Agreement::Exact => Agreement::Exact,
        read::Agreement::Equivalent => Agreement::Equivalent,
        read::Agreement::Truncated => Agreement::Truncated,
        read::Agreement::LookAlike => Agreement::LookAlike,
        read::Agreement::Tolerated => Agreement::Tolerated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_written_whether_it_was_compared_or_not() {
        let checks = read::Crosschecks {
            name: read::Crosscheck::Differs {
                between: [read::Source::Mrz, read::Source::Viz],
                distance: 5,
            },
            ..read::Crosschecks::default()
        };
        let written = crosschecks(&checks);
        assert_eq!(written.len(), CrosscheckField::ALL.len());
        let differing = CrosscheckOutcome::Differs {
            between: [DocumentPart::Mrz, DocumentPart::Viz],
            distance: 5,
        };
        for check in written {
            let expected = match check.field {
                CrosscheckField::Name => differing,
                _ => CrosscheckOutcome::NotAssessed(NotCompared::OneSource),
            };
            assert_eq!(check.outcome, expected);
        }
    }
}
