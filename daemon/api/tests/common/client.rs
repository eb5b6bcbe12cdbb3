//! A client of the KYC API, as its SDK and its management call it.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{Answer, Caller, Memory, Part, form};

/// A client of the KYC API with its token.
pub struct Client {
    pub caller: Caller,
    pub memory: Arc<Memory>,
    pub name: &'static str,
    pub token: String,
}

pub async fn ask_token(caller: &Caller, body: &str) -> Answer {
    let request = Request::post("/oauth2/token")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(Body::from(body.to_owned()))
        .unwrap();
    caller.send(request).await
}

pub fn form_of(name: &str, key: &str) -> String {
    format!("grant_type=client_credentials&client_id={name}&client_secret={key}")
}

impl Client {
    pub async fn new(name: &'static str, key: &str) -> Self {
        let memory = Arc::new(Memory::default());
        Self::of(memory, name, key).await
    }

    pub async fn of(memory: Arc<Memory>, name: &'static str, key: &str) -> Self {
        let caller = Caller::new(Arc::clone(&memory)).by(None);
        let given = ask_token(&caller, &form_of(name, key)).await.ok();
        Self {
            caller,
            memory,
            name,
            token: given["access_token"].as_str().unwrap().to_owned(),
        }
    }

    pub fn request(&self, path: &str) -> axum::http::request::Builder {
        Request::post(path)
            .header("Authorization", format!("Bearer {}", self.token))
            .header("X-Client-Id", self.name)
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        let request = self
            .request(path)
            .header("Content-Type", "application/json");
        self.caller
            .send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    pub async fn side(&self, path: &str, id: &str, image: &[u8]) -> Answer {
        let parts = [
            Part::Text("session_id", id),
            Part::Text("latitude", "59.9"),
            Part::Text("longitude", "10.75"),
            Part::File("image", image),
        ];
        let kind = format!("multipart/form-data; boundary={}", super::BOUNDARY);
        let request = self.request(path).header("Content-Type", kind);
        self.caller
            .send(request.body(Body::from(form(&parts))).unwrap())
            .await
    }

    pub async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path)
            .header("Authorization", format!("Bearer {}", self.token))
            .header("X-Client-Id", self.name);
        self.caller.send(request.body(Body::empty()).unwrap()).await
    }

    /// The same client with another token, of those scopes and more as the standard's form has it.
    pub async fn with_token(&self, key: &str, more: &str) -> Self {
        let body = form_of(self.name, key) + more;
        let given = ask_token(&self.caller, &body).await.ok();
        Self {
            caller: self.caller.clone(),
            memory: Arc::clone(&self.memory),
            name: self.name,
            token: given["access_token"].as_str().unwrap().to_owned(),
        }
    }

    /// A session whose person was approved.
    pub async fn approved(&self) -> String {
        let id = self.assessed().await;
        let done = self
            .post("/idv/sdk/finalize", json!({"session_id": id}))
            .await
            .ok();
        assert_eq!(done["verified"], true, "{done}");
        id
    }

    pub async fn create(&self, body: Value) -> String {
        let created = self.post("/idv/session/create", body).await.ok();
        created["session_id"].as_str().unwrap().to_owned()
    }

    pub async fn process(&self, id: &str, images: &[&[u8]]) -> Answer {
        let images: Vec<String> = images
            .iter()
            .map(|image| BASE64_STANDARD.encode(image))
            .collect();
        let body =
            json!({"session_id": id, "latitude": 59.9, "longitude": 10.75, "images": images});
        self.post("/idv/sdk/liveness/process", body).await
    }

    /// A session up to its last step, with gestures asked for.
    pub async fn assessed(&self) -> String {
        let id = self.create(json!({"metadata": {"branch": "7"}})).await;
        self.side("/idv/sdk/document/front/add", &id, b"front")
            .await
            .ok();
        self.process(&id, &[b"first"]).await.ok();
        let place = json!({"session_id": id, "latitude": 0, "longitude": 0});
        self.post("/idv/sdk/liveness/generate", place).await.ok();
        self.process(&id, &[b"one", b"two"]).await.ok();
        id
    }
}

pub fn code(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    let code = body["error"].as_str().unwrap().to_owned();
    assert!(
        body["message"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );
    (answer.status.as_u16(), code)
}
