//! Kiosks and central through a storm on both ways: an oracle compares byte for byte what kiosks recorded with
//! what central holds. Real Mosquitto, real PostgreSQL, two centrals of which one is killed again and again. Commands
//! go the other way through the same storm: each is done once, in its turn.
// long file: kiosk, operator and reader of one story

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

#[path = "../../daemon/central/tests/support/postgres.rs"]
#[allow(dead_code, reason = "central's own tests use the rest of it")]
mod postgres;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use kiosk_central::{BrokerConfig, Config, DatabaseUrl, Handle, Limits};
use kiosk_pki::{DemoSet, SetPaths, TlsFiles, Validity, write_demo_set};
use kiosk_store::{DeviceKey, Store, StoreConfig};
use kiosk_sync::{
    BackoffConfig, CentralsWord, Endpoint, Handler, Progress, RecordsBy, Sync, SyncConfig,
    SyncHandle,
};
use kiosk_tests::now;
use kiosk_tests::rig::{BrokerFiles, Faces, Mosquitto, Storm, until_async};
use kiosk_wire::{
    CentralSecretKey, CloudEvent, Command, CommandSecretKey, EventKind, EvidenceId, KioskId,
    OsRandom, Outcome, Record, SessionNews, limits, paths,
};
use postgres::Postgres;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use uuid::Uuid;

const KIOSKS: [&str; 3] = ["k-1", "k-2", "k-3"];
const TENANT: &str = "branch";
/// After the storm everything has to be there this soon.
const DELIVERED_WITHIN: Duration = Duration::from_secs(90);

/// Sessions of each kiosk: few in CI, by `KIOSK_STORM` as many as wanted.
fn sessions() -> usize {
    let wanted = std::env::var("KIOSK_STORM")
        .ok()
        .and_then(|count| count.parse().ok());
    wanted.unwrap_or(8)
}

/// A kiosk with its store, its sync, and what it recorded.
struct Kiosk {
    id: KioskId,
    store: Store,
    sync: SyncHandle,
    ways: [Storm; 2],
    evidence: BTreeMap<EvidenceId, (Uuid, Vec<u8>)>,
    notes: Arc<Notes>,
    /// How many commands central issued to it.
    ordered: u64,
}

/// Remembers each command that was carried out.
#[derive(Default)]
struct Notes(Mutex<Vec<u64>>);

#[async_trait]
impl Handler for Notes {
    fn kind(&self) -> &'static str {
        "note"
    }

    async fn carry_out(&self, command: &Command) -> Progress {
        self.0.lock().unwrap().push(command.number);
        Progress::Ended(Outcome::Done(command.body.clone()))
    }
}

/// Central's two secrets.
struct Secrets {
    sealing: CentralSecretKey,
    signing: CommandSecretKey,
}

impl Secrets {
    fn written_to(folder: &Path) -> Self {
        let sealing = CentralSecretKey::generate(&OsRandom).unwrap();
        let signing = CommandSecretKey::generate(&OsRandom).unwrap();
        for (name, text) in [
            ("session.key", sealing.to_text()),
            ("command.key", signing.to_text()),
        ] {
            kiosk_pki::write_secret(&folder.join(name), text.as_bytes()).unwrap();
        }
        Self { sealing, signing }
    }
}

fn central_config(folder: &Path, pki: &SetPaths, database: DatabaseUrl, broker: u16) -> Config {
    Config {
        listen: ([127, 0, 0, 1], 0).into(),
        folder: folder.join("central"),
        database: Some(database),
        evidence_folder: None,
        evidence_bucket: None,
        session_key_file: folder.join("session.key"),
        command_key_file: Some(folder.join("command.key")),
        revocation_list: None,
        authority: None,
        tls: pki.central.clone(),
        broker: Some(BrokerConfig {
            host: "127.0.0.1".into(),
            port: broker,
        }),
        limits: Limits::default(),
    }
}

fn endpoint(port: u16) -> Endpoint {
    Endpoint {
        host: "127.0.0.1".into(),
        port,
    }
}

