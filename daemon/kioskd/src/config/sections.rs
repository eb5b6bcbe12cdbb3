//! The sections of the file, each from its table to its values.
// long file: one function for each section of the config, in the order of the example

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;

use kiosk_sync::RecordsBy;

use super::api::{api, http_url};
use super::reader::Section;
use super::{
    Calibration, Camera, Cameras, Central, Commands, Config, Control, Kiosk, Log, LogFormat,
    Metrics, Models, Mqtt, NamedFile, Pacing, Preview, Provider, Screen, Screening, Secret,
    Station, Store, Sync, WhenFull, policy,
};
use crate::webhooks::Allowed;

const PROVIDERS: [(&str, Provider); 3] = [
    ("tensorrt", Provider::TensorRt),
    ("cuda", Provider::Cuda),
    ("cpu", Provider::Cpu),
];
const MIB: u64 = 1024 * 1024;

/// Files that have to be there, as they are met.
pub(super) type Named = RefCell<Vec<NamedFile>>;

/// The whole file; `None` where a fault was told that leaves no value to go on with.
pub(super) fn config(whole: &Section<'_>) -> Option<Config> {
    let named = Named::default();
    let kiosk = whole.section("kiosk").map(kiosk);
    let policy = whole.section("policy").map(policy::policy);
    let models = whole
        .section("models")
        .map(|section| models(section, &named));
    let calibration = whole
        .section_if_any("calibration")
        .map(|section| calibration(section, &named));
    let screening = whole
        .section_if_any("screening")
        .map(|section| screening(section, &named));
    let webhooks = whole
        .section_if_any("webhooks")
        .map(|section| webhooks(section, &named));
    let store = whole.section("store").map(|section| store(section, &named));
    let cameras = whole
        .section_if_any("cameras")
        .map(|section| cameras(section, &named));
    let api = whole
        .section_if_any("api")
        .map(|section| api(section, &named));
    let sync = whole
        .section_if_any("sync")
        .map(|section| sync(section, &named));
    let metrics = whole.section_if_any("metrics").map(metrics);
    let control = whole.section_if_any("control").map(control);
    let preview = whole
        .section_if_any("preview")
        .map(|section| preview(section, &named, api.is_some()));
    let station = whole.section_if_any("station").map_or_else(
        || Some(Station::default()),
        |section| station(section, &named),
    );
    let log = whole
        .section_if_any("log")
        .map_or_else(|| Some(Log::default()), log);
    whole.finish();
    Some(Config {
        kiosk: kiosk??,
        policy: policy??,
        models: models??,
        calibration: optional(calibration)?.unwrap_or_default(),
        screening: optional(screening)?.unwrap_or_default(),
        webhooks: optional(webhooks)?.unwrap_or_default(),
        store: store??,
        cameras: cameras.map_or_else(|| Some(Cameras::default()), Some)?,
        api: optional(api)?,
        sync: optional(sync)?,
        metrics: optional(metrics)?,
        control: optional(control)?,
        preview: optional(preview)?,
        station: station?,
        log: log?,
        named_files: named.into_inner(),
    })
}

/// A section that may be absent, but where it is there has to be right.
pub(super) fn optional<T>(section: Option<Option<T>>) -> Option<Option<T>> {
    match section {
        Some(None) => None,
        Some(right) => Some(right),
        None => Some(None),
    }
}

/// A path to a file that has to be there before start.
pub(super) fn file(
    section: &Section<'_>,
    named: &Named,
    key: &'static str,
    remedy: &'static str,
) -> Option<PathBuf> {
    let path = section.path(key, remedy)?;
    remember(section, named, key, &path, remedy);
    Some(path)
}

fn remember(
    section: &Section<'_>,
    named: &Named,
    key: &str,
    path: &std::path::Path,
    remedy: &'static str,
) {
    named.borrow_mut().push(NamedFile {
        path: path.to_path_buf(),
        source: section.source().file().to_path_buf(),
        line: section.line_of(key),
        key: section.path_of(key),
        remedy,
    });
}

fn kiosk(section: Section<'_>) -> Option<Kiosk> {
    let id = section.name("id", "give this kiosk an id, as in its certificate");
    let tenant = section.name("tenant", "name the tenant that this kiosk belongs to");
    let state_folder = section.path("state_folder", "name a folder, e.g. \"/var/lib/kioskd\"");
    section.finish();
    Some(Kiosk {
        id: id?,
        tenant: tenant?,
        state_folder: state_folder?,
    })
}

