//! The one place that names sled, and the one place where durability is made: commit, get, visit.
//!
//! ```text
//!  commit: apply batch ──► flush (into the page cache) ──► fdatasync of `db` ──► new `blobs` and their folder
//! ```
//!
//! `db` is held open from the start, so that a write-back error is reported to us even if sled's own
//! background fsync has met it before (Linux reports it once to each open file).
//! sled has panicked for others after abrupt stops: a panic in it becomes an error here.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::{Disk, StoreError};

/// sled gives its own lock back a moment after the last user is gone; we wait this often for it.
const LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Changes that happen together or not at all.
#[derive(Debug, Default)]
pub(crate) struct Changes(sled::Batch, usize);

impl Changes {
    pub(crate) fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.insert(key, value);
        self.1 += 1;
    }

    pub(crate) fn remove(&mut self, key: Vec<u8>) {
        self.0.remove(key);
        self.1 += 1;
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.1 == 0
    }
}

/// An ordered map on disk.
pub(crate) struct Log {
    db: sled::Db,
    file: File,
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    synced_blobs: Mutex<BTreeSet<OsString>>,
}

impl Log {
    pub(crate) fn open(
        folder: PathBuf,
        cache_bytes: u64,
        disk: Arc<dyn Disk>,
    ) -> Result<Self, StoreError> {
        let config = sled::Config::new()
            .path(&folder)
            .cache_capacity(cache_bytes);
        let db = open_patiently(&config)?;
        let path = folder.join("db");
        let file = File::open(&path).map_err(StoreError::io("opened", &path))?;
        let log = Self {
            db,
            file,
            folder,
            disk,
            synced_blobs: Mutex::default(),
        };
        log.flush()?;
        log.sync_conf()?;
        Ok(log)
    }

    /// Makes changes. They are durable when this returns.
    pub(crate) fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        guarded("written", || self.db.apply_batch(changes.0))?;
        self.flush()
    }

    fn flush(&self) -> Result<(), StoreError> {
        guarded("flushed", || self.db.flush())?;
        let path = self.folder.join("db");
        self.disk
            .sync_file(&self.file, &path)
            .map_err(StoreError::io("synced", path))?;
        self.sync_blobs()
    }

    /// sled's layout file and the names in its folder, once at opening.
    fn sync_conf(&self) -> Result<(), StoreError> {
        let path = self.folder.join("conf");
        let conf = File::open(&path).map_err(StoreError::io("opened", &path))?;
        self.disk
            .sync_file(&conf, &path)
            .map_err(StoreError::io("synced", path))?;
        self.disk
            .sync_folder(&self.folder)
            .map_err(StoreError::io("synced", &self.folder))
    }

    /// Large values lie in files of their own, written once; sled never syncs them.
    fn sync_blobs(&self) -> Result<(), StoreError> {
        let folder = self.folder.join("blobs");
        let names = names(&folder)?;
        let mut synced = self
            .synced_blobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut fresh = false;
        for name in names.difference(&synced) {
            let path = folder.join(name);
            match File::open(&path) {
                Ok(blob) => {
                    self.disk
                        .sync_file(&blob, &path)
                        .map_err(StoreError::io("synced", path))?;
                    fresh = true;
                }
                // sled has replaced it in the meantime.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(StoreError::io("opened", path)(error)),
            }
        }
        *synced = names;
        match fresh {
            true => self
                .disk
                .sync_folder(&folder)
                .map_err(StoreError::io("synced", folder)),
            false => Ok(()),
        }
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(guarded("read", || self.db.get(key))?.map(|value| value.to_vec()))
    }

    /// Shows what lies from `from` on, below `to`, in order, until told to stop.
    pub(crate) fn visit(
        &self,
        from: &[u8],
        to: &[u8],
        mut each: impl FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        let mut entries = self.db.range(from..to);
        while let Some((key, value)) = guarded("read", || entries.next().transpose())? {
            if each(&key, &value)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Shows everything that begins with `prefix`.
    pub(crate) fn visit_prefix(
        &self,
        prefix: &[u8],
        each: impl FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        self.visit(prefix, &after(prefix), each)
    }

    /// The last key that begins with `prefix`.
    pub(crate) fn last(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let end = after(prefix);
        let last = || {
            self.db
                .range(prefix..end.as_slice())
                .next_back()
                .transpose()
        };
        Ok(guarded("read", last)?.map(|(key, _)| key.to_vec()))
    }

    pub(crate) fn is_empty(&self) -> Result<bool, StoreError> {
        guarded("read", || self.db.iter().next().transpose()).map(|first| first.is_none())
    }

    /// Bytes that it takes on disk.
    pub(crate) fn bytes(&self) -> Result<u64, StoreError> {
        guarded("measured", || self.db.size_on_disk())
    }
}

/// The first key behind all that begin with `prefix`, whose last byte is below 255 by the layout or
/// carried over.
pub(crate) fn after(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            break;
        }
    }
    end
}

fn names(folder: &Path) -> Result<BTreeSet<OsString>, StoreError> {
    let entries = std::fs::read_dir(folder).map_err(StoreError::io("listed", folder))?;
    entries
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<Result<_, _>>()
        .map_err(StoreError::io("listed", folder))
}

fn open_patiently(config: &sled::Config) -> Result<sled::Db, StoreError> {
    for _ in 1..LOCK_TRIES {
        match guarded("opened", || config.open()) {
            // sled has no error of its own for it.
            Err(StoreError::Log { why, .. }) if why.contains("could not acquire lock") => {
                std::thread::sleep(LOCK_PAUSE);
            }
            other => return other,
        }
    }
    guarded("opened", || config.open())
}

fn guarded<T>(
    doing: &'static str,
    sled: impl FnOnce() -> sled::Result<T>,
) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(sled)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(StoreError::Log {
            doing,
            why: error.to_string(),
        }),
        Err(_) => Err(StoreError::Log {
            doing,
            why: "sled panicked".into(),
        }),
    }
}
