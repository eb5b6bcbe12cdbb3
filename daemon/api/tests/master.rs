//! The Master EKYC dialect over a kiosk in memory: the order of its document's steps, and every field of `docs/api/master.md`.
// long file: each operation of the dialect, one after the other

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use std::sync::Arc;

use crate::common;
use crate::common::{Answer, Caller, Letters, Memory, Part};
use axum::body::Body;
use kiosk_api::courier::{Channel, Codes, Undelivered};
use kiosk_session::{DocumentSignal, SignalName, SignalOutcome};
use serde_json::{Value, json};
use time::Duration;

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// A kiosk in memory that sends codes, and a token.
#[derive(Clone)]
struct Client {
    caller: Caller,
    memory: Arc<Memory>,
    letters: Arc<Letters>,
    token: Option<String>,
    origin: Option<&'static str>,
}

impl Client {
    fn new() -> Self {
        Self::over(Memory::default(), Letters::default(), true)
    }

    fn over(memory: Memory, letters: Letters, required: bool) -> Self {
        let (memory, letters) = (Arc::new(memory), Arc::new(letters));
        let codes = Codes {
            courier: Arc::clone(&letters) as _,
            required,
        };
        Self {
            caller: Caller::with_codes(Arc::clone(&memory), codes).by(None),
            memory,
            letters,
            token: Some("key-for-all".into()),
            origin: None,
        }
    }

    /// The same kiosk by another token.
    fn by(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    async fn ask(&self, method: &str, path: &str, kind: Option<&str>, body: Vec<u8>) -> Answer {
        let mut request = self.caller.request(method, &format!("/api{path}"));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if let Some(origin) = self.origin {
            request = request.header("Origin", origin);
        }
        if let Some(kind) = kind {
            request = request.header("Content-Type", kind);
        }
        self.caller
            .send(request.body(Body::from(body)).unwrap())
            .await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None, Vec::new()).await
    }

    async fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = body.to_string().into_bytes();
        self.ask(method, path, Some("application/json"), body).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.json("POST", path, body).await
    }

    async fn form(&self, path: &str, parts: &[Part<'_>]) -> Answer {
        let kind = format!("multipart/form-data; boundary={}", common::BOUNDARY);
        self.ask("POST", path, Some(&kind), common::form(parts))
            .await
    }

    /// An applicant with both addresses.
    async fn applicant(&self) -> String {
        let body = json!({
            "first_name": "John",
            "last_name": "Smith",
            "email": "john@example.com",
            "phone_number": "+4722000000",
        });
        let made = made(self.post("/applicants", &body).await);
        made["id"].as_str().unwrap().to_owned()
    }

    async fn ask_code(&self, id: &str, channel: &str) -> Answer {
        let body = json!({"applicant_id": id, "channel": channel});
        self.post("/otp", &body).await
    }

    async fn bring_code(&self, id: &str, channel: &str, code: &str) -> Answer {
        let body = json!({"applicant_id": id, "channel": channel, "code": code});
        self.post("/verify_otp", &body).await
    }

    /// The applicant's address is proved.
    async fn prove(&self, id: &str) {
        made(self.ask_code(id, "email").await);
        let (_, _, code) = self.letters.newest();
        self.bring_code(id, "email", &code).await.ok();
    }

    async fn add_document(&self, id: &str) -> Answer {
        let parts = [
            Part::Text("applicant_id", id),
            Part::Text("type", "passport"),
            Part::Text("issuing_country", "US"),
            Part::File("file", b"passport.jpg"),
        ];
        self.form("/documents", &parts).await
    }

    async fn add_selfie(&self, id: &str) -> Answer {
        let parts = [
            Part::Text("applicant_id", id),
            Part::File("selfie", b"selfie.jpg"),
        ];
        self.form("/videos", &parts).await
    }

    async fn add_video(&self, id: &str, challenge: &str) -> Answer {
        let parts = [
            Part::Text("applicant_id", id),
            Part::Text("challenge_id", challenge),
            Part::File("video", b"frame 1"),
            Part::File("video", b"frame 2"),
        ];
        self.form("/videos", &parts).await
    }

    /// An applicant with everything but a check.
    async fn assessed(&self) -> String {
        let id = self.applicant().await;
        self.prove(&id).await;
        made(self.add_document(&id).await);
        made(self.add_selfie(&id).await);
        let of = json!({ "applicant_id": id });
        let asked = made(self.post("/challenges", &of).await);
        made(self.add_video(&id, asked["id"].as_str().unwrap()).await);
        id
    }

    /// A token for one applicant.
    async fn token(&self, kind: &str, id: &str) -> String {
        let body = json!({ "applicant_id": id });
        let made = made(self.post(&format!("/{kind}_tokens"), &body).await);
        made["token"].as_str().unwrap().to_owned()
    }
}

