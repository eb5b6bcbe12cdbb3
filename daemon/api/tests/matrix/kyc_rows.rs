//! The KYC API's rows: its document's 53 operations, the token's own, and ours beside the webhooks.

use serde_json::{Value, json};

use super::common::Part;
use super::rows::{self, About, Row, Sent, nothing, row};

const OPEN: About = About::Public("by the document: it tells nothing of anybody");
const SESSION: About = About::One("session");
const AUTHENTICATION: About = About::One("authentication");
const IDENTITY: About = About::One("identity");
const WEBHOOK: About = About::One("webhook");
const SECRET: About = About::One("secret");
const SDK: &[&str] = &["sdk"];
const MANAGED: &[&str] = &["management"];
const ERASES: &[&str] = &["management", "erase"];

/// A body that every operation finds its fields in: what it does not take it passes over.
fn whole(id: &str) -> Sent {
    rows::json(&fields(id))
}

fn fields(id: &str) -> Value {
    json!({
        "session_id": id, "identity_id": id, "id": id,
        "sdk_metadata": {"version": "1"}, "consented": true,
        "latitude": 59.9, "longitude": 10.75, "images": ["aW1hZ2U="],
        "document_type_e": "passport", "location_capture_type_e": "selfie_image_capture",
        "storage_file_type_e": "selfie",
        "name": "hook", "url": "https://example.com/hook",
    })
}

/// What names nothing, for what lists all of a kind.
fn bare(_: &str) -> Sent {
    rows::json(&json!({}))
}

fn side(id: &str) -> Sent {
    rows::form(&[
        Part::Text("session_id", id),
        Part::Text("latitude", "59.9"),
        Part::Text("longitude", "10.75"),
        Part::File("image", b"image"),
    ])
}

pub const ROWS: &[Row] = &[
    row("GET /", &[], OPEN, nothing),
    row("GET /ping", &[], OPEN, nothing),
    row("GET /status", &[], OPEN, nothing),
    row("GET /metrics/system", &[], OPEN, nothing),
    row("GET /health/live", &[], OPEN, nothing),
    row("GET /health/ready", &[], OPEN, nothing),
    row("GET /health/simple", &[], OPEN, nothing),
    row("GET /health", &[], OPEN, nothing),
    row("GET /version", &[], OPEN, nothing),
    row(
        "POST /oauth2/token",
        &[],
        About::Public("it is where a token is asked for; tried on its own below"),
        nothing,
    ),
    row("POST /idv/sdk/metadata/update", SDK, SESSION, whole),
    row("POST /idv/sdk/liveness/generate", SDK, SESSION, whole),
    row("POST /idv/sdk/liveness/process", SDK, SESSION, whole),
    row("POST /idv/sdk/session/read", SDK, SESSION, whole),
    row("POST /idv/sdk/consent/add", SDK, SESSION, whole),
    row("POST /idv/sdk/document-type/update", SDK, SESSION, whole),
    row("POST /idv/sdk/document/front/add", SDK, SESSION, side),
    row("POST /idv/sdk/document/back/add", SDK, SESSION, side),
    row("POST /idv/sdk/finalize", SDK, SESSION, whole),
    row("POST /ida/sdk/session/read", SDK, AUTHENTICATION, whole),
    row("POST /ida/sdk/metadata/update", SDK, AUTHENTICATION, whole),
    row(
        "POST /ida/sdk/liveness/generate",
        SDK,
        AUTHENTICATION,
        whole,
    ),
    row("POST /ida/sdk/liveness/process", SDK, AUTHENTICATION, whole),
    row("POST /ida/sdk/finalize", SDK, AUTHENTICATION, whole),
    row("POST /idv/session/create", MANAGED, About::Own, bare),
    row("POST /idv/session/list", MANAGED, About::All, bare),
    row("POST /idv/session/read", MANAGED, SESSION, whole),
    row("POST /idv/session/location/read", MANAGED, SESSION, whole),
    row("POST /idv/session/test/read", MANAGED, SESSION, whole),
    row("POST /idv/document/read", MANAGED, SESSION, whole),
    row("POST /idv/document/list", MANAGED, SESSION, whole),
    row("POST /idv/document/download", MANAGED, SESSION, whole),
    row("GET /idv/requirements", MANAGED, About::All, nothing),
    row("POST /idv/requirements", MANAGED, About::Own, whole),
    row("GET /idv/weights", MANAGED, About::All, nothing),
    row("POST /idv/weights", MANAGED, About::Own, whole),
    row(
        "GET /idv/weights/{id}",
        MANAGED,
        About::One("weights"),
        nothing,
    ),
    row("POST /ida/session/create", MANAGED, IDENTITY, whole),
    row("POST /ida/session/list", MANAGED, About::All, bare),
    row("POST /ida/session/read", MANAGED, AUTHENTICATION, whole),
    row(
        "POST /ida/session/location/read",
        MANAGED,
        AUTHENTICATION,
        whole,
    ),
    row(
        "POST /ida/document/download",
        MANAGED,
        AUTHENTICATION,
        whole,
    ),
    row("POST /identity/list", MANAGED, About::All, bare),
    row("POST /identity/read", MANAGED, IDENTITY, whole),
    row("POST /identity/status/read", MANAGED, IDENTITY, whole),
    row("POST /identity/document/read", MANAGED, IDENTITY, whole),
    row("POST /identity/image/read", MANAGED, IDENTITY, whole),
    row("POST /webhook/create", MANAGED, About::Own, whole),
    row("POST /webhook/list", MANAGED, About::All, bare),
    row("POST /webhook/test", MANAGED, WEBHOOK, whole),
    row("POST /webhook/delivery/list", MANAGED, About::All, bare),
    row("POST /webhook/secret/create", MANAGED, About::Own, bare),
    row("POST /webhook/secret/list", MANAGED, About::All, bare),
    row("POST /webhook/secret/delete", MANAGED, SECRET, whole),
    row("POST /webhook/delete", MANAGED, WEBHOOK, whole),
    row("POST /ida/session/delete", ERASES, AUTHENTICATION, whole),
    row("POST /identity/anonymize", ERASES, IDENTITY, whole),
    row("POST /idv/session/anonymize", ERASES, SESSION, whole),
    row("POST /idv/session/delete", ERASES, SESSION, whole),
];
