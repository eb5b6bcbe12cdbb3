//! Sealing with a session's data key: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03).
//!
//! ```text
//!  nonce (24, random) ‖ ciphertext (as long as the plaintext) ‖ tag (16)
//! ```
//!
//! A random nonce of 24 bytes may be drawn for every value without counting them.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::record::length;
use crate::{KioskId, Random, Record, WireError, associated_data};

const NONCE: usize = 24;
const EVIDENCE_DOMAIN: &[u8] = b"kioskd sealed evidence v1";

/// How much longer a sealed value is than what was sealed, in bytes: nonce and tag.
pub const OVERHEAD: usize = NONCE + 16;

/// A session's key, 32 bytes, wiped from memory when dropped. It never shows itself.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DataKey([u8; 32]);

impl DataKey {
    /// A new key.
    ///
    /// # Errors
    ///
    /// [`WireError::Randomness`] where there is none.
    pub fn generate(random: &dyn Random) -> Result<Self, WireError> {
        let mut key = Self([0; 32]);
        random.fill(&mut key.0)?;
        Ok(key)
    }

    /// A key from its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for wrapping. Whoever holds them reads the session.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(..)")
    }
}

/// Seals `plain` under `bound`, which has to be given again to open it.
///
/// # Errors
///
/// [`WireError::Randomness`] where no nonce can be drawn; [`WireError::DoesNotSeal`] beyond 256 GiB.
pub fn seal(
    key: &DataKey,
    random: &dyn Random,
    bound: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, WireError> {
    let mut nonce = XNonce::default();
    random.fill(&mut nonce)?;
    let payload = Payload {
        msg: plain,
        aad: bound,
    };
    let ciphertext = XChaCha20Poly1305::new((&key.0).into())
        .encrypt(&nonce, payload)
        .map_err(|_| WireError::DoesNotSeal)?;
    Ok([nonce.as_slice(), &ciphertext].concat())
}

/// Opens what [`seal`] sealed with this key under `bound`.
///
/// # Errors
///
/// [`WireError::DoesNotOpen`]: another key, another `bound`, or changed bytes; which, nobody can tell.
pub fn open(key: &DataKey, bound: &[u8], sealed: &[u8]) -> Result<Vec<u8>, WireError> {
    let (nonce, ciphertext) = sealed
        .split_at_checked(NONCE)
        .ok_or(WireError::DoesNotOpen)?;
    let payload = Payload {
        msg: ciphertext,
        aad: bound,
    };
    XChaCha20Poly1305::new((&key.0).into())
        .decrypt(XNonce::from_slice(nonce), payload)
        .map_err(|_| WireError::DoesNotOpen)
}

/// Seals an event for its place in the log.
///
/// # Errors
///
/// As [`seal`].
pub fn seal_record(
    key: &DataKey,
    random: &dyn Random,
    kiosk: &KioskId,
    number: u64,
    session: Uuid,
    event: &[u8],
) -> Result<Vec<u8>, WireError> {
    seal(key, random, &associated_data(kiosk, number, session), event)
}

/// Opens a record: the event's JSON.
///
/// # Errors
///
/// [`WireError::DoesNotOpen`] where the record was changed or moved, or the key is another session's.
pub fn open_record(key: &DataKey, record: &Record) -> Result<Vec<u8>, WireError> {
    open(key, &record.associated_data(), &record.sealed)
}

/// Seals a piece of evidence (a picture, a clip) for its session.
///
/// # Errors
///
/// As [`seal`].
pub fn seal_evidence(
    key: &DataKey,
    random: &dyn Random,
    kiosk: &KioskId,
    session: Uuid,
    bytes: &[u8],
) -> Result<Vec<u8>, WireError> {
    seal(key, random, &evidence_bound(kiosk, session), bytes)
}

/// Opens a piece of evidence.
///
/// # Errors
///
/// [`WireError::DoesNotOpen`] where it was changed, is another session's, or the key is another one.
pub fn open_evidence(
    key: &DataKey,
    kiosk: &KioskId,
    session: Uuid,
    sealed: &[u8],
) -> Result<Vec<u8>, WireError> {
    open(key, &evidence_bound(kiosk, session), sealed)
}

fn evidence_bound(kiosk: &KioskId, session: Uuid) -> Vec<u8> {
    let kiosk = kiosk.as_str();
    [
        EVIDENCE_DOMAIN,
        &length(kiosk),
        kiosk.as_bytes(),
        session.as_bytes(),
    ]
    .concat()
}