/// The body of what was made.
fn made(answer: Answer) -> Value {
    let text = String::from_utf8_lossy(&answer.bytes).into_owned();
    assert_eq!(answer.status, 201, "{text}");
    answer.json()
}

/// The stable code of an error in this dialect's one form.
fn refused(answer: &Answer, status: u16) -> String {
    let body = answer.json();
    assert_eq!(answer.status.as_u16(), status, "{body}");
    let error = &body["error"];
    assert!(!error["message"].as_str().unwrap().is_empty());
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    assert_eq!(error.as_object().unwrap().len(), 2, "{body}");
    assert_eq!(
        answer.headers["x-error-code"],
        error["code"].as_str().unwrap()
    );
    error["code"].as_str().unwrap().to_owned()
}

/// A number as it was given, without the noise of 32 bits.
fn rounded(value: &Value) -> f64 {
    (value.as_f64().unwrap() * 1e4).round() / 1e4
}

#[tokio::test]
async fn an_applicant_is_shown_with_every_field() {
    let client = Client::new();
    let body = json!({
        "first_name": "John",
        "last_name": "Smith",
        "email": "john@example.com",
        "phone_number": "+4722000000",
        "date_of_birth": "1990-05-15",
        "external_user_id": "user_123",
    });
    let begun = made(client.post("/applicants", &body).await);
    let id = begun["id"].as_str().unwrap();
    let nothing = json!({
        "consent": true, "otp": false, "document": false, "selfie": false, "video": false, "check": false
    });
    assert_eq!(
        begun,
        json!({
            "id": id,
            "status": "pending",
            "created_at": "2024-01-15T10:30:00Z",
            "expires_at": "2024-01-16T10:30:00Z",
            "external_user_id": "user_123",
            "first_name": "John",
            "last_name": "Smith",
            "email": "john@example.com",
            "phone_number": "+4722000000",
            "date_of_birth": "1990-05-15",
            "email_verified_at": null,
            "phone_number_verified_at": null,
            "steps": nothing,
        })
    );
    assert_eq!(client.get(&format!("/applicants/{id}")).await.ok(), begun);
    let listed = client.get("/applicants?limit=1&offset=0").await.ok();
    assert_eq!(
        listed,
        json!({"applicants": [begun], "total": 1, "limit": 1, "offset": 0})
    );
}

#[tokio::test]
async fn an_update_replaces_what_it_names_and_null_takes_away() {
    let client = Client::new();
    let id = client.applicant().await;
    let body = json!({"last_name": "Doe", "phone_number": null});
    let path = format!("/applicants/{id}");
    let updated = client.json("PUT", &path, &body).await.ok();
    assert_eq!(updated["first_name"], "John");
    assert_eq!(updated["last_name"], "Doe");
    assert_eq!(updated["phone_number"], Value::Null);
    assert_eq!(client.get(&path).await.ok(), updated);
}

#[tokio::test]
async fn a_field_that_cannot_be_is_told_by_its_name() {
    let client = Client::new();
    for (name, value) in [
        ("email", json!("john")),
        ("email", json!("a@b@c")),
        ("email", json!("a@b.c\r\nBcc: d@e.f")),
        ("email", json!("<a@b.c>")),
        ("phone_number", json!("22000000")),
        ("phone_number", json!("+47 22 00")),
        ("phone_number", json!("+1234567890123456")),
        ("date_of_birth", json!("15.05.1990")),
        ("date_of_birth", json!("2024-01-16")),
        ("date_of_birth", json!("1990-02-30")),
        ("first_name", json!(7)),
        ("last_name", json!("x".repeat(257))),
    ] {
        let mut body = json!({});
        body[name] = value;
        let answer = client.post("/applicants", &body).await;
        assert_eq!(refused(&answer, 422), "VALIDATION", "{body}");
        let message = answer.json()["error"]["message"].to_string();
        assert!(message.contains(name), "{message}");
    }
    let page = client.get("/applicants?limit=201").await;
    assert_eq!(refused(&page, 400), "INVALID_PARAMETER");
}

#[tokio::test]
async fn an_applicant_of_this_dialect_reads_in_the_others_and_theirs_here() {
    let client = Client::new();
    let id = client.assessed().await;
    made(client.post("/checks", &json!({ "applicant_id": id })).await);
    let partner = client.caller.by(Some("key-for-all"));
    let session = partner.get(&format!("/partner/sessions/{id}")).await.ok();
    assert_eq!(session["status"], "approved");
    assert_eq!(session["verification_results"]["liveness_passed"], true);
    let theirs = partner.begin().await;
    let shown = client.get(&format!("/applicants/{theirs}")).await.ok();
    assert_eq!(shown["external_user_id"], "user_123");
    assert_eq!(shown["first_name"], Value::Null);
}

