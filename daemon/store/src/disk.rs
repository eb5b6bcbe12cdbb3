//! What makes bytes durable, behind a small trait: a test counts the syncs, delays or fails them, and loses or tears
//! what was not synced.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use kiosk_wire::Random;

use crate::StoreError;

/// How temporary files begin; what begins so at opening was left by a crash.
pub(crate) const TEMPORARY: &str = ".tmp-";

/// The calls on which durability rests. Every file of the store but sled's goes through them.
pub trait Disk: fmt::Debug + Send + Sync {
    /// A new file for reading and writing, mode 0600.
    ///
    /// # Errors
    ///
    /// What the system said; above all, that the file exists.
    fn create(&self, path: &Path) -> io::Result<File>;

    /// A file that exists, for reading and writing.
    ///
    /// # Errors
    ///
    /// What the system said.
    fn open(&self, path: &Path) -> io::Result<File>;

    /// Writes all the bytes at a place of the file, beyond its end if need be. Not durable yet.
    ///
    /// # Errors
    ///
    /// What the system said; any part may be written then.
    fn write_at(&self, file: &File, path: &Path, bytes: &[u8], at: u64) -> io::Result<()>;

    /// Cuts or lengthens the file. Not durable yet.
    ///
    /// # Errors
    ///
    /// What the system said.
    fn set_length(&self, file: &File, path: &Path, length: u64) -> io::Result<()>;

    /// The file's content is on the disk when this returns: `fdatasync(2)`. `path` is where it lies.
    ///
    /// # Errors
    ///
    /// What the system said; the content may be lost then, whatever a later call says.
    fn sync_file(&self, file: &File, path: &Path) -> io::Result<()>;

    /// The folder's names are on the disk when this returns: `fsync(2)` of the folder.
    ///
    /// # Errors
    ///
    /// What the system said.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;

    /// Gives a written file its name, replacing what had it: `rename(2)`.
    ///
    /// # Errors
    ///
    /// What the system said.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Takes a file's name away: `unlink(2)`.
    ///
    /// # Errors
    ///
    /// What the system said.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Bytes that may still be written to the file system of that folder, 0 where it takes no more files: `statvfs(3)`.
    ///
    /// # Errors
    ///
    /// What the system said.
    fn room(&self, folder: &Path) -> io::Result<u64>;
}

/// The machine's own file systems.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalDisk;

impl Disk for LocalDisk {
    fn create(&self, path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        options.open(path)
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(path)
    }

    fn write_at(&self, file: &File, _: &Path, bytes: &[u8], at: u64) -> io::Result<()> {
        file.write_all_at(bytes, at)
    }

    fn set_length(&self, file: &File, _: &Path, length: u64) -> io::Result<()> {
        file.set_len(length)
    }

    fn sync_file(&self, file: &File, _: &Path) -> io::Result<()> {
        file.sync_data()
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn room(&self, folder: &Path) -> io::Result<u64> {
        let told = rustix::fs::statvfs(folder)?;
        // Some file systems count no files.
        let takes_files = told.f_files == 0 || told.f_favail > 0;
        let bytes = told.f_bavail.saturating_mul(told.f_frsize);
        Ok(if takes_files { bytes } else { 0 })
    }
}

/// Writes a file whole: temporary, sync, rename, sync of the folder. A crash leaves the old file, or the
/// new one, or beside one of them a temporary.
pub(crate) fn write_whole(
    disk: &dyn Disk,
    random: &dyn Random,
    folder: &Path,
    name: &str,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let mut salt = [0; 8];
    random.fill(&mut salt)?;
    let temporary = folder.join(format!("{TEMPORARY}{}", hex::encode(salt)));
    let named = write_temporary(disk, &temporary, bytes).and_then(|()| {
        let path = folder.join(name);
        disk.rename(&temporary, &path)
            .map_err(StoreError::io("renamed", path))
    });
    if named.is_err() {
        // What can't be removed now is removed at the next opening; the first error is the one to tell.
        let _ = disk.remove(&temporary);
    }
    named?;
    let synced = disk.sync_folder(folder);
    if synced.is_err() {
        // Its name may not be on the disk: who finds the file would rely on what a power cut takes away.
        let _ = disk.remove(&folder.join(name));
    }
    synced.map_err(StoreError::io("synced", folder))
}

fn write_temporary(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let file = disk.create(path).map_err(StoreError::write(path))?;
    disk.write_at(&file, path, bytes, 0)
        .map_err(StoreError::write(path))?;
    disk.sync_file(&file, path)
        .map_err(StoreError::io("synced", path))
}

/// Removes a file if it is there; its absence is durable when this returns.
pub(crate) fn remove_durably(disk: &dyn Disk, folder: &Path, name: &str) -> Result<(), StoreError> {
    let path = folder.join(name);
    match disk.remove(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(StoreError::io("removed", path)(error)),
    }
    disk.sync_folder(folder)
        .map_err(StoreError::io("synced", folder))
}
