//! The KYC API on a real kiosk: a person is approved and known again, their tenant is told over a crash, then they are gone.
// long file: one person's way from token to erasure, told in order

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kiosk_tests::rig::until_async;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::{KEY, Partner, answer};

/// Longest that something is waited for.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// A client with two tokens: one manages, the other walks one person through one session.
struct Client<'a> {
    partner: &'a Partner,
    managing: String,
}

impl<'a> Client<'a> {
    async fn of(partner: &'a Partner) -> Self {
        let managing = token(partner, "").await;
        Self { partner, managing }
    }

    fn ask(&self, token: &str, path: &str) -> reqwest::RequestBuilder {
        let request = self.partner.client.post(self.partner.url(path));
        request.bearer_auth(token).header("X-Client-Id", "partner")
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.by(&self.managing, path, body).await
    }

    async fn by(&self, token: &str, path: &str, body: Value) -> Value {
        let (status, told) = answer(self.ask(token, path).json(&body)).await;
        assert_eq!(status, 200, "{path}: {told}");
        told
    }

    async fn get(&self, path: &str) -> Value {
        let request = self.partner.client.get(self.partner.url(path));
        let (status, told) = answer(request.bearer_auth(&self.managing)).await;
        assert_eq!(status, 200, "{path}: {told}");
        told
    }

    /// Selfie, challenge and its answer, in `of` (`idv` or `ida`).
    async fn alive(&self, sdk: &str, of: &str, id: &str) {
        let place = json!({"session_id": id, "latitude": 59.9, "longitude": 10.75});
        let with = |bytes: &[u8]| {
            let mut body = place.clone();
            body["images"] = json!([BASE64_STANDARD.encode(bytes)]);
            body
        };
        let process = format!("/{of}/sdk/liveness/process");
        self.by(sdk, &process, with(&self.partner.selfie())).await;
        let asked = self
            .by(sdk, &format!("/{of}/sdk/liveness/generate"), place.clone())
            .await;
        let gestures = asked["challenge"]["gestures"].as_array().unwrap().iter();
        let moments = asked["challenge"]["moments"].as_array().unwrap().iter();
        let schedule: Vec<(String, u32)> = gestures
            .zip(moments)
            .map(|(gesture, moment)| {
                let at_ms = u32::try_from(moment["at_ms"].as_u64().unwrap()).unwrap();
                (gesture.as_str().unwrap().to_owned(), at_ms)
            })
            .collect();
        let film = self
            .partner
            .material
            .answer("traveller", &schedule)
            .unwrap();
        let film = std::fs::read(film).unwrap();
        // A clip that is longer than the time since it was asked for comes from no camera: the person's time is waited for.
        let last = schedule.last().map_or(0, |(_, at_ms)| u64::from(*at_ms));
        tokio::time::sleep(std::time::Duration::from_millis(last + 5_000)).await;
        self.by(sdk, &process, with(&film)).await;
    }
}

async fn token(partner: &Partner, more: &str) -> String {
    let form = format!("grant_type=client_credentials&client_id=partner&client_secret={KEY}{more}");
    let request = partner.client.post(partner.url("/oauth2/token"));
    let request = request
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form);
    let (status, given) = answer(request).await;
    assert_eq!(status, 200, "{given}");
    given["access_token"].as_str().unwrap().to_owned()
}

/// A receiver of webhooks that can be told to refuse.
struct Receiver {
    url: String,
    came: Arc<Mutex<Vec<(String, Value)>>>,
    refuses: Arc<std::sync::atomic::AtomicBool>,
    served: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.served.abort();
    }
}

impl Receiver {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let came: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
        let refuses = Arc::<std::sync::atomic::AtomicBool>::default();
        let (heard, refusing) = (Arc::clone(&came), Arc::clone(&refuses));
        let served = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (heard, refusing) = (Arc::clone(&heard), Arc::clone(&refusing));
                let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                    let (heard, refusing) = (Arc::clone(&heard), Arc::clone(&refusing));
                    async move {
                        let headers = request.headers().clone();
                        let bytes = request.into_body().collect().await.unwrap().to_bytes();
                        let refused = refusing.load(std::sync::atomic::Ordering::SeqCst);
                        if !refused {
                            assert!(
                                headers["webhook-signature"]
                                    .to_str()
                                    .unwrap()
                                    .starts_with("v1,")
                            );
                            let id = headers["webhook-id"].to_str().unwrap().to_owned();
                            let body = serde_json::from_slice(&bytes).unwrap();
                            heard.lock().unwrap().push((id, body));
                        }
                        let mut told = hyper::Response::new(Full::<Bytes>::default());
                        *told.status_mut() = match refused {
                            true => hyper::StatusCode::SERVICE_UNAVAILABLE,
                            false => hyper::StatusCode::NO_CONTENT,
                        };
                        Ok::<_, std::convert::Infallible>(told)
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self {
            url,
            came,
            refuses,
            served,
        }
    }

