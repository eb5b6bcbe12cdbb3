//! Master EKYC against who may not: API tokens with permissions, SDK and mobile tokens of one applicant.

use std::sync::Arc;

use serde_json::{Value, json};
use time::Duration;

use super::common::{Answer, Caller, ENDING, Memory, Part};
use super::rows::{
    self, About, Headers, NOBODY, Row, Sent, Stage, Wrong, code, nothing, row, wrong,
};

const APPLICANT: About = About::One("applicant");
/// API tokens alone.
const CREATE: &[&str] = &["create", "api"];
const READ: &[&str] = &["read", "api"];
const TOKENS: &[&str] = &["capture", "api"];
const SUBMIT: &[&str] = &["submit", "api"];
const ERASE: &[&str] = &["erase", "api"];
/// And those of one applicant.
const SHOW: &[&str] = &["read"];
const CAPTURE: &[&str] = &["capture"];

/// A body that every operation finds its fields in.
fn whole(id: &str) -> Sent {
    rows::json(&json!({
        "applicant_id": id, "channel": "email", "code": "000000",
        "first_name": "John", "last_name": "Smith", "email": "john@example.com",
    }))
}

fn document(id: &str) -> Sent {
    rows::form(&[
        Part::Text("applicant_id", id),
        Part::Text("type", "passport"),
        Part::Text("issuing_country", "US"),
        Part::File("file", b"passport.jpg"),
    ])
}

fn selfie(id: &str) -> Sent {
    rows::form(&[
        Part::Text("applicant_id", id),
        Part::File("selfie", b"selfie.jpg"),
    ])
}

fn of_applicant(id: &str) -> Sent {
    rows::query(format!("?applicant_id={id}"))
}

pub const ROWS: &[Row] = &[
    row("POST /api/applicants", CREATE, About::Own, whole),
    row("GET /api/applicants", READ, About::All, nothing),
    row(
        "GET /api/applicants/{applicant_id}",
        SHOW,
        APPLICANT,
        nothing,
    ),
    row(
        "PUT /api/applicants/{applicant_id}",
        CREATE,
        APPLICANT,
        whole,
    ),
    row("POST /api/sdk_tokens", TOKENS, APPLICANT, whole),
    row("POST /api/mobile_tokens", TOKENS, APPLICANT, whole),
    row("POST /api/otp", CAPTURE, APPLICANT, whole),
    row("POST /api/verify_otp", CAPTURE, APPLICANT, whole),
    row("POST /api/documents", CAPTURE, APPLICANT, document),
    row("GET /api/documents", READ, APPLICANT, of_applicant),
    row(
        "POST /api/check_liveness_document",
        CAPTURE,
        APPLICANT,
        whole,
    ),
    row("POST /api/videos", CAPTURE, APPLICANT, selfie),
    row("GET /api/videos", READ, APPLICANT, of_applicant),
    row("POST /api/challenges", CAPTURE, APPLICANT, whole),
    row("POST /api/check_liveness_video", CAPTURE, APPLICANT, whole),
    row("POST /api/checks", SUBMIT, APPLICANT, whole),
    row("GET /api/checks", READ, APPLICANT, of_applicant),
    row("GET /api/checks/{check_id}", READ, APPLICANT, nothing),
    row(
        "DELETE /api/applicants/{applicant_id}",
        ERASE,
        APPLICANT,
        nothing,
    ),
];

/// `{"error": {"code", "message"}}`.
fn ours(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    let code = code(answer);
    let message = body["error"]["message"].as_str().unwrap();
    assert!(!message.is_empty());
    assert_eq!(body, json!({"error": {"code": code, "message": message}}));
    (answer.status.as_u16(), code)
}

fn bearer(token: &str) -> Headers {
    vec![("Authorization", format!("Bearer {token}"))]
}

/// A kiosk, and tokens of its applicants.
struct World {
    caller: Caller,
    memory: Arc<Memory>,
}

impl World {
    fn new() -> Self {
        let memory = Arc::<Memory>::default();
        Self {
            caller: Caller::new(Arc::clone(&memory)),
            memory,
        }
    }

    async fn post(&self, path: &str, by: &str, body: &Value) -> Value {
        let caller = self.caller.by(None);
        let request = caller.request("POST", &format!("/api{path}"));
        let request = request
            .header("Authorization", format!("Bearer {by}"))
            .header("Content-Type", "application/json");
        let answer = caller
            .send(request.body(body.to_string().into()).unwrap())
            .await;
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.json());
        answer.json()
    }

    async fn token(&self, by: &str, kind: &str, id: &str) -> String {
        let made = self
            .post(&format!("/{kind}_tokens"), by, &json!({"applicant_id": id}))
            .await;
        made["token"].as_str().unwrap().to_owned()
    }

    /// An applicant that is decided.
    async fn applicant(&self) -> String {
        let id = self.caller.assessed().await;
        self.caller.submit(&id).await.ok();
        id
    }
}

