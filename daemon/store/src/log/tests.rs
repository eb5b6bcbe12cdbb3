//! What the journal has is done, and what can't be done it does not have.

use super::*;
use crate::StoreConfig;

const KEY: &[u8] = b"\x01key";

fn config(folder: &Path) -> StoreConfig {
    StoreConfig::new(folder, "branch-1".parse().unwrap())
}

fn open(config: &StoreConfig) -> Log {
    let (journal, view) = (config.folder.join("journal"), config.folder.join("log"));
    for folder in [&journal, &view] {
        crate::folder::make(folder).unwrap();
    }
    let wanted = LogConfig {
        journal,
        view: Some(view),
        cache_bytes: config.cache_bytes,
        settle_after: config.settle_after,
        segment_bytes: config.segment_bytes,
        disk: Arc::clone(&config.disk),
    };
    Log::open(wanted, Stand::read(config)).unwrap().0
}

fn put(value: &[u8]) -> Changes {
    let mut changes = Changes::default();
    changes.put(KEY.to_vec(), value.to_vec());
    changes
}

#[test]
fn a_commit_whose_keys_the_view_can_t_look_up_is_not_in_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let log = open(&config);
    log.commit(put(b"first")).unwrap();
    log.settle().unwrap();
    let length = log.written().journal.bytes();

    // sled is given up, and can't be opened again for as long as a file has its folder's name.
    let (view, aside) = (folder.path().join("log"), folder.path().join("aside"));
    log.entries.give_up();
    std::fs::rename(&view, &aside).unwrap();
    std::fs::write(&view, b"").unwrap();
    assert!(log.commit(put(b"refused")).is_err());
    assert_eq!(log.written().journal.bytes(), length);
    std::fs::remove_file(&view).unwrap();
    std::fs::rename(&aside, &view).unwrap();

    log.commit(put(b"second")).unwrap();
    drop(log);
    let log = open(&config);
    assert_eq!(log.get(KEY).unwrap().unwrap(), b"second");
    assert!(log.adds_up().unwrap());
}

#[test]
fn where_open_can_t_be_noted_the_note_goes() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let log = open(&config);
    log.commit(put(b"first")).unwrap();
    log.settle().unwrap();
    drop(log);
    let mut stand = Stand::read(&StoreConfig {
        disk: Arc::new(Full),
        ..config.clone()
    });
    assert!(stand.settled().is_some());
    assert!(stand.note_open());
    assert_eq!(Stand::read(&config).settled(), None);
}

/// A disk that makes no files, and removes them.
#[derive(Debug)]
struct Full;

impl Disk for Full {
    fn create(&self, _: &Path) -> std::io::Result<std::fs::File> {
        Err(std::io::ErrorKind::StorageFull.into())
    }

    fn open(&self, path: &Path) -> std::io::Result<std::fs::File> {
        crate::LocalDisk.open(path)
    }

    fn write_at(&self, _: &std::fs::File, _: &Path, _: &[u8], _: u64) -> std::io::Result<()> {
        Err(std::io::ErrorKind::StorageFull.into())
    }

    fn set_length(&self, _: &std::fs::File, _: &Path, _: u64) -> std::io::Result<()> {
        Err(std::io::ErrorKind::StorageFull.into())
    }

    fn sync_file(&self, file: &std::fs::File, path: &Path) -> std::io::Result<()> {
        crate::LocalDisk.sync_file(file, path)
    }

    fn sync_folder(&self, path: &Path) -> std::io::Result<()> {
        crate::LocalDisk.sync_folder(path)
    }

    fn rename(&self, _: &Path, _: &Path) -> std::io::Result<()> {
        Err(std::io::ErrorKind::StorageFull.into())
    }

    fn remove(&self, path: &Path) -> std::io::Result<()> {
        crate::LocalDisk.remove(path)
    }

    fn room(&self, _: &Path) -> std::io::Result<u64> {
        Ok(0)
    }
}