#[tokio::test]
async fn an_applicant_that_is_deleted_is_gone_in_every_dialect() {
    let client = Client::new();
    let id = client.assessed().await;
    let token = client.token("sdk", &id).await;
    let path = format!("/applicants/{id}");
    let gone = client.ask("DELETE", &path, None, Vec::new()).await;
    assert_eq!((gone.status.as_u16(), gone.bytes.len()), (204, 0));
    assert_eq!(refused(&client.get(&path).await, 404), "SESSION_NOT_FOUND");
    let partner = client.caller.by(Some("key-for-all"));
    let session = partner.get(&format!("/partner/sessions/{id}")).await;
    assert_eq!(session.refused(404), "SESSION_NOT_FOUND");
    let sdk = client.by(&token);
    assert_eq!(refused(&sdk.get(&path).await, 404), "SESSION_NOT_FOUND");
}

#[tokio::test]
async fn a_code_goes_out_comes_back_once_and_is_noted() {
    let client = Client::new();
    let id = client.applicant().await;
    let sent = made(client.ask_code(&id, "email").await);
    assert_eq!(
        sent,
        json!({
            "applicant_id": id,
            "channel": "email",
            "digits": 6,
            "tries_left": 5,
            "expires_at": "2024-01-15T10:35:00Z",
        })
    );
    let (channel, to, code) = client.letters.newest();
    assert_eq!((channel, to.as_str()), (Channel::Email, "john@example.com"));
    client.memory.wait(Duration::seconds(60));
    let proved = client.bring_code(&id, "email", &code).await.ok();
    assert_eq!(
        proved,
        json!({
            "applicant_id": id,
            "channel": "email",
            "verified": true,
            "verified_at": "2024-01-15T10:31:00Z",
        })
    );
    let shown = client.get(&format!("/applicants/{id}")).await.ok();
    assert_eq!(shown["email_verified_at"], "2024-01-15T10:31:00Z");
    assert_eq!(shown["phone_number_verified_at"], Value::Null);
    assert_eq!(shown["steps"]["otp"], true);
    let again = client.bring_code(&id, "email", &code).await;
    assert_eq!(refused(&again, 400), "OTP_MISSING");
}

#[tokio::test]
async fn a_text_message_goes_to_the_telephone() {
    let client = Client::new();
    let id = client.applicant().await;
    made(client.ask_code(&id, "sms").await);
    let (channel, to, code) = client.letters.newest();
    assert_eq!((channel, to.as_str()), (Channel::Sms, "+4722000000"));
    client.bring_code(&id, "sms", &code).await.ok();
    let shown = client.get(&format!("/applicants/{id}")).await.ok();
    assert_eq!(shown["phone_number_verified_at"], "2024-01-15T10:30:00Z");
}

#[tokio::test]
async fn a_code_that_is_late_or_was_tried_too_often_is_told_as_that() {
    let client = Client::new();
    let id = client.applicant().await;
    made(client.ask_code(&id, "email").await);
    let (_, _, code) = client.letters.newest();
    client.memory.wait(Duration::minutes(5));
    let late = client.bring_code(&id, "email", &code).await;
    assert_eq!(refused(&late, 400), "OTP_EXPIRED");

    made(client.ask_code(&id, "email").await);
    let (_, _, code) = client.letters.newest();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for left in (0..5).rev() {
        let answer = client.bring_code(&id, "email", wrong).await;
        assert_eq!(refused(&answer, 422), "OTP_WRONG");
        let message = answer.json()["error"]["message"].to_string();
        assert!(message.contains(&left.to_string()), "{message}");
    }
    let right = client.bring_code(&id, "email", &code).await;
    assert_eq!(refused(&right, 400), "OTP_SPENT");
}

#[tokio::test]
async fn a_fresh_code_takes_the_place_of_the_one_before() {
    let client = Client::new();
    let id = client.applicant().await;
    let (first, second) = loop {
        made(client.ask_code(&id, "email").await);
        let first = client.letters.newest().2;
        made(client.ask_code(&id, "email").await);
        let second = client.letters.newest().2;
        if first != second {
            break (first, second);
        }
    };
    let old = client.bring_code(&id, "email", &first).await;
    assert_eq!(refused(&old, 422), "OTP_WRONG");
    client.bring_code(&id, "email", &second).await.ok();
}

