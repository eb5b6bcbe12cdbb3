//! The KYConnect dialect as its document shows it, over a kiosk in memory: staff, keys, cases, verifications, audit, pictures.
// long file: one office, a story for each category of the document

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use std::num::NonZeroU32;
use std::sync::Arc;

use crate::common;
use crate::common::{ADMIN, Answer, Caller, Letters, Part};
use axum::body::Body;
use axum::http::Request;
use kiosk_api::courier::Courier;
use kiosk_api::limits::Limits;
use serde_json::{Value, json};

const PASSWORD: &str = "a long password of one's own";

/// A kiosk whose administrator has come in and chosen a password.
struct Office {
    caller: Caller,
    jwt: String,
}

impl Office {
    async fn open() -> Self {
        Self::with(None).await
    }

    async fn with(courier: Option<Arc<dyn Courier>>) -> Self {
        let limits = Limits {
            connect_per_minute: NonZeroU32::new(10_000).unwrap(),
            ..Limits::default()
        };
        let (caller, first) = Caller::with_staff(Arc::default(), limits, courier).await;
        let mut office = Self {
            caller: caller.by(None),
            jwt: String::new(),
        };
        let came = office.login(&first, None).await.ok();
        assert_eq!(came["password_change_required"], true);
        office.jwt = came["access_token"].as_str().unwrap().to_owned();
        let barred = office.get("/users").await;
        assert_eq!(office.refused(&barred, 403), "PASSWORD_ONE_TIME");
        let change = json!({"current_password": first, "new_password": PASSWORD});
        office.post("/auth/change-password", change).await.ok();
        let came = office.login(PASSWORD, None).await.ok();
        office.jwt = came["access_token"].as_str().unwrap().to_owned();
        office
    }

    async fn login(&self, password: &str, mfa_code: Option<&str>) -> Answer {
        self.login_as(ADMIN, password, mfa_code).await
    }

