//! A record as central holds it: whole, or, once its session was erased, its place in the chain alone.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::coding::hex_hash;
use crate::{ChainFault, KioskId, RECORD_VERSION, Record, chained_hash};

/// What readers are given of a record. The stub's JSON has `digest` where the record's has `sealed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HeldRecord {
    /// As it came.
    Whole(Record),
    /// What is left of it.
    Stub(RecordStub),
}

/// A record without its content. The chain runs over the digest, so nobody can put another content in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordStub {
    /// As it was: only records with events become stubs.
    pub version: u8,
    /// Whose log it is in.
    pub kiosk: KioskId,
    /// Its place in the log.
    pub number: u64,
    /// The session that it told of.
    pub session: Uuid,
    /// The hash of the record before.
    #[serde(with = "hex_hash")]
    pub previous: [u8; 32],
    /// SHA-256 of what was sealed.
    #[serde(with = "hex_hash")]
    pub digest: [u8; 32],
    /// The record's hash.
    #[serde(with = "hex_hash")]
    pub hash: [u8; 32],
}

impl HeldRecord {
    /// Its place in the log.
    pub const fn number(&self) -> u64 {
        match self {
            Self::Whole(record) => record.number,
            Self::Stub(stub) => stub.number,
        }
    }

    /// Its hash.
    pub const fn hash(&self) -> [u8; 32] {
        match self {
            Self::Whole(record) => record.hash,
            Self::Stub(stub) => stub.hash,
        }
    }

    /// The record, where its content is still there.
    pub const fn whole(&self) -> Option<&Record> {
        match self {
            Self::Whole(record) => Some(record),
            Self::Stub(_) => None,
        }
    }

    /// Checks it by itself and that it follows the record with hash `previous`.
    ///
    /// # Errors
    ///
    /// As [`Record::verify`].
    pub fn verify(&self, previous: &[u8; 32]) -> Result<(), ChainFault> {
        match self {
            Self::Whole(record) => record.verify(previous),
            Self::Stub(stub) => stub.verify(previous),
        }
    }
}

impl RecordStub {
    fn verify(&self, previous: &[u8; 32]) -> Result<(), ChainFault> {
        let (number, version) = (self.number, self.version);
        if version != RECORD_VERSION {
            return Err(ChainFault::Version { number, version });
        }
        if !bool::from(self.previous.ct_eq(previous)) {
            return Err(ChainFault::Link { number });
        }
        let hash = chained_hash(
            &self.kiosk,
            number,
            self.session,
            &self.previous,
            &self.digest,
        );
        match bool::from(self.hash.ct_eq(&hash)) {
            true => Ok(()),
            false => Err(ChainFault::Hash { number }),
        }
    }
}
