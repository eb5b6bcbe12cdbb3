//! Central's key pair: session keys are sealed to its public half, so that nobody on the way reads them.
//!
//! HPKE (RFC 9180) in base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305.
//! Who sends is known from the client certificate; HPKE's own authentication is not used.

use std::fmt;
use std::str::FromStr;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

use crate::key_file::KeyLine;
use crate::{Random, WireError, random};

type Suite = X25519HkdfSha256;
type Public = <Suite as Kem>::PublicKey;
type Secret = <Suite as Kem>::PrivateKey;
type Encapsulated = <Suite as Kem>::EncappedKey;

/// Length of the encapsulated key that stands before the ciphertext (RFC 9180, table 2: Nenc).
const ENCAPSULATED: usize = 32;

const PUBLIC: KeyLine = KeyLine {
    what: "central's public key",
    header: "kioskd-central-public-key-v1",
};
const SECRET: KeyLine = KeyLine {
    what: "central's secret key",
    header: "kioskd-central-secret-key-v1",
};

/// Central's public key, in every kiosk's configuration. As text: `kioskd-central-public-key-v1 <hex>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CentralPublicKey(Public);

/// Central's secret key: opens every session's. As text: `kioskd-central-secret-key-v1 <hex>`,
/// to be kept in a file that only central reads. It never shows itself.
#[derive(Clone)]
pub struct CentralSecretKey(Secret);

impl CentralSecretKey {
    /// A new key.
    ///
    /// # Errors
    ///
    /// [`WireError::Randomness`] where there is none.
    pub fn generate(random: &dyn Random) -> Result<Self, WireError> {
        let (secret, _) = Suite::gen_keypair(&mut random::generator(random)?);
        Ok(Self(secret))
    }

    /// The public half.
    pub fn public(&self) -> CentralPublicKey {
        CentralPublicKey(Suite::sk_to_pk(&self.0))
    }

    /// The key as the text of its file; wiped when dropped.
    pub fn to_text(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new(<[u8; 32]>::from(self.0.to_bytes()));
        SECRET.write(&bytes)
    }

    /// Opens what was sealed to the public half.
    pub(crate) fn open(
        &self,
        info: &[u8],
        bound: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, WireError> {
        let fault = |_| WireError::DoesNotOpen;
        let (encapsulated, ciphertext) = sealed
            .split_at_checked(ENCAPSULATED)
            .ok_or(WireError::DoesNotOpen)?;
        let encapsulated = Encapsulated::from_bytes(encapsulated).map_err(fault)?;
        let plain = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Suite>(
            &OpModeR::Base,
            &self.0,
            &encapsulated,
            info,
            ciphertext,
            bound,
        );
        plain.map(Zeroizing::new).map_err(fault)
    }
}

impl FromStr for CentralSecretKey {
    type Err = WireError;

    fn from_str(text: &str) -> Result<Self, WireError> {
        let bytes = SECRET.read(text)?;
        let fault = |_| WireError::KeyFile {
            what: SECRET.what,
            header: SECRET.header,
        };
        Secret::from_bytes(bytes.as_slice())
            .map(Self)
            .map_err(fault)
    }
}

impl fmt::Debug for CentralSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CentralSecretKey(..)")
    }
}

impl CentralPublicKey {
    /// The key as the text of its file.
    pub fn to_text(&self) -> String {
        PUBLIC.write(&self.0.to_bytes().into()).to_string()
    }

    /// Seals `plain`: encapsulated key (32) ‖ ciphertext ‖ tag (16).
    pub(crate) fn seal(
        &self,
        random: &dyn Random,
        info: &[u8],
        bound: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, WireError> {
        let (encapsulated, ciphertext) =
            hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Suite, _>(
                &OpModeS::Base,
                &self.0,
                info,
                plain,
                bound,
                &mut random::generator(random)?,
            )
            .map_err(|_| WireError::DoesNotSeal)?;
        Ok([encapsulated.to_bytes().as_slice(), &ciphertext].concat())
    }
}

impl FromStr for CentralPublicKey {
    type Err = WireError;

    fn from_str(text: &str) -> Result<Self, WireError> {
        let bytes = PUBLIC.read(text)?;
        let fault = |_| WireError::KeyFile {
            what: PUBLIC.what,
            header: PUBLIC.header,
        };
        Public::from_bytes(bytes.as_slice())
            .map(Self)
            .map_err(fault)
    }
}
