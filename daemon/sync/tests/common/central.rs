//! The real central, in this process, which a test may end and start again on its port.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use kiosk_central::{BrokerConfig, Config, Handle};
use kiosk_pki::TlsFiles;
use kiosk_wire::{EvidenceId, paths};
use serde_json::Value;
use uuid::Uuid;

use super::{World, kiosk, today};

pub struct Central {
    config: Config,
    handle: Option<Handle>,
    address: SocketAddr,
    reader: reqwest::Client,
    kiosk: reqwest::Client,
}

impl Central {
    pub async fn start(world: &World, broker: Option<u16>) -> Self {
        let folder = world.path("central");
        std::fs::create_dir_all(&folder).unwrap();
        let secret = folder.join("session.key");
        kiosk_pki::write_secret(&secret, world.central_key.to_text().as_bytes()).unwrap();
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            folder,
            database: None,
            evidence_folder: None,
            session_key_file: secret,
            tls: world.pki.central.clone(),
            broker: broker.map(|port| BrokerConfig {
                host: "127.0.0.1".to_owned(),
                port,
            }),
            limits: kiosk_central::Limits::default(),
        };
        let handle = kiosk_central::serve(config.clone()).await.unwrap();
        let address = handle.addr();
        Self {
            config: Config {
                listen: address,
                ..config
            },
            handle: Some(handle),
            address,
            reader: client(&world.pki.reader),
            kiosk: client(&world.pki.kiosks[0]),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Ends it, open connections with it.
    pub async fn stop(&mut self) {
        if let Some(handle) = self.handle.take() {
            let _ = handle.shutdown(Duration::from_secs(1)).await;
        }
    }

    /// Starts it again on the same port, with what it holds on disk.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.handle = Some(kiosk_central::serve(self.config.clone()).await.unwrap());
    }

    /// How many records of a session it holds; every record of the kiosk must follow the one before.
    pub async fn records(&self, session: Uuid) -> usize {
        let url = format!(
            "https://{}{}",
            self.address,
            paths::session(&kiosk(), session)
        );
        let answer = self.reader.get(url).send().await.unwrap();
        if answer.status() == 404 {
            return 0;
        }
        let view: Value = answer.json().await.unwrap();
        assert_eq!(view["chain_ok"], true, "{view}");
        usize::try_from(view["records"].as_u64().unwrap()).unwrap()
    }

    pub async fn holds(&self, session: Uuid, evidence: &EvidenceId) -> bool {
        let path = paths::evidence(&kiosk(), evidence, session);
        let url = format!("https://{}{path}", self.address);
        self.kiosk.head(url).send().await.unwrap().status() == 200
    }
}

fn client(files: &TlsFiles) -> reqwest::Client {
    let tls = kiosk_pki::client_config(files, today()).unwrap();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .build()
        .unwrap()
}

/// All bytes below a folder, for looking whether something is among them.
pub fn bytes_below(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(bytes_below(&path)),
            false => all.extend(std::fs::read(path).unwrap()),
        }
    }
    all
}
