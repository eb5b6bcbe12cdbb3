//! `kioskctl store`: a whole store has nothing wrong; a damaged one is told with the place, and mended.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use kiosk_session::{Author, Closing, Event, Opening, Redacted, SessionId};
use kiosk_store::{DeviceKey, Store, StoreConfig};
use kioskd::clock::{Clock, SystemClock};
use kioskd::service::Journal;
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

/// A store of three sessions with pictures, closed; gives it with its sessions and what their records seal.
async fn with_pictures(folder: &Path) -> (Vec<Uuid>, Vec<Vec<u8>>) {
    let settings = StoreConfig::new(folder.join("store"), "kiosk-1".parse().unwrap());
    let key = DeviceKey::from_file(&folder.join("device.key")).unwrap();
    let (store, _) = Store::open(&settings, key).unwrap();
    let sessions: Vec<Uuid> = (0..3).map(|_| Uuid::new_v4()).collect();
    let mut sealed = Vec::new();
    for session in &sessions {
        store.append(*session, b"begun").await.unwrap();
        store
            .put_evidence(*session, session.as_bytes())
            .await
            .unwrap();
        store.append(*session, b"names it").await.unwrap();
        let records = store.records(*session).unwrap();
        sealed.extend(records.into_iter().map(|record| record.sealed));
    }
    store.close().await.unwrap();
    (sessions, sealed)
}