#[tokio::test]
async fn another_s_code_and_a_code_by_another_way_are_wrong() {
    let client = Client::new();
    let (one, other) = (client.applicant().await, client.applicant().await);
    made(client.ask_code(&one, "email").await);
    let code = client.letters.newest().2;
    let none = client.bring_code(&other, "email", &code).await;
    assert_eq!(refused(&none, 400), "OTP_MISSING");
    let by_sms = client.bring_code(&one, "sms", &code).await;
    assert_eq!(refused(&by_sms, 422), "OTP_WRONG");
    client.bring_code(&one, "email", &code).await.ok();
}

#[tokio::test]
async fn a_proof_is_of_the_address_that_it_was_made_for() {
    let client = Client::new();
    let id = client.applicant().await;
    client.prove(&id).await;
    let path = format!("/applicants/{id}");
    let body = json!({"email": "other@example.com"});
    let moved = client.json("PUT", &path, &body).await.ok();
    assert_eq!(moved["email_verified_at"], Value::Null);
    assert_eq!(
        refused(&client.add_document(&id).await, 400),
        "OTP_NOT_VERIFIED"
    );
}

#[tokio::test]
async fn one_address_gets_five_codes_an_hour() {
    let client = Client::new();
    let id = client.applicant().await;
    for _ in 0..5 {
        made(client.ask_code(&id, "email").await);
    }
    let sixth = client.ask_code(&id, "email").await;
    assert_eq!(refused(&sixth, 429), "OTP_RATE_LIMITED");
    let wait: u64 = sixth.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=721).contains(&wait), "{wait}");
    assert_eq!(client.letters.count(), 5);
    made(client.ask_code(&id, "sms").await);
}

#[tokio::test]
async fn a_code_that_reaches_nobody_is_told_and_holds_not() {
    let client = Client::new();
    let id = client.applicant().await;
    for (why, status, code) in [
        (Undelivered::Failed, 503, "OTP_NOT_DELIVERED"),
        (Undelivered::Address, 422, "OTP_ADDRESS_REFUSED"),
    ] {
        client.letters.refuse(Some(why));
        assert_eq!(refused(&client.ask_code(&id, "email").await, status), code);
        let none = client.bring_code(&id, "email", "000000").await;
        assert_eq!(refused(&none, 400), "OTP_MISSING");
    }
}

#[tokio::test]
async fn a_kiosk_that_sends_nothing_says_what_its_config_lacks() {
    let memory = Arc::new(Memory::default());
    let silent = Client {
        caller: Caller::new(Arc::clone(&memory)).by(None),
        memory,
        ..Client::new()
    };
    let mail_only = Client::over(Memory::default(), Letters::without(Channel::Sms), true);
    for (client, channel) in [(&silent, "email"), (&silent, "sms"), (&mail_only, "sms")] {
        let id = client.applicant().await;
        let answer = client.ask_code(&id, channel).await;
        assert_eq!(refused(&answer, 422), "OTP_NOT_CONFIGURED");
        let message = answer.json()["error"]["message"].to_string();
        assert!(
            message.contains(&format!("[api.otp.{channel}]")),
            "{message}"
        );
    }
    // Where no code can be sent, none is waited for.
    let id = silent.applicant().await;
    made(silent.add_document(&id).await);
}

#[tokio::test]
async fn an_applicant_without_an_address_is_told_so() {
    let client = Client::new();
    let begun = made(client.post("/applicants", &json!({})).await);
    let id = begun["id"].as_str().unwrap();
    for channel in ["email", "sms"] {
        let answer = client.ask_code(id, channel).await;
        assert_eq!(refused(&answer, 422), "OTP_NO_ADDRESS");
    }
    let odd = client.ask_code(id, "pigeon").await;
    assert_eq!(refused(&odd, 422), "VALIDATION");
}

#[tokio::test]
async fn nothing_is_captured_before_a_code_came_back_unless_the_config_says_so() {
    let client = Client::new();
    let id = client.applicant().await;
    assert_eq!(
        refused(&client.add_document(&id).await, 400),
        "OTP_NOT_VERIFIED"
    );
    assert_eq!(
        refused(&client.add_selfie(&id).await, 400),
        "OTP_NOT_VERIFIED"
    );
    client.prove(&id).await;
    made(client.add_document(&id).await);

    let lax = Client::over(Memory::default(), Letters::default(), false);
    let id = lax.applicant().await;
    made(lax.add_document(&id).await);
}

