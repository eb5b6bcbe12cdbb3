//! The units as systemd itself reads them, where it is installed; and that they agree with the daemon.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The largest exposure that a unit may have, from 0 to 100 (`systemd-analyze security`; 10 is 1.0).
const MOST_EXPOSED: u32 = 20;
const UNITS: [&str; 2] = ["kioskd", "kiosk-central"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../systemd")
}

fn unit(name: &str) -> String {
    std::fs::read_to_string(folder().join(format!("{name}.service"))).unwrap()
}

/// What a program of systemd says; `None`, with the reason printed, where it is not installed.
fn ask(program: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: {program} is not installed");
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn systemd_understands_every_line_of_the_units() {
    let copies = tempfile::tempdir().unwrap();
    for name in UNITS {
        // verify wants the program to be there, and here it is not installed: any program stands for it.
        let text = unit(name).replace(&format!("/usr/bin/{name}"), "/bin/true");
        let copy = copies.path().join(format!("{name}.service"));
        std::fs::write(&copy, text).unwrap();
        let path = copy.to_str().unwrap();
        let Some(output) = ask("systemd-analyze", &["verify", "--man=no", path]) else {
            return;
        };
        let about_ours: Vec<String> = said(&output)
            .lines()
            .filter(|line| line.contains(name))
            .map(str::to_owned)
            .collect();
        assert!(
            output.status.success() && about_ours.is_empty(),
            "{name}: {about_ours:?}"
        );
    }
}

#[test]
fn the_units_are_shut_in() {
    for name in UNITS {
        let path = folder().join(format!("{name}.service"));
        let threshold = format!("--threshold={MOST_EXPOSED}");
        let arguments = [
            "security",
            "--offline=true",
            "--no-pager",
            &threshold,
            path.to_str().unwrap(),
        ];
        let Some(output) = ask("systemd-analyze", &arguments) else {
            return;
        };
        assert!(output.status.success(), "{}", said(&output));
    }
}

#[test]
fn the_users_and_folders_can_be_made() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("etc")).unwrap();
    let option = format!("--root={}", root.path().display());
    let users = folder().join("sysusers.d/kioskd.conf");
    let Some(output) = ask("systemd-sysusers", &[&option, users.to_str().unwrap()]) else {
        return;
    };
    if !output.status.success() && said(&output).contains("Operation not permitted") {
        println!("skipped: only root can make users, even in a folder of its own");
        return;
    }
    assert!(output.status.success(), "{}", said(&output));
    let known = std::fs::read_to_string(root.path().join("etc/passwd")).unwrap();
    assert!(
        known.contains("kioskd:") && known.contains("kiosk-central:"),
        "{known}"
    );
    let folders = folder().join("tmpfiles.d/kioskd.conf");
    let arguments = [&option, "--create", folders.to_str().unwrap()];
    let Some(output) = ask("systemd-tmpfiles", &arguments) else {
        return;
    };
    assert!(output.status.success(), "{}", said(&output));
    assert!(root.path().join("etc/kioskd/pki").is_dir());
}

/// The values that a unit gives a key, in their order.
fn values(text: &str, key: &str) -> Vec<String> {
    let of = |line: &str| line.strip_prefix(key)?.strip_prefix('=').map(str::to_owned);
    text.lines().filter_map(of).collect()
}

#[test]
fn the_kiosk_s_unit_is_ready_by_notification_watched_and_restarted() {
    let text = unit("kioskd");
    for (key, value) in [
        ("Type", "notify"),
        ("WatchdogSec", "10"),
        ("Restart", "on-failure"),
        ("RestartPreventExitStatus", "2"),
        ("DevicePolicy", "closed"),
        ("DeviceAllow", "char-video4linux rw"),
        ("ProtectSystem", "strict"),
        ("LimitCORE", "0"),
    ] {
        assert_eq!(values(&text, key), [value], "{key}");
    }
}

#[test]
fn the_unit_hands_over_the_device_key_under_the_name_that_the_example_asks_for() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/example.toml");
    let example = std::fs::read_to_string(example).unwrap();
    let handed = values(&unit("kioskd"), "LoadCredential");
    let (name, _) = handed[0].split_once(':').unwrap();
    assert!(example.contains(&format!("device_key = \"credential:{name}\"")));
}

#[test]
fn every_rule_of_udev_closes_what_it_opens() {
    let rules = std::fs::read_to_string(folder().join("udev/70-kioskd.rules")).unwrap();
    let named = |key: &str| -> Vec<String> {
        let all = rules.split([',', '\n']).map(str::trim);
        all.filter_map(|part| part.strip_prefix(key))
            .map(|name| name.trim_matches('"').to_owned())
            .collect()
    };
    let labels = named("LABEL=");
    for target in named("GOTO=") {
        assert!(labels.contains(&target), "{target} is no label");
    }
    let lines = rules
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        assert_eq!(line.matches('"').count() % 2, 0, "{line}");
    }
}
