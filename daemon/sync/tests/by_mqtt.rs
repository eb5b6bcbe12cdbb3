//! Records by MQTT, over a real Mosquitto to a real central: where HTTPS does not go, and nowhere else where it does.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::time::Duration;

use crate::common;
use crate::common::central::{Central, bytes_below};
use crate::common::{
    World, kiosk, reopened, tenant, until, until_delivered, until_evidence_delivered, until_state,
    until_waiting,
};
use kiosk_store::{ErasedFor, Erasure};
use kiosk_sync::{CentralsWord, RecordsBy, Sync, SyncConfig, SyncError, SyncHandle, Why};
use kiosk_tests::rig::{BrokerFiles, Cable, Mosquitto, Watcher};
use kiosk_wire::{Acknowledgement, Batch, topics};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

/// A real broker, a real central, and a cable to each.
struct Ways {
    mosquitto: Mosquitto,
    central: Central,
    to_central: Cable,
    to_broker: Cable,
}

impl Ways {
    async fn lay(world: &World) -> Self {
        let files = BrokerFiles::of(&world.pki.broker, &["central"]);
        let mosquitto = Mosquitto::start(&world.path("broker"), &files).unwrap();
        let central = Central::start(world, Some(mosquitto.port())).await;
        let to_central = Cable::lay(central.address()).unwrap();
        let to_broker = Cable::lay(mosquitto.address()).unwrap();
        Self {
            mosquitto,
            central,
            to_central,
            to_broker,
        }
    }

    fn start(&self, world: &World, by: RecordsBy) -> SyncHandle {
        world.start(self.config(world, by))
    }

    fn config(&self, world: &World, by: RecordsBy) -> SyncConfig {
        let mut config = world.config(self.to_central.port(), Some(self.to_broker.port()));
        config.records_by = by;
        config.word = Some(CentralsWord {
            key: world.command_key.public(),
            folder: world.path("word"),
            handlers: Vec::new(),
        });
        config
    }
}

fn by_mqtt(sync: &SyncHandle) -> u64 {
    sync.state().borrow().records_by_mqtt
}

