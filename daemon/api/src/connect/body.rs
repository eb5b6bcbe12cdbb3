//! Bodies and their checks: everything that is wrong is told at once, each by its field.

use axum::extract::Request;
use serde::de::{DeserializeOwned, Deserializer, Error};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::web::problem::Problem;
use crate::web::{App, fields, json};

/// Longest text where nothing else is said, in characters.
pub(super) const LONG: usize = 256;
/// Longest token, in characters.
pub(super) const TOKEN: usize = 512;

/// A body as its fields came.
pub(super) async fn read<T: DeserializeOwned>(app: &App, request: Request) -> Result<T, Problem> {
    let limits = &app.settings.limits;
    let fields = json::object(request, limits.json_bytes, limits.body_time).await?;
    // Fields that can be wrong are `Text`, which takes whatever comes.
    serde_json::from_value(Value::Object(fields))
        .map_err(|_| Problem::validation("a field has the wrong type"))
}

/// A field that has to be a text, as it came.
pub(super) enum Text {
    /// Absent or null.
    Absent,
    /// A text.
    Of(String),
    /// Anything else.
    Other,
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // As an option, so that it may be absent.
        Ok(match Option::<Value>::deserialize(from)? {
            None | Some(Value::Null) => Self::Absent,
            Some(Value::String(text)) => Self::Of(text),
            Some(_) => Self::Other,
        })
    }
}

/// A whole number, where there is one.
pub(super) fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    match Option::<Value>::deserialize(from)? {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match fields::whole(&value) {
            Some(number) => Ok(Some(number)),
            None => Err(D::Error::custom("no whole number")),
        },
    }
}

/// What is wrong with a body.
#[derive(Default)]
pub(super) struct Checks(Vec<String>);

impl Checks {
    /// Notes something that is wrong.
    pub(super) fn tell(&mut self, what: impl Into<String>) {
        self.0.push(what.into());
    }

    /// A text of 1 to `most` characters, as JSON Schema counts them, where there is one.
    pub(super) fn text_if_any<'a>(
        &mut self,
        name: &str,
        text: &'a Text,
        most: usize,
    ) -> Option<&'a str> {
        match text {
            Text::Absent => None,
            Text::Of(text) if !text.trim().is_empty() && text.chars().count() <= most => Some(text),
            Text::Of(_) | Text::Other => {
                self.tell(format!("{name} must be a text of 1 to {most} characters"));
                None
            }
        }
    }

    /// The same, where it has to be there.
    pub(super) fn text<'a>(&mut self, name: &str, text: &'a Text, most: usize) -> Option<&'a str> {
        if matches!(text, Text::Absent) {
            self.tell(format!("{name} is required"));
        }
        self.text_if_any(name, text, most)
    }

    /// An e-mail address.
    pub(super) fn email<'a>(&mut self, name: &str, text: &'a Text) -> Option<&'a str> {
        let found = match text {
            Text::Of(text) => Some(text.as_str()).filter(|text| is_address(text)),
            Text::Absent | Text::Other => None,
        };
        if found.is_none() {
            self.tell(format!("{name} must be a valid email"));
        }
        found
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(
        &mut self,
        name: &str,
        text: &Text,
        words: &[(&str, T)],
    ) -> Option<T> {
        let found = match text {
            Text::Of(text) => words.iter().find(|(word, _)| word == text),
            Text::Absent | Text::Other => None,
        };
        if found.is_none() {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.tell(format!("{name} must be one of {}", words.join(", ")));
        }
        found.map(|(_, meant)| *meant)
    }

    /// `value`, where nothing is wrong.
    pub(super) fn done<T>(self, value: Option<T>) -> Result<T, Problem> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Problem::all(self.0)),
        }
    }
}

/// Something before and after one `@`, a dot behind it, no blanks: what is behind that, a letter tells.
fn is_address(text: &str) -> bool {
    let parts = text.split_once('@');
    text.chars().count() <= 254
        && !text.contains(|letter: char| letter.is_whitespace() || letter.is_control())
        && parts.is_some_and(|(name, host)| {
            let (first, last) = (host.split('.').next(), host.rsplit('.').next());
            !name.is_empty()
                && host.contains('.')
                && !host.contains('@')
                && [first, last]
                    .iter()
                    .all(|part| part.is_some_and(|part| !part.is_empty()))
        })
}

/// That something was done.
#[derive(Serialize, ToSchema)]
pub(super) struct Done {
    /// Always true.
    success: bool,
}

impl Done {
    pub(super) const OK: axum::Json<Self> = axum::Json(Self { success: true });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for address in ["admin@yourfirm.com", "a.b+c@mail.bank.example"] {
            assert!(is_address(address), "{address}");
        }
        for none in [
            "",
            "admin",
            "@firm.com",
            "a@b",
            "a@.com",
            "a@b.",
            "a b@c.de",
            "a@b@c.de",
            "a@b.de\n",
        ] {
            assert!(!is_address(none), "{none:?}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let mut checks = Checks::default();
        let nobody = Text::Of("nobody".into());
        let email = checks.email("email", &nobody);
        let name = checks.text("name", &Text::Absent, 10);
        let role = checks.word("role", &Text::Other, &[("admin", 1)]);
        assert!(email.is_none() && name.is_none() && role.is_none());
        assert_eq!(
            checks.0,
            [
                "email must be a valid email",
                "name is required",
                "role must be one of admin"
            ]
        );
    }
}
