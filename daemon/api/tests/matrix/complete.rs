//! No operation is left out: the published lists, the OpenAPI documents, the routes in the source, and what each path answers.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use kiosk_api::limits::Limits;
use serde_json::Value;

use super::common::Caller;
use super::rows::{NOBODY, Row};
use super::{connect, kairos, kyc, master, onboarder};

/// A dialect's list, its mount, its rows, and the source of its routes.
const DIALECTS: [(&str, &str, &[Row], &str); 5] = [
    (
        "onboarder",
        "",
        onboarder::ROWS,
        include_str!("../../src/onboarder/mod.rs"),
    ),
    ("kyc", "", kyc::ROWS, include_str!("../../src/kyc/mod.rs")),
    (
        "kairos",
        "/v0.1",
        kairos::ROWS,
        include_str!("../../src/kairos/scope.rs"),
    ),
    (
        "master",
        "/api",
        master::ROWS,
        include_str!("../../src/master/mod.rs"),
    ),
    (
        "kyconnect",
        "/api/v1",
        connect::ROWS,
        include_str!("../../src/connect/mod.rs"),
    ),
];

/// An operation without the names of what it names, which each list writes in its own way.
fn bare(operation: &str) -> String {
    let mut text = String::new();
    for (place, part) in operation.split('{').enumerate() {
        text.push_str(match place {
            0 => part,
            _ => part.split_once('}').map_or("", |(_, rest)| rest),
        });
    }
    text
}

fn operations(rows: &[Row]) -> BTreeSet<String> {
    rows.iter().map(|row| bare(row.operation)).collect()
}

#[test]
fn every_operation_of_the_published_lists_and_of_the_openapi_documents_has_a_row() {
    for (name, _, rows, _) in DIALECTS {
        let rowed = operations(rows);
        assert_eq!(rowed.len(), rows.len(), "{name}: a row stands twice");
        let list = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/coverage/{name}.txt"));
        let list = std::fs::read_to_string(list).unwrap();
        let mut listed = 0;
        for line in list.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let [method, path] = words.as_slice() else {
                continue;
            };
            if path.starts_with('/') {
                assert!(rowed.contains(&bare(line)), "{name}: {method} {path}");
                listed += 1;
            }
        }
        assert!(listed > 1, "{name}");
    }
}

#[test]
fn every_described_operation_has_a_row_and_is_open_where_the_row_says_so() {
    let mut described = 0;
    for (name, text) in kiosk_api::documents() {
        let (_, _, rows, _) = DIALECTS.iter().find(|(known, ..)| *known == name).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let mut found = BTreeMap::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let security = operation.get("security").or(document.get("security"));
                let empty =
                    |needed: &Value| needed.as_object().is_some_and(serde_json::Map::is_empty);
                let open = security
                    .and_then(Value::as_array)
                    .is_none_or(|all| all.is_empty() || all.iter().any(empty));
                found.insert(bare(&format!("{} {path}", method.to_uppercase())), open);
            }
        }
        for row in *rows {
            // One route answers for two documents.
            let shared = row.operation == "GET /health";
            let open = found.remove(&bare(row.operation));
            assert!(
                shared || open == Some(row.is_public()),
                "{name}: {} {open:?}",
                row.operation
            );
            described += 1;
        }
        assert!(found.is_empty(), "{name}: without a row: {found:?}");
    }
    assert!(described > 80, "{described}");
}

#[test]
fn every_path_of_the_routes_in_the_source_has_a_row() {
    for (name, mount, rows, source) in DIALECTS {
        let paths: BTreeSet<String> = rows.iter().map(|row| bare(row.path())).collect();
        let texts = source.split('"').skip(1).step_by(2);
        let mut found = 0;
        for route in texts.filter(|text| text.starts_with('/')) {
            let path = bare(&format!("{mount}{route}"));
            assert!(paths.contains(&path), "{name}: {path}");
            found += 1;
        }
        assert!(found > 2, "{name}");
    }
}

#[tokio::test]
async fn a_path_answers_by_no_method_that_has_no_row() {
    let limits = Limits {
        connect_per_minute: NonZeroU32::new(100_000).unwrap(),
        ..Limits::default()
    };
    let caller = Caller::with_limits(Arc::default(), limits).by(None);
    for (name, _, rows, _) in DIALECTS {
        let rowed = operations(rows);
        for row in rows {
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
                let operation = format!("{method} {}", row.path());
                if rowed.contains(&bare(&operation)) || row.path() == "/health" {
                    continue;
                }
                let path = row
                    .path()
                    .replace(['{', '}'], "")
                    .replace("api_req_uuid", NOBODY);
                let request = Request::builder().method(method).uri(path);
                let answer = caller.send(request.body(Body::empty()).unwrap()).await;
                let code = answer.headers.get("x-error-code");
                assert_eq!(
                    code.map(|code| code.to_str().unwrap()),
                    Some("WRONG_METHOD"),
                    "{name}: {operation} has no row"
                );
            }
        }
    }
}
