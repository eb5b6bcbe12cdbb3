//! Central's word under a signature (ed25519, RFC 8032): commands and the time.
//!
//! The secret half lies at central alone, the public half in every kiosk's configuration. TLS says that
//! central is at the other end; the signature says so on any other way, too: over the broker, and to a kiosk
//! whose clock is too wrong to judge certificates.

use std::fmt;
use std::str::FromStr;

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use zeroize::Zeroizing;

use crate::key_file::KeyLine;
use crate::{Random, WireError};

const PUBLIC: KeyLine = KeyLine {
    what: "central's command public key",
    header: "kioskd-command-public-key-v1",
};
const SECRET: KeyLine = KeyLine {
    what: "central's command secret key",
    header: "kioskd-command-secret-key-v1",
};

/// Signs central's word. As text: `kioskd-command-secret-key-v1 <hex>`. It never shows itself.
pub struct CommandSecretKey {
    seed: Zeroizing<[u8; 32]>,
    pair: Ed25519KeyPair,
}

/// Checks central's word. As text: `kioskd-command-public-key-v1 <hex>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandPublicKey([u8; 32]);

impl CommandSecretKey {
    /// A new key.
    ///
    /// # Errors
    ///
    /// [`WireError::Randomness`] where there is none.
    pub fn generate(random: &dyn Random) -> Result<Self, WireError> {
        let mut seed = Zeroizing::new([0; 32]);
        random.fill(seed.as_mut_slice())?;
        Self::from_seed(seed)
    }

    fn from_seed(seed: Zeroizing<[u8; 32]>) -> Result<Self, WireError> {
        let fault = |_| WireError::KeyFile {
            what: SECRET.what,
            header: SECRET.header,
        };
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).map_err(fault)?;
        Ok(Self { seed, pair })
    }

    /// The public half.
    pub fn public(&self) -> CommandPublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.pair.public_key().as_ref());
        CommandPublicKey(bytes)
    }

    /// The key as the text of its file; wiped when dropped.
    pub fn to_text(&self) -> Zeroizing<String> {
        SECRET.write(&self.seed)
    }

    /// Signs `message` for one use: a signature for another `domain` is none.
    pub(crate) fn sign(&self, domain: &[u8], message: &[u8]) -> Vec<u8> {
        let signed = self.pair.sign(&[domain, message].concat());
        signed.as_ref().to_vec()
    }
}

impl FromStr for CommandSecretKey {
    type Err = WireError;

    fn from_str(text: &str) -> Result<Self, WireError> {
        Self::from_seed(SECRET.read(text)?)
    }
}

impl fmt::Debug for CommandSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CommandSecretKey(..)")
    }
}

impl CommandPublicKey {
    /// The key as the text of its file.
    pub fn to_text(&self) -> String {
        PUBLIC.write(&self.0).to_string()
    }

    pub(crate) fn verify(
        &self,
        domain: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), WireError> {
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(&[domain, message].concat(), signature)
            .map_err(|_| WireError::NotSigned)
    }
}

impl FromStr for CommandPublicKey {
    type Err = WireError;

    fn from_str(text: &str) -> Result<Self, WireError> {
        PUBLIC.read(text).map(|bytes| Self(*bytes))
    }
}
