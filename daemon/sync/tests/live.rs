//! Live events, status and acknowledgements by MQTT, over a real Mosquitto with mutual TLS.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::sync::atomic::{AtomicU64, Ordering};

use crate::common;
use crate::common::scripted::{Asked, Scripted, holds};
use crate::common::{
    World, kiosk, tenant, today, until, until_delivered, until_online, until_state,
};
use kiosk_pki::{Authority, TlsFiles, Validity};
use kiosk_sync::{Peer, SyncHandle, Unreachable, Why};
use kiosk_tests::rig::{BrokerFiles, Cable, Mosquitto, Watcher};
use kiosk_wire::{Acknowledgement, CloudEvent, EventKind, KioskStatus, SessionNews, topics};
use time::Duration as Days;
use uuid::Uuid;

struct Broker {
    mosquitto: Mosquitto,
    central: Watcher,
}

impl Broker {
    fn start(world: &World) -> Self {
        let mosquitto = Mosquitto::start(
            &world.path("broker"),
            &BrokerFiles::of(&world.pki.broker, &["central"]),
        )
        .unwrap();
        let central = Watcher::start(
            "central",
            mosquitto.address(),
            &world.pki.central,
            "kiosk/v1/#",
        )
        .unwrap();
        Self { mosquitto, central }
    }

    fn says(&self) -> Option<bool> {
        let status = self.central.last(&topics::status(&tenant(), &kiosk()))?;
        Some(
            serde_json::from_slice::<KioskStatus>(&status)
                .unwrap()
                .online,
        )
    }

    fn events(&self) -> Vec<CloudEvent> {
        let topic = topics::events(&tenant(), &kiosk());
        let heard = self
            .central
            .heard()
            .into_iter()
            .filter(|message| message.topic == topic);
        heard
            .map(|message| serde_json::from_slice(&message.payload).unwrap())
            .collect()
    }

    fn numbers(&self) -> Vec<u64> {
        self.events()
            .iter()
            .map(|event| event.data.number)
            .collect()
    }
}

/// A central that holds nothing and wants nothing: records wait, MQTT is on its own.
async fn deaf(world: &World) -> Scripted {
    Scripted::start(world, |asked: &Asked| match asked.method {
        hyper::Method::GET => (200, holds(0)),
        _ => (503, Vec::new()),
    })
    .await
}

fn event(number: u64) -> CloudEvent {
    CloudEvent::of_session(
        Uuid::new_v4(),
        (&tenant(), &kiosk()),
        EventKind::Advanced,
        today(),
        Uuid::from_u128(1),
        SessionNews {
            number,
            state: "selfie".to_owned(),
            status: None,
        },
    )
}

