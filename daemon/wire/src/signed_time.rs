//! The time by central's clock, under its signature, for a kiosk whose own clock is wrong.
//!
//! ```text
//!  signature = ed25519( "kioskd time v1\0" ‖ nonce (16) ‖ milliseconds since 1970 (i64, big-endian) )
//! ```
//!
//! The nonce is the kiosk's own and fresh, so that no earlier answer can be played to it again.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::coding::base64_bytes;
use crate::{CommandPublicKey, CommandSecretKey, WireError};

const DOMAIN: &[u8] = b"kioskd time v1\0";

/// What makes an answer the one to this question.
pub type Nonce = [u8; 16];

/// Central's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedTime {
    /// Milliseconds since 1970 by central's clock.
    pub unix_ms: i64,
    /// Central's signature.
    #[serde(with = "base64_bytes")]
    pub signature: Vec<u8>,
}

impl SignedTime {
    /// Says the time in answer to `nonce`.
    pub fn sign(key: &CommandSecretKey, nonce: &Nonce, now: OffsetDateTime) -> Self {
        let unix_ms = (now.unix_timestamp_nanos() / 1_000_000) as i64;
        Self {
            unix_ms,
            signature: key.sign(DOMAIN, &message(nonce, unix_ms)),
        }
    }

    /// The time, where this is central's answer to `nonce`.
    ///
    /// # Errors
    ///
    /// [`WireError::NotSigned`].
    pub fn open(&self, key: &CommandPublicKey, nonce: &Nonce) -> Result<OffsetDateTime, WireError> {
        key.verify(DOMAIN, &message(nonce, self.unix_ms), &self.signature)?;
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.unix_ms) * 1_000_000)
            .map_err(|_| WireError::NotSigned)
    }
}

fn message(nonce: &Nonce, unix_ms: i64) -> Vec<u8> {
    [nonce.as_slice(), &unix_ms.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsRandom;

    #[test]
    fn an_answer_to_another_question_is_none() {
        let key = CommandSecretKey::generate(&OsRandom).unwrap();
        let now = time::macros::datetime!(2026-01-02 03:04:05 UTC);
        let told = SignedTime::sign(&key, &[1; 16], now);

        assert_eq!(told.open(&key.public(), &[1; 16]), Ok(now));
        assert_eq!(
            told.open(&key.public(), &[2; 16]),
            Err(WireError::NotSigned)
        );
        let moved = SignedTime {
            unix_ms: told.unix_ms + 1,
            ..told
        };
        assert_eq!(
            moved.open(&key.public(), &[1; 16]),
            Err(WireError::NotSigned)
        );
    }
}
