//! Decisions by what a tenant has set: never looser, told what is missing, made again from what is stored.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to end")]

use crate::common::{TODAY, decision, document, liveness, policy, selfie};
use kiosk_session::{
    Agreement, CrosscheckField, CrosscheckOutcome, Decision, DocumentCrosscheck, DocumentEvidence,
    DocumentPart, Evidence, FieldName, NotCompared, Reason, Status, Terms, Warning, Weights,
    WeightsVersion, authenticate, decide_by,
};

fn weights(change: impl FnOnce(&mut Weights)) -> Terms {
    let mut weights = Weights::of_policy(&policy());
    change(&mut weights);
    Terms {
        weights: Some(WeightsVersion {
            id: "v1".into(),
            weights,
        }),
        required: vec![],
    }
}

fn judged(document: &DocumentEvidence, terms: &Terms) -> Decision {
    let (selfie, liveness) = (selfie(), liveness());
    let evidence = Evidence {
        document,
        selfie: &selfie,
        liveness: &liveness,
    };
    decide_by(evidence, &policy(), terms, TODAY)
}

/// A document two parts of which state `fields`, the first `agreeing` of them alike.
fn compared(fields: &[CrosscheckField], agreeing: usize) -> DocumentEvidence {
    let between = [DocumentPart::Mrz, DocumentPart::Viz];
    let checks = fields
        .iter()
        .enumerate()
        .map(|(place, field)| DocumentCrosscheck {
            field: *field,
            outcome: match place < agreeing {
                true => CrosscheckOutcome::Agrees {
                    between,
                    by: Agreement::Exact,
                    distance: 0,
                },
                false => CrosscheckOutcome::Differs {
                    between,
                    distance: 3,
                },
            },
        });
    let mut crosschecks: Vec<_> = checks.collect();
    crosschecks.push(DocumentCrosscheck {
        field: CrosscheckField::Address,
        outcome: CrosscheckOutcome::NotAssessed(NotCompared::OneSource),
    });
    DocumentEvidence {
        crosschecks,
        ..document()
    }
}

const THREE: [CrosscheckField; 3] = [
    CrosscheckField::DocumentNumber,
    CrosscheckField::Name,
    CrosscheckField::BirthDate,
];

#[test]
fn without_terms_a_decision_is_what_it_was_before_there_were_any() {
    assert_eq!(judged(&document(), &Terms::default()), decision());
    let text = serde_json::to_value(decision()).unwrap();
    for name in ["missing", "score", "terms"] {
        assert!(text.get(name).is_none(), "{name}");
    }
}

#[test]
fn the_policy_s_own_numbers_as_weights_change_nothing_of_the_outcome() {
    let made = judged(&document(), &weights(|_| {}));
    assert_eq!((made.status, &made.reasons), (Status::Approved, &vec![]));
    assert_eq!((made.score, made.weights_id()), (None, "v1"));
    assert_eq!(decision().weights_id(), decision().policy);
}

#[test]
fn a_score_is_the_weighed_mean_of_what_was_assessed() {
    let terms = weights(|weights| {
        weights.passport_fuzzy_match_weight = 3.0;
        weights.is_identity_document_weight = 1.0;
        weights.driver_license_fuzzy_match_weight = 100.0;
    });
    // Two of three fields agree, and it is an identity document: (3 * 2/3 + 1) / 4.
    let made = judged(&compared(&THREE, 2), &terms);
    assert!((made.score.unwrap() - 0.75).abs() < 1e-6, "{made:?}");
    assert!(!made.warnings.contains(&Warning::WeightNotAssessed));
    let alone = judged(&document(), &terms);
    assert_eq!(
        alone.score,
        Some(1.0),
        "what was not compared counts neither way"
    );
    assert!(alone.warnings.contains(&Warning::WeightNotAssessed));
}

