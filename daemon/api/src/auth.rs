//! Who may call: API keys, known by their SHA-256 only.
//!
//! A key is a random secret of at least 128 bits, so that a plain hash of it can be kept: there is nothing
//! to guess. The presented key is hashed and compared with every known hash in constant time, without
//! stopping at the first that fits.

use std::fmt;
use std::num::NonZeroU32;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;
use time::OffsetDateTime;

use crate::service::Caller;

/// Longest key that is looked at, in bytes.
const LONGEST_KEY: usize = 512;

/// What a key allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Begin sessions.
    Create,
    /// Read and list sessions and their results.
    Read,
    /// Add documents, selfies and liveness clips.
    Capture,
    /// Submit a session for its decision.
    Submit,
    /// Erase sessions with all that was recorded of them.
    Erase,
}

impl Permission {
    /// Every permission with the name that it has in a config file.
    pub const NAMED: [(&'static str, Self); 5] = [
        ("create", Self::Create),
        ("read", Self::Read),
        ("capture", Self::Capture),
        ("submit", Self::Submit),
        ("erase", Self::Erase),
    ];

    /// Its name in a config file and in answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Capture => "capture",
            Self::Submit => "submit",
            Self::Erase => "erase",
        }
    }
}

/// The SHA-256 of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of a key as it is presented.
    pub fn of(key: &[u8]) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// Whether it is the hash of what is presented; takes as long wherever they differ.
    pub fn fits(&self, presented: &[u8]) -> bool {
        self.0.ct_eq(&Self::of(presented).0).into()
    }

    /// Reads 64 hexadecimal digits; `None` for anything else.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let mut hash = [0; 32];
        for (place, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
        }
        Some(Self(hash))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<key hash>")
    }
}

/// One credential, as the config gives it.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// Its name, for logs and audit.
    pub name: String,
    /// The tenant whose sessions it sees.
    pub tenant: String,
    /// SHA-256 of the key.
    pub sha256: KeyHash,
    /// What it allows.
    pub permissions: Vec<Permission>,
    /// Version of the consent text to which the partner states that every person agreed before it
    /// begins a session; absent where the person is asked on this machine.
    pub consent: Option<String>,
    /// Calls a minute, which may come at once.
    pub rate_per_minute: NonZeroU32,
    /// For trying things out: the Master EKYC document gives it fewer calls a minute. It makes sessions as any other.
    pub sandbox: bool,
    /// From when on it is answered as if it were unknown; never where that is absent.
    pub expires_at: Option<OffsetDateTime>,
}

impl ApiKey {
    /// The caller that this key stands for.
    pub fn caller(&self) -> Caller {
        Caller::new(&self.tenant, &self.name)
    }

    /// Calls a minute in the Master EKYC dialect: as its document says ("Rate limits") in a sandbox, else `live`.
    pub(crate) const fn master_per_minute(&self, live: NonZeroU32) -> NonZeroU32 {
        const SANDBOX: NonZeroU32 = NonZeroU32::new(30).unwrap();
        if self.sandbox { SANDBOX } else { live }
    }

    /// Whether its time has not run out.
    pub(crate) fn holds(&self, now: OffsetDateTime) -> bool {
        self.expires_at.is_none_or(|until| until > now)
    }

    /// Whether it allows `permission`.
    pub fn allows(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}

/// Keys that cannot stand side by side.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyFault {
    /// Two have one name.
    #[error("two API keys are named `{0}`; give each a name of its own")]
    SameName(String),
    /// Two have one hash: one secret would stand for two callers.
    #[error("API keys `{0}` and `{1}` have the same sha256; make a new key for one of them")]
    SameKey(String, String),
}

/// Every credential of this machine.
#[derive(Debug, Clone, Default)]
pub struct ApiKeys(Vec<ApiKey>);

impl ApiKeys {
    /// Takes the keys, or tells every fault among them.
    pub fn new(keys: Vec<ApiKey>) -> Result<Self, Vec<KeyFault>> {
        let mut faults = Vec::new();
        for (place, key) in keys.iter().enumerate() {
            for earlier in &keys[..place] {
                if earlier.name == key.name {
                    faults.push(KeyFault::SameName(key.name.clone()));
                } else if earlier.sha256 == key.sha256 {
                    faults.push(KeyFault::SameKey(earlier.name.clone(), key.name.clone()));
                }
            }
        }
        if faults.is_empty() {
            Ok(Self(keys))
        } else {
            Err(faults)
        }
    }

    /// The keys in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, ApiKey> {
        self.0.iter()
    }

    /// Where the key that was presented stands in the list; `None` where it is unknown.
    pub(crate) fn place_of(&self, presented: &[u8]) -> Option<usize> {
        if presented.is_empty() || presented.len() > LONGEST_KEY {
            return None;
        }
        let hash = KeyHash::of(presented);
        let mut found = None;
        for (place, key) in self.0.iter().enumerate() {
            if bool::from(key.sha256.0.ct_eq(&hash.0)) {
                found = Some(place);
            }
        }
        found
    }

    pub(crate) fn at(&self, place: usize) -> Option<&ApiKey> {
        self.0.get(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, secret: &str) -> ApiKey {
        ApiKey {
            name: name.into(),
            tenant: "demo".into(),
            sha256: KeyHash::of(secret.as_bytes()),
            permissions: vec![Permission::Read],
            consent: None,
            rate_per_minute: NonZeroU32::MIN,
            sandbox: false,
            expires_at: None,
        }
    }

    #[test]
    fn a_key_is_found_by_its_secret_and_by_nothing_else() {
        let keys = ApiKeys::new(vec![key("a", "one"), key("b", "two")]).unwrap();
        assert_eq!(keys.place_of(b"two"), Some(1));
        assert_eq!(keys.place_of(b"three"), None);
        assert_eq!(keys.place_of(b""), None);
        assert_eq!(keys.place_of(&[b'x'; LONGEST_KEY + 1]), None);
    }

    #[test]
    fn keys_that_share_a_name_or_a_secret_are_all_told() {
        let faults = ApiKeys::new(vec![key("a", "one"), key("a", "two"), key("b", "one")])
            .err()
            .unwrap();
        assert_eq!(
            faults,
            [
                KeyFault::SameName("a".into()),
                KeyFault::SameKey("a".into(), "b".into())
            ]
        );
    }

    #[test]
    fn a_hash_reads_from_hex_and_prints_nothing() {
        // FIPS 180-4's example: SHA-256 of "abc".
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(KeyHash::from_hex(abc), Some(KeyHash::of(b"abc")));
        assert_eq!(KeyHash::from_hex("ba78"), None);
        assert_eq!(KeyHash::from_hex(&"+1".repeat(32)), None);
        assert_eq!(format!("{:?}", KeyHash::of(b"abc")), "<key hash>");
    }
}
