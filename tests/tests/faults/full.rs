//! A disk that somebody else has filled: new sessions are refused by `DISK_FULL`, nothing that was promised goes, and with
//! room again the same process goes on. The kiosk's state lies on a small file system of its own, in memory.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use kiosk_store::{DeviceKey, Store, StoreConfig};
use kiosk_tests::branch::KIOSK;
use kiosk_tests::material::Material;
use kiosk_tests::preview::Screen;
use serde_json::json;

use super::{begin, branch_with};

/// A file system of 64 MiB, unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where this machine lets nobody mount.
    fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mut mount = Command::new("mount");
        let mounted = mount
            .args(["-t", "tmpfs", "-o", "size=64m,mode=0700", "tmpfs"])
            .arg(at)
            .output();
        let done = mounted.is_ok_and(|told| told.status.success());
        done.then(|| Self(at.to_owned()))
    }

    /// Takes all that is left.
    fn fill(&self) -> u64 {
        let mut file = std::fs::File::create(self.0.join("filler")).unwrap();
        let mut written = 0;
        for size in [1 << 20, 4096, 1] {
            let some = vec![0; size];
            loop {
                match file.write(&some) {
                    Ok(bytes) => written += bytes as u64,
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("{error}"),
                }
            }
        }
        written
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: whoever still has a file open there keeps it until it ends.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_sessions_by_its_code_loses_nothing_and_goes_on_with_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let Some(disk) = SmallDisk::mount(&state) else {
        println!(
            "skipped: this machine mounts no tmpfs; the service's own test fills the store's disk instead"
        );
        return;
    };
    let material = Material::below(&kiosk_tests::root()).unwrap();
    let mut branch = branch_with(folder.path(), &material).await;
    let process = branch.kiosk_process().unwrap();
    let control = branch.control();
    let mut ids = vec![begin(&branch).await];

    let socket = folder.path().join("preview.sock");
    let mut screen = Screen::open(&socket, r#"{"place": "face", "form": "jpeg"}"#).unwrap();
    let filled = disk.fill();
    let body = json!({ "external_user_id": "faults" }).to_string();
    let mut refused = 0;
    for _ in 0..20 {
        let called = control.call(hyper::Method::POST, "/v1/sessions", body.clone());
        let (status, told) = called.await.unwrap();
        match status {
            // What the last page of a file still took is a promise like any other.
            200 => ids.push(told["session_id"].as_str().unwrap().to_owned()),
            503 => {
                assert_eq!(told["code"], "DISK_FULL", "{told}");
                refused += 1;
            }
            other => panic!("{other}: {told}"),
        }
    }
    assert!(refused > 0);
    assert!(branch.kiosk_log().contains("DISK_FULL"));
    for id in &ids {
        let there = control.get(&format!("/v1/sessions/{id}")).await;
        assert!(there.is_ok(), "what was begun is there: {there:?}");
    }

    let mut told = |takes: bool| {
        screen
            .until(|told| told.head["takes_sessions"] == takes)
            .unwrap()
            .head
    };
    assert_eq!(told(false)["code"], "DISK_FULL", "the screen is told");

    disk.make_room();
    assert_eq!(told(true)["code"], json!(null));
    ids.push(begin(&branch).await);
    let consent = json!({ "text_version": "1" });
    for id in &ids {
        let path = format!("/v1/sessions/{id}/consent");
        control.post(&path, &consent).await.unwrap();
    }
    assert_eq!(branch.kiosk_process().unwrap(), process, "the same process");
    tokio::task::block_in_place(|| branch.stop_kiosk()).unwrap();
    let key = DeviceKey::from_file(&folder.path().join("device.key")).unwrap();
    let settings = StoreConfig::new(state.join("store"), KIOSK.parse().unwrap());
    let (store, report) = Store::open(&settings, key).unwrap();
    assert!(report.is_clean(), "{report:?}");
    let checked = store.check().await.unwrap();
    assert!(checked.faults.is_empty(), "{:?}", checked.faults);
    assert_eq!(store.sessions().unwrap().len(), ids.len());
    println!(
        "a disk filled with {filled} bytes: {refused} of 20 sessions refused by DISK_FULL, {} kept, 0 lost, one process throughout",
        ids.len()
    );
    store.close().await.unwrap();
    drop(branch);
}
