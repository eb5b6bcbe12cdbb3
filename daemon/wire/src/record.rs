//! One sealed, numbered, hash-chained event.
//!
//! ```text
//!  hash = SHA-256( "kioskd record v1"
//!                  ‖ length of kiosk (u64, big-endian) ‖ kiosk
//!                  ‖ number (u64, big-endian) ‖ session (16 bytes)
//!                  ‖ previous (32) ‖ SHA-256(sealed) (32) )
//!
//!  associated data = "kioskd sealed record" ‖ version (1)
//!                  ‖ length of kiosk (u64, big-endian) ‖ kiosk
//!                  ‖ number (u64, big-endian) ‖ session (16 bytes)
//! ```
//!
//! The hash covers ciphertext only: erasing a session's key leaves the chain verifiable.
//! The associated data binds the ciphertext to its place: moved to another number, session or kiosk,
//! it no longer opens.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::coding::{base64_bytes, hex_hash};
use crate::{ChainFault, KioskId};

/// The version of records that this code writes.
pub const RECORD_VERSION: u8 = 1;

/// What stands in `previous` of a kiosk's first record.
pub const FIRST_PREVIOUS: [u8; 32] = [0; 32];

const HASH_DOMAIN: &[u8] = b"kioskd record v1";
const SEAL_DOMAIN: &[u8] = b"kioskd sealed record";

/// A sealed event with its place in its kiosk's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Version of this form: [`RECORD_VERSION`].
    pub version: u8,
    /// Whose log it is in.
    pub kiosk: KioskId,
    /// Its place in the log: from 1, without gaps.
    pub number: u64,
    /// The session that it tells of.
    pub session: Uuid,
    /// The hash of the record before; [`FIRST_PREVIOUS`] for the first.
    #[serde(with = "hex_hash")]
    pub previous: [u8; 32],
    /// The event's JSON, sealed with the session's data key: nonce (24 bytes) ‖ ciphertext ‖ tag (16).
    #[serde(with = "base64_bytes")]
    pub sealed: Vec<u8>,
    /// This record's hash, as drawn at the head of the module.
    #[serde(with = "hex_hash")]
    pub hash: [u8; 32],
}

impl Record {
    /// A record that follows the one with hash `previous`.
    pub fn chain(
        kiosk: KioskId,
        number: u64,
        session: Uuid,
        previous: [u8; 32],
        sealed: Vec<u8>,
    ) -> Self {
        let hash = hash(&kiosk, number, session, &previous, &sealed);
        Self {
            version: RECORD_VERSION,
            kiosk,
            number,
            session,
            previous,
            sealed,
            hash,
        }
    }

    /// Checks the record by itself and that it follows the one with hash `previous`.
    ///
    /// # Errors
    ///
    /// What is wrong: its version, its link to the one before, or its own hash.
    pub fn verify(&self, previous: &[u8; 32]) -> Result<(), ChainFault> {
        let number = self.number;
        if self.version != RECORD_VERSION {
            return Err(ChainFault::Version {
                number,
                version: self.version,
            });
        }
        if !same(&self.previous, previous) {
            return Err(ChainFault::Link { number });
        }
        let hash = hash(
            &self.kiosk,
            number,
            self.session,
            &self.previous,
            &self.sealed,
        );
        match same(&self.hash, &hash) {
            true => Ok(()),
            false => Err(ChainFault::Hash { number }),
        }
    }

    /// The associated data under which this record is sealed.
    pub fn associated_data(&self) -> Vec<u8> {
        sealed_under(self.version, &self.kiosk, self.number, self.session)
    }
}

fn same(one: &[u8; 32], two: &[u8; 32]) -> bool {
    one.ct_eq(two).into()
}

fn hash(
    kiosk: &KioskId,
    number: u64,
    session: Uuid,
    previous: &[u8; 32],
    sealed: &[u8],
) -> [u8; 32] {
    chained_hash(
        kiosk,
        number,
        session,
        previous,
        &Sha256::digest(sealed).into(),
    )
}

/// The hash of a record of whose sealed content only the SHA-256 is known.
pub fn chained_hash(
    kiosk: &KioskId,
    number: u64,
    session: Uuid,
    previous: &[u8; 32],
    sealed_digest: &[u8; 32],
) -> [u8; 32] {
    Sha256::new()
        .chain_update(HASH_DOMAIN)
        .chain_update(length(kiosk.as_str()))
        .chain_update(kiosk.as_str())
        .chain_update(number.to_be_bytes())
        .chain_update(session.as_bytes())
        .chain_update(previous)
        .chain_update(sealed_digest)
        .finalize()
        .into()
}

/// What binds a sealed event of the present version to its kiosk, number and session.
pub fn associated_data(kiosk: &KioskId, number: u64, session: Uuid) -> Vec<u8> {
    sealed_under(RECORD_VERSION, kiosk, number, session)
}

fn sealed_under(version: u8, kiosk: &KioskId, number: u64, session: Uuid) -> Vec<u8> {
    [
        SEAL_DOMAIN,
        &[version],
        &length(kiosk.as_str()),
        kiosk.as_str().as_bytes(),
        &number.to_be_bytes(),
        session.as_bytes(),
    ]
    .concat()
}

pub(crate) fn length(text: &str) -> [u8; 8] {
    // An id has at most 64 bytes.
    (text.len() as u64).to_be_bytes()
}
