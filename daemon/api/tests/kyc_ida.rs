//! The KYC API's identity authentication, and sessions and identities without their person.
// long file: every operation of authentications and of sessions without their person, as sentences

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use std::sync::Arc;

use crate::common::{Answer, Client, STRANGER, code};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use time::Duration;
use uuid::Uuid;

/// A client's session that tells whether somebody is who was approved.
struct Ida<'a> {
    client: &'a Client,
    id: String,
}

impl<'a> Ida<'a> {
    async fn of(client: &'a Client, identity: &str) -> Self {
        let body = json!({
            "identity_id": identity,
            "liveness_mode": "passive_active",
            "webhook_url": "https://example.com/hook",
            "metadata": {"till": "9"},
            "settings": {"language": "en"},
        });
        let created = client.post("/ida/session/create", body).await.ok();
        let id = created["session_id"].as_str().unwrap().to_owned();
        Self { client, id }
    }

    async fn post(&self, path: &str, more: Value) -> Answer {
        let mut body = json!({"session_id": self.id});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        self.client.post(path, body).await
    }

    async fn process(&self, image: &[u8]) -> Answer {
        let images = [BASE64_STANDARD.encode(image)];
        let more = json!({"latitude": 59.9, "longitude": 10.75, "images": images});
        self.post("/ida/sdk/liveness/process", more).await
    }

    /// Selfie, challenge, clip, end.
    async fn walked(&self, selfie: &[u8]) {
        self.process(selfie).await.ok();
        let place = json!({"latitude": 59.9, "longitude": 10.75});
        let asked = self.post("/ida/sdk/liveness/generate", place).await.ok();
        assert!(asked["challenge"]["gestures"].is_array(), "{asked}");
        self.process(b"clip").await.ok();
        let done = self.post("/ida/sdk/finalize", json!({})).await.ok();
        assert_eq!(done, json!({}));
    }

    async fn read(&self) -> Value {
        self.post("/ida/session/read", json!({})).await.ok()
    }
}

#[tokio::test]
async fn an_approved_person_is_known_again_and_every_published_field_is_there() {
    let client = Client::new("all", "key-for-all").await;
    let identity = client.approved().await;
    let ida = Ida::of(&client, &identity).await;
    let update = json!({"sdk_metadata": {"version": "3"}});
    let done = ida.post("/ida/sdk/metadata/update", update).await.ok();
    assert_eq!(done, json!({}));
    ida.walked(b"selfie").await;
    let now = "2024-01-15T10:30:00Z";
    let sdk = ida.post("/ida/sdk/session/read", json!({})).await.ok();
    assert_eq!(
        sdk,
        json!({
            "session_id": ida.id, "identity_id": identity, "user_id": null, "client_id": "all",
            "status_e": "complete", "first_name": "John", "middle_name": null, "last_name": "Smith",
            "suffix_name": null, "liveness_detected": true, "liveness_detected_at": now,
            "selfie_given": true, "selfie_given_at": now, "authenticated": true,
            "liveness_provider_e": "local", "sdk_metadata": {"version": "3"},
        })
    );
    let mut read = ida.read().await;
    let history = read.as_object_mut().unwrap().remove("history").unwrap();
    assert_eq!(history[0]["event"], "created");
    assert!(!history.to_string().contains("document_read"), "{history}");
    assert_eq!(
        read,
        json!({
            "session_id": ida.id, "user_id": null, "client_id": "all", "idv_weights_id": "default-1",
            "status_e": "complete", "created_at": now, "completed_at": now, "identity_id": identity,
            "first_name": "John", "middle_name": null, "last_name": "Smith", "suffix_name": null,
            "liveness_detected": true, "liveness_detected_at": now, "selfie_given": true,
            "selfie_given_at": now, "authenticated": true, "metadata": {"till": "9"},
            "webhook_url": "https://example.com/hook", "settings": {"language": "en"},
        })
    );
    let picture = ida.post("/ida/document/download", json!({})).await;
    assert_eq!(
        (picture.status.as_u16(), picture.bytes.as_slice()),
        (200, b"Selfie".as_slice())
    );
    let of = json!({"location_capture_type_e": "selfie_image_capture"});
    let place = ida.post("/ida/session/location/read", of).await.ok();
    assert_eq!(place["device_latitude"], 59.9);
    assert_eq!(place.as_object().unwrap().len(), 14);
}

