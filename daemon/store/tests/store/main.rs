//! The store from outside: what it promises, and what it does with faults.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod durability;
mod erasing;
mod evidence;
mod figures;
mod full;
mod kill;
mod model;
mod opening;
mod recovery;
mod side;
mod torn;
mod watched;

use std::path::{Path, PathBuf};

use kiosk_store::{DeviceKey, RecoveryReport, Store, StoreConfig};
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
        Store::open(&self.config(), device_key()).unwrap()
    }

    /// Opens a store that must be whole.
    fn open_whole(&self) -> Store {
        let (store, report) = self.open();
        assert!(report.is_clean(), "{report:?}");
        store
    }

    /// Changes the log behind the store's back.
    fn tamper(&self, change: impl FnOnce(&sled::Db)) {
        let log = sled::Config::new()
            .path(self.path().join("log"))
            .open()
            .unwrap();
        change(&log);
        log.flush().unwrap();
    }
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

/// `count` events of session 1, one append each.
async fn fill(store: &Store, count: u64) {
    for number in 1..=count {
        store
            .append(session(1), format!("event {number}").as_bytes())
            .await
            .unwrap();
    }
}

/// The key under which a record lies in sled.
fn record_key(number: u64) -> Vec<u8> {
    [b"R".as_slice(), &number.to_be_bytes()].concat()
}

/// Every file below a folder, with its content.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push((path.clone(), std::fs::read(&path).unwrap())),
        }
    }
    found
}

/// A copy of a folder as it is now: what a crash at this moment would leave.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}
