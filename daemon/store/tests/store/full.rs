//! A full store: new sessions are refused with a reason, open ones may finish, nothing is dropped. So is a full disk.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use kiosk_store::{Store, StoreConfig, StoreError};

use crate::{Place, asked, device_key, session};

const KIB: u64 = 1024;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_refuses_new_sessions_and_lets_open_ones_finish() {
    let place = Place::new();
    let store = place.open_whole();
    store.append(session(1), b"begin").await.unwrap();
    let used = store.stats().used_bytes;
    store.close().await.unwrap();
    let mut config = place.config();
    config.max_bytes = used + 3000 * KIB;
    config.reserve_bytes = 800 * KIB;
    let (store, _) = Store::open(&config, device_key()).unwrap();
    store.may_begin().unwrap();
    let picture = vec![1; 500 * KIB as usize];
    while store.may_begin().is_ok() {
        store.put_evidence(session(1), &picture).await.unwrap();
    }

    let refused = store.append(session(2), b"begin").await.unwrap_err();

    assert!(
        refused.is_full() && refused.to_string().contains("max_bytes"),
        "{refused}"
    );
    assert!(
        store
            .put_evidence(session(3), &picture)
            .await
            .unwrap_err()
            .is_full()
    );
    store.append(session(1), b"finish").await.unwrap();
    assert_eq!(store.events(session(1)).unwrap().len(), 2);
    let beyond = loop {
        match store.put_evidence(session(1), &picture).await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(
        matches!(
            beyond,
            StoreError::Full {
                what: "evidence",
                ..
            }
        ),
        "{beyond}"
    );
    let stats = store.stats();
    assert!(stats.used_bytes <= stats.max_bytes, "{stats:?}");
    assert!(store.is_writable());

    store.erase(session(1), asked()).await.unwrap();
    store.append(session(2), b"begin").await.unwrap();
}

const MIB: u64 = 1024 * KIB;

/// A file system of 48 MiB in memory, unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where this machine lets nobody mount.
    fn mount(at: &Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        let mounted = mount
            .args(["-t", "tmpfs", "-o", "size=48m,mode=0700", "tmpfs"])
            .arg(at)
            .output();
        mounted
            .is_ok_and(|told| told.status.success())
            .then(|| Self(at.to_owned()))
    }

    /// Takes all but about so many bytes.
    fn leave(&self, bytes: u64) {
        let mut file = std::fs::File::create(self.0.join("filler")).unwrap();
        let block = vec![0; 64 * KIB as usize];
        while let Ok(written) = file.write(&block) {
            assert!(written > 0);
        }
        let taken = file.metadata().unwrap().len();
        file.set_len(taken.saturating_sub(bytes)).unwrap();
    }

    fn make_room(&self) {
        match std::fs::remove_file(self.0.join("filler")) {
            Err(error) if error.kind() != ErrorKind::NotFound => panic!("{error}"),
            _ => {}
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: what is still open there keeps it until it is closed.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// The view is settled after every 3,000 entries, so that it is due again and again while the room runs out.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_runs_full_while_the_view_is_due_to_be_settled_stops_no_store_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path()) else {
        println!("skipped: this machine mounts no tmpfs");
        return;
    };
    let mut config = StoreConfig::new(folder.path().join("store"), "kiosk-1".parse().unwrap());
    config.settle_after = 3000;
    config.segment_bytes = 256 * KIB;
    let (mut store, _) = Store::open(&config, device_key()).unwrap();
    // It begins while there is room: no session does with so little left.
    store.append(session(1), b"begin").await.unwrap();
    let (mut taken, mut refused) = (1, 0);
    for left in [
        3 * MIB,
        900 * KIB,
        800 * KIB,
        700 * KIB,
        600 * KIB,
        500 * KIB,
        400 * KIB,
        0,
    ] {
        disk.leave(left);
        // Bounded by the room that is left: some 500 bytes each.
        for _ in 0..2000 {
            match store.append(session(1), &[7; 200]).await {
                Ok(_) => taken += 1,
                Err(error) => {
                    assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
                    refused += 1;
                }
            }
        }
        assert!(store.is_writable(), "with {left} bytes left");
        let begun = store.append(session(2), b"begin").await;
        assert!(matches!(begun, Err(StoreError::DiskFull { .. })));
        assert_eq!(store.events(session(1)).unwrap().len(), taken);
        // Closed while there is no room, opened again with room.
        store.close().await.unwrap();
        disk.make_room();
        let (again, report) = Store::open(&config, device_key()).unwrap();
        assert!(report.is_clean(), "{report:?}");
        store = again;
        store.append(session(1), b"with room again").await.unwrap();
        taken += 1;
        assert_eq!(store.events(session(1)).unwrap().len(), taken);
    }
    assert!(refused > 0, "the disk was never full");
    let checked = store.check().await.unwrap();
    assert!(checked.faults.is_empty(), "{:?}", checked.faults);
    println!("a disk that ran full 8 times: {taken} events taken, {refused} refused, 0 lost");
    store.close().await.unwrap();
}
