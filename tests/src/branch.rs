//! A whole branch on one machine: certificates, a real broker, a real central, a network between them that can
//! be pulled, and a kiosk.
//!
//! ```text
//!  kioskd ──► cable ──► kiosk-central (HTTPS, mutual TLS)
//!    └──────► cable ──► Mosquitto     (MQTT, mutual TLS) ◄── kiosk-central
//! ```
//!
//! Everything keeps its files in one folder and listens on loopback ports found free.
// long file: certificates, configs and processes of one branch are set up in one order

mod central;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use kiosk_pki::{Authority, DemoSet, SetPaths, TlsFiles, Validity, write_demo_set};
use serde_json::{Value, json};

use crate::control::ControlSocket;
use crate::neighbour::Neighbour;
use crate::rig::{BrokerFiles, Cable, Child, Kioskd, Mosquitto, free_port};

/// How long a part may take to get ready; models are loaded in this time.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long a part may take to stop when asked.
const STOP_WITHIN: Duration = Duration::from_secs(15);
/// The kiosk's id.
pub const KIOSK: &str = "kiosk-1";
/// The tenant.
pub const TENANT: &str = "demo";

/// What a branch is made with.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The checkout's root: models and policies lie below it.
    pub root: PathBuf,
    /// Where the branch keeps its files.
    pub folder: PathBuf,
    /// Recordings are taken from below this folder.
    pub recordings: PathBuf,
    /// The time at which the branch is set up.
    pub now: time::OffsetDateTime,
    /// The window of all certificates.
    pub validity: Validity,
    /// Keys of the HTTP API, as TOML tables `[[api.keys]]`; none serves no API.
    pub api_keys: String,
    /// A policy laid over those for specimens, as TOML; empty lays none.
    pub policy: String,
    /// More lines for the kiosk's config.
    pub more: String,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// An authority that central does not know signed it.
    ForeignAuthority,
    /// Its time is over.
    Expired,
    /// It is another kiosk's.
    OtherKiosk,
}

/// A running branch.
pub struct Branch {
    plan: Plan,
    paths: SetPaths,
    /// The broker.
    pub broker: Mosquitto,
    /// The way to central.
    pub to_central: Cable,
    /// The way to the broker.
    pub to_broker: Cable,
    central: Child,
    central_port: u16,
    kiosk: Kioskd,
    ports: Ports,
}

/// Where the kiosk reaches others and is reached.
#[derive(Debug, Clone, Copy)]
struct Ports {
    central: u16,
    broker: u16,
    api: u16,
    metrics: u16,
}