#[tokio::test]
async fn another_person_is_not_authenticated() {
    let client = Client::new("all", "key-for-all").await;
    let identity = client.approved().await;
    let ida = Ida::of(&client, &identity).await;
    ida.walked(STRANGER).await;
    let read = ida.read().await;
    assert_eq!(read["authenticated"], false, "{read}");
    assert_eq!(read["status_e"], "complete");
}

#[tokio::test]
async fn the_tenant_s_tolerance_for_enrolled_faces_holds_here_and_that_for_documents_does_not() {
    let client = Client::new("all", "key-for-all").await;
    let identity = client.approved().await;
    let mut weights = client.get("/idv/weights").await.ok();
    for name in ["idv_weights_id", "client_id", "user_id"] {
        weights.as_object_mut().unwrap().remove(name);
    }
    // The face of these tests lies at 0.3 from the enrolled one.
    for (name, authenticated) in [
        ("onboarding_face_encoding_tolerance", json!(true)),
        ("verified_account_face_encoding_tolerance", json!(false)),
    ] {
        let mut set = weights.clone();
        set[name] = json!(0.2);
        let set = client.post("/idv/weights", set).await.ok();
        let ida = Ida::of(&client, &identity).await;
        ida.walked(b"selfie").await;
        let read = ida.read().await;
        assert_eq!(read["authenticated"], authenticated, "{name}");
        assert_eq!(read["idv_weights_id"], set["idv_weights_id"]);
    }
}

#[tokio::test]
async fn only_an_approved_person_of_the_own_tenant_is_authenticated() {
    let client = Client::new("all", "key-for-all").await;
    let other = Client::of(Arc::clone(&client.memory), "other", "key-of-another-tenant").await;
    let open = client.assessed().await;
    let identity = client.approved().await;
    let again = Ida::of(&client, &identity).await;
    again.walked(b"selfie").await;
    for (who, id) in [
        (&client, open.as_str()),
        (&client, again.id.as_str()),
        (&client, &Uuid::nil().to_string()),
        (&client, "somebody"),
        (&other, identity.as_str()),
    ] {
        let answer = who
            .post("/ida/session/create", json!({"identity_id": id}))
            .await;
        assert_eq!(code(&answer), (404, "IDENTITY_NOT_FOUND".into()));
    }
    let missing = client.post("/ida/session/create", json!({})).await;
    assert_eq!(code(&missing), (422, "VALIDATION".into()));
}

#[tokio::test]
async fn sessions_of_one_kind_are_not_found_by_the_operations_of_the_other() {
    let client = Client::new("all", "key-for-all").await;
    let identity = client.approved().await;
    let ida = Ida::of(&client, &identity).await;
    let word = json!({"location_capture_type_e": "unknown", "storage_file_type_e": "selfie"});
    for path in [
        "/idv/session/read",
        "/idv/session/delete",
        "/idv/session/anonymize",
        "/idv/session/test/read",
        "/idv/session/location/read",
        "/idv/document/read",
        "/idv/document/list",
        "/idv/document/download",
        "/idv/sdk/session/read",
        "/idv/sdk/finalize",
    ] {
        let answer = ida.post(path, word.clone()).await;
        assert_eq!(code(&answer), (404, "SESSION_NOT_FOUND".into()), "{path}");
    }
    for path in [
        "/ida/session/read",
        "/ida/session/delete",
        "/ida/session/location/read",
        "/ida/document/download",
        "/ida/sdk/session/read",
        "/ida/sdk/finalize",
    ] {
        let body = json!({"session_id": identity, "location_capture_type_e": "unknown"});
        let answer = client.post(path, body).await;
        assert_eq!(code(&answer), (404, "SESSION_NOT_FOUND".into()), "{path}");
    }
    let front = client
        .side("/idv/sdk/document/front/add", &ida.id, b"front")
        .await;
    assert_eq!(code(&front), (404, "SESSION_NOT_FOUND".into()));
    let partner = client.caller.by(Some("key-for-all"));
    let document = partner.add_document(&ida.id).await;
    assert_eq!(document.refused(400), "NO_DOCUMENT_ASKED");
    assert_eq!(
        partner
            .get(&format!("/partner/sessions/{}", ida.id))
            .await
            .status,
        200,
        "the other dialects read it"
    );
}

