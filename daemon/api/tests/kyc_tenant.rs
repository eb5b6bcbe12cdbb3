//! What a tenant sets and keeps in the KYC API's dialect: weights, requirements, webhooks; and what an SDK's token sees.
// long file: each thing that a tenant sets, walked and refused, as sentences

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use std::sync::Arc;

use crate::common;
use crate::common::{Client, ask_token, code, form_of};
use kiosk_session::{FieldName, Status, Weights};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// A body with every number, all of them as the policy has them.
fn weights(change: &[(&str, f64)]) -> Value {
    let policy: kiosk_session::Policy =
        toml::from_str(include_str!("../../session/policies/default.toml")).unwrap();
    let mut body = serde_json::to_value(Weights::of_policy(&policy)).unwrap();
    for (name, value) in change {
        body[*name] = json!(value);
    }
    body
}

async fn decided(client: &Client) -> Value {
    let id = client.assessed().await;
    client
        .post("/idv/sdk/finalize", json!({"session_id": id}))
        .await
        .ok();
    client
        .post("/idv/session/read", json!({"session_id": id}))
        .await
        .ok()
}

#[tokio::test]
async fn weights_read_with_every_published_number_before_any_were_set() {
    let client = Client::new("all", "key-for-all").await;
    let read = client.get("/idv/weights").await.ok();
    let fields = read.as_object().unwrap();
    for (name, most) in Weights::NAMED {
        let number = fields[name].as_f64().unwrap();
        assert!((0.0..=most).contains(&number), "{name}: {number}");
    }
    // The published 27 numbers, `client_id` and `user_id`, and ours: the version's name.
    assert_eq!(fields.len(), 30);
    assert_eq!(read["client_id"], Value::Null);
    assert_eq!(read["idv_weights_id"], "default-1");
    assert_eq!(client.get("/idv/weights/default-1").await.ok(), read);
}

#[tokio::test]
async fn a_session_keeps_the_version_that_it_was_decided_by_and_that_version_stays() {
    let client = Client::new("all", "key-for-all").await;
    let before = decided(&client).await;
    let mut first = weights(&[("is_identity_document_weight", 1.0)]);
    first["user_id"] = json!("auditor-7");
    let set = client.post("/idv/weights", first).await.ok();
    let by_first = decided(&client).await;
    let second = weights(&[("passport_fuzzy_match_weight", 2.0)]);
    client.post("/idv/weights", second).await.ok();
    let by_second = decided(&client).await;
    assert_eq!(before["idv_weights_id"], "default-1");
    assert_eq!(by_first["idv_weights_id"], set["idv_weights_id"]);
    assert_ne!(by_first["idv_weights_id"], by_second["idv_weights_id"]);
    assert_eq!(
        by_first["score"], 1.0,
        "the only check that has weight holds"
    );
    let id = by_first["idv_weights_id"].as_str().unwrap();
    let kept = client.get(&format!("/idv/weights/{id}")).await.ok();
    assert_eq!(kept["is_identity_document_weight"], 1.0);
    assert_eq!(kept["client_id"], "all");
    assert_eq!(kept["user_id"], "auditor-7");
    let now = client.get("/idv/weights").await.ok();
    assert_eq!(now["passport_fuzzy_match_weight"], 2.0);
    assert_eq!(now["idv_weights_id"], by_second["idv_weights_id"]);
    let other = Client::of(Arc::clone(&client.memory), "other", "key-of-another-tenant").await;
    let foreign = other.get(&format!("/idv/weights/{id}")).await;
    assert_eq!(code(&foreign), (404, "WEIGHTS_NOT_FOUND".into()));
}

#[tokio::test]
async fn a_tolerance_makes_a_decision_stricter_and_none_makes_it_looser() {
    let client = Client::new("all", "key-for-all").await;
    // The selfie of these tests lies at 0.072, the clip at 0.92.
    for (name, value, verified) in [
        ("onboarding_face_encoding_tolerance", 0.05, json!(false)),
        ("onboarding_face_encoding_tolerance", 2.0, json!(true)),
        ("minimum_liveness_tolerance", 0.95, Value::Null),
        ("minimum_liveness_tolerance", 0.0, json!(true)),
    ] {
        client
            .post("/idv/weights", weights(&[(name, value)]))
            .await
            .ok();
        assert_eq!(
            decided(&client).await["verified"],
            verified,
            "{name} {value}"
        );
    }
}

