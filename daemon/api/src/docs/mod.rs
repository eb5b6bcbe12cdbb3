//! `/docs/{dialect}`: each dialect's OpenAPI 3.1 document, made from the code, and a page for readers. The page needs nothing from
//! anywhere else: no script, no font, no other host.
//!
//! The documents are committed as `docs/api/{dialect}.openapi.json`; `tests/openapi.rs` fails where they drift.

mod answers;
mod page;
mod problems;
pub(crate) mod shapes;

use axum::Router;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use utoipa::openapi::OpenApi;

use crate::web::App;
pub(crate) use problems::{problems, with_named_problems, with_problems};

/// A dialect's name, and what describes it.
type Described = (&'static str, fn() -> OpenApi);

/// Every dialect that is described.
const DESCRIBED: [Described; 5] = [
    ("onboarder", crate::onboarder::openapi::document),
    ("kyc", crate::kyc::openapi::document),
    ("kairos", crate::kairos::openapi::document),
    ("master", crate::master::openapi::document),
    ("kyconnect", crate::connect::openapi),
];

/// What a page may load: its own style, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// A dialect's name, and its OpenAPI document as JSON text, for every dialect that is described.
pub fn documents() -> Vec<(&'static str, String)> {
    let described = DESCRIBED.iter();
    described
        .map(|(name, document)| (*name, text(&described_by(*document))))
        .collect()
}

/// The document, with what holds for every dialect.
fn described_by(document: fn() -> OpenApi) -> OpenApi {
    answers::with_what_is_always_there(document())
}

/// The routes of all of them. They ask for no credential: what they say is published.
pub(crate) fn routes() -> Router<App> {
    let mut routes = Router::new();
    for (name, document) in DESCRIBED {
        let document = described_by(document);
        let json: &'static str = text(&document).leak();
        let html: &'static str = page::page(name, &document).leak();
        routes = routes
            .route(
                &format!("/docs/{name}"),
                get(move |headers: HeaderMap| async move {
                    match is_for_a_reader(&headers) {
                        true => shown(html),
                        false => told(json),
                    }
                }),
            )
            .route(
                &format!("/docs/{name}/openapi.json"),
                get(move || async move { told(json) }),
            );
    }
    routes
}

/// Browsers ask for HTML by name; programs do not.
fn is_for_a_reader(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT);
    let text = accepted.and_then(|value| value.to_str().ok());
    text.is_some_and(|text| text.contains("text/html"))
}

fn shown(html: &'static str) -> Response {
    let headers: [(HeaderName, &str); 3] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::VARY, "Accept"),
    ];
    (headers, Html(html)).into_response()
}

fn told(json: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::VARY, "Accept"),
    ];
    (headers, json).into_response()
}

fn text(document: &OpenApi) -> String {
    document.to_pretty_json().unwrap_or_default() + "\n"
}
