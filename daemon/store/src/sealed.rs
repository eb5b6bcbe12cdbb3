//! The log's small values, sealed under a key derived from the device key and bound to their place.

use kiosk_wire::{KioskId, Random, WireError, open, seal};

use crate::device_key::Secrets;
use crate::{DeviceKey, StoreError};

const DOMAIN: &[u8] = b"kioskd index v1";

/// Seals and opens the log's small values.
pub(crate) struct Sealer {
    pub(crate) secrets: Secrets,
    kiosk: KioskId,
}

impl Sealer {
    pub(crate) fn new(key: &DeviceKey, kiosk: KioskId) -> Result<Self, StoreError> {
        Ok(Self {
            secrets: key.secrets()?,
            kiosk,
        })
    }

    pub(crate) const fn kiosk(&self) -> &KioskId {
        &self.kiosk
    }

    pub(crate) fn seal(
        &self,
        random: &dyn Random,
        place: &[u8],
        value: &[u8],
    ) -> Result<Vec<u8>, WireError> {
        seal(&self.secrets.index, random, &bound(place), value)
    }

    pub(crate) fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, WireError> {
        open(&self.secrets.index, &bound(place), sealed)
    }
}

/// The place alone: the kiosk's name is a value itself and told apart from a wrong key by it.
fn bound(place: &[u8]) -> Vec<u8> {
    [DOMAIN, place].concat()
}
