//! Calls on a router, as a partner makes them.

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use kiosk_api::auth::{ApiKey, ApiKeys, KeyHash, Permission};
use kiosk_api::courier::{Codes, Courier};
use kiosk_api::limits::Limits;
use kiosk_api::{Office, OnRegistry};
use kiosk_staff::Directory;
use kiosk_wire::OsRandom;
use serde_json::Value;
use tower::ServiceExt;

use super::Memory;
use super::memory::NOW;

/// The address of the first administrator.
pub const ADMIN: &str = "admin@yourfirm.com";

pub const BOUNDARY: &str = "----kiosk-boundary";

/// An answer, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// Its body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|_| panic!("{} is not JSON", String::from_utf8_lossy(&self.bytes)))
    }

    /// Its body as JSON, where it succeeded.
    pub fn ok(self) -> Value {
        assert_eq!(
            self.status,
            StatusCode::OK,
            "{}",
            String::from_utf8_lossy(&self.bytes)
        );
        self.json()
    }

    /// Its stable code, where it is an error in the one form that there is.
    pub fn refused(&self, status: u16) -> String {
        let body = self.json();
        let detail = body["detail"].as_str().unwrap();
        assert!(!detail.is_empty());
        assert_eq!(
            body,
            serde_json::json!({"detail": detail, "status_code": status})
        );
        assert_eq!(self.status.as_u16(), status, "{detail}");
        self.headers["x-error-code"].to_str().unwrap().to_owned()
    }

    /// The error's text.
    pub fn detail(&self) -> String {
        self.json()["detail"].as_str().unwrap().to_owned()
    }
}

/// A part of a form.
pub enum Part<'a> {
    /// A text by its name.
    Text(&'a str, &'a str),
    /// A file by its name.
    File(&'a str, &'a [u8]),
}

/// A caller with a key, and the router that it speaks to.
#[derive(Clone)]
pub struct Caller {
    pub router: Router,
    key: Option<&'static str>,
    app: Option<(&'static str, &'static str)>,
}

/// A key with every permission; others differ in one thing each.
fn key(name: &str, secret: &str) -> ApiKey {
    ApiKey {
        name: name.into(),
        tenant: "demo".into(),
        sha256: KeyHash::of(secret.as_bytes()),
        permissions: Permission::NAMED.map(|(_, permission)| permission).to_vec(),
        consent: Some("terms-1".into()),
        rate_per_minute: NonZeroU32::new(10_000).unwrap(),
        sandbox: false,
        expires_at: None,
    }
}

fn keys() -> ApiKeys {
    let other = ApiKey {
        tenant: "other".into(),
        ..key("other", "key-of-another-tenant")
    };
    let reader = ApiKey {
        permissions: vec![Permission::Read],
        ..key("reader", "key-to-read")
    };
    let writer = ApiKey {
        permissions: vec![Permission::Create, Permission::Capture, Permission::Submit],
        ..key("writer", "key-to-write")
    };
    let keeper = ApiKey {
        permissions: vec![Permission::Create, Permission::Read],
        ..key("keeper", "key-to-keep")
    };
    let asks = ApiKey {
        consent: None,
        ..key("asks", "key-without-consent")
    };
    let slow = ApiKey {
        rate_per_minute: NonZeroU32::new(2).unwrap(),
        ..key("slow", "key-of-two-calls")
    };
    let sandbox = ApiKey {
        sandbox: true,
        ..key("sandbox", "key-in-sandbox")
    };
    let over = ApiKey {
        expires_at: Some(NOW),
        ..key("over", "key-that-is-over")
    };
    let ending = ApiKey {
        expires_at: Some(NOW + ENDING),
        ..key("ending", "key-that-ends")
    };
    let mut keys = vec![
        sandbox,
        key("all", "key-for-all"),
        other,
        reader,
        writer,
        keeper,
        asks,
        slow,
        over,
        ending,
    ];
    keys.extend(Permission::NAMED.map(|(word, lacking)| {
        ApiKey {
            permissions: Permission::NAMED
                .into_iter()
                .filter_map(|(_, other)| (other != lacking).then_some(other))
                .collect(),
            ..key(&format!("all-but-{word}"), &format!("key-but-{word}"))
        }
    }));
    ApiKeys::new(keys).unwrap()
}

/// How long `key-that-ends` holds.
pub const ENDING: time::Duration = time::Duration::minutes(90);

/// Who works at a kiosk in memory: nobody yet.
fn office(memory: Arc<Memory>) -> Office {
    let shelf = OnRegistry {
        service: memory,
        tenants: vec!["demo".into(), "other".into()],
    };
    let directory =
        futures::executor::block_on(Directory::open(Arc::new(shelf), Arc::new(OsRandom)));
    Office {
        directory: Arc::new(directory.unwrap()),
        courier: None,
    }
}

impl Caller {
    /// A caller with every permission.
    pub fn new(memory: Arc<Memory>) -> Self {
        let limits = Limits {
            picture_bytes: 100_000,
            clip_bytes: 200_000,
            ..Limits::default()
        };
        Self::with_limits(memory, limits)
    }

    /// The same where the kiosk takes in less.
    pub fn with_limits(memory: Arc<Memory>, limits: Limits) -> Self {
        let office = office(Arc::clone(&memory));
        Self::of(memory, limits, None, office)
    }

    /// The same where the kiosk sends one-time codes.
    pub fn with_codes(memory: Arc<Memory>, codes: Codes) -> Self {
        let office = office(Arc::clone(&memory));
        Self::of(memory, Limits::default(), Some(codes), office)
    }

