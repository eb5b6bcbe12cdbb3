//! What a kiosk sends to central and what central answers.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::coding::{base64_bytes, hex_hash};
use crate::record::length;
use crate::{
    CentralPublicKey, CentralSecretKey, Chain, DataKey, EvidenceId, KioskId, Random, Record,
    WireError, limits,
};

const KEY_INFO: &[u8] = b"kioskd session key v1";

/// Records in order, with the keys of their sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Whose records they are: the name in the client certificate.
    pub kiosk: KioskId,
    /// By number, without gaps.
    pub records: Vec<Record>,
    /// The keys of their sessions, each sealed to central; one that was erased is missing.
    pub keys: Vec<SealedKey>,
}

impl Batch {
    /// Checks what can be seen without knowing what central holds: limits, one kiosk, a whole chain
    /// from the first record to the last.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), WireError> {
        let first = self.records.first().ok_or(WireError::BatchEmpty)?;
        within("records", self.records.len(), limits::BATCH_RECORDS)?;
        within("keys", self.keys.len(), limits::BATCH_RECORDS)?;
        let bytes: usize = self.records.iter().map(|record| record.sealed.len()).sum();
        within("sealed bytes", bytes, limits::BATCH_SEALED_BYTES)?;
        if self.records.iter().any(|record| record.kiosk != self.kiosk) {
            return Err(WireError::ForeignRecord);
        }
        let mut chain = Chain::after(first.number.saturating_sub(1), first.previous);
        self.records
            .iter()
            .try_for_each(|record| chain.accept(record))?;
        Ok(())
    }
}

fn within(unit: &'static str, is: usize, most: usize) -> Result<(), WireError> {
    match is <= most {
        true => Ok(()),
        false => Err(WireError::BatchTooLarge { unit, is, most }),
    }
}

/// A session's data key, sealed to central by HPKE and bound to its kiosk and session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedKey {
    /// The session whose records it opens.
    pub session: Uuid,
    /// Encapsulated key (32) ‖ ciphertext (32) ‖ tag (16).
    #[serde(with = "base64_bytes")]
    pub sealed: Vec<u8>,
}

impl SealedKey {
    /// Seals a session's key to central.
    ///
    /// # Errors
    ///
    /// [`WireError::Randomness`] where there is none.
    pub fn seal(
        central: &CentralPublicKey,
        random: &dyn Random,
        kiosk: &KioskId,
        session: Uuid,
        key: &DataKey,
    ) -> Result<Self, WireError> {
        let sealed = central.seal(random, KEY_INFO, &bound(kiosk, session), key.expose())?;
        Ok(Self { session, sealed })
    }

    /// Opens it with central's secret key.
    ///
    /// # Errors
    ///
    /// [`WireError::DoesNotOpen`] where it was sealed to another central, by another kiosk, for another
    /// session, or was changed.
    pub fn open(&self, central: &CentralSecretKey, kiosk: &KioskId) -> Result<DataKey, WireError> {
        let plain = central.open(KEY_INFO, &bound(kiosk, self.session), &self.sealed)?;
        let key = <[u8; 32]>::try_from(plain.as_slice()).map_err(|_| WireError::DoesNotOpen)?;
        Ok(DataKey::from_bytes(key))
    }
}

fn bound(kiosk: &KioskId, session: Uuid) -> Vec<u8> {
    let kiosk = kiosk.as_str();
    [
        length(kiosk).as_slice(),
        kiosk.as_bytes(),
        session.as_bytes(),
    ]
    .concat()
}

/// Central's word that it holds a kiosk's records durably. It alone lets a kiosk forget, and only where
/// the kiosk's own record of that number has the same hash: one whose store was replaced or went back
/// notices at the first word that it hears. The same JSON comes by HTTPS and on the `ack` topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Whose records.
    pub kiosk: KioskId,
    /// Central holds every record up to this number; 0 for none.
    pub durable: u64,
    /// The hash of record `durable`; [`FIRST_PREVIOUS`](crate::FIRST_PREVIOUS) for none.
    #[serde(with = "hex_hash")]
    pub head: [u8; 32],
    /// Pieces of evidence that central has stored, where it tells of some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceId>,
}

impl Acknowledgement {
    /// An acknowledgement of records alone.
    pub const fn of_records(kiosk: KioskId, durable: u64, head: [u8; 32]) -> Self {
        Self {
            kiosk,
            durable,
            head,
            evidence: Vec::new(),
        }
    }
}
