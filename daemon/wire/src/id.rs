//! Names that may stand in a certificate, an MQTT topic and an HTTP path alike.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::WireError;

/// Longest id, in bytes; the common name of a certificate takes no more (RFC 5280, `ub-common-name`).
const LONGEST: usize = 64;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = WireError;

            fn from_str(text: &str) -> Result<Self, WireError> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = WireError;

            fn try_from(text: String) -> Result<Self, WireError> {
                match is_name(&text) {
                    true => Ok(Self(text)),
                    false => Err(WireError::Id { what: $what }),
                }
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// Which kiosk: 1 to 64 of `a-z`, `0-9` and `-`; the common name of its certificate.
    KioskId,
    "kiosk's id"
);
name!(
    /// Whose kiosk: 1 to 64 of `a-z`, `0-9` and `-`; the organisation in its certificate.
    TenantId,
    "tenant"
);

fn is_name(text: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(allowed)
}

/// A piece of evidence: the SHA-256 of its sealed bytes, in 64 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EvidenceId(String);

impl EvidenceId {
    /// The name of sealed bytes.
    pub fn of(sealed: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(sealed)))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EvidenceId {
    type Err = WireError;

    fn from_str(text: &str) -> Result<Self, WireError> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for EvidenceId {
    type Error = WireError;

    fn try_from(text: String) -> Result<Self, WireError> {
        let digit = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        match text.len() == 64 && text.bytes().all(digit) {
            true => Ok(Self(text)),
            false => Err(WireError::EvidenceId),
        }
    }
}

impl From<EvidenceId> for String {
    fn from(id: EvidenceId) -> Self {
        id.0
    }
}

impl AsRef<str> for EvidenceId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EvidenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_widen_a_topic_or_a_path_is_refused() {
        for bad in [
            "",
            "a/b",
            "+",
            "#",
            "A",
            "..",
            "a b",
            "kiosk_1",
            &"x".repeat(65),
        ] {
            assert!(bad.parse::<KioskId>().is_err(), "{bad:?}");
            assert!(bad.parse::<TenantId>().is_err(), "{bad:?}");
        }
        assert_eq!("kiosk-1".parse::<KioskId>().unwrap().as_str(), "kiosk-1");
    }

    #[test]
    fn json_can_not_bring_in_a_name_that_parsing_refuses() {
        assert!(serde_json::from_str::<KioskId>("\"a/../b\"").is_err());
        assert!(serde_json::from_str::<EvidenceId>("\"../../etc\"").is_err());
    }

    #[test]
    fn evidence_is_named_by_the_sha256_of_its_sealed_bytes() {
        // FIPS 180-2, appendix B.1: SHA-256 of "abc".
        let named = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(EvidenceId::of(b"abc"), named.parse().unwrap());
    }
}