#[tokio::test]
async fn a_document_is_shown_with_every_field() {
    let client = Client::new();
    let id = client.applicant().await;
    client.prove(&id).await;
    let document = made(client.add_document(&id).await);
    assert_eq!(
        document,
        json!({
            "id": "00000000-0000-0000-0000-000000000001",
            "applicant_id": id,
            "type": "passport",
            "sides": ["front"],
            "created_at": "2024-01-15T10:30:00Z",
            "readable": true,
            "extracted": {
                "first_name": "John",
                "last_name": "Smith",
                "document_number": "56781234",
                "date_of_birth": "1990-05-15",
                "date_of_issue": null,
                "date_of_expiry": "2028-05-15",
                "sex": "M",
                "nationality": "USA",
                "issuing_country": "USA",
                "mrz_valid": true,
            },
        })
    );
    let listed = client.get(&format!("/documents?applicant_id={id}")).await;
    assert_eq!(listed.ok(), json!({ "documents": [document] }));
    let uploaded = client.memory.uploaded.lock().unwrap().take().unwrap();
    assert_eq!(uploaded.country.as_deref(), Some("USA"));
}

#[tokio::test]
async fn a_document_s_liveness_names_each_sign_with_its_score() {
    let mut memory = Memory::default();
    let signal = |name, score, outcome| DocumentSignal {
        name,
        score,
        outcome,
    };
    memory.document.signals = vec![
        signal(
            SignalName::ScreenRecapture,
            Some(1.0),
            SignalOutcome::Suspicious,
        ),
        signal(SignalName::Photocopy, Some(0.0), SignalOutcome::Clear),
        signal(SignalName::MrzPrint, Some(0.5), SignalOutcome::NotAssessed),
    ];
    let client = Client::over(memory, Letters::default(), false);
    let id = client.applicant().await;
    let of = json!({ "applicant_id": id });
    let early = client.post("/check_liveness_document", &of).await;
    assert_eq!(refused(&early, 404), "DOCUMENT_NOT_FOUND");
    made(client.add_document(&id).await);
    let checked = client.post("/check_liveness_document", &of).await.ok();
    assert_eq!(
        checked,
        json!({
            "applicant_id": id,
            "document_id": "00000000-0000-0000-0000-000000000001",
            "passed": false,
            "signs": [
                {"name": "screen_recapture", "passed": false, "score": 1.0},
                {"name": "photocopy", "passed": true, "score": 0.0},
                {"name": "portrait_pasted", "passed": null, "score": null},
                {"name": "mrz_print", "passed": null, "score": null},
            ],
        })
    );
}

#[tokio::test]
async fn a_document_of_which_nothing_was_assessed_has_not_passed() {
    let client = Client::over(Memory::default(), Letters::default(), false);
    let id = client.applicant().await;
    made(client.add_document(&id).await);
    let of = json!({ "applicant_id": id });
    let checked = client.post("/check_liveness_document", &of).await.ok();
    assert_eq!(checked["passed"], Value::Null);
}

#[tokio::test]
async fn a_video_is_a_selfie_a_challenge_and_its_film() {
    let client = Client::new();
    let id = client.applicant().await;
    client.prove(&id).await;
    made(client.add_document(&id).await);
    let selfie = made(client.add_selfie(&id).await);
    assert_eq!(
        selfie,
        json!({
            "applicant_id": id,
            "selfie": {
                "id": "00000000-0000-0000-0000-000000000002",
                "created_at": "2024-01-15T10:30:00Z",
                "faces": 1,
            },
            "video": null,
        })
    );
    let of = json!({ "applicant_id": id });
    let early = client.post("/check_liveness_video", &of).await;
    assert_eq!(refused(&early, 404), "VIDEO_NOT_FOUND");
    let asked = made(client.post("/challenges", &of).await);
    assert_eq!(asked["applicant_id"].as_str(), Some(id.as_str()));
    assert_eq!(asked["picture_interval_ms"], 100);
    assert_eq!(asked["expires_at"], "2024-01-15T10:30:30Z");
    assert_eq!(
        asked["steps"],
        json!([
            {"gesture": "turn_left", "instruction": "turn your head slowly to the left and back", "at_ms": null, "until_ms": null},
            {"gesture": "blink", "instruction": "close both eyes and open them again", "at_ms": null, "until_ms": null},
        ])
    );
    assert!(
        asked["instructions"]
            .as_str()
            .unwrap()
            .starts_with("Please ")
    );
    let challenge = asked["id"].as_str().unwrap();
    let film = made(client.add_video(&id, challenge).await);
    assert_eq!(
        film["video"],
        json!({
            "id": "00000000-0000-0000-0000-000000000003",
            "created_at": "2024-01-15T10:30:00Z",
            "frames": 30,
            "challenged": true,
        })
    );
    let mut checked = client.post("/check_liveness_video", &of).await.ok();
    assert_eq!(rounded(&checked["score"]), 0.92);
    checked["score"] = json!(null);
    assert_eq!(
        checked,
        json!({
            "applicant_id": id,
            "video_id": "00000000-0000-0000-0000-000000000003",
            "passed": true,
            "spoof_detected": false,
            "score": null,
            "challenge": {"id": challenge, "met": 2, "asked": 2, "steps": []},
        })
    );
    let listed = client.get(&format!("/videos?applicant_id={id}")).await;
    assert_eq!(listed.ok(), json!({ "videos": [film] }));
}

