//! Fields of a JSON body, each with the one sentence that is told of it where it is wrong.

use axum::http::Uri;
use kiosk_session::{Redacted, SessionId};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::problem::Problem;

/// Longest address, in characters.
pub(crate) const LONGEST_URL: usize = 2048;

/// A body's fields.
pub(crate) type Fields = Map<String, Value>;

/// A text of 1 to `most` characters, as JSON Schema counts them, or `None` where it is absent or null.
pub(crate) fn text(fields: &Fields, name: &str, most: usize) -> Result<Option<String>, Problem> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.trim().is_empty() && text.chars().count() <= most => {
            Ok(Some(text.clone()))
        }
        Some(_) => {
            let detail = format!("Field `{name}` has to be a text of 1 to {most} characters");
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
    if !is_web_address(&text) {
        let detail =
            format!("Field `{name}` has to be an address that begins with https:// or http://");
        return Err(Problem::validation(detail));
    }
    Ok(Some(Redacted::new(text)))
}

/// Whether it begins with http or https and names a host.
pub(crate) fn is_web_address(text: &str) -> bool {
    let uri: Option<Uri> = text.parse().ok().filter(|_| text.len() <= LONGEST_URL);
    uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("https" | "http"))
            && uri.host().is_some_and(|host| !host.is_empty())
    })
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

/// A whole number. JSON has one kind of number, so that `50.0` is one too.
pub(crate) fn whole(value: &Value) -> Option<i64> {
    /// Farther from 0 not every whole number has a float of its own.
    const EXACT: f64 = 9_007_199_254_740_991.0;
    value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        let is_whole = number.fract() == 0.0 && number.abs() <= EXACT;
        is_whole.then_some(number as i64)
    })
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
        Some(value) => whole(value).and_then(|n| usize::try_from(n).ok()),
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        for (written, read) in [
            (json!(50), Some(50)),
            (json!(50.0), Some(50)),
            (json!(-0.0), Some(0)),
            (json!(0.5), None),
            (json!(1e300), None),
            (json!("50"), None),
        ] {
            assert_eq!(whole(&written), read, "{written}");
        }
    }

    #[test]
    fn a_text_is_counted_in_characters() {
        let fields = Map::from_iter([("name".to_owned(), json!("\u{e5}\u{1f600}"))]);
        assert!(text(&fields, "name", 2).is_ok());
        assert!(text(&fields, "name", 1).is_err());
    }
}