#[tokio::test]
async fn authentications_are_listed_by_identity_outcome_metadata_and_term() {
    let client = Client::new("all", "key-for-all").await;
    let (first, second) = (client.approved().await, client.approved().await);
    let right = Ida::of(&client, &first).await;
    right.walked(b"selfie").await;
    client.memory.wait(Duration::minutes(1));
    let wrong = Ida::of(&client, &first).await;
    wrong.walked(STRANGER).await;
    client.memory.wait(Duration::minutes(1));
    let open = Ida::of(&client, &second).await;
    let list = async |body: Value| {
        let list = client.post("/ida/session/list", body).await.ok();
        let ids = list["sessions"].as_array().unwrap().iter();
        let ids: Vec<String> = ids
            .map(|one| one["session_id"].as_str().unwrap().to_owned())
            .collect();
        (ids, list["meta_counts"]["total"].as_u64().unwrap())
    };
    let (a, b, c) = (right.id.clone(), wrong.id.clone(), open.id.clone());
    let all = vec![c.clone(), b.clone(), a.clone()];
    assert_eq!(list(json!({})).await, (all.clone(), 3));
    assert_eq!(
        list(json!({"identity_id": first})).await,
        (vec![b.clone(), a.clone()], 2)
    );
    assert_eq!(
        list(json!({"identity_id": [first, second]})).await,
        (all.clone(), 3)
    );
    assert_eq!(list(json!({"verified": true})).await, (vec![a.clone()], 1));
    assert_eq!(list(json!({"verified": false})).await, (vec![b.clone()], 1));
    assert_eq!(
        list(json!({"status": "in_progress"})).await,
        (vec![c.clone()], 1)
    );
    assert_eq!(
        list(json!({"metadata": {"till": "9"}, "take": 1, "skip": 1})).await,
        (vec![b.clone()], 3)
    );
    assert_eq!(list(json!({"metadata": {"till": "8"}})).await, (vec![], 0));
    assert_eq!(list(json!({"search_term": c})).await, (vec![c.clone()], 1));
    assert_eq!(list(json!({"client_id": "all"})).await, (all, 3));
    assert_eq!(list(json!({"user_id": "x"})).await, (vec![], 0));
    let idv = client.post("/idv/session/list", json!({})).await.ok();
    assert_eq!(
        idv["meta_counts"]["total"], 2,
        "authentications are none of these"
    );
    let named = json!({"search_term": "john smith"});
    let idv = client.post("/idv/session/list", named).await.ok();
    assert_eq!(idv["meta_counts"]["total"], 2);
}

#[tokio::test]
async fn a_session_without_its_person_keeps_what_was_decided_and_when() {
    let client = Client::new("all", "key-for-all").await;
    let id = client.approved().await;
    let before = client
        .post("/idv/session/read", json!({"session_id": id}))
        .await
        .ok();
    client.memory.wait(Duration::minutes(1));
    let body = json!({"session_id": id});
    for _ in 0..2 {
        let done = client.post("/idv/session/anonymize", body.clone()).await;
        assert_eq!(done.ok(), json!({}), "a second time changes nothing");
    }
    let after = client.post("/idv/session/read", body.clone()).await.ok();
    let text = after.to_string();
    for personal in ["John", "Smith", "1990", "branch", "example.com"] {
        assert!(!text.contains(personal), "{personal} in {text}");
    }
    let personal = [
        "first_name",
        "last_name",
        "birth_date",
        "gender_e",
        "metadata",
        "history",
        "webhook_url",
    ];
    for (name, value) in before.as_object().unwrap() {
        if personal.contains(&name.as_str()) {
            assert!(after[name].is_null() || *name == "gender_e" || *name == "history");
        } else {
            assert_eq!(after[name], *value, "{name}");
        }
    }
    assert_eq!(after["gender_e"], "unknown");
    let history = after["history"].as_array().unwrap();
    assert_eq!(history.first().unwrap()["event"], "created");
    assert_eq!(history.last().unwrap()["event"], "anonymised");
    let selfie = json!({"session_id": id, "storage_file_type_e": "selfie"});
    let picture = client.post("/idv/document/download", selfie).await;
    assert_eq!(code(&picture), (404, "FILE_NOT_FOUND".into()));
    let document = client.post("/idv/document/read", body.clone()).await;
    assert_eq!(code(&document), (404, "DOCUMENT_NOT_FOUND".into()));
    let list = client
        .post("/idv/session/list", json!({"status": "complete"}))
        .await;
    assert_eq!(list.ok()["sessions"][0]["session_id"], json!(id));
    let partner = client.caller.by(Some("key-for-all"));
    let told = partner.get(&format!("/partner/sessions/{id}")).await.ok();
    assert_eq!(told["decision"], "approved");
    assert_eq!(told["external_user_id"], "");
    client.post("/idv/session/delete", body.clone()).await.ok();
    let gone = client.post("/idv/session/read", body).await;
    assert_eq!(code(&gone), (404, "SESSION_NOT_FOUND".into()));
}