#[tokio::test]
async fn a_score_below_the_tenant_s_tolerance_is_looked_at_by_a_person() {
    let client = Client::new("all", "key-for-all").await;
    // Nothing of these documents was compared: a weight for it counts neither way, and no score is made up.
    let set = weights(&[
        ("passport_fuzzy_match_weight", 1.0),
        ("idv_session_tolerance", 1.0),
    ]);
    client.post("/idv/weights", set).await.ok();
    let read = decided(&client).await;
    assert_eq!(
        (&read["score"], &read["verified"]),
        (&Value::Null, &json!(true))
    );
    let partner = client.caller.by(Some("key-for-all"));
    let id = read["session_id"].as_str().unwrap();
    let told = partner.get(&format!("/partner/sessions/{id}")).await.ok();
    assert!(
        told.to_string().contains("has weight was not assessed"),
        "{told}"
    );
}

#[tokio::test]
async fn numbers_out_of_their_bounds_are_told_by_name_and_nothing_is_kept() {
    let client = Client::new("all", "key-for-all").await;
    let before = client.get("/idv/weights").await.ok();
    for (name, value) in [
        ("idv_session_tolerance", 1.01),
        ("age_weight", -0.1),
        ("onboarding_face_encoding_tolerance", 2.5),
    ] {
        let answer = client.post("/idv/weights", weights(&[(name, value)])).await;
        assert_eq!(code(&answer), (422, "VALIDATION".into()));
        assert!(answer.json()["message"].as_str().unwrap().contains(name));
    }
    let mut lacking = weights(&[]);
    lacking
        .as_object_mut()
        .unwrap()
        .remove("direction_tolerance");
    assert_eq!(client.post("/idv/weights", lacking).await.status, 422);
    let mut foreign = weights(&[]);
    foreign["client_id"] = json!("somebody-else");
    let answer = client.post("/idv/weights", foreign).await;
    assert_eq!(code(&answer), (403, "CLIENT_ID_DIFFERS".into()));
    assert_eq!(client.get("/idv/weights").await.ok(), before);
}

fn requirements(kind: &str, source: &str, wanted: &[&str]) -> Value {
    let mut body = Map::new();
    for (word, _) in FieldName::NAMED {
        body.insert(format!("{word}_required"), json!(wanted.contains(&word)));
    }
    body.insert("type_e".into(), json!(kind));
    body.insert("data_source_e".into(), json!(source));
    Value::Object(body)
}

#[tokio::test]
async fn requirements_of_the_document_s_own_type_and_source_decide_what_is_missing() {
    let client = Client::new("all", "key-for-all").await;
    let path = "/idv/requirements";
    assert_eq!(client.get(path).await.ok(), json!({"requirements": []}));
    let nothing = json!({});
    for (kind, source, wanted) in [
        ("passport", "barcode", ["height"].as_slice()),
        ("driver_license", "mrz", &["weight"]),
        ("passport", "mrz", &["document_number", "face_encoding"]),
    ] {
        let set = client.post(path, requirements(kind, source, wanted)).await;
        assert_eq!(set.ok(), nothing);
    }
    let whole = decided(&client).await;
    assert_eq!(
        (&whole["missing_fields"], &whole["verified"]),
        (&json!([]), &json!(true))
    );
    let wanted = ["document_number", "street", "eye_color", "mentions"];
    client
        .post(path, requirements("passport", "mrz", &wanted))
        .await
        .ok();
    let lacking = decided(&client).await;
    assert_eq!(
        lacking["missing_fields"],
        json!(["street", "eye_color", "mentions"])
    );
    assert_eq!(
        lacking["status_e"], "temporarily_complete",
        "a person has to look"
    );
    let one = client
        .get("/idv/requirements?type_e=passport&data_source_e=mrz")
        .await
        .ok();
    let mut expected = requirements("passport", "mrz", &wanted);
    expected["client_id"] = json!("all");
    expected["user_id"] = Value::Null;
    assert_eq!(one["requirements"], json!([expected]));
    let all = client.get(path).await.ok();
    assert_eq!(all["requirements"].as_array().unwrap().len(), 3);
    for (body, status) in [
        (requirements("diploma", "mrz", &[]), 422),
        (requirements("passport", "crystal ball", &[]), 422),
        (json!({"type_e": "passport", "data_source_e": "mrz"}), 422),
    ] {
        assert_eq!(client.post(path, body).await.status, status);
    }
}

