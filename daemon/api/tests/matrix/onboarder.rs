//! The Onboarder's rows: keys with permissions.

use serde_json::json;
use std::sync::Arc;

use super::common::{Answer, Caller, Part};
use super::rows::{self, About, Row, Stage, Wrong, code, form, nothing, row, wrong};

const SESSION: About = About::One("session");

pub const ROWS: &[Row] = &[
    row(
        "GET /health",
        &[],
        About::Public("by the document"),
        nothing,
    ),
    row(
        "GET /kyc/{session_id}",
        &[],
        About::Public("a plain page, the same for every name"),
        nothing,
    ),
    row("POST /partner/sessions", &["create"], About::Own, |_| {
        rows::json(&json!({"external_user_id": "user_1"}))
    }),
    row("GET /partner/sessions", &["read"], About::All, nothing),
    row(
        "GET /partner/sessions/{session_id}",
        &["read"],
        SESSION,
        nothing,
    ),
    row(
        "POST /kyc/{session_id}/document",
        &["capture"],
        SESSION,
        |_| {
            form(&[
                Part::File("file", b"passport.jpg"),
                Part::Text("document_type", "passport"),
                Part::Text("country_code", "US"),
            ])
        },
    ),
    row(
        "POST /kyc/{session_id}/selfie",
        &["capture"],
        SESSION,
        |_| form(&[Part::File("file", b"selfie.jpg")]),
    ),
    row(
        "GET /kyc/{session_id}/liveness/challenge",
        &["capture"],
        SESSION,
        nothing,
    ),
    row(
        "POST /kyc/{session_id}/liveness/challenge",
        &["capture"],
        SESSION,
        nothing,
    ),
    row(
        "POST /kyc/{session_id}/liveness",
        &["capture"],
        SESSION,
        |_| {
            form(&[
                Part::Text("challenge_id", "chl_1"),
                Part::File("files", b"frame"),
            ])
        },
    ),
    row(
        "POST /kyc/{session_id}/preview-token",
        &["capture"],
        SESSION,
        nothing,
    ),
    row(
        "POST /kyc/{session_id}/submit",
        &["submit"],
        SESSION,
        nothing,
    ),
];

/// `{"detail", "status_code"}`.
fn published(answer: &Answer) -> (u16, String) {
    let status = answer.status.as_u16();
    let body = answer.json();
    let detail = body["detail"].as_str().unwrap();
    assert_eq!(body, json!({"detail": detail, "status_code": status}));
    (status, code(answer))
}

fn key(secret: &str) -> rows::Headers {
    vec![("X-API-Key", secret.to_owned())]
}

fn wrongs() -> Vec<Wrong> {
    let missing = |what, headers| wrong(what, headers, 401, "API_KEY_MISSING");
    let unknown = |what, headers| wrong(what, headers, 401, "API_KEY_INVALID");
    vec![
        missing("no key", vec![]),
        missing(
            "a key in another dialect's header",
            vec![("Authorization", "Bearer key-for-all".into())],
        ),
        unknown("an empty key", key("")),
        unknown("a wrong key", key("key-for-al")),
        unknown("a key longer than any", key(&"x".repeat(5_000))),
        unknown(
            "two keys",
            [key("key-for-all"), key("key-for-all")].concat(),
        ),
        unknown("a key that is over", key("key-that-is-over")),
        unknown("a key that was taken out of the file", key("key-of-before")),
    ]
}

fn narrow(row: &Row) -> Vec<Wrong> {
    let needs = row.needs.iter();
    needs
        .map(|permission| {
            let secret = key(&format!("key-but-{permission}"));
            wrong("a key that lacks it", secret, 403, "PERMISSION_MISSING")
        })
        .collect()
}

fn stage() -> Stage {
    Stage {
        caller: Caller::new(Arc::default()).by(None),
        form: published,
        right: key("key-for-all"),
        foreign: key("key-of-another-tenant"),
        things: [].into(),
        unknown: [("session", "SESSION_NOT_FOUND")].into(),
    }
}

#[tokio::test]
async fn every_operation_of_the_onboarder_refuses_who_may_not() {
    let mut stage = stage();
    let before = stage.lists(ROWS, &stage.foreign).await;
    let id = stage.caller.by(Some("key-for-all")).assessed().await;
    stage.things.insert("session", id);
    let tried = stage.refuses(ROWS, |_| wrongs()).await;
    assert_eq!(tried, rows::guarded(ROWS) * wrongs().len() * 2);
    assert_eq!(
        stage.refuses(ROWS, narrow).await,
        rows::guarded(ROWS) * 2,
        "each needs one permission"
    );
    assert_eq!(stage.keeps_apart(ROWS).await, 8);
    assert_eq!(stage.lists(ROWS, &stage.foreign).await, before);
    stage.lets_in(ROWS).await;
}
