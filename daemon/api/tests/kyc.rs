//! The KYC API's dialect, as its document shows it, over a kiosk in memory.
// long file: every operation that is answered, walked and refused, as sentences

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use std::sync::Arc;

use crate::common::{Caller, Client, FACELESS, Memory, ask_token, code, form_of};
use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use time::Duration;
use uuid::Uuid;

#[tokio::test]
async fn a_client_gets_a_token_by_either_way_that_the_standard_knows() {
    let caller = Caller::new(Arc::new(Memory::default())).by(None);
    let given = ask_token(&caller, &form_of("all", "key-for-all"))
        .await
        .ok();
    assert_eq!(given["token_type"], "Bearer");
    assert_eq!(given["expires_in"], 3600);
    assert_eq!(given["scope"], "sdk management");
    let basic = BASE64_STANDARD.encode("all:key-for-all");
    let request = Request::post("/oauth2/token")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Authorization", format!("Basic {basic}"))
        .body(Body::from("grant_type=client_credentials&scope=sdk"))
        .unwrap();
    assert_eq!(caller.send(request).await.ok()["scope"], "sdk");
}

#[tokio::test]
async fn what_is_no_client_gets_no_token_and_learns_nothing() {
    let caller = Caller::new(Arc::new(Memory::default())).by(None);
    let mut told = Vec::new();
    for (name, key) in [
        ("all", "wrong"),
        ("nobody", "key-for-all"),
        ("other", "key-for-all"),
    ] {
        let answer = ask_token(&caller, &form_of(name, key)).await;
        told.push((answer.status.as_u16(), answer.json()));
    }
    assert!(
        told.iter()
            .all(|one| *one == (401, json!({"error": "invalid_client"}))),
        "{told:?}"
    );
    let other = ask_token(&caller, "grant_type=password&client_id=all").await;
    assert_eq!(other.json()["error"], "unsupported_grant_type");
    let more = form_of("reader", "key-to-read") + "&scope=management";
    assert_eq!(
        ask_token(&caller, &more).await.json()["error"],
        "invalid_scope"
    );
}

#[tokio::test]
async fn without_a_token_that_holds_nothing_is_answered() {
    let client = Client::new("all", "key-for-all").await;
    let body = json!({"session_id": Uuid::nil()});
    let path = "/idv/session/read";
    let bare = |header: Option<&'static str>| {
        let request = Request::post(path).header("Content-Type", "application/json");
        let request = match header {
            Some(value) => request.header("Authorization", value),
            None => request,
        };
        request.body(Body::from("{}")).unwrap()
    };
    let missing = client.caller.send(bare(None)).await;
    assert_eq!(code(&missing), (401, "TOKEN_MISSING".into()));
    for value in ["Bearer 0000", "Basic 0000", "Bearer"] {
        let wrong = client.caller.send(bare(Some(value))).await;
        assert_eq!(code(&wrong), (401, "TOKEN_INVALID".into()), "{value}");
    }
    assert_eq!(client.post(path, body.clone()).await.status, 404);
    client.memory.wait(Duration::minutes(61));
    let late = client.post(path, body).await;
    assert_eq!(code(&late), (401, "TOKEN_INVALID".into()));
}

#[tokio::test]
async fn a_token_does_what_its_scope_says_and_the_sdk_names_its_client() {
    let client = Client::new("writer", "key-to-write").await;
    // That key may capture and submit but not read: a token of its has the scope `sdk` alone.
    let refused = client.post("/idv/session/list", json!({})).await;
    assert_eq!(code(&refused), (403, "SCOPE_MISSING".into()));
    let read = json!({"session_id": Uuid::nil()});
    let request = Request::post("/idv/sdk/session/read")
        .header("Authorization", format!("Bearer {}", client.token))
        .header("Content-Type", "application/json");
    let answer = client
        .caller
        .send(request.body(Body::from(read.to_string())).unwrap())
        .await;
    assert_eq!(code(&answer), (400, "CLIENT_ID_MISSING".into()));
    let other = Client {
        name: "all",
        ..client
    };
    let answer = other.post("/idv/sdk/session/read", read).await;
    assert_eq!(code(&answer), (403, "CLIENT_ID_DIFFERS".into()));
}

