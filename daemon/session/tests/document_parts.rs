//! What is decided of a document whose parts were compared and whose authenticity was looked at, and that
//! records of before that still read.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use crate::common::{document, judged, liveness, policy, selfie};
use kiosk_session::{
    Agreement, BARCODE_LAYOUT, CheckDigits, CrosscheckField, CrosscheckOutcome, Decision,
    DocumentCrosscheck, DocumentEvidence, DocumentKind, DocumentPart, DocumentSignal, Entry, Event,
    NotCompared, OnDifference, OnSignal, Policy, Reason, SignalName, SignalOutcome, SignalPolicy,
    Status, Warning,
};

const BETWEEN: [DocumentPart; 2] = [DocumentPart::Mrz, DocumentPart::Viz];
const DIFFERS: CrosscheckOutcome = CrosscheckOutcome::Differs {
    between: BETWEEN,
    distance: 3,
};

fn compared(outcome: impl Fn(CrosscheckField) -> CrosscheckOutcome) -> DocumentEvidence {
    let check = |field| DocumentCrosscheck {
        field,
        outcome: outcome(field),
    };
    DocumentEvidence {
        crosschecks: CrosscheckField::ALL.map(check).to_vec(),
        ..document()
    }
}

fn decided(document: &DocumentEvidence, policy: &Policy) -> Decision {
    judged(document, &selfie(), &liveness(), policy)
}

fn agrees(_: CrosscheckField) -> CrosscheckOutcome {
    CrosscheckOutcome::Agrees {
        between: BETWEEN,
        by: Agreement::Equivalent,
        distance: 0,
    }
}

fn signal(name: SignalName, score: Option<f32>, outcome: SignalOutcome) -> DocumentEvidence {
    DocumentEvidence {
        signals: vec![DocumentSignal {
            name,
            score,
            outcome,
        }],
        ..document()
    }
}

#[test]
fn a_document_whose_parts_agree_is_approved() {
    let decision = decided(&compared(agrees), &policy());
    assert_eq!(
        (decision.status, decision.reasons),
        (Status::Approved, vec![])
    );
}

#[test]
fn a_difference_in_any_field_needs_a_person_and_is_named() {
    for differing in CrosscheckField::ALL {
        let document = compared(|field| {
            if field == differing {
                DIFFERS
            } else {
                agrees(field)
            }
        });
        let decision = decided(&document, &policy());
        assert_eq!(decision.status, Status::ManualReview);
        assert_eq!(decision.reasons, [differing.mismatch()]);
        assert_eq!(decision.checks.document_verified, Some(false));
    }
}

#[test]
fn what_was_not_compared_is_neither_a_pass_nor_a_failure() {
    let open = |_| CrosscheckOutcome::NotAssessed(NotCompared::Unsure);
    assert_eq!(
        decided(&compared(open), &policy()),
        decided(&document(), &policy())
    );
    let half = |field| {
        if field == CrosscheckField::Name {
            DIFFERS
        } else {
            open(field)
        }
    };
    assert_eq!(
        decided(&compared(half), &policy()).reasons,
        [Reason::NameMismatch]
    );
}

#[test]
fn a_policy_may_take_differences_as_warnings() {
    let mut policy = policy();
    policy.crosscheck.differs = OnDifference::Warn;
    let decision = decided(&compared(|_| DIFFERS), &policy);
    assert_eq!(decision.status, Status::Approved);
    assert!(decision.warnings.contains(&Warning::DocumentPartsDiffer));
}

/// The shipped policy with another threshold for screens.
fn with_screens(leads_to: OnSignal, review_from: f32) -> Policy {
    let mut policy = policy();
    let limit = SignalPolicy {
        leads_to,
        review_from,
    };
    policy.signals.insert("screen_recapture".into(), limit);
    policy
}

#[test]
fn a_signal_needs_a_person_from_the_policy_s_score_on() {
    let strict = with_screens(OnSignal::Review, 0.8);
    let seen = |score, outcome| signal(SignalName::ScreenRecapture, score, outcome);

    let above = seen(Some(0.9), SignalOutcome::Suspicious);
    assert_eq!(decided(&above, &strict).reasons, [Reason::ScreenRecapture]);
    let without_score = seen(None, SignalOutcome::Suspicious);
    assert_eq!(
        decided(&without_score, &strict).status,
        Status::ManualReview
    );
    for harmless in [
        seen(Some(0.5), SignalOutcome::Suspicious),
        seen(Some(0.1), SignalOutcome::Clear),
        seen(Some(0.9), SignalOutcome::NotAssessed),
        seen(None, SignalOutcome::NotAssessed),
    ] {
        assert_eq!(decided(&harmless, &strict), decided(&document(), &strict));
    }
}

