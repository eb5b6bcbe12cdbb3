//! The config as its readers meet it: the example reads, and every fault is told with its line.
// long file: one test for each section and its faults

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use std::path::{Path, PathBuf};

use kioskd::config::{Camera, Config, Fault, LogFormat, Pacing, Provider, Secret};

const MINIMAL: &str = r#"[kiosk]
id = "kiosk-1"
tenant = "demo"
state_folder = "state"

[policy]
files = ["policy.toml"]

[models]
manifest = "manifest.toml"
pack = "pack"
runtime = "libonnxruntime.so"

[store]
device_key = "device.key"
"#;

/// A folder with the policy that is shipped, in which a config can stand.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(shipped_policy(), folder.path().join("policy.toml")).unwrap();
    folder
}

fn shipped_policy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../session/policies/default.toml")
}

fn read(folder: &Path, text: &str) -> Result<Config, Vec<Fault>> {
    Config::from_text(&folder.join("kioskd.toml"), text)
}

/// The faults as `line problem`, sorted by line.
fn faults(folder: &Path, text: &str) -> Vec<String> {
    let told = read(folder, text).err().unwrap_or_default();
    assert!(told.iter().all(|fault| !fault.remedy.is_empty()));
    told.iter()
        .map(|fault| format!("{} {}", fault.line.unwrap_or(0), fault.problem))
        .collect()
}

#[test]
fn the_example_that_is_shipped_reads_without_a_fault() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/example.toml");
    let config = Config::read(&path).unwrap_or_else(|faults| {
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{}", told.join("\n"))
    });
    assert_eq!(config.kiosk.id, "kiosk-1");
    assert_eq!(
        config.store.device_key,
        Secret::Credential("device-key".into())
    );
    assert!(config.api.is_some() && config.sync.is_some());
}

#[test]
fn the_example_names_every_key_and_its_default() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/example.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let with_defaults: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if is_assignment(rest) => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let plain = Config::from_text(&path, &text).unwrap();
    let spelt = Config::from_text(&path, &with_defaults).unwrap();
    // The places of named files are line numbers, and the lines are the same in both.
    assert_eq!(format!("{plain:?}"), format!("{spelt:?}"));
}

fn is_assignment(line: &str) -> bool {
    let key = line.split(" = ").next().unwrap_or_default();
    line.contains(" = ")
        && key
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[test]
fn the_header_with_the_callers_address_is_named_or_none_is_believed() {
    let folder = folder();
    let api = |line: &str| {
        let key = "name = \"a\"\ntenant = \"demo\"\nsha256 = \"";
        let hash = "0".repeat(64);
        format!("{MINIMAL}\n[api]\nlisten = \"127.0.0.1:0\"\n{line}\n[[api.keys]]\n{key}{hash}\"\n")
    };
    let named = read(folder.path(), &api("address_header = \"X-Forwarded-For\"")).unwrap();
    let header = named.api.unwrap().address_header.unwrap();
    assert_eq!(header.as_str(), "x-forwarded-for");
    let unnamed = read(folder.path(), &api("")).unwrap();
    assert_eq!(unnamed.api.unwrap().address_header, None);
    for wrong in ["Forwarded", "two words", ""] {
        let told = faults(folder.path(), &api(&format!("address_header = {wrong:?}")));
        assert_eq!(told.len(), 1, "{wrong}: {told:?}");
        assert!(told[0].contains("api.address_header"), "{told:?}");
    }
}

#[test]
fn a_minimal_config_reads_and_its_paths_are_relative_to_it() {
    let folder = folder();
    let config = read(folder.path(), MINIMAL).unwrap();
    assert_eq!(config.kiosk.state_folder, folder.path().join("state"));
    assert_eq!(
        config.store.device_key,
        Secret::File(folder.path().join("device.key"))
    );
    assert_eq!(
        config.models.providers,
        [Provider::TensorRt, Provider::Cuda, Provider::Cpu]
    );
    assert_eq!(config.log.format, LogFormat::Text);
    assert!(config.api.is_none() && config.sync.is_none() && config.metrics.is_none());
}

#[test]
fn a_secret_has_no_default() {
    let folder = folder();
    let text = MINIMAL.replace("device_key = \"device.key\"\n", "");
    assert_eq!(
        faults(folder.path(), &text),
        ["14 `store.device_key` is missing"]
    );
}

#[test]
fn all_faults_are_told_at_once_each_with_its_line() {
    let folder = folder();
    let text = r#"[kiosk]
id = "Kiosk 1"
tenant = "demo"
colour = "red"

[policy]
files = ["policy.toml", "absent.toml"]

[models]
manifest = "manifest.toml"
pack = 3
runtime = "libonnxruntime.so"
providers = ["gpu"]
threads = 0

[api]
listen = "0.0.0.0:9000"

[[api.keys]]
name = "a"
tenant = "demo"
sha256 = "secret-in-the-clear"

[sync.central]
url = "http://central.example"
ca = "ca.pem"
certificate = "kiosk.pem"
key = "kiosk.key"

[log]
filter = "=="
"#;
    let told = faults(folder.path(), text);
    let expected = [
        "0 `store` is missing",
        "1 `kiosk.state_folder` is missing",
        "2 `kiosk.id` is not a name",
        "4 `kiosk.colour` is not known",
        "7 `policy.files` names",
        "11 `models.pack` is not a text",
        "13 `models.providers` can't be \"gpu\"",
        "14 `models.threads` is out of range",
        "17 `api.listen` is open to the network",
        "22 `api.keys[0].sha256` is not a SHA-256",
        "24 `sync.central.public_key` is missing",
        "25 `sync.central.url` is not an address",
        "31 `log.filter` is not a filter",
    ];
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{told}\nis not\n{expected}");
    }
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    assert!(!told.concat().contains("secret-in-the-clear"));
}