#[tokio::test]
async fn a_person_is_walked_the_whole_way_that_the_document_shows() {
    let client = Client::new("all", "key-for-all").await;
    let id = client
        .create(json!({
            "metadata": {"branch": "7"},
            "liveness_mode": "passive_active",
            "webhook_url": "https://example.com/hook",
            "settings": {"language": "en"},
        }))
        .await;
    let of = |more: Value| {
        let mut body = json!({"session_id": id});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let nothing = json!({});
    let sdk = [
        (
            "metadata/update",
            of(json!({"sdk_metadata": {"version": "3"}})),
        ),
        ("consent/add", of(json!({"consented": true}))),
        (
            "document-type/update",
            of(json!({"document_type_e": "passport"})),
        ),
    ];
    for (path, body) in sdk {
        assert_eq!(
            client.post(&format!("/idv/sdk/{path}"), body).await.ok(),
            nothing,
            "{path}"
        );
    }
    let front = client
        .side("/idv/sdk/document/front/add", &id, b"front")
        .await;
    assert_eq!(front.ok(), nothing);
    let back = client
        .side("/idv/sdk/document/back/add", &id, b"back")
        .await;
    assert_eq!(back.ok(), nothing);
    let place = of(json!({"latitude": 59.9, "longitude": 10.75}));
    let first = client
        .post("/idv/sdk/liveness/generate", place.clone())
        .await
        .ok();
    assert_eq!(
        first["challenge"],
        Value::Null,
        "no selfie is there to judge gestures against"
    );
    assert!(client.process(&id, &[b"selfie"]).await.ok()["token"].is_string());
    let asked = client.post("/idv/sdk/liveness/generate", place).await.ok();
    assert!(asked["token"].is_string());
    assert_eq!(
        asked["challenge"]["gestures"],
        json!(["turn_left", "blink"])
    );
    assert!(client.process(&id, &[b"one", b"two"]).await.ok()["token"].is_string());
    let read = client
        .post("/idv/sdk/session/read", of(json!({})))
        .await
        .ok();
    assert_eq!(
        read,
        json!({
            "session_id": id,
            "client_id": "all",
            "document_type_e": "passport",
            "consented": true,
            "document_front_given": true,
            "document_back_given": true,
            "liveness_detected": true,
            "selfie_given": true,
            "liveness_provider_e": "local",
            "sdk_metadata": {"version": "3"},
            "settings": {"language": "en"},
        })
    );
    let done = client.post("/idv/sdk/finalize", of(json!({}))).await.ok();
    assert_eq!(done, json!({"verified": true, "on_sanction_list": null}));
}

#[tokio::test]
async fn a_session_reads_with_every_published_field() {
    let client = Client::new("all", "key-for-all").await;
    let id = client.assessed().await;
    client
        .post("/idv/sdk/finalize", json!({"session_id": id}))
        .await
        .ok();
    let mut read = client
        .post("/idv/session/read", json!({"session_id": id}))
        .await
        .ok();
    let fields = read.as_object_mut().unwrap();
    let history = fields.remove("history").unwrap();
    let events: Vec<&str> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|h| h["event"].as_str().unwrap())
        .collect();
    assert_eq!(events.first(), Some(&"created"));
    assert_eq!(events.last(), Some(&"decided"));
    let score = fields.remove("score").unwrap().as_f64().unwrap();
    assert!((0.0..=1.0).contains(&score), "{score}");
    let now = "2024-01-15T10:30:00Z";
    assert_eq!(
        read,
        json!({
            "session_id": id, "user_id": null, "client_id": "all", "idv_weights_id": "default-1",
            "status_e": "complete", "document_type_e": "passport", "created_at": now, "completed_at": now,
            "first_name": "John", "middle_name": null, "last_name": "Smith", "suffix_name": null,
            "gender_e": "male", "birth_date": "1990-05-15", "consented": true, "consented_at": now,
            "document_front_given": true, "document_front_given_at": now,
            "document_back_given": false, "document_back_given_at": null,
            "liveness_detected": true, "liveness_detected_at": now, "selfie_given": true, "selfie_given_at": now,
            "dmv_status_e": "unknown", "dmv_detected_at": null, "ofac_status_e": "unknown", "ofac_detected_at": null,
            "verified": true, "verified_at": now, "missing_fields": [], "identity_id": id,
            "metadata": {"branch": "7"}, "webhook_url": null, "settings": null,
        })
    );
}