fn models(section: Section<'_>, named: &Named) -> Option<Models> {
    let manifest = file(&section, named, "manifest", "name models/manifest.toml");
    let pack = file(
        &section,
        named,
        "pack",
        "build the pack with `cargo xtask setup`, or name its folder",
    );
    let runtime = file(
        &section,
        named,
        "runtime",
        "fetch ONNX Runtime with `cargo xtask setup`, or name its shared library",
    );
    let all = PROVIDERS.map(|(_, provider)| provider);
    let providers = section.choices_or("providers", &PROVIDERS, &all);
    let threads = section.number("threads", 1..=256, 2);
    section.finish();
    Some(Models {
        manifest: manifest?,
        pack: pack?,
        runtime: runtime?,
        providers: providers?,
        threads: usize::try_from(threads?).ok()?,
    })
}

fn calibration(section: Section<'_>, named: &Named) -> Option<Calibration> {
    let remedy = "make the file with `kioskctl eval match --calibration`, or leave the key out";
    let if_any = |key| match section.text_if_any(key) {
        Some(_) => file(&section, named, key, remedy).map(Some),
        None => Some(None),
    };
    let selfie_to_selfie = if_any("selfie_to_selfie");
    let document_to_selfie = if_any("document_to_selfie");
    section.finish();
    Some(Calibration {
        selfie_to_selfie: selfie_to_selfie?,
        document_to_selfie: document_to_selfie?,
    })
}

fn screening(section: Section<'_>, named: &Named) -> Option<Screening> {
    let remedy =
        "name OFAC's sdn.csv, the UN's or the EU's XML, a CSV of your own, or a folder of them";
    let texts = section.texts("lists", remedy);
    let exceptions = match section.text_if_any("exceptions") {
        Some(_) => Some(section.path("exceptions", "name a file, e.g. \"exceptions.jsonl\"")?),
        None => None,
    };
    section.finish();
    let lists: Vec<PathBuf> = texts?
        .iter()
        .map(|text| section.source().resolve(text))
        .collect();
    for path in &lists {
        remember(&section, named, "lists", path, remedy);
    }
    Some(Screening { lists, exceptions })
}

fn webhooks(section: Section<'_>, named: &Named) -> Option<Allowed> {
    const WORDS: [(&str, bool); 2] = [("refuse", false), ("allow", true)];
    let private = section.choice_or("private_addresses", &WORDS, false);
    let plain_http = section.choice_or("plain_http", &WORDS, false);
    let ca = match section.text_if_any("ca") {
        Some(_) => {
            let remedy = "name a PEM file with the authority's certificate";
            Some(file(&section, named, "ca", remedy)?)
        }
        None => None,
    };
    section.finish();
    Some(Allowed {
        private: private?,
        plain_http: plain_http?,
        ca,
    })
}

/// Where a secret is: a file, which has to be there (else `missing` is told), or a credential of systemd's.
pub(super) fn secret(
    section: &Section<'_>,
    named: &Named,
    key: &'static str,
    remedy: &'static str,
    missing: &'static str,
) -> Option<Secret> {
    let text = section.text(key, remedy)?;
    match text.strip_prefix("credential:") {
        Some("") => {
            section.tell(key, "names no credential", remedy);
            None
        }
        Some(name) => Some(Secret::Credential(name.to_owned())),
        None => {
            let path = section.source().resolve(text);
            remember(section, named, key, &path, missing);
            Some(Secret::File(path))
        }
    }
}

fn store(section: Section<'_>, named: &Named) -> Option<Store> {
    let device_key = secret(
        &section,
        named,
        "device_key",
        "name a file of mode 0600 with the key, or \"credential:NAME\"",
        "make it as systemd/README.md says, mode 0600",
    );
    let max_bytes = section.number("max_bytes", 64 * MIB..=u64::MAX >> 1, 8 * 1024 * MIB);
    let delivered = section.number("keep_delivered_days", 0..=36_500, 30);
    let audit = section.number("keep_audit_days", 0..=36_500, 400);
    let undelivered = section.number("keep_undelivered_days", 0..=36_500, 0);
    if let (Some(delivered), Some(undelivered)) = (delivered, undelivered)
        && undelivered != 0
        && undelivered < delivered
    {
        section.tell(
            "keep_undelivered_days",
            "is shorter than keep_delivered_days",
            "make it at least as long, or leave it out: then what central lacks is never erased",
        );
        return None;
    }
    let choices = [
        ("refuse", WhenFull::Refuse),
        ("forget_delivered", WhenFull::ForgetDelivered),
    ];
    let when_full = section.choice_or("when_full", &choices, WhenFull::ForgetDelivered);
    section.finish();
    Some(Store {
        when_full: when_full?,
        device_key: device_key?,
        max_bytes: max_bytes?,
        keep_delivered_days: u16::try_from(delivered?).ok()?,
        keep_audit_days: u16::try_from(audit?).ok()?,
        keep_undelivered_days: u16::try_from(undelivered?).ok().filter(|days| *days > 0),
    })
}

