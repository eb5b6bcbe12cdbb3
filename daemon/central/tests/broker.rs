//! MQTT through a real Mosquitto with rights by certificate: hints out and in, and HTTPS without it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "stories of tests: a panic is the failure"
)]

use std::time::Duration;

use crate::support::log::Log;
use crate::support::mosquitto::Mosquitto;
use crate::support::mqtt::Mqtt;
use crate::support::{Site, TENANT, until, wide};
use axum::http::StatusCode;
use kiosk_central::BrokerState;
use kiosk_pki::{Authority, TlsFiles};
use kiosk_wire::{
    Acknowledgement, CloudEvent, EventKind, KioskId, KioskStatus, SessionNews, TenantId, topics,
};
use serde_json::{Value, json};
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
    assert_eq!(
        (&told["kiosk"], &told["durable"], &told["head"]),
        (&json!("k-1"), &json!(3), &json!(head))
    );
    let told: Acknowledgement = serde_json::from_value(told).unwrap();
    told.verify(&site.command_key.public(), &kiosk).unwrap();
    let another = "k-2".parse().unwrap();
    assert!(told.verify(&site.command_key.public(), &another).is_err());
    let more = Acknowledgement { durable: 4, ..told };
    assert!(more.verify(&site.command_key.public(), &kiosk).is_err());
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

/// Waits until central holds so many records of a kiosk.
async fn until_durable(site: &Site, log: &Log, count: u64) {
    until("the records are held", || async {
        let (_, told) = site.reader().get(&log.acknowledged_path()).await;
        told["durable"] == count
    })
    .await;
}

#[tokio::test]
async fn records_by_mqtt_are_taken_once_and_acknowledged() {
    let (broker, site) = connected().await;
    let (tenant, kiosk) = names("k-1");
    let mut mqtt = Mqtt::connect(&broker.config(), &site.paths.kiosks[0]);
    mqtt.subscribe(&topics::ack(&tenant, &kiosk)).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let log = Log::with("k-1", 6);
    let topic = topics::records(&tenant, &kiosk);
    let signed = |places| site.kiosk().signed(log.batch(places, &site.central_key));

    // Twice the same, then one that overlaps, then one with a gap before it.
    for (places, durable) in [(0..3, 3), (0..3, 3), (1..5, 5)] {
        mqtt.publish(&topic, false, &signed(places)).await;
        let (_, told) = mqtt.next().await;
        assert_eq!(told["durable"], durable);
    }
    let other = Log::with("k-1", 9);
    let after_a_gap = site.kiosk().signed(other.batch(7..9, &site.central_key));
    mqtt.publish(&topic, false, &after_a_gap).await;
    let (_, told) = mqtt.next().await;
    assert_eq!(told["durable"], 5, "it says where to go on");

    let (_, session) = site.reader().get(&log.session_path()).await;
    assert_eq!(
        (&session["records"], &session["chain_ok"]),
        (&json!(5), &json!(true))
    );
}

#[tokio::test]
async fn a_forged_batch_is_refused_whoever_puts_it_on_the_topic() {
    let (broker, site) = connected().await;
    let (tenant, kiosk) = names("k-1");
    let topic = topics::records(&tenant, &kiosk);
    let log = Log::with("k-1", 2);
    let whole = || log.whole(&site.central_key);
    // Central's rights on the broker are the broker's own: it may write everywhere.
    let as_broker = Mqtt::connect(&broker.config(), &site.paths.central);
    let stranger = Authority::create("authority", TENANT, wide()).unwrap();
    let stranger = stranger.kiosk("k-1", wide()).unwrap();
    let stranger = stranger.write(site.folder.path(), "stranger", &site.paths.authority);
    let stranger = site.client(&stranger.unwrap());
    let mut other_keys = site.kiosk().signed(whole());
    other_keys.keys = vec![Log::with("k-1", 1).sealed_key(&site.central_key)];
    let mut other_records = site.kiosk().signed(whole());
    other_records.records = Log::with("k-1", 2).records;
    let forged = [
        ("unsigned", whole()),
        (
            "another kiosk's key",
            site.client(&site.paths.kiosks[1]).signed(whole()),
        ),
        (
            "central's own key",
            site.client(&site.paths.central).signed(whole()),
        ),
        ("a foreign authority's", stranger.signed(whole())),
        ("keys that were exchanged", other_keys),
        ("records that were exchanged", other_records),
    ];
    for (what, batch) in &forged {
        as_broker.publish(&topic, false, batch).await;
        let (status, told) = site
            .kiosk()
            .ask(
                axum::http::Method::POST,
                &log.records_path(),
                serde_json::to_vec(batch).unwrap(),
            )
            .await
            .unwrap();
        assert_eq!(
            (status, &told["error"]),
            (StatusCode::FORBIDDEN, &json!("not_signed")),
            "{what}, by HTTPS"
        );
    }
    // On another kiosk's topic, honest as it is: the broker does not let it through.
    let thief = Mqtt::connect(&broker.config(), &site.paths.kiosks[1]);
    let honest = site.kiosk().signed(whole());
    thief.publish(&topic, false, &honest).await;
    // And on its own topic, which the broker lets through: it is not that kiosk's.
    let (_, own) = names("k-2");
    thief
        .publish(&topics::records(&tenant, &own), false, &honest)
        .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (_, told) = site.reader().get(&log.acknowledged_path()).await;
    assert_eq!(told["durable"], 0, "nothing of it was taken");
    let (_, told) = site.reader().get("/v1/kiosks/k-2/acknowledged").await;
    assert_eq!(told["durable"], 0);

    as_broker.publish(&topic, false, &honest).await;
    until_durable(&site, &log, 2).await;
}

#[tokio::test]
async fn a_renewed_certificate_signs_and_a_revoked_one_no_more() {
    let (_broker, mut site) = connected().await;
    let log = Log::with("k-1", 3);
    let authority = site.authority();
    let renewed = authority.kiosk("k-1", wide()).unwrap();
    let files = renewed.write(site.folder.path(), "renewed", &site.paths.authority);
    let renewed = site.client(&files.unwrap());
    let first = site.kiosk().signed(log.batch(0..1, &site.central_key));
    let second = renewed.signed(log.batch(1..2, &site.central_key));
    for batch in [first, second] {
        let (status, _) = site.kiosk().post(&log.records_path(), &batch).await;
        assert_eq!(status, StatusCode::OK);
    }

    let list = site.folder.path().join("revoked.pem");
    let own = site.paths.kiosks[0].certificate.as_path();
    authority
        .revoke(&list, &[own], wide().not_before())
        .unwrap();
    site.config.revocation_list = Some(list);
    let by_the_revoked = site.kiosk().signed(log.batch(2..3, &site.central_key));
    site.restart().await;
    let renewed = site.client(&TlsFiles {
        certificate: site.folder.path().join("renewed.pem"),
        key: site.folder.path().join("renewed.key"),
        authority: site.paths.authority.clone(),
    });
    let (status, told) = renewed.post(&log.records_path(), &by_the_revoked).await;
    assert_eq!(
        (status, &told["error"]),
        (StatusCode::FORBIDDEN, &json!("not_signed"))
    );
}
