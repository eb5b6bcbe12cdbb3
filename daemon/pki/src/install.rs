//! A new identity takes the place of the one in use, so that a crash at any moment leaves a pair that fits.
//!
//! ```text
//!  write KEY.next, CERTIFICATE.next (both durable) ──► rename KEY.next ──► rename CERTIFICATE.next
//!        a crash here: both are there,                    a crash here: only the certificate's is there,
//!        nothing has changed                              the new key stands beside the old certificate
//! ```
//!
//! [`finish_installing`] goes on where a crash has left off. It goes forward: an identity is installed only
//! once a connection has proved it.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::files::{PUBLIC_MODE, read_secret, replace, write_secret};
use crate::{Identity, PkiError, TlsFiles};

impl Identity {
    /// Puts this identity in the place of the one in `files`.
    ///
    /// # Errors
    ///
    /// [`PkiError::Unreadable`] where a folder cannot be written; the former identity is there then, or
    /// [`finish_installing`] brings the new one.
    pub fn install(&self, files: &TlsFiles) -> Result<(), PkiError> {
        write_secret(&next(&files.key), self.key_pem().as_bytes())?;
        replace(
            &next(&files.certificate),
            self.certificate_pem().as_bytes(),
            PUBLIC_MODE,
        )?;
        finish_installing(files)
    }
}

/// Ends what an interrupted [`Identity::install`] began; does nothing where none was.
///
/// # Errors
///
/// [`PkiError::Unreadable`] where a folder cannot be written.
pub fn finish_installing(files: &TlsFiles) -> Result<(), PkiError> {
    let (key, certificate) = (next(&files.key), next(&files.certificate));
    // Without the certificate nothing was complete: the key alone is a beginning that was cut off.
    if !certificate.exists() {
        return Ok(());
    }
    if key.exists() {
        // Readable by its owner alone, or it is not ours.
        read_secret(&key)?;
        rename(&key, &files.key)?;
    }
    rename(&certificate, &files.certificate)
}

fn next(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".next");
    name.into()
}

fn rename(from: &Path, to: &Path) -> Result<(), PkiError> {
    let failed = |source| PkiError::Unreadable {
        file: to.to_owned(),
        source,
    };
    std::fs::rename(from, to).map_err(failed)?;
    let folder = match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed)
}