#[tokio::test]
async fn a_selfie_and_a_film_in_one_form_answer_no_challenge() {
    let client = Client::over(Memory::default(), Letters::default(), false);
    let id = client.applicant().await;
    let both = [
        Part::Text("applicant_id", &id),
        Part::File("selfie", b"selfie.jpg"),
        Part::File("video", b"film"),
    ];
    let early = client.form("/videos", &both).await;
    assert_eq!(refused(&early, 400), "DOCUMENT_MISSING");
    made(client.add_document(&id).await);
    let neither = [Part::Text("applicant_id", &id)];
    let nothing = client.form("/videos", &neither).await;
    assert_eq!(refused(&nothing, 422), "VALIDATION");
    let film = made(client.form("/videos", &both).await);
    assert_eq!(film["video"]["challenged"], false);
    let of = json!({ "applicant_id": id });
    let checked = client.post("/check_liveness_video", &of).await.ok();
    assert_eq!(checked["challenge"], Value::Null);
    let check = made(client.post("/checks", &of).await);
    assert!(check.to_string().contains("LIVENESS_NOT_CHALLENGED"));
}

#[tokio::test]
async fn a_check_is_the_decision_with_every_field() {
    let client = Client::new();
    let id = client.assessed().await;
    let path = format!("/checks/{id}");
    assert_eq!(refused(&client.get(&path).await, 404), "CHECK_NOT_FOUND");
    let none = client.get(&format!("/checks?applicant_id={id}")).await;
    assert_eq!(none.ok(), json!({"checks": []}));
    let of = json!({ "applicant_id": id });
    let check = made(client.post("/checks", &of).await);
    let mut shown = check.clone();
    assert_eq!(rounded(&shown["reports"]["facial_similarity_score"]), 0.94);
    shown["reports"]["facial_similarity_score"] = Value::Null;
    let risk = shown["risk_score"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&risk));
    shown["risk_score"] = Value::Null;
    let level = shown["risk_level"].clone();
    assert_eq!(
        shown,
        json!({
            "id": id,
            "applicant_id": id,
            "created_at": "2024-01-15T10:30:00Z",
            "result": "approved",
            "risk_score": null,
            "risk_level": level,
            "policy": client.memory.policy.name,
            "reasons": [],
            "warnings": shown["warnings"],
            "reports": {
                "document": true,
                "facial_similarity": true,
                "facial_similarity_score": null,
                "liveness": true,
                "watchlist": null,
            },
        })
    );
    assert_eq!(client.get(&path).await.ok(), check);
    let listed = client.get(&format!("/checks?applicant_id={id}")).await;
    assert_eq!(listed.ok(), json!({ "checks": [check] }));
    let twice = client.post("/checks", &of).await;
    assert_eq!(refused(&twice, 400), "SESSION_CLOSED");
    let late = client.ask_code(&id, "email").await;
    assert_eq!(refused(&late, 400), "SESSION_CLOSED");
    let done = client.get(&format!("/applicants/{id}")).await.ok();
    assert_eq!(done["steps"]["check"], true);
}

#[tokio::test]
async fn nothing_is_captured_without_consent() {
    let client = Client::over(Memory::default(), Letters::default(), false);
    let asks = client.by("key-without-consent");
    let id = asks.applicant().await;
    let shown = asks.get(&format!("/applicants/{id}")).await.ok();
    assert_eq!(shown["steps"]["consent"], false);
    assert_eq!(
        refused(&asks.add_document(&id).await, 400),
        "CONSENT_MISSING"
    );
    let of = json!({ "applicant_id": id });
    assert_eq!(
        refused(&asks.post("/challenges", &of).await, 400),
        "CONSENT_MISSING"
    );
    assert_eq!(
        refused(&asks.post("/checks", &of).await, 400),
        "CONSENT_MISSING"
    );
}

