//! Requests that are well formed and can't be answered as asked: the session's state, the machine, slow callers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to end")]

use std::sync::Arc;
use std::time::Duration;

use crate::common::{BUSY, Caller, FACELESS, Memory, NO_ROOM, PANICS, Part};
use axum::body::Body;
use kiosk_api::limits::Limits;

#[tokio::test]
async fn a_picture_that_cannot_be_used_is_told_by_its_code_and_the_session_goes_on() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    caller.add_document(&id).await.ok();
    let path = format!("/kyc/{id}/selfie");
    let answer = caller
        .post_form(&path, &[Part::File("file", FACELESS)])
        .await;
    assert_eq!(answer.refused(422), "NO_FACE");
    assert!(answer.detail().starts_with("NO_FACE: "));
    let answer = caller
        .post_form(&path, &[Part::File("file", NO_ROOM)])
        .await;
    assert_eq!(answer.refused(503), "STORE_FULL");
    assert!(answer.detail().contains("max_bytes"), "{}", answer.detail());
    assert!(answer.headers.contains_key("retry-after"));
    let answer = caller.post_form(&path, &[Part::File("file", BUSY)]).await;
    assert_eq!(answer.refused(503), "UNAVAILABLE");
    assert!(answer.headers.contains_key("retry-after"));
    let answer = caller.post_form(&path, &[Part::File("file", PANICS)]).await;
    assert_eq!(answer.refused(500), "INTERNAL");
    caller.add_selfie(&id).await.ok();
}

#[tokio::test]
async fn steps_out_of_order_are_told_by_what_is_missing() {
    let memory = Arc::new(Memory::default());
    let caller = Caller::new(Arc::clone(&memory));
    let id = caller.begin().await;
    assert_eq!(
        caller.add_selfie(&id).await.refused(400),
        "DOCUMENT_MISSING"
    );
    assert_eq!(caller.draw(&id).await.refused(400), "DOCUMENT_MISSING");
    caller.add_document(&id).await.ok();
    assert_eq!(caller.draw(&id).await.refused(400), "SELFIE_MISSING");
    assert_eq!(caller.submit(&id).await.refused(400), "SELFIE_MISSING");
    caller.add_selfie(&id).await.ok();
    assert_eq!(caller.submit(&id).await.refused(400), "LIVENESS_MISSING");
    assert_eq!(
        caller.add_clip(&id, "chl_unknown").await.refused(400),
        "CHALLENGE_UNKNOWN"
    );
    let asked = caller.draw(&id).await.ok();
    memory.wait(time::Duration::seconds(31));
    let late = caller
        .add_clip(&id, asked["challenge_id"].as_str().unwrap())
        .await;
    assert_eq!(late.refused(400), "CHALLENGE_LATE");
    let asked = caller.draw(&id).await.ok();
    caller
        .add_clip(&id, asked["challenge_id"].as_str().unwrap())
        .await
        .ok();
    caller.submit(&id).await.ok();
    assert_eq!(caller.submit(&id).await.refused(400), "SESSION_CLOSED");
    assert_eq!(
        caller.add_document(&id).await.refused(400),
        "SESSION_CLOSED"
    );
}

#[tokio::test]
async fn a_session_whose_time_has_run_out_takes_nothing_more() {
    let memory = Arc::new(Memory::default());
    let caller = Caller::new(Arc::clone(&memory));
    let id = caller.begin().await;
    memory.wait(time::Duration::hours(24));
    let answer = caller.add_document(&id).await;
    assert_eq!(answer.refused(400), "SESSION_EXPIRED");
    assert_eq!(answer.detail(), "The session has expired; create another");
}

#[tokio::test]
async fn a_query_that_cannot_be_is_refused() {
    let caller = Caller::new(Arc::default());
    for query in [
        "limit=ten",
        "limit=-1",
        "limit=0",
        "limit=201",
        "offset=x",
        "status=done",
        "status=",
    ] {
        let answer = caller.get(&format!("/partner/sessions?{query}")).await;
        assert_eq!(answer.refused(400), "INVALID_PARAMETER", "{query}");
    }
}

/// A body of which the first part comes and then nothing more.
fn stalled(first: &'static str) -> Body {
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<&'static str, std::io::Error>>(1);
    sender.try_send(Ok(first)).unwrap();
    let chunks = futures::stream::unfold((receiver, sender), async |(mut receiver, sender)| {
        receiver
            .recv()
            .await
            .map(|chunk| (chunk, (receiver, sender)))
    });
    Body::from_stream(chunks)
}

#[tokio::test]
async fn a_caller_that_sends_too_slowly_is_told_so() {
    let limits = Limits {
        body_time: Duration::from_millis(100),
        ..Limits::default()
    };
    let caller = Caller::with_limits(Arc::default(), limits);
    let answer = caller.post_json("/partner/sessions", stalled("{")).await;
    assert_eq!(answer.refused(408), "TOO_SLOW");
    let id = caller.begin().await;
    let form = caller
        .request("POST", &format!("/kyc/{id}/selfie"))
        .header("Content-Type", "multipart/form-data; boundary=b");
    let answer = caller.send(form.body(stalled("--b\r\n")).unwrap()).await;
    assert_eq!(answer.refused(408), "TOO_SLOW");
}

#[tokio::test]
async fn while_too_many_uploads_are_held_one_more_waits_and_is_told() {
    let body_time = Duration::from_millis(300);
    let limits = Limits {
        uploads_at_once: 1,
        body_time,
        ..Limits::default()
    };
    let caller = Caller::with_limits(Arc::default(), limits);
    let id = caller.begin().await;
    let slow = caller
        .request("POST", &format!("/kyc/{id}/selfie"))
        .header("Content-Type", "multipart/form-data; boundary=b");
    let first = caller.send(slow.body(stalled("--b\r\n")).unwrap());
    let second = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        caller.add_document(&id).await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.refused(408), "TOO_SLOW");
    // The first gave its place back when its time was over, just before the second's patience ended.
    second.ok();
    caller.add_selfie(&id).await.ok();
}

#[tokio::test]
async fn an_error_repeats_nothing_of_what_was_sent() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    let body = r#"{"external_user_id": {"name": "ERIKSSON"}}"#;
    let answer = caller.post_json("/partner/sessions", body).await;
    assert!(!answer.detail().contains("ERIKSSON"));
    let parts = [
        Part::File("file", b"a picture"),
        Part::Text("document_type", "ERIKSSON"),
        Part::Text("country_code", "ERIKSSON"),
    ];
    let answer = caller
        .post_form(&format!("/kyc/{id}/document"), &parts)
        .await;
    assert!(!answer.detail().contains("ERIKSSON"));
    let answer = caller.get("/partner/sessions?status=ERIKSSON").await;
    assert!(!answer.detail().contains("ERIKSSON"));
}
