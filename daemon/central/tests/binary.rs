//! The binary: its config, its log, its end, and that SIGKILL loses nothing it acknowledged.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "stories of tests: a panic is the failure"
)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;
use support::Site;
use support::client::Client;
use support::log::Log;
use support::process::Process;

/// The site's configuration as a file, with `more` lines before its tables.
fn config_file(site: &Site, more: &str) -> PathBuf {
    let tls = &site.config.tls;
    let text = format!(
        "listen = \"127.0.0.1:0\"\nfolder = {:?}\nsession_key_file = {:?}\n{more}\n\
         [tls]\nauthority = {:?}\ncertificate = {:?}\nkey = {:?}\n",
        site.config.folder, site.config.session_key_file, tls.authority, tls.certificate, tls.key,
    );
    let file = site.folder.path().join("central.toml");
    std::fs::write(&file, text).unwrap();
    file
}

fn check(config: &Path) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_kiosk-central"))
        .arg("--check")
        .arg("--config")
        .arg(config)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.success(), said)
}

#[tokio::test]
async fn it_serves_logs_without_names_and_ends_in_order() {
    let site = Site::prepare(None);
    let mut process = Process::start(&config_file(&site, ""), &site.folder.path().join("log"));
    let addr = process.addr();
    let (kiosk, reader) = (
        Client::new(addr, &site.paths.kiosks[0]),
        Client::new(addr, &site.paths.reader),
    );
    let log = Log::with("k-1", 2);
    kiosk
        .post(&log.records_path(), &log.whole(&site.central_key))
        .await;
    let (status, _) = reader.get(&log.session_path()).await;
    assert_eq!(status, StatusCode::OK);
    kiosk.get(&log.session_path()).await;
    // An idle connection does not hold up the end.
    let _idle = kiosk.connect().await.unwrap();

    let written = process.log();
    assert!(process.terminate().success());

    assert!(
        written.contains("route=\"/v1/kiosks/{kiosk}/records\""),
        "{written}"
    );
    assert!(written.contains("refusal=\"forbidden\""), "{written}");
    for line in written.lines() {
        assert!(!line.contains("k-1"), "{line}");
        assert!(!line.contains(&log.session.to_string()), "{line}");
    }
}

#[tokio::test]
async fn sigkill_loses_nothing_that_was_acknowledged_and_doubles_nothing() {
    const ROUNDS: usize = 12;
    let site = Site::prepare(None);
    let config = config_file(&site, "");
    let log = Log::with("k-1", 4000);
    let mut told_durable = 0;
    for round in 0..ROUNDS {
        let mut process = Process::start(&config, &site.folder.path().join("log"));
        let kiosk = Client::new(process.addr(), &site.paths.kiosks[0]);
        let (_, told) = kiosk.get(&log.acknowledged_path()).await;
        let held = usize::try_from(told["durable"].as_u64().unwrap()).unwrap();
        assert!(
            held >= told_durable,
            "{held} held, {told_durable} acknowledged"
        );
        told_durable = held;
        let sending = async {
            for end in (held..log.records.len()).map(|start| start + 8) {
                let batch = log.batch(told_durable..end.min(4000), &site.central_key);
                let body = serde_json::to_vec(&batch).unwrap();
                let sent = kiosk
                    .ask(axum::http::Method::POST, &log.records_path(), body)
                    .await;
                let Ok((StatusCode::OK, told)) = sent else {
                    return;
                };
                told_durable = usize::try_from(told["durable"].as_u64().unwrap()).unwrap();
            }
        };
        let moment = Duration::from_millis(20 + 37 * round as u64 % 300);
        let killing = async {
            tokio::time::sleep(moment).await;
            drop(process);
        };
        tokio::select! {
            () = sending => {}
            () = killing => {}
        }
    }
    let mut process = Process::start(&config, &site.folder.path().join("log"));
    let addr = process.addr();
    let (_, told) = Client::new(addr, &site.paths.kiosks[0])
        .get(&log.acknowledged_path())
        .await;
    let durable = told["durable"].as_u64().unwrap();
    let (_, session) = Client::new(addr, &site.paths.reader)
        .get(&log.session_path())
        .await;
    assert!(durable as usize >= told_durable);
    assert_eq!(
        (&session["records"], &session["chain_ok"]),
        (&json!(durable), &json!(true))
    );
    println!(
        "{ROUNDS} kills of central: {told_durable} records acknowledged, {durable} held, 0 lost, 0 doubled"
    );
}

#[test]
fn a_configuration_is_checked_before_start_and_every_fault_is_told() {
    let site = Site::prepare(None);
    assert!(check(&config_file(&site, "")).0);

    let (good, said) = check(&config_file(&site, "datbase = \"sqlite://x\""));
    assert!(
        !good && said.contains("line 4") && said.contains("datbase"),
        "{said}"
    );

    let several = "database = \"postgres://central:hunter2@db.example/central\"\n\
                   limits = { requests = 0, connections = 0 }\n\
                   broker = { host = \"not a host\", port = 8883 }";
    let (good, said) = check(&config_file(&site, several));
    assert!(!good);
    for fault in [
        "limits.requests",
        "limits.connections",
        "broker.host",
        "sslmode=verify-full",
    ] {
        assert!(said.contains(fault), "{fault}: {said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn a_missing_or_expired_certificate_is_named_at_start() {
    let site = Site::prepare(None);
    let start = |config: &Path| {
        let output = Command::new(env!("CARGO_BIN_EXE_kiosk-central"))
            .arg("--config")
            .arg(config)
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let config = config_file(&site, "");
    let past = kiosk_pki::Validity::between(
        time::macros::datetime!(2020-01-01 0:00 UTC),
        time::macros::datetime!(2020-02-01 0:00 UTC),
    );
    let old = site
        .authority()
        .central("central", &["localhost"], past.unwrap())
        .unwrap();
    let pki = site.folder.path().join("pki");
    old.write(&pki, "central", &site.paths.authority).unwrap();
    let said = start(&config);
    assert!(said.contains("central.pem has expired"), "{said}");
    std::fs::remove_file(&site.config.tls.key).unwrap();
    std::fs::remove_file(&site.config.tls.certificate).unwrap();
    let said = start(&config);
    assert!(said.contains("central.pem is missing"), "{said}");
}

#[test]
fn a_new_session_key_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("session.key");
    let make = || {
        Command::new(env!("CARGO_BIN_EXE_kiosk-central"))
            .arg("--new-session-key")
            .arg(&file)
            .output()
            .unwrap()
    };
    let made = make();
    assert!(made.status.success());
    let public: kiosk_wire::CentralPublicKey =
        String::from_utf8(made.stdout).unwrap().parse().unwrap();
    let text = String::from_utf8(kiosk_pki::read_secret(&file).unwrap().to_vec()).unwrap();
    let secret: kiosk_wire::CentralSecretKey = text.parse().unwrap();
    assert_eq!(secret.public(), public);
    assert!(!make().status.success());
}
