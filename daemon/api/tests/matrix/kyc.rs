//! The KYC API against who may not: tokens with scopes, of one client, some of one session.

use std::sync::Arc;

use kiosk_session::{FieldName, Weights};
use serde_json::{Value, json};
use time::Duration;

use super::common::{Answer, Client, ENDING, ask_token, form_of};
pub use super::kyc_rows::ROWS;
use super::rows::{self, Headers, NOBODY, Row, Stage, Wrong, code, wrong};

/// `{"error", "message"}`.
fn ours(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    let code = code(answer);
    let message = body["message"].as_str().unwrap();
    assert!(!message.is_empty());
    assert_eq!(body, json!({"error": code, "message": message}));
    (answer.status.as_u16(), code)
}

fn bearer(client: &Client) -> Headers {
    with(&client.token, client.name)
}

fn with(token: &str, client: &str) -> Headers {
    vec![
        ("Authorization", format!("Bearer {token}")),
        ("X-Client-Id", client.to_owned()),
    ]
}

async fn token_of(client: &Client, name: &'static str, key: &str, more: &str) -> Headers {
    let given = ask_token(&client.caller, &(form_of(name, key) + more)).await;
    with(given.ok()["access_token"].as_str().unwrap(), name)
}

/// A client whose tenant has one of everything, and tokens that are over.
struct World {
    client: Client,
    stage: Stage,
    /// Its hour is over.
    over: Headers,
    /// It holds; its key does not any more.
    of_an_ended_key: Headers,
}

impl World {
    async fn open() -> Self {
        let first = Client::new("all", "key-for-all").await;
        let over = bearer(&first);
        first.memory.wait(ENDING - Duration::minutes(10));
        let of_an_ended_key = token_of(&first, "ending", "key-that-ends", "").await;
        first.memory.wait(Duration::minutes(10));
        let client = first.with_token("key-for-all", "").await;
        let stage = Stage {
            caller: client.caller.clone(),
            form: ours,
            right: bearer(&client),
            foreign: token_of(&client, "other", "key-of-another-tenant", "").await,
            things: [].into(),
            unknown: [
                ("session", "SESSION_NOT_FOUND"),
                ("authentication", "SESSION_NOT_FOUND"),
                ("identity", "IDENTITY_NOT_FOUND"),
                ("weights", "WEIGHTS_NOT_FOUND"),
                ("webhook", "WEBHOOK_NOT_FOUND"),
                ("secret", "SECRET_NOT_FOUND"),
            ]
            .into(),
        };
        Self {
            client,
            stage,
            over,
            of_an_ended_key,
        }
    }

    /// One of everything.
    async fn fill(&mut self) {
        let named = |answer: Value, name: &str| answer[name].as_str().unwrap().to_owned();
        let client = &self.client;
        let session = client.approved().await;
        let identity = client.approved().await;
        let of = json!({"identity_id": identity});
        let authentication = client.post("/ida/session/create", of).await.ok();
        let policy = include_str!("../../../session/policies/default.toml");
        let weights = Weights::of_policy(&toml::from_str(policy).unwrap());
        let weights = serde_json::to_value(weights).unwrap();
        let weights = client.post("/idv/weights", weights).await.ok();
        let hook = json!({"name": "hook", "url": "https://example.com/hook"});
        let webhook = client.post("/webhook/create", hook).await.ok();
        let secret = client.post("/webhook/secret/create", json!({})).await.ok();
        let tried = json!({"id": webhook["id"]});
        client.post("/webhook/test", tried).await.ok();
        let mut required = json!({"type_e": "passport", "data_source_e": "mrz"});
        for (word, _) in FieldName::NAMED {
            required[format!("{word}_required")] = true.into();
        }
        client.post("/idv/requirements", required).await.ok();
        self.stage.things = [
            ("session", session),
            ("authentication", named(authentication, "session_id")),
            ("identity", identity),
            ("weights", named(weights, "idv_weights_id")),
            ("webhook", named(webhook, "id")),
            ("secret", named(secret, "id")),
        ]
        .into();
    }

    fn wrongs(&self) -> Vec<Wrong> {
        let missing = |what, headers| wrong(what, headers, 401, "TOKEN_MISSING");
        let unknown = |what, headers| wrong(what, headers, 401, "TOKEN_INVALID");
        let basic = vec![("Authorization", "Basic YWxsOmtleS1mb3ItYWxs".to_owned())];
        vec![
            missing("no token", vec![("X-Client-Id", "all".into())]),
            missing(
                "a key in another dialect's header",
                vec![("X-API-Key", "key-for-all".into())],
            ),
            unknown("a wrong token", with(&"0".repeat(64), "all")),
            unknown("an empty token", with("", "all")),
            unknown("the key in the token's place", with("key-for-all", "all")),
            unknown("name and key in the token's place", basic),
            unknown("a token that is over", self.over.clone()),
            unknown("a token whose key is over", self.of_an_ended_key.clone()),
        ]
    }
}

