//! KYConnect against who may not: people with roles by tokens of a login, machines by keys with scopes.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use time::Duration;

use super::common::{ADMIN, Answer, Caller, Memory};
pub use super::connect_rows::ROWS;
use super::rows::{self, Headers, NOBODY, Row, Stage, Wrong, code, wrong};

pub const OTHER_ADMIN: &str = "admin@other.example";
pub const PASSWORD: &str = "a long password of one's own";
const SCOPES: [&str; 12] = [
    "onboarding:read",
    "onboarding:write",
    "verification:read",
    "verification:write",
    "aml:read",
    "aml:write",
    "audit:read",
    "storage:read",
    "users:read",
    "users:write",
    "api-keys:read",
    "api-keys:write",
];

/// `{"statusCode", "message": [], "error"}`.
pub fn published(answer: &Answer) -> (u16, String) {
    let status = answer.status.as_u16();
    let body = answer.json();
    let told = body["message"].as_array().unwrap();
    assert!(
        !told.is_empty() && told.iter().all(Value::is_string),
        "{body}"
    );
    assert_eq!(body["statusCode"], status);
    assert_eq!(body["error"].as_str(), answer.status.canonical_reason());
    assert_eq!(body.as_object().unwrap().len(), 3, "{body}");
    (status, code(answer))
}

pub fn bearer(token: &str) -> Headers {
    vec![("Authorization", format!("Bearer {token}"))]
}

pub fn key(secret: &str) -> Headers {
    vec![("X-API-Key", secret.to_owned())]
}

/// Two firms' kiosk.
pub struct World {
    pub caller: Caller,
    pub memory: Arc<Memory>,
    /// The first password of each administrator; that of the first was changed.
    pub first: [String; 2],
}

impl World {
    pub async fn open() -> Self {
        let memory = Arc::<Memory>::default();
        let emails = [("demo", ADMIN), ("other", OTHER_ADMIN)];
        let (caller, first) = Caller::with_two_offices(Arc::clone(&memory), emails).await;
        let world = Self {
            caller: caller.by(None),
            memory,
            first,
        };
        world.settled(ADMIN, &world.first[0]).await;
        world
    }

    pub async fn post(&self, path: &str, who: &Headers, body: &Value) -> Answer {
        let request = Request::post(format!("/api/v1{path}"));
        let request = request.header("Content-Type", "application/json");
        let request = who.iter().fold(request, |request, (name, value)| {
            request.header(*name, value)
        });
        let body = Body::from(body.to_string());
        self.caller.send(request.body(body).unwrap()).await
    }

    pub async fn made(&self, path: &str, who: &Headers, body: &Value) -> Value {
        let answer = self.post(path, who, body).await;
        assert_eq!(answer.status.as_u16(), 201, "{path}: {}", answer.json());
        answer.json()
    }

    pub async fn try_in(&self, email: &str, password: &str) -> Answer {
        let body = json!({"email": email, "password": password});
        self.post("/auth/login", &vec![], &body).await
    }

    pub async fn login(&self, email: &str, password: &str) -> String {
        let came = self.try_in(email, password).await.ok();
        came["access_token"].as_str().unwrap().to_owned()
    }

    async fn key(&self, who: &Headers, name: &str, scopes: &[&str]) -> (String, Headers) {
        let body = json!({"name": name, "scopes": scopes, "expires_in_days": 1});
        let made = self.made("/api-keys", who, &body).await;
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        (text("id"), key(&text("key")))
    }

    pub async fn send(&self, method: &str, path: &str, who: &Headers, body: &Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"));
        let request = request.header("Content-Type", "application/json");
        let request = who.iter().fold(request, |request, (name, value)| {
            request.header(*name, value)
        });
        let body = Body::from(body.to_string());
        let answer = self.caller.send(request.body(body).unwrap()).await;
        assert_eq!(answer.status.as_u16(), 200, "{path}");
    }

