//! What a decision makes of watch lists: a hit is looked at by a person and rejects nobody; who was not asked for is not clear.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use crate::common::{BEGIN, after, document, liveness, policy, selfie};
use kiosk_session::{
    Accepted, Decision, Entry, Event, Evidence, Fact, ListHit, ListVersion, Policy, Reason,
    Redacted, RiskLevel, Screening, Status, TokenMet, Topic, Unscreened, Warning, decide,
};

fn hit(topic: Topic, score: f32) -> ListHit {
    ListHit {
        entry: "user:x1".into(),
        list: "user".into(),
        topic,
        programme: "FRAUD".into(),
        main_name: Redacted::new("Anna Eriksson".into()),
        name: Redacted::new("Anna Eriksson".into()),
        score,
        name_score: score,
        ofac_score: 88.0,
        birth_date: Fact::Unknown,
        country: Fact::Agrees,
        tokens: Redacted::new(vec![TokenMet {
            query: "eriksson".into(),
            entry: "eriksson".into(),
            how: "same".into(),
            similarity: 1.0,
            weight: 1.0,
        }]),
        unmatched_query: Redacted::new(vec!["maria".into()]),
        unmatched_entry: Redacted::new(vec![]),
        exception: None,
    }
}

fn screened(hits: Vec<ListHit>) -> Screening {
    Screening {
        screened_at: BEGIN,
        lists: vec![ListVersion {
            list: "user".into(),
            sha256: "ab".repeat(32),
            entries: 1,
            names: 1,
        }],
        from: policy().screening.review_from,
        hits,
    }
}

fn decided(screening: Option<Screening>, policy: &Policy) -> Decision {
    let mut document = document();
    document.screening = screening;
    let evidence = Evidence {
        document: &document,
        selfie: &selfie(),
        liveness: &liveness(),
    };
    decide(evidence, policy, time::macros::date!(2024 - 01 - 15))
}

#[test]
fn whom_no_list_names_is_clear_and_nothing_is_warned_of() {
    let decided = decided(Some(screened(vec![])), &policy());
    assert_eq!(decided.status, Status::Approved);
    assert_eq!(decided.checks.sanctions_clear, Some(true));
    assert_eq!(decided.warnings, []);
}

#[test]
fn a_hit_goes_to_review_with_its_reason_and_never_rejects() {
    for (topic, reason, clear) in [
        (Topic::Sanction, Reason::WatchListHit, Some(false)),
        (Topic::Pep, Reason::PoliticallyExposed, Some(true)),
    ] {
        let hits = vec![hit(topic, 100.0), hit(topic, 80.0)];
        let decided = decided(Some(screened(hits)), &policy());
        assert_eq!(decided.status, Status::ManualReview);
        assert_eq!(decided.reasons, [reason]);
        assert_eq!(decided.checks.sanctions_clear, clear);
        assert_ne!(decided.risk_level, RiskLevel::High);
    }
}

#[test]
fn an_excepted_hit_and_one_below_the_policys_threshold_are_none_to_look_at() {
    let mut excepted = hit(Topic::Sanction, 100.0);
    excepted.exception = Some(Accepted {
        at: BEGIN,
        user: "user-17".into(),
        note: Redacted::new("a namesake".into()),
    });
    let mut strict = policy();
    strict.screening.review_from = 95.0;
    for (hit, policy) in [(excepted, policy()), (hit(Topic::Sanction, 90.0), strict)] {
        let decided = decided(Some(screened(vec![hit])), &policy);
        assert_eq!(decided.status, Status::Approved);
        assert_eq!(decided.checks.sanctions_clear, Some(true));
    }
}

#[test]
fn who_was_not_asked_for_or_less_deeply_than_the_policy_wants_is_not_clear() {
    let mut deeper = policy();
    deeper.screening.review_from = 55.0;
    let cases = [(None, policy()), (Some(screened(vec![])), deeper)];
    for (screening, mut policy) in cases {
        let warned = decided(screening.clone(), &policy);
        assert_eq!(warned.checks.sanctions_clear, None);
        assert_eq!(warned.warnings, [Warning::ScreeningNotAssessed]);
        assert_eq!(warned.status, Status::Approved);
        policy.unscreened = Unscreened::Review;
        let reviewed = decided(screening, &policy);
        assert_eq!(reviewed.reasons, [Reason::ScreeningNotAssessed]);
    }
}

#[test]
fn it_is_written_with_the_document_and_the_same_record_decides_the_same_for_ever() {
    let mut read = document();
    read.screening = Some(screened(vec![hit(Topic::Sanction, 87.5)]));
    let entry = after(
        20,
        Event::DocumentRead {
            document: Box::new(read.clone()),
        },
    );
    let written = serde_json::to_string(&entry).unwrap();
    assert!(!format!("{entry:?}").to_lowercase().contains("eriksson"));
    let again: Entry = serde_json::from_str(&written).unwrap();
    assert_eq!(again, entry);
    let Event::DocumentRead { document } = again.event else {
        panic!("it is a document");
    };
    let stored = decided(document.screening, &policy());
    assert_eq!(stored, decided(read.screening, &policy()));
}
