//! What goes wrong, in this document's form: `{"statusCode", "message": [], "error"}` and the statuses of its table.

use axum::http::StatusCode;
use kiosk_staff::StaffError;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{IntoResponses, ToSchema};

use crate::web::problem::{Form, Problem};

/// How every problem is answered here.
pub(super) const FORM: Form = Form { body, status };

/// An error.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fault {
    /// The answer's status.
    #[schema(example = 400)]
    status_code: u16,
    /// What is wrong, each thing on its own.
    #[schema(example = json!(["email must be a valid email"]))]
    message: Vec<String>,
    /// The status in words.
    #[schema(example = "Bad Request")]
    error: String,
}

/// What may go wrong with any call.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "read by the derivation of the document alone")]
pub(super) enum Faults {
    /// Validation error: the `message` array has the fields.
    #[response(status = 400)]
    Bad(Fault),
    /// Missing, wrong or expired token or key.
    #[response(status = 401)]
    Unauthorized(Fault),
    /// Insufficient role or scope.
    #[response(status = 403)]
    Forbidden(Fault),
    /// Resource not found.
    #[response(status = 404)]
    NotFound(Fault),
    /// Duplicate resource or state mismatch.
    #[response(status = 409)]
    Conflict(Fault),
    /// A business rule stands against it, or a file can't be used.
    #[response(status = 422)]
    Unprocessable(Fault),
    /// Too many calls; `Retry-After` says when to come back.
    #[response(status = 429)]
    TooMany(Fault),
    /// A fault of the kiosk's.
    #[response(status = 500)]
    Internal(Fault),
    /// Ours: out of room or parts for now; `Retry-After` says when to come back.
    #[response(status = 503)]
    Unavailable(Fault),
}

/// The table's status for what other dialects answer with statuses that it does not have.
fn status(problem: &Problem) -> StatusCode {
    let status =
        StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match status {
        StatusCode::UNPROCESSABLE_ENTITY if problem.code() == "VALIDATION" => {
            StatusCode::BAD_REQUEST
        }
        StatusCode::BAD_REQUEST if problem.is_refusal() => StatusCode::CONFLICT,
        StatusCode::METHOD_NOT_ALLOWED => StatusCode::NOT_FOUND,
        StatusCode::REQUEST_TIMEOUT
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNSUPPORTED_MEDIA_TYPE => StatusCode::BAD_REQUEST,
        other => other,
    }
}

fn body(problem: &Problem) -> Value {
    let status = status(problem);
    json!(Fault {
        status_code: status.as_u16(),
        message: problem.messages(),
        error: status.canonical_reason().unwrap_or_default().to_owned(),
    })
}

impl From<StaffError> for Problem {
    fn from(error: StaffError) -> Self {
        use StatusCode as S;
        let (status, code) = match &error {
            StaffError::Credentials => (S::UNAUTHORIZED, "CREDENTIALS_WRONG"),
            StaffError::CodeMissing => (S::UNAUTHORIZED, "MFA_CODE_MISSING"),
            StaffError::CodeWrong => (S::UNAUTHORIZED, "MFA_CODE_WRONG"),
            StaffError::Token => (S::UNAUTHORIZED, "TOKEN_INVALID"),
            StaffError::Reused => (S::UNAUTHORIZED, "REFRESH_REUSED"),
            StaffError::PasswordIsOneTime => (S::FORBIDDEN, "PASSWORD_ONE_TIME"),
            StaffError::Unknown(_) => (S::NOT_FOUND, "NOT_FOUND"),
            StaffError::Exists(_) | StaffError::AddressTaken => (S::CONFLICT, "EXISTS"),
            StaffError::Rule(_) => (S::UNPROCESSABLE_ENTITY, "RULE"),
            StaffError::Full(_) => (S::UNPROCESSABLE_ENTITY, "FULL"),
            StaffError::Password => (S::UNPROCESSABLE_ENTITY, "VALIDATION"),
            StaffError::Shelf(_) | StaffError::Fault(_) => {
                tracing::error!(%error, "who works here can't be read or written");
                return Self::INTERNAL;
            }
        };
        Self::told(status, code, &error.to_string())
    }
}
