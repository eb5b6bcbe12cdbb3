//! A real central with real certificates, and what its tests send it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of several tests: not each uses all, and a panic is the failure"
)]

pub mod client;
pub mod log;
pub mod mosquitto;
pub mod mqtt;
pub mod postgres;
pub mod process;
pub mod s3;

use std::path::Path;
use std::time::Duration;

use client::Client;
use kiosk_central::{
    AuthorityConfig, Clock, Config, DatabaseUrl, Handle, Limits, serve_with, system_clock,
};
use kiosk_pki::{Authority, DemoSet, SetPaths, TlsFiles, Validity, write_demo_set};
use kiosk_wire::{CentralPublicKey, CentralSecretKey, CommandSecretKey, OsRandom};
use tempfile::TempDir;
use time::macros::datetime;

pub const TENANT: &str = "acme";
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Wide enough for any clock of the machine.
pub fn wide() -> Validity {
    Validity::between(
        datetime!(2020-01-01 0:00 UTC),
        datetime!(2120-01-01 0:00 UTC),
    )
    .unwrap()
}

/// Certificates, keys and folders, and the central that runs on them.
pub struct Site {
    pub folder: TempDir,
    pub paths: SetPaths,
    pub config: Config,
    pub central_key: CentralPublicKey,
    pub command_key: CommandSecretKey,
    /// Central's clock.
    pub clock: Clock,
    handle: Option<Handle>,
}

impl Site {
    /// On SQLite, without a broker.
    pub async fn sqlite() -> Self {
        Self::start(None, |_| {}).await
    }

    /// On `database` (SQLite in the site's folder where it is `None`), with a config that `change`
    /// may change.
    pub async fn start(database: Option<DatabaseUrl>, change: impl FnOnce(&mut Config)) -> Self {
        let mut site = Self::prepare(database);
        change(&mut site.config);
        site.restart().await;
        site
    }

    /// Everything but a running central.
    pub fn prepare(database: Option<DatabaseUrl>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let set = DemoSet {
            tenant: TENANT,
            kiosks: &["k-1", "k-2"],
            hosts: &["localhost", "127.0.0.1"],
            validity: wide(),
        };
        let paths = write_demo_set(&folder.path().join("pki"), &set).unwrap();
        let secret = CentralSecretKey::generate(&OsRandom).unwrap();
        let secret_file = folder.path().join("session.key");
        kiosk_pki::write_secret(&secret_file, secret.to_text().as_bytes()).unwrap();
        let command_key = CommandSecretKey::generate(&OsRandom).unwrap();
        let command_file = folder.path().join("command.key");
        kiosk_pki::write_secret(&command_file, command_key.to_text().as_bytes()).unwrap();
        let config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            folder: folder.path().join("central"),
            database,
            evidence_folder: None,
            evidence_bucket: None,
            session_key_file: secret_file,
            command_key_file: Some(command_file),
            revocation_list: None,
            authority: Some(AuthorityConfig {
                folder: folder.path().join("pki"),
                days: 90,
            }),
            tls: paths.central.clone(),
            broker: None,
            limits: Limits::default(),
        };
        Self {
            folder,
            paths,
            config,
            central_key: secret.public(),
            command_key,
            clock: system_clock(),
            handle: None,
        }
    }

    /// Ends central, if it runs, and starts it again on what it has stored.
    pub async fn restart(&mut self) {
        self.stop().await;
        let clock = std::sync::Arc::clone(&self.clock);
        self.handle = Some(serve_with(self.config.clone(), clock).await.unwrap());
    }

    pub async fn stop(&mut self) {
        if let Some(handle) = self.handle.take() {
            handle.shutdown(STOP_WITHIN).await.unwrap();
        }
    }

    pub fn handle(&self) -> &Handle {
        self.handle.as_ref().unwrap()
    }

    pub fn take_handle(&mut self) -> Handle {
        self.handle.take().unwrap()
    }

    pub fn client(&self, files: &TlsFiles) -> Client {
        Client::new(self.handle().addr(), files)
    }

    /// Kiosk `k-1`.
    pub fn kiosk(&self) -> Client {
        self.client(&self.paths.kiosks[0])
    }

    pub fn reader(&self) -> Client {
        self.client(&self.paths.reader)
    }

    /// The authority of this site, to issue more.
    pub fn authority(&self) -> Authority {
        Authority::open(&self.folder.path().join("pki")).unwrap()
    }

    /// Where evidence lies.
    pub fn evidence_of(&self, kiosk: &str) -> std::path::PathBuf {
        self.config.folder.join("evidence").join(kiosk)
    }
}

/// All files below a folder that is there or not.
pub fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => files_below(&path),
            false => vec![path],
        })
        .collect()
}

/// Waits until `ready` says yes.
pub async fn until<F: Future<Output = bool>>(what: &str, mut ready: impl FnMut() -> F) {
    for _ in 0..400 {
        if ready().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("10 s were not enough for: {what}");
}
