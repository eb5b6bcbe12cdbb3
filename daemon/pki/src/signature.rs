//! Words signed with a certificate's own key, for ways that end no TLS at who should hear them.
//!
//! ```text
//!  kiosk: Signer {certificate chain, key} ──sign──► chain ‖ signature
//!  central: SignatureCheck {authority, revoked} ──► chain leads to the authority, valid now, not revoked,
//!                                                   signature is by its key ──► Peer
//! ```
//!
//! The chain travels beside the signature, so that a renewed certificate counts from its first use and nothing
//! is kept of it where it is checked. The key's kind says how it signs: ECDSA P-256 or P-384, or Ed25519.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::UnixTime;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, SignatureScheme};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use time::OffsetDateTime;

use crate::tls::{Own, client_verifier, provider, roots};
use crate::{Peer, PkiError, TlsFiles};

/// Longest chain, in bytes of its PEM: some certificates.
const LONGEST_CHAIN: usize = 16 * 1024;

const SCHEMES: [SignatureScheme; 3] = [
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ED25519,
];

/// Signs with the key of a certificate.
pub struct Signer {
    chain_pem: String,
    key: Box<dyn rustls::sign::Signer>,
}

impl Signer {
    /// Reads certificate and key of `files`, which have to fit each other and be valid at `now`.
    ///
    /// # Errors
    ///
    /// As [`crate::client_config`].
    pub fn load(files: &TlsFiles, now: OffsetDateTime) -> Result<Self, PkiError> {
        let own = Own::load(files, now)?;
        let unusable = |reason| PkiError::Unusable {
            file: files.key.clone(),
            reason,
        };
        let key = provider().key_provider.load_private_key(own.key);
        let pair = CertifiedKey::new(own.chain, key.map_err(unusable)?);
        pair.keys_match().map_err(|_| PkiError::KeyMismatch {
            key: files.key.clone(),
            certificate: files.certificate.clone(),
        })?;
        let key = pair.key.choose_scheme(&SCHEMES);
        Ok(Self {
            chain_pem: pair.cert.iter().map(pem).collect(),
            key: key.ok_or_else(|| PkiError::Malformed {
                file: files.key.clone(),
                wanted: "ECDSA or Ed25519 key",
            })?,
        })
    }

    /// The certificate and what leads from it to the authority, PEM.
    pub fn chain_pem(&self) -> &str {
        &self.chain_pem
    }

    /// Signs `message`.
    ///
    /// # Errors
    ///
    /// [`PkiError::NotSigned`] where the system gives no randomness.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, PkiError> {
        self.key
            .sign(message)
            .map_err(|_| PkiError::NotSigned("it could not be signed"))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

/// Checks what others have signed, by the authority that signed their certificates.
#[derive(Debug, Clone)]
pub struct SignatureCheck {
    clients: Arc<dyn ClientCertVerifier>,
}

impl SignatureCheck {
    /// By the authority of `files`, without those that the list `revoked` names.
    ///
    /// # Errors
    ///
    /// Names the file that cannot be used.
    pub fn new(files: &TlsFiles, revoked: Option<&Path>) -> Result<Self, PkiError> {
        let roots: RootCertStore = roots(files)?;
        Ok(Self {
            clients: client_verifier(files, roots, revoked)?,
        })
    }

    /// Who signed `message`: the owner of the chain's first certificate.
    ///
    /// # Errors
    ///
    /// [`PkiError::NotSigned`] where the chain does not lead to the authority, is not valid at `now` or revoked, or the
    /// signature is another's or of another message; [`PkiError::Subject`].
    pub fn signer(
        &self,
        chain_pem: &str,
        message: &[u8],
        signature: &[u8],
        now: OffsetDateTime,
    ) -> Result<Peer, PkiError> {
        let chain = chain(chain_pem)?;
        let (own, others) = chain
            .split_first()
            .ok_or(PkiError::NotSigned("no certificate is with it"))?;
        let seconds = u64::try_from(now.unix_timestamp()).unwrap_or(0);
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        self.clients
            .verify_client_cert(own, others, now)
            .map_err(|_| PkiError::NotSigned("its certificate is not one that counts here now"))?;
        let parsed = webpki::EndEntityCert::try_from(own)
            .map_err(|_| PkiError::NotSigned("its certificate cannot be parsed"))?;
        let algorithms = provider().signature_verification_algorithms;
        let holds = algorithms
            .mapping
            .iter()
            .filter(|(scheme, _)| SCHEMES.contains(scheme))
            .flat_map(|(_, algorithms)| *algorithms)
            .any(|algorithm| {
                let checked = parsed.verify_signature(*algorithm, message, signature);
                checked.is_ok()
            });
        match holds {
            true => Peer::from_certificate(own),
            false => Err(PkiError::NotSigned(
                "another key signed it, or another text",
            )),
        }
    }
}

fn chain(pem: &str) -> Result<Vec<CertificateDer<'static>>, PkiError> {
    if pem.len() > LONGEST_CHAIN {
        return Err(PkiError::NotSigned("its certificates are too long"));
    }
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    parsed.map_err(|_| PkiError::NotSigned("its certificates are not in PEM form"))
}

/// RFC 7468: 64 characters a line.
fn pem(certificate: &CertificateDer<'static>) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let text = BASE64_STANDARD.encode(certificate);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem + "-----END CERTIFICATE-----\n"
}