impl Branch {
    /// Starts broker, central and kiosk.
    pub fn start(plan: Plan) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&plan.folder)?;
        let pki = plan.folder.join("pki");
        let set = DemoSet {
            tenant: TENANT,
            kiosks: &[KIOSK],
            hosts: &["localhost", "127.0.0.1"],
            validity: plan.validity,
        };
        let paths = write_demo_set(&pki, &set)?;
        let broker = Mosquitto::start(
            &plan.folder.join("broker"),
            &BrokerFiles {
                revocation_list: None,
                authority: paths.authority.clone(),
                certificate: paths.broker.certificate.clone(),
                key: paths.broker.key.clone(),
                centrals: vec!["central".into()],
            },
        )?;
        central::write_keys(&plan.folder)?;
        let central_port = free_port()?;
        let central = central::start(&plan, &paths, central_port, broker.port())?;
        let to_central = Cable::lay(([127, 0, 0, 1], central_port).into())?;
        let to_broker = Cable::lay(broker.address())?;
        let ports = Ports {
            central: to_central.port(),
            broker: to_broker.port(),
            api: free_port()?,
            metrics: free_port()?,
        };
        write_kiosk_config(&plan, Seat::own(&plan), &paths, &paths.kiosks[0], &ports)?;
        let ready = ([127, 0, 0, 1], ports.metrics).into();
        let kiosk = Kioskd::start(&plan.folder.join("kioskd.toml"), ready, "/health/live")?;
        Ok(Self {
            plan,
            paths,
            broker,
            to_central,
            to_broker,
            central,
            central_port,
            kiosk,
            ports,
        })
    }

    /// Sets another kiosk up beside this one, without starting it. It does not go through the cables.
    pub fn neighbour(&self, id: &str) -> anyhow::Result<Neighbour> {
        let folder = self.plan.folder.join(id);
        let files = self.issue(id, self.plan.validity, &folder)?;
        let ports = Ports {
            central: self.central_port,
            broker: self.broker.port(),
            api: free_port()?,
            metrics: free_port()?,
        };
        let seat = Seat {
            id,
            folder: &folder,
        };
        write_kiosk_config(&self.plan, seat, &self.paths, &files, &ports)?;
        let ready = ([127, 0, 0, 1], ports.metrics).into();
        Ok(Neighbour {
            id: id.to_owned(),
            kiosk: Kioskd::set_up(&folder.join("kioskd.toml"), ready, "/health/live")?,
            control: ControlSocket::new(folder.join("control.sock")),
            metrics: format!("http://127.0.0.1:{}/metrics", ports.metrics),
        })
    }

    /// Starts the kiosk again; one that runs is killed first.
    pub fn start_kiosk(&mut self) -> anyhow::Result<()> {
        Ok(self.kiosk.restart()?)
    }

    /// Kills the kiosk as a power switch would its process.
    pub fn kill_kiosk(&mut self) {
        self.kiosk.kill();
    }

    /// Asks the kiosk to stop and waits for it.
    pub fn stop_kiosk(&mut self) -> anyhow::Result<()> {
        let status = self.kiosk.stop(STOP_WITHIN)?;
        anyhow::ensure!(status.success(), "kioskd ended with {status}");
        Ok(())
    }

    /// Kills central.
    pub fn kill_central(&mut self) {
        self.central.kill();
    }

    /// Starts central again on its port.
    pub fn restart_central(&mut self) -> anyhow::Result<()> {
        self.central.kill();
        self.central = central::start(
            &self.plan,
            &self.paths,
            self.central_port,
            self.broker.port(),
        )?;
        Ok(())
    }

    /// The running kiosk's process.
    pub fn kiosk_process(&self) -> anyhow::Result<u32> {
        self.kiosk.id().context("the kiosk does not run")
    }

    /// The most memory that the running kiosk has held, in MiB.
    pub fn kiosk_peak_rss_mib(&self) -> anyhow::Result<u64> {
        Ok(self.kiosk_status_kib("VmHWM:")? / 1024)
    }

    /// The memory that the running kiosk holds, in KiB.
    pub fn kiosk_rss_kib(&self) -> anyhow::Result<u64> {
        self.kiosk_status_kib("VmRSS:")
    }

    fn kiosk_status_kib(&self, name: &str) -> anyhow::Result<u64> {
        let status = format!("/proc/{}/status", self.kiosk_process()?);
        let status = std::fs::read_to_string(status)?;
        let line = status.lines().find(|line| line.starts_with(name));
        let kib = line.and_then(|line| line.split_whitespace().nth(1));
        Ok(kib.with_context(|| format!("no {name}"))?.parse()?)
    }

    /// Gives the kiosk a certificate that is no good, from its next start on.
    pub fn take_wrong_certificate(&self, wrong: Wrong) -> anyhow::Result<()> {
        let folder = self.plan.folder.join(format!("{wrong:?}").to_lowercase());
        let files = match wrong {
            Wrong::ForeignAuthority => {
                let set = DemoSet {
                    tenant: TENANT,
                    kiosks: &[KIOSK],
                    hosts: &["localhost", "127.0.0.1"],
                    validity: self.plan.validity,
                };
                write_demo_set(&folder, &set)?.kiosks.swap_remove(0)
            }
            Wrong::Expired => {
                let day = time::Duration::days(1);
                let over = Validity::between(self.plan.now - 2 * day, self.plan.now - day)?;
                self.issue(KIOSK, over, &folder)?
            }
            Wrong::OtherKiosk => self.issue("kiosk-2", self.plan.validity, &folder)?,
        };
        let seat = Seat::own(&self.plan);
        write_kiosk_config(&self.plan, seat, &self.paths, &files, &self.ports)
    }

    /// A kiosk's certificate of this branch's own authority.
    fn issue(&self, id: &str, validity: Validity, folder: &Path) -> anyhow::Result<TlsFiles> {
        std::fs::create_dir_all(folder)?;
        let authority = Authority::open(&self.plan.folder.join("pki"))?;
        Ok(authority
            .kiosk(id, validity)?
            .write(folder, "kiosk", &self.paths.authority)?)
    }

    /// Gives the kiosk its own certificate again, from its next start on.
    pub fn take_own_certificate(&self) -> anyhow::Result<()> {
        let (seat, own) = (Seat::own(&self.plan), &self.paths.kiosks[0]);
        write_kiosk_config(&self.plan, seat, &self.paths, own, &self.ports)
    }

    /// Pulls the network: both ways.
    pub fn unplug(&self) {
        self.to_central.unplug();
        self.to_broker.unplug();
    }

    /// Gives the network back.
    pub fn plug(&self) {
        self.to_central.plug();
        self.to_broker.plug();
    }

    /// The kiosk's control socket.
    pub fn control(&self) -> ControlSocket {
        ControlSocket::new(self.plan.folder.join("control.sock"))
    }

    /// The address of the kiosk's HTTP API.
    pub fn api(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.api)
    }

    /// The address of the kiosk's metrics.
    pub fn metrics(&self) -> String {
        format!("http://127.0.0.1:{}/metrics", self.ports.metrics)
    }

    /// The kiosk's metrics as they stand.
    pub async fn metrics_text(&self) -> anyhow::Result<String> {
        Ok(crate::plain_client()?
            .get(self.metrics())
            .send()
            .await?
            .text()
            .await?)
    }

    /// What the kiosk has written to its log.
    pub fn kiosk_log(&self) -> String {
        self.kiosk.log()
    }

    /// Where the branch keeps its files.
    pub fn folder(&self) -> &Path {
        &self.plan.folder
    }

    /// Where its certificates are.
    pub const fn paths(&self) -> &SetPaths {
        &self.paths
    }

    /// A session as central holds it, asked for as a reader; none where central has nothing of it.
    pub async fn at_central(&self, session_id: &str) -> anyhow::Result<Option<Value>> {
        self.of_kiosk(KIOSK, &format!("sessions/{session_id}"))
            .await
    }

    /// What central answers a reader about a kiosk; none where it holds nothing of it.
    pub async fn of_kiosk(&self, kiosk: &str, what: &str) -> anyhow::Result<Option<Value>> {
        let url = format!(
            "https://127.0.0.1:{}/v1/kiosks/{kiosk}/{what}",
            self.central_port
        );
        let answer = self.reader()?.get(url).send().await?;
        match answer.status().as_u16() {
            200 => Ok(Some(answer.json().await?)),
            404 => Ok(None),
            other => anyhow::bail!("central answered {other}: {}", answer.text().await?),
        }
    }

    /// The kiosk's config file.
    pub fn kiosk_config(&self) -> PathBuf {
        self.plan.folder.join("kioskd.toml")
    }

    /// Has central issue a command to the kiosk, as an operator; gives its number.
    pub async fn order(&self, kind: &str, body: Value) -> anyhow::Result<u64> {
        let wanted = json!({ "request": uuid::Uuid::new_v4(), "kind": kind, "body": body });
        let asked = self.client(&self.paths.operator)?.post(self.commands());
        let answer = asked.json(&wanted).send().await?.error_for_status()?;
        let told: Value = answer.json().await?;
        told["number"].as_u64().context("no number")
    }

    /// What central was told came of a command; null before it was told.
    pub async fn outcome(&self, number: u64) -> anyhow::Result<Value> {
        let asked = self.client(&self.paths.operator)?.get(self.commands());
        let listed: Vec<Value> = asked.send().await?.error_for_status()?.json().await?;
        let found = listed.into_iter().find(|one| one["number"] == number);
        Ok(found.context("no such command")?["outcome"].take())
    }

    fn commands(&self) -> String {
        format!(
            "https://127.0.0.1:{}/v1/kiosks/{KIOSK}/commands",
            self.central_port
        )
    }

    /// An HTTPS client with the reader's certificate.
    fn reader(&self) -> anyhow::Result<reqwest::Client> {
        self.client(&self.paths.reader)
    }

    fn client(&self, files: &TlsFiles) -> anyhow::Result<reqwest::Client> {
        let tls = kiosk_pki::client_config(files, self.plan.now)?;
        Ok(reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .timeout(Duration::from_secs(10))
            .build()?)
    }
}