#[test]
fn a_signal_that_no_person_has_to_look_at_is_a_warning() {
    let above = signal(
        SignalName::ScreenRecapture,
        Some(0.9),
        SignalOutcome::Suspicious,
    );
    let unnamed = signal(
        SignalName::Other("hologram".into()),
        Some(0.9),
        SignalOutcome::Suspicious,
    );
    for decision in [
        decided(&above, &with_screens(OnSignal::Warn, 0.5)),
        decided(&unnamed, &policy()),
    ] {
        assert_eq!(decision.status, Status::Approved);
        assert!(
            decision
                .warnings
                .contains(&Warning::DocumentAuthenticityDoubt)
        );
    }
}

#[test]
fn by_the_shipped_policy_each_signal_that_is_raised_is_a_reason_of_its_own_and_none_rejects() {
    let mut given = Vec::new();
    for name in SignalName::KNOWN {
        let raised = signal(name, Some(1.0), SignalOutcome::Suspicious);
        let decision = decided(&raised, &policy());
        assert_eq!(decision.status, Status::ManualReview);
        given.extend(decision.reasons);
    }
    let distinct: std::collections::HashSet<_> = given.iter().collect();
    assert_eq!(distinct.len(), SignalName::KNOWN.len(), "{given:?}");
    assert!(!given.contains(&Reason::DocumentAuthenticityDoubt));
}

#[test]
fn a_specimen_s_words_are_a_reason_only_where_specimens_are_not_accepted() {
    let words = signal(
        SignalName::SuspiciousWords,
        Some(1.0),
        SignalOutcome::Suspicious,
    );
    assert_eq!(
        decided(&words, &policy()).reasons,
        [Reason::SuspiciousWords]
    );
    let mut demonstration = policy();
    demonstration.specimens = true;
    let accepted = decided(&words, &demonstration);
    assert_eq!(accepted.status, Status::Approved);
    assert!(
        accepted
            .warnings
            .contains(&Warning::DocumentAuthenticityDoubt)
    );
}

#[test]
fn records_of_before_comparisons_read_as_nothing_compared() {
    let version_1 = include_str!("fixtures/entries-v1.jsonl");
    let line = version_1.lines().nth(2).unwrap();
    assert!(!line.contains("crosschecks") && !line.contains("signals"));
    let entry: Entry = serde_json::from_str(line).unwrap();
    let Event::DocumentRead { document: read } = &entry.event else {
        panic!("the third line of the fixture reads a document");
    };
    assert_eq!((read.crosschecks.len(), read.signals.len()), (0, 0));
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let again = serde_json::to_string(&entry).unwrap();
    assert_eq!(value(&again), value(line), "written as it was");
}

#[test]
fn comparisons_and_signals_are_written_under_their_published_names() {
    let mut document = compared(|field| match field {
        CrosscheckField::Name => DIFFERS,
        CrosscheckField::Address => CrosscheckOutcome::NotAssessed(NotCompared::OneSource),
        other => agrees(other),
    });
    document.signals = signal(
        SignalName::Other("hologram".into()),
        Some(0.25),
        SignalOutcome::Clear,
    )
    .signals;
    let written = serde_json::to_value(&document).unwrap();
    assert_eq!(
        written["crosschecks"][0],
        serde_json::json!({
            "field": "document_number_crosscheck",
            "outcome": {"agrees": {"between": ["mrz", "viz"], "by": "equivalent", "distance": 0}}
        })
    );
    assert_eq!(
        written["crosschecks"][1]["outcome"]["differs"]["distance"],
        3
    );
    assert_eq!(
        written["crosschecks"][2]["outcome"]["not_assessed"],
        "one_source"
    );
    assert_eq!(
        written["signals"][0],
        serde_json::json!({"name": "hologram", "score": 0.25, "outcome": "clear"})
    );
    assert_eq!(
        serde_json::from_value::<DocumentEvidence>(written).unwrap(),
        document
    );
}

#[test]
fn a_licences_barcode_has_no_check_digits_to_fail_and_a_zone_without_them_fails() {
    let without = |layout: &str| DocumentEvidence {
        layout: Some(layout.into()),
        kind: Some(DocumentKind::DrivingLicence),
        declared_kind: None,
        check_digits: CheckDigits::default(),
        ..document()
    };
    let licence = decided(&without(BARCODE_LAYOUT), &policy());
    assert_eq!(licence.status, Status::Approved, "{:?}", licence.reasons);
    let zone = decided(&without("TD1"), &policy());
    assert!(zone.reasons.contains(&Reason::CheckDigitFailed));
}
