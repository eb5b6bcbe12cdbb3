//! Folders that are there after a power cut.

use std::io::{Error, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// Makes a folder and those above it, for the owner alone, and syncs the parent of each new one.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => return Err(ErrorKind::NotFound.into()),
    };
    make_folder(parent)?;
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        // Another upload made it at the same moment; it may not have synced it yet.
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    std::fs::File::open(parent)?.sync_all()
}