fn cameras(section: Section<'_>, named: &Named) -> Cameras {
    let face = section
        .section_if_any("face")
        .and_then(|inner| camera(inner, named));
    let document = section
        .section_if_any("document")
        .and_then(|inner| camera(inner, named));
    section.finish();
    Cameras { face, document }
}

fn camera(section: Section<'_>, named: &Named) -> Option<Camera> {
    #[derive(Clone, Copy)]
    enum Kind {
        Device,
        Recording,
    }
    let kind = section.choice(
        "kind",
        &[("camera", Kind::Device), ("recording", Kind::Recording)],
    )?;
    let camera =
        match kind {
            Kind::Device => {
                let device = section.text(
                    "device",
                    "name its index or path, e.g. \"0\" or \"/dev/video0\"",
                );
                let width = section.number("width", 160..=7680, 1280);
                let height = section.number("height", 120..=4320, 720);
                let fps = section.number("fps", 1..=240, 30);
                device.zip(width).zip(height).zip(fps).and_then(
                    |(((device, width), height), fps)| {
                        Some(Camera::Device {
                            device: device.to_owned(),
                            width: u32::try_from(width).ok()?,
                            height: u32::try_from(height).ok()?,
                            fps: u32::try_from(fps).ok()?,
                        })
                    },
                )
            }
            Kind::Recording => {
                let path = file(
                    &section,
                    named,
                    "path",
                    "name a video, a picture or a folder of pictures",
                );
                let paces = [
                    ("own_clock", Pacing::OwnClock),
                    ("as_fast_as_asked", Pacing::AsFastAsAsked),
                ];
                let pacing = section.choice_or("pacing", &paces, Pacing::OwnClock);
                path.zip(pacing)
                    .map(|(path, pacing)| Camera::Recording { path, pacing })
            }
        };
    section.finish();
    camera
}

fn sync(section: Section<'_>, named: &Named) -> Option<Sync> {
    let central = section
        .section("central")
        .and_then(|inner| central(inner, named));
    let mqtt = section.section_if_any("mqtt").map(mqtt);
    let commands = section
        .section_if_any("commands")
        .map(|inner| commands(inner, named));
    let records_by = records_by(&section, mqtt.is_some() && commands.is_some());
    section.finish();
    Some(Sync {
        records_by: records_by?,
        central: central?,
        mqtt: optional(mqtt)?,
        commands: optional(commands)?,
    })
}

/// Records may go by MQTT where there is a broker, and central's key that its acknowledgements are signed by.
fn records_by(section: &Section<'_>, by_mqtt_may: bool) -> Option<RecordsBy> {
    let choices = [
        ("https", RecordsBy::Https),
        ("mqtt", RecordsBy::Mqtt),
        ("either", RecordsBy::Either),
    ];
    let default = match by_mqtt_may {
        true => RecordsBy::Either,
        false => RecordsBy::Https,
    };
    let by = section.choice_or("records", &choices, default)?;
    if by != RecordsBy::Https && !by_mqtt_may {
        section.tell(
            "records",
            "wants MQTT, and there is no broker or no key of central's",
            "add [sync.mqtt] and [sync.commands], or say \"https\"",
        );
        return None;
    }
    Some(by)
}

fn commands(section: Section<'_>, named: &Named) -> Option<Commands> {
    let public_key = file(
        &section,
        named,
        "public_key",
        "name the file with central's command public key (kiosk-central --new-command-key prints it)",
    );
    let policy_file = match section.text_if_any("policy_file") {
        Some(_) => Some(section.path("policy_file", "name one of [policy] files")?),
        None => None,
    };
    let prove_within = section.number("prove_within_s", 5..=600, 60);
    section.finish();
    Some(Commands {
        public_key: public_key?,
        policy_file,
        prove_within: Duration::from_secs(prove_within?),
    })
}