#[tokio::test]
async fn an_open_session_ends_with_its_person() {
    let client = Client::new("all", "key-for-all").await;
    let id = client.assessed().await;
    let body = json!({"session_id": id});
    client
        .post("/idv/session/anonymize", body.clone())
        .await
        .ok();
    let read = client.post("/idv/session/read", body.clone()).await.ok();
    assert_eq!(read["status_e"], "expired");
    assert_eq!(read["document_front_given"], true);
    assert_eq!(read["document_type_e"], "passport");
    let more = client.post("/idv/sdk/finalize", body).await;
    assert_eq!(code(&more), (400, "SESSION_CLOSED".into()));
}

#[tokio::test]
async fn an_identity_is_anonymised_with_every_session_that_told_who_they_are_by_it() {
    let client = Client::new("all", "key-for-all").await;
    let (id, other) = (client.approved().await, client.approved().await);
    let (own, foreign) = (Ida::of(&client, &id).await, Ida::of(&client, &other).await);
    own.walked(b"selfie").await;
    foreign.walked(b"selfie").await;
    let body = json!({"identity_id": id});
    let done = client.post("/identity/anonymize", body.clone()).await;
    assert_eq!(done.ok(), json!({}));
    let read = client.post("/identity/read", body.clone()).await.ok();
    assert!(read["first_name"].is_null() && read["birth_date"].is_null());
    assert_eq!(
        (&read["verified"], &read["gender_e"]),
        (&json!(true), &json!("unknown"))
    );
    let told = own.read().await;
    assert!(told["first_name"].is_null() && told["metadata"].is_null());
    assert_eq!(
        (&told["authenticated"], &told["identity_id"]),
        (&json!(true), &json!(id))
    );
    let picture = own.post("/ida/document/download", json!({})).await;
    assert_eq!(code(&picture), (404, "FILE_NOT_FOUND".into()));
    assert_eq!(foreign.read().await["first_name"], "John");
    let again = client.post("/ida/session/create", body).await;
    assert_eq!(code(&again), (404, "IDENTITY_NOT_FOUND".into()));
}

#[tokio::test]
async fn only_a_key_that_may_erase_anonymises() {
    let all = Client::new("all", "key-for-all").await;
    let id = all.approved().await;
    let keeper = Client::of(Arc::clone(&all.memory), "keeper", "key-to-keep").await;
    for (path, name) in [
        ("/idv/session/anonymize", "session_id"),
        ("/identity/anonymize", "identity_id"),
    ] {
        let refused = keeper.post(path, json!({name: id})).await;
        assert_eq!(code(&refused), (403, "PERMISSION_MISSING".into()));
    }
    let read = all
        .post("/idv/session/read", json!({"session_id": id}))
        .await;
    assert_eq!(read.ok()["first_name"], "John");
}

#[tokio::test]
async fn without_consent_no_face_is_taken_for_an_authentication_either() {
    let all = Client::new("all", "key-for-all").await;
    let identity = all.approved().await;
    let asks = Client::of(Arc::clone(&all.memory), "asks", "key-without-consent").await;
    let ida = Ida::of(&asks, &identity).await;
    assert_eq!(
        code(&ida.process(b"selfie").await),
        (400, "CONSENT_MISSING".into())
    );
    let yes = json!({"consented": true});
    ida.post("/idv/sdk/consent/add", yes).await.ok();
    ida.walked(b"selfie").await;
}
