//! What was compared on a document, as evidence.

use kiosk_inference::document::authenticity::{Dates, Signal, SignalKind, dates};
use kiosk_inference::document::crosscheck as read;
use kiosk_inference::document::mrz::MrzFields;
use kiosk_session::{
    Agreement, CrosscheckField, CrosscheckOutcome, DocumentCrosscheck, DocumentPart,
    DocumentSignal, NotCompared, SignalName, SignalOutcome,
};
use time::Date;

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

/// The signals of a document's sides, each kind once, and those of its zone's dates. Of several sides the
/// one counts that speaks most against the document. Whether it has expired is decided by its date, not
/// here.
pub(super) fn signals(
    sides: &[Signal],
    zone: Option<&MrzFields>,
    today: Date,
) -> Vec<DocumentSignal> {
    let stated = zone.map(|fields| dates(&Dates::of(fields, today), today));
    let all: Vec<&Signal> = sides.iter().chain(stated.iter().flatten()).collect();
    let of_kind = |kind: SignalKind| {
        let signals = all.iter().filter(|signal| signal.kind == kind);
        let score = |signal: &Signal| signal.scored.measured().map_or(-1.0, |scored| scored.score);
        signals.max_by(|a, b| score(a).total_cmp(&score(b)))
    };
    SignalKind::ALL
        .into_iter()
        .filter(|kind| *kind != SignalKind::Expired)
        .filter_map(of_kind)
        .map(|signal| DocumentSignal {
            name: SignalName::of(signal.kind.name()),
            score: signal.scored.measured().map(|scored| scored.score),
            outcome: match signal.scored.measured() {
                None => SignalOutcome::NotAssessed,
                Some(_) if signal.is_raised() => SignalOutcome::Suspicious,
                Some(_) => SignalOutcome::Clear,
            },
        })
        .collect()
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

    #[test]
    fn what_was_not_measured_is_not_assessed_and_expiry_is_left_to_the_decision() {
        let fields = MrzFields::default();
        let written = signals(&[], Some(&fields), time::macros::date!(2026 - 11 - 21));
        let names: Vec<&str> = written.iter().map(|signal| signal.name.as_str()).collect();
        assert_eq!(names, ["not_yet_valid", "implausible_dates"]);
        for signal in written {
            assert_eq!(signal.outcome, SignalOutcome::NotAssessed);
            assert_eq!(signal.score, None);
        }
    }
}