    fn refuse(&self, refuses: bool) {
        self.refuses
            .store(refuses, std::sync::atomic::Ordering::SeqCst);
    }

    /// The events of a session that came, by their names.
    fn of(&self, id: &str) -> Vec<String> {
        let came = self.came.lock().unwrap();
        let mut names: Vec<String> = came
            .iter()
            .filter(|(_, body)| body["session_id"] == id || body["data"]["session_id"] == id)
            .map(|(_, body)| {
                body["event"]
                    .as_str()
                    .or(body["type"].as_str())
                    .unwrap()
                    .to_owned()
            })
            .collect();
        names.sort();
        names
    }

    async fn waits_for(&self, id: &str, names: &[&str]) {
        let until = tokio::time::Instant::now() + PATIENCE;
        while self.of(id) != names && tokio::time::Instant::now() < until {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(self.of(id), names);
    }
}

pub async fn the_way_of_the_kyc_api(partner: &mut Partner) {
    let receiver = Receiver::start().await;
    let id = verified(partner, &receiver).await;
    documents_and_tests(partner, &id).await;
    known_again(partner, &id).await;
    told_over_a_crash(partner, &receiver).await;
    gone(partner, &id).await;
}

/// Weights and requirements, a session with its own token, its steps, its decision; and what its tenant is told.
async fn verified(partner: &Partner, receiver: &Receiver) -> String {
    let client = Client::of(partner).await;
    let secret = client.post("/webhook/secret/create", json!({})).await;
    assert!(secret["secret"].as_str().unwrap().starts_with("whsec_"));
    let hook = json!({"name": "all", "url": receiver.url});
    client.post("/webhook/create", hook).await;
    let mut weights = client.get("/idv/weights").await;
    for name in ["idv_weights_id", "client_id", "user_id"] {
        weights.as_object_mut().unwrap().remove(name);
    }
    weights["is_identity_document_weight"] = json!(1);
    let set = client.post("/idv/weights", weights).await;
    let wanted = kiosk_session::FieldName::NAMED.map(|(word, _)| {
        let wanted = ["document_number", "last_name", "face_encoding"].contains(&word);
        (format!("{word}_required"), json!(wanted))
    });
    let mut requirements = json!({"type_e": "passport", "data_source_e": "mrz"});
    requirements.as_object_mut().unwrap().extend(wanted);
    client.post("/idv/requirements", requirements).await;
    let body = json!({"liveness_mode": "passive_active", "webhook_url": receiver.url});
    let created = client.post("/idv/session/create", body).await;
    let id = created["session_id"].as_str().unwrap().to_owned();
    let sdk = token(partner, &format!("&session_id={id}")).await;
    let front = Form::new()
        .text("session_id", id.clone())
        .text("latitude", "59.9")
        .text("longitude", "10.75")
        .part(
            "image",
            Part::bytes(partner.passport()).file_name("front.jpg"),
        );
    let added = client
        .ask(&sdk, "/idv/sdk/document/front/add")
        .multipart(front);
    assert_eq!(answer(added).await.0, 200);
    client.alive(&sdk, "idv", &id).await;
    let other = partner.new_session().await;
    let foreign = client.ask(&sdk, "/idv/sdk/session/read");
    let (status, _) = answer(foreign.json(&json!({"session_id": other}))).await;
    assert_eq!(status, 404, "the token is for one session");
    let done = client
        .by(&sdk, "/idv/sdk/finalize", json!({"session_id": id}))
        .await;
    let (_, session) = partner.get(&format!("/partner/sessions/{id}")).await;
    assert_eq!(done["verified"], true, "{session}");
    let read = client
        .post("/idv/session/read", json!({"session_id": id}))
        .await;
    assert_eq!(read["idv_weights_id"], set["idv_weights_id"], "{read}");
    assert_eq!(
        (&read["score"], &read["missing_fields"]),
        (&json!(1.0), &json!([]))
    );
    assert_eq!(read["document_type_e"], "passport", "{read}");
    assert_eq!(read["liveness_detected"], true, "{session}");
    assert_eq!(session["verification_results"]["liveness_passed"], true);
    let told = [
        "idv.session.completed",
        "idv.session.created",
        "idv.session.document_added",
        "session.completed",
        "session.created",
        "session.document_uploaded",
    ];
    receiver.waits_for(&id, &told).await;
    id
}

async fn documents_and_tests(partner: &Partner, id: &str) {
    let client = Client::of(partner).await;
    let document = client
        .post("/idv/document/read", json!({"session_id": id}))
        .await;
    assert_eq!(document["data_source_e"], "mrz", "{document}");
    assert_eq!(document["issuing_country"], "UTO", "{document}");
    let tests = client
        .post("/idv/session/test/read", json!({"session_id": id}))
        .await;
    assert_eq!(tests["doc_front_is_identity_document"], "passed", "{tests}");
    let picture = client
        .ask(&client.managing, "/idv/document/download")
        .json(&json!({"session_id": id, "storage_file_type_e": "passport_front"}));
    let picture = picture.send().await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/jpeg");
    assert!(picture.bytes().await.unwrap().starts_with(&[0xff, 0xd8]));
}

/// The person is authenticated by their face, and another is not.
async fn known_again(partner: &Partner, identity: &str) {
    let client = Client::of(partner).await;
    let list = client
        .post("/identity/list", json!({"identity_id": identity}))
        .await;
    assert_eq!(list["meta_counts"]["total"], 1, "{list}");
    let begin = async |mode: &str| {
        let body = json!({"identity_id": identity, "liveness_mode": mode});
        let created = client.post("/ida/session/create", body).await;
        let id = created["session_id"].as_str().unwrap().to_owned();
        let sdk = token(partner, &format!("&session_id={id}")).await;
        (id, sdk)
    };
    let (own, sdk) = begin("passive_active").await;
    client.alive(&sdk, "ida", &own).await;
    let body = json!({"session_id": own});
    client.by(&sdk, "/ida/sdk/finalize", body.clone()).await;
    let read = client.post("/ida/session/read", body).await;
    let (_, session) = partner.get(&format!("/partner/sessions/{own}")).await;
    assert_eq!(read["authenticated"], true, "{session}");
    assert_eq!(read["identity_id"], json!(identity));
    assert!(read["last_name"].is_string(), "{read}");

    let (foreign, sdk) = begin("passive").await;
    let stranger = partner.material.selfie("stranger").unwrap();
    let body = json!({
        "session_id": foreign, "latitude": 0, "longitude": 0,
        "images": [BASE64_STANDARD.encode(stranger)],
    });
    client.by(&sdk, "/ida/sdk/liveness/process", body).await;
    let body = json!({"session_id": foreign});
    client.by(&sdk, "/ida/sdk/finalize", body.clone()).await;
    let read = client.post("/ida/session/read", body.clone()).await;
    assert_eq!(read["authenticated"], false, "{read}");
    client.post("/ida/session/delete", body).await;
    let verified = json!({"verified": true});
    let list = client.post("/ida/session/list", verified).await;
    assert_eq!(list["sessions"][0]["session_id"], json!(own), "{list}");
    assert_eq!(list["meta_counts"]["total"], 1);
}

/// The receiver is down, the kiosk is killed: both come back, and the tenant is told.
async fn told_over_a_crash(partner: &mut Partner, receiver: &Receiver) {
    receiver.refuse(true);
    let id = {
        let client = Client::of(partner).await;
        let body = json!({"webhook_url": receiver.url});
        let created = client.post("/idv/session/create", body).await;
        created["session_id"].as_str().unwrap().to_owned()
    };
    tokio::task::block_in_place(|| {
        partner.branch.kill_kiosk();
        partner.branch.start_kiosk().unwrap();
    });
    receiver.refuse(false);
    let told = ["idv.session.created", "session.created"];
    receiver.waits_for(&id, &told).await;
    let client = Client::of(partner).await;
    let list = client.post("/webhook/list", json!({})).await;
    assert_eq!(
        list["statistics"]["total"], 1,
        "what a tenant keeps is there again"
    );
    let hook = list["webhooks"][0]["id"].clone();
    let trial = client.post("/webhook/test", json!({"id": hook})).await;
    let wanted = json!({"message_id": trial["message_id"]});
    let mut tried = Value::Null;
    for _ in 0..200 {
        tried = client.post("/webhook/delivery/list", wanted.clone()).await;
        if tried["meta_counts"]["total"] == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(tried["deliveries"][0]["outcome"], "delivered", "{tried}");
    client.post("/webhook/delete", json!({"id": hook})).await;
}

/// Without their person the sessions stay, and deleted they are gone.
async fn gone(partner: &Partner, id: &str) {
    let client = Client::of(partner).await;
    let body = json!({"session_id": id});
    let before = client.post("/idv/session/read", body.clone()).await;
    client
        .post("/identity/anonymize", json!({"identity_id": id}))
        .await;
    let after = client.post("/idv/session/read", body.clone()).await;
    assert!(before["last_name"].is_string() && after["last_name"].is_null());
    assert_eq!(after["idv_weights_id"], before["idv_weights_id"]);
    assert_eq!(
        (&after["verified"], &after["score"]),
        (&json!(true), &json!(1.0))
    );
    let list = client
        .post("/ida/session/list", json!({"identity_id": id}))
        .await;
    assert_eq!(list["sessions"][0]["first_name"], Value::Null, "{list}");
    let (status, session) = partner.get(&format!("/partner/sessions/{id}")).await;
    assert_eq!((status, &session["decision"]), (200, &json!("approved")));
    client.post("/idv/session/delete", body).await;
    let (status, _) = partner.get(&format!("/partner/sessions/{id}")).await;
    assert_eq!(status, 404, "what was erased is gone");
    until_async("central to erase it, too", PATIENCE, || async {
        let held = partner.branch.at_central(id).await.ok().flatten();
        held.is_some_and(|held| held["erased"] == true && held["chain_ok"] == true)
    })
    .await
    .unwrap();
}
