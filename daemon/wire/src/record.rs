//! One sealed, numbered, hash-chained event.
//!
//! ```text
//!  hash = SHA-256( "kioskd record v1", or "kioskd record v2" for an erasure (see `erasure`)
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

/// The version of a record with a sealed event.
pub const RECORD_VERSION: u8 = 1;

/// The version of a record that says that its session was erased.
pub const ERASURE_VERSION: u8 = 2;

/// What stands in `previous` of a kiosk's first record.
pub const FIRST_PREVIOUS: [u8; 32] = [0; 32];

const HASH_DOMAIN: &[u8] = b"kioskd record v1";
const ERASURE_DOMAIN: &[u8] = b"kioskd record v2";
const SEAL_DOMAIN: &[u8] = b"kioskd sealed record";

/// A sealed event with its place in its kiosk's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// What it is: [`RECORD_VERSION`] or [`ERASURE_VERSION`].
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
    /// An erasure's content stands open.
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
        Self::of_version(RECORD_VERSION, (kiosk, number, session), previous, sealed)
    }

    pub(crate) fn of_version(
        version: u8,
        (kiosk, number, session): (KioskId, u64, Uuid),
        previous: [u8; 32],
        sealed: Vec<u8>,
    ) -> Self {
        let digest = Sha256::digest(&sealed).into();
        let hash = hash_under(
            domain(version),
            (&kiosk, number, session),
            &previous,
            &digest,
        );
        Self {
            version,
            kiosk,
            number,
            session,
            previous,
            sealed,
            hash,
        }
    }

    /// Whether this code knows records of `version`.
    pub const fn knows(version: u8) -> bool {
        matches!(version, RECORD_VERSION | ERASURE_VERSION)
    }

    /// Checks the record by itself and that it follows the one with hash `previous`.
    ///
    /// # Errors
    ///
    /// What is wrong: its version, its link to the one before, or its own hash.
    pub fn verify(&self, previous: &[u8; 32]) -> Result<(), ChainFault> {
        let number = self.number;
        if !Self::knows(self.version) {
            return Err(ChainFault::Version {
                number,
                version: self.version,
            });
        }
        if !same(&self.previous, previous) {
            return Err(ChainFault::Link { number });
        }
        let at = (&self.kiosk, number, self.session);
        let digest = Sha256::digest(&self.sealed).into();
        let hash = hash_under(domain(self.version), at, &self.previous, &digest);
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

/// A record of one kind can't be passed off as one of the other.
const fn domain(version: u8) -> &'static [u8] {
    match version {
        ERASURE_VERSION => ERASURE_DOMAIN,
        _ => HASH_DOMAIN,
    }
}

/// The hash of a record with an event, of whose sealed content only the SHA-256 is known.
pub fn chained_hash(
    kiosk: &KioskId,
    number: u64,
    session: Uuid,
    previous: &[u8; 32],
    sealed_digest: &[u8; 32],
) -> [u8; 32] {
    hash_under(
        HASH_DOMAIN,
        (kiosk, number, session),
        previous,
        sealed_digest,
    )
}

fn hash_under(
    domain: &[u8],
    (kiosk, number, session): (&KioskId, u64, Uuid),
    previous: &[u8; 32],
    sealed_digest: &[u8; 32],
) -> [u8; 32] {
    Sha256::new()
        .chain_update(domain)
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
