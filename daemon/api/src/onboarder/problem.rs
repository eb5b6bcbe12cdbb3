//! The dialect's one form of error, and how it takes a credential.

use axum::http::HeaderMap;
use serde_json::{Value, json};

use crate::web::gate::{Presented, only};
use crate::web::problem::Problem;

/// `{"detail": ..., "status_code": ...}`
pub(super) fn form(problem: &Problem) -> Value {
    json!({"detail": problem.detail(), "status_code": problem.status()})
}

/// The key in its header.
pub(super) fn presented(headers: &HeaderMap) -> Result<Presented<'_>, Problem> {
    let key = only(headers, "x-api-key", &Problem::NO_KEY)?;
    Ok(Presented { name: None, key })
}
