//! Several centrals on one PostgreSQL: stateless beside it, so that one may be killed at any moment.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "stories of tests: a panic is the failure, and figures are printed"
)]

use std::path::PathBuf;
use std::time::Duration;

use crate::support::client::Client;
use crate::support::log::Log;
use crate::support::mosquitto::Mosquitto;
use crate::support::mqtt::Mqtt;
use crate::support::postgres::Postgres;
use crate::support::process::Process;
use crate::support::{Site, TENANT, until};
use axum::http::{Method, StatusCode};
use kiosk_wire::{
    CloudEvent, EventKind, EvidenceId, KioskId, SessionNews, TenantId, limits, paths, topics,
};
use serde_json::json;
use uuid::Uuid;

const RECORDS: usize = 400;

/// A config file of one of them: all share database, evidence and keys.
fn config_file(site: &Site, postgres: &str, name: &str, broker: &str) -> PathBuf {
    let tls = &site.config.tls;
    let text = format!(
        "listen = \"127.0.0.1:0\"\nfolder = {:?}\nsession_key_file = {:?}\ndatabase = {postgres:?}\n\
         {broker}[tls]\nauthority = {:?}\ncertificate = {:?}\nkey = {:?}\n",
        site.config.folder, site.config.session_key_file, tls.authority, tls.certificate, tls.key,
    );
    let file = site.folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    file
}

fn launch(site: &Site, postgres: &str, name: &str, broker: &str) -> (Process, Client) {
    let file = config_file(site, postgres, &format!("{name}.toml"), broker);
    let mut process = Process::start(&file, &site.folder.path().join(format!("{name}.log")));
    let client = Client::new(process.addr(), &site.paths.kiosks[0]);
    (process, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_is_killed_and_nothing_is_lost_doubled_or_begun_again() {
    let postgres = Postgres::start();
    let url = postgres.url("several");
    let site = Site::prepare(None);
    let (one, to_one) = launch(&site, &url, "one", "");
    let (two, to_two) = launch(&site, &url, "two", "");
    let log = Log::with("k-1", RECORDS);
    let clip = vec![5_u8; limits::EVIDENCE_PART_BYTES + 1000];
    let part = |offset: usize| {
        let whole = (offset as u64, clip.len() as u64);
        paths::evidence_part(&log.kiosk, &EvidenceId::of(&clip), log.session, whole)
    };
    let first = clip[..limits::EVIDENCE_PART_BYTES].to_vec();
    let taken = to_one.ask(Method::PUT, &part(0), first).await.unwrap();
    assert_eq!(taken.0, StatusCode::ACCEPTED);

    // Both are sent the same batches at once, until one is gone in the middle of them.
    let mut one = Some(one);
    let (mut durable, mut by_one) = (0, 0);
    for (turn, start) in (0..RECORDS).step_by(10).enumerate() {
        let batch = to_two.signed(log.batch(start..start + 10, &site.central_key));
        let body = serde_json::to_vec(&batch).unwrap();
        let path = log.records_path();
        let killed = async {
            if turn == 15 {
                tokio::time::sleep(Duration::from_millis(3)).await;
                one = None;
            }
        };
        let (first, second, ()) = tokio::join!(
            to_one.ask(Method::POST, &path, body.clone()),
            to_two.ask(Method::POST, &path, body.clone()),
            killed,
        );
        by_one += usize::from(matches!(first, Ok((StatusCode::OK, _))));
        let (status, told) = second.unwrap();
        assert_eq!(status, StatusCode::OK, "{told}");
        durable = told["durable"].as_u64().unwrap();
    }
    assert!(
        (10..=16).contains(&by_one),
        "{by_one} batches by the one that was killed"
    );

    let rest = clip[limits::EVIDENCE_PART_BYTES..].to_vec();
    let whole = to_two
        .ask(Method::PUT, &part(limits::EVIDENCE_PART_BYTES), rest)
        .await
        .unwrap();
    assert_eq!(
        whole.0,
        StatusCode::CREATED,
        "the other goes on where the killed one left off"
    );
    let mut two = two;
    let reader = Client::new(two.addr(), &site.paths.reader);
    let (_, session) = reader.get(&log.session_path()).await;
    assert_eq!(
        (durable, &session["records"], &session["chain_ok"]),
        (RECORDS as u64, &json!(RECORDS), &json!(true))
    );
    println!(
        "two centrals: {RECORDS} records sent to both, one killed after {by_one} batches, each record held once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_centrals_share_events_and_either_keeps_them() {
    let postgres = Postgres::start();
    let url = postgres.url("shared");
    let mut site = Site::prepare(None);
    let broker = Mosquitto::start(&site.paths.broker);
    let at = broker.config();
    site.config.broker = Some(at.clone());
    let table = format!("broker = {{ host = {:?}, port = {} }}\n", at.host, at.port);
    let (one, _) = launch(&site, &url, "one", &table);
    let (mut two, _) = launch(&site, &url, "two", &table);
    let reader = Client::new(two.addr(), &site.paths.reader);
    let names =
        |text: &str| -> (TenantId, KioskId) { (TENANT.parse().unwrap(), text.parse().unwrap()) };
    let (tenant, kiosk) = names("k-1");
    let mqtt = Mqtt::connect(&at, &site.paths.kiosks[0]);
    until("both to be connected", || async {
        let connected = |process: &Process| process.log().contains("connected to the broker");
        connected(&one) && connected(&two)
    })
    .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let say = async |kind: EventKind| {
        let news = SessionNews {
            number: 1,
            state: "created".into(),
            status: None,
        };
        let now = time::macros::datetime!(2026-01-01 0:00 UTC);
        let event = CloudEvent::of_session(
            Uuid::new_v4(),
            (&tenant, &kiosk),
            kind,
            now,
            Uuid::nil(),
            news,
        );
        mqtt.publish(&topics::events(&tenant, &kiosk), false, &event)
            .await;
    };
    let heard = async |kind: &str| {
        for _ in 0..400 {
            let (_, status) = reader.get("/v1/kiosks/k-1/status").await;
            if status["last_event"] == kind {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        false
    };

    say(EventKind::Created).await;
    assert!(heard("dev.kioskd.session.created.v1").await);
    drop(one);
    // The broker gives what the killed one was to get to the other.
    for _ in 0..4 {
        say(EventKind::Decided).await;
    }
    assert!(heard("dev.kioskd.session.decided.v1").await);
}