#[tokio::test(flavor = "multi_thread")]
async fn by_mqtt_alone_records_arrive_without_https_and_evidence_waits_for_it() {
    let world = World::new();
    let ways = Ways::lay(&world).await;
    ways.to_central.unplug();
    let session = Uuid::new_v4();
    let secret = "the holder's name";
    for _ in 0..300 {
        let event = format!("{{\"name\":\"{secret}\"}}");
        world.store.append(session, event.as_bytes()).await.unwrap();
    }
    let picture = world.store.put_evidence(session, b"picture").await.unwrap();

    let sync = ways.start(&world, RecordsBy::Mqtt);
    until_delivered(&world).await;

    assert_eq!(by_mqtt(&sync), 300);
    assert_eq!(ways.central.records(session).await, 300);
    until_waiting(&sync, |why| matches!(why, Why::CentralUnreachable(_))).await;
    assert!(!ways.central.holds(session, &picture).await);
    // What is recorded while evidence waits goes at once.
    world.write(session, 5).await;
    until_delivered(&world).await;
    let at_broker = bytes_below(&world.path("broker"));
    let seen = at_broker
        .windows(secret.len())
        .any(|bytes| bytes == secret.as_bytes());
    assert!(!seen, "the broker reads nothing");

    ways.to_central.plug();
    until_evidence_delivered(&world).await;
    assert!(ways.central.holds(session, &picture).await);
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn either_uses_https_while_it_goes_mqtt_while_it_does_not_and_returns() {
    let world = World::new();
    let ways = Ways::lay(&world).await;
    let session = Uuid::new_v4();
    let sync = ways.start(&world, RecordsBy::Either);
    world.write(session, 10).await;
    until_delivered(&world).await;
    assert_eq!(by_mqtt(&sync), 0, "HTTPS goes");
    let mut before = 0;
    for round in 1..=3 {
        ways.to_central.unplug();
        until_state(&sync, "the broker", |state| {
            state.live.as_ref().is_some_and(|live| live.is_online())
        })
        .await;
        world.write(session, 10).await;
        until_delivered(&world).await;
        let now = by_mqtt(&sync);
        assert!(now > before, "round {round}: {now} by MQTT");
        until_waiting(&sync, |why| matches!(why, Why::CentralUnreachable(_))).await;

        ways.to_central.plug();
        until_state(&sync, "HTTPS again", |state| state.records.is_online()).await;
        let by_then = by_mqtt(&sync);
        world.write(session, 10).await;
        until_delivered(&world).await;
        assert_eq!(by_mqtt(&sync), by_then, "HTTPS goes again");
        before = by_then;
    }
    assert_eq!(ways.central.records(session).await, 70);
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn broker_central_and_kiosk_that_come_and_go_lose_and_double_nothing_by_mqtt() {
    let mut world = World::new();
    let mut ways = Ways::lay(&world).await;
    let mut rng = StdRng::seed_from_u64(9);
    let mut config = ways.config(&world, RecordsBy::Either);
    config.limits.batch_records = 4;
    config.limits.connect = Duration::from_millis(500);
    config.limits.exchange = Duration::from_millis(500);
    let (mut sync, mut by) = (world.start(config.clone()), 0);
    let (session, mut written, erased) = (Uuid::new_v4(), 0, Uuid::new_v4());
    world.write(erased, 3).await;
    for round in 0..24 {
        match rng.random_range(0..6) {
            0 => ways.to_central.unplug(),
            1 => ways.to_central.plug(),
            2 => ways.to_broker.unplug(),
            3 => ways.to_broker.plug(),
            4 => ways.central.restart().await,
            _ => tokio::task::block_in_place(|| ways.mosquitto.restart()).unwrap(),
        }
        if round == 12 {
            let (at, why) = (common::today(), ErasedFor::Asked);
            world
                .store
                .erase(erased, Erasure { at, why })
                .await
                .unwrap();
            by += by_mqtt(&sync);
            drop(sync);
            world = reopened(world).await;
            sync = world.start(config.clone());
        }
        let count = rng.random_range(1..12);
        world.write(session, count).await;
        written += count;
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..300))).await;
    }
    // HTTPS stays away to the end: what is left goes by MQTT.
    ways.to_central.unplug();
    ways.to_broker.plug();
    world.write(session, 5).await;
    until_delivered(&world).await;
    by += by_mqtt(&sync);
    assert_eq!(ways.central.records(session).await, written + 5);
    assert_eq!(ways.central.view(erased).await.unwrap()["erased"], true);
    assert!(ways.central.chain_is_whole().await);
    println!(
        "{} records and an erasure through 24 changes of both ways: {by} by MQTT, 0 lost, 0 doubled",
        written + 5
    );
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_that_the_broker_made_up_lets_nothing_go() {
    let world = World::new();
    let mut ways = Ways::lay(&world).await;
    ways.central.stop().await;
    let session = Uuid::new_v4();
    world.write(session, 3).await;
    // It sees the batch, and with it the hash that an acknowledgement names.
    let broker = Watcher::start(
        "central",
        ways.mosquitto.address(),
        &world.pki.central,
        "kiosk/v1/#",
    )
    .unwrap();
    let sync = ways.start(&world, RecordsBy::Mqtt);
    let topic = topics::records(&tenant(), &kiosk());
    until("the batch to pass", || broker.last(&topic).is_some()).await;
    let batch: Batch = serde_json::from_slice(&broker.last(&topic).unwrap()).unwrap();
    let head = batch.records.last().unwrap().hash;
    let forged = Acknowledgement::of_records(kiosk(), 3, head);
    let stranger = kiosk_wire::CommandSecretKey::generate(&kiosk_wire::OsRandom).unwrap();
    let ack = topics::ack(&tenant(), &kiosk());
    for told in [forged.clone(), forged.clone().signed(&stranger)] {
        broker
            .say(&ack, &serde_json::to_vec(&told).unwrap())
            .unwrap();
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.store.acknowledged(), 0);

    let true_one = forged.signed(&world.command_key);
    broker
        .say(&ack, &serde_json::to_vec(&true_one).unwrap())
        .unwrap();
    until("central's own word to count", || {
        world.store.acknowledged() == 3
    })
    .await;
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn records_by_mqtt_without_a_broker_or_centrals_key_are_refused_at_start() {
    let world = World::new();
    let whole = Ways::lay(&world).await.config(&world, RecordsBy::Either);
    let without_broker = SyncConfig {
        broker: None,
        ..whole.clone()
    };
    let without_key = SyncConfig {
        word: None,
        ..whole
    };
    for config in [without_broker, without_key] {
        let rng = StdRng::seed_from_u64(1);
        let clock = std::sync::Arc::new(common::today);
        let refused = Sync::start(config, world.store.clone(), clock, rng).unwrap_err();
        assert_eq!(refused, SyncError::NoWayByMqtt);
    }
}
