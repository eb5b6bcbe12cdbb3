//! The store from outside: what it promises, and what it does with faults.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails where it stands"
)]

mod audit;
mod backlog;
mod check;
mod durability;
mod erasing;
mod evidence;
mod faulty;
mod figures;
mod full;
mod kill;
mod migration;
mod model;
mod opening;
mod recovery;
mod retention;
mod side;
mod torn;
mod watched;

use std::path::{Path, PathBuf};

use kiosk_store::{DeviceKey, ErasedFor, Erasure, RecoveryReport, Store, StoreConfig, StoreError};
use tempfile::TempDir;
use uuid::Uuid;

/// A store in a folder of its own.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    fn config(&self) -> StoreConfig {
        config(&self.path())
    }

    fn open(&self) -> (Store, RecoveryReport) {
        open_when_free(&self.config())
    }

    /// Opens a store that must be whole.
    fn open_whole(&self) -> Store {
        let (store, report) = self.open();
        assert!(report.is_clean(), "{report:?}");
        store
    }

    /// Changes the view behind the store's back.
    fn tamper(&self, change: impl FnOnce(&sled::Db)) {
        let log = sled::Config::new()
            .path(self.path().join("log"))
            .open()
            .unwrap();
        change(&log);
        log.flush().unwrap();
    }

    /// The segments of the journal, in order.
    fn segments(&self) -> Vec<PathBuf> {
        let mut paths: Vec<_> = files(&self.path().join("journal"))
            .into_iter()
            .map(|(path, _)| path)
            .collect();
        paths.sort();
        paths
    }

    /// Where the journal holds these bytes for the last time.
    fn find(&self, bytes: &[u8]) -> (PathBuf, usize) {
        let found = self.segments().into_iter().rev().find_map(|path| {
            let content = std::fs::read(&path).unwrap();
            let at = content
                .windows(bytes.len())
                .rposition(|some| some == bytes)?;
            Some((path, at))
        });
        found.unwrap()
    }

    /// Changes one byte of the journal.
    fn flip(&self, path: &Path, at: usize) {
        let mut content = std::fs::read(path).unwrap();
        content[at] ^= 1;
        std::fs::write(path, content).unwrap();
    }

    /// Makes the store look as after a crash: nothing is believed of the view.
    fn forget_closing(&self) {
        std::fs::remove_file(self.path().join("stand")).unwrap();
    }
}

/// Opens a store. Another test's child holds a copy of the lock between its fork and its exec: that passes.
fn open_when_free(config: &StoreConfig) -> (Store, RecoveryReport) {
    for _ in 0..100 {
        match Store::open(config, device_key()) {
            Err(StoreError::AlreadyOpen { .. }) => {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            opened => return opened.unwrap(),
        }
    }
    Store::open(config, device_key()).unwrap()
}

fn config(folder: &Path) -> StoreConfig {
    let mut config = StoreConfig::new(folder, "kiosk-1".parse().unwrap());
    config.cache_bytes = 8 * 1024 * 1024;
    config
}

fn device_key() -> DeviceKey {
    DeviceKey::from_bytes([7; 32])
}

const fn session(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// An erasure that somebody asked for.
const fn asked() -> Erasure {
    Erasure {
        at: time::macros::datetime!(2026-01-02 03:04:05 UTC),
        why: ErasedFor::Asked,
    }
}

/// `count` events of session 1, one append each.
async fn fill(store: &Store, count: u64) {
    for number in 1..=count {
        store
            .append(session(1), format!("event {number}").as_bytes())
            .await
            .unwrap();
    }
}

/// Every file below a folder, with its content. An open store replaces files whole, by temporaries that are renamed: where one went while
/// it was looked for, all are looked for anew.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let gone = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    for _ in 0..100 {
        match files_now(folder) {
            Err(error) if gone(&error) => {}
            found => return found.unwrap(),
        }
    }
    panic!("the files of {} never stand still", folder.display())
}

fn files_now(folder: &Path) -> std::io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => found.extend(files_now(&path)?),
            false => found.push((path.clone(), std::fs::read(&path)?)),
        }
    }
    Ok(found)
}

/// A copy of a folder as it is now: what a crash at this moment would leave. Files that change meanwhile may be
/// copied half: as after a power cut, nothing may be believed of the view.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() == "stand" {
            continue;
        }
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => match std::fs::copy(entry.path(), target) {
                // A temporary that was renamed meanwhile: what it replaced, or what it became, is copied.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                copied => drop(copied.unwrap()),
            },
        }
    }
}