#[test]
fn a_text_that_is_not_toml_is_told_with_its_lines() {
    let folder = folder();
    let told = faults(
        folder.path(),
        "[kiosk\nid = \"a\"\n\n[policy]\nfiles = [\"x\"\n",
    );
    assert!(
        told.iter().any(|fault| fault.starts_with("1 not TOML")),
        "{told:?}"
    );
}

#[test]
fn policy_files_are_laid_one_over_another() {
    let folder = folder();
    let over = "name = \"strict-1\"\n[face_match]\nmax_distance = 0.5\n";
    std::fs::write(folder.path().join("strict.toml"), over).unwrap();
    let text = MINIMAL.replace("[\"policy.toml\"]", "[\"policy.toml\", \"strict.toml\"]");
    let config = read(folder.path(), &text).unwrap();
    assert_eq!(config.policy.name, "strict-1");
    assert_eq!(config.policy.face_match.max_distance, 0.5);
    assert_eq!(config.policy.passive_pad.min_score, 0.5);
}

#[test]
fn a_fault_of_the_policy_is_told_in_the_file_that_has_it() {
    let folder = folder();
    let over = "name = \"bad-1\"\nspecimen = true\n\n[face_match]\nmax_distance = \"far\"\n";
    std::fs::write(folder.path().join("bad.toml"), over).unwrap();
    let text = MINIMAL.replace("[\"policy.toml\"]", "[\"policy.toml\", \"bad.toml\"]");
    let told = read(folder.path(), &text).err().unwrap();
    let places: Vec<(&str, Option<usize>)> = told
        .iter()
        .map(|fault| {
            (
                fault.file.file_name().unwrap().to_str().unwrap(),
                fault.line,
            )
        })
        .collect();
    assert_eq!(places, [("bad.toml", Some(2)), ("bad.toml", Some(5))]);
}

#[test]
fn a_policy_value_out_of_range_is_told_where_it_stands() {
    let folder = folder();
    let over = "[passive_pad]\nmin_score = 1.5\nmin_frames = 0\n";
    std::fs::write(folder.path().join("bad.toml"), over).unwrap();
    let text = MINIMAL.replace("[\"policy.toml\"]", "[\"policy.toml\", \"bad.toml\"]");
    let told = read(folder.path(), &text).err().unwrap();
    let lines: Vec<Option<usize>> = told.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [Some(2), Some(3)]);
    assert!(told[0].problem.contains("passive_pad.min_score"));
}

#[test]
fn a_policy_that_lacks_a_value_is_refused() {
    let folder = folder();
    std::fs::write(folder.path().join("policy.toml"), "name = \"thin\"\n").unwrap();
    let told = faults(folder.path(), MINIMAL);
    assert!(
        told.iter()
            .any(|fault| fault.contains("`face_match` is missing")),
        "{told:?}"
    );
    assert!(told.len() > 3);
}

#[test]
fn cameras_are_read_by_their_kind() {
    let folder = folder();
    let text = format!(
        "{MINIMAL}\n[cameras.face]\nkind = \"camera\"\ndevice = \"0\"\n\n\
         [cameras.document]\nkind = \"recording\"\npath = \"clip.mp4\"\npacing = \"as_fast_as_asked\"\n"
    );
    let cameras = read(folder.path(), &text).unwrap().cameras;
    let device = Camera::Device {
        device: "0".into(),
        width: 1280,
        height: 720,
        fps: 30,
    };
    let path = folder.path().join("clip.mp4");
    assert_eq!(cameras.face, Some(device));
    assert_eq!(
        cameras.document,
        Some(Camera::Recording {
            path,
            pacing: Pacing::AsFastAsAsked
        })
    );
}

