//! Shelves in a real store: there again after a restart, apart by tenant, sealed on disk, gone after a wipe.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use kiosk_api::registry::{Before, Registry, RegistryError, Shelf};
use kiosk_session::Redacted;
use kiosk_store::{DeviceKey, Store, StoreConfig};
use kioskd::service::StoredRegistry;

fn store(folder: &std::path::Path) -> Store {
    let config = StoreConfig::new(folder.join("store"), "kiosk-1".parse().unwrap());
    Store::open(&config, DeviceKey::from_bytes([7; 32]))
        .unwrap()
        .0
}

fn text(text: &str) -> Redacted<String> {
    Redacted::new(text.into())
}

async fn put(registry: &StoredRegistry, tenant: &str, name: &str, what: &str) {
    let entry = (name, text(what));
    let put = registry.put(tenant, Shelf::Weights, entry, Before::Whatever);
    put.await.unwrap();
}

#[tokio::test]
async fn what_a_tenant_keeps_is_there_after_a_restart_and_no_other_tenant_sees_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(folder.path());
    let registry = StoredRegistry::new(first.clone());
    put(&registry, "bank", "one", "1").await;
    put(&registry, "bank", "two", "2").await;
    put(&registry, "shop", "one", "3").await;
    assert!(
        registry
            .remove("bank", Shelf::Weights, "two")
            .await
            .unwrap()
    );
    assert!(
        !registry
            .remove("bank", Shelf::Weights, "two")
            .await
            .unwrap()
    );
    drop(registry);
    first.close().await.unwrap();

    let registry = StoredRegistry::new(store(folder.path()));
    let of = |tenant: &str| registry.all(tenant, Shelf::Weights).unwrap();
    assert_eq!(of("bank"), [("one".to_owned(), text("1"))]);
    assert_eq!(of("shop"), [("one".to_owned(), text("3"))]);
    assert_eq!(of("nobody"), []);
    assert_eq!(registry.all("bank", Shelf::Webhooks).unwrap(), []);
    assert_eq!(
        registry.get("shop", Shelf::Weights, "one").unwrap(),
        Some(text("3"))
    );
}

#[tokio::test]
async fn nothing_of_it_stands_in_clear_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let registry = StoredRegistry::new(store(folder.path()));
    put(&registry, "savings-bank", "subscription-7", "hunter2").await;
    let mut files = vec![folder.path().to_owned()];
    let mut looked_at = 0;
    while let Some(path) = files.pop() {
        let name = path.to_string_lossy().into_owned();
        assert!(!name.contains("savings"), "{name}");
        if path.is_dir() {
            files.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|file| file.unwrap().path()),
            );
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for word in [b"hunter2".as_slice(), b"savings-bank", b"subscription-7"] {
            let found = bytes.windows(word.len()).any(|part| part == word);
            assert!(!found, "{name}");
        }
        looked_at += 1;
    }
    assert!(looked_at > 2, "{looked_at}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_changes_at_once_none_is_lost_and_one_alone_is_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let registry = StoredRegistry::new(store(folder.path()));
    let tasks = (0..32).map(|count: u32| {
        let registry = registry.clone();
        tokio::spawn(async move {
            put(&registry, "bank", &format!("own {count}"), "x").await;
            let entry = ("shared", text(&count.to_string()));
            let first = registry.put("bank", Shelf::Weights, entry, Before::Absent);
            first.await.is_ok()
        })
    });
    let mut first = 0;
    for task in tasks.collect::<Vec<_>>() {
        first += usize::from(task.await.unwrap());
    }
    assert_eq!(first, 1);
    assert_eq!(registry.all("bank", Shelf::Weights).unwrap().len(), 33);
}

#[tokio::test]
async fn what_does_not_open_is_told_and_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let note = "registry weights bank";
    store.put_note(note, b"of a newer program").await.unwrap();
    let registry = StoredRegistry::new(store.clone());
    let told = Err(RegistryError::Unavailable);
    assert_eq!(registry.all("bank", Shelf::Weights).map(|_| ()), told);
    let entry = ("one", text("1"));
    let put = registry.put("bank", Shelf::Weights, entry, Before::Whatever);
    assert_eq!(put.await, told);
    let kept = store.note(note).unwrap().unwrap();
    assert_eq!(kept.as_slice(), b"of a newer program");
}

#[tokio::test]
async fn after_a_wipe_nothing_of_any_tenant_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(folder.path());
    let registry = StoredRegistry::new(first.clone());
    put(&registry, "bank", "one", "1").await;
    put(&registry, "shop", "one", "2").await;
    // As after a restart: nothing is in memory.
    let registry = StoredRegistry::new(first.clone());
    registry.forget_all().await.unwrap();
    for tenant in ["bank", "shop"] {
        assert_eq!(registry.all(tenant, Shelf::Weights).unwrap(), []);
        let note = format!("registry weights {tenant}");
        assert!(first.note(&note).unwrap().is_none());
    }
}
