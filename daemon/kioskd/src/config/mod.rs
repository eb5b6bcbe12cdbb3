//! The config: one TOML file, read whole, with all of its faults told at once.
//!
//! Unknown keys are refused. Secrets stand in files of their own and have no defaults. Paths are relative
//! to the config file. `daemon/kioskd/config/example.toml` shows every key.

mod api;
mod fault;
mod otp;
mod policy;
mod reader;
mod sections;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::HeaderName;
use kiosk_api::auth::ApiKeys;
use kiosk_api::limits::Limits;
use kiosk_session::{Policy, Redacted};
use kiosk_sync::RecordsBy;

use crate::webhooks::Allowed;

pub use fault::Fault;
pub use otp::{MailLogin, MailServer, MailTls, Otp, SmsGateway};

/// Everything that a kiosk is told by its config file.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[kiosk]`: which kiosk this is.
    pub kiosk: Kiosk,
    /// `[policy]`: the merged policy files, without faults.
    pub policy: Policy,
    /// `[models]`
    pub models: Models,
    /// `[calibration]`: empty where distances of faces are not calibrated.
    pub calibration: Calibration,
    /// `[screening]`: without lists where nobody is screened.
    pub screening: Screening,
    /// `[webhooks]`: what is allowed beside public addresses behind TLS.
    pub webhooks: Allowed,
    /// `[store]`
    pub store: Store,
    /// `[cameras]`
    pub cameras: Cameras,
    /// `[api]`: absent where no HTTP API is served.
    pub api: Option<Api>,
    /// `[sync]`: absent where nothing leaves this kiosk.
    pub sync: Option<Sync>,
    /// `[metrics]`
    pub metrics: Option<Metrics>,
    /// `[control]`
    pub control: Option<Control>,
    /// `[preview]`: absent where no preview is served.
    pub preview: Option<Preview>,
    /// `[station]`
    pub station: Station,
    /// `[log]`
    pub log: Log,
    /// Files that have to be there before start, with the place that names each.
    named_files: Vec<NamedFile>,
}

/// Which kiosk this is.
#[derive(Debug, Clone)]
pub struct Kiosk {
    /// Its id: 1 to 64 of `a-z0-9-`, as in its certificate.
    pub id: String,
    /// The tenant that it belongs to: same letters.
    pub tenant: String,
    /// Where it keeps what it must not lose.
    pub state_folder: PathBuf,
}

/// An execution provider of ONNX Runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// NVIDIA TensorRT.
    TensorRt,
    /// NVIDIA CUDA.
    Cuda,
    /// The processor.
    Cpu,
}

/// Where the models are and what runs them.
#[derive(Debug, Clone)]
pub struct Models {
    /// The list of models with their hashes.
    pub manifest: PathBuf,
    /// The folder with the model files.
    pub pack: PathBuf,
    /// ONNX Runtime's shared library.
    pub runtime: PathBuf,
    /// Providers in the order in which they are tried.
    pub providers: Vec<Provider>,
    /// Threads of one model run.
    pub threads: usize,
}

/// Files that `kioskctl eval match --calibration` made, by what they compare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calibration {
    /// Two pictures of people before a camera.
    pub selfie_to_selfie: Option<PathBuf>,
    /// A document's portrait and a person before a camera.
    pub document_to_selfie: Option<PathBuf>,
}

/// Which watch lists there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Screening {
    /// Files, or folders in which every file is a list.
    pub lists: Vec<PathBuf>,
    /// The file with the exceptions; absent, there are none.
    pub exceptions: Option<PathBuf>,
}

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// A file that only its owner may read.
    File(PathBuf),
    /// A credential that systemd hands over (`LoadCredential=`), by name.
    Credential(String),
}

/// The log on disk.
#[derive(Debug, Clone)]
pub struct Store {
    /// The key that wraps every session's key.
    pub device_key: Secret,
    /// Most bytes that it may take on disk.
    pub max_bytes: u64,
    /// Days after which a closed session that central holds is let go.
    pub keep_delivered_days: u16,
    /// Days after which a month of the audit that central holds goes, counted from the month's end.
    pub keep_audit_days: u16,
    /// Days after which a closed session is erased although central lacks it; `None`: never.
    pub keep_undelivered_days: Option<u16>,
    /// What a full store does with what central holds already.
    pub when_full: WhenFull,
}

/// What a full store does with closed sessions that central holds, before their days are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// Keeps them: no session is begun until there is room again.
    Refuse,
    /// Lets the oldest go, so that the kiosk goes on.
    ForgetDelivered,
}

/// Which cameras there are.
#[derive(Debug, Clone, Default)]
pub struct Cameras {
    /// The one that sees the person.
    pub face: Option<Camera>,
    /// The one that sees documents.
    pub document: Option<Camera>,
}

/// Where frames come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Camera {
    /// A camera of this machine.
    Device {
        /// Index or path of the device.
        device: String,
        /// Wished width in px.
        width: u32,
        /// Wished height in px.
        height: u32,
        /// Wished frames a second.
        fps: u32,
    },
    /// A video, a picture or a folder of pictures.
    Recording {
        /// The file or folder.
        path: PathBuf,
        /// How fast it is played.
        pacing: Pacing,
    },
}

/// How fast a recording is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pacing {
    /// As it was recorded.
    OwnClock,
    /// As fast as frames are asked for.
    AsFastAsAsked,
}