#[tokio::test]
async fn what_was_decided_by_a_tenant_s_terms_is_decided_again_from_the_session_alone() {
    let client = Client::new("all", "key-for-all").await;
    let set = weights(&[
        ("is_identity_document_weight", 3.0),
        ("aamva_match_weight", 1.0),
        ("minimum_liveness_tolerance", 0.95),
    ]);
    client.post("/idv/weights", set).await.ok();
    let wanted = requirements("passport", "mrz", &["street"]);
    client.post("/idv/requirements", wanted).await.ok();
    let read = decided(&client).await;
    // What holds now is another matter.
    client.post("/idv/weights", weights(&[])).await.ok();
    let id: Uuid = read["session_id"].as_str().unwrap().parse().unwrap();
    let state = client.memory.state(id);
    let made = state.decision().unwrap().clone();
    let evidence = kiosk_session::Evidence {
        document: state.document().unwrap(),
        selfie: state.selfie().unwrap(),
        liveness: state.liveness().unwrap(),
    };
    let terms = made.terms.as_deref().unwrap();
    let today = common::NOW.date();
    let again = kiosk_session::decide_by(evidence, &client.memory.policy, terms, today);
    assert_eq!(again, made);
    assert_eq!(made.status, Status::ManualReview);
}

#[tokio::test]
async fn a_webhook_is_made_listed_by_term_and_deleted_by_its_own_tenant_alone() {
    let client = Client::new("all", "key-for-all").await;
    let other = Client::of(Arc::clone(&client.memory), "other", "key-of-another-tenant").await;
    let make = async |name: &str, url: &str| {
        let body = json!({"client_id": "all", "name": name, "url": url});
        let made = client.post("/webhook/create", body).await.ok();
        made["id"].as_str().unwrap().to_owned()
    };
    let first = make("orders", "https://a.example/hook").await;
    let second = make("audit", "https://b.example/hook").await;
    let ids = async |client: &Client, body: Value| {
        let list = client.post("/webhook/list", body).await.ok();
        let mut ids: Vec<String> = list["webhooks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|held| held["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        (ids, list["statistics"]["total"].as_u64().unwrap())
    };
    let mut both = vec![first.clone(), second.clone()];
    both.sort();
    assert_eq!(ids(&client, json!({})).await, (both, 2));
    assert_eq!(
        ids(&client, json!({"search_term": "B.EXAMPLE"})).await,
        (vec![second.clone()], 1)
    );
    assert_eq!(ids(&client, json!({"take": 0})).await, (vec![], 2));
    assert_eq!(ids(&other, json!({})).await, (vec![], 0));
    let gone = other.post("/webhook/delete", json!({"id": first})).await;
    assert_eq!(code(&gone), (404, "WEBHOOK_NOT_FOUND".into()));
    let deleted = client.post("/webhook/delete", json!({"id": first})).await;
    assert_eq!(deleted.ok(), json!({}));
    assert_eq!(ids(&client, json!({})).await, (vec![second], 1));
    for body in [
        json!({"name": "x", "url": "ftp://a.example"}),
        json!({"name": "x"}),
        json!({"url": "https://a.example"}),
    ] {
        assert_eq!(client.post("/webhook/create", body).await.status, 422);
    }
}

#[tokio::test]
async fn a_shelf_that_is_full_says_so() {
    let client = Client::new("all", "key-for-all").await;
    let body = json!({"name": "one", "url": "https://a.example/hook"});
    for _ in 0..100 {
        client.post("/webhook/create", body.clone()).await.ok();
    }
    let full = client.post("/webhook/create", body).await;
    assert_eq!(code(&full), (422, "REGISTRY_FULL".into()));
}

/// Every operation of an SDK that names a session.
async fn each_of_sdk(client: &Client, id: &str) -> Vec<(&'static str, u16, String)> {
    let place = json!({"session_id": id, "latitude": 0, "longitude": 0});
    let mut answers = Vec::new();
    for (path, more) in [
        ("/idv/sdk/session/read", json!({})),
        ("/idv/sdk/metadata/update", json!({"sdk_metadata": {}})),
        ("/idv/sdk/consent/add", json!({"consented": true})),
        (
            "/idv/sdk/document-type/update",
            json!({"document_type_e": "passport"}),
        ),
        ("/idv/sdk/liveness/generate", json!({})),
        ("/idv/sdk/finalize", json!({})),
    ] {
        let mut body = place.clone();
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        answers.push((path, client.post(path, body).await));
    }
    for path in ["/idv/sdk/document/front/add", "/idv/sdk/document/back/add"] {
        answers.push((path, client.side(path, id, b"side").await));
    }
    answers.push((
        "/idv/sdk/liveness/process",
        client.process(id, &[b"one"]).await,
    ));
    let read = |(path, answer): (&'static str, common::Answer)| {
        let told = match answer.status.as_u16() {
            200 => String::new(),
            _ => code(&answer).1,
        };
        (path, answer.status.as_u16(), told)
    };
    answers.into_iter().map(read).collect()
}

#[tokio::test]
async fn an_sdk_s_token_sees_the_session_that_it_was_issued_for_and_no_other() {
    let client = Client::new("all", "key-for-all").await;
    let (own, foreign) = (client.create(json!({})).await, client.assessed().await);
    let more = format!("&session_id={own}");
    let sdk = client.with_token("key-for-all", &more).await;
    for (path, status, told) in each_of_sdk(&sdk, &foreign).await {
        assert_eq!(
            (status, told.as_str()),
            (404, "SESSION_NOT_FOUND"),
            "{path}"
        );
    }
    let absent = Uuid::new_v4().to_string();
    for (path, status, told) in each_of_sdk(&sdk, &absent).await {
        assert_eq!(
            (status, told.as_str()),
            (404, "SESSION_NOT_FOUND"),
            "{path}"
        );
    }
    for (path, status, _) in each_of_sdk(&sdk, &own).await {
        assert_ne!(status, 404, "{path}");
    }
    let managing = sdk
        .post("/idv/session/read", json!({"session_id": own}))
        .await;
    assert_eq!(code(&managing), (403, "SCOPE_MISSING".into()));
}

#[tokio::test]
async fn an_sdk_s_token_without_a_session_is_bound_to_the_first_that_is_there() {
    let client = Client::new("all", "key-for-all").await;
    let (first, second) = (
        client.create(json!({})).await,
        client.create(json!({})).await,
    );
    let sdk = client.with_token("key-for-all", "&scope=sdk").await;
    let read = async |sdk: &Client, id: &str| {
        let body = json!({"session_id": id});
        sdk.post("/idv/sdk/session/read", body)
            .await
            .status
            .as_u16()
    };
    // What is not there binds nothing.
    assert_eq!(read(&sdk, &Uuid::new_v4().to_string()).await, 404);
    assert_eq!(read(&sdk, &second).await, 200);
    assert_eq!(read(&sdk, &first).await, 404);
    assert_eq!(read(&sdk, &second).await, 200);
    let another = client.with_token("key-for-all", "&scope=sdk").await;
    assert_eq!(read(&another, &first).await, 200);
}

#[tokio::test]
async fn a_token_is_asked_for_a_session_of_the_own_tenant_and_for_the_sdk_alone() {
    let client = Client::new("all", "key-for-all").await;
    let other = Client::of(Arc::clone(&client.memory), "other", "key-of-another-tenant").await;
    let foreign = other.create(json!({})).await;
    let own = client.create(json!({})).await;
    let ask = async |more: String| {
        let body = form_of("all", "key-for-all") + &more;
        let answer = ask_token(&client.caller, &body).await;
        (answer.status.as_u16(), answer.json()["error"].clone())
    };
    for id in [foreign.as_str(), "no-uuid", &Uuid::nil().to_string()] {
        let told = ask(format!("&session_id={id}")).await;
        assert_eq!(told, (400, json!("invalid_request")), "{id}");
    }
    let wide = ask(format!("&session_id={own}&scope=management")).await;
    assert_eq!(wide, (400, json!("invalid_scope")));
    assert_eq!(ask(format!("&session_id={own}&scope=sdk")).await.0, 200);
}