    /// Somebody who works for the first firm: their id and a token.
    pub async fn colleague(&self, who: &Headers, email: &str, role: &str) -> (String, String) {
        let asked = json!({"email": email, "role": role});
        let invited = self.made("/users/invitations", who, &asked).await;
        let accept = json!({"token": invited["token"], "name": role, "password": PASSWORD});
        let user = self
            .made("/users/invitations/accept", &vec![], &accept)
            .await;
        let token = self.login(email, PASSWORD).await;
        (user["id"].as_str().unwrap().to_owned(), token)
    }

    /// A stage with nothing on it.
    pub fn stage(&self, right: Headers, foreign: Headers) -> Stage {
        Stage {
            caller: self.caller.clone(),
            form: published,
            right,
            foreign,
            things: KINDS.map(|(kind, _)| (kind, NOBODY.to_owned())).into(),
            unknown: KINDS.into(),
        }
    }

    /// Puts one of everything on it, but exceptions to lists: the kiosk in memory has no lists.
    async fn fill(&self, stage: &mut Stage) {
        let right = &stage.right;
        let invite = json!({"email": "new@bank.example", "role": "agent"});
        let invitation = self.made("/users/invitations", right, &invite).await;
        let (user, _) = self.colleague(right, "agent@bank.example", "agent").await;
        let (key, _) = self.key(right, "core", &["audit:read"]).await;
        let session = self.caller.by(Some("key-for-all")).assessed().await;
        let invitation = invitation["id"].as_str().unwrap().to_owned();
        stage.things.extend([
            ("session", session),
            ("user", user),
            ("invitation", invitation),
            ("key", key),
        ]);
    }

    /// Who logs in with a first password and chooses another.
    async fn settled(&self, email: &str, first: &str) -> Headers {
        let token = bearer(&self.login(email, first).await);
        let change = json!({"current_password": first, "new_password": PASSWORD});
        self.send("POST", "/auth/change-password", &token, &change)
            .await;
        bearer(&self.login(email, PASSWORD).await)
    }
}

const KINDS: [(&str, &str); 5] = [
    ("session", "SESSION_NOT_FOUND"),
    ("user", "NOT_FOUND"),
    ("invitation", "NOT_FOUND"),
    ("key", "NOT_FOUND"),
    ("exception", "EXCEPTION_NOT_FOUND"),
];

/// What lets nobody in any more.
struct Ended {
    over: String,
    key_over: Headers,
    logged_out: String,
    put_out: String,
    revoked: Headers,
    holding: Headers,
    holds: String,
}

impl Ended {
    /// Leaves the clock a day later.
    async fn of(world: &World) -> Self {
        let over = world.login(ADMIN, PASSWORD).await;
        let (_, key_over) = world.key(&bearer(&over), "old", &SCOPES).await;
        world.memory.wait(Duration::hours(25));
        let logged_out = world.login(ADMIN, PASSWORD).await;
        world
            .send("POST", "/auth/logout", &bearer(&logged_out), &json!({}))
            .await;
        let holds = world.login(ADMIN, PASSWORD).await;
        let admin = bearer(&holds);
        let (id, put_out) = world.colleague(&admin, "gone@bank.example", "admin").await;
        let out = json!({"active": false});
        world
            .send("PATCH", &format!("/users/{id}"), &admin, &out)
            .await;
        let (id, revoked) = world.key(&admin, "ended", &SCOPES).await;
        world
            .send("DELETE", &format!("/api-keys/{id}"), &admin, &json!({}))
            .await;
        let (_, holding) = world.key(&admin, "holding", &SCOPES).await;
        Self {
            holding,
            over,
            key_over,
            logged_out,
            put_out,
            revoked,
            holds,
        }
    }