#[tokio::test]
async fn a_document_reads_with_every_published_field_and_lists_as_one() {
    let client = Client::new("all", "key-for-all").await;
    let id = client.assessed().await;
    let mut read = client
        .post("/idv/document/read", json!({"session_id": id}))
        .await
        .ok();
    let list = client
        .post("/idv/document/list", json!({"session_id": id}))
        .await
        .ok();
    assert_eq!(list["documents"], json!([read]));
    assert_eq!(list["meta_counts"]["total"], 1);
    read.as_object_mut().unwrap().remove("document_id").unwrap();
    assert_eq!(
        read,
        json!({
            "session_id": id, "type_e": "passport", "data_source_e": "mrz", "document_number": "56781234",
            "ref_number": null, "issued_at": null, "expires_at": "2028-05-15", "issuing_country": "USA",
            "issuing_state": null, "first_name": "John", "middle_name": null, "last_name": "Smith",
            "name_suffix": null, "street": null, "city": null, "state": null, "postal_code": null,
            "birth_date": "1990-05-15", "gender_e": "male", "height": null, "weight": null, "eye_color": null,
            "hair_color": null, "class": null, "restrictions": null,
        })
    );
}

#[tokio::test]
async fn pictures_are_given_by_the_names_of_what_the_document_is() {
    let client = Client::new("all", "key-for-all").await;
    let id = client.assessed().await;
    let ask = |word: &str| json!({"session_id": id, "storage_file_type_e": word});
    let path = "/idv/document/download";
    for (word, bytes) in [
        ("passport_front", "Front"),
        ("selfie", "Selfie"),
        ("liveness_passive", "Liveness"),
    ] {
        let answer = client.post(path, ask(word)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.bytes.as_slice()),
            (200, bytes.as_bytes()),
            "{word}"
        );
    }
    for word in [
        "driver_license_front",
        "passport_card_back",
        "liveness_active_step_1",
        "unknown",
    ] {
        assert_eq!(
            code(&client.post(path, ask(word)).await),
            (404, "FILE_NOT_FOUND".into()),
            "{word}"
        );
    }
    let wrong = client.post(path, ask("diploma")).await;
    assert_eq!(code(&wrong), (422, "VALIDATION".into()));
}

#[tokio::test]
async fn each_test_stands_on_its_own_and_what_no_kiosk_knows_is_null() {
    let client = Client::new("all", "key-for-all").await;
    let id = client.assessed().await;
    let tests = client
        .post("/idv/session/test/read", json!({"session_id": id}))
        .await
        .ok();
    let tests = tests.as_object().unwrap();
    assert_eq!(tests.len(), 28);
    assert_eq!(tests["doc_front_is_identity_document"], "passed");
    let unknown = |name: &str| name.starts_with("dmv_") || name.ends_with("online_duplication");
    assert!(
        tests
            .iter()
            .filter(|(name, _)| unknown(name))
            .all(|(_, value)| value.is_null())
    );
    assert_eq!(tests.keys().filter(|name| unknown(name)).count(), 19);
}