#[test]
fn below_the_session_s_or_the_document_s_tolerance_a_person_looks() {
    let by_score = weights(|weights| {
        weights.passport_fuzzy_match_weight = 1.0;
        weights.idv_session_tolerance = 0.7;
    });
    let by_document = weights(|weights| weights.passport_fuzzy_match_tolerance = 0.7);
    for terms in [by_score, by_document] {
        let made = judged(&compared(&THREE, 3), &terms);
        assert_eq!(made.status, Status::Approved);
        let short = judged(&compared(&THREE, 2), &terms);
        assert_eq!(short.status, Status::ManualReview);
        assert!(short.reasons.contains(&Reason::BelowTolerance));
    }
}

#[test]
fn a_tenant_s_bound_counts_where_it_is_stricter_and_not_where_it_is_looser() {
    let policy = policy();
    let loose = weights(|weights| {
        weights.onboarding_face_encoding_tolerance = 2.0;
        weights.minimum_liveness_tolerance = 0.0;
    });
    let over = loose.weights.as_ref().unwrap().weights.over(&policy);
    assert_eq!(over, policy);
    // The face lies at 0.375, the clip at 0.875.
    let near = weights(|weights| weights.onboarding_face_encoding_tolerance = 0.37);
    assert_eq!(
        judged(&document(), &near).reasons[0],
        Reason::FailedFaceMatch
    );
    let alive = weights(|weights| weights.minimum_liveness_tolerance = 0.9);
    assert_eq!(
        judged(&document(), &alive).reasons,
        [Reason::PassivePadDoubt]
    );
}

#[test]
fn what_speaks_against_a_document_is_not_outweighed() {
    let terms = weights(|weights| weights.is_identity_document_weight = 1_000.0);
    let mut expired = document();
    if let Some(fields) = &mut expired.fields {
        fields.expiry_date = Some(time::macros::date!(2020 - 01 - 01));
    }
    let made = judged(&expired, &terms);
    assert_eq!((made.status, made.score), (Status::Rejected, Some(1.0)));
}

#[test]
fn every_field_that_is_wanted_and_was_not_read_is_missing() {
    let required: Vec<FieldName> = FieldName::NAMED
        .into_iter()
        .map(|(_, field)| field)
        .collect();
    let made = judged(
        &document(),
        &Terms {
            weights: None,
            required,
        },
    );
    use FieldName as F;
    assert_eq!(
        made.missing,
        [
            F::RefNumber,
            F::IssueAt,
            F::IssuingState,
            F::MiddleName,
            F::NameSuffix,
            F::Street,
            F::City,
            F::State,
            F::PostalCode,
            F::Height,
            F::Weight,
            F::EyeColor,
            F::HairColor,
            F::Class,
            F::Mentions,
            F::Restrictions,
            F::RawBarcode,
        ]
    );
    assert_eq!(made.reasons, [Reason::FieldsMissing]);
    assert_eq!(made.status, Status::ManualReview);
}

#[test]
fn a_decision_by_terms_is_stored_whole_and_made_again_from_what_is_stored() {
    let mut terms = weights(|weights| {
        weights.passport_fuzzy_match_weight = 0.1;
        weights.aamva_match_weight = 7.0;
        weights.idv_session_tolerance = 0.9;
    });
    terms.required = vec![FieldName::Street];
    let document = compared(&THREE, 1);
    let made = judged(&document, &terms);
    let stored: Decision = serde_json::from_str(&serde_json::to_string(&made).unwrap()).unwrap();
    assert_eq!(stored, made);
    assert_eq!(judged(&document, stored.terms.as_deref().unwrap()), made);
}

#[test]
fn an_authentication_is_decided_by_face_and_clip_alone() {
    let made = authenticate(&selfie(), &liveness(), &policy(), &Terms::default());
    assert_eq!(
        (made.status, made.checks.document_verified),
        (Status::Approved, None)
    );
    let far = weights(|weights| weights.verified_account_face_encoding_tolerance = 0.3);
    let made = authenticate(&selfie(), &liveness(), &policy(), &far);
    assert_eq!(made.reasons, [Reason::FailedFaceMatch]);
    assert_eq!((made.status, made.weights_id()), (Status::Rejected, "v1"));
    let onboarding = weights(|weights| weights.onboarding_face_encoding_tolerance = 0.3);
    let made = authenticate(&selfie(), &liveness(), &policy(), &onboarding);
    assert_eq!(made.status, Status::Approved);
}