    async fn login_as(&self, email: &str, password: &str, mfa_code: Option<&str>) -> Answer {
        let mut body = json!({"email": email, "password": password});
        if let Some(code) = mfa_code {
            body["mfa_code"] = code.into();
        }
        self.caller
            .post_json("/api/v1/auth/login", body.to_string())
            .await
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"));
        let request = request.header("Authorization", format!("Bearer {}", self.jwt));
        let request = request.header("Content-Type", "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.caller.send(request.body(body).unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(body)).await
    }

    async fn post_form(&self, path: &str, parts: &[Part<'_>]) -> Answer {
        let kind = format!("multipart/form-data; boundary={}", common::BOUNDARY);
        let request = Request::builder()
            .method("POST")
            .uri(format!("/api/v1{path}"));
        let request = request
            .header("Authorization", format!("Bearer {}", self.jwt))
            .header("Content-Type", kind);
        self.caller
            .send(request.body(Body::from(common::form(parts))).unwrap())
            .await
    }

    /// An error's stable code, where it has the published form.
    fn refused(&self, answer: &Answer, status: u16) -> String {
        let body = answer.json();
        assert_eq!(answer.status.as_u16(), status, "{body}");
        assert_eq!(body["statusCode"], status);
        assert!(!body["message"].as_array().unwrap().is_empty(), "{body}");
        assert_eq!(body["error"].as_str(), answer.status.canonical_reason());
        assert_eq!(body.as_object().unwrap().len(), 3);
        answer.headers["x-error-code"].to_str().unwrap().to_owned()
    }
}

fn created(answer: Answer) -> Value {
    assert_eq!(
        answer.status.as_u16(),
        201,
        "{}",
        String::from_utf8_lossy(&answer.bytes)
    );
    answer.json()
}

#[tokio::test]
async fn the_documents_three_steps_log_in_use_the_token_and_refresh_it() {
    let office = Office::open().await;
    let came = office.login(PASSWORD, None).await.ok();
    assert_eq!(
        (came["token_type"].as_str(), came["expires_in"].as_i64()),
        (Some("Bearer"), Some(900))
    );
    let me = office.get("/auth/me").await.ok();
    assert_eq!(
        (me["email"].as_str(), me["role"].as_str()),
        (Some(ADMIN), Some("admin"))
    );
    let refresh = json!({"refresh_token": came["refresh_token"]});
    let pair = office.post("/auth/refresh", refresh.clone()).await.ok();
    assert_ne!(pair["refresh_token"], came["refresh_token"]);
    let again = office.post("/auth/refresh", refresh).await;
    assert_eq!(office.refused(&again, 401), "REFRESH_REUSED");
    let family = office
        .post(
            "/auth/refresh",
            json!({"refresh_token": pair["refresh_token"]}),
        )
        .await;
    assert_eq!(office.refused(&family, 401), "TOKEN_INVALID");
    office.post("/auth/logout", json!({})).await.ok();
    assert_eq!(
        office.refused(&office.get("/auth/me").await, 401),
        "TOKEN_INVALID"
    );
}

#[tokio::test]
async fn errors_have_the_published_form_and_name_every_field() {
    let office = Office::open().await;
    let answer = office
        .caller
        .post_json(
            "/api/v1/auth/login",
            r#"{"email": "nobody", "password": 7}"#,
        )
        .await;
    assert_eq!(
        answer.json(),
        json!({
            "statusCode": 400,
            "message": ["email must be a valid email", "password must be a text of 1 to 256 characters"],
            "error": "Bad Request",
        })
    );
    assert_eq!(
        office.refused(&office.login("wrong password entirely", None).await, 401),
        "CREDENTIALS_WRONG"
    );
    assert_eq!(
        office.refused(&office.caller.get("/api/v1/users").await, 401),
        "CREDENTIAL_MISSING"
    );
    assert_eq!(
        office.refused(&office.get("/no/such/thing").await, 404),
        "NO_SUCH_ROUTE"
    );
    assert_eq!(
        office.refused(&office.send("PATCH", "/users", None).await, 404),
        "WRONG_METHOD"
    );
    let nobody = office
        .get(&format!("/users/{}", uuid::Uuid::from_u128(7)))
        .await;
    assert_eq!(office.refused(&nobody, 404), "NOT_FOUND");
    let form = office.send("POST", "/onboarding/individual", None).await;
    assert_eq!(form.status.as_u16(), 400);
}

#[tokio::test]
async fn a_colleague_is_invited_comes_and_may_do_what_the_role_says() {
    let mut office = Office::open().await;
    let asked = json!({"email": "Agent@bank.example", "role": "agent"});
    let invited = created(office.post("/users/invitations", asked.clone()).await);
    assert_eq!(invited["sent"], false);
    assert_eq!(office.get("/users/invitations").await.ok()["total"], 1);
    assert!(
        office.get("/users/invitations").await.ok()["data"][0]
            .get("token")
            .is_none()
    );
    let accept = json!({"token": invited["token"], "name": "Agent", "password": PASSWORD});
    let user = created(
        office
            .caller
            .post_json("/api/v1/users/invitations/accept", accept.to_string())
            .await,
    );
    assert_eq!(
        office.refused(&office.post("/users/invitations", asked).await, 409),
        "EXISTS"
    );
    let admin = office.jwt.clone();
    let came = office
        .login_as("agent@bank.example", PASSWORD, None)
        .await
        .ok();
    office.jwt = came["access_token"].as_str().unwrap().to_owned();
    assert_eq!(
        office.refused(&office.get("/users").await, 403),
        "SCOPE_MISSING"
    );
    office.get("/onboarding").await.ok();
    office.jwt = admin;
    let path = format!("/users/{}", user["id"].as_str().unwrap());
    let changed = office
        .send("PATCH", &path, Some(json!({"active": false})))
        .await
        .ok();
    assert_eq!(changed["active"], false);
    let out = office.login_as("agent@bank.example", PASSWORD, None).await;
    assert_eq!(office.refused(&out, 401), "CREDENTIALS_WRONG");
    office.send("DELETE", &path, None).await.ok();
    let me = office.get("/auth/me").await.ok();
    let own = format!("/users/{}", me["id"].as_str().unwrap());
    assert_eq!(
        office.refused(&office.send("DELETE", &own, None).await, 422),
        "RULE"
    );
}

#[tokio::test]
async fn a_key_is_told_once_and_serves_a_machine_until_it_is_ended() {
    let office = Office::open().await;
    let wanted = json!({"name": "core", "scopes": ["onboarding:write", "onboarding:read"], "expires_in_days": 30});
    let made = created(office.post("/api-keys", wanted).await);
    let listed = office.get("/api-keys").await.ok();
    assert_eq!(
        (listed["total"].as_u64(), &listed["data"][0]["status"]),
        (Some(1), &json!("active"))
    );
    assert!(listed["data"][0].get("key").is_none());
    let by_key = async |path: &str| {
        let request = Request::builder().uri(format!("/api/v1{path}"));
        let request = request.header("X-API-Key", made["key"].as_str().unwrap());
        office
            .caller
            .send(request.body(Body::empty()).unwrap())
            .await
    };
    by_key("/onboarding").await.ok();
    assert_eq!(
        office.refused(&by_key("/users").await, 403),
        "SCOPE_MISSING"
    );
    assert_eq!(by_key("/auth/me").await.ok()["role"], Value::Null);
    let path = format!("/api-keys/{}", made["id"].as_str().unwrap());
    office.send("DELETE", &path, None).await.ok();
    assert_eq!(
        office.refused(&by_key("/onboarding").await, 401),
        "API_KEY_INVALID"
    );
    let wrong = office
        .post("/api-keys", json!({"name": "x", "scopes": ["everything"]}))
        .await;
    assert_eq!(office.refused(&wrong, 400), "VALIDATION");
}

#[tokio::test]
async fn a_key_of_the_config_serves_too_and_manages_nobody() {
    let office = Office::open().await;
    let machine = office.caller.by(Some("key-for-all"));
    machine.get("/api/v1/onboarding").await.ok();
    assert_eq!(
        office.refused(&machine.get("/api/v1/users").await, 403),
        "SCOPE_MISSING"
    );
    let reader = office.caller.by(Some("key-to-read"));
    let denied = reader
        .post_json("/api/v1/onboarding/individual", "{}")
        .await;
    assert_eq!(office.refused(&denied, 403), "SCOPE_MISSING");
}

fn anna() -> Value {
    json!({
        "email": "anna@example.com",
        "first_name": "Anna",
        "last_name": "Example",
        "date_of_birth": "1990-05-15",
        "country": "DE",
        "consent_text_version": "terms-1",
    })
}

#[tokio::test]
async fn a_case_is_a_session_that_every_dialect_reads() {
    let office = Office::open().await;
    let case = created(office.post("/onboarding/individual", anna()).await);
    assert_eq!(
        (case["type"].as_str(), case["status"].as_str()),
        (Some("individual"), Some("pending"))
    );
    assert_eq!(case["consented"], true);
    assert_eq!(case["submitted"]["country"], "DEU");
    let id = case["id"].as_str().unwrap();
    let read = office
        .caller
        .by(Some("key-for-all"))
        .get(&format!("/partner/sessions/{id}"))
        .await
        .ok();
    assert_eq!(read["external_user_id"], "anna@example.com");
    let other = office.caller.by(Some("key-of-another-tenant"));
    let foreign = other.get(&format!("/api/v1/onboarding/{id}")).await;
    assert_eq!(office.refused(&foreign, 404), "SESSION_NOT_FOUND");
    let business = json!({
        "company_name": "Example GmbH",
        "registration_number": "HRB 12345",
        "country": "DEU",
        "representative": anna(),
    });
    let business = created(office.post("/onboarding/business", business).await);
    assert_eq!(
        business["submitted"]["representative"]["first_name"],
        "Anna"
    );
    let listed = office
        .get("/onboarding?email=anna@example.com&limit=1")
        .await
        .ok();
    assert_eq!(
        (
            listed["total"].as_u64(),
            listed["data"].as_array().unwrap().len()
        ),
        (Some(2), 1)
    );
    let begun = office.caller.by(Some("key-for-all")).begin().await;
    let shown = office.get(&format!("/onboarding/{begun}")).await.ok();
    assert_eq!(shown["type"], Value::Null);
}

#[tokio::test]
async fn a_persons_sixth_submission_in_two_hours_waits() {
    let office = Office::open().await;
    for _ in 0..5 {
        created(office.post("/onboarding/individual", anna()).await);
    }
    let sixth = office.post("/onboarding/individual", anna()).await;
    assert_eq!(office.refused(&sixth, 429), "RATE_LIMITED");
    assert!(sixth.headers.contains_key("retry-after"));
    let wrong = office
        .post(
            "/onboarding/individual",
            json!({"email": "x", "date_of_birth": "yesterday", "consent_text_version": 7}),
        )
        .await;
    assert_eq!(
        wrong.json()["message"].as_array().unwrap().len(),
        5,
        "{}",
        wrong.json()
    );
}

#[tokio::test]
async fn a_verification_goes_its_whole_way_and_its_result_is_fetched() {
    let office = Office::open().await;
    let start = json!({"reference": "customer-4711", "consent_text_version": "terms-1", "metadata": {"branch": 7}});
    let begun = created(office.post("/verification/sessions", start).await);
    assert_eq!(begun["submitted"]["branch"], 7);
    let path = format!("/verification/sessions/{}", begun["id"].as_str().unwrap());
    let early = office.get(&format!("{path}/result")).await;
    assert_eq!(office.refused(&early, 409), "NOT_DECIDED");
    assert_eq!(
        office.refused(
            &office.post(&format!("{path}/submit"), json!({})).await,
            409
        ),
        "DOCUMENT_MISSING"
    );
    let document = [
        Part::File("file", b"passport.jpg"),
        Part::Text("document_type", "passport"),
        Part::Text("country_code", "US"),
    ];
    office
        .post_form(&format!("{path}/document"), &document)
        .await
        .ok();
    let selfie = [Part::File("file", b"selfie.jpg")];
    office
        .post_form(&format!("{path}/selfie"), &selfie)
        .await
        .ok();
    let asked = office
        .post(&format!("{path}/liveness/challenge"), json!({}))
        .await
        .ok();
    let clip = [
        Part::Text("challenge_id", asked["challenge_id"].as_str().unwrap()),
        Part::File("files", b"frame 1"),
    ];
    office
        .post_form(&format!("{path}/liveness"), &clip)
        .await
        .ok();
    office.post(&format!("{path}/submit"), json!({})).await.ok();
    let result = office.get(&format!("{path}/result")).await.ok();
    assert_eq!(
        (
            result["provider"].as_str(),
            result["liveness_passed"].as_bool()
        ),
        (Some("local"), Some(true))
    );
    let presign = json!({"session_id": begun["id"], "file": "selfie"});
    let linked = office.post("/storage/presign", presign).await.ok();
    let link = linked["url"]
        .as_str()
        .unwrap()
        .strip_prefix("http://localhost:9000")
        .unwrap();
    let picture = office.caller.get(link).await;
    assert_eq!(picture.status.as_u16(), 200);
    assert_eq!(picture.headers["content-type"], "image/jpeg");
    let forged = office.caller.get(&format!("{link}x")).await;
    assert_eq!(office.refused(&forged, 404), "LINK_OVER");
    let closed = office.post(&format!("{path}/cancel"), json!({})).await;
    assert_eq!(office.refused(&closed, 409), "SESSION_CLOSED");
}

#[tokio::test]
async fn what_staff_did_stands_in_the_audit_log_without_their_addresses() {
    let office = Office::open().await;
    created(
        office
            .post(
                "/api-keys",
                json!({"name": "core", "scopes": ["audit:read"]}),
            )
            .await,
    );
    let log = office.get("/audit").await.ok();
    assert!(log["data"].is_array());
    let log = office.get("/audit?order=asc").await.ok();
    let actions: Vec<&str> = log["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert!(
        actions.contains(&"user.password_changed") && actions.contains(&"api_key.created"),
        "{actions:?}"
    );
    assert!(!log.to_string().contains(ADMIN));
    assert_eq!(office.get("/audit/verify").await.ok()["whole"], true);
    let export = office.get("/audit/export?action=api_key.created").await;
    let lines = String::from_utf8(export.bytes).unwrap();
    assert_eq!(lines.lines().count(), 1);
    assert_eq!(
        serde_json::from_str::<Value>(lines.trim()).unwrap()["action"],
        "api_key.created"
    );
    assert_eq!(
        office.refused(&office.get("/audit?limit=0").await, 400),
        "INVALID_PARAMETER"
    );
}

#[tokio::test]
async fn the_collection_is_public_and_bears_its_published_name_and_variables() {
    let office = Office::open().await;
    let answer = office.caller.get("/api/v1/health/postman-collection").await;
    let named = answer.headers["content-disposition"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        named.contains("kyconnect_postman_collection.json"),
        "{named}"
    );
    let collection = answer.ok();
    let variables: Vec<&str> = collection["variable"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["key"].as_str().unwrap())
        .collect();
    assert_eq!(
        variables,
        ["KYCONNECT_BASE_URL", "KYCONNECT_JWT", "KYCONNECT_API_KEY"]
    );
    office.caller.get("/api/v1/health").await.ok();
    office.caller.get("/api/v1/health/live").await.ok();
}

#[tokio::test]
async fn an_address_that_calls_too_often_waits() {
    let limits = Limits {
        connect_per_minute: NonZeroU32::new(3).unwrap(),
        ..Limits::default()
    };
    let (caller, _) = Caller::with_staff(Arc::default(), limits, None).await;
    for _ in 0..3 {
        caller.get("/api/v1/health/live").await.ok();
    }
    let fourth = caller.get("/api/v1/health/live").await;
    assert_eq!(fourth.status.as_u16(), 429);
    assert_eq!(fourth.json()["error"], "Too Many Requests");
    caller.get("/ping").await.ok();
}

#[tokio::test]
async fn watch_lists_are_asked_for_a_name_and_an_exception_is_noted() {
    let office = Office::open().await;
    let asked = json!({"name": "Anna Example", "type": "individual", "date_of_birth": "1990-05-15", "country": "DE"});
    let screened = office.post("/aml/screen", asked.clone()).await.ok();
    assert_eq!(screened["adverse_media"], "not_assessed");
    assert_eq!(
        (&screened["status"], &screened["reason"]),
        (&json!("not_assessed"), &json!("NO_LISTS"))
    );
    assert_eq!(
        screened["sanctions_clear"],
        Value::Null,
        "unknown is not clear"
    );
    let lists = office.get("/aml/lists").await.ok();
    assert_eq!(lists["total"], lists["data"].as_array().unwrap().len());
    assert_eq!(lists["state"], "none");
    let wrong = json!({"name": "", "type": "ghost", "date_of_birth": "never"});
    let wrong = office.post("/aml/screen", wrong).await;
    assert_eq!(
        wrong.json()["message"].as_array().unwrap().len(),
        3,
        "{}",
        wrong.json()
    );
    let mut except = asked;
    except["entry"] = json!("user:x1");
    except["note"] = json!("another year of birth");
    let unknown = office.post("/aml/exceptions", except).await;
    assert_eq!(office.refused(&unknown, 422), "EXCEPTION_UNUSABLE");
    assert_eq!(office.get("/aml/exceptions").await.ok()["total"], 0);
    let nobody = office.send("DELETE", "/aml/exceptions/a:b", None).await;
    assert_eq!(office.refused(&nobody, 404), "EXCEPTION_NOT_FOUND");
    let none = office.send("DELETE", "/aml/exceptions/nobody", None).await;
    assert_eq!(office.refused(&none, 404), "EXCEPTION_NOT_FOUND");
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_the_token_that_came_by_mail_and_nobody_learns_who_is_known()
 {
    let letters = Arc::<Letters>::default();
    let office = Office::with(Some(Arc::clone(&letters) as Arc<dyn Courier>)).await;
    let nobody = office
        .post(
            "/auth/forgot-password",
            json!({"email": "nobody@bank.example"}),
        )
        .await;
    let known = office
        .post("/auth/forgot-password", json!({"email": ADMIN}))
        .await;
    assert_eq!(nobody.bytes, known.bytes);
    let token = loop {
        // Sent aside: the answer does not wait for it.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        if let Some(token) = letters.last_word() {
            break token;
        }
    };
    assert_eq!(letters.count(), 1);
    let other = "another long password of one's own";
    let short = office
        .post(
            "/auth/reset-password",
            json!({"token": token, "password": "short"}),
        )
        .await;
    assert_eq!(office.refused(&short, 400), "VALIDATION");
    let reset = json!({"token": token, "password": other});
    office
        .post("/auth/reset-password", reset.clone())
        .await
        .ok();
    assert_eq!(
        office.refused(&office.post("/auth/reset-password", reset).await, 401),
        "TOKEN_INVALID"
    );
    assert_eq!(
        office.refused(&office.login(PASSWORD, None).await, 401),
        "CREDENTIALS_WRONG"
    );
    office.login(other, None).await.ok();
    let bare = Office::open().await;
    let unsent = bare
        .post("/auth/forgot-password", json!({"email": ADMIN}))
        .await;
    assert_eq!(bare.refused(&unsent, 422), "NO_MAIL");
}

#[tokio::test]
async fn a_second_factor_is_drawn_shown_once_and_asked_for_at_the_next_login() {
    let office = Office::open().await;
    let drawn = office.post("/auth/mfa/setup", json!({})).await.ok();
    assert!(
        drawn["otpauth_url"]
            .as_str()
            .unwrap()
            .starts_with("otpauth://totp/kioskd:")
    );
    let wrong = office
        .post("/auth/mfa/enable", json!({"mfa_code": "000000"}))
        .await;
    assert_eq!(office.refused(&wrong, 400), "VALIDATION");
    let secret = totp_rs::Secret::try_from_base32(drawn["secret"].as_str().unwrap()).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let now = common::NOW.unix_timestamp().unsigned_abs();
    let code = totp.generate(now).to_string();
    office
        .post("/auth/mfa/enable", json!({"mfa_code": code}))
        .await
        .ok();
    assert_eq!(
        office.refused(&office.login(PASSWORD, None).await, 401),
        "MFA_CODE_MISSING"
    );
    assert_eq!(
        office.refused(&office.login(PASSWORD, Some(&code)).await, 401),
        "MFA_CODE_WRONG"
    );
    let next = totp.generate(now + 30).to_string();
    let came = office.login(PASSWORD, Some(&next)).await.ok();
    assert_eq!(came["user"]["mfa_enabled"], true);
    let again = office.post("/auth/mfa/setup", json!({})).await;
    assert_eq!(office.refused(&again, 409), "EXISTS");
}
