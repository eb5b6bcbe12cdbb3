//! The binary: its config, its log, its end, and that SIGKILL loses nothing it acknowledged.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "stories of tests: a panic is the failure"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::support::client::Client;
use crate::support::log::Log;
use crate::support::process::Process;
use crate::support::{Site, wide};
use axum::http::{Method, StatusCode};
use kiosk_pki::Authority;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;

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

/// A kiosk's client that offers TLS 1.2 alone.
fn downgraded(site: &Site, files: &kiosk_pki::TlsFiles) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(&site.paths.authority).unwrap();
    roots.add(authority).unwrap();
    rustls::ClientConfig::builder_with_provider(kiosk_pki::provider())
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(
            vec![CertificateDer::from_pem_file(&files.certificate).unwrap()],
            PrivateKeyDer::from_pem_file(&files.key).unwrap(),
        )
        .unwrap()
}

#[tokio::test]
async fn each_attack_is_refused_and_leaves_a_line_in_the_log_that_names_nobody() {
    let site = Site::prepare(None);
    let config = config_file(&site, "limits = { batch_bytes = 65536 }");
    let mut process = Process::start(&config, &site.folder.path().join("log"));
    let own = Client::new(process.addr(), &site.paths.kiosks[0]);
    let log = Log::with("k-1", 3);
    let batch = own.signed(log.whole(&site.central_key));
    let swapped = kiosk_wire::EvidenceId::of(b"the picture");
    let evidence = kiosk_wire::paths::evidence(&log.kiosk, &swapped, log.session);
    let mut edited = batch.clone();
    edited.records[1].sealed[30] ^= 1;
    let command = r#"{"request":"6f1c2b1e-0000-4000-8000-000000000000","kind":"wipe"}"#;
    let commands = kiosk_wire::paths::commands(&log.kiosk);
    let json = |batch: &kiosk_wire::Batch| serde_json::to_vec(batch).unwrap();
    let other = Client::new(process.addr(), &site.paths.kiosks[1]);
    let foreign = Authority::create("authority", "acme", wide()).unwrap();
    let foreign = foreign.kiosk("k-1", wide()).unwrap();
    let foreign = foreign.write(site.folder.path(), "foreign", &site.paths.authority);
    let foreign = Client::new(process.addr(), &foreign.unwrap());
    let downgraded = Client::with(process.addr(), downgraded(&site, &site.paths.kiosks[0]));

    let (post, records) = (Method::POST, log.records_path());
    let attacks = [
        (
            "wrong CA",
            &foreign,
            post.clone(),
            &records,
            json(&batch),
            None,
            "handshake was refused",
        ),
        (
            "downgraded TLS",
            &downgraded,
            post.clone(),
            &records,
            json(&batch),
            None,
            "handshake was refused",
        ),
        (
            "other kiosk's certificate",
            &other,
            post.clone(),
            &records,
            json(&batch),
            Some(403),
            "refusal=\"forbidden\"",
        ),
        (
            "edited record",
            &own,
            post.clone(),
            &records,
            json(&edited),
            Some(422),
            "refusal=\"chain_broken\"",
        ),
        (
            "batch signed by another",
            &own,
            post.clone(),
            &records,
            json(&other.signed(log.whole(&site.central_key))),
            Some(403),
            "refusal=\"not_signed\"",
        ),
        (
            "swapped evidence",
            &own,
            Method::PUT,
            &evidence,
            b"another picture".to_vec(),
            Some(422),
            "refusal=\"evidence_mismatch\"",
        ),
        (
            "command of one who is no operator",
            &own,
            post.clone(),
            &commands,
            command.into(),
            Some(403),
            "refusal=\"forbidden\"",
        ),
        (
            "oversized message",
            &own,
            post.clone(),
            &records,
            vec![b' '; 70_000],
            Some(413),
            "refusal=\"too_large\"",
        ),
    ];
    for (attack, who, method, path, body, status, line) in attacks {
        let before = process.log().len();
        let answer = who.ask(method, path, body).await.ok();
        let answered = answer.map(|(status, _)| status.as_u16());
        assert_eq!(answered, status, "{attack}");
        // The refused may know of it a moment before the log does.
        let written = || process.log()[before..].to_owned();
        for _ in 0..100 {
            if written().contains(line) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(written().contains(line), "{attack}: {}", written());
    }
    let (_, told) = own.get(&log.acknowledged_path()).await;
    assert_eq!(told["durable"], 0, "nothing of all that stays");
    // A replay is no news: it is answered as the first time and held once.
    for _ in 0..2 {
        let (status, told) = own.post(&records, &batch).await;
        assert_eq!((status, &told["durable"]), (StatusCode::OK, &3.into()));
    }
    for line in process.log().lines() {
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
                let batch = kiosk.signed(batch);
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
