//! The published Onboarder document, walked through field by field.
// long file: every operation of the dialect, field by field, as sentences

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to end")]

use std::sync::Arc;

use crate::common::{Caller, Memory};
use kiosk_api::service::{Networks, StoreState};
use kiosk_session::Gesture;
use serde_json::{Value, json};
use time::Duration;

/// The fields of an object, in the order of their names.
fn fields(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

fn sorted<const N: usize>(mut names: [&str; N]) -> Vec<&str> {
    names.sort_unstable();
    names.to_vec()
}

#[tokio::test]
async fn a_session_begins_with_the_published_fields() {
    let caller = Caller::new(Arc::default());
    let body = json!({
        "external_user_id": "user_123",
        "webhook_url": "https://yourapp.com/webhooks/kyc",
        "metadata": {"plan": "premium"},
    });
    let begun = caller
        .post_json("/partner/sessions", body.to_string())
        .await
        .ok();
    let id = begun["session_id"].as_str().unwrap();
    assert_eq!(id.len(), 36);
    assert_eq!(
        begun,
        json!({
            "session_id": id,
            "status": "pending",
            "kyc_url": format!("http://localhost:9000/kyc/{id}"),
            "expires_at": "2024-01-16T10:30:00Z",
            "created_at": "2024-01-15T10:30:00Z",
        })
    );
}

#[tokio::test]
async fn a_document_is_answered_with_the_published_fields() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    let answer = caller.add_document(&id).await.ok();
    assert_eq!(
        answer,
        json!({
            "document_id": "doc_00000000000000000000000000000001",
            "document_type": "passport",
            "extraction_confidence": 0.95,
            "full_name": "John Smith",
            "date_of_birth": "1990-05-15",
            "nationality": "USA",
            "document_number_masked": "****1234",
            "expiry_date": "2028-05-15",
            "is_valid": true,
            "mrz_valid": true,
            "validation_errors": [],
        })
    );
}

#[tokio::test]
async fn a_selfie_is_answered_with_the_published_fields() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    caller.add_document(&id).await.ok();
    let answer = caller.add_selfie(&id).await.ok();
    assert_eq!(
        answer,
        json!({
            "verification_id": "ver_00000000000000000000000000000002",
            "match_score": 0.94,
            "match_passed": true,
            "confidence": "high",
        })
    );
}

#[tokio::test]
async fn a_challenge_of_one_gesture_reads_as_published() {
    let mut memory = Memory::default();
    memory.gestures = vec![Gesture::TurnLeft];
    memory.met = 1;
    let caller = Caller::new(Arc::new(memory));
    let id = caller.begin().await;
    caller.add_document(&id).await.ok();
    caller.add_selfie(&id).await.ok();
    let asked = caller.draw(&id).await.ok();
    assert!(asked["challenge_id"].as_str().unwrap().starts_with("chl_"));
    assert_eq!(asked["challenge_type"], "head_turn");
    assert_eq!(
        asked["instructions"],
        "Please turn your head slowly to the left and back"
    );
    assert_eq!(asked["timeout_seconds"], 30);
    assert_eq!(
        fields(&asked),
        sorted([
            "challenge_id",
            "challenge_type",
            "instructions",
            "timeout_seconds"
        ])
    );
}

#[tokio::test]
async fn a_clip_is_answered_with_the_published_fields() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    caller.add_document(&id).await.ok();
    caller.add_selfie(&id).await.ok();
    let asked = caller.draw(&id).await.ok();
    assert_eq!(asked["challenge_type"], "sequence");
    let answer = caller
        .add_clip(&id, asked["challenge_id"].as_str().unwrap())
        .await
        .ok();
    assert_eq!(
        answer,
        json!({
            "check_id": "lvc_00000000000000000000000000000003",
            "passed": true,
            "confidence": 0.92,
            "spoof_detected": false,
            "checks_performed": ["head_movement", "blink", "texture_analysis", "face_consistency"],
        })
    );
}

