//! The real central, in this process, which a test may end and start again on its port.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kiosk_central::{AuthorityConfig, BrokerConfig, Config, Handle};
use kiosk_pki::TlsFiles;
use kiosk_wire::{EvidenceId, paths};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{World, kiosk, today};

pub struct Central {
    config: Config,
    handle: Option<Handle>,
    address: SocketAddr,
    reader: reqwest::Client,
    operator: reqwest::Client,
    kiosk: reqwest::Client,
}

impl Central {
    pub async fn start(world: &World, broker: Option<u16>) -> Self {
        Self::launch(world, broker, world.path("pki")).await
    }

    /// One that renews certificates by another authority.
    pub async fn start_by(world: &World, authority: PathBuf) -> Self {
        Self::launch(world, None, authority).await
    }

    async fn launch(world: &World, broker: Option<u16>, authority: PathBuf) -> Self {
        let folder = world.path("central");
        std::fs::create_dir_all(&folder).unwrap();
        let secret = folder.join("session.key");
        kiosk_pki::write_secret(&secret, world.central_key.to_text().as_bytes()).unwrap();
        let command_key = folder.join("command.key");
        kiosk_pki::write_secret(&command_key, world.command_key.to_text().as_bytes()).unwrap();
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            folder,
            database: None,
            evidence_folder: None,
            evidence_bucket: None,
            session_key_file: secret,
            command_key_file: Some(command_key),
            revocation_list: None,
            authority: Some(AuthorityConfig {
                folder: authority,
                days: 90,
            }),
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
            operator: client(&world.pki.operator),
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
        let Some(view) = self.view(session).await else {
            return 0;
        };
        assert_eq!(view["chain_ok"], true, "{view}");
        usize::try_from(view["records"].as_u64().unwrap()).unwrap()
    }

    /// What a reader is told of a session.
    pub async fn view(&self, session: Uuid) -> Option<Value> {
        let url = format!(
            "https://{}{}",
            self.address,
            paths::session(&kiosk(), session)
        );
        let answer = self.reader.get(url).send().await.unwrap();
        match answer.status().as_u16() {
            404 => None,
            _ => Some(answer.json().await.unwrap()),
        }
    }

    /// Whether every record of the kiosk follows the one before.
    pub async fn chain_is_whole(&self) -> bool {
        let url = format!("https://{}/v1/kiosks/{}/chain", self.address, kiosk());
        let answer = self.reader.get(url).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["chain_ok"] == true
    }

    /// Issues a command, and returns its number.
    pub async fn issue(&self, kind: &str, body: Value) -> u64 {
        let url = format!("https://{}{}", self.address, paths::commands(&kiosk()));
        let wanted = json!({"request": Uuid::new_v4(), "kind": kind, "body": body});
        let answer = self.operator.post(url).json(&wanted).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
        answer.json::<Value>().await.unwrap()["number"]
            .as_u64()
            .unwrap()
    }

    /// What is known of each command, oldest first.
    pub async fn outcomes(&self) -> Vec<Value> {
        let url = format!("https://{}{}", self.address, paths::commands(&kiosk()));
        let answer = self.operator.get(url).send().await.unwrap();
        let mut listed: Vec<Value> = answer.json().await.unwrap();
        listed.reverse();
        listed
            .into_iter()
            .map(|mut one| one["outcome"].take())
            .collect()
    }

    /// Waits until so many commands have an outcome, and returns those.
    pub async fn until_told(&self, count: usize) -> Vec<Value> {
        for _ in 0..1000 {
            let outcomes = self.outcomes().await;
            if outcomes.iter().filter(|outcome| !outcome.is_null()).count() >= count {
                return outcomes;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("not {count} outcomes came: {:?}", self.outcomes().await);
    }

    pub async fn holds(&self, session: Uuid, evidence: &EvidenceId) -> bool {
        let path = paths::evidence(&kiosk(), evidence, session);
        let url = format!("https://{}{path}", self.address);
        self.kiosk.head(url).send().await.unwrap().status() == 200
    }
}

pub fn client(files: &TlsFiles) -> reqwest::Client {
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