async fn until_live(sync: &SyncHandle, what: &str, holds: impl Fn(&Why) -> bool) {
    until_state(sync, what, |state| {
        state
            .live
            .as_ref()
            .and_then(|live| live.why())
            .is_some_and(&holds)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_says_that_it_is_there_and_that_it_goes() {
    let world = World::new();
    let (broker, central) = (Broker::start(&world), deaf(&world).await);

    let sync = world.start(world.config(central.address.port(), Some(broker.mosquitto.port())));
    until("it to be online", || broker.says() == Some(true)).await;
    sync.shutdown().await.unwrap();

    until("it to be offline", || broker.says() == Some(false)).await;
    assert!(
        !broker.mosquitto.log().contains("closed its connection"),
        "it took its leave"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_will_says_it_where_the_kiosk_cannot() {
    let world = World::new();
    let (broker, central) = (Broker::start(&world), deaf(&world).await);
    let cable = Cable::lay(broker.mosquitto.address()).unwrap();
    let sync = world.start(world.config(central.address.port(), Some(cable.port())));
    until("it to be online", || broker.says() == Some(true)).await;

    cable.unplug();

    until("its last will", || broker.says() == Some(false)).await;
    until_live(&sync, "to tell", |why| {
        matches!(why, Why::BrokerUnreachable(_))
    })
    .await;
    cable.plug();
    until("it to be online again", || broker.says() == Some(true)).await;
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_later_still_sees_the_status() {
    let world = World::new();
    let (broker, central) = (Broker::start(&world), deaf(&world).await);
    let sync = world.start(world.config(central.address.port(), Some(broker.mosquitto.port())));
    until("it to be online", || broker.says() == Some(true)).await;

    let filter = topics::of_all(topics::Channel::Status);
    let late = Watcher::start(
        "late",
        broker.mosquitto.address(),
        &world.pki.central,
        &filter,
    )
    .unwrap();

    until("the retained status", || !late.heard().is_empty()).await;
    assert!(late.heard()[0].retained);
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn live_events_arrive_in_order_as_cloud_events() {
    let world = World::new();
    let (broker, central) = (Broker::start(&world), deaf(&world).await);
    let sync = world.start(world.config(central.address.port(), Some(broker.mosquitto.port())));
    until("it to be online", || broker.says() == Some(true)).await;

    for number in 1..=100 {
        sync.live().put(&event(number));
    }

    until("all events", || broker.numbers().len() == 100).await;
    assert_eq!(broker.numbers(), (1..=100).collect::<Vec<_>>());
    assert_eq!(broker.events()[0].source, "urn:kioskd:branch:kiosk-1");
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_broker_is_away_the_newest_events_are_kept() {
    let world = World::new();
    let (broker, central) = (Broker::start(&world), deaf(&world).await);
    let cable = Cable::lay(broker.mosquitto.address()).unwrap();
    let mut config = world.config(central.address.port(), Some(cable.port()));
    config.limits.live_queue = 5;
    let sync = world.start(config);
    until("it to be online", || broker.says() == Some(true)).await;

    cable.unplug();
    until_live(&sync, "to tell", |why| {
        matches!(why, Why::BrokerUnreachable(_))
    })
    .await;
    for number in 1..=20 {
        sync.live().put(&event(number));
    }
    cable.plug();

    until("the newest event", || broker.numbers().last() == Some(&20)).await;
    assert_eq!(broker.numbers(), [16, 17, 18, 19, 20]);
    until_state(&sync, "to count", |state| state.live_dropped == 15).await;
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_was_killed_is_found_again() {
    let world = World::new();
    let (mut broker, central) = (Broker::start(&world), deaf(&world).await);
    let sync = world.start(world.config(central.address.port(), Some(broker.mosquitto.port())));
    until("it to be online", || broker.says() == Some(true)).await;
    for _ in 0..3 {
        broker.mosquitto.kill();
        until_live(&sync, "to tell", |why| {
            matches!(why, Why::BrokerUnreachable(_))
        })
        .await;
        broker.mosquitto.restart().unwrap();
        until_state(&sync, "to be back", |state| {
            state.live.as_ref().is_some_and(|live| live.is_online())
        })
        .await;
    }

    until("events to arrive again", || {
        sync.live().put(&event(7));
        broker.numbers().contains(&7)
    })
    .await;
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_by_mqtt_counts_too() {
    let world = World::new();
    world.write(Uuid::new_v4(), 4).await;
    let (broker, central) = (Broker::start(&world), deaf(&world).await);
    let sync = world.start(world.config(central.address.port(), Some(broker.mosquitto.port())));
    until("it to be online", || broker.says() == Some(true)).await;
    let topic = topics::ack(&tenant(), &kiosk());

    // As a central would say it: with the hash of the kiosk's own record, or another's.
    let told = async |durable: u64| {
        let own = world.store.record_hash(durable).await.unwrap();
        let told = Acknowledgement::of_records(kiosk(), durable, own.unwrap_or([9; 32]));
        serde_json::to_vec(&told).unwrap()
    };

    broker.central.say(&topic, &told(3).await).unwrap();
    until("it to be taken", || world.store.acknowledged() == 3).await;

    // What would take it back, reach beyond what is written, or is none, changes nothing.
    let forked = Acknowledgement::of_records(kiosk(), 4, [9; 32]);
    let forked = serde_json::to_vec(&forked).unwrap();
    let (lower, beyond) = (told(1).await, told(99).await);
    for other in [lower, beyond, forked, b"nonsense".to_vec(), Vec::new()] {
        broker.central.say(&topic, &other).unwrap();
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(world.store.acknowledged(), 3);
    broker.central.say(&topic, &told(4).await).unwrap();
    until("the last one to be taken", || {
        world.store.acknowledged() == 4
    })
    .await;
    until_state(&sync, "the last one to be told", |state| {
        state.acknowledged == Some(4)
    })
    .await;
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_broker_being_down_holds_no_record_up() {
    let world = World::new();
    let held = AtomicU64::new(0);
    let central = Scripted::start(&world, move |asked: &Asked| {
        if let Some((_, last)) = asked.span() {
            held.fetch_max(last, Ordering::SeqCst);
        }
        (200, holds(held.load(Ordering::SeqCst)))
    })
    .await;
    let nobody = kiosk_tests::rig::free_port().unwrap();
    let sync = world.start(world.config(central.address.port(), Some(nobody)));

    until_live(&sync, "to tell", |why| {
        *why == Why::BrokerUnreachable(Unreachable::Refused)
    })
    .await;
    world.write(Uuid::new_v4(), 3).await;

    until_delivered(&world).await;
    sync.shutdown().await.unwrap();
}

/// Files that trust `trusted` and show a certificate of `by`.
fn shown(world: &World, by: &Authority, trusted: &std::path::Path, validity: Validity) -> TlsFiles {
    by.kiosk("kiosk-1", validity)
        .unwrap()
        .write(world.folder.path(), "shown", trusted)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_refuses_the_certificate_is_named_as_such() {
    let world = World::new();
    let (broker, central) = (Broker::start(&world), deaf(&world).await);
    let foreign = Authority::create("foreign", "branch", Validity::days(today(), 1)).unwrap();
    let mut config = world.config(central.address.port(), Some(broker.mosquitto.port()));
    config.identity = shown(
        &world,
        &foreign,
        &world.pki.authority,
        Validity::days(today(), 1),
    );

    let sync = world.start(config);

    until_live(&sync, "to tell", |why| {
        matches!(why, Why::CertificateRefused(Peer::Broker, _))
    })
    .await;
    assert_eq!(broker.says(), None);
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_of_a_foreign_authority_is_told_nothing() {
    let world = World::new();
    let foreign = common::pki(&world.path("foreign"), Validity::days(today(), 1));
    let mosquitto = Mosquitto::start(
        &world.path("broker"),
        &BrokerFiles::of(&foreign.broker, &["central"]),
    )
    .unwrap();
    let central = deaf(&world).await;

    let sync = world.start(world.config(central.address.port(), Some(mosquitto.port())));

    until_live(&sync, "to tell", |why| {
        *why == Why::ForeignAuthority(Peer::Broker)
    })
    .await;
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_is_used_without_a_restart() {
    let world = World::new();
    let (broker, central) = (Broker::start(&world), deaf(&world).await);
    let ours = Authority::open(&world.path("pki")).unwrap();
    let mut config = world.config(central.address.port(), Some(broker.mosquitto.port()));
    let past = Validity::between(today() - Days::days(9), today() - Days::days(2)).unwrap();
    config.identity = shown(&world, &ours, &world.pki.authority, past);
    let sync = world.start(config);
    until_live(&sync, "to tell", |why| *why == Why::OwnCertificateExpired).await;

    shown(
        &world,
        &ours,
        &world.pki.authority,
        Validity::days(today(), 1),
    );

    until_online(&sync).await;
    until("it to be online", || broker.says() == Some(true)).await;
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_that_the_broker_gives_no_rights_says_so() {
    let world = World::new();
    let (broker, central) = (Broker::start(&world), deaf(&world).await);
    let mut config = world.config(central.address.port(), Some(broker.mosquitto.port()));
    // Certificate and topics belong to different kiosks.
    config.identity = world.pki.kiosks[1].clone();

    let sync = world.start(config);

    until_live(&sync, "to tell", |why| {
        *why == Why::BrokerRefused("NotAuthorized".to_owned())
    })
    .await;
    assert_eq!(broker.says(), None);
    sync.shutdown().await.unwrap();
}
