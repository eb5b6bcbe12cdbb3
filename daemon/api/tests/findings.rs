//! What the kiosk finds and what it does not, in the dialect's words.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to end")]

use std::sync::Arc;

use crate::common::{Caller, Memory, Part};
use kiosk_session::{Assessment, DocumentKind, FaceMatch, PassivePad, Unassessed};
use serde_json::{Value, json};

#[tokio::test]
async fn an_expired_document_is_told_at_once_and_rejected_at_the_end() {
    let mut memory = Memory::default();
    memory.document.fields.as_mut().unwrap().expiry_date =
        Some(time::macros::date!(2024 - 01 - 14));
    let caller = Caller::new(Arc::new(memory));
    let id = caller.begin().await;
    let answer = caller.add_document(&id).await.ok();
    assert_eq!(answer["is_valid"], false);
    assert_eq!(answer["mrz_valid"], true);
    assert_eq!(answer["validation_errors"], json!(["DOCUMENT_EXPIRED"]));
    caller.add_selfie(&id).await.ok();
    let asked = caller.draw(&id).await.ok();
    caller
        .add_clip(&id, asked["challenge_id"].as_str().unwrap())
        .await
        .ok();
    let answer = caller.submit(&id).await.ok();
    assert_eq!(answer["status"], "rejected");
    assert_eq!(answer["document_verified"], false);
    assert_eq!(answer["risk_level"], "high");
    assert_eq!(answer["review_reasons"], json!(["DOCUMENT_EXPIRED"]));
}

#[tokio::test]
async fn a_document_that_was_not_read_is_null_and_never_invented() {
    let mut memory = Memory::default();
    memory.document.fields = None;
    memory.document.confidence = None;
    memory.document.kind = None;
    let caller = Caller::new(Arc::new(memory));
    let id = caller.begin().await;
    let answer = caller.add_document(&id).await.ok();
    for name in [
        "extraction_confidence",
        "full_name",
        "date_of_birth",
        "nationality",
        "document_number_masked",
        "expiry_date",
        "is_valid",
        "mrz_valid",
    ] {
        assert_eq!(answer[name], Value::Null, "{name}");
    }
    assert_eq!(answer["validation_errors"], json!(["DOCUMENT_UNREADABLE"]));
}

#[tokio::test]
async fn passive_detection_that_was_not_assessed_is_null_and_leads_to_review() {
    let mut memory = Memory::default();
    memory.liveness.passive = Assessment::NotAssessed(Unassessed::ModelAbsent);
    let caller = Caller::new(Arc::new(memory));
    let id = caller.begin().await;
    caller.add_document(&id).await.ok();
    caller.add_selfie(&id).await.ok();
    let asked = caller.draw(&id).await.ok();
    let answer = caller
        .add_clip(&id, asked["challenge_id"].as_str().unwrap())
        .await
        .ok();
    assert_eq!(answer["spoof_detected"], Value::Null);
    assert_eq!(answer["confidence"], Value::Null);
    assert_eq!(answer["passed"], Value::Null);
    let checks = answer["checks_performed"].as_array().unwrap();
    assert!(!checks.contains(&json!("texture_analysis")));
    let decided = caller.submit(&id).await.ok();
    assert_eq!(decided["status"], "manual_review");
    assert_eq!(decided["liveness_passed"], Value::Null);
    assert_eq!(
        decided["review_reasons"],
        json!(["PASSIVE_PAD_NOT_ASSESSED"])
    );
}

#[tokio::test]
async fn an_attack_is_told_as_a_spoof() {
    let mut memory = Memory::default();
    memory.met = 1;
    memory.liveness.passive = Assessment::Assessed(PassivePad {
        score: 0.1,
        frames: 30,
    });
    let caller = Caller::new(Arc::new(memory));
    let id = caller.assessed().await;
    let decided = caller.submit(&id).await.ok();
    assert_eq!(decided["status"], "rejected");
    assert_eq!(decided["liveness_passed"], false);
    assert_eq!(
        decided["review_reasons"],
        json!(["PRESENTATION_ATTACK", "CHALLENGE_NOT_MET"])
    );
}

#[tokio::test]
async fn another_s_face_is_told_and_rejected() {
    let mut memory = Memory::default();
    memory.selfie.face_match = Assessment::Assessed(FaceMatch::uncalibrated(0.9));
    let caller = Caller::new(Arc::new(memory));
    let id = caller.begin().await;
    caller.add_document(&id).await.ok();
    let answer = caller.add_selfie(&id).await.ok();
    assert_eq!(answer["match_passed"], false);
    assert!((answer["match_score"].as_f64().unwrap() - 0.25).abs() < 1e-6);
    assert_eq!(answer["confidence"], "high");
}

#[tokio::test]
async fn faces_that_were_not_compared_are_null() {
    let mut memory = Memory::default();
    memory.selfie.face_match = Assessment::NotAssessed(Unassessed::NoPortrait);
    let caller = Caller::new(Arc::new(memory));
    let id = caller.begin().await;
    caller.add_document(&id).await.ok();
    let answer = caller.add_selfie(&id).await.ok();
    for name in ["match_score", "match_passed", "confidence"] {
        assert_eq!(answer[name], Value::Null, "{name}");
    }
}

#[tokio::test]
async fn every_document_type_and_both_lengths_of_country_code_are_taken() {
    let memory = Arc::new(Memory::default());
    let caller = Caller::new(Arc::clone(&memory));
    let id = caller.begin().await;
    for (word, kind) in [
        ("passport", DocumentKind::Passport),
        ("id_card", DocumentKind::IdCard),
        ("national_id", DocumentKind::IdCard),
        ("residence_permit", DocumentKind::IdCard),
        ("visa", DocumentKind::Visa),
        ("driving_license", DocumentKind::DrivingLicence),
        ("driving_licence", DocumentKind::DrivingLicence),
    ] {
        for (code, state) in [("US", "USA"), ("USA", "USA"), ("de", "D"), ("UTO", "UTO")] {
            let parts = [
                Part::File("file", b"a picture"),
                Part::Text("document_type", word),
                Part::Text("country_code", code),
            ];
            let answer = caller
                .post_form(&format!("/kyc/{id}/document"), &parts)
                .await
                .ok();
            assert_eq!(answer["document_type"], word);
            let uploaded = memory.uploaded.lock().unwrap().clone().unwrap();
            assert_eq!(uploaded.kind, Some(kind));
            assert_eq!(uploaded.country.as_deref(), Some(state));
        }
    }
}

#[tokio::test]
async fn a_document_s_back_may_come_along() {
    let memory = Arc::new(Memory::default());
    let caller = Caller::new(Arc::clone(&memory));
    let id = caller.begin().await;
    let parts = [
        Part::Text("country_code", "UTO"),
        Part::Text("document_type", "id_card"),
        Part::File("back", b"the back"),
        Part::File("file", b"the front"),
    ];
    caller
        .post_form(&format!("/kyc/{id}/document"), &parts)
        .await
        .ok();
    let uploaded = memory.uploaded.lock().unwrap().clone().unwrap();
    assert_eq!(uploaded.front.as_ref(), b"the front");
    assert_eq!(uploaded.back.as_deref(), Some(b"the back".as_slice()));
}
