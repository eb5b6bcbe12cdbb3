//! Webhooks from the log to a real receiver on loopback: signed, tried again, not lost by a restart.
// long file: one receiver, and every way in which it can answer

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac};
use kiosk_api::deliveries::{Deliveries, Outcome, Secret, make_secret};
use kiosk_api::registry::{Registry, Shelf};
use kiosk_api::subscriptions::{self, Subscription};
use kiosk_session::{Closing, Entry, Event, Opening, Redacted, SessionId};
use kiosk_store::{DeviceKey, ErasedFor, Erasure, Store, StoreConfig};
use kioskd::clock::Clock;
use kioskd::service::StoredRegistry;
use kioskd::webhooks::{Allowed, Names, SystemNames, Webhooks};
use serde_json::{Value, json};
use sha2::Sha256;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

#[path = "webhooks/tls.rs"]
mod tls;

const BEGIN: i64 = 1_705_314_600;

struct HeldClock(AtomicI64);

impl HeldClock {
    fn wait(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for HeldClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// One message as it came.
#[derive(Clone)]
struct Came {
    headers: HeaderMap,
    body: String,
}

impl Came {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// How many of its signatures a secret made.
    fn signed_by(&self, secret: &Secret) -> usize {
        let key = secret.secret.reveal().strip_prefix("whsec_").unwrap();
        let key = BASE64_STANDARD.decode(key).unwrap();
        let signed = format!(
            "{}.{}.{}",
            self.header("webhook-id"),
            self.header("webhook-timestamp"),
            self.body
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(signed.as_bytes());
        let right = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
        let all = self.header("webhook-signature").split(' ');
        all.filter(|signature| *signature == right).count()
    }
}

type Script = Arc<Mutex<VecDeque<Response<Body>>>>;

/// A real receiver: answers by its script, then 204.
struct Receiver {
    address: std::net::SocketAddr,
    came: Arc<Mutex<Vec<Came>>>,
    script: Script,
    served: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.served.abort();
    }
}

impl Receiver {
    async fn start() -> Self {
        let came: Arc<Mutex<Vec<Came>>> = Arc::default();
        let script = Script::default();
        let (heard, answers) = (Arc::clone(&came), Arc::clone(&script));
        let router = Router::new().fallback(move |headers: HeaderMap, body: Bytes| {
            let (heard, answers) = (Arc::clone(&heard), Arc::clone(&answers));
            async move {
                let body = String::from_utf8(body.to_vec()).unwrap();
                heard.lock().unwrap().push(Came { headers, body });
                let next = answers.lock().unwrap().pop_front();
                next.unwrap_or_else(|| status(204))
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            came,
            script,
            served,
        }
    }

    fn url(&self) -> String {
        format!("http://{}/hook?own=1", self.address)
    }

    fn answers(&self, answer: Response<Body>) {
        self.script.lock().unwrap().push_back(answer);
    }

    fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }
}

fn status(code: u16) -> Response<Body> {
    Response::builder()
        .status(code)
        .body(Body::empty())
        .unwrap()
}

fn answered(code: u16, header: (&str, &str)) -> Response<Body> {
    let answer = Response::builder().status(code).header(header.0, header.1);
    answer.body(Body::empty()).unwrap()
}

struct Kiosk {
    store: Store,
    registry: StoredRegistry,
    clock: Arc<HeldClock>,
    webhooks: Webhooks,
}

fn allowed() -> Allowed {
    Allowed {
        private: true,
        plain_http: true,
        ca: None,
    }
}

fn kiosk_with(folder: &std::path::Path, allowed: &Allowed) -> Kiosk {
    kiosk_by(folder, allowed, Arc::new(SystemNames))
}

fn kiosk_by(folder: &std::path::Path, allowed: &Allowed, names: Arc<dyn Names>) -> Kiosk {
    let config = StoreConfig::new(folder.join("store"), "kiosk-1".parse().unwrap());
    let (store, _) = Store::open(&config, DeviceKey::from_bytes([7; 32])).unwrap();
    let registry = StoredRegistry::new(store.clone());
    let clock = Arc::new(HeldClock(AtomicI64::new(BEGIN)));
    let webhooks = Webhooks::new(
        store.clone(),
        registry.clone(),
        Arc::clone(&clock) as Arc<dyn Clock>,
        (allowed, names),
        Box::new(|| 1.0),
    );
    Kiosk {
        store,
        registry,
        clock,
        webhooks: webhooks.unwrap(),
    }
}

impl Kiosk {
    async fn with_secret(folder: &std::path::Path) -> (Self, Secret) {
        let kiosk = kiosk_with(folder, &allowed());
        let secret = kiosk.make_secret().await;
        (kiosk, secret)
    }

    async fn make_secret(&self) -> Secret {
        make_secret(&self.registry, "bank", self.clock.now())
            .await
            .unwrap()
    }

    async fn stop(self) {
        let Self {
            store,
            webhooks,
            registry,
            ..
        } = self;
        drop((webhooks, registry));
        store.close().await.unwrap();
    }

    /// A session begins, with an address of its own where one is given.
    async fn begin(&self, url: Option<String>) -> SessionId {
        let id = SessionId(Uuid::new_v4());
        let opening = Opening {
            tenant: "bank".into(),
            credential: "partner".into(),
            external_user_id: Redacted::new("user_123".into()),
            webhook_url: url.map(Redacted::new),
            redirect_url: None,
            metadata: None,
            identity: None,
            liveness_alone: false,
            expires_at: self.clock.now() + Duration::hours(24),
        };
        self.happens(id, Event::Created { opening }).await;
        id
    }

    async fn happens(&self, id: SessionId, event: Event) {
        let entry = Entry::new(self.clock.now(), event);
        let bytes = serde_json::to_vec(&entry).unwrap();
        self.store.append(id.0, &bytes).await.unwrap();
    }

    async fn subscribe(&self, url: String) -> Subscription {
        let made = Subscription::new(
            "partner",
            "hook".into(),
            Redacted::new(url),
            self.clock.now(),
        );
        subscriptions::put(&self.registry, "bank", &made)
            .await
            .unwrap();
        made
    }

    /// What the kiosk does by itself, until nothing is due any more.
    async fn work(&self) {
        self.webhooks.take_in().await;
        while self.webhooks.send_due().await > 0 {}
    }

    async fn outcomes(&self) -> Vec<(Outcome, Option<u16>)> {
        let tried = self.webhooks.attempts("bank").await;
        tried.iter().map(|one| (one.outcome, one.status)).collect()
    }
}

#[tokio::test]
async fn a_session_s_address_and_a_subscription_are_told_each_in_their_own_words() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let (kiosk, secret) = Kiosk::with_secret(folder.path()).await;
    kiosk.subscribe(receiver.url()).await;
    let id = kiosk.begin(Some(receiver.url())).await;
    kiosk
        .happens(
            id,
            Event::Cancelled {
                by: Closing::Person,
            },
        )
        .await;
    kiosk.work().await;
    let mut came = receiver.came();
    came.sort_by_key(|one| one.json()["type"].to_string());
    let told: Vec<Value> = came.iter().map(Came::json).collect();
    let of = |kind: &str, status: &str| {
        json!({
            "type": kind, "timestamp": "2024-01-15T10:30:00Z",
            "data": {
                "session_id": id.0, "client_id": "partner", "identity_id": null,
                "status_e": status, "verified": null,
            },
        })
    };
    assert_eq!(
        told,
        [
            of("idv.session.cancelled", "expired"),
            of("idv.session.created", "in_progress"),
            json!({
                "event": "session.created", "session_id": id.0, "status": "pending",
                "risk_level": null, "risk_score": null, "timestamp": "2024-01-15T10:30:00Z",
            }),
        ]
    );
    for one in &came {
        assert_eq!(one.signed_by(&secret), 1);
        assert_eq!(one.header("content-type"), "application/json");
        assert_eq!(one.header("webhook-timestamp"), BEGIN.to_string());
        assert!(!one.body.contains("user_123"));
    }
    kiosk.work().await;
    assert_eq!(receiver.came().len(), 3, "each is sent once");
}

#[tokio::test]
async fn what_was_not_taken_comes_again_under_the_same_name_and_not_before_it_is_asked_for() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let (kiosk, secret) = Kiosk::with_secret(folder.path()).await;
    receiver.answers(status(500));
    receiver.answers(answered(503, ("Retry-After", "600")));
    kiosk.begin(Some(receiver.url())).await;
    kiosk.work().await;
    assert_eq!(receiver.came().len(), 1);
    kiosk.clock.wait(4);
    kiosk.work().await;
    assert_eq!(receiver.came().len(), 1, "not before its time");
    kiosk.clock.wait(1);
    kiosk.work().await;
    kiosk.clock.wait(599);
    kiosk.work().await;
    assert_eq!(receiver.came().len(), 2, "not before the receiver's time");
    kiosk.clock.wait(1);
    kiosk.work().await;
    let came = receiver.came();
    assert_eq!(came.len(), 3);
    assert!(
        came.iter()
            .all(|one| one.header("webhook-id") == came[0].header("webhook-id"))
    );
    assert_ne!(
        came[0].header("webhook-timestamp"),
        came[2].header("webhook-timestamp")
    );
    assert!(
        came.iter()
            .all(|one| one.signed_by(&secret) == 1 && one.body == came[0].body)
    );
    assert_eq!(
        kiosk.outcomes().await,
        [
            (Outcome::Delivered, Some(204)),
            (Outcome::Refused, Some(503)),
            (Outcome::Refused, Some(500)),
        ]
    );
}

#[tokio::test]
async fn after_a_day_a_message_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let (kiosk, _) = Kiosk::with_secret(folder.path()).await;
    // Nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap();
    drop(port);
    kiosk.begin(Some(format!("http://{address}/"))).await;
    for _ in 0..60 {
        kiosk.work().await;
        kiosk.clock.wait(1_800);
    }
    let tries = kiosk.webhooks.attempts("bank").await;
    assert!(tries.iter().all(|one| one.outcome == Outcome::Unreachable));
    assert!((8..=16).contains(&tries.len()), "{}", tries.len());
    assert!(tries[0].next_at.is_none() && tries[1].next_at.is_some());
    assert!(tries[0].at - tries.last().unwrap().at <= Duration::hours(25));
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_told_nothing_more() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let (kiosk, _) = Kiosk::with_secret(folder.path()).await;
    let held = kiosk.subscribe(receiver.url()).await;
    receiver.answers(status(410));
    kiosk.begin(None).await;
    kiosk.work().await;
    let all = subscriptions::all(&kiosk.registry, "bank").unwrap();
    assert_eq!(all[0].id, held.id);
    assert!(all[0].disabled_at.is_some());
    kiosk.begin(None).await;
    kiosk.clock.wait(100);
    kiosk.work().await;
    assert_eq!(receiver.came().len(), 1);
    receiver.answers(status(410));
    let id = kiosk.begin(Some(receiver.url())).await;
    kiosk.work().await;
    kiosk.clock.wait(86_400);
    kiosk.happens(id, Event::Expired).await;
    kiosk.work().await;
    assert_eq!(receiver.came().len(), 2, "nor is a session's own address");
}

