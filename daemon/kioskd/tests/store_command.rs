//! `kioskctl store`: a whole store has nothing wrong; a damaged one is told with the place, and mended.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kiosk_store::{DeviceKey, Store, StoreConfig};
use serde_json::Value;
use uuid::Uuid;

/// The shipped example, with folders of this test's own.
fn config(folder: &Path) -> PathBuf {
    let key = folder.join("device.key");
    DeviceKey::create(&key).unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/example.toml");
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../session/policies/default.toml");
    let lines = std::fs::read_to_string(example).unwrap();
    let own = |line: &str| match line.split_once(" = ").map(|(key, _)| key) {
        Some("device_key") => format!("device_key = {:?}", key),
        Some("state_folder") => format!("state_folder = {folder:?}"),
        Some("files") => format!("files = [{policy:?}]"),
        Some("id") => "id = \"kiosk-1\"".into(),
        _ => line.to_owned(),
    };
    let text: Vec<String> = lines.lines().map(own).collect();
    let path = folder.join("kioskd.toml");
    std::fs::write(&path, text.join("\n")).unwrap();
    path
}

fn kioskctl(config: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kioskctl"));
    command
        .arg("store")
        .arg("--json")
        .arg("--config")
        .arg(config);
    command.args(words).output().unwrap()
}

fn told(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.trim())
        .unwrap_or_else(|_| panic!("{text} {}", String::from_utf8_lossy(&output.stderr)))
}

async fn fill(folder: &Path) -> Vec<u8> {
    let settings = StoreConfig::new(folder.join("store"), "kiosk-1".parse().unwrap());
    let key = DeviceKey::from_file(&folder.join("device.key")).unwrap();
    let (store, _) = Store::open(&settings, key).unwrap();
    let session = Uuid::new_v4();
    for _ in 0..4 {
        store.append(session, b"Eriksson Anna Maria").await.unwrap();
    }
    store.acknowledge(1).await.unwrap();
    let sealed = store.records(session).unwrap()[1].sealed.clone();
    store.close().await.unwrap();
    sealed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_checked_exported_measured_and_mended_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let sealed = fill(folder.path()).await;

    let whole = kioskctl(&config, &["check"]);
    assert!(whole.status.success(), "{whole:?}");
    assert_eq!(
        (
            &told(&whole)["records"],
            told(&whole)["faults"].as_array().unwrap().len()
        ),
        (&4.into(), 0)
    );
    let stats = told(&kioskctl(&config, &["stats"]));
    assert_eq!(
        (&stats["newest"], &stats["acknowledged"], &stats["sessions"]),
        (&4.into(), &1.into(), &1.into())
    );
    let file = folder.path().join("records.jsonl");
    let exported = kioskctl(&config, &["export", file.to_str().unwrap()]);
    assert_eq!(told(&exported)["records"], 3, "what central does not hold");
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 3);
    assert!(!text.contains("Eriksson"));
    let again = kioskctl(&config, &["export", file.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(2), "no file is replaced");

    let segment = folder.path().join("store/journal/0000000000000001.seg");
    let mut content = std::fs::read(&segment).unwrap();
    let at = content
        .windows(sealed.len())
        .position(|some| some == sealed)
        .unwrap();
    content[at] ^= 1;
    std::fs::write(&segment, content).unwrap();
    let damaged = kioskctl(&config, &["check"]);
    assert_eq!(damaged.status.code(), Some(1));
    let faults = told(&damaged)["faults"].to_string();
    assert!(
        faults.contains("journal segment 1, offset") && faults.contains("record 2"),
        "{faults}"
    );
    kioskctl(&config, &["repair"]);
    let left = told(&kioskctl(&config, &["check"]));
    assert_eq!(
        left["faults"],
        serde_json::json!(["record 2: it is missing"])
    );
}