#[tokio::test]
async fn a_submitted_session_is_answered_with_the_published_fields() {
    let memory = Arc::new(Memory::default());
    let caller = Caller::new(Arc::clone(&memory));
    let id = caller.assessed().await;
    memory.wait(Duration::seconds(165));
    let answer = caller.submit(&id).await.ok();
    assert_eq!(
        answer,
        json!({
            "session_id": id,
            "status": "approved",
            "decision": "approved",
            "risk_score": answer["risk_score"],
            "risk_level": "low",
            "document_verified": true,
            "face_match_passed": true,
            "liveness_passed": true,
            "screening_passed": null,
            "review_reasons": [],
            "started_at": "2024-01-15T10:30:00Z",
            "completed_at": "2024-01-15T10:32:45Z",
        })
    );
    assert!(answer["risk_score"].as_f64().unwrap() < 0.4);
}

#[tokio::test]
async fn a_decided_session_reads_with_the_published_fields() {
    let memory = Arc::new(Memory::default());
    let caller = Caller::new(Arc::clone(&memory));
    let id = caller.assessed().await;
    memory.wait(Duration::seconds(165));
    let submitted = caller.submit(&id).await.ok();
    let session = caller.get(&format!("/partner/sessions/{id}")).await.ok();
    assert_eq!(
        session,
        json!({
            "session_id": id,
            "external_user_id": "user_123",
            "status": "approved",
            "risk_level": "low",
            "risk_score": submitted["risk_score"],
            "decision": "approved",
            "decision_reason": "All verification checks passed; Watch lists were not consulted",
            "created_at": "2024-01-15T10:30:00Z",
            "completed_at": "2024-01-15T10:32:45Z",
            "verification_results": {
                "document_verified": true,
                "face_match_passed": true,
                "face_match_score": 0.94,
                "liveness_passed": true,
                "sanctions_clear": null,
            },
        })
    );
}

#[tokio::test]
async fn an_undecided_session_tells_what_was_checked_and_null_for_the_rest() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    caller.add_document(&id).await.ok();
    let session = caller.get(&format!("/partner/sessions/{id}")).await.ok();
    assert_eq!(session["status"], "in_progress");
    for name in [
        "risk_level",
        "risk_score",
        "decision",
        "decision_reason",
        "completed_at",
    ] {
        assert_eq!(session[name], Value::Null, "{name}");
    }
    let results = &session["verification_results"];
    assert_eq!(results["document_verified"], true);
    assert_eq!(results["face_match_passed"], Value::Null);
    assert_eq!(results["liveness_passed"], Value::Null);
}

#[tokio::test]
async fn health_reads_as_published_and_asks_for_no_key() {
    let caller = Caller::new(Arc::default()).by(None);
    let health = caller.get("/health").await.ok();
    assert_eq!(
        fields(&health),
        // The KYC API publishes this path too: its fields stand beside.
        sorted([
            "status",
            "version",
            "database",
            "engine",
            "store",
            "timestamp",
            "uptime",
            "environment",
            "checks",
            "details",
            "error"
        ])
    );
    assert_eq!(health["status"], "healthy");
    assert_eq!(health["database"], "connected");
    assert_eq!(health["engine"]["state"], "ready");
}

#[tokio::test]
async fn an_engine_that_is_built_is_told_with_its_progress_and_is_not_healthy() {
    let mut memory = Memory::default();
    memory.health.models_ready = false;
    memory.health.engine.state = "building";
    memory.health.engine.networks = Some(Networks { done: 2, of: 9 });
    let answer = Caller::new(Arc::new(memory)).get("/health").await;
    assert_eq!(answer.status, 503);
    let engine = &answer.json()["engine"];
    assert_eq!(engine["state"], "building");
    assert_eq!(
        (&engine["networks"]["done"], &engine["networks"]["of"]),
        (&2.into(), &9.into())
    );
}

#[tokio::test]
async fn a_kiosk_tells_of_its_cameras_beside_what_is_published() {
    let mut memory = Memory::default();
    memory.health.cameras = vec![kiosk_api::service::CameraHealth {
        place: "face",
        state: "stalled",
        code: None,
        last_frame_age_ms: Some(1_700),
    }];
    let caller = Caller::new(Arc::new(memory)).by(None);
    let health = caller.get("/health").await.ok();
    let told = serde_json::json!([{
        "place": "face", "state": "stalled", "code": null, "last_frame_age_ms": 1_700
    }]);
    assert_eq!(health["cameras"], told);
}