#[tokio::test]
async fn a_token_of_each_kind_walks_its_applicant_through_and_does_no_more() {
    let client = Client::new();
    for (kind, minutes) in [("sdk", "11:00"), ("mobile", "12:30")] {
        let id = client.applicant().await;
        let of = json!({ "applicant_id": id });
        let given = made(client.post(&format!("/{kind}_tokens"), &of).await);
        let token = given["token"].as_str().unwrap();
        assert!(token.len() > 64 && token.starts_with(kind), "{token}");
        assert_eq!(
            given,
            json!({
                "token": token,
                "kind": kind,
                "applicant_id": id,
                "expires_at": format!("2024-01-15T{minutes}:00Z"),
            })
        );
        let device = client.by(token);
        device.prove(&id).await;
        let document = made(device.add_document(&id).await);
        assert_eq!(document["extracted"], Value::Null);
        made(device.add_selfie(&id).await);
        let asked = made(device.post("/challenges", &of).await);
        made(device.add_video(&id, asked["id"].as_str().unwrap()).await);
        device.post("/check_liveness_document", &of).await.ok();
        device.post("/check_liveness_video", &of).await.ok();
        let own = device.get(&format!("/applicants/{id}")).await.ok();
        assert_eq!(own["steps"]["video"], true);
        for field in [
            "external_user_id",
            "first_name",
            "last_name",
            "email",
            "phone_number",
        ] {
            assert_eq!(own[field], Value::Null, "{field}");
        }
        for (method, path) in [
            ("POST", "/applicants".to_owned()),
            ("GET", "/applicants".to_owned()),
            ("PUT", format!("/applicants/{id}")),
            ("DELETE", format!("/applicants/{id}")),
            ("GET", format!("/documents?applicant_id={id}")),
            ("GET", format!("/videos?applicant_id={id}")),
            ("POST", "/checks".to_owned()),
            ("GET", format!("/checks/{id}")),
            ("GET", format!("/checks?applicant_id={id}")),
            ("POST", "/sdk_tokens".to_owned()),
            ("POST", "/mobile_tokens".to_owned()),
        ] {
            let answer = device.json(method, &path, &of).await;
            assert_eq!(refused(&answer, 403), "TOKEN_KIND", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn to_a_token_every_other_applicant_is_one_that_never_was() {
    let client = Client::new();
    let (own, other) = (client.applicant().await, client.applicant().await);
    made(client.ask_code(&other, "email").await);
    let code = client.letters.newest().2;
    let device = client.by(&client.token("sdk", &own).await);
    for id in [other.as_str(), NOBODY] {
        let of = json!({ "applicant_id": id });
        let answers = [
            device.get(&format!("/applicants/{id}")).await,
            device.ask_code(id, "email").await,
            device.bring_code(id, "email", &code).await,
            device.add_document(id).await,
            device.add_selfie(id).await,
            device.post("/challenges", &of).await,
            device.post("/check_liveness_document", &of).await,
            device.post("/check_liveness_video", &of).await,
        ];
        for answer in answers {
            assert_eq!(refused(&answer, 404), "SESSION_NOT_FOUND");
        }
    }
    assert_eq!(client.letters.count(), 1, "nobody was written to");
}

#[tokio::test]
async fn a_token_ends_with_its_time_or_when_another_is_made() {
    let client = Client::new();
    let id = client.applicant().await;
    let path = format!("/applicants/{id}");
    let first = client.by(&client.token("sdk", &id).await);
    let mobile = client.by(&client.token("mobile", &id).await);
    first.get(&path).await.ok();
    let second = client.by(&client.token("sdk", &id).await);
    assert_eq!(refused(&first.get(&path).await, 401), "TOKEN_INVALID");
    second.get(&path).await.ok();
    client.memory.wait(Duration::minutes(30));
    assert_eq!(refused(&second.get(&path).await, 401), "TOKEN_INVALID");
    mobile.get(&path).await.ok();
    client.memory.wait(Duration::minutes(90));
    assert_eq!(refused(&mobile.get(&path).await, 401), "TOKEN_INVALID");
}

#[tokio::test]
async fn a_token_is_of_the_page_that_it_was_made_for_and_an_app_s_is_of_none() {
    const PAGE: &str = "https://www.example.com";
    let client = Client::new();
    let id = client.applicant().await;
    let path = format!("/applicants/{id}");
    let body = json!({"applicant_id": id, "origin": PAGE});
    let bound = made(client.post("/sdk_tokens", &body).await);
    let bound = client.by(bound["token"].as_str().unwrap());
    let mobile = client.by(&client.token("mobile", &id).await);
    for (token, origin, status) in [
        (&bound, Some(PAGE), 200),
        (&bound, None, 200),
        (&bound, Some("https://www.example.com.evil.test"), 401),
        (&mobile, None, 200),
        (&mobile, Some(PAGE), 401),
    ] {
        let token = Client {
            origin,
            ..token.clone()
        };
        assert_eq!(token.get(&path).await.status, status, "{origin:?}");
    }
    let odd = json!({"applicant_id": id, "origin": "https://www.example.com/page"});
    assert_eq!(
        refused(&client.post("/sdk_tokens", &odd).await, 422),
        "VALIDATION"
    );
}

#[tokio::test]
async fn without_a_token_that_is_known_nothing_is_answered() {
    let client = Client::new();
    let id = client.applicant().await;
    let path = format!("/applicants/{id}");
    let nobody = Client {
        token: None,
        ..client.clone()
    };
    assert_eq!(refused(&nobody.get(&path).await, 401), "TOKEN_MISSING");
    for token in ["", "key-of-nobody", "sdk_0", "KEY-FOR-ALL"] {
        let answer = client.by(token).get(&path).await;
        assert_eq!(refused(&answer, 401), "TOKEN_INVALID", "{token}");
    }
    let basic = client.caller.request("GET", &format!("/api{path}"));
    let basic = basic.header("Authorization", "Basic key-for-all");
    let answer = client.caller.send(basic.body(Body::empty()).unwrap()).await;
    assert_eq!(refused(&answer, 401), "TOKEN_INVALID");
    let twice = client.caller.request("GET", &format!("/api{path}"));
    let twice = twice
        .header("Authorization", "Bearer key-for-all")
        .header("Authorization", "Bearer key-for-all");
    let answer = client.caller.send(twice.body(Body::empty()).unwrap()).await;
    assert_eq!(refused(&answer, 401), "TOKEN_INVALID");
    let other = client.by("key-of-another-tenant");
    assert_eq!(refused(&other.get(&path).await, 404), "SESSION_NOT_FOUND");
    assert_eq!(other.get("/applicants").await.ok()["total"], 0);
    let reader = client.by("key-to-read");
    let of = json!({ "applicant_id": id });
    for path in ["/applicants", "/sdk_tokens", "/otp", "/checks"] {
        let answer = reader.post(path, &of).await;
        assert_eq!(refused(&answer, 403), "PERMISSION_MISSING", "{path}");
    }
    let unknown = client.get("/nothing").await;
    assert_eq!(refused(&unknown, 404), "NO_SUCH_ROUTE");
    let method = client.json("PATCH", &path, &of).await;
    assert_eq!(refused(&method, 405), "WRONG_METHOD");
}

#[tokio::test]
async fn four_hundred_calls_a_minute_are_answered_and_thirty_in_sandbox() {
    let client = Client::new();
    for (token, most) in [("key-for-all", 400_u32), ("key-in-sandbox", 30)] {
        let client = client.by(token);
        // Tokens count with the API token that made them.
        let id = client.applicant().await;
        let device = client.by(&client.token("sdk", &id).await);
        let path = format!("/applicants/{id}");
        let mut answered = 2;
        let refusal = loop {
            let answer = device.get(&path).await;
            if answer.status != 200 {
                break answer;
            }
            answered += 1;
            let left = answer.headers["ratelimit"].to_str().unwrap();
            assert!(left.starts_with("\"master\";r="), "{left}");
            assert!(answered <= most + most / 4, "{answered} were answered");
        };
        assert!(answered >= most, "only {answered} were answered");
        assert_eq!(refused(&refusal, 429), "RATE_LIMITED");
        let policy = refusal.headers["ratelimit-policy"].to_str().unwrap();
        assert_eq!(policy, format!("\"master\";q={most};w=60"));
        assert!(
            refusal.headers["ratelimit"]
                .to_str()
                .unwrap()
                .starts_with("\"master\";r=0;t=")
        );
        assert!(refusal.headers.contains_key("retry-after"));
        // The other dialects count by the key's own rate.
        let key = if most == 400 {
            "key-for-all"
        } else {
            "key-in-sandbox"
        };
        client
            .caller
            .by(Some(key))
            .get("/partner/sessions")
            .await
            .ok();
    }
}

#[tokio::test]
async fn every_field_of_the_answers_is_described() {
    const PAGE: &str = include_str!("../../../docs/api/master.md");
    let client = Client::new();
    let id = client.assessed().await;
    let of = json!({ "applicant_id": id });
    let checked = Client::new();
    let other = checked.assessed().await;
    let answers = [
        client.get(&format!("/applicants/{id}")).await.ok(),
        client.get("/applicants").await.ok(),
        made(client.ask_code(&id, "sms").await),
        client
            .get(&format!("/documents?applicant_id={id}"))
            .await
            .ok(),
        client.post("/check_liveness_document", &of).await.ok(),
        client.get(&format!("/videos?applicant_id={id}")).await.ok(),
        client.post("/check_liveness_video", &of).await.ok(),
        made(client.post("/sdk_tokens", &of).await),
        made(client.post("/challenges", &of).await),
        made(
            checked
                .post("/checks", &json!({ "applicant_id": other }))
                .await,
        ),
    ];
    let mut names = Vec::new();
    for answer in &answers {
        gather(answer, &mut names);
    }
    names.sort_unstable();
    names.dedup();
    assert!(names.len() > 50, "{names:?}");
    for name in names {
        assert!(PAGE.contains(&format!("`{name}`")), "{name}");
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
