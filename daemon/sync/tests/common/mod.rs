//! What each test of sync has: a kiosk's certificates, its store, and sync on short waits.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot be set up fails"
)]

pub mod central;
pub mod scripted;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kiosk_pki::{DemoSet, SetPaths, Validity, write_demo_set};
use kiosk_store::{DeviceKey, Store, StoreConfig};
use kiosk_sync::{
    BackoffConfig, Endpoint, Limits, RecordsBy, Sync, SyncConfig, SyncHandle, SyncState, Why,
};
use kiosk_wire::{CentralSecretKey, CommandSecretKey, KioskId, OsRandom, TenantId};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;
use time::OffsetDateTime;
use uuid::Uuid;

pub const SOON: Duration = Duration::from_secs(20);

/// A kiosk with its own store and everybody's certificates, all in one temporary folder.
pub struct World {
    pub folder: TempDir,
    pub pki: SetPaths,
    pub central_key: CentralSecretKey,
    pub command_key: CommandSecretKey,
    pub store: Store,
}

#[allow(
    clippy::disallowed_methods,
    reason = "certificates of these tests are valid today"
)]
pub fn today() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

pub fn kiosk() -> KioskId {
    "kiosk-1".parse().unwrap()
}

pub fn tenant() -> TenantId {
    "branch".parse().unwrap()
}

pub fn pki(folder: &Path, validity: Validity) -> SetPaths {
    let set = DemoSet {
        tenant: "branch",
        kiosks: &["kiosk-1", "kiosk-2"],
        hosts: &["localhost", "127.0.0.1"],
        validity,
    };
    write_demo_set(folder, &set).unwrap()
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pki = pki(&folder.path().join("pki"), Validity::days(today(), 1));
        let store = open_store(&folder.path().join("store"));
        let central_key = CentralSecretKey::generate(&OsRandom).unwrap();
        Self {
            folder,
            pki,
            central_key,
            command_key: CommandSecretKey::generate(&OsRandom).unwrap(),
            store,
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A config with waits of milliseconds.
    pub fn config(&self, central: u16, broker: Option<u16>) -> SyncConfig {
        let at = |port| Endpoint {
            host: "127.0.0.1".to_owned(),
            port,
        };
        SyncConfig {
            kiosk: kiosk(),
            tenant: tenant(),
            central: at(central),
            central_key: self.central_key.public(),
            broker: broker.map(at),
            records_by: RecordsBy::Https,
            identity: self.pki.kiosks[0].clone(),
            word: None,
            limits: Limits {
                connect: Duration::from_secs(2),
                exchange: Duration::from_secs(2),
                idle_check: Duration::from_millis(200),
                keep_alive: Duration::from_secs(5),
                ..Limits::default()
            },
            backoff: BackoffConfig {
                first: Duration::from_millis(20),
                longest: Duration::from_millis(200),
            },
        }
    }

    pub fn start(&self, config: SyncConfig) -> SyncHandle {
        let rng = StdRng::seed_from_u64(1);
        Sync::start(config, self.store.clone(), Arc::new(today), rng).unwrap()
    }

    /// Writes events of one session, durably.
    pub async fn write(&self, session: Uuid, count: usize) {
        for number in 0..count {
            self.store
                .append(session, format!("event {number}").as_bytes())
                .await
                .unwrap();
        }
    }
}

pub async fn until_delivered(world: &World) {
    let newest = *world.store.subscribe().borrow();
    until("everything to be acknowledged", || {
        world.store.acknowledged() == newest
    })
    .await;
}

/// The same kiosk after its process has ended and begun anew.
pub async fn reopened(world: World) -> World {
    let World {
        folder,
        pki,
        central_key,
        command_key,
        store,
    } = world;
    store.close().await.unwrap();
    // The tasks of sync, aborted, let go of their clones in their own time.
    let path = folder.path().join("store");
    let mut store = None;
    for _ in 0..500 {
        store = try_open_store(&path);
        if store.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let store = store.unwrap_or_else(|| open_store(&path));
    World {
        folder,
        pki,
        central_key,
        command_key,
        store,
    }
}

pub fn open_store(folder: &Path) -> Store {
    let key = DeviceKey::from_bytes([7; 32]);
    Store::open(&StoreConfig::new(folder, kiosk()), key)
        .unwrap()
        .0
}

/// `None` while the folder is still held.
pub fn try_open_store(folder: &Path) -> Option<Store> {
    let key = DeviceKey::from_bytes([7; 32]);
    Store::open(&StoreConfig::new(folder, kiosk()), key)
        .ok()
        .map(|(store, _)| store)
}

pub async fn until_evidence_delivered(world: &World) {
    for _ in 0..SOON.as_millis() / 10 {
        if world.store.evidence_outbox(1).await.unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("evidence is still waiting");
}

/// Waits for a state, and shows the last one where it does not come.
pub async fn until_state(sync: &SyncHandle, what: &str, holds: impl Fn(&SyncState) -> bool) {
    let mut state = sync.state();
    let waited = tokio::time::timeout(SOON, state.wait_for(|state| holds(state))).await;
    assert!(
        matches!(waited, Ok(Ok(_))),
        "{what}: it stayed {:?}",
        sync.state().borrow()
    );
}

pub async fn until_waiting(sync: &SyncHandle, holds: impl Fn(&Why) -> bool) {
    until_state(sync, "a reason to wait", |state| {
        state.records.why().is_some_and(&holds)
    })
    .await;
}

pub async fn until_online(sync: &SyncHandle) {
    until_state(sync, "to be online", |state| {
        state.records.is_online() && state.live.as_ref().is_none_or(|live| live.is_online())
    })
    .await;
}

pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..SOON.as_millis() / 10 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(holds(), "waited in vain: {what}");
}