/// The HTTP API.
#[derive(Debug, Clone)]
pub struct Api {
    /// Where it listens: loopback only, since it speaks plain HTTP.
    pub listen: SocketAddr,
    /// What the outside calls it, without a slash at the end; `kyc_url` begins with it.
    pub public_url: String,
    /// Who may call.
    pub keys: ApiKeys,
    /// How much they may send.
    pub limits: Limits,
    /// The header to whose last address the server before the API appends whom it speaks to; absent, none is believed.
    pub address_header: Option<HeaderName>,
    /// `[api.otp]`: absent where no one-time codes are sent.
    pub otp: Option<Otp>,
    /// `[api.staff]`: whose first administrator is made at start; absent where nobody logs in.
    pub staff: Option<FirstStaff>,
}

/// Whose first administrator is made where that tenant has no user yet.
#[derive(Debug, Clone)]
pub struct FirstStaff {
    /// The tenant.
    pub tenant: String,
    /// The address that the administrator logs in with.
    pub admin_email: Redacted<String>,
}

/// The way to central.
#[derive(Debug, Clone)]
pub struct Sync {
    /// What carries records; evidence goes by HTTPS alone.
    pub records_by: RecordsBy,
    /// Records and evidence by HTTPS.
    pub central: Central,
    /// Live events by MQTT, with the same certificates.
    pub mqtt: Option<Mqtt>,
    /// Commands and the time from central; absent, neither is taken and no certificate renewed.
    pub commands: Option<Commands>,
}

/// What central may have this kiosk do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commands {
    /// The public key that commands are signed for.
    pub public_key: PathBuf,
    /// The policy file that central may replace: one of `[policy] files`. Absent, it may replace none.
    pub policy_file: Option<PathBuf>,
    /// A start with a file that central replaced has to prove itself within this.
    pub prove_within: Duration,
}

/// Central and the identity that this kiosk shows it.
#[derive(Debug, Clone)]
pub struct Central {
    /// Its address: `https://` only, without a slash at the end.
    pub url: String,
    /// Certificate of the authority that signed central's, PEM.
    pub ca: PathBuf,
    /// This kiosk's certificate, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
    /// The public key to which session keys are sealed.
    pub public_key: PathBuf,
    /// Longest wait between attempts.
    pub retry_at_most: Duration,
    /// Most KiB sent to central a second, on average; absent, as many as the line takes.
    pub kib_a_second: Option<u32>,
}

/// The broker for live events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mqtt {
    /// Its host, as its certificate names it.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// Metrics in Prometheus form.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Where they are served.
    pub listen: SocketAddr,
}

/// The socket that `kioskctl` speaks to.
#[derive(Debug, Clone)]
pub struct Control {
    /// The socket's path.
    pub socket: PathBuf,
}

/// What the cameras see, for screens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The socket of the kiosk's own screen; absent, there is none.
    pub socket: Option<PathBuf>,
    /// The file with the staff's token; absent, no token is staff's.
    pub staff_token: Option<PathBuf>,
    /// Of pictures that are compressed here, 1 to 100.
    pub jpeg_quality: u8,
}

/// The kiosk's own place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Station {
    /// Recordings in place of cameras are taken from below this folder; absent, none are taken.
    pub recordings: Option<PathBuf>,
    /// Whether a screen shows what the preview's observations say: a dot to follow, colours that light the face.
    pub screen: Screen,
}

/// What stands before the person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Screen {
    /// Nothing that could show a dot or a colour.
    #[default]
    None,
    /// A screen of the kiosk's own.
    Attached,
}

/// How the log is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// As lines for people, or as JSON.
    pub format: LogFormat,
    /// What is written, in `tracing-subscriber`'s filter form, e.g. `info,kiosk_sync=debug`.
    pub filter: String,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A file that something in the config names.
#[derive(Debug, Clone)]
struct NamedFile {
    path: PathBuf,
    source: PathBuf,
    line: Option<usize>,
    key: String,
    remedy: &'static str,
}

/// The policy that is shipped, with `files` laid over it, later ones winning; or all faults.
pub fn policy_over_shipped(files: &[PathBuf]) -> Result<Policy, Vec<Fault>> {
    policy::over_shipped(files)
}

impl Config {
    /// Reads and checks a config file and the policy files that it names; or tells all faults, in the
    /// order of their lines. Other files that it names are not opened: [`Config::missing_files`] does that.
    pub fn read(path: &Path) -> Result<Self, Vec<Fault>> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::from_text(path, &text),
            Err(error) => Err(vec![Fault {
                file: path.to_path_buf(),
                line: None,
                problem: format!("can't be read: {error}"),
                remedy: "name a config file that kioskd may read".into(),
            }]),
        }
    }

    /// The same for a text that stands in (or is to be written to) `path`.
    pub fn from_text(path: &Path, text: &str) -> Result<Self, Vec<Fault>> {
        let source = reader::Source::new(path, text);
        let table = source.parse();
        let config = sections::config(&reader::Section::whole(&source, &table));
        let faults = source.into_faults();
        match config {
            Some(config) if faults.is_empty() => Ok(config),
            _ => Err(faults),
        }
    }

    /// Files that the config names and that are not there.
    pub fn missing_files(&self) -> Vec<Fault> {
        let missing = self.named_files.iter().filter(|named| !named.path.exists());
        missing
            .map(|named| Fault {
                file: named.source.clone(),
                line: named.line,
                problem: format!(
                    "`{}` names {}, which is not there",
                    named.key,
                    named.path.display()
                ),
                remedy: named.remedy.into(),
            })
            .collect()
    }
}