#[tokio::test]
async fn a_key_that_may_capture_mints_a_token_for_its_own_open_session_alone() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    let path = format!("/kyc/{id}/preview-token");
    let minted = caller.post(&path).await.ok();
    assert_eq!(fields(&minted), sorted(["token", "expires_at"]));
    let stranger = caller.by(None).post(&path).await;
    assert_eq!(stranger.status.as_u16(), 401);
}

#[tokio::test]
async fn a_kiosk_without_its_store_is_not_healthy() {
    let mut memory = Memory::default();
    memory.health.store.state = StoreState::NotWritable;
    let answer = Caller::new(Arc::new(memory)).get("/health").await;
    assert_eq!(answer.status.as_u16(), 503);
    assert_eq!(answer.json()["status"], "unhealthy");
    assert_eq!(answer.json()["database"], "disconnected");
}

#[tokio::test]
async fn a_kiosk_whose_store_is_full_is_not_healthy_and_says_that_its_store_is_there() {
    let mut memory = Memory::default();
    memory.health.store.state = StoreState::Full;
    let answer = Caller::new(Arc::new(memory)).get("/health").await;
    assert_eq!(answer.status.as_u16(), 503);
    assert_eq!(answer.json()["database"], "connected");
    assert_eq!(answer.json()["store"]["state"], "full");
}

#[tokio::test]
async fn the_page_behind_kyc_url_asks_for_no_key_and_tells_nothing() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    let page = caller.by(None).get(&format!("/kyc/{id}")).await;
    assert_eq!(page.status.as_u16(), 200);
    assert!(
        page.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    assert!(
        page.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("'none'")
    );
    let unknown = "00000000-0000-4000-8000-000000000000";
    let other = caller.by(None).get(&format!("/kyc/{unknown}")).await;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    assert_eq!(text(&page.bytes).replace(&id, unknown), text(&other.bytes));
    assert!(!text(&page.bytes).contains("user_123"));
}

#[tokio::test]
async fn sessions_are_listed_newest_first_by_page_status_and_person() {
    let memory = Arc::new(Memory::default());
    let caller = Caller::new(Arc::clone(&memory));
    let first = caller.begin().await;
    memory.wait(Duration::seconds(1));
    let second = caller.assessed().await;
    caller.submit(&second).await.ok();
    let all = caller.get("/partner/sessions").await.ok();
    assert_eq!(
        fields(&all),
        sorted(["sessions", "total", "limit", "offset"])
    );
    assert_eq!(all["sessions"][0]["session_id"], second.as_str());
    assert_eq!(all["sessions"][1]["session_id"], first.as_str());
    assert_eq!(all["total"], 2);
    let approved = caller
        .get("/partner/sessions?status=approved&limit=10")
        .await
        .ok();
    assert_eq!(approved["total"], 1);
    assert_eq!(approved["sessions"][0]["session_id"], second.as_str());
    let paged = caller.get("/partner/sessions?limit=1&offset=1").await.ok();
    assert_eq!(paged["sessions"][0]["session_id"], first.as_str());
    assert_eq!(paged["sessions"].as_array().unwrap().len(), 1);
    let nobody = caller
        .get("/partner/sessions?external_user_id=nobody")
        .await
        .ok();
    assert_eq!(nobody["total"], 0);
}

#[tokio::test]
async fn a_challenge_may_be_drawn_by_get_or_post_and_the_last_one_counts() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    caller.add_document(&id).await.ok();
    caller.add_selfie(&id).await.ok();
    let path = format!("/kyc/{id}/liveness/challenge");
    let first = caller.get(&path).await.ok();
    let second = caller.post(&path).await.ok();
    let late = caller
        .add_clip(&id, first["challenge_id"].as_str().unwrap())
        .await;
    assert_eq!(late.refused(400), "CHALLENGE_UNKNOWN");
    caller
        .add_clip(&id, second["challenge_id"].as_str().unwrap())
        .await
        .ok();
}

#[tokio::test]
async fn looking_at_the_challenge_s_head_draws_none() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    caller.add_document(&id).await.ok();
    caller.add_selfie(&id).await.ok();
    let path = format!("/kyc/{id}/liveness/challenge");
    let asked = caller.get(&path).await.ok();
    let head = caller
        .request("HEAD", &path)
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(caller.send(head).await.status.as_u16(), 405);
    caller
        .add_clip(&id, asked["challenge_id"].as_str().unwrap())
        .await
        .ok();
}
