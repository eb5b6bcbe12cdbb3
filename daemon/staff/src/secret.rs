//! Random secrets that are told once, and what is kept of them.

use kiosk_wire::Random;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::StaffError;

/// The SHA-256 of a random secret of 256 bits: there is nothing to guess, so that no slow hash is needed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hash([u8; 32]);

impl Hash {
    pub(crate) fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// Whether it is the hash of what is presented; takes as long wherever they differ.
    pub(crate) fn fits(&self, presented: &str) -> bool {
        self.0.ct_eq(&Self::of(presented).0).into()
    }
}

/// Whether what is presented has the hash that is kept for it; where none is kept it never has, by the same hash and comparison, so
/// that nobody learns which ids there are.
pub(crate) fn fits(kept: Option<&Hash>, presented: &str) -> bool {
    const NOBODY: Hash = Hash([0; 32]);
    let same = kept.unwrap_or(&NOBODY).fits(presented);
    same & kept.is_some()
}

/// A secret that names its record: `PREFIX_ID_SECRET`, id and secret in hexadecimal digits.
pub(crate) fn named(
    prefix: &str,
    id: Uuid,
    random: &dyn Random,
) -> Result<Zeroizing<String>, StaffError> {
    let secret = drawn::<32>(random)?;
    Ok(Zeroizing::new(format!(
        "{prefix}_{}_{}",
        id.simple(),
        hex::encode(*secret)
    )))
}

/// The id in such a secret; `None` for anything that is none.
pub(crate) fn id_in(prefix: &str, presented: &str) -> Option<Uuid> {
    let rest = presented.strip_prefix(prefix)?.strip_prefix('_')?;
    let (id, secret) = rest.split_once('_')?;
    (id.len() == 32 && secret.len() == 64).then_some(())?;
    Uuid::try_parse(id).ok()
}

/// A random id.
pub(crate) fn id(random: &dyn Random) -> Result<Uuid, StaffError> {
    let bytes = drawn::<16>(random)?;
    Ok(uuid::Builder::from_random_bytes(*bytes).into_uuid())
}

/// Random bytes.
pub(crate) fn drawn<const N: usize>(random: &dyn Random) -> Result<Zeroizing<[u8; N]>, StaffError> {
    let mut bytes = Zeroizing::new([0; N]);
    random
        .fill(bytes.as_mut_slice())
        .map_err(|_| StaffError::Fault("drawing a random secret"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiosk_wire::OsRandom;

    #[test]
    fn a_secret_tells_its_record_and_fits_its_own_hash_only() {
        let id = id(&OsRandom).unwrap();
        let one = named("key", id, &OsRandom).unwrap();
        let other = named("key", id, &OsRandom).unwrap();
        assert_eq!(id_in("key", &one), Some(id));
        assert_eq!(id_in("rt", &one), None);
        assert_eq!(id_in("key", "key_1_2"), None);
        assert!(Hash::of(&one).fits(&one));
        assert!(!Hash::of(&one).fits(&other));
    }
}
