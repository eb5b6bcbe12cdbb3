//! Fields of a JSON body, each with the one sentence that is told of it where it is wrong.

use axum::http::Uri;
use kiosk_session::{Redacted, SessionId};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::problem::Problem;

/// Longest address, in bytes.
const LONGEST_URL: usize = 2048;

/// A body's fields.
pub(crate) type Fields = Map<String, Value>;

/// A text of 1 to `most` bytes, or `None` where it is absent or null.
pub(crate) fn text(fields: &Fields, name: &str, most: usize) -> Result<Option<String>, Problem> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.trim().is_empty() && text.len() <= most => {
            Ok(Some(text.clone()))
        }
        Some(_) => {
            let detail = format!("Field `{name}` has to be a text of 1 to {most} bytes");
            Err(Problem::validation(detail))
        }
    }
}

/// The same, where it has to be there.
pub(crate) fn required(fields: &Fields, name: &str, most: usize) -> Result<String, Problem> {
    text(fields, name, most)?.ok_or_else(|| missing(name))
}

/// An address with http or https.
pub(crate) fn address(fields: &Fields, name: &str) -> Result<Option<Redacted<String>>, Problem> {
    let Some(text) = text(fields, name, LONGEST_URL)? else {
        return Ok(None);
    };
    let uri: Option<Uri> = text.parse().ok();
    let scheme = uri.as_ref().and_then(Uri::scheme_str);
    let host = uri.as_ref().and_then(Uri::host);
    if !matches!(scheme, Some("https" | "http")) || host.is_none_or(str::is_empty) {
        let detail =
            format!("Field `{name}` has to be an address that begins with https:// or http://");
        return Err(Problem::validation(detail));
    }
    Ok(Some(Redacted::new(text)))
}

/// An object, as its JSON text.
pub(crate) fn object(fields: &Fields, name: &str) -> Result<Option<Redacted<String>>, Problem> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(object @ Value::Object(_)) => Ok(Some(Redacted::new(object.to_string()))),
        Some(_) => Err(Problem::validation(format!(
            "Field `{name}` has to be an object"
        ))),
    }
}

/// True or false, where it has to be there.
pub(crate) fn truth(fields: &Fields, name: &str) -> Result<bool, Problem> {
    match fields.get(name) {
        None | Some(Value::Null) => Err(missing(name)),
        Some(Value::Bool(truth)) => Ok(*truth),
        Some(_) => Err(Problem::validation(format!(
            "Field `{name}` has to be true or false"
        ))),
    }
}

/// A whole number from 0 to `most`, or `usual` where it is absent or null.
pub(crate) fn count(
    fields: &Fields,
    name: &str,
    most: usize,
    usual: usize,
) -> Result<usize, Problem> {
    let read = match fields.get(name) {
        None | Some(Value::Null) => return Ok(usual),
        Some(value) => value.as_u64().and_then(|n| usize::try_from(n).ok()),
    };
    read.filter(|n| *n <= most).ok_or_else(|| {
        Problem::validation(format!(
            "Field `{name}` has to be a whole number from 0 to {most}"
        ))
    })
}

/// The session that the body names. What is no UUID names no session, as one that does not exist.
pub(crate) fn session(fields: &Fields) -> Result<SessionId, Problem> {
    let text = required(fields, "session_id", 64)?;
    let id = Uuid::try_parse(&text).map_err(|_| Problem::NO_SESSION)?;
    Ok(SessionId(id))
}

/// What is told of a field that is not there.
pub(crate) fn missing(name: &str) -> Problem {
    Problem::validation(format!("Field `{name}` is required"))
}
