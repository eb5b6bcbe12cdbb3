//! Refresh tokens: random, and marked as ours, so that one that was used is told from one that never was.
//!
//! ```text
//! krt_{login}_{128 random bits}{128 bits of HMAC-SHA256 over the login and those}
//! ```
//!
//! Only the hash of the newest is kept. An older one has our mark: somebody uses it twice, and the login ends. Whatever has no mark was
//! never given out: it lets nobody in, and ends nobody's login.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::StaffError;
use crate::secret;

const PREFIX: &str = "krt";
/// Parts what is marked from what the same key signs.
const PURPOSE: &[u8] = b"kiosk refresh token 1";
const RANDOM: usize = 16;
const MARK: usize = 16;

/// Makes refresh tokens and knows them again.
pub(crate) struct Refresh(Hmac<Sha256>);

impl Refresh {
    pub(crate) fn new(secret: &[u8; 32]) -> Result<Self, StaffError> {
        let keyed = Hmac::new_from_slice(secret).map_err(|_| StaffError::Fault("taking a key"))?;
        Ok(Self(keyed.chain_update(PURPOSE)))
    }

    /// A token of a login.
    pub(crate) fn drawn(
        &self,
        login: Uuid,
        random: &dyn kiosk_wire::Random,
    ) -> Result<Zeroizing<String>, StaffError> {
        let drawn = secret::drawn::<RANDOM>(random)?;
        let mark = self.over(login, &*drawn).finalize().into_bytes();
        Ok(Zeroizing::new(format!(
            "{PREFIX}_{}_{}{}",
            login.simple(),
            hex::encode(*drawn),
            hex::encode(&mark[..MARK])
        )))
    }

    /// The login that a token names, whether or not it is ours.
    pub(crate) fn login(presented: &str) -> Option<Uuid> {
        secret::id_in(PREFIX, presented)
    }

    /// Whether it was given out here once, for that login.
    pub(crate) fn is_marked(&self, login: Uuid, presented: &str) -> bool {
        // As it was given out: in small letters.
        if presented.bytes().any(|letter| letter.is_ascii_uppercase()) {
            return false;
        }
        let bytes = presented.rsplit('_').next().map(hex::decode);
        let Some(Ok(bytes)) = bytes else { return false };
        let Some((drawn, mark)) = bytes.split_at_checked(RANDOM) else {
            return false;
        };
        mark.len() == MARK && self.over(login, drawn).verify_truncated_left(mark).is_ok()
    }

    fn over(&self, login: Uuid, drawn: &[u8]) -> Hmac<Sha256> {
        self.0
            .clone()
            .chain_update(login.as_bytes())
            .chain_update(drawn)
    }
}

#[cfg(test)]
mod tests {
    use kiosk_wire::OsRandom;

    use super::*;

    #[test]
    fn a_token_has_the_mark_of_its_login_under_its_own_key_only() {
        let ours = Refresh::new(&[1; 32]).unwrap();
        let (login, other) = (Uuid::from_u128(7), Uuid::from_u128(8));
        let token = ours.drawn(login, &OsRandom).unwrap();
        assert_eq!(Refresh::login(&token), Some(login));
        assert!(ours.is_marked(login, &token));
        assert!(!ours.is_marked(other, &token));
        assert!(!Refresh::new(&[2; 32]).unwrap().is_marked(login, &token));
        assert!(!ours.is_marked(
            login,
            &token.replace(|letter: char| letter.is_ascii_lowercase(), "A")
        ));
        for at in [37, 68, 69, 100] {
            let mut spoilt = token.to_string().into_bytes();
            spoilt[at] = if spoilt[at] == b'0' { b'1' } else { b'0' };
            let spoilt = String::from_utf8(spoilt).unwrap();
            assert!(!ours.is_marked(login, &spoilt), "{at}");
        }
    }
}
