//! What the tests of the domain share: one verification that is right in everything, to spoil one thing of.

#![allow(
    clippy::unwrap_used,
    reason = "each test file uses its part of this, and a test that cannot go on has to end"
)]

use kiosk_session::{
    Assessment, AttemptedStep, Challenge, CheckDigits, Consent, ConsentSource, Decision,
    DocumentDetails, DocumentEvidence, DocumentFields, DocumentKind, Entry, Event, Evidence,
    EvidenceId, FaceMatch, FailedAttempt, Gesture, GestureSeen, LivenessEvidence, Opening,
    PassivePad, Policy, Prompted, Redacted, SelfieEvidence, Sex, State, decide, step,
};
use time::macros::{date, datetime};
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

/// When the sessions of these tests begin.
pub const BEGIN: OffsetDateTime = datetime!(2024-01-15 10:30:00 UTC);
/// The day of it.
pub const TODAY: Date = date!(2024 - 01 - 15);

/// The policy that is shipped.
pub fn policy() -> Policy {
    toml::from_str(include_str!("../../policies/default.toml")).unwrap()
}

/// An event `seconds` after the begin.
pub fn after(seconds: i64, event: Event) -> Entry {
    Entry::new(BEGIN + Duration::seconds(seconds), event)
}

pub fn opening() -> Opening {
    Opening {
        tenant: "demo".into(),
        credential: "partner-a".into(),
        external_user_id: Redacted::new("user_123".into()),
        webhook_url: Some(Redacted::new("https://partner.example/hook".into())),
        redirect_url: None,
        metadata: Some(Redacted::new(r#"{"plan":"premium"}"#.into())),
        identity: None,
        liveness_alone: false,
        expires_at: BEGIN + Duration::hours(24),
    }
}

pub fn consent() -> Consent {
    Consent {
        source: ConsentSource::Person,
        text_version: "terms-1".into(),
    }
}

pub fn document() -> DocumentEvidence {
    DocumentEvidence {
        document_id: Uuid::from_u128(1),
        read_at: BEGIN + Duration::seconds(20),
        declared_kind: Some(DocumentKind::Passport),
        declared_country: Some("NLD".into()),
        kind: Some(DocumentKind::Passport),
        layout: Some("TD3".into()),
        fields: Some(DocumentFields {
            document_code: "P".into(),
            issuing_state: "NLD".into(),
            nationality: "NLD".into(),
            primary_identifier: Redacted::new("ERIKSSON".into()),
            secondary_identifier: Redacted::new("ANNA MARIA".into()),
            document_number: Redacted::new("L898902C3".into()),
            birth_date: Some(Redacted::new(date!(1974 - 08 - 12))),
            sex: Sex::Female,
            expiry_date: Some(date!(2030 - 04 - 15)),
            details: DocumentDetails::default(),
        }),
        check_digits: CheckDigits {
            number: Some(true),
            birth: Some(true),
            expiry: Some(true),
            personal: Some(true),
            composite: Some(true),
        },
        confidence: Some(0.97),
        pictures: vec![EvidenceId("aa".repeat(32))],
        portrait: Some(EvidenceId("bb".repeat(32))),
        models: vec![("text_recogniser".into(), "cc".repeat(32))],
        crosschecks: vec![],
        signals: vec![],
        screening: None,
    }
}

pub fn selfie() -> SelfieEvidence {
    SelfieEvidence {
        verification_id: Uuid::from_u128(2),
        document_id: Uuid::from_u128(1),
        taken_at: BEGIN + Duration::seconds(40),
        faces: 1,
        face_match: Assessment::Assessed(FaceMatch::uncalibrated(0.375)),
        picture: EvidenceId("dd".repeat(32)),
        quality: None,
        is_poor: false,
        known: None,
        metadata: None,
        models: vec![("face_embedding".into(), "ee".repeat(32))],
    }
}

pub fn challenge() -> Challenge {
    Challenge {
        challenge_id: Uuid::from_u128(3),
        gestures: vec![Gesture::TurnLeft, Gesture::Blink],
        schedule: None,
        screen: None,
        issued_at: BEGIN + Duration::seconds(50),
        expires_at: BEGIN + Duration::seconds(80),
    }
}

pub fn answer() -> Prompted {
    Prompted {
        challenge_id: Uuid::from_u128(3),
        answered_at: BEGIN + Duration::seconds(60),
        met: 2,
        asked: 2,
        prompts: vec![],
        again_until_ms: None,
    }
}

pub fn liveness() -> LivenessEvidence {
    LivenessEvidence {
        check_id: Uuid::from_u128(4),
        verification_id: Uuid::from_u128(2),
        assessed_at: BEGIN + Duration::seconds(61),
        passive: Assessment::Assessed(PassivePad {
            score: 0.875,
            frames: 24,
        }),
        active: Assessment::Assessed(answer()),
        flash: None,
        dot: None,
        colours_declined: false,
        same_face: Assessment::Assessed(FaceMatch::uncalibrated(0.25)),
        gestures: vec![GestureSeen {
            kind: Gesture::TurnLeft,
            start_ms: 500.0,
            peak_ms: 900.5,
            end_ms: 1300.0,
        }],
        frames: 30,
        most_faces: 1,
        picture: Some(EvidenceId("ff".repeat(32))),
        quality: None,
        injection: vec![],
        presentation: None,
        models: vec![],
    }
}

/// An answer that came too late, with what was judged of it.
pub fn attempt() -> FailedAttempt {
    FailedAttempt {
        attempt_id: Uuid::from_u128(5),
        step: AttemptedStep::Liveness,
        code: "CHALLENGE_LATE".into(),
        challenge_id: Some(Uuid::from_u128(3)),
        policy_sha256: "aa".repeat(32),
        selfie: None,
        liveness: Some(Box::new(LivenessEvidence {
            picture: None,
            ..liveness()
        })),
        models: vec![],
    }
}

/// What is decided of these three today, by the policy.
pub fn judged(
    document: &DocumentEvidence,
    selfie: &SelfieEvidence,
    liveness: &LivenessEvidence,
    policy: &Policy,
) -> Decision {
    decide(
        Evidence {
            document,
            selfie,
            liveness,
        },
        policy,
        TODAY,
    )
}

pub fn decision() -> Decision {
    judged(&document(), &selfie(), &liveness(), &policy())
}

/// Every event of the usual way, in its order.
pub fn whole_way() -> Vec<Entry> {
    vec![
        after(0, Event::Created { opening: opening() }),
        after(10, Event::ConsentGiven { consent: consent() }),
        after(
            20,
            Event::DocumentRead {
                document: Box::new(document()),
            },
        ),
        after(40, Event::SelfieTaken { selfie: selfie() }),
        after(
            50,
            Event::ChallengeIssued {
                challenge: challenge(),
            },
        ),
        after(
            61,
            Event::LivenessAssessed {
                liveness: Box::new(liveness()),
            },
        ),
        after(
            70,
            Event::Decided {
                decision: decision(),
            },
        ),
        after(90, Event::Synced { through: 7 }),
    ]
}

/// The state after the first `count` events of the usual way.
pub fn state_after(count: usize) -> State {
    whole_way()
        .iter()
        .take(count)
        .fold(State::New, |state, entry| step(state, entry).unwrap().0)
}