impl Kiosk {
    async fn start(
        (name, files): (&str, &TlsFiles),
        folder: &Path,
        pki: &SetPaths,
        (centrals, broker): (Vec<SocketAddr>, SocketAddr),
        secrets: &Secrets,
        seed: u64,
    ) -> Self {
        let id: KioskId = name.parse().unwrap();
        let settings = StoreConfig::new(folder.join(name), id.clone());
        let (store, _) = Store::open(&settings, DeviceKey::from_bytes([7; 32])).unwrap();
        let faces = |server: &TlsFiles| Faces {
            server: server.clone(),
            client: files.clone(),
        };
        let https = Storm::https(faces(&pki.central), centrals, seed)
            .await
            .unwrap();
        let mqtt = Storm::mqtt(faces(&pki.broker), broker, seed + 1)
            .await
            .unwrap();
        let notes = Arc::new(Notes::default());
        let config = SyncConfig {
            kiosk: id.clone(),
            tenant: TENANT.parse().unwrap(),
            central: endpoint(https.port()),
            central_key: secrets.sealing.public(),
            broker: Some(endpoint(mqtt.port())),
            records_by: RecordsBy::Either,
            identity: files.clone(),
            word: Some(CentralsWord {
                key: secrets.signing.public(),
                folder: folder.join(format!("{name}-word")),
                handlers: vec![Arc::clone(&notes) as _],
            }),
            limits: kiosk_sync::Limits {
                batch_records: 7,
                connect: Duration::from_secs(1),
                exchange: Duration::from_secs(1),
                idle_check: Duration::from_millis(500),
                command_poll: Duration::from_millis(500),
                ..kiosk_sync::Limits::default()
            },
            backoff: BackoffConfig {
                first: Duration::from_millis(20),
                longest: Duration::from_millis(200),
            },
        };
        let rng = StdRng::seed_from_u64(seed);
        let sync = Sync::start(config, store.clone(), Arc::new(now), rng).unwrap();
        Self {
            id,
            store,
            sync,
            ways: [https, mqtt],
            evidence: BTreeMap::new(),
            notes,
            ordered: 0,
        }
    }

    /// Records a session with evidence of some lengths, and tells of it live.
    async fn record(&mut self, rng: &mut StdRng) {
        let session = Uuid::new_v4();
        for number in 0..rng.random_range(3..12) {
            let event = format!(
                "{{\"event\":{number},\"pad\":\"{}\"}}",
                "x".repeat(number * 97)
            );
            let number = self.store.append(session, event.as_bytes()).await.unwrap();
            let news = SessionNews {
                number,
                state: "created".into(),
                status: None,
            };
            let from = (&TENANT.parse().unwrap(), &self.id);
            let event = CloudEvent::of_session(
                Uuid::new_v4(),
                from,
                EventKind::Advanced,
                now(),
                session,
                news,
            );
            self.sync.live().put(&event);
        }
        let lengths = [900, 70_000, limits::EVIDENCE_PART_BYTES * 5 / 2];
        let length = lengths[rng.random_range(0..lengths.len())];
        let mut bytes = vec![0; length];
        rng.fill(bytes.as_mut_slice());
        let id = self.store.put_evidence(session, &bytes).await.unwrap();
        self.evidence.insert(id, (session, bytes));
        let pause = rng.random_range(0..120);
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }

    async fn is_delivered(&self) -> bool {
        let evidence = self.store.evidence_outbox(1).await.unwrap();
        let done = self.notes.0.lock().unwrap().len() as u64;
        self.store.acknowledged() == self.store.newest()
            && evidence.is_empty()
            && done == self.ordered
    }
}

/// Issues commands, by either central.
struct Operator(reqwest::Client);

impl Operator {
    /// One more command to a kiosk. A central that dies meanwhile may have issued it: asked again by the same request,
    /// another one makes no second.
    async fn order(&self, centrals: &[SocketAddr], kiosk: &mut Kiosk) {
        let wanted = json!({ "request": Uuid::new_v4(), "kind": "note", "body": kiosk.ordered });
        for central in centrals.iter().cycle().take(10) {
            let url = format!("https://{central}{}", paths::commands(&kiosk.id));
            let answer = self.0.post(url).json(&wanted).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                kiosk.ordered += 1;
                return;
            }
        }
        panic!("no central takes a command for {}", kiosk.id);
    }

    /// Whether central knows what came of every command: each as it was ordered.
    async fn knows_all(&self, central: SocketAddr, kiosk: &Kiosk) -> bool {
        let url = format!("https://{central}{}", paths::commands(&kiosk.id));
        let answer = self.0.get(url).send().await.unwrap();
        let mut told: Vec<Value> = answer.json().await.unwrap();
        told.reverse();
        assert_eq!(
            told.len() as u64,
            kiosk.ordered,
            "{}: each issued once",
            kiosk.id
        );
        told.iter()
            .enumerate()
            .all(|(place, one)| one["outcome"] == json!({ "status": "done", "detail": place }))
    }
}

/// Reads a path of central as a reader.
struct Reader {
    client: reqwest::Client,
    central: SocketAddr,
}

impl Reader {
    async fn bytes(&self, path: &str) -> Vec<u8> {
        let url = format!("https://{}{path}", self.central);
        let answer = self.client.get(url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.bytes().await.unwrap().to_vec()
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.bytes(path).await).unwrap()
    }

