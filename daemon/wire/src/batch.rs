//! What a kiosk sends to central and what central answers.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::coding::{base64_bytes, base64_maybe, hex_hash};
use crate::record::length;
use crate::{
    CentralPublicKey, CentralSecretKey, Chain, CommandPublicKey, CommandSecretKey, DataKey,
    EvidenceId, KioskId, Random, Record, WireError, limits,
};

const SIGNED_DOMAIN: &[u8] = b"kioskd batch v1\0";
const ACKNOWLEDGED_DOMAIN: &[u8] = b"kioskd acknowledgement v1\0";
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
    /// The kiosk's own word for all of it. Central takes none without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<BatchSignature>,
}

/// A kiosk's signature, by the key of its client certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchSignature {
    /// The kiosk's certificate and what leads from it to the authority, PEM.
    pub certificate: String,
    /// Over [`Batch::signed_bytes`]: ECDSA (ASN.1) or Ed25519, as the certificate's key has it.
    #[serde(with = "base64_bytes")]
    pub signature: Vec<u8>,
}

impl Batch {
    /// A batch that nobody has signed yet.
    pub const fn unsigned(kiosk: KioskId, records: Vec<Record>, keys: Vec<SealedKey>) -> Self {
        Self {
            kiosk,
            records,
            keys,
            signature: None,
        }
    }

    /// What a kiosk signs. The newest record's hash stands for all records, since the chain is checked
    /// (`previous` of the first included); the keys have a digest of their own.
    ///
    /// ```text
    ///  "kioskd batch v1" NUL ‖ length of kiosk (u64, big-endian) ‖ kiosk
    ///  ‖ first number (u64, big-endian) ‖ last number ‖ hash of the last record (32)
    ///  ‖ SHA-256( for each key: session (16) ‖ length (u64, big-endian) ‖ sealed ) (32)
    /// ```
    pub fn signed_bytes(&self) -> Vec<u8> {
        let number = |record: Option<&Record>| record.map_or(0, |record| record.number);
        let head = self.records.last().map_or([0; 32], |record| record.hash);
        let mut keys = Sha256::new();
        for key in &self.keys {
            keys.update(key.session.as_bytes());
            keys.update((key.sealed.len() as u64).to_be_bytes());
            keys.update(&key.sealed);
        }
        [
            SIGNED_DOMAIN,
            &length(self.kiosk.as_str()),
            self.kiosk.as_str().as_bytes(),
            &number(self.records.first()).to_be_bytes(),
            &number(self.records.last()).to_be_bytes(),
            &head,
            &keys.finalize(),
        ]
        .concat()
    }

    /// Checks what can be seen without knowing what central holds: limits, one kiosk, a whole chain
    /// from the first record to the last, erasures that are understood.
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
        self.records
            .iter()
            .try_for_each(|record| record.as_erasure().map(|_| ()))
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
    /// Central's signature, where it comes by MQTT: a broker that carries records knows their hashes, too.
    #[serde(
        default,
        with = "base64_maybe",
        skip_serializing_if = "Option::is_none"
    )]
    pub signature: Option<Vec<u8>>,
}

impl Acknowledgement {
    /// An acknowledgement of records alone.
    pub const fn of_records(kiosk: KioskId, durable: u64, head: [u8; 32]) -> Self {
        Self {
            kiosk,
            durable,
            head,
            evidence: Vec::new(),
            signature: None,
        }
    }

    /// The same under central's signature:
    /// ed25519( "kioskd acknowledgement v1" NUL ‖ durable (u64, big-endian) ‖ head (32) ‖ kiosk ).
    /// Evidence is not in it: that is told by HTTPS alone.
    pub fn signed(mut self, key: &CommandSecretKey) -> Self {
        self.signature = Some(key.sign(ACKNOWLEDGED_DOMAIN, &self.signed_bytes()));
        self
    }

    /// Whether central has signed it, for this kiosk.
    ///
    /// # Errors
    ///
    /// [`WireError::NotSigned`].
    pub fn verify(&self, key: &CommandPublicKey, kiosk: &KioskId) -> Result<(), WireError> {
        match &self.signature {
            Some(signature) if self.kiosk == *kiosk => {
                key.verify(ACKNOWLEDGED_DOMAIN, &self.signed_bytes(), signature)
            }
            _ => Err(WireError::NotSigned),
        }
    }

    fn signed_bytes(&self) -> Vec<u8> {
        [
            self.durable.to_be_bytes().as_slice(),
            &self.head,
            self.kiosk.as_str().as_bytes(),
        ]
        .concat()
    }
}
