//! What is wrong with a request is told in the one form, and changes nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to end")]

use std::sync::Arc;

use crate::common::{Caller, Part, form};
use axum::body::Body;
use kiosk_api::limits::Limits;

#[tokio::test]
async fn unknown_routes_and_wrong_methods_have_the_one_form() {
    let caller = Caller::new(Arc::default());
    for path in [
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
async fn a_json_body_of_too_many_levels_is_refused_before_it_is_built() {
    let caller = Caller::new(Arc::default());
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        format!(r#"{{"external_user_id": "user_123", "ours": {open}{close}}}"#)
    };
    let path = "/partner/sessions";
    caller.post_json(path, nested(100)).await.ok();
    for levels in [128, 30_000] {
        let answer = caller.post_json(path, nested(levels)).await;
        assert_eq!(answer.refused(400), "INVALID_JSON", "{levels}");
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