    /// The same where somebody works: gives the first administrator's password.
    pub async fn with_staff(
        memory: Arc<Memory>,
        limits: Limits,
        courier: Option<Arc<dyn Courier>>,
    ) -> (Self, String) {
        let office = Office {
            courier,
            ..office(Arc::clone(&memory))
        };
        let first = office.directory.first_admin("demo", ADMIN, NOW).await;
        let password = first.unwrap().unwrap().password.to_string();
        (Self::of(memory, limits, None, office), password)
    }

    /// The same where somebody works for each of two tenants, and calls are not counted: gives their administrators' passwords.
    pub async fn with_two_offices(
        memory: Arc<Memory>,
        emails: [(&str, &str); 2],
    ) -> (Self, [String; 2]) {
        let office = office(Arc::clone(&memory));
        let mut passwords = Vec::new();
        for (tenant, email) in emails {
            let first = office.directory.first_admin(tenant, email, NOW).await;
            passwords.push(first.unwrap().unwrap().password.to_string());
        }
        let limits = Limits {
            connect_per_minute: NonZeroU32::new(100_000).unwrap(),
            ..Limits::default()
        };
        let passwords = passwords.try_into().unwrap();
        (Self::of(memory, limits, None, office), passwords)
    }

    fn of(memory: Arc<Memory>, limits: Limits, codes: Option<Codes>, office: Office) -> Self {
        let address = "http://localhost:9000".to_owned();
        let router = kiosk_api::router(memory, keys(), limits, address, codes, office);
        Self {
            router,
            key: Some("key-for-all"),
            app: None,
        }
    }

    /// Another caller of the same kiosk.
    pub fn by(&self, key: Option<&'static str>) -> Self {
        Self {
            router: self.router.clone(),
            key,
            app: None,
        }
    }

    /// The same kiosk by a credential in two headers: its name and its key.
    pub fn as_app(&self, app: Option<(&'static str, &'static str)>) -> Self {
        Self {
            router: self.router.clone(),
            key: None,
            app,
        }
    }

    /// Any request.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        Answer {
            status: parts.status,
            headers: parts.headers,
            bytes,
        }
    }

    /// A request with this caller's key.
    pub fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(method).uri(path);
        match (self.key, self.app) {
            (Some(key), _) => request.header("X-API-Key", key),
            (None, Some((name, key))) => request.header("app_id", name).header("app_key", key),
            (None, None) => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path).body(Body::empty()).unwrap())
            .await
    }

    pub async fn post(&self, path: &str) -> Answer {
        self.send(self.request("POST", path).body(Body::empty()).unwrap())
            .await
    }

    pub async fn post_json(&self, path: &str, body: impl Into<Body>) -> Answer {
        let request = self
            .request("POST", path)
            .header("Content-Type", "application/json");
        self.send(request.body(body.into()).unwrap()).await
    }

    pub async fn post_form(&self, path: &str, parts: &[Part<'_>]) -> Answer {
        self.post_bytes(path, form(parts)).await
    }

    /// Any bytes that are said to be a form.
    pub async fn post_bytes(&self, path: &str, body: Vec<u8>) -> Answer {
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let request = self.request("POST", path).header("Content-Type", kind);
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Begins a session and gives its id.
    pub async fn begin(&self) -> String {
        let begun = self
            .post_json("/partner/sessions", r#"{"external_user_id": "user_123"}"#)
            .await;
        begun.ok()["session_id"].as_str().unwrap().to_owned()
    }

    pub async fn add_document(&self, id: &str) -> Answer {
        let parts = [
            Part::File("file", b"passport.jpg"),
            Part::Text("document_type", "passport"),
            Part::Text("country_code", "US"),
        ];
        self.post_form(&format!("/kyc/{id}/document"), &parts).await
    }

    pub async fn add_selfie(&self, id: &str) -> Answer {
        self.post_form(
            &format!("/kyc/{id}/selfie"),
            &[Part::File("file", b"selfie.jpg")],
        )
        .await
    }

    pub async fn draw(&self, id: &str) -> Answer {
        self.get(&format!("/kyc/{id}/liveness/challenge")).await
    }

    pub async fn add_clip(&self, id: &str, challenge_id: &str) -> Answer {
        let parts = [
            Part::Text("challenge_id", challenge_id),
            Part::File("files", b"frame 1"),
            Part::File("files", b"frame 2"),
        ];
        self.post_form(&format!("/kyc/{id}/liveness"), &parts).await
    }

    pub async fn submit(&self, id: &str) -> Answer {
        self.post(&format!("/kyc/{id}/submit")).await
    }

    /// A session with everything but its decision.
    pub async fn assessed(&self) -> String {
        let id = self.begin().await;
        self.add_document(&id).await.ok();
        self.add_selfie(&id).await.ok();
        let asked = self.draw(&id).await.ok();
        self.add_clip(&id, asked["challenge_id"].as_str().unwrap())
            .await
            .ok();
        id
    }
}

/// A form's bytes.
pub fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(format!("--{BOUNDARY}\r\n").as_bytes());
        match part {
            Part::Text(name, text) => {
                let head = format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}");
                body.extend_from_slice(head.as_bytes());
            }
            Part::File(name, bytes) => {
                let head = format!(
                    "Content-Disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\
                     Content-Type: application/octet-stream\r\n\r\n"
                );
                body.extend_from_slice(head.as_bytes());
                body.extend_from_slice(bytes);
            }
        }
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}
