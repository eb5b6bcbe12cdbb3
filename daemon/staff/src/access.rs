//! Access tokens: JWT (RFC 7519), HS256 alone, of 15 minutes.
//!
//! `jsonwebtoken` reads and writes them; its bundled cryptography has RSA and curves that nothing here wants, so that it is
//! given HMAC of SHA-256 alone: a token of any other algorithm has nobody to check it.

use hmac::{Hmac, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::StaffError;

/// How long an access token holds.
pub(crate) const LIFETIME: Duration = Duration::minutes(15);

/// What a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// The user.
    pub(crate) sub: Uuid,
    pub(crate) tenant: String,
    /// The login that it came of.
    pub(crate) sid: Uuid,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
}

/// Signs tokens, and reads those that it signed.
pub(crate) struct Tokens {
    signs: EncodingKey,
    reads: DecodingKey,
}

impl Tokens {
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        // Whoever comes second finds the same one in its place.
        let _ = HMAC_ALONE.install_default();
        Self {
            signs: EncodingKey::from_secret(secret),
            reads: DecodingKey::from_secret(secret),
        }
    }

    pub(crate) fn sign(
        &self,
        sub: Uuid,
        tenant: &str,
        sid: Uuid,
        now: OffsetDateTime,
    ) -> Result<String, StaffError> {
        let claims = Claims {
            sub,
            tenant: tenant.to_owned(),
            sid,
            iat: now.unix_timestamp(),
            exp: (now + LIFETIME).unix_timestamp(),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signs)
            .map_err(|_| StaffError::Fault("signing a token"))
    }

    pub(crate) fn read(&self, token: &str, now: OffsetDateTime) -> Result<Claims, StaffError> {
        let mut rules = Validation::new(Algorithm::HS256);
        // By the clock that was passed in, below.
        rules.validate_exp = false;
        let read = decode::<Claims>(token, &self.reads, &rules).map_err(|_| StaffError::Token)?;
        let holds = read.claims.exp > now.unix_timestamp();
        holds.then_some(read.claims).ok_or(StaffError::Token)
    }
}

static HMAC_ALONE: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(Code::new(*algorithm, key.as_bytes())?)),
    verifier_factory: |algorithm, key| {
        Ok(Box::new(Code::new(*algorithm, key.try_get_as_bytes()?)?))
    },
    key_utils: KeyUtils::new_unimplemented(),
};

struct Code(Hmac<Sha256>);

impl Code {
    fn new(algorithm: Algorithm, key: &[u8]) -> Result<Self, Error> {
        if algorithm != Algorithm::HS256 {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        let code =
            Hmac::new_from_slice(key).map_err(|_| Error::from(ErrorKind::InvalidKeyFormat))?;
        Ok(Self(code))
    }

    fn over(&self, message: &[u8]) -> Hmac<Sha256> {
        self.0.clone().chain_update(message)
    }
}

impl signature::Signer<Vec<u8>> for Code {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.over(message).finalize().into_bytes().to_vec())
    }
}

impl signature::Verifier<Vec<u8>> for Code {
    fn verify(&self, message: &[u8], code: &Vec<u8>) -> Result<(), signature::Error> {
        self.over(message)
            .verify_slice(code)
            .map_err(|_| signature::Error::new())
    }
}

impl JwtSigner for Code {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Code {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-11-22 10:00 UTC);

    #[test]
    fn a_token_holds_for_a_quarter_of_an_hour_and_under_its_own_key_only() {
        let (tokens, others) = (Tokens::new(&[1; 32]), Tokens::new(&[2; 32]));
        let token = tokens
            .sign(Uuid::from_u128(7), "demo", Uuid::from_u128(8), NOW)
            .unwrap();
        let claims = tokens.read(&token, NOW + Duration::seconds(899)).unwrap();
        assert_eq!(
            (claims.sub, claims.sid),
            (Uuid::from_u128(7), Uuid::from_u128(8))
        );
        assert!(tokens.read(&token, NOW + LIFETIME).is_err());
        assert!(others.read(&token, NOW).is_err());
    }

    #[test]
    fn a_token_that_says_it_is_not_signed_or_otherwise_signed_lets_nobody_in() {
        let tokens = Tokens::new(&[1; 32]);
        let token = tokens.sign(Uuid::nil(), "demo", Uuid::nil(), NOW).unwrap();
        let (_, rest) = token.split_once('.').unwrap();
        let (claims, code) = rest.split_once('.').unwrap();
        // {"alg":"none"}, {"alg":"HS512","typ":"JWT"}, {"alg":"RS256","typ":"JWT"}
        for head in [
            "eyJhbGciOiJub25lIn0",
            "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9",
            "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9",
        ] {
            assert!(
                tokens
                    .read(&format!("{head}.{claims}.{code}"), NOW)
                    .is_err()
            );
            assert!(tokens.read(&format!("{head}.{claims}."), NOW).is_err());
        }
    }
}
