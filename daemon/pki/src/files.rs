//! Files on disk: replaced whole, and read with the file's name in every error.

use std::fs::{File, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::PkiError;

/// Read and written by the owner alone.
const KEY_MODE: u32 = 0o600;
/// Read by everyone: a certificate is no secret.
pub(crate) const PUBLIC_MODE: u32 = 0o644;
/// Bits that let others than the owner at a key.
const OTHERS: u32 = 0o077;

/// Writes `bytes` to a temporary file beside `path`, syncs it, renames it and syncs the folder.
pub(crate) fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), PkiError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let failed = |source| PkiError::Unreadable {
        file: path.to_owned(),
        source,
    };
    let mut file = tempfile::Builder::new()
        .prefix(".new-")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    // The process's umask may have taken bits away.
    file.as_file()
        .set_permissions(Permissions::from_mode(mode))
        .map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed)
}

/// The whole of a small file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, PkiError> {
    std::fs::read(path).map_err(|source| unreadable(path, source))
}

/// Writes a secret to a file of mode 0600, replaced whole.
///
/// # Errors
///
/// [`PkiError::Unreadable`] where the folder cannot be written.
pub fn write_secret(path: &Path, secret: &[u8]) -> Result<(), PkiError> {
    replace(path, secret, KEY_MODE)
}

/// The whole of a secret's file, which only its owner may reach (0600 or 0400).
///
/// # Errors
///
/// [`PkiError::Missing`], [`PkiError::Unreadable`], or [`PkiError::KeyExposed`] where others may
/// reach it.
pub fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, PkiError> {
    let mode = std::fs::metadata(path)
        .map_err(|source| unreadable(path, source))?
        .permissions()
        .mode()
        & 0o7777;
    if mode & OTHERS != 0 {
        return Err(PkiError::KeyExposed {
            file: path.to_owned(),
            mode,
        });
    }
    read(path).map(Zeroizing::new)
}

fn unreadable(path: &Path, source: std::io::Error) -> PkiError {
    let file: PathBuf = path.to_owned();
    match source.kind() {
        ErrorKind::NotFound => PkiError::Missing { file },
        _ => PkiError::Unreadable { file, source },
    }
}
