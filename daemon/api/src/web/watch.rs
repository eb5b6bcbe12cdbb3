//! What stands around a dialect's routes: the log line, a panic of ours as an answer, headers that every answer has.

use std::panic::AssertUnwindSafe;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn, map_response};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use serde_json::Value;

use super::App;
use super::meter::metered;
use super::problem::{Form, Problem, render};

/// The routes with what is told of unknown ones below their mount, and with every problem in the dialect's `form`.
pub(crate) fn mounted(routes: Router<App>, form: fn(&Problem) -> Value) -> Router<App> {
    mounted_as(routes, Form::of(form))
}

/// The same, for a dialect with statuses of its own.
pub(crate) fn mounted_as(routes: Router<App>, form: Form) -> Router<App> {
    dialect_as(routes.fallback(async || Problem::NO_ROUTE), form)
}

/// The routes with every problem in the dialect's `form`. Of several dialects without a mount of their own, one is asked for
/// unknown routes.
pub(crate) fn dialect(routes: Router<App>, form: fn(&Problem) -> Value) -> Router<App> {
    dialect_as(routes, Form::of(form))
}

fn dialect_as(routes: Router<App>, form: Form) -> Router<App> {
    routes
        .method_not_allowed_fallback(async || Problem::WRONG_METHOD)
        .layer(from_fn(watch))
        .layer(map_response(move |response: Response| async move {
            render(response, form)
        }))
}

/// Logs the route's pattern and the answer's status, never the address or a header as it came; and turns a
/// panic of ours into an answer.
async fn watch(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let pattern = request.extensions().get::<MatchedPath>().cloned();
    let handling = AssertUnwindSafe(next.run(request)).catch_unwind();
    let (handled, left) = metered(handling).await;
    let mut response = handled.unwrap_or_else(|_| Problem::INTERNAL.into_response());
    let route = pattern.as_ref().map_or("(none)", MatchedPath::as_str);
    tracing::info!(%method, route, status = response.status().as_u16(), "answered");
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if let Some(left) = left {
        left.put(headers);
    }
    response
}