    /// What central holds of a kiosk, compared with what it recorded: (records, pieces of evidence).
    async fn compare(&self, kiosk: &Kiosk) -> (usize, usize) {
        let mut recorded: Vec<Record> = Vec::new();
        for session in kiosk.store.sessions().unwrap() {
            recorded.extend(kiosk.store.records(session).unwrap());
        }
        recorded.sort_by_key(|record| record.number);
        let mut held: Vec<Record> = Vec::new();
        loop {
            let path = format!("{}?after={}", paths::records(&kiosk.id), held.len());
            let page: Vec<Record> = serde_json::from_slice(&self.bytes(&path).await).unwrap();
            if page.is_empty() {
                break;
            }
            held.extend(page);
        }
        assert_eq!(
            held, recorded,
            "{}: every record, once, in order, byte for byte",
            kiosk.id
        );
        let chain = self.json(&format!("/v1/kiosks/{}/chain", kiosk.id)).await;
        assert_eq!(chain["chain_ok"], true);
        let kiosks = self.json("/v1/kiosks").await;
        let row = kiosks
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["kiosk"] == kiosk.id.as_str());
        assert_eq!(row.unwrap()["evidence"], kiosk.evidence.len());
        for (id, (session, bytes)) in &kiosk.evidence {
            let opened = self.bytes(&paths::evidence(&kiosk.id, id, *session)).await;
            assert!(opened == *bytes, "{}: evidence byte for byte", kiosk.id);
        }
        (held.len(), kiosk.evidence.len())
    }
}

fn client(files: &TlsFiles) -> reqwest::Client {
    let tls = kiosk_pki::client_config(files, now()).unwrap();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .build()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_kiosks_recorded_is_what_central_holds_whatever_the_way_does() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let set = DemoSet {
        tenant: TENANT,
        kiosks: &KIOSKS,
        hosts: &["localhost", "127.0.0.1"],
        validity: Validity::days(now(), 2),
    };
    let pki = write_demo_set(&folder.join("pki"), &set).unwrap();
    let secrets = Secrets::written_to(folder);
    let operator = Operator(client(&pki.operator));
    let postgres = Postgres::start();
    let database = postgres.database("storm");
    let files = BrokerFiles::of(&pki.broker, &["central"]);
    let broker = Mosquitto::start(&folder.join("broker"), &files).unwrap();
    let config = central_config(folder, &pki, database, broker.port());
    let steady = kiosk_central::serve(config.clone()).await.unwrap();
    let mut shaky: Handle = kiosk_central::serve(config.clone()).await.unwrap();

    let mut kiosks = Vec::new();
    for (seed, name) in KIOSKS.iter().enumerate() {
        let behind = (vec![steady.addr(), shaky.addr()], broker.address());
        let who = (*name, &pki.kiosks[seed]);
        kiosks.push(Kiosk::start(who, folder, &pki, behind, &secrets, 100 * seed as u64 + 1).await);
    }
    let mut rng = StdRng::seed_from_u64(42);
    let mut killed = 0;
    for turn in 0..sessions() {
        for kiosk in &mut kiosks {
            kiosk.record(&mut rng).await;
            operator.order(&[shaky.addr(), steady.addr()], kiosk).await;
        }
        if turn % 3 == 1 {
            // Dropped, not shut down: open requests end wherever they are.
            drop(shaky);
            shaky = kiosk_central::serve(config.clone()).await.unwrap();
            killed += 1;
            for kiosk in &kiosks {
                kiosk.ways[0].lead_to(vec![steady.addr(), shaky.addr()]);
            }
        }
    }
    let mut struck: BTreeMap<&str, u64> = BTreeMap::new();
    for kiosk in &kiosks {
        kiosk.ways.iter().for_each(Storm::calm);
        for (what, count) in kiosk.ways.iter().flat_map(Storm::counts) {
            *struck.entry(what).or_default() += count;
        }
    }
    for kiosk in &kiosks {
        until_async("everything to be delivered", DELIVERED_WITHIN, || {
            kiosk.is_delivered()
        })
        .await
        .unwrap();
    }
    let reader = Reader {
        client: client(&pki.reader),
        central: steady.addr(),
    };
    let (mut records, mut evidence, mut commands) = (0, 0, 0);
    for kiosk in &kiosks {
        until_async("every outcome to be told", DELIVERED_WITHIN, || {
            operator.knows_all(steady.addr(), kiosk)
        })
        .await
        .unwrap();
        let done = kiosk.notes.0.lock().unwrap().clone();
        let ordered: Vec<u64> = (1..=kiosk.ordered).collect();
        assert_eq!(done, ordered, "{}: each once, in its turn", kiosk.id);
        commands += done.len();
        let (held, pieces) = reader.compare(kiosk).await;
        (records, evidence) = (records + held, evidence + pieces);
    }
    println!(
        "storm: {records} records and {evidence} pieces of evidence of {} kiosks, equal byte for byte; {commands} commands done once each; {killed} centrals killed; struck: {struck:?}",
        kiosks.len()
    );
    for kiosk in kiosks {
        kiosk.sync.shutdown().await.unwrap();
    }
}
