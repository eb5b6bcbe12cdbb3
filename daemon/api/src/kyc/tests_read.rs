//! `/idv/session/test/read`: each test on its own; null is what was not made or what no kiosk can know.

use axum::extract::{Request, State};
use axum::{Extension, Json};
use kiosk_session::{
    CrosscheckField, CrosscheckOutcome, DocumentEvidence, MANIPULATION, Policy, SignalName, quiet,
};
use serde_json::{Map, Value, json};

use super::sdk::named;
use super::who::Who;
use crate::web::App;
use crate::web::problem::Problem;

/// What only a registry of licences could tell.
const REGISTRY: [&str; 17] = [
    "document_number",
    "document_expiration",
    "document_issue",
    "document_category",
    "birth_date",
    "sex",
    "eye_color",
    "height",
    "weight",
    "first_name",
    "middle_name",
    "last_name",
    "suffix_name",
    "street",
    "city",
    "state",
    "postal_code",
];

/// `POST /idv/session/test/read`
pub(super) async fn read(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let (_, id) = named(&app, request).await?;
    let session = who.session(&app, id).await?;
    Ok(Json(Value::Object(tests(
        session.state.document(),
        app.service.policy(),
    ))))
}

fn tests(read: Option<&DocumentEvidence>, policy: &Policy) -> Map<String, Value> {
    let mut tests = Map::new();
    let mut put = |name: String, value: Value| {
        tests.insert(name, value);
    };
    let front = [
        (
            "image_manipulation",
            read.and_then(|read| quiet(read, &MANIPULATION, policy)),
        ),
        (
            "is_identity_document",
            read.map(|read| read.fields.is_some()),
        ),
        ("online_duplication", None),
        (
            "suspicious_words",
            read.and_then(|read| quiet(read, &[SignalName::SuspiciousWords], policy)),
        ),
    ];
    // Signals are of the whole document: of its back alone nothing is said.
    for (name, passed) in front {
        put(format!("doc_front_{name}"), json!(passed.map(word)));
        put(format!("doc_back_{name}"), Value::Null);
    }
    for name in REGISTRY {
        put(format!("dmv_{name}_match"), Value::Null);
    }
    for (name, field) in [
        (
            "document_number_crosscheck",
            CrosscheckField::DocumentNumber,
        ),
        ("name_crosscheck", CrosscheckField::Name),
        ("address_crosscheck", CrosscheckField::Address),
    ] {
        put(
            name.to_owned(),
            json!(read.and_then(|read| agrees(read, field))),
        );
    }
    tests
}

const fn word(passed: bool) -> &'static str {
    if passed { "passed" } else { "failed" }
}

fn agrees(read: &DocumentEvidence, field: CrosscheckField) -> Option<bool> {
    let check = read.crosschecks.iter().find(|check| check.field == field)?;
    match check.outcome {
        CrosscheckOutcome::Agrees { .. } => Some(true),
        CrosscheckOutcome::Differs { .. } => Some(false),
        CrosscheckOutcome::NotAssessed(_) => None,
    }
}
