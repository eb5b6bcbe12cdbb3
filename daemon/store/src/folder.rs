//! The store's folder: made for its owner alone, locked while open, cleared of unfinished files.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::disk::TEMPORARY;
use crate::{Disk, StoreError};

/// The store's folder, locked.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    /// Holds the lock until it is dropped, or the process dies.
    _lock: File,
}

impl Folder {
    pub(crate) fn lock(path: &Path, disk: &dyn Disk) -> Result<Self, StoreError> {
        make(path)?;
        let folder = Self {
            path: path.to_owned(),
            _lock: lock(path)?,
        };
        for part in [
            folder.journal(),
            folder.log(),
            folder.keys(),
            folder.evidence(),
            folder.side(),
            folder.quarantine(),
        ] {
            make(&part)?;
        }
        disk.sync_folder(path)
            .map_err(StoreError::io("synced", path))?;
        if let Some(parent) = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            disk.sync_folder(parent)
                .map_err(StoreError::io("synced", parent))?;
        }
        Ok(folder)
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    pub(crate) fn witness(&self) -> PathBuf {
        self.path.join("witness")
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.path.join("keys")
    }

    pub(crate) fn evidence(&self) -> PathBuf {
        self.path.join("evidence")
    }

    pub(crate) fn side(&self) -> PathBuf {
        self.path.join("side")
    }

    pub(crate) fn quarantine(&self) -> PathBuf {
        self.path.join("quarantine")
    }

    /// Removes what unfinished writes left; tells how many.
    pub(crate) fn clear_temporaries(&self, disk: &dyn Disk) -> Result<u64, StoreError> {
        let mut removed = 0;
        for folder in [
            self.path.clone(),
            self.keys(),
            self.evidence(),
            self.side(),
            self.quarantine(),
        ] {
            let mut left = Vec::new();
            visit_names(&folder, |name| {
                left.extend(name.starts_with(TEMPORARY).then(|| name.to_owned()));
            })?;
            for name in left {
                let path = folder.join(name);
                disk.remove(&path)
                    .map_err(StoreError::io("removed", path))?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Whether there is anything that only belongs beside a log.
    pub(crate) fn holds_files(&self) -> Result<bool, StoreError> {
        Ok(!names(&self.keys())?.is_empty() || !names(&self.evidence())?.is_empty())
    }
}

/// The names in a folder; all of ours are plain text, others are shown as far as they go.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, StoreError> {
    let mut names = Vec::new();
    visit_names(folder, |name| names.push(name.to_owned()))?;
    Ok(names)
}

/// Shows every name in a folder: there may be many.
pub(crate) fn visit_names(folder: &Path, mut each: impl FnMut(&str)) -> Result<(), StoreError> {
    for entry in fs::read_dir(folder).map_err(StoreError::io("listed", folder))? {
        let entry = entry.map_err(StoreError::io("listed", folder))?;
        each(&entry.file_name().to_string_lossy());
    }
    Ok(())
}

pub(crate) fn make(folder: &Path) -> Result<(), StoreError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(StoreError::io("made", folder))
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(StoreError::io("opened", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::AlreadyOpen {
            folder: folder.into(),
        }),
        Err(TryLockError::Error(error)) => Err(StoreError::io("locked", path)(error)),
    }
}
