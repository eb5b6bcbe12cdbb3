//! The Kairos dialect, field by field as its document shows it, over a kiosk in memory.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_cmp,
    reason = "a test that cannot go on has to end"
)]

use std::sync::Arc;
use std::time::Duration;

use crate::common::{Answer, Caller, FACELESS, Memory, PANICS, Part};
use kiosk_session::{Assessment, FaceMatch, Unassessed};
use serde_json::{Value, json};
use time::macros::date;

const FULL: &str = "/v0.1/full-id-verification";
const PASSPORT: Part<'_> = Part::File("document", b"passport.jpg");
const SELFIE: Part<'_> = Part::File("selfie", b"selfie.jpg");

fn caller(memory: Memory) -> Caller {
    Caller::new(Arc::new(memory)).as_app(Some(("all", "key-for-all")))
}

/// Polls as the document advises, in less time.
async fn result(caller: &Caller, path: &str, uuid: &str) -> Value {
    for _ in 0..200 {
        let polled = caller.get(&format!("{path}/{uuid}")).await.ok();
        if polled["response_code"] != 2 {
            return polled;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("no result came");
}

async fn ask(caller: &Caller, path: &str, parts: &[Part<'_>]) -> (String, Value) {
    let begun = caller.post_form(path, parts).await.ok();
    let uuid = begun["api_req_uuid"].as_str().unwrap().to_owned();
    let result = result(caller, path, &uuid).await;
    (uuid, result)
}

fn codes(result: &Value) -> Vec<&str> {
    let details = result["response_data"]["decision"]["details"].as_array();
    details
        .unwrap()
        .iter()
        .map(|detail| detail["code"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_request_is_named_at_once_and_its_result_comes_later() {
    let caller = caller(Memory::default());
    let begun = caller.post_form(FULL, &[PASSPORT, SELFIE]).await.ok();
    assert_eq!(begun["response_code"], 2);
    assert_eq!(begun["api_req_uuid"], begun["api_req_uid"]);
    let uuid = begun["api_req_uuid"].as_str().unwrap();
    let result = result(&caller, FULL, uuid).await;
    assert_eq!(result["api_req_uid"], uuid);
    assert_eq!(result["api_req_uuid"], uuid);
    assert_eq!(result["requested_at"], "2024-01-15 10:30:00");
    assert_eq!(result["processed_at"], "2024-01-15 10:30:00");
    assert_eq!(result["response_code"], 1);
}

#[tokio::test]
async fn a_document_s_back_may_come_along() {
    let memory = Arc::new(Memory::default());
    let caller = Caller::new(Arc::clone(&memory)).as_app(Some(("all", "key-for-all")));
    let back = Part::File("document_back", b"back.jpg");
    ask(&caller, FULL, &[PASSPORT, back, SELFIE]).await;
    let uploaded = memory.uploaded.lock().unwrap().take().unwrap();
    assert_eq!(uploaded.back.unwrap().as_ref(), b"back.jpg");
}

#[tokio::test]
async fn a_result_has_every_published_field() {
    let caller = caller(Memory::default());
    let (_, result) = ask(&caller, FULL, &[PASSPORT, SELFIE]).await;
    let data = &result["response_data"];
    assert_eq!(data["biometric"]["document"]["faces_predicted"], 1);
    assert_eq!(data["biometric"]["selfie"]["faces_predicted"], 1);
    let rounded = |value: &Value| (value.as_f64().unwrap() * 1e4).round() / 1e4;
    assert_eq!(rounded(&data["biometric"]["face_match_confidence"]), 0.94);
    assert_eq!(
        rounded(&data["biometric"]["selfie"]["faces_liveness"]),
        0.92
    );
    let mut block = data["document"]["data"].clone();
    block
        .as_object_mut()
        .unwrap()
        .remove("internal_id")
        .unwrap();
    assert_eq!(
        block,
        json!({
            "age": 33,
            "country_full": "The United States Of America",
            "country_iso2": "US",
            "country_iso3": "USA",
            "days_from_issue": null,
            "days_to_expiry": 1582,
            "dob": "1990-05-15",
            "dob_day": 15,
            "dob_month": 5,
            "dob_year": 1990,
            "document_name": "The United States Of America - Passport",
            "document_number": "56781234",
            "document_type": "passport",
            "expiry": "2028-05-15",
            "expiry_day": 15,
            "expiry_month": 5,
            "expiry_year": 2028,
            "first_name": "John",
            "full_name": "John Smith",
            "issued": null,
            "issued_day": null,
            "issued_month": null,
            "issued_year": null,
            "last_name": "Smith",
            "nationality_full": "The United States Of America",
            "personal_number": null,
            "place_of_birth": null,
            "sex": "M",
        })
    );
}

#[tokio::test]
async fn every_field_of_a_result_is_described() {
    const PAGE: &str = include_str!("../../../docs/api/kairos.md");
    let (_, result) = ask(&caller(Memory::default()), FULL, &[PASSPORT, SELFIE]).await;
    let mut names = Vec::new();
    gather(&result, &mut names);
    assert!(names.len() > 40, "{names:?}");
    for name in names {
        let parted = name.rsplit_once('_');
        let of_date = parted.filter(|(_, part)| ["day", "month", "year"].contains(part));
        assert!(
            PAGE.contains(of_date.map_or(name, |(date, _)| date)),
            "{name}"
        );
    }
}

fn gather<'a>(value: &'a Value, names: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                names.push(name);
                gather(field, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, names)),
        _ => {}
    }
}

#[tokio::test]
async fn each_reason_is_a_detail_and_the_scores_count_them() {
    let mut memory = Memory::default();
    memory.document.fields.as_mut().unwrap().expiry_date = Some(date!(2023 - 12 - 31));
    memory.selfie.face_match = Assessment::Assessed(FaceMatch::uncalibrated(0.9));
    let (_, result) = ask(&caller(memory), FULL, &[PASSPORT, SELFIE]).await;
    let decision = &result["response_data"]["decision"];
    // One picture answers no challenge, and watch lists were not consulted.
    assert_eq!(
        codes(&result),
        [
            "DOCUMENT_EXPIRED",
            "FAILED_FACE_MATCH",
            "LIVENESS_NOT_CHALLENGED",
            "SCREENING_NOT_ASSESSED"
        ]
    );
    let expired = &decision["details"][0];
    assert_eq!(expired["decision"], "reject");
    assert_eq!(expired["description"], "The document has expired.");
    assert!((expired["confidence"].as_f64().unwrap() - 0.95).abs() < 1e-6);
    assert_eq!(decision["details"][1]["confidence"], Value::Null);
    assert_eq!(decision["reject_score"], 2);
    assert_eq!(decision["review_score"], 1);
    assert_eq!(decision["warning_score"], 1);
}

#[tokio::test]
async fn a_picture_that_cannot_be_used_is_a_detail_with_its_remedy() {
    let caller = caller(Memory::default());
    let faceless = Part::File("selfie", FACELESS);
    let (_, result) = ask(&caller, FULL, &[PASSPORT, faceless]).await;
    assert_eq!(result["response_code"], 1);
    assert_eq!(codes(&result), ["NO_FACE"]);
    let detail = &result["response_data"]["decision"]["details"][0];
    assert_eq!(detail["decision"], "review");
    assert!(
        detail["description"]
            .as_str()
            .unwrap()
            .contains("face the camera")
    );
    let biometric = &result["response_data"]["biometric"];
    assert_eq!(biometric["face_match_confidence"], Value::Null);
}

#[tokio::test]
async fn a_fault_of_ours_ends_the_work_and_is_told() {
    let caller = caller(Memory::default());
    let (_, result) = ask(&caller, FULL, &[Part::File("document", PANICS), SELFIE]).await;
    assert_eq!(codes(&result), ["INTERNAL"]);
    assert_eq!(result["response_data"]["document"]["data"], Value::Null);
}

#[tokio::test]
async fn work_that_a_stop_cut_off_is_told_as_interrupted() {
    let memory = Arc::new(Memory::default());
    let caller = Caller::new(Arc::clone(&memory));
    // A session of the same tenant that nothing works on, as one is after a restart.
    let id = caller.begin().await;
    let result = caller
        .as_app(Some(("all", "key-for-all")))
        .get(&format!("{FULL}/{id}"))
        .await
        .ok();
    assert_eq!(codes(&result), ["INTERRUPTED"]);
}

#[tokio::test]
async fn a_session_of_this_dialect_reads_in_another() {
    let caller = caller(Memory::default());
    let (uuid, _) = ask(&caller, FULL, &[PASSPORT, SELFIE]).await;
    let partner = caller.by(Some("key-for-all"));
    let session = partner.get(&format!("/partner/sessions/{uuid}")).await.ok();
    assert_eq!(session["session_id"], uuid);
    assert_eq!(session["status"], "manual_review");
}

#[tokio::test]
async fn a_document_alone_and_a_face_alone_have_paths_of_their_own() {
    let caller = caller(Memory::default());
    let (_, document) = ask(&caller, "/v0.1/id-document-verification", &[PASSPORT]).await;
    assert_eq!(
        document["response_data"]["document"]["data"]["last_name"],
        "Smith"
    );
    assert_eq!(
        document["response_data"]["biometric"]["selfie"]["faces_predicted"],
        Value::Null
    );
    let both = [PASSPORT, SELFIE];
    let (_, face) = ask(&caller, "/v0.1/biometric-verification", &both).await;
    assert_eq!(
        face["response_data"]["biometric"]["selfie"]["faces_predicted"],
        1
    );
    assert_eq!(
        face["response_data"]["biometric"]["selfie"]["faces_liveness"],
        Value::Null
    );
}

#[tokio::test]
async fn a_living_person_is_told_without_a_document_and_nothing_is_decided() {
    const PATH: &str = "/v0.1/liveness-verification";
    let caller = caller(Memory::default());
    let clip = [
        SELFIE,
        Part::File("clip", b"frame 1"),
        Part::File("clip", b"frame 2"),
    ];
    for parts in [&clip[..], &clip[..1]] {
        let (uuid, result) = ask(&caller, PATH, parts).await;
        let biometric = &result["response_data"]["biometric"];
        assert_eq!(biometric["selfie"]["faces_predicted"], 1);
        assert!(biometric["selfie"]["faces_liveness"].is_f64());
        assert_eq!(biometric["face_match_confidence"], Value::Null);
        assert_eq!(biometric["document"]["faces_predicted"], Value::Null);
        assert_eq!(result["response_data"]["document"]["data"], Value::Null);
        assert_eq!(codes(&result), ["LIVENESS_NOT_CHALLENGED"]);
        let partner = caller.by(Some("key-for-all"));
        assert_eq!(
            partner.add_document(&uuid).await.refused(400),
            "NO_DOCUMENT_ASKED"
        );
        assert_eq!(
            partner.submit(&uuid).await.refused(400),
            "DOCUMENT_MISSING",
            "no decision about nobody"
        );
    }
    let refused = caller.post_form(PATH, &[PASSPORT]).await;
    assert_eq!(refused.status, 422, "a selfie is missing");
}

#[tokio::test]
async fn a_person_who_does_not_seem_to_live_is_told_by_the_reason() {
    let mut memory = Memory::default();
    memory.liveness.passive = Assessment::NotAssessed(Unassessed::FaceNotUsable);
    let (_, result) = ask(
        &caller(memory),
        "/v0.1/liveness-verification",
        &[SELFIE, Part::File("clip", b"frame")],
    )
    .await;
    assert!(
        codes(&result).contains(&"PASSIVE_PAD_NOT_ASSESSED"),
        "{result}"
    );
    let biometric = &result["response_data"]["biometric"];
    assert_eq!(biometric["selfie"]["faces_liveness"], Value::Null);
    let faceless = [Part::File("selfie", FACELESS)];
    let caller = self::caller(Memory::default());
    let (_, result) = ask(&caller, "/v0.1/liveness-verification", &faceless).await;
    assert_eq!(codes(&result), ["NO_FACE"]);
}

#[tokio::test]
async fn a_form_without_what_it_needs_is_refused_by_its_field() {
    let caller = caller(Memory::default());
    let refused = caller.post_form(FULL, &[PASSPORT]).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.json()["response_code"], 0);
    assert_eq!(refused.json()["error"]["code"], "VALIDATION");
    let text = refused.json()["error"]["description"].to_string();
    assert!(text.contains("selfie"), "{text}");
}

#[tokio::test]
async fn credentials_that_are_not_a_pair_of_ours_are_refused_alike() {
    let known = caller(Memory::default());
    let refused = |answer: Answer| (answer.status.as_u16(), answer.json());
    let path = format!("{FULL}/{}", uuid::Uuid::nil());
    let (status, missing) = refused(known.as_app(None).get(&path).await);
    assert_eq!(status, 401);
    assert_eq!(missing["error"]["code"], "APP_CREDENTIALS_MISSING");
    let mut told = Vec::new();
    for pair in [
        ("all", "key-of-nobody"),
        ("other", "key-for-all"),
        ("nobody", "key-for-all"),
    ] {
        told.push(refused(known.as_app(Some(pair)).get(&path).await));
    }
    assert!(
        told.iter().all(|one| *one == told[0] && one.0 == 401),
        "{told:?}"
    );
}

#[tokio::test]
async fn another_tenant_s_request_is_not_found_and_a_key_to_read_begins_none() {
    let caller = caller(Memory::default());
    let (uuid, _) = ask(&caller, FULL, &[PASSPORT, SELFIE]).await;
    let other = caller.as_app(Some(("other", "key-of-another-tenant")));
    assert_eq!(other.get(&format!("{FULL}/{uuid}")).await.status, 404);
    let reader = caller.as_app(Some(("reader", "key-to-read")));
    assert_eq!(reader.get(&format!("{FULL}/{uuid}")).await.status, 200);
    assert_eq!(
        reader.post_form(FULL, &[PASSPORT, SELFIE]).await.status,
        403
    );
}

#[tokio::test]
async fn a_partner_that_states_no_consent_cannot_begin() {
    let caller = caller(Memory::default()).as_app(Some(("asks", "key-without-consent")));
    let refused = caller.post_form(FULL, &[PASSPORT, SELFIE]).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["error"]["code"], "CONSENT_MISSING");
}

#[tokio::test]
async fn unknown_paths_have_this_dialect_s_form() {
    let refused = caller(Memory::default()).get("/v0.1/nothing").await;
    assert_eq!(refused.status, 404);
    assert_eq!(refused.json()["error"]["code"], "NO_SUCH_ROUTE");
}