fn paths(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

fn faults(told: &Value) -> Vec<String> {
    let faults = told["faults"].as_array().unwrap();
    faults
        .iter()
        .map(|fault| fault.as_str().unwrap().to_owned())
        .collect()
}

type Damage = fn(&Path, &[Vec<u8>]);
/// What was done, what opening says of it, what a check finds, and what of that is left after a repair.
type Case<'a> = (&'a str, Damage, &'a str, &'a [&'a str], &'a [&'a str]);

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_damage_is_told_and_mended_as_far_as_it_can_be_from_the_command_line() {
    let flip: Damage = |store, sealed| {
        let segment = store.join("journal/0000000000000001.seg");
        let mut content = std::fs::read(&segment).unwrap();
        let wanted = &sealed[3];
        let at = content
            .windows(wanted.len())
            .position(|some| some == wanted.as_slice());
        content[at.unwrap() + 5] ^= 1;
        std::fs::write(&segment, content).unwrap();
    };
    let cases: [Case<'_>; 7] = [
        (
            "a torn tail",
            |store, _| {
                let segment = store.join("journal/0000000000000001.seg");
                let mut content = std::fs::read(&segment).unwrap();
                content.extend([7; 33]);
                std::fs::write(&segment, content).unwrap();
            },
            "33 torn bytes",
            &[],
            &[],
        ),
        (
            "sled's file overwritten",
            |store, _| std::fs::write(store.join("log/db"), vec![0xa5; 300_000]).unwrap(),
            "commits of the journal read anew",
            &[],
            &[],
        ),
        (
            "sled's folder gone",
            |store, _| std::fs::remove_dir_all(store.join("log")).unwrap(),
            "commits of the journal read anew",
            &[],
            &[],
        ),
        (
            "a byte of the journal changed",
            flip,
            "1 records set aside",
            &["journal segment 1, offset", "record 4: it is missing"],
            &["record 4: it is missing"],
        ),
        (
            "a picture gone",
            |store, _| std::fs::remove_file(&paths(&store.join("evidence"))[0]).unwrap(),
            "1 pieces of evidence without their file",
            &["its file is missing"],
            &["its file is missing"],
        ),
        (
            "a picture changed",
            |store, _| std::fs::write(&paths(&store.join("evidence"))[0], b"other").unwrap(),
            "",
            &["its file is not what its name says"],
            &["its file is missing"],
        ),
        (
            "a key gone",
            |store, _| std::fs::remove_file(&paths(&store.join("keys"))[0]).unwrap(),
            "",
            &["its key is missing or does not open"],
            &["its key is missing or does not open"],
        ),
    ];
    for (what, damage, opening, wrong, left) in cases {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let (_, sealed) = with_pictures(folder.path()).await;
        let store = folder.path().join("store");
        damage(&store, &sealed);

        let checked = kioskctl(&config, &["check"]);

        let told_of = told(&checked);
        let recovery = told_of["recovery"].to_string();
        assert!(recovery.contains(opening), "{what}: {recovery}");
        let found = faults(&told_of);
        assert_eq!(found.len(), wrong.len(), "{what}: {found:?}");
        for (found, wanted) in found.iter().zip(wrong) {
            assert!(found.contains(wanted), "{what}: {found}");
        }
        assert_eq!(checked.status.success(), wrong.is_empty(), "{what}");

        kioskctl(&config, &["repair"]);

        let after = faults(&told(&kioskctl(&config, &["check"])));
        assert_eq!(after.len(), left.len(), "{what}: {after:?}");
        for (after, wanted) in after.iter().zip(left) {
            assert!(after.contains(wanted), "{what}: {after}");
        }
        let gaps = usize::from(left.iter().any(|fault| fault.starts_with("record ")));
        let file = folder.path().join("records.jsonl");
        let exported = kioskctl(&config, &["export", file.to_str().unwrap()]);
        assert_eq!(
            told(&exported)["records"],
            6 - gaps,
            "{what}: past a gap, too"
        );
        assert_eq!(exported.status.success(), gaps == 0, "{what}");
        let stats = told(&kioskctl(&config, &["stats"]));
        assert_eq!(stats["newest"], 6, "{what}: {stats}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_opened_is_told_with_what_to_do_and_nothing_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let none = kioskctl(&config, &["check"]);
    assert_eq!(none.status.code(), Some(2), "there is no store yet");
    with_pictures(folder.path()).await;
    let store = folder.path().join("store");
    let whole = std::fs::read(store.join("journal/0000000000000001.seg")).unwrap();

    std::fs::remove_file(folder.path().join("device.key")).unwrap();
    DeviceKey::create(&folder.path().join("device.key")).unwrap();
    let other = kioskctl(&config, &["repair"]);

    assert!(!other.status.success());
    let said = String::from_utf8_lossy(&other.stderr);
    assert!(said.contains("device key"), "{said}");
    let after = std::fs::read(store.join("journal/0000000000000001.seg")).unwrap();
    assert_eq!(after, whole, "another's store stays as it is");
}

/// Sessions of two tenants, begun by a partner from an address, closed; gives the first one's sealed second record.
async fn with_sessions(folder: &Path) -> Vec<u8> {
    let settings = StoreConfig::new(folder.join("store"), "kiosk-1".parse().unwrap());
    let key = DeviceKey::from_file(&folder.join("device.key")).unwrap();
    let (store, _) = Store::open(&settings, key).unwrap();
    let (told, _heard) = tokio::sync::mpsc::channel(8);
    let journal = Journal::new(store.clone(), Arc::new(SystemClock), told).unwrap();
    let by = Author {
        name: "partner-a".into(),
        address: Some(Redacted::new("198.51.100.7".parse().unwrap())),
    };
    let ids = [Uuid::new_v4(), Uuid::new_v4()];
    for (id, tenant) in ids.into_iter().zip(["demo", "other"]) {
        let opening = Opening {
            tenant: tenant.into(),
            credential: "partner-a".into(),
            external_user_id: Redacted::new("Eriksson Anna Maria".into()),
            webhook_url: None,
            redirect_url: None,
            metadata: None,
            identity: None,
            liveness_alone: false,
            expires_at: SystemClock.now() + time::Duration::days(1),
        };
        let events = vec![Event::Created { opening }];
        let id = SessionId(id);
        journal.begin(id, by.clone(), events).await.unwrap();
        let ended = Event::Cancelled { by: Closing::Staff };
        journal.add(id, by.clone(), |_| Ok(ended)).await.unwrap();
    }
    let sealed = store.records(ids[0]).unwrap()[1].sealed.clone();
    drop(journal);
    store.close().await.unwrap();
    sealed
}

fn audit(config: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kioskctl"));
    command.arg("audit").args(words).arg("--config").arg(config);
    command.output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_exported_as_json_lines_and_a_changed_record_is_named_by_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let sealed = with_sessions(folder.path()).await;

    let exported = audit(&config, &["export"]);
    assert!(exported.status.success(), "{exported:?}");
    let text = String::from_utf8(exported.stdout).unwrap();
    assert!(!text.contains("Eriksson"), "{text}");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told = |line: &Value| (line["number"].as_u64().unwrap(), line["action"].clone());
    let expected = [
        (1, "session.created".into()),
        (2, "session.cancelled".into()),
    ];
    assert!(lines.iter().map(told).eq(expected), "{text}");
    let actor = serde_json::json!({ "name": "partner-a", "address": "198.51.100.7" });
    assert!(lines.iter().all(|line| line["actor"] == actor), "{text}");
    assert_eq!(lines[1]["previous"], lines[0]["hash"]);
    let others = audit(&config, &["export", "--tenant", "other"]);
    assert_eq!(String::from_utf8(others.stdout).unwrap().lines().count(), 2);

    let whole = audit(&config, &["verify", "--json"]);
    assert!(whole.status.success(), "{whole:?}");
    assert_eq!(
        (
            &self::told(&whole)["records"],
            &self::told(&whole)["entries"]
        ),
        (&4.into(), &2.into())
    );

    let segment = folder.path().join("store/journal/0000000000000001.seg");
    let mut content = std::fs::read(&segment).unwrap();
    let at = content
        .windows(sealed.len())
        .position(|some| some == sealed)
        .unwrap();
    content[at + 30] ^= 1;
    std::fs::write(&segment, content).unwrap();
    let damaged = audit(&config, &["verify", "--json"]);
    assert_eq!(damaged.status.code(), Some(1));
    let faults = self::told(&damaged)["faults"].clone();
    assert_eq!(faults.as_array().unwrap().len(), 1, "{faults}");
    assert_eq!(faults[0]["number"], 2, "{faults}");
}