#[tokio::test]
async fn a_redirection_is_a_failure_and_is_not_followed() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let other = Receiver::start().await;
    let (kiosk, _) = Kiosk::with_secret(folder.path()).await;
    for code in [301, 307] {
        receiver.answers(answered(code, ("Location", &other.url())));
    }
    kiosk.begin(Some(receiver.url())).await;
    kiosk.work().await;
    kiosk.clock.wait(5);
    kiosk.work().await;
    assert_eq!(
        kiosk.outcomes().await,
        [
            (Outcome::Redirected, Some(307)),
            (Outcome::Redirected, Some(301))
        ]
    );
    assert!(other.came().is_empty());
}

#[tokio::test]
async fn nothing_leaves_unsigned_and_while_secrets_change_both_sign() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let kiosk = kiosk_with(folder.path(), &allowed());
    kiosk.begin(Some(receiver.url())).await;
    kiosk.work().await;
    assert!(receiver.came().is_empty());
    assert_eq!(kiosk.outcomes().await, [(Outcome::NoSecret, None)]);
    let old = kiosk.make_secret().await;
    kiosk.clock.wait(5);
    kiosk.work().await;
    let new = kiosk.make_secret().await;
    kiosk.begin(Some(receiver.url())).await;
    kiosk.work().await;
    let gone = kiosk
        .registry
        .remove("bank", Shelf::WebhookSecrets, &old.id);
    assert!(gone.await.unwrap());
    kiosk.begin(Some(receiver.url())).await;
    kiosk.work().await;
    let signed: Vec<_> = receiver
        .came()
        .iter()
        .map(|one| (one.signed_by(&old), one.signed_by(&new)))
        .collect();
    assert_eq!(signed, [(1, 0), (1, 1), (0, 1)]);
}

