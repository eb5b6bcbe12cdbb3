//! A certificate with its private key, and how both come to disk.

use std::fmt;
use std::path::Path;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use zeroize::Zeroizing;

use crate::files::{PUBLIC_MODE, replace, write_secret};
use crate::{PkiError, TlsFiles};

/// A certificate and the private key that belongs to it, both as PEM.
pub struct Identity {
    certificate_pem: String,
    key_pem: Zeroizing<String>,
}

impl Identity {
    pub(crate) fn new(certificate_pem: String, key_pem: Zeroizing<String>) -> Self {
        Self {
            certificate_pem,
            key_pem,
        }
    }

    /// The certificate, PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The private key, PKCS#8 in PEM. Secret.
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// The certificate, DER.
    ///
    /// # Errors
    ///
    /// [`PkiError::Subject`] where the PEM holds no certificate, which this crate never makes.
    pub fn certificate_der(&self) -> Result<CertificateDer<'static>, PkiError> {
        CertificateDer::from_pem_slice(self.certificate_pem.as_bytes())
            .map_err(|_| PkiError::Subject("no certificate in PEM form"))
    }

    /// Writes `{stem}.key` (mode 0600) and `{stem}.pem` into `folder`, each replaced whole: the
    /// former file or the new one is there at any moment, never a part. Between the two, for a
    /// moment, a new key stands beside the former certificate: replace an identity in use by
    /// writing the new one to another folder and proving it first.
    ///
    /// Returns where they are, with `authority` as the third.
    ///
    /// # Errors
    ///
    /// [`PkiError::Unreadable`] where the folder cannot be written.
    pub fn write(&self, folder: &Path, stem: &str, authority: &Path) -> Result<TlsFiles, PkiError> {
        let key = folder.join(format!("{stem}.key"));
        let certificate = folder.join(format!("{stem}.pem"));
        write_secret(&key, self.key_pem.as_bytes())?;
        replace(&certificate, self.certificate_pem.as_bytes(), PUBLIC_MODE)?;
        Ok(TlsFiles {
            authority: authority.to_owned(),
            certificate,
            key,
        })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}
