//! Who may call, and how often.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to end")]

use std::sync::Arc;

use crate::common;
use crate::common::Caller;
use axum::body::Body;
use axum::http::Request;

/// Every operation that asks for a key.
const OPERATIONS: [(&str, &str); 8] = [
    ("POST", "/partner/sessions"),
    ("GET", "/partner/sessions"),
    ("GET", "/partner/sessions/{id}"),
    ("POST", "/kyc/{id}/document"),
    ("POST", "/kyc/{id}/selfie"),
    ("GET", "/kyc/{id}/liveness/challenge"),
    ("POST", "/kyc/{id}/liveness"),
    ("POST", "/kyc/{id}/submit"),
];

async fn each(caller: &Caller, id: &str) -> Vec<(u16, String)> {
    let mut answers = Vec::new();
    for (method, path) in OPERATIONS {
        let request = caller.request(method, &path.replace("{id}", id));
        let answer = caller.send(request.body(Body::empty()).unwrap()).await;
        let status = answer.status.as_u16();
        let code = if status == 200 {
            String::new()
        } else {
            answer.refused(status)
        };
        answers.push((status, code));
    }
    answers
}

#[tokio::test]
async fn without_a_key_every_operation_is_refused() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    for answer in each(&caller.by(None), &id).await {
        assert_eq!(answer, (401, "API_KEY_MISSING".into()));
    }
}

#[tokio::test]
async fn with_an_unknown_key_every_operation_is_refused() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    for unknown in ["", "key-for-al", "key-for-all-", "KEY-FOR-ALL"] {
        for answer in each(&caller.by(Some(unknown)), &id).await {
            assert_eq!(answer, (401, "API_KEY_INVALID".into()), "{unknown}");
        }
    }
}

#[tokio::test]
async fn two_keys_at_once_or_a_key_of_odd_bytes_are_refused() {
    let caller = Caller::new(Arc::default());
    let twice = Request::get("/partner/sessions")
        .header("X-API-Key", "key-for-all")
        .header("X-API-Key", "key-for-all");
    let answer = caller.send(twice.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.refused(401), "API_KEY_INVALID");
    let odd = Request::get("/partner/sessions").header("X-API-Key", [0xff, 0xfe].as_slice());
    let answer = caller.send(odd.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.refused(401), "API_KEY_INVALID");
    let long = Request::get("/partner/sessions").header("X-API-Key", "x".repeat(5000));
    let answer = caller.send(long.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.refused(401), "API_KEY_INVALID");
}

#[tokio::test]
async fn a_key_does_what_it_allows_and_no_more() {
    let caller = Caller::new(Arc::default());
    let id = caller.begin().await;
    let forbidden = |answers: Vec<(u16, String)>| -> Vec<bool> {
        let of = |(status, code): (u16, String)| status == 403 && code == "PERMISSION_MISSING";
        answers.into_iter().map(of).collect()
    };
    let reader = forbidden(each(&caller.by(Some("key-to-read")), &id).await);
    assert_eq!(reader, [true, false, false, true, true, true, true, true]);
    let writer = forbidden(each(&caller.by(Some("key-to-write")), &id).await);
    assert_eq!(
        writer,
        [false, true, true, false, false, false, false, false]
    );
}

#[tokio::test]
async fn another_tenant_s_session_is_not_found_like_one_that_never_was() {
    let caller = Caller::new(Arc::default());
    let id = caller.assessed().await;
    let other = caller.by(Some("key-of-another-tenant"));
    let theirs = other.get(&format!("/partner/sessions/{id}")).await;
    let never = other
        .get("/partner/sessions/00000000-0000-4000-8000-000000000000")
        .await;
    assert_eq!(theirs.refused(404), "SESSION_NOT_FOUND");
    assert_eq!(
        theirs.json(),
        serde_json::json!({"detail": "Session not found", "status_code": 404})
    );
    assert_eq!(theirs.bytes, never.bytes);
    assert_eq!(other.submit(&id).await.refused(404), "SESSION_NOT_FOUND");
    assert_eq!(
        other.add_document(&id).await.refused(404),
        "SESSION_NOT_FOUND"
    );
    assert_eq!(other.get("/partner/sessions").await.ok()["total"], 0);
}

#[tokio::test]
async fn a_key_that_calls_too_often_is_told_when_to_come_back() {
    let caller = Caller::new(Arc::default()).by(Some("key-of-two-calls"));
    caller.get("/partner/sessions").await.ok();
    caller.get("/partner/sessions").await.ok();
    let answer = caller.get("/partner/sessions").await;
    assert_eq!(answer.refused(429), "RATE_LIMITED");
    let wait: u64 = answer.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=31).contains(&wait), "{wait}");
    caller
        .by(Some("key-for-all"))
        .get("/partner/sessions")
        .await
        .ok();
}

#[tokio::test]
async fn every_dialect_s_answer_tells_what_its_credential_has_left() {
    const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
    let caller = Caller::new(Arc::default());
    let key = caller.by(Some("key-of-two-calls"));
    let told = |answer: &common::Answer| {
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
        (header("ratelimit-policy"), header("ratelimit"))
    };
    let first = key.get("/partner/sessions").await;
    let policy = "\"key\";q=2;w=60".to_owned();
    assert_eq!(told(&first), (policy.clone(), "\"key\";r=1;t=30".into()));
    let app = caller.as_app(Some(("slow", "key-of-two-calls")));
    let path = format!("/v0.1/full-id-verification/{NOBODY}");
    let second = app.get(&path).await;
    assert_eq!(second.status, 404, "what failed was counted too");
    assert_eq!(told(&second), (policy.clone(), "\"key\";r=0;t=60".into()));
    let form = "grant_type=client_credentials&client_id=slow&client_secret=key-of-two-calls";
    let token =
        Request::post("/oauth2/token").header("Content-Type", "application/x-www-form-urlencoded");
    let third = caller.send(token.body(Body::from(form)).unwrap()).await;
    assert_eq!(third.status, 429);
    assert_eq!(told(&third), (policy, "\"key\";r=0;t=60".into()));
    let wait = third.headers["retry-after"].to_str().unwrap();
    assert!((1..=31).contains(&wait.parse::<u64>().unwrap()), "{wait}");
    let nobody = caller.by(None).get("/partner/sessions").await;
    assert!(!nobody.headers.contains_key("ratelimit"));
}

#[tokio::test]
async fn nothing_is_captured_before_the_person_agrees() {
    let caller = Caller::new(Arc::default()).by(Some("key-without-consent"));
    let id = caller.begin().await;
    let answer = caller.add_document(&id).await;
    assert_eq!(answer.refused(400), "CONSENT_MISSING");
    assert_eq!(caller.submit(&id).await.refused(400), "CONSENT_MISSING");
}

#[tokio::test]
async fn no_answer_is_kept_by_a_cache() {
    let caller = Caller::new(Arc::default());
    for path in ["/partner/sessions", "/health", "/nowhere"] {
        let answer = caller.get(path).await;
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        assert_eq!(
            answer.headers["x-content-type-options"], "nosniff",
            "{path}"
        );
    }
}
