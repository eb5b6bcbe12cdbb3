//! Names that may stand in a certificate's subject, an MQTT topic and an HTTP path alike.
//!
//! The broker puts a common name into its rights (`pattern readwrite kiosk/v1/+/%u/#`): a name with
//! `+`, `#` or `/` would give its owner the topics of others.

use crate::PkiError;

const LONGEST: usize = 64;

/// A kiosk's id or a tenant: the rule of `kiosk_wire::KioskId`.
pub(crate) fn check_id(what: &'static str, name: &str) -> Result<(), PkiError> {
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    check(
        what,
        name,
        allowed,
        "1 to 64 of the characters a-z, 0-9 and -",
    )
}

/// The name of a machine or a person's role: what an id may hold, capitals, dot and underscore.
pub(crate) fn check_common_name(name: &str) -> Result<(), PkiError> {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_');
    check(
        "name of a certificate",
        name,
        allowed,
        "1 to 64 of the characters A-Z, a-z, 0-9, dot, _ and -",
    )
}

fn check(
    what: &'static str,
    name: &str,
    allowed: impl Fn(u8) -> bool,
    rule: &'static str,
) -> Result<(), PkiError> {
    if (1..=LONGEST).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(());
    }
    Err(PkiError::Name {
        what,
        name: name.to_owned(),
        rule,
    })
}
