//! Who the kiosk is, read from disk at each connection: its certificate, key and trusted authority.
//!
//! A certificate that is not valid now is found here, before anything is sent: the peer would say
//! the same later and less clearly.

use std::path::Path;
use std::sync::Arc;

use kiosk_pki::{PkiError, Signer, TlsFiles};
use rustls::ClientConfig;
use time::OffsetDateTime;

use crate::reason::Why;

/// Reads the files and makes a TLS 1.3 client of them that shows the kiosk's certificate.
///
/// # Errors
///
/// [`Why::OwnCertificateUnusable`] names the file and what is wrong with it;
/// [`Why::OwnCertificateExpired`] and [`Why::OwnCertificateNotYetValid`] compare it with `now`.
pub(crate) async fn client(
    files: &TlsFiles,
    now: OffsetDateTime,
) -> Result<Arc<ClientConfig>, Why> {
    let files = files.clone();
    let read = tokio::task::spawn_blocking(move || kiosk_pki::client_config(&files, now)).await;
    match read {
        Ok(read) => read.map(Arc::new).map_err(|error| unusable(&error)),
        // The runtime is going down: nobody will read this.
        Err(_) => Err(Why::Stopped),
    }
}

/// Reads the files and makes a signer of them: of the certificate that is in use now, a renewed one too.
///
/// # Errors
///
/// As [`client`].
pub(crate) async fn signer(files: &TlsFiles, now: OffsetDateTime) -> Result<Signer, Why> {
    let files = files.clone();
    let read = tokio::task::spawn_blocking(move || Signer::load(&files, now)).await;
    match read {
        Ok(read) => read.map_err(|error| unusable(&error)),
        Err(_) => Err(Why::Stopped),
    }
}

/// The file's name without its folder, and what is wrong with it.
fn unusable(error: &PkiError) -> Why {
    let (file, what) = match error {
        PkiError::Expired { .. } => return Why::OwnCertificateExpired,
        PkiError::NotYetValid { .. } => return Why::OwnCertificateNotYetValid,
        PkiError::Missing { file } => (file.as_path(), "it is missing"),
        PkiError::Unreadable { file, .. } => (file.as_path(), "it cannot be read"),
        PkiError::KeyExposed { file, .. } => (file.as_path(), "it is open to others; chmod 600 it"),
        PkiError::Malformed { file, .. } => (file.as_path(), "it is not what it should be"),
        PkiError::KeyMismatch { key, .. } => (key.as_path(), "it is another certificate's key"),
        PkiError::Unusable { file, .. } => (file.as_path(), "TLS cannot use it"),
        _ => (Path::new("certificate"), "it is not a kiosk's"),
    };
    let file = file.file_name().unwrap_or_default().to_string_lossy();
    Why::OwnCertificateUnusable(format!("{file}: {what}"))
}