fn central(section: Section<'_>, named: &Named) -> Option<Central> {
    let url = section
        .text(
            "url",
            "name central's address, e.g. \"https://central.example\"",
        )
        .and_then(|url| http_url(&section, "url", url, &["https://"]));
    let ca = file(
        &section,
        named,
        "ca",
        "name the PEM file of the authority that signed central's certificate",
    );
    let certificate = file(
        &section,
        named,
        "certificate",
        "name the PEM file of this kiosk's certificate",
    );
    let key = file(
        &section,
        named,
        "key",
        "name the PEM file of this kiosk's key",
    );
    let public_key = file(
        &section,
        named,
        "public_key",
        "name the file with central's public key",
    );
    let retry = section.number("retry_at_most_s", 1..=3600, 60);
    // 0 stands for no bound.
    let pace = section.number("kib_a_second", 0..=1_000_000, 0);
    section.finish();
    Some(Central {
        url: url?,
        ca: ca?,
        certificate: certificate?,
        key: key?,
        public_key: public_key?,
        kib_a_second: u32::try_from(pace?).ok().filter(|pace| *pace > 0),
        retry_at_most: Duration::from_secs(retry?),
    })
}

fn mqtt(section: Section<'_>) -> Option<Mqtt> {
    let host = section.text("host", "name the broker's host, as its certificate does");
    let port = section.number("port", 1..=65_535, 8883);
    section.finish();
    Some(Mqtt {
        host: host?.to_owned(),
        port: u16::try_from(port?).ok()?,
    })
}

fn metrics(section: Section<'_>) -> Option<Metrics> {
    let listen = section.address("listen");
    section.finish();
    Some(Metrics { listen: listen? })
}

fn control(section: Section<'_>) -> Option<Control> {
    let socket = section.path("socket", "name a path, e.g. \"/run/kioskd/control.sock\"");
    section.finish();
    Some(Control { socket: socket? })
}

fn preview(section: Section<'_>, named: &Named, has_api: bool) -> Option<Preview> {
    let remedy = "name a path, e.g. \"/run/kioskd/preview.sock\"";
    let socket = match section.text_if_any("socket") {
        Some(_) => Some(section.path("socket", remedy)?),
        None if has_api => None,
        None => {
            section.tell("socket", "is missing, and there is no [api]", remedy);
            None
        }
    };
    let remedy = "make a file of mode 0600 with what `openssl rand -hex 32` gives";
    let staff_token = match section.text_if_any("staff_token") {
        Some(_) => Some(file(&section, named, "staff_token", remedy)?),
        None => None,
    };
    let jpeg_quality = section.number("jpeg_quality", 1..=100, 80);
    section.finish();
    Some(Preview {
        socket,
        staff_token,
        jpeg_quality: u8::try_from(jpeg_quality?).ok()?,
    })
}

fn station(section: Section<'_>, named: &Named) -> Option<Station> {
    let key = "recordings";
    let recordings = match section.text_if_any(key) {
        Some(_) => Some(section.path(key, "name a folder")?),
        None => None,
    };
    let screens = [("none", Screen::None), ("attached", Screen::Attached)];
    let screen = section.choice_or("screen", &screens, Screen::None);
    section.finish();
    if let Some(path) = &recordings {
        named.borrow_mut().push(NamedFile {
            path: path.clone(),
            source: section.source().file().to_path_buf(),
            line: section.line_of(key),
            key: section.path_of(key),
            remedy: "make the folder, or leave the key out",
        });
    }
    Some(Station {
        recordings,
        screen: screen?,
    })
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            filter: "info,ort=warn".into(),
        }
    }
}

fn log(section: Section<'_>) -> Option<Log> {
    let usual = Log::default();
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    let format = section.choice_or("format", &formats, usual.format);
    let filter = section
        .text_if_any("filter")
        .map_or(usual.filter, str::to_owned);
    if tracing_subscriber::EnvFilter::try_new(&filter).is_err() {
        section.tell(
            "filter",
            "is not a filter",
            "write it as \"info,kiosk_sync=debug\"",
        );
    }
    section.finish();
    Some(Log {
        format: format?,
        filter,
    })
}
