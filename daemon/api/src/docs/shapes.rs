//! Shapes that several dialects' documents have.

use std::borrow::Cow;

use serde_json::json;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::web::fields::LONGEST_URL;

/// A day, or a moment of RFC 3339.
pub(crate) struct DayOrMoment;

impl PartialSchema for DayOrMoment {
    fn schema() -> RefOr<Schema> {
        let text = |format| {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::KnownFormat(format)))
        };
        OneOfBuilder::new()
            .description(Some("A day, or a moment of RFC 3339"))
            .item(text(KnownFormat::Date))
            .item(text(KnownFormat::DateTime))
            .into()
    }
}

impl ToSchema for DayOrMoment {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("DayOrMoment")
    }
}

/// A code of ISO 3166-1, of two or three letters.
pub(crate) struct CountryCode;

impl PartialSchema for CountryCode {
    fn schema() -> RefOr<Schema> {
        let all = celes::Country::get_countries();
        let codes = all
            .iter()
            .flat_map(|country| [country.alpha2, country.alpha3]);
        words("A code of ISO 3166-1, of two or three letters", codes)
    }
}

impl ToSchema for CountryCode {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("CountryCode")
    }
}

/// An address with http or https, as RFC 3986 writes it: what `web::fields::address` takes.
pub(crate) struct WebAddress;

impl PartialSchema for WebAddress {
    fn schema() -> RefOr<Schema> {
        const PORT: &str =
            "[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]";
        const LETTERS: &str = "[A-Za-z0-9._~!$&'()*+,;=:@%/-]";
        let pattern =
            format!(r"^https?://[A-Za-z0-9.-]+(:({PORT}))?(/{LETTERS}*)?(\?({LETTERS}|\?)*)?$");
        written(
            "An address with http or https",
            LONGEST_URL,
            pattern,
            "https://example.com/kyc/hook",
        )
    }
}

impl ToSchema for WebAddress {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("WebAddress")
    }
}

/// An e-mail address: something before and after one `@`, a dot behind it, no blanks.
pub(crate) struct EmailAddress;

impl PartialSchema for EmailAddress {
    fn schema() -> RefOr<Schema> {
        email_address("anna@example.com")
    }
}

impl ToSchema for EmailAddress {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("EmailAddress")
    }
}

/// The first administrator's, as the KYConnect API shows it.
pub(crate) fn admins_address() -> RefOr<Schema> {
    email_address("admin@yourfirm.com")
}

fn email_address(example: &str) -> RefOr<Schema> {
    const BARRED: &str = r"@\s\x00-\x1f\x7f-\x9f";
    let pattern = format!(r"^[^{BARRED}]+@[^.{BARRED}]+\.([^{BARRED}]*[^.{BARRED}])$");
    written("An e-mail address", 254, pattern, example)
}

fn written(about: &str, most: usize, pattern: String, example: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(about))
        .max_length(Some(most))
        .pattern(Some(pattern))
        .examples([json!(example)])
        .into()
}

/// One of some words.
pub(crate) fn words<'a>(
    about: &'static str,
    words: impl IntoIterator<Item = &'a str>,
) -> RefOr<Schema> {
    let words: Vec<&str> = words.into_iter().collect();
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(about))
        .enum_values(Some(words))
        .into()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::web::fields::is_web_address;

    /// The pattern as OpenAPI reads it: by ECMA-262.
    fn pattern<T: PartialSchema>() -> (regress::Regex, Value) {
        let shape = serde_json::to_value(T::schema()).unwrap();
        let read = regress::Regex::with_flags(shape["pattern"].as_str().unwrap(), "u").unwrap();
        (read, shape["examples"][0].clone())
    }

    #[test]
    fn a_shapes_example_has_the_shape() {
        for (pattern, example) in [pattern::<WebAddress>(), pattern::<EmailAddress>()] {
            let example = example.as_str().unwrap();
            assert!(pattern.find(example).is_some(), "{example}");
        }
    }

    #[test]
    fn a_web_address_of_the_pattern_is_one_that_is_taken() {
        let (pattern, _) = pattern::<WebAddress>();
        assert!(pattern.find("https://example.com:65536/").is_none());
        let addresses = [
            ("https://example.com", true),
            ("http://10.0.0.7:65535/told?by=kiosk&again=?", true),
            ("https://bank-one.example/a-b/~c?d=%20-e", true),
            ("ftp://example.com/", false),
            ("https://example.com/a b", false),
            ("https:///told", false),
        ];
        for (address, is_one) in addresses {
            assert_eq!(pattern.find(address).is_some(), is_one, "{address}");
            assert_eq!(is_web_address(address), is_one, "{address}");
        }
    }
}
