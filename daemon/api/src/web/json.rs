//! A JSON body, read within its bounds.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::header;
use http_body_util::LengthLimitError;
use serde_json::{Map, Value};

use super::problem::Problem;

/// The object in a request's body. Depth is bounded by serde_json (128).
pub(crate) async fn object(
    request: Request,
    most_bytes: usize,
    within: Duration,
) -> Result<Map<String, Value>, Problem> {
    if !is_json(&request) {
        return Err(Problem::media_type("application/json"));
    }
    let body = tokio::time::timeout(within, to_bytes(request.into_body(), most_bytes)).await;
    let bytes = body.map_err(|_| Problem::TOO_SLOW)?.map_err(|error| {
        if error.into_inner().is::<LengthLimitError>() {
            Problem::TOO_LARGE
        } else {
            Problem::BROKEN_BODY
        }
    })?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Problem::validation("The body has to be a JSON object")),
        Err(_) => Err(Problem::not_json()),
    }
}

fn is_json(request: &Request) -> bool {
    let value = request.headers().get(header::CONTENT_TYPE);
    let essence = value
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}