#[tokio::test]
async fn a_private_address_is_not_called_unless_the_config_allows_it() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let public_only = Allowed {
        plain_http: true,
        ..Allowed::default()
    };
    let kiosk = kiosk_with(folder.path(), &public_only);
    kiosk.make_secret().await;
    kiosk.begin(Some(receiver.url())).await;
    let named = format!("http://localhost:{}/", receiver.address.port());
    kiosk.begin(Some(named)).await;
    kiosk.work().await;
    assert_eq!(kiosk.outcomes().await, [(Outcome::AddressRefused, None); 2]);
    assert!(receiver.came().is_empty());
}

#[tokio::test]
async fn an_answer_without_end_holds_nobody_up() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let (kiosk, _) = Kiosk::with_secret(folder.path()).await;
    let endless =
        futures::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![0; 4096])));
    receiver.answers(Response::new(Body::from_stream(endless)));
    kiosk.begin(Some(receiver.url())).await;
    tokio::time::timeout(std::time::Duration::from_secs(5), kiosk.work())
        .await
        .unwrap();
    assert_eq!(kiosk.outcomes().await, [(Outcome::Delivered, Some(200))]);
}

#[tokio::test]
async fn what_happened_before_a_stop_is_told_after_the_start_once() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let (kiosk, secret) = Kiosk::with_secret(folder.path()).await;
    kiosk.work().await;
    // Not even read from the log.
    let first = kiosk.begin(Some(receiver.url())).await;
    kiosk.stop().await;

    let kiosk = kiosk_with(folder.path(), &allowed());
    receiver.answers(status(500));
    kiosk.work().await;
    // Read, tried and put off.
    kiosk.stop().await;

    let kiosk = kiosk_with(folder.path(), &allowed());
    kiosk.clock.wait(5);
    kiosk.work().await;
    kiosk.stop().await;

    let kiosk = kiosk_with(folder.path(), &allowed());
    kiosk.clock.wait(10_000);
    kiosk.work().await;
    let came = receiver.came();
    assert_eq!(came.len(), 2, "a try that failed and one that was taken");
    assert_eq!(came[0].header("webhook-id"), came[1].header("webhook-id"));
    assert_eq!(came[1].json()["session_id"], json!(first.0));
    assert_eq!(came[1].signed_by(&secret), 1);
}

