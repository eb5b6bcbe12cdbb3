//! Prepared evidence: what the models would have found.

use kiosk_session::{
    Assessment, CheckDigits, DocumentDetails, DocumentEvidence, DocumentFields, DocumentKind,
    EvidenceId, FaceMatch, LivenessEvidence, PassivePad, Redacted, SelfieEvidence, Sex,
};
use time::macros::date;
use uuid::Uuid;

use super::NOW;

/// The document of the published example, in which John Smith has a passport of the USA.
pub fn document() -> DocumentEvidence {
    DocumentEvidence {
        document_id: Uuid::from_u128(1),
        read_at: NOW,
        declared_kind: Some(DocumentKind::Passport),
        declared_country: Some("USA".into()),
        kind: Some(DocumentKind::Passport),
        layout: Some("TD3".into()),
        fields: Some(DocumentFields {
            document_code: "P".into(),
            issuing_state: "USA".into(),
            nationality: "USA".into(),
            primary_identifier: Redacted::new("SMITH".into()),
            secondary_identifier: Redacted::new("JOHN".into()),
            document_number: Redacted::new("56781234".into()),
            birth_date: Some(Redacted::new(date!(1990 - 05 - 15))),
            sex: Sex::Male,
            expiry_date: Some(date!(2028 - 05 - 15)),
            details: DocumentDetails::default(),
        }),
        check_digits: CheckDigits {
            number: Some(true),
            birth: Some(true),
            expiry: Some(true),
            personal: Some(true),
            composite: Some(true),
        },
        confidence: Some(0.95),
        pictures: vec![EvidenceId("00".into())],
        portrait: Some(EvidenceId("01".into())),
        models: vec![],
        crosschecks: vec![],
        signals: vec![],
        screening: None,
    }
}

/// A selfie whose face lies at the published example's score, 0.94, from the document's.
pub fn selfie() -> SelfieEvidence {
    SelfieEvidence {
        verification_id: Uuid::from_u128(2),
        document_id: Uuid::from_u128(1),
        taken_at: NOW,
        faces: 1,
        face_match: Assessment::Assessed(FaceMatch::uncalibrated(0.072)),
        picture: EvidenceId("02".into()),
        quality: None,
        is_poor: false,
        known: None,
        metadata: None,
        models: vec![],
    }
}

/// A clip without its answer to a challenge, of the published example's confidence, 0.92.
pub fn liveness() -> LivenessEvidence {
    LivenessEvidence {
        check_id: Uuid::from_u128(3),
        verification_id: Uuid::from_u128(2),
        assessed_at: NOW,
        passive: Assessment::Assessed(PassivePad {
            score: 0.92,
            frames: 30,
        }),
        active: Assessment::NotAssessed(kiosk_session::Unassessed::NotPrompted),
        flash: None,
        dot: None,
        colours_declined: false,
        same_face: Assessment::Assessed(FaceMatch::uncalibrated(0.1)),
        gestures: vec![],
        frames: 30,
        most_faces: 1,
        picture: None,
        quality: None,
        injection: vec![],
        presentation: None,
        models: vec![],
    }
}
