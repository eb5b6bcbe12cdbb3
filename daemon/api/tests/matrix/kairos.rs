//! Kairos' rows: a credential's name and its key, each in a header.

use serde_json::json;
use std::sync::Arc;

use super::common::{Answer, Caller, Part};
use super::rows::{self, About, Row, Stage, Wrong, code, form, nothing, row, wrong};

const TO_ASK: &[&str] = &["create", "capture", "submit"];
const REQUEST: About = About::One("request");

fn both(_: &str) -> rows::Sent {
    form(&[
        Part::File("document", b"passport.jpg"),
        Part::File("selfie", b"selfie.jpg"),
    ])
}

pub const ROWS: &[Row] = &[
    row("POST /v0.1/full-id-verification", TO_ASK, About::Own, both),
    row(
        "GET /v0.1/full-id-verification/{api_req_uuid}",
        &["read"],
        REQUEST,
        nothing,
    ),
    row(
        "POST /v0.1/id-document-verification",
        TO_ASK,
        About::Own,
        both,
    ),
    row(
        "GET /v0.1/id-document-verification/{api_req_uuid}",
        &["read"],
        REQUEST,
        nothing,
    ),
    row(
        "POST /v0.1/biometric-verification",
        TO_ASK,
        About::Own,
        both,
    ),
    row(
        "GET /v0.1/biometric-verification/{api_req_uuid}",
        &["read"],
        REQUEST,
        nothing,
    ),
    row(
        "POST /v0.1/liveness-verification",
        TO_ASK,
        About::Own,
        |_| form(&[Part::File("selfie", b"selfie.jpg")]),
    ),
    row(
        "GET /v0.1/liveness-verification/{api_req_uuid}",
        &["read"],
        REQUEST,
        nothing,
    ),
];

/// `{"response_code": 0, "error": {"code", "description"}}`.
fn ours(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    let code = code(answer);
    let description = body["error"]["description"].as_str().unwrap();
    assert!(!description.is_empty());
    let error = json!({"code": code, "description": description});
    assert_eq!(body, json!({"response_code": 0, "error": error}));
    (answer.status.as_u16(), code)
}

fn app(name: &str, secret: &str) -> rows::Headers {
    vec![("app_id", name.to_owned()), ("app_key", secret.to_owned())]
}

fn wrongs() -> Vec<Wrong> {
    let missing = |what, headers| wrong(what, headers, 401, "APP_CREDENTIALS_MISSING");
    let unknown = |what, headers| wrong(what, headers, 401, "API_KEY_INVALID");
    vec![
        missing("neither half", vec![]),
        missing("a name alone", vec![("app_id", "all".into())]),
        missing("a key alone", vec![("app_key", "key-for-all".into())]),
        missing(
            "a key in another dialect's header",
            vec![("X-API-Key", "key-for-all".into())],
        ),
        unknown("a wrong key", app("all", "key-for-al")),
        unknown("an unknown name", app("nobody", "key-for-all")),
        unknown("another's name", app("other", "key-for-all")),
        unknown("another's key", app("all", "key-of-another-tenant")),
        unknown("neither known", app("nobody", "nothing")),
        unknown("a key that is over", app("over", "key-that-is-over")),
        unknown(
            "a key that was taken out of the file",
            app("before", "key-of-before"),
        ),
    ]
}

fn narrow(row: &Row) -> Vec<Wrong> {
    // The text names what lacks, so that each is asked on its own.
    let needs = row.needs.iter().take(1);
    needs.map(|permission| lacking(permission)).collect()
}

fn lacking(permission: &str) -> Wrong {
    let (name, secret) = (
        format!("all-but-{permission}"),
        format!("key-but-{permission}"),
    );
    wrong(
        "a key that lacks it",
        app(&name, &secret),
        403,
        "PERMISSION_MISSING",
    )
}

#[tokio::test]
async fn every_operation_of_kairos_refuses_who_may_not() {
    let caller = Caller::new(Arc::default());
    let id = caller.assessed().await;
    caller.submit(&id).await.ok();
    let stage = Stage {
        caller: caller.by(None),
        form: ours,
        right: app("all", "key-for-all"),
        foreign: app("other", "key-of-another-tenant"),
        things: [("request", id)].into(),
        unknown: [("request", "SESSION_NOT_FOUND")].into(),
    };
    let tried = stage.refuses(ROWS, |_| wrongs()).await;
    assert_eq!(tried, rows::guarded(ROWS) * wrongs().len() * 2);
    assert_eq!(stage.refuses(ROWS, narrow).await, rows::guarded(ROWS) * 2);
    for permission in TO_ASK {
        let asks = |row: &Row| match row.needs == TO_ASK {
            true => vec![lacking(permission)],
            false => vec![],
        };
        assert_eq!(stage.refuses(ROWS, asks).await, ROWS.len(), "{permission}");
    }
    assert_eq!(stage.keeps_apart(ROWS).await, ROWS.len() / 2);
    stage.lets_in(ROWS).await;
}
