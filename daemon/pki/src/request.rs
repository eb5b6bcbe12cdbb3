//! A request for a certificate: a new key that never leaves its machine, and what is asked to be signed.

use rcgen::{CertificateParams, DistinguishedName, DnType};
use zeroize::Zeroizing;

use crate::authority::new_key;
use crate::{Identity, PkiError};

/// A new key and its request (PKCS #10).
pub struct Request {
    request_pem: String,
    key_pem: Zeroizing<String>,
}

impl Request {
    /// A new ECDSA P-256 key, and a request that proves it. The name in it is for people who read it: what
    /// the certificate says, the authority decides by who asks.
    ///
    /// # Errors
    ///
    /// [`PkiError::Issue`] where the system gives no randomness.
    pub fn new(name: &str) -> Result<Self, PkiError> {
        let key = new_key()?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let request = params.serialize_request(&key)?;
        Ok(Self {
            request_pem: request.pem()?,
            key_pem: Zeroizing::new(key.serialize_pem()),
        })
    }

    /// What goes to the authority.
    pub fn pem(&self) -> &str {
        &self.request_pem
    }

    /// The identity that the answered certificate makes of it.
    pub fn answered(self, certificate_pem: String) -> Identity {
        Identity::new(certificate_pem, self.key_pem)
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").finish_non_exhaustive()
    }
}
