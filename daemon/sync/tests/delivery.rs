//! Every record and every piece of evidence reaches a real central once, through whatever happens on
//! the way: central, broker and network down, answers lost, certificates refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::path::Path;
use std::time::Duration;

use crate::common::central::{Central, bytes_below};
use crate::common::{
    World, open_store, pki, reopened, tenant, today, until, until_delivered,
    until_evidence_delivered, until_online, until_waiting,
};
use kiosk_pki::{Authority, TlsFiles, Validity};
use kiosk_sync::{Peer, Why};
use kiosk_tests::rig::{BrokerFiles, Cable, Eavesdropper, Flow, Mosquitto};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use time::Duration as Days;
use uuid::Uuid;

/// What stands in every event, and must be seen nowhere on the way or at central.
const SECRET: &str = "the holder's name";

async fn write(world: &World, session: Uuid, count: usize) {
    for number in 0..count {
        let event = format!(r#"{{"type":"test","number":{number},"name":"{SECRET}"}}"#);
        world.store.append(session, event.as_bytes()).await.unwrap();
    }
}

fn contains(bytes: &[u8], part: &str) -> bool {
    bytes
        .windows(part.len())
        .any(|window| window == part.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn records_arrive_once_and_readable_by_central_alone() {
    let world = World::new();
    let mosquitto = Mosquitto::start(
        &world.path("broker"),
        &BrokerFiles::of(&world.pki.broker, &["central"]),
    )
    .unwrap();
    let central = Central::start(&world, Some(mosquitto.port())).await;
    let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
    write(&world, one, 300).await;

    let sync = world.start(world.config(central.port(), Some(mosquitto.port())));
    write(&world, other, 20).await;
    until_delivered(&world).await;
    until_online(&sync).await;

    assert_eq!(
        (central.records(one).await, central.records(other).await),
        (300, 20)
    );
    assert!(world.store.outbox(9).await.unwrap().is_empty());
    assert!(!contains(&bytes_below(&world.path("central")), SECRET));
    assert!(!contains(&bytes_below(&world.path("broker")), SECRET));
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_while_central_is_down_arrives_when_it_is_back() {
    let world = World::new();
    let mut central = Central::start(&world, None).await;
    let session = Uuid::new_v4();
    let sync = world.start(world.config(central.port(), None));
    until_online(&sync).await;

    for round in 1..=3 {
        central.stop().await;
        write(&world, session, 10).await;
        until_waiting(&sync, |why| matches!(why, Why::CentralUnreachable(_))).await;
        central.restart().await;
        until_delivered(&world).await;
        assert_eq!(central.records(session).await, round * 10);
    }
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_whose_answer_was_lost_is_held_once() {
    let world = World::new();
    let central = Central::start(&world, None).await;
    let cable = Cable::lay(central.address()).unwrap();
    let session = Uuid::new_v4();
    write(&world, session, 1).await;
    let mut config = world.config(cable.port(), None);
    // Only a new record makes it speak: the answer to that one gets lost, and to no question.
    config.limits.idle_check = Duration::from_secs(3600);
    config.limits.exchange = Duration::from_secs(3600);
    let sync = world.start(config);
    until_delivered(&world).await;
    until_online(&sync).await;

    cable.set(Flow::AnswersLost);
    write(&world, session, 1).await;
    for _ in 0..500 {
        if central.records(session).await == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(central.records(session).await, 2, "central has it");
    assert_eq!(world.store.acknowledged(), 1, "the kiosk does not know");
    cable.unplug();
    cable.plug();

    until_delivered(&world).await;
    assert_eq!(central.records(session).await, 2, "and it is there once");
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_comes_and_goes_loses_and_doubles_nothing() {
    let world = World::new();
    let central = Central::start(&world, None).await;
    let cable = Cable::lay(central.address()).unwrap();
    let session = Uuid::new_v4();
    let mut config = world.config(cable.port(), None);
    config.limits.batch_records = 3;
    config.limits.connect = Duration::from_millis(300);
    config.limits.exchange = Duration::from_millis(300);
    let sync = world.start(config);
    let mut rng = StdRng::seed_from_u64(5);

    let flows = [
        Flow::Whole,
        Flow::AnswersLost,
        Flow::Unplugged,
        Flow::Silent,
    ];
    for _ in 0..40 {
        cable.set(flows[rng.random_range(0..flows.len())]);
        write(&world, session, rng.random_range(1..8)).await;
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..150))).await;
    }
    cable.plug();

    until_delivered(&world).await;
    let written = usize::try_from(world.store.newest()).unwrap();
    assert_eq!(central.records(session).await, written);
    println!(
        "{written} records through 40 changes of the network: {} connections, 0 lost, 0 doubled",
        cable.connections()
    );
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_arrives_after_the_records_that_name_it() {
    let world = World::new();
    let mut central = Central::start(&world, None).await;
    let session = Uuid::new_v4();
    central.stop().await;
    let sync = world.start(world.config(central.port(), None));
    let small = world
        .store
        .put_evidence(session, SECRET.as_bytes())
        .await
        .unwrap();
    let large = world
        .store
        .put_evidence(session, &vec![7; 5 << 20])
        .await
        .unwrap();
    write(&world, session, 2).await;

    central.restart().await;
    until_delivered(&world).await;
    until_evidence_delivered(&world).await;

    assert!(central.holds(session, &small).await && central.holds(session, &large).await);
    assert!(!contains(&bytes_below(&world.path("central")), SECRET));
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_that_is_switched_off_amid_it_goes_on_where_central_says() {
    let mut world = World::new();
    let central = Central::start(&world, None).await;
    let session = Uuid::new_v4();
    let mut written = 0;
    for _ in 0..10 {
        let mut config = world.config(central.port(), None);
        config.limits.batch_records = 2;
        let sync = world.start(config);
        write(&world, session, 15).await;
        written += 15;
        // Dropped, not shut down: every task ends wherever it is.
        drop(sync);
        world = reopened(world).await;
    }

    let sync = world.start(world.config(central.port(), None));
    until_delivered(&world).await;

    assert_eq!(central.records(session).await, written);
    sync.shutdown().await.unwrap();
}

/// Whether a reason is the one expected.
type Says<'a> = &'a dyn Fn(&Why) -> bool;

/// Files that show a certificate of `by` and trust `trusted`.
fn shown(world: &World, by: &Authority, trusted: &Path, validity: Validity) -> TlsFiles {
    by.kiosk("kiosk-1", validity)
        .unwrap()
        .write(world.folder.path(), "shown", trusted)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_certificate_that_does_not_serve_records_wait_until_it_does() {
    let world = World::new();
    let central = Central::start(&world, None).await;
    let ours = Authority::open(&world.path("pki")).unwrap();
    let foreign =
        Authority::create("foreign", tenant().as_str(), Validity::days(today(), 1)).unwrap();
    let alien = pki(&world.path("alien"), Validity::days(today(), 1));
    let (day, past) = (
        Validity::days(today(), 1),
        Validity::between(today() - Days::days(9), today() - Days::days(2)).unwrap(),
    );
    let session = Uuid::new_v4();
    let trusted = world.pki.authority.as_path();
    let expired = |why: &Why| *why == Why::OwnCertificateExpired;
    let refused = |why: &Why| matches!(why, Why::CertificateRefused(Peer::Central, _));
    let unknown = |why: &Why| *why == Why::ForeignAuthority(Peer::Central);
    let cases: [(&Authority, &Path, Validity, Says<'_>); 3] = [
        (&ours, trusted, past, &expired),
        (&foreign, trusted, day, &refused),
        (&ours, &alien.authority, day, &unknown),
    ];
    for (count, (by, trusts, validity, why)) in cases.into_iter().enumerate() {
        let mut config = world.config(central.port(), None);
        config.identity = shown(&world, by, trusts, validity);
        let sync = world.start(config);
        write(&world, session, 5).await;
        until_waiting(&sync, why).await;
        assert_eq!(
            central.records(session).await,
            count * 5,
            "nothing was taken meanwhile"
        );

        // A good certificate in the same place, without a restart.
        shown(&world, &ours, &world.pki.authority, day);
        let ca = std::fs::read(trusted).unwrap();
        if trusts != trusted {
            std::fs::write(trusts, ca).unwrap();
        }
        until_delivered(&world).await;
        assert_eq!(central.records(session).await, (count + 1) * 5);
        sync.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_with_another_kiosks_certificate_is_refused() {
    let world = World::new();
    let central = Central::start(&world, None).await;
    let session = Uuid::new_v4();
    write(&world, session, 2).await;
    let mut config = world.config(central.port(), None);
    config.identity = world.pki.kiosks[1].clone();

    let sync = world.start(config);

    until_waiting(&sync, |why| {
        *why == Why::CertificateRefused(Peer::Central, "403".to_owned())
    })
    .await;
    assert_eq!(central.records(session).await, 0);
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_listens_in_hears_client_hellos_and_nothing_else() {
    let world = World::new();
    write(&world, Uuid::new_v4(), 3).await;
    let (central, broker) = (
        Eavesdropper::start().unwrap(),
        Eavesdropper::start().unwrap(),
    );
    let mut config = world.config(central.address().port(), Some(broker.address().port()));
    config.limits.connect = Duration::from_millis(300);

    let sync = world.start(config);
    until_waiting(&sync, |why| matches!(why, Why::CentralUnreachable(_))).await;
    until("several attempts", || {
        central.heard().len() > 2 && !broker.heard().is_empty()
    })
    .await;
    sync.shutdown().await.unwrap();

    for heard in [central.heard(), broker.heard()]
        .concat()
        .into_iter()
        .filter(|h| !h.is_empty())
    {
        assert_eq!(&heard[..2], &[22, 3], "a TLS handshake record");
        assert_eq!(heard[5], 1, "a ClientHello");
        let length = usize::from(u16::from_be_bytes([heard[3], heard[4]]));
        assert_eq!(heard.len(), length + 5, "nothing after it");
        assert!(!contains(&heard, "kiosk-1"), "not even the kiosk's name");
    }
    assert_eq!(world.store.acknowledged(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_replaced_is_told_at_once_though_it_has_outgrown_central() {
    let world = World::new();
    let central = Central::start(&world, None).await;
    write(&world, Uuid::new_v4(), 3).await;
    let sync = world.start(world.config(central.port(), None));
    until_delivered(&world).await;
    sync.shutdown().await.unwrap();

    let replaced = World {
        store: open_store(&world.path("another store")),
        ..world
    };
    write(&replaced, Uuid::new_v4(), 9).await;
    let sync = replaced.start(replaced.config(central.port(), None));

    until_waiting(&sync, |why| *why == Why::Forked { number: 3 }).await;
    assert_eq!(replaced.store.acknowledged(), 0, "nothing is let go");
    sync.shutdown().await.unwrap();
}
