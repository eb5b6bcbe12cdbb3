//! MQTT through a real Mosquitto with rights by certificate: hints out and in, and HTTPS without it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "stories of tests: a panic is the failure"
)]

mod support;

use std::time::Duration;

use axum::http::StatusCode;
use kiosk_central::BrokerState;
use kiosk_wire::{CloudEvent, EventKind, KioskId, KioskStatus, SessionNews, TenantId, topics};
use serde_json::{Value, json};
use support::log::Log;
use support::mosquitto::Mosquitto;
use support::mqtt::Mqtt;
use support::{Site, TENANT, until};
use uuid::Uuid;

fn names(kiosk: &str) -> (TenantId, KioskId) {
    (TENANT.parse().unwrap(), kiosk.parse().unwrap())
}

/// A broker and a central that is connected to it.
async fn connected() -> (Mosquitto, Site) {
    let mut site = Site::prepare(None);
    let broker = Mosquitto::start(&site.paths.broker);
    site.config.broker = Some(broker.config());
    site.restart().await;
    until_connected(&site).await;
    (broker, site)
}

async fn until_connected(site: &Site) {
    until("central is connected to the broker", || async {
        site.handle().broker_state() == BrokerState::Connected
    })
    .await;
}

async fn post(site: &Site, log: &Log, places: std::ops::Range<usize>) -> (StatusCode, Value) {
    let batch = log.batch(places, &site.central_key);
    site.kiosk().post(&log.records_path(), &batch).await
}

#[tokio::test]
async fn an_acknowledgement_reaches_its_kiosk() {
    let (broker, site) = connected().await;
    let (tenant, kiosk) = names("k-1");
    let mut mqtt = Mqtt::connect(&broker.config(), &site.paths.kiosks[0]);
    mqtt.subscribe(&topics::ack(&tenant, &kiosk)).await;
    // Subscriptions take effect in their own time, and acknowledgements are not retained.
    tokio::time::sleep(Duration::from_millis(300)).await;

    let log = Log::with("k-1", 3);
    post(&site, &log, 0..3).await;

    let (topic, told) = mqtt.next().await;
    assert_eq!(topic, "kiosk/v1/acme/k-1/ack");
    let head = hex::encode(log.records[2].hash);
    assert_eq!(told, json!({"kiosk": "k-1", "durable": 3, "head": head}));
}

#[tokio::test]
async fn what_a_kiosk_says_of_itself_is_kept_for_readers() {
    let (broker, site) = connected().await;
    let (tenant, kiosk) = names("k-1");
    let (status, before) = site.reader().get("/v1/kiosks/k-1/status").await;
    // Nothing heard is not the same as offline.
    assert_eq!((status, &before["online"]), (StatusCode::OK, &Value::Null));

    let mqtt = Mqtt::connect(&broker.config(), &site.paths.kiosks[0]);
    let online = KioskStatus {
        kiosk: kiosk.clone(),
        online: true,
    };
    mqtt.publish(&topics::status(&tenant, &kiosk), true, &online)
        .await;
    let event = CloudEvent::of_session(
        Uuid::new_v4(),
        (&tenant, &kiosk),
        EventKind::Decided,
        time::macros::datetime!(2026-03-01 12:00 UTC),
        Uuid::new_v4(),
        SessionNews {
            number: 7,
            state: "decided".into(),
            status: Some("approved".into()),
        },
    );
    mqtt.publish(&topics::events(&tenant, &kiosk), false, &event)
        .await;

    until("status and event are noted", || async {
        let (_, told) = site.reader().get("/v1/kiosks/k-1/status").await;
        told["online"] == true && told["last_event"] == "dev.kioskd.session.decided.v1"
    })
    .await;
    let (status, _) = site.kiosk().get("/v1/kiosks/k-1/status").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_kiosk_cannot_speak_for_another() {
    let (broker, site) = connected().await;
    let (tenant, victim) = names("k-1");
    let forger = Mqtt::connect(&broker.config(), &site.paths.kiosks[1]);
    let forged = KioskStatus {
        kiosk: victim.clone(),
        online: false,
    };
    forger
        .publish(&topics::status(&tenant, &victim), true, &forged)
        .await;
    // On its own topic it may say what it wants, but not of another kiosk.
    let (tenant, own) = names("k-2");
    forger
        .publish(&topics::status(&tenant, &own), true, &forged)
        .await;
    let honest = KioskStatus {
        kiosk: own.clone(),
        online: true,
    };
    forger
        .publish(&topics::status(&tenant, &own), true, &honest)
        .await;
    until("the honest status, sent last, is noted", || async {
        let (_, told) = site.reader().get("/v1/kiosks/k-2/status").await;
        told["online"] == true
    })
    .await;
    let (_, told) = site.reader().get("/v1/kiosks/k-1/status").await;
    assert_eq!(told["online"], Value::Null);
}

#[tokio::test]
async fn without_the_broker_records_are_taken_and_acknowledged() {
    let mut site = Site::prepare(None);
    let mut broker = Mosquitto::start(&site.paths.broker);
    broker.kill();
    site.config.broker = Some(broker.config());
    site.restart().await;
    let log = Log::with("k-1", 3);
    let (status, told) = post(&site, &log, 0..2).await;
    assert_eq!((status, &told["durable"]), (StatusCode::OK, &json!(2)));
    let (status, health) = site.reader().get("/health").await;
    assert_eq!(
        (status, &health["broker"]),
        (StatusCode::OK, &json!("disconnected"))
    );

    broker.restart();
    until_connected(&site).await;
    broker.restart();
    until("central notices that the broker has gone", || async {
        site.handle().broker_state() == BrokerState::Disconnected
    })
    .await;
    until_connected(&site).await;

    let (tenant, kiosk) = names("k-1");
    let mut mqtt = Mqtt::connect(&broker.config(), &site.paths.kiosks[0]);
    mqtt.subscribe(&topics::ack(&tenant, &kiosk)).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    post(&site, &log, 2..3).await;
    let (_, told) = mqtt.next().await;
    assert_eq!(told["durable"], 3);
}

#[tokio::test]
async fn a_broker_of_a_foreign_authority_is_told_nothing() {
    let foreign = Site::prepare(None);
    let broker = Mosquitto::start(&foreign.paths.broker);
    let mut site = Site::prepare(None);
    site.config.broker = Some(broker.config());
    site.restart().await;
    let log = Log::with("k-1", 1);
    let (status, _) = post(&site, &log, 0..1).await;
    assert_eq!(status, StatusCode::OK);
    until("the broker has seen central turn away", || async {
        broker.log().contains("unknown ca") || broker.log().contains("alert")
    })
    .await;
    assert_eq!(site.handle().broker_state(), BrokerState::Disconnected);
}
