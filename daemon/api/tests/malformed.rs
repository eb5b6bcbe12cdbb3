//! What is wrong with a request is told in the one form, and changes nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to end")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use common::{Caller, FACELESS, Memory, NO_ROOM, PANICS, Part, form};
use kiosk_api::limits::Limits;

#[tokio::test]
async fn unknown_routes_and_wrong_methods_have_the_one_form() {
    let caller = Caller::new(Arc::default());
    for path in [
        "/",
        "/partner",
        "/partner/sessions/",
        "/kyc",
        "/kyc/x/unknown",
        "/docs",
    ] {
        assert_eq!(
            caller.get(path).await.refused(404),
            "NO_SUCH_ROUTE",
            "{path}"
        );
    }
    let id = caller.begin().await;
    for (method, path) in [
        ("DELETE", "/partner/sessions".to_owned()),
        ("PUT", format!("/partner/sessions/{id}")),
        ("GET", format!("/kyc/{id}/document")),
        ("GET", format!("/kyc/{id}/submit")),
        ("POST", "/health".to_owned()),
        ("POST", format!("/kyc/{id}")),
    ] {
        let request = caller.request(method, &path).body(Body::empty()).unwrap();
        assert_eq!(
            caller.send(request).await.refused(405),
            "WRONG_METHOD",
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_session_id_that_is_none_is_a_session_that_is_not_found() {
    let caller = Caller::new(Arc::default());
    for id in [
        "x",
        "sess_abc123",
        "550e8400",
        "%00",
        "%ff",
        "..%2f..",
        "550e8400-e29b-41d4-a716-44665544000g",
    ] {
        let shown = caller.get(&format!("/partner/sessions/{id}")).await;
        assert_eq!(shown.refused(404), "SESSION_NOT_FOUND", "{id}");
        assert_eq!(
            caller.add_selfie(id).await.refused(404),
            "SESSION_NOT_FOUND"
        );
        assert_eq!(caller.submit(id).await.refused(404), "SESSION_NOT_FOUND");
        assert_eq!(
            caller.get(&format!("/kyc/{id}")).await.refused(404),
            "SESSION_NOT_FOUND"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let caller = Caller::new(Arc::default());
    let deep = format!(
        "{{\"external_user_id\": \"u\", \"metadata\": {}1{}}}",
        "[".repeat(5000),
        "]".repeat(5000)
    );
    for body in [
        "",
        "{",
        "external_user_id=u",
        "{\"a\": 1} trailing",
        "\u{0}",
        deep.as_str(),
    ] {
        let answer = caller.post_json("/partner/sessions", body.to_owned()).await;
        assert_eq!(answer.refused(400), "INVALID_JSON");
    }
}

#[tokio::test]
async fn a_json_body_of_the_wrong_shape_is_refused_by_its_field() {
    let caller = Caller::new(Arc::default());
    let long = "x".repeat(257);
    for (body, field) in [
        ("[]".to_owned(), "object"),
        ("{}".to_owned(), "external_user_id"),
        (
            r#"{"external_user_id": null}"#.to_owned(),
            "external_user_id",
        ),
        (r#"{"external_user_id": 7}"#.to_owned(), "external_user_id"),
        (
            r#"{"external_user_id": " "}"#.to_owned(),
            "external_user_id",
        ),
        (
            format!(r#"{{"external_user_id": "{long}"}}"#),
            "external_user_id",
        ),
        (
            r#"{"external_user_id": "u", "webhook_url": "ftp://a.b/"}"#.to_owned(),
            "webhook_url",
        ),
        (
            r#"{"external_user_id": "u", "webhook_url": "not an address"}"#.to_owned(),
            "webhook_url",
        ),
        (
            r#"{"external_user_id": "u", "redirect_url": "javascript:alert(1)"}"#.to_owned(),
            "redirect_url",
        ),
        (
            r#"{"external_user_id": "u", "metadata": "premium"}"#.to_owned(),
            "metadata",
        ),
    ] {
        let answer = caller.post_json("/partner/sessions", body.clone()).await;
        assert_eq!(answer.refused(422), "VALIDATION", "{body}");
        assert!(
            answer.detail().contains(field),
            "{body}: {}",
            answer.detail()
        );
    }
}

#[tokio::test]
async fn fields_that_the_document_does_not_name_are_passed_over() {
    let caller = Caller::new(Arc::default());
    let body = r#"{"external_user_id": "u", "locale": "de"}"#;
    caller.post_json("/partner/sessions", body).await.ok();
}

#[tokio::test]
async fn a_body_of_another_media_type_is_refused() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    let json = r#"{"external_user_id": "u"}"#;
    let plain = caller
        .request("POST", "/partner/sessions")
        .header("Content-Type", "text/plain");
    let answer = caller.send(plain.body(Body::from(json)).unwrap()).await;
    assert_eq!(answer.refused(415), "WRONG_MEDIA_TYPE");
    let none = caller
        .request("POST", "/partner/sessions")
        .body(Body::from(json))
        .unwrap();
    assert_eq!(caller.send(none).await.refused(415), "WRONG_MEDIA_TYPE");
    let answer = caller.post_json(&format!("/kyc/{id}/selfie"), json).await;
    assert_eq!(answer.refused(415), "WRONG_MEDIA_TYPE");
    let unbounded = caller
        .request("POST", &format!("/kyc/{id}/selfie"))
        .header("Content-Type", "multipart/form-data");
    let answer = caller.send(unbounded.body(Body::from("x")).unwrap()).await;
    assert_eq!(answer.refused(415), "WRONG_MEDIA_TYPE");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let limits = Limits {
        json_bytes: 1000,
        picture_bytes: 1000,
        clip_bytes: 3000,
        ..Limits::default()
    };
    let caller = Caller::with_limits(Arc::default(), limits);
    let id = caller.begin().await;
    let metadata = format!(
        r#"{{"external_user_id": "u", "metadata": {{"a": "{}"}}}}"#,
        "x".repeat(2000)
    );
    let answer = caller.post_json("/partner/sessions", metadata).await;
    assert_eq!(answer.refused(413), "TOO_LARGE");
    let large = vec![0; 1001];
    let answer = caller
        .post_form(&format!("/kyc/{id}/selfie"), &[Part::File("file", &large)])
        .await;
    assert_eq!(answer.refused(413), "TOO_LARGE");
    let huge = vec![0; 2_000_000];
    let answer = caller
        .post_form(
            &format!("/kyc/{id}/selfie"),
            &[Part::File("unknown", &huge)],
        )
        .await;
    assert_eq!(answer.refused(413), "TOO_LARGE");
    let parts = [
        Part::Text("challenge_id", "chl_1"),
        Part::File("files", &huge),
    ];
    let answer = caller
        .post_form(&format!("/kyc/{id}/liveness"), &parts)
        .await;
    assert_eq!(answer.refused(413), "TOO_LARGE");
}

#[tokio::test]
async fn a_clip_of_too_many_files_is_refused() {
    let limits = Limits {
        clip_files: 3,
        ..Limits::default()
    };
    let caller = Caller::with_limits(Arc::default(), limits);
    let id = caller.begin().await;
    let mut parts = vec![Part::Text("challenge_id", "chl_1")];
    parts.extend((0..4).map(|_| Part::File("files", b"frame")));
    let answer = caller
        .post_form(&format!("/kyc/{id}/liveness"), &parts)
        .await;
    assert_eq!(answer.refused(422), "VALIDATION");
    let many: Vec<Part> = (0..40).map(|_| Part::Text("unknown", "x")).collect();
    let answer = caller
        .post_form(&format!("/kyc/{id}/liveness"), &many)
        .await;
    assert_eq!(answer.refused(422), "VALIDATION");
}

#[tokio::test]
async fn a_form_that_breaks_off_is_refused() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    let path = format!("/kyc/{id}/selfie");
    let whole = form(&[Part::File("file", b"a picture")]);
    for cut in [0, 5, 30, 120, whole.len() - 30] {
        let answer = caller.post_bytes(&path, whole[..cut].to_vec()).await;
        assert_eq!(answer.refused(400), "BODY_BROKEN", "cut at {cut}");
    }
    let garbage = caller.post_bytes(&path, vec![0xff; 500]).await;
    assert_eq!(garbage.refused(400), "BODY_BROKEN");
}

#[tokio::test]
async fn a_form_without_what_it_needs_is_refused_by_its_field() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    let file = || Part::File("file", b"a picture");
    let kind = || Part::Text("document_type", "passport");
    let country = || Part::Text("country_code", "US");
    for (parts, field) in [
        (vec![kind(), country()], "file"),
        (vec![file(), country()], "document_type"),
        (vec![file(), kind()], "country_code"),
        (vec![file(), file(), kind(), country()], "file"),
        (vec![file(), kind(), kind(), country()], "document_type"),
        (vec![], "file"),
    ] {
        let answer = caller
            .post_form(&format!("/kyc/{id}/document"), &parts)
            .await;
        assert_eq!(answer.refused(422), "VALIDATION");
        assert!(answer.detail().contains(field), "{}", answer.detail());
    }
    let answer = caller.post_form(&format!("/kyc/{id}/selfie"), &[]).await;
    assert_eq!(answer.refused(422), "VALIDATION");
    let files = [Part::File("files", b"frame")];
    let answer = caller
        .post_form(&format!("/kyc/{id}/liveness"), &files)
        .await;
    assert!(answer.detail().contains("challenge_id"));
    let challenge = [Part::Text(
        "challenge_id",
        "chl_00000000000000000000000000000000",
    )];
    let answer = caller
        .post_form(&format!("/kyc/{id}/liveness"), &challenge)
        .await;
    assert!(answer.detail().contains("files"));
}

#[tokio::test]
async fn unknown_words_in_a_form_have_codes_of_their_own() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    let post = async |kind: &str, country: &str| {
        let parts = [
            Part::File("file", b"a picture"),
            Part::Text("document_type", kind),
            Part::Text("country_code", country),
        ];
        caller
            .post_form(&format!("/kyc/{id}/document"), &parts)
            .await
            .refused(422)
    };
    assert_eq!(post("library_card", "US").await, "UNKNOWN_DOCUMENT_TYPE");
    assert_eq!(post("", "US").await, "UNKNOWN_DOCUMENT_TYPE");
    assert_eq!(post("passport", "ZZ").await, "UNKNOWN_COUNTRY_CODE");
    assert_eq!(post("passport", "").await, "UNKNOWN_COUNTRY_CODE");
    assert_eq!(post(&"x".repeat(300), "US").await, "VALIDATION");
}

#[tokio::test]
async fn an_empty_file_is_told_by_its_code() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    let answer = caller
        .post_form(&format!("/kyc/{id}/selfie"), &[Part::File("file", b"")])
        .await;
    assert_eq!(answer.refused(422), "FILE_EMPTY");
}

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