#[tokio::test]
async fn where_the_device_was_is_told_and_no_place_is_invented() {
    let client = Client::new("all", "key-for-all").await;
    let id = client.assessed().await;
    let ask = |of: &str| json!({"session_id": id, "location_capture_type_e": of});
    let path = "/idv/session/location/read";
    let place = client.post(path, ask("front_doc_image_capture")).await.ok();
    assert_eq!(place["device_latitude"], 59.9);
    assert_eq!(place["device_longitude"], 10.75);
    assert_eq!(place["device_location"], "59.9,10.75");
    assert!(place["ip_country"].is_null() && place["device_country_name"].is_null());
    assert_eq!(place.as_object().unwrap().len(), 14);
    let none = client.post(path, ask("back_doc_image_capture")).await.ok();
    assert_eq!(none["device_latitude"], Value::Null);
    assert_eq!(client.post(path, ask("moon")).await.status, 422);
}

#[tokio::test]
async fn sessions_are_listed_by_status_day_and_page() {
    let client = Client::new("all", "key-for-all").await;
    let done = client.assessed().await;
    client
        .post("/idv/sdk/finalize", json!({"session_id": done}))
        .await
        .ok();
    client.memory.wait(Duration::minutes(1));
    let open = client.create(json!({})).await;
    let list = async |body: Value| {
        let list = client.post("/idv/session/list", body).await.ok();
        let ids = list["sessions"].as_array().unwrap().iter();
        let ids: Vec<String> = ids
            .map(|s| s["session_id"].as_str().unwrap().to_owned())
            .collect();
        (ids, list["meta_counts"]["total"].as_u64().unwrap())
    };
    assert_eq!(list(json!({})).await, (vec![open.clone(), done.clone()], 2));
    assert_eq!(
        list(json!({"take": 1, "skip": 1})).await,
        (vec![done.clone()], 2)
    );
    assert_eq!(
        list(json!({"status": "complete"})).await,
        (vec![done.clone()], 1)
    );
    assert_eq!(
        list(json!({"status": "in_progress"})).await,
        (vec![open.clone()], 1)
    );
    assert_eq!(
        list(json!({"status": "temporarily_blocked"})).await,
        (vec![], 0)
    );
    assert_eq!(
        list(json!({"end_date": "2024-01-15T10:30:30Z"})).await,
        (vec![done], 1)
    );
    assert_eq!(list(json!({"start_date": "2024-01-16"})).await, (vec![], 0));
    let wrong = client
        .post("/idv/session/list", json!({"status": "happy"}))
        .await;
    assert_eq!(code(&wrong), (422, "VALIDATION".into()));
}

