//! The KYC API's answers beside the published lists (`coverage/kyc.txt`): every field that the document shows is in the answer, and
//! a body with every field that it takes is taken.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use crate::common::Client;
use serde_json::{Map, Value, json};

const LIST: &str = include_str!("coverage/kyc.txt");

/// Fields of an operation that go `way`.
fn listed(operation: &str, way: &str) -> Vec<&'static str> {
    let mut lines = LIST.lines().skip_while(|line| *line != operation);
    assert!(lines.next().is_some(), "{operation} is not listed");
    let mut fields = lines.take_while(|line| line.starts_with(' '));
    let found = fields.find_map(|line| line.trim().strip_prefix(way)?.strip_prefix(' '));
    found
        .map(|names| names.split_whitespace().collect())
        .unwrap_or_default()
}

/// What an answer lacks of what its operation shows.
fn lacking(operation: &str, answer: &Value) -> Vec<String> {
    let fields = listed(operation, "out");
    assert!(!fields.is_empty(), "{operation}");
    let missing = fields.into_iter().filter(|name| answer.get(name).is_none());
    missing.map(|name| format!("{operation}: {name}")).collect()
}

#[tokio::test]
async fn every_answer_has_every_published_field() {
    let client = Client::new("all", "key-for-all").await;
    let id = client.approved().await;
    let of = json!({"session_id": id});
    let ida = client
        .post("/ida/session/create", json!({"identity_id": id}))
        .await
        .ok();
    let authentication = json!({"session_id": ida["session_id"]});
    let front = |of: &Value| {
        let mut body = of.clone();
        body["location_capture_type_e"] = json!("selfie_image_capture");
        body
    };
    let mut missing = Vec::new();
    for (path, body) in [
        ("/idv/sdk/session/read", of.clone()),
        ("/idv/session/location/read", front(&of)),
        ("/idv/session/list", json!({})),
        ("/idv/session/read", of.clone()),
        ("/idv/document/read", of.clone()),
        ("/idv/document/list", of.clone()),
        ("/idv/session/test/read", of.clone()),
        ("/ida/session/location/read", front(&authentication)),
        ("/ida/session/list", json!({})),
        ("/ida/session/read", authentication.clone()),
        ("/ida/sdk/session/read", authentication.clone()),
        ("/identity/list", json!({})),
        ("/identity/read", json!({"identity_id": id})),
        ("/identity/status/read", json!({"identity_id": id})),
        (
            "/identity/document/read",
            json!({"identity_id": id, "document_type_e": "passport"}),
        ),
        ("/webhook/list", json!({})),
    ] {
        let answer = client.post(path, body).await.ok();
        missing.extend(lacking(&format!("POST {path}"), &answer));
    }
    for path in [
        "/idv/requirements",
        "/idv/weights",
        "/status",
        "/metrics/system",
        "/health",
        "/health/live",
        "/health/ready",
    ] {
        let answer = client.get(path).await.ok();
        missing.extend(lacking(&format!("GET {path}"), &answer));
    }
    let weights = client.get("/idv/weights/default-1").await.ok();
    missing.extend(lacking("GET /idv/weights/{id}", &weights));
    assert!(missing.is_empty(), "{missing:#?}");
}

/// A body of every listed field: words by their names, numbers or truths for the rest.
fn whole(operation: &str, rest: impl Fn(&str) -> Value, words: &[(&str, Value)]) -> Value {
    let fields = listed(operation, "in").into_iter().map(|name| {
        let word = words.iter().find(|(known, _)| *known == name);
        (
            name.to_owned(),
            word.map_or_else(|| rest(name), |(_, value)| value.clone()),
        )
    });
    Value::Object(fields.collect::<Map<_, _>>())
}

#[tokio::test]
async fn requirements_are_set_by_every_published_field_and_read_back() {
    let client = Client::new("all", "key-for-all").await;
    let nobody = [("client_id", Value::Null), ("user_id", Value::Null)];
    let words = [
        nobody.to_vec(),
        vec![
            ("type_e", json!("passport")),
            ("data_source_e", json!("mrz")),
        ],
    ]
    .concat();
    let body = whole("POST /idv/requirements", |_| json!(true), &words);
    client.post("/idv/requirements", body.clone()).await.ok();
    let read = client.get("/idv/requirements").await.ok();
    for name in listed("POST /idv/requirements", "in")
        .iter()
        .filter(|name| name.ends_with("_required"))
    {
        assert_eq!(read["requirements"][0][*name], true, "{name}: {read}");
    }
}

#[tokio::test]
async fn weights_are_set_by_every_published_field_and_read_back() {
    let client = Client::new("all", "key-for-all").await;
    let nobody = [("client_id", Value::Null), ("user_id", Value::Null)];
    let body = whole("POST /idv/weights", |_| json!(0.5), &nobody);
    client.post("/idv/weights", body.clone()).await.ok();
    let read = client.get("/idv/weights").await.ok();
    for name in listed("POST /idv/weights", "in") {
        if body[name].is_number() {
            assert_eq!(read[name], 0.5, "{name}");
        }
    }
}
