//! TLS as everybody here speaks it: version 1.3, ring, both sides show a certificate.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore, ServerConfig, version::TLS13};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::files::{read, read_secret};
use crate::revocation::read_list;
use crate::{PkiError, Validity};

/// The three PEM files of a party, as they stand in its configuration.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// Certificate of the authority that signed the peers.
    pub authority: PathBuf,
    /// The own certificate, followed by intermediate ones if there are any.
    pub certificate: PathBuf,
    /// The own private key; its mode must keep others out (0600 or 0400).
    pub key: PathBuf,
}

/// The one TLS provider of this workspace, ring, given to each configuration explicitly, so that no
/// process-wide default is needed.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// A client that trusts only `files.authority` and shows `files.certificate`. TLS 1.3 only. The peer's
/// certificate is judged at `now`, too: make a new configuration for each connection.
/// Protocol names (ALPN) are left to the caller.
///
/// # Errors
///
/// Names the file that is missing, unreadable, open to others, malformed or of another pair; says
/// where the own certificate is not valid at `now`, so that nothing is sent with it.
pub fn client_config(files: &TlsFiles, now: OffsetDateTime) -> Result<ClientConfig, PkiError> {
    let own = Own::load(files, now)?;
    ClientConfig::builder_with_details(provider(), Arc::new(At(now)))
        .with_protocol_versions(&[&TLS13])
        .map_err(|reason| unusable(files, reason))?
        .with_root_certificates(own.roots)
        .with_client_auth_cert(own.chain, own.key)
        .map_err(|reason| misfit(files, reason))
}

/// A time that stands still.
#[derive(Debug)]
struct At(OffsetDateTime);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.unix_timestamp()).ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(
            seconds,
        )))
    }
}

/// A server that shows `files.certificate` and takes only clients whose certificate
/// `files.authority` signed. TLS 1.3 only; no session is resumed, so that every connection proves a
/// certificate that is valid at its time. Whose certificate stands on the list `revoked` is refused.
/// Protocol names (ALPN) are left to the caller.
///
/// # Errors
///
/// As for [`client_config`].
pub fn server_config(
    files: &TlsFiles,
    revoked: Option<&Path>,
    now: OffsetDateTime,
) -> Result<ServerConfig, PkiError> {
    let own = Own::load(files, now)?;
    let clients = client_verifier(files, own.roots, revoked)?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(|reason| unusable(files, reason))?
        .with_client_cert_verifier(clients)
        .with_single_cert(own.chain, own.key)
        .map_err(|reason| misfit(files, reason))?;
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(config)
}

/// Judges clients' certificates by the authority `roots`.
pub(crate) fn client_verifier(
    files: &TlsFiles,
    roots: RootCertStore,
    revoked: Option<&Path>,
) -> Result<Arc<dyn ClientCertVerifier>, PkiError> {
    let lists = revoked.map(read_list).transpose()?;
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        // One list of one authority: what it does not name is not revoked.
        .with_crls(lists)
        .only_check_end_entity_revocation()
        .build()
        .map_err(|_| malformed(&files.authority, "certificate of an authority"))
}

/// The authority that is trusted.
pub(crate) fn roots(files: &TlsFiles) -> Result<RootCertStore, PkiError> {
    let mut roots = RootCertStore::empty();
    for authority in certificates(&files.authority)? {
        roots
            .add(authority)
            .map_err(|_| malformed(&files.authority, "certificate of an authority"))?;
    }
    Ok(roots)
}

/// What the three files hold.
pub(crate) struct Own {
    roots: RootCertStore,
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Own {
    pub(crate) fn load(files: &TlsFiles, now: OffsetDateTime) -> Result<Self, PkiError> {
        let chain = certificates(&files.certificate)?;
        check_window(&chain, &files.certificate, now)?;
        let key = PrivateKeyDer::from_pem_slice(&read_secret(&files.key)?)
            .map_err(|_| malformed(&files.key, "private key"))?;
        let roots = roots(files)?;
        Ok(Self { roots, chain, key })
    }
}

pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, PkiError> {
    let bytes = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(malformed(path, "certificate")),
    }
}

/// From when until when the own certificate is valid.
///
/// # Errors
///
/// Names the file that is missing, unreadable or no certificate.
pub fn own_validity(files: &TlsFiles) -> Result<Validity, PkiError> {
    let chain = certificates(&files.certificate)?;
    let first = chain
        .first()
        .and_then(|der| X509Certificate::from_der(der).ok());
    let (_, own) = first.ok_or_else(|| malformed(&files.certificate, "certificate"))?;
    let window = own.validity();
    Validity::between(
        window.not_before.to_datetime(),
        window.not_after.to_datetime(),
    )
}

fn check_window(
    chain: &[CertificateDer<'_>],
    path: &Path,
    now: OffsetDateTime,
) -> Result<(), PkiError> {
    let parsed = chain
        .first()
        .and_then(|der| X509Certificate::from_der(der).ok());
    let (_, own) = parsed.ok_or_else(|| malformed(path, "certificate"))?;
    let window = own.validity();
    let now = now.unix_timestamp();
    if now > window.not_after.timestamp() {
        return Err(PkiError::Expired {
            file: path.to_owned(),
            not_after: window.not_after.to_datetime(),
        });
    }
    if now < window.not_before.timestamp() {
        return Err(PkiError::NotYetValid {
            file: path.to_owned(),
            not_before: window.not_before.to_datetime(),
        });
    }
    Ok(())
}

fn malformed(file: &Path, wanted: &'static str) -> PkiError {
    PkiError::Malformed {
        file: file.to_owned(),
        wanted,
    }
}

fn misfit(files: &TlsFiles, reason: rustls::Error) -> PkiError {
    match reason {
        rustls::Error::InconsistentKeys(_) => PkiError::KeyMismatch {
            key: files.key.clone(),
            certificate: files.certificate.clone(),
        },
        reason => unusable(files, reason),
    }
}

fn unusable(files: &TlsFiles, reason: rustls::Error) -> PkiError {
    PkiError::Unusable {
        file: files.certificate.clone(),
        reason,
    }
}