#[tokio::test]
async fn a_kiosk_that_never_told_anybody_does_not_begin_with_its_past() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let (kiosk, _) = Kiosk::with_secret(folder.path()).await;
    kiosk.begin(Some(receiver.url())).await;
    kiosk.stop().await;
    // No queue was written yet: for the next start the log so far is the past.
    let kiosk = kiosk_with(folder.path(), &allowed());
    kiosk.begin(Some(receiver.url())).await;
    kiosk.work().await;
    assert_eq!(receiver.came().len(), 1);
}

#[tokio::test]
async fn a_trial_goes_to_the_one_subscription_and_is_listed() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let other = Receiver::start().await;
    let (kiosk, _) = Kiosk::with_secret(folder.path()).await;
    let held = kiosk.subscribe(receiver.url()).await;
    kiosk.subscribe(other.url()).await;
    let name = kiosk.webhooks.try_out("bank", &held).await.unwrap();
    kiosk.work().await;
    let came = receiver.came();
    assert_eq!(came[0].json()["type"], "webhook.test");
    assert_eq!(came[0].header("webhook-id"), name.to_string());
    assert!(other.came().is_empty());
    let tried = kiosk.webhooks.attempts("bank").await;
    assert_eq!(
        (tried[0].message, tried[0].webhook.as_deref()),
        (name, Some(held.id.as_str()))
    );
    assert!(kiosk.webhooks.attempts("shop").await.is_empty());
}

#[tokio::test]
async fn who_was_erased_is_told_of_no_more() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let (kiosk, _) = Kiosk::with_secret(folder.path()).await;
    let unread = kiosk.begin(Some(receiver.url())).await;
    let erasure = Erasure {
        at: kiosk.clock.now(),
        why: ErasedFor::Asked,
    };
    kiosk.store.erase(unread.0, erasure).await.unwrap();
    receiver.answers(status(500));
    let waiting = kiosk.begin(Some(receiver.url())).await;
    kiosk.work().await;
    kiosk.webhooks.forget(waiting).await;
    kiosk.clock.wait(100);
    kiosk.work().await;
    assert_eq!(receiver.came().len(), 1);
}

#[tokio::test]
async fn running_by_itself_it_tells_soon_and_stops_when_asked() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let (kiosk, _) = Kiosk::with_secret(folder.path()).await;
    let kiosk = Arc::new(kiosk);
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let running = tokio::spawn({
        let kiosk = Arc::clone(&kiosk);
        async move { kiosk.webhooks.run(stopping).await }
    });
    kiosk.begin(Some(receiver.url())).await;
    for _ in 0..500 {
        if !receiver.came().is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(receiver.came().len(), 1);
    stop.send_replace(true);
    running.await.unwrap().unwrap();
}