#[tokio::test]
async fn an_approved_person_is_an_identity_that_reads_with_every_published_field() {
    let client = Client::new("all", "key-for-all").await;
    let open = client.assessed().await;
    let id = client.assessed().await;
    client
        .post("/idv/sdk/finalize", json!({"session_id": id}))
        .await
        .ok();
    let of = |more: Value| {
        let mut body = json!({"identity_id": id});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let mut read = client.post("/identity/read", of(json!({}))).await.ok();
    let fields = read.as_object_mut().unwrap();
    let identities = fields.remove("identities").unwrap();
    assert_eq!(identities, json!([fields]));
    let score = fields.remove("score").unwrap().as_f64().unwrap();
    assert!((0.0..=1.0).contains(&score), "{score}");
    let now = "2024-01-15T10:30:00Z";
    assert_eq!(
        read,
        json!({
            "identity_id": id, "created_at": now, "first_name": "John", "middle_name": null, "last_name": "Smith",
            "suffix_name": null, "birth_date": "1990-05-15", "gender_e": "male", "street": null, "city": null,
            "state": null, "postal_code": null, "document_front_given": true, "document_front_given_at": now,
            "verified": true, "verified_at": now, "liveness_detected": true, "liveness_detected_at": now,
            "ofac_status_e": "unknown", "ofac_detected_at": null, "dmv_status_e": "unknown", "dmv_detected_at": null,
        })
    );
    let list = client.post("/identity/list", json!({})).await.ok();
    assert_eq!(list["meta_counts"]["total"], 1, "{open} is not approved");
    assert_eq!(list["identities"][0]["identity_id"], id);
    let status = client
        .post("/identity/status/read", of(json!({})))
        .await
        .ok();
    assert_eq!(status, json!({"verified": true}));
    let document = client
        .post(
            "/identity/document/read",
            of(json!({"document_type_e": "passport"})),
        )
        .await
        .ok();
    assert_eq!(document["expiration_date"], "2028-05-15");
    assert_eq!(document["document_data_source_e"], "mrz");
    assert_eq!(document.as_object().unwrap().len(), 23);
    let licence = of(json!({"document_type_e": "driver_license"}));
    assert_eq!(
        code(&client.post("/identity/document/read", licence).await),
        (404, "DOCUMENT_NOT_FOUND".into())
    );
    let selfie = client
        .post(
            "/identity/image/read",
            of(json!({"storage_file_type_e": "selfie"})),
        )
        .await;
    assert_eq!(
        (selfie.status.as_u16(), selfie.bytes.as_slice()),
        (200, b"Selfie".as_slice())
    );
    let several = client
        .post("/identity/read", json!({"identity_ids": [id]}))
        .await
        .ok();
    assert_eq!(several["identities"].as_array().unwrap().len(), 1);
    for none in [json!(open), json!(Uuid::nil()), json!("somebody")] {
        let answer = client
            .post("/identity/read", json!({"identity_id": none}))
            .await;
        assert_eq!(code(&answer), (404, "IDENTITY_NOT_FOUND".into()));
    }
    let other = Client::of(Arc::clone(&client.memory), "other", "key-of-another-tenant").await;
    let foreign = other.post("/identity/status/read", of(json!({}))).await;
    assert_eq!(code(&foreign), (404, "IDENTITY_NOT_FOUND".into()));
}

#[tokio::test]
async fn a_deleted_session_is_gone_in_every_dialect() {
    let client = Client::new("all", "key-for-all").await;
    let id = client.create(json!({})).await;
    assert_eq!(
        client
            .post("/idv/session/delete", json!({"session_id": id}))
            .await
            .ok(),
        json!({})
    );
    let gone = client
        .post("/idv/session/read", json!({"session_id": id}))
        .await;
    assert_eq!(code(&gone), (404, "SESSION_NOT_FOUND".into()));
    let partner = client.caller.by(Some("key-for-all"));
    assert_eq!(
        partner.get(&format!("/partner/sessions/{id}")).await.status,
        404
    );
}

#[tokio::test]
async fn only_a_key_that_may_erase_deletes() {
    let client = Client::new("keeper", "key-to-keep").await;
    let id = client.create(json!({})).await;
    let body = json!({"session_id": id});
    let refused = client.post("/idv/session/delete", body.clone()).await;
    assert_eq!(code(&refused), (403, "PERMISSION_MISSING".into()));
    client.post("/idv/session/read", body).await.ok();
}

#[tokio::test]
async fn without_consent_every_capture_and_the_end_fail() {
    let client = Client::new("all", "key-for-all").await;
    let asks = Client::of(Arc::clone(&client.memory), "asks", "key-without-consent").await;
    let id = asks.create(json!({})).await;
    let place = json!({"session_id": id, "latitude": 0, "longitude": 0});
    let refused = [
        asks.side("/idv/sdk/document/front/add", &id, b"front")
            .await,
        asks.post("/idv/sdk/liveness/generate", place).await,
        asks.process(&id, &[b"one"]).await,
        asks.post("/idv/sdk/finalize", json!({"session_id": id}))
            .await,
    ];
    for answer in &refused {
        assert_eq!(code(answer), (400, "CONSENT_MISSING".into()));
    }
    let no = json!({"session_id": id, "consented": false});
    assert_eq!(asks.post("/idv/sdk/consent/add", no).await.status, 422);
    let yes = json!({"session_id": id, "consented": true});
    asks.post("/idv/sdk/consent/add", yes).await.ok();
    asks.side("/idv/sdk/document/front/add", &id, b"front")
        .await
        .ok();
}

#[tokio::test]
async fn another_tenant_s_session_is_not_found_whatever_is_asked_of_it() {
    let client = Client::new("all", "key-for-all").await;
    let id = client.assessed().await;
    let other = Client::of(Arc::clone(&client.memory), "other", "key-of-another-tenant").await;
    let of = |more: Value| {
        let mut body = json!({"session_id": id});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    for (path, body) in [
        ("/idv/session/read", of(json!({}))),
        ("/idv/session/delete", of(json!({}))),
        ("/idv/session/test/read", of(json!({}))),
        (
            "/idv/session/location/read",
            of(json!({"location_capture_type_e": "unknown"})),
        ),
        ("/idv/document/read", of(json!({}))),
        ("/idv/document/list", of(json!({}))),
        (
            "/idv/document/download",
            of(json!({"storage_file_type_e": "selfie"})),
        ),
        ("/idv/sdk/session/read", of(json!({}))),
        ("/idv/sdk/metadata/update", of(json!({"sdk_metadata": {}}))),
        ("/idv/sdk/consent/add", of(json!({"consented": true}))),
        (
            "/idv/sdk/document-type/update",
            of(json!({"document_type_e": "passport"})),
        ),
        (
            "/idv/sdk/liveness/generate",
            of(json!({"latitude": 0, "longitude": 0})),
        ),
        ("/idv/sdk/finalize", of(json!({}))),
    ] {
        assert_eq!(
            code(&other.post(path, body).await),
            (404, "SESSION_NOT_FOUND".into()),
            "{path}"
        );
    }
    assert_eq!(other.process(&id, &[b"one"]).await.status, 404);
    let back = other.side("/idv/sdk/document/back/add", &id, b"back").await;
    assert_eq!(back.status, 404);
    assert_eq!(
        other.post("/idv/session/list", json!({})).await.ok()["sessions"],
        json!([])
    );
    client
        .post("/idv/session/read", json!({"session_id": id}))
        .await
        .ok();
}

#[tokio::test]
async fn a_picture_that_cannot_be_used_is_told_by_its_code() {
    let client = Client::new("all", "key-for-all").await;
    let id = client.create(json!({"liveness_mode": "passive"})).await;
    let faceless = client
        .side("/idv/sdk/document/front/add", &id, FACELESS)
        .await;
    assert_eq!(code(&faceless), (422, "NO_FACE".into()));
    client
        .side("/idv/sdk/document/front/add", &id, b"front")
        .await
        .ok();
    let images = json!({"session_id": id, "latitude": 0, "longitude": 0, "images": ["no base64!"]});
    let wrong = client.post("/idv/sdk/liveness/process", images).await;
    assert_eq!(code(&wrong), (422, "VALIDATION".into()));
    let nowhere = json!({"session_id": id, "latitude": 91, "longitude": 0});
    assert_eq!(
        client
            .post("/idv/sdk/liveness/generate", nowhere)
            .await
            .status,
        422
    );
    client.process(&id, &[b"one", b"two"]).await.ok();
    let done = client
        .post("/idv/sdk/finalize", json!({"session_id": id}))
        .await
        .ok();
    assert_eq!(
        done["verified"],
        Value::Null,
        "nobody was asked for a gesture: a person has to look"
    );
}

#[tokio::test]
async fn the_machine_tells_of_itself_without_a_token() {
    let client = Client::new("all", "key-for-all").await;
    let fields = async |path: &str| {
        let body = client.caller.get(path).await.ok();
        let mut names: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names.join(" ")
    };
    for (path, published) in [
        (
            "/",
            "description documentation environment health service status timestamp version",
        ),
        ("/ping", "pong timestamp"),
        (
            "/status",
            "endpoints environment service timestamp uptime version",
        ),
        ("/metrics/system", "environment system timestamp"),
        ("/health/live", "status timestamp uptime"),
        ("/health/ready", "checks status timestamp"),
        ("/health/simple", "status timestamp"),
        ("/version", "version"),
    ] {
        assert_eq!(fields(path).await, published, "{path}");
    }
    let health = fields("/health").await;
    for name in [
        "status",
        "timestamp",
        "uptime",
        "version",
        "environment",
        "checks",
        "details",
        "error",
        "database",
    ] {
        assert!(
            health.split(' ').any(|field| field == name),
            "{name} in {health}"
        );
    }
}
