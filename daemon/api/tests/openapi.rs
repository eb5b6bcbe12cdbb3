//! The OpenAPI documents: committed as they are served, every route in them; and their pages need nothing from elsewhere.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use std::path::Path;
use std::sync::Arc;

use crate::common::Caller;
use axum::body::Body;
use axum::http::StatusCode;
use serde_json::Value;

/// Writes the documents in place of comparing them: `KIOSK_WRITE_OPENAPI=1 cargo test -p kiosk-api --test all openapi`.
const WRITE: &str = "KIOSK_WRITE_OPENAPI";

#[test]
fn the_documents_that_are_committed_are_those_that_the_code_gives() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api");
    for (name, text) in kiosk_api::documents() {
        let path = folder.join(format!("{name}.openapi.json"));
        if std::env::var_os(WRITE).is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == text,
            "{name}.openapi.json has drifted: {WRITE}=1 cargo test -p kiosk-api --test all openapi"
        );
    }
}

fn document(name: &str) -> Value {
    let all = kiosk_api::documents();
    let found = all.iter().find(|(known, _)| *known == name);
    serde_json::from_str(&found.unwrap().1).unwrap()
}

#[test]
fn each_is_openapi_3_1_with_operations_of_their_own_names_and_no_schema_missing() {
    for (name, text) in kiosk_api::documents() {
        let document = document(name);
        let version = document["openapi"].as_str().unwrap();
        assert!(version.starts_with("3.1"), "{version}");
        let mut ids = Vec::new();
        for item in document["paths"].as_object().unwrap().values() {
            for operation in item.as_object().unwrap().values() {
                ids.push(operation["operationId"].as_str().unwrap());
                let responses = operation["responses"].as_object().unwrap();
                // The KYC API's operations name each status; those of the others have ranges.
                let one = if name == "kyc" { "500" } else { "4XX" };
                assert!(responses.contains_key(one), "{operation}");
                assert!(name != "kyc" || !responses.contains_key("4XX"));
            }
        }
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert!(ids.len() == all && all > 5, "{name}: {ids:?}");
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let referred = text.split("#/components/schemas/").skip(1);
        for schema in referred.map(|rest| rest.split('"').next().unwrap()) {
            assert!(schemas.contains_key(schema), "{name}: {schema}");
        }
    }
}

/// Routes as the source writes them, which the document has under its mount.
#[test]
fn every_route_is_in_its_document() {
    for (name, mount, source) in [
        ("onboarder", "", include_str!("../src/onboarder/mod.rs")),
        (
            "kyc",
            "",
            // Its health is the one that it shares with the Onboarder.
            concat!(include_str!("../src/kyc/mod.rs"), "\"/health\""),
        ),
        ("master", "/api", include_str!("../src/master/mod.rs")),
        (
            "kyconnect",
            "/api/v1",
            include_str!("../src/connect/mod.rs"),
        ),
    ] {
        let document = document(name);
        let paths = document["paths"].as_object().unwrap();
        let routes = source.split('"').skip(1).step_by(2);
        let mut found = 0;
        for route in routes.filter(|text| text.starts_with('/')) {
            let path = format!("{mount}{route}");
            assert!(paths.contains_key(&path), "{path}");
            found += 1;
        }
        assert!(found >= paths.len(), "{name}: {found}");
    }
    let kairos = document("kairos");
    assert_eq!(kairos["paths"].as_object().unwrap().len(), 8);
}

#[tokio::test]
async fn programs_get_the_document_and_browsers_a_page_that_needs_nothing_else() {
    let caller = Caller::new(Arc::default()).by(None);
    for (name, text) in kiosk_api::documents() {
        for path in [
            format!("/docs/{name}"),
            format!("/docs/{name}/openapi.json"),
        ] {
            let answer = caller.get(&path).await;
            assert_eq!(answer.headers["content-type"], "application/json");
            assert!(answer.bytes == text.as_bytes(), "{path}");
        }
        let page = caller
            .request("GET", &format!("/docs/{name}"))
            .header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        let page = caller.send(page.body(Body::empty()).unwrap()).await;
        assert_eq!(page.status, StatusCode::OK);
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'"), "{policy}");
        let html = String::from_utf8(page.bytes).unwrap();
        for outside in ["<script", "src=", "http://", "https://", "@import", "url("] {
            assert!(!html.contains(outside), "{name}: {outside}");
        }
        let document = document(name);
        for path in document["paths"].as_object().unwrap().keys() {
            assert!(html.contains(path.as_str()), "{name}: {path}");
        }
    }
}

/// A body that is answered has every field, and null is what is not known: a client may rely on that.
#[test]
fn a_field_that_may_be_null_is_always_there() {
    let schemas = document("kyc")["components"]["schemas"].clone();
    let required = schemas["SdkSession"]["required"].as_array().unwrap();
    let fields = schemas["SdkSession"]["properties"].as_object().unwrap();
    assert_eq!(required.len(), fields.len(), "{required:?}");
    let sent = schemas["SessionBody"]["required"].as_array();
    assert!(sent.is_none(), "what is sent may be left out: {sent:?}");
    let of_kyconnect = document("kyconnect")["components"]["schemas"].clone();
    let tokens = of_kyconnect["Tokens"]["required"].as_array().unwrap();
    let now_and_then = tokens.iter().any(|name| name == "user");
    assert!(
        !now_and_then,
        "absent where a pair was refreshed: {tokens:?}"
    );
}

/// The operations that the published document counts, and what each asks for.
#[test]
fn the_kyc_api_has_its_53_operations_and_each_its_scope() {
    let document = document("kyc");
    let mut published = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let is_ours = path == "/oauth2/token"
            || ["/webhook/test", "/webhook/delivery/list"].contains(&path.as_str())
            || path.starts_with("/webhook/secret/");
        for operation in item.as_object().unwrap().values() {
            published += usize::from(!is_ours);
            let security = &operation["security"][0];
            let open = security.as_object().unwrap().is_empty();
            let is_sdks = path.contains("/sdk/");
            let scope = if is_sdks { "sdk" } else { "management" };
            if !open {
                assert_eq!(security["oauth2"], serde_json::json!([scope]), "{path}");
            }
            assert_eq!(security.get("client").is_some(), is_sdks, "{path}");
            assert_eq!(
                operation["responses"].get("401").is_none(),
                open && path != "/oauth2/token",
                "{path}"
            );
        }
    }
    assert_eq!(published, 53);
}