/// Tokens that hold no longer.
struct Ended {
    over: String,
    of_an_ended_key: String,
    replaced: String,
    carried_off: String,
}

impl Ended {
    async fn of(world: &World, id: &str) -> Self {
        let over = world.token("key-for-all", "sdk", id).await;
        world.memory.wait(ENDING - Duration::minutes(5));
        let other = world.applicant().await;
        let of_an_ended_key = world.token("key-that-ends", "mobile", &other).await;
        world.memory.wait(Duration::minutes(5));
        let replaced = world.token("key-for-all", "mobile", id).await;
        let carried_off = world.token("key-for-all", "mobile", id).await;
        Self {
            over,
            of_an_ended_key,
            replaced,
            carried_off,
        }
    }

    fn wrongs(&self) -> Vec<Wrong> {
        let missing = |what, headers| wrong(what, headers, 401, "TOKEN_MISSING");
        let unknown = |what, headers| wrong(what, headers, 401, "TOKEN_INVALID");
        let mut in_a_page = bearer(&self.carried_off);
        in_a_page.push(("Origin", "https://elsewhere.example".into()));
        vec![
            missing("no token", vec![]),
            missing(
                "a key in another dialect's header",
                vec![("X-API-Key", "key-for-all".into())],
            ),
            unknown("a wrong token", bearer("key-for-al")),
            unknown(
                "an SDK's token that never was",
                bearer(&format!("sdk_{}", "0".repeat(64))),
            ),
            unknown(
                "another scheme",
                vec![("Authorization", "Basic key-for-all".into())],
            ),
            unknown(
                "two tokens",
                [bearer("key-for-all"), bearer("key-for-all")].concat(),
            ),
            unknown("an API token that is over", bearer("key-that-is-over")),
            unknown(
                "an API token taken out of the file",
                bearer("key-of-before"),
            ),
            unknown("an SDK's token that is over", bearer(&self.over)),
            unknown("a token whose key is over", bearer(&self.of_an_ended_key)),
            unknown(
                "a token that another took the place of",
                bearer(&self.replaced),
            ),
            unknown("an app's token in a page", in_a_page),
        ]
    }
}

#[tokio::test]
async fn every_operation_of_master_ekyc_refuses_who_may_not() {
    let world = World::new();
    let id = world.applicant().await;
    let mut stage = Stage {
        caller: world.caller.by(None),
        form: ours,
        right: bearer("key-for-all"),
        foreign: bearer("key-of-another-tenant"),
        things: [("applicant", id.clone())].into(),
        unknown: [("applicant", "SESSION_NOT_FOUND")].into(),
    };
    let nobodys = stage.lists(ROWS, &stage.foreign).await;
    let ended = Ended::of(&world, &id).await;
    let tried = stage.refuses(ROWS, |_| ended.wrongs()).await;
    assert_eq!(tried, rows::guarded(ROWS) * ended.wrongs().len() * 2);
    let lacking = |row: &Row| {
        let key = bearer(&format!("key-but-{}", row.needs[0]));
        vec![wrong("a key that lacks it", key, 403, "PERMISSION_MISSING")]
    };
    assert_eq!(stage.refuses(ROWS, lacking).await, ROWS.len() * 2);
    assert_eq!(stage.keeps_apart(ROWS).await, ROWS.len() - 2);
    let empty = World::new();
    stage.caller = empty.caller.by(None);
    assert_eq!(stage.lists(ROWS, &stage.foreign).await, nobodys);
    stage.caller = world.caller.by(None);
    stage.lets_in(ROWS).await;
}

#[tokio::test]
async fn a_token_of_one_applicant_does_nothing_for_another_and_nothing_that_is_an_api_tokens() {
    let world = World::new();
    let (own, other) = (world.applicant().await, world.applicant().await);
    let caller = world.caller.by(None);
    for kind in ["sdk", "mobile"] {
        let token = bearer(&world.token("key-for-all", kind, &own).await);
        for row in ROWS {
            let theirs = row.ask(&caller, &other, &token).await;
            let never = row.ask(&caller, NOBODY, &token).await;
            let told = match row.needs.contains(&"api") {
                true => (403, "TOKEN_KIND".to_owned()),
                false => (404, "SESSION_NOT_FOUND".to_owned()),
            };
            assert_eq!(ours(&theirs), told, "{kind}: {}", row.operation);
            assert_eq!(theirs.bytes, never.bytes, "{kind}: {}", row.operation);
        }
    }
}