/// Which kiosk, and where it keeps its files.
#[derive(Clone, Copy)]
struct Seat<'a> {
    id: &'a str,
    folder: &'a Path,
}

impl<'a> Seat<'a> {
    /// The branch's own kiosk.
    fn own(plan: &'a Plan) -> Self {
        Self {
            id: KIOSK,
            folder: &plan.folder,
        }
    }
}

fn write_kiosk_config(
    plan: &Plan,
    seat: Seat<'_>,
    paths: &SetPaths,
    files: &TlsFiles,
    ports: &Ports,
) -> anyhow::Result<()> {
    let key = seat.folder.join("device.key");
    if !key.exists() {
        kiosk_store::DeviceKey::create(&key)?;
    }
    let root = plan.root.display();
    let own_policy = seat.folder.join("policy.toml");
    std::fs::write(&own_policy, &plan.policy)?;
    let own_policy = own_policy.display();
    let api = if plan.api_keys.is_empty() {
        String::new()
    } else {
        format!(
            "[api]\nlisten = \"127.0.0.1:{}\"\n{}\n",
            ports.api, plan.api_keys
        )
    };
    let config = format!(
        "[kiosk]\nid = \"{id}\"\ntenant = \"{TENANT}\"\nstate_folder = \"state\"\n\
         [policy]\nfiles = [\"{root}/daemon/session/policies/default.toml\", \"{root}/daemon/session/policies/specimens.toml\", \"{own_policy}\"]\n\
         [models]\nmanifest = \"{root}/models/manifest.toml\"\npack = \"{root}/models/packs/default\"\n\
         runtime = \"{root}/models/runtime/libonnxruntime.so\"\nproviders = [\"cpu\"]\n\
         [store]\ndevice_key = \"device.key\"\n\
         [station]\nrecordings = \"{recordings}\"\n\
         {api}\
         [sync.central]\nurl = \"https://127.0.0.1:{central}\"\nca = \"{ca}\"\ncertificate = \"{certificate}\"\n\
         key = \"{private}\"\npublic_key = \"{public}\"\nretry_at_most_s = 2\n\
         [sync.commands]\npublic_key = \"{command}\"\npolicy_file = \"{own_policy}\"\n\
         [sync.mqtt]\nhost = \"127.0.0.1\"\nport = {broker}\n\
         [metrics]\nlisten = \"127.0.0.1:{metrics}\"\n\
         [control]\nsocket = \"control.sock\"\n{more}\n",
        id = seat.id,
        recordings = plan.recordings.display(),
        central = ports.central,
        broker = ports.broker,
        ca = paths.authority.display(),
        certificate = files.certificate.display(),
        private = files.key.display(),
        public = plan.folder.join("central.pub").display(),
        command = plan.folder.join("command.pub").display(),
        metrics = ports.metrics,
        more = plan.more,
    );
    std::fs::write(seat.folder.join("kioskd.toml"), config)?;
    Ok(())
}