#[test]
fn files_that_are_not_there_are_told_before_start_and_not_while_reading() {
    let folder = folder();
    let config = read(folder.path(), MINIMAL).unwrap();
    let lines: Vec<Option<usize>> = config
        .missing_files()
        .iter()
        .map(|fault| fault.line)
        .collect();
    assert_eq!(lines, [Some(10), Some(11), Some(12), Some(15)]);
    for name in ["manifest.toml", "pack", "libonnxruntime.so", "device.key"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    assert_eq!(config.missing_files(), []);
}

#[test]
fn a_config_that_cannot_be_opened_says_so() {
    let told = Config::read(Path::new("/nonexistent/kioskd.toml"))
        .err()
        .unwrap();
    assert_eq!(told.len(), 1);
    assert!(
        told[0]
            .to_string()
            .starts_with("/nonexistent/kioskd.toml: can't be read")
    );
}

#[test]
fn a_preview_that_nobody_could_watch_and_qualities_that_are_none_are_told() {
    let folder = folder();
    let at = MINIMAL.lines().count() + 1;
    let preview = |lines: &str| faults(folder.path(), &format!("{MINIMAL}[preview]\n{lines}\n"));
    assert_eq!(
        preview(""),
        [format!(
            "{at} `preview.socket` is missing, and there is no [api]"
        )]
    );
    assert_eq!(
        preview("socket = \"p.sock\"\njpeg_quality = 101"),
        [format!("{} `preview.jpeg_quality` is out of range", at + 2)]
    );
    assert!(preview("socket = \"p.sock\"\nstaff_token = \"t\"").is_empty());
    let text = format!("{MINIMAL}[preview]\nsocket = \"p.sock\"\nstaff_token = \"t\"\n");
    let missing = read(folder.path(), &text).unwrap().missing_files();
    assert!(
        missing
            .iter()
            .any(|fault| fault.problem.contains("preview.staff_token"))
    );
}

const API: &str = r#"
[api]
listen = "127.0.0.1:0"
[[api.keys]]
name = "a"
tenant = "demo"
sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
"#;

#[test]
fn faults_of_what_sends_codes_are_told_with_their_line_and_remedy() {
    let folder = folder();
    let told = |text: &str| {
        let lines = format!("{MINIMAL}{API}{text}");
        let before = MINIMAL.lines().count() + API.lines().count();
        let told = faults(folder.path(), &lines);
        let told: Vec<String> = told
            .iter()
            .map(|fault| {
                let (line, problem) = fault.split_once(' ').unwrap();
                let line = line.parse::<usize>().unwrap() - before;
                format!("{line} {problem}")
            })
            .collect();
        told
    };
    assert_eq!(
        told("[api.otp]\n"),
        ["1 `api.otp.email` and `sms` are missing"]
    );
    assert_eq!(
        told(
            "[api.otp.email]\ntls = \"none\"\nserver = \"mail.example\"\nfrom = \"nobody\"\nuser = \"kiosk\"\n"
        ),
        [
            "2 `api.otp.email.tls` is none, and the server is another machine",
            "4 `api.otp.email.from` is not a mail address",
            "5 `api.otp.email.user` stands without `password`",
        ]
    );
    assert_eq!(
        told("[api.otp.sms]\nurl = \"http://sms.example/send\"\ntoken = \"credential:\"\n"),
        [
            "2 `api.otp.sms.url` is not an address",
            "3 `api.otp.sms.token` names no credential",
        ]
    );
    assert_eq!(
        told(
            "sandbox = \"yes\"\n[api.otp]\nrequired = 1\n[api.otp.sms]\nurl = \"http://127.0.0.1:1/\"\n"
        ),
        [
            "1 `api.keys[0].sandbox` is neither true nor false",
            "3 `api.otp.required` is neither true nor false",
        ]
    );
    assert_eq!(
        told("expires_at = \"next year\"\n"),
        ["1 `api.keys[0].expires_at` is not a moment"]
    );
}

#[test]
fn a_key_may_have_an_end() {
    let folder = folder();
    let text = format!("{MINIMAL}{API}expires_at = \"2027-01-31T01:00:00+01:00\"\n");
    let config = read(folder.path(), &text).unwrap();
    let keys = &config.api.as_ref().unwrap().keys;
    let end = keys.iter().next().unwrap().expires_at.unwrap();
    assert_eq!(end, time::macros::datetime!(2027-01-31 00:00 UTC));
}

#[test]
fn what_sends_codes_reads_with_its_defaults() {
    let folder = folder();
    let text = format!(
        "{MINIMAL}{API}[api.otp.email]\nserver = \"mail.example\"\nfrom = \"kiosk@mail.example\"\ntls = \"starttls\"\n\
         [api.otp.sms]\nurl = \"https://sms.example/send\"\ntoken = \"token\"\n"
    );
    let config = read(folder.path(), &text).unwrap();
    let otp = config.api.as_ref().unwrap().otp.as_ref().unwrap();
    assert!(otp.required);
    let mail = otp.email.as_ref().unwrap();
    assert_eq!((mail.port, &mail.login, &mail.ca), (587, &None, &None));
    let token = folder.path().join("token");
    let sms = otp.sms.as_ref().unwrap();
    assert_eq!(sms.token, Some(Secret::File(token)));
    let missing = config.missing_files();
    assert!(
        missing
            .iter()
            .any(|fault| fault.problem.contains("api.otp.sms.token"))
    );
}