    fn wrongs(&self) -> Vec<Wrong> {
        let token = |what, token: &str| wrong(what, bearer(token), 401, "TOKEN_INVALID");
        let key_of = |what, headers| wrong(what, headers, 401, "API_KEY_INVALID");
        let never = format!("kky_{}_{}", "0".repeat(32), "0".repeat(64));
        let mut spoilt = self.holds.clone();
        let last = spoilt.pop().unwrap();
        spoilt.push(if last == 'A' { 'E' } else { 'A' });
        let (_, unsigned) = self.holds.split_once('.').unwrap();
        let both = [bearer(&self.holds), key("key-for-all")].concat();
        vec![
            wrong("nothing", vec![], 401, "CREDENTIAL_MISSING"),
            wrong("a token and a key", both, 401, "TWO_CREDENTIALS"),
            token("a wrong token", "nothing"),
            token("a token of a changed signature", &spoilt),
            // {"alg":"none"}
            token(
                "a token that says it is not signed",
                &format!("eyJhbGciOiJub25lIn0.{unsigned}"),
            ),
            token("a token that is over", &self.over),
            token("a token of a login that was ended", &self.logged_out),
            token("a token of somebody who was put out", &self.put_out),
            key_of("a wrong key", key("key-for-al")),
            key_of("a key that never was", key(&never)),
            key_of("a key of a wrong secret", {
                let (_, held) = &self.holding[0];
                key(&format!("{}{}", &held[..37], "0".repeat(64)))
            }),
            key_of("a key that is over", self.key_over.clone()),
            key_of("a key that was revoked", self.revoked.clone()),
            key_of("a key of the config that is over", key("key-that-is-over")),
            key_of(
                "a key that was taken out of the config",
                key("key-of-before"),
            ),
        ]
    }
}

/// Keys that lack one scope each, and people whose role does.
struct Narrow {
    keys: Vec<(&'static str, Headers)>,
    viewer: Headers,
}

impl Narrow {
    async fn of(world: &World, admin: &Headers) -> Self {
        let mut keys = Vec::new();
        for lacking in SCOPES {
            let others: Vec<&str> = SCOPES.into_iter().filter(|one| *one != lacking).collect();
            let (_, held) = world.key(admin, lacking, &others).await;
            keys.push((lacking, held));
        }
        let viewer = world.colleague(admin, "viewer@bank.example", "viewer");
        let viewer = bearer(&viewer.await.1);
        Self { keys, viewer }
    }

    fn wrongs(&self, row: &Row) -> Vec<Wrong> {
        const VIEWED: [&str; 2] = ["onboarding:read", "verification:read"];
        let lacks = |what, headers| wrong(what, headers, 403, "SCOPE_MISSING");
        let needed = row.needs[0];
        let Some((_, held)) = self.keys.iter().find(|(lacking, _)| *lacking == needed) else {
            let machine = |what, headers| wrong(what, headers, 403, "PERSON_NEEDED");
            return match needed {
                "person" => vec![
                    machine("a key", self.keys[0].1.clone()),
                    machine("a key of the config", key("key-for-all")),
                ],
                _ => vec![],
            };
        };
        let mut wrongs = vec![lacks("a key that lacks the scope", held.clone())];
        if !VIEWED.contains(&needed) {
            wrongs.push(lacks("a person of another role", self.viewer.clone()));
        }
        if needed.ends_with("write") {
            wrongs.push(lacks("a key of the config that reads", key("key-to-read")));
        }
        wrongs
    }
}

#[tokio::test]
async fn every_operation_of_kyconnect_refuses_who_may_not() {
    let world = World::open().await;
    let ended = Ended::of(&world).await;
    let foreign = world.settled(OTHER_ADMIN, &world.first[1]).await;
    let mut stage = world.stage(bearer(&ended.holds), foreign);
    let before = stage.lists(ROWS, &stage.foreign).await;
    world.fill(&mut stage).await;
    let tried = stage.refuses(ROWS, |_| ended.wrongs()).await;
    assert_eq!(tried, rows::guarded(ROWS) * ended.wrongs().len() * 2);
    let narrow = Narrow::of(&world, &stage.right).await;
    let tried = stage.refuses(ROWS, |row| narrow.wrongs(row)).await;
    assert!(tried > rows::guarded(ROWS) * 2, "{tried}");
    assert!(stage.keeps_apart(ROWS).await > 15);
    assert_eq!(stage.lists(ROWS, &stage.foreign).await, before);
    stage.lets_in(ROWS).await;
}