/// Tokens that lack what a row needs: the other scope, another client's name, a permission of their key.
async fn narrow(world: &World) -> impl Fn(&Row) -> Vec<Wrong> + use<> {
    let client = &world.client;
    let sdk = token_of(client, "all", "key-for-all", "&scope=sdk").await;
    let managing = token_of(client, "all", "key-for-all", "&scope=management").await;
    let keeping = token_of(client, "all-but-erase", "key-but-erase", "").await;
    let others = with(&client.token, "other");
    move |row| {
        let scope = |who: &Headers| wrong("another scope", who.clone(), 403, "SCOPE_MISSING");
        let erases = || {
            wrong(
                "a key that may not erase",
                keeping.clone(),
                403,
                "PERMISSION_MISSING",
            )
        };
        let client = || {
            wrong(
                "another client's name",
                others.clone(),
                403,
                "CLIENT_ID_DIFFERS",
            )
        };
        match row.needs {
            ["sdk"] => vec![scope(&managing), client()],
            ["management"] => vec![scope(&sdk)],
            _ => vec![scope(&sdk), erases()],
        }
    }
}

#[tokio::test]
async fn every_operation_of_the_kyc_api_refuses_who_may_not() {
    let mut world = World::open().await;
    let before = world.stage.lists(ROWS, &world.stage.foreign).await;
    world.fill().await;
    let stage = &world.stage;
    let tried = stage.refuses(ROWS, |_| world.wrongs()).await;
    assert_eq!(tried, rows::guarded(ROWS) * world.wrongs().len() * 2);
    let lacking = narrow(&world).await;
    assert!(stage.refuses(ROWS, lacking).await >= rows::guarded(ROWS) * 2);
    assert!(stage.keeps_apart(ROWS).await > 35);
    assert_eq!(stage.lists(ROWS, &stage.foreign).await, before);
    stage.lets_in(ROWS).await;
}

#[tokio::test]
async fn an_sdks_token_of_one_session_finds_no_other_of_its_own_tenant() {
    let mut world = World::open().await;
    world.fill().await;
    let own = world.client.create(json!({})).await;
    let more = format!("&session_id={own}");
    let bound = token_of(&world.client, "all", "key-for-all", &more).await;
    let mut tried = 0;
    for row in ROWS.iter().filter(|row| row.needs == ["sdk"]) {
        let stage = &world.stage;
        let other = row.ask(&stage.caller, stage.thing(row), &bound).await;
        let never = row.ask(&stage.caller, NOBODY, &bound).await;
        let unknown = (404, "SESSION_NOT_FOUND".to_owned());
        assert_eq!(ours(&other), unknown, "{}", row.operation);
        assert_eq!(other.bytes, never.bytes, "{}", row.operation);
        tried += 1;
    }
    assert_eq!(tried, 14);
}

#[tokio::test]
async fn a_client_that_is_unknown_or_over_is_given_no_token_and_told_no_more_than_one_with_a_wrong_key()
 {
    let client = Client::new("all", "key-for-all").await;
    client.memory.wait(ENDING);
    let mut told: Vec<Vec<u8>> = Vec::new();
    for (name, key) in [
        ("all", "key-for-al"),
        ("nobody", "key-for-all"),
        ("nobody", "nothing"),
        ("other", "key-for-all"),
        ("over", "key-that-is-over"),
        ("ending", "key-that-ends"),
    ] {
        let answer = ask_token(&client.caller, &form_of(name, key)).await;
        assert_eq!(answer.status.as_u16(), 401, "{name}");
        assert!(answer.headers.contains_key("www-authenticate"));
        told.push(answer.bytes);
    }
    told.dedup();
    assert_eq!(told, [br#"{"error":"invalid_client"}"#]);
    let foreign = Client::of(Arc::clone(&client.memory), "other", "key-of-another-tenant").await;
    let id = foreign.create(json!({})).await;
    let theirs = form_of("all", "key-for-all") + "&session_id=" + &id;
    let never = form_of("all", "key-for-all") + "&session_id=" + NOBODY;
    let theirs = ask_token(&client.caller, &theirs).await;
    assert_eq!(theirs.status.as_u16(), 400);
    assert_eq!(theirs.bytes, ask_token(&client.caller, &never).await.bytes);
}
