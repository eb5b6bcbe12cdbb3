//! An erasure on the kiosk reaches a real central in its turn, once, whatever happens on the way; what the kiosk lets go
//! by its own policy takes nothing from central.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::collections::BTreeSet;
use std::time::Duration;

use crate::common::central::Central;
use crate::common::{
    World, reopened, today, until_delivered, until_evidence_delivered, until_online,
};
use kiosk_store::{ErasedFor, Erasure};
use kiosk_tests::rig::{Cable, Flow};
use kiosk_wire::RECORD_UNKNOWN;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use uuid::Uuid;

fn asked() -> Erasure {
    Erasure {
        at: today(),
        why: ErasedFor::Asked,
    }
}

async fn is_erased(central: &Central, session: Uuid) -> bool {
    let view = central.view(session).await;
    view.is_some_and(|view| view["erased"] == true && view["chain_ok"] == true)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_central_held_of_an_erased_session_goes_and_of_a_forgotten_one_stays() {
    let world = World::new();
    let central = Central::start(&world, None).await;
    let (erased, forgotten) = (Uuid::new_v4(), Uuid::new_v4());
    let sync = world.start(world.config(central.port(), None));
    let mut pictures = Vec::new();
    for session in [erased, forgotten] {
        world.write(session, 3).await;
        pictures.push(world.store.put_evidence(session, b"picture").await.unwrap());
    }
    until_delivered(&world).await;
    until_evidence_delivered(&world).await;
    assert!(central.holds(erased, &pictures[0]).await);

    world.store.erase(erased, asked()).await.unwrap();
    assert!(world.store.forget(forgotten).await.unwrap());
    until_delivered(&world).await;

    assert!(is_erased(&central, erased).await);
    assert!(!central.holds(erased, &pictures[0]).await);
    assert!(!is_erased(&central, forgotten).await);
    assert!(central.holds(forgotten, &pictures[1]).await);
    assert_eq!(central.records(forgotten).await, 3);
    assert_eq!(world.store.newest(), 7, "one record tells of the erasure");
    assert!(central.chain_is_whole().await);
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_erased_before_central_heard_of_it_never_opens_there() {
    let world = World::new();
    let central = Central::start(&world, None).await;
    let (erased, other) = (Uuid::new_v4(), Uuid::new_v4());
    world.write(erased, 3).await;
    world.store.put_evidence(erased, b"picture").await.unwrap();
    world.write(other, 2).await;
    world.store.erase(erased, asked()).await.unwrap();
    // Switched off before anything of it was sent.
    let world = reopened(world).await;

    let sync = world.start(world.config(central.port(), None));
    until_delivered(&world).await;
    until_online(&sync).await;

    assert!(is_erased(&central, erased).await);
    assert_eq!(
        (central.records(erased).await, central.records(other).await),
        (4, 2)
    );
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn erasures_through_a_network_that_comes_and_goes_are_each_carried_out_and_no_other() {
    let world = World::new();
    let mut central = Central::start(&world, None).await;
    let cable = Cable::lay(central.address()).unwrap();
    let mut config = world.config(cable.port(), None);
    config.limits.batch_records = 3;
    config.limits.connect = Duration::from_millis(300);
    config.limits.exchange = Duration::from_millis(300);
    let sync = world.start(config);
    let mut rng = StdRng::seed_from_u64(12);
    let (mut kept, mut erased) = (BTreeSet::new(), BTreeSet::new());
    let flows = [
        Flow::Whole,
        Flow::AnswersLost,
        Flow::Unplugged,
        Flow::Silent,
    ];
    for round in 0..40 {
        cable.set(flows[rng.random_range(0..flows.len())]);
        let session = Uuid::new_v4();
        world.write(session, rng.random_range(1..6)).await;
        world.store.put_evidence(session, &[9; 500]).await.unwrap();
        kept.insert(session);
        if rng.random_bool(0.4) {
            let gone = *kept.iter().nth(rng.random_range(0..kept.len())).unwrap();
            world.store.erase(gone, asked()).await.unwrap();
            kept.remove(&gone);
            erased.insert(gone);
        }
        if round % 13 == 12 {
            central.restart().await;
        }
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..120))).await;
    }
    cable.plug();
    until_delivered(&world).await;
    until_evidence_delivered(&world).await;

    for session in &erased {
        assert!(is_erased(&central, *session).await);
    }
    for session in &kept {
        let view = central.view(*session).await.unwrap();
        assert_eq!(
            (&view["erased"], &view["chain_ok"]),
            (&json!(false), &json!(true))
        );
    }
    assert!(central.chain_is_whole().await);
    println!(
        "{} erasures among {} sessions through 40 changes of the network and 3 restarts of central: each carried out, \
         {} others untouched",
        erased.len(),
        erased.len() + kept.len(),
        kept.len()
    );
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_central_that_does_not_know_erasures_is_waited_for_and_named() {
    use crate::common::scripted::{Asked, Scripted, holds};
    use crate::common::until_waiting;
    use kiosk_sync::Why;

    let world = World::new();
    let session = Uuid::new_v4();
    world.write(session, 2).await;
    world.store.erase(session, asked()).await.unwrap();
    for status in [400, 422] {
        let central = Scripted::start(&world, move |asked: &Asked| match asked.method {
            hyper::Method::GET => (200, holds(0)),
            _ => {
                let told = json!({ "error": RECORD_UNKNOWN, "detail": "update it" });
                (status, serde_json::to_vec(&told).unwrap())
            }
        })
        .await;
        let sync = world.start(world.config(central.address.port(), None));
        until_waiting(&sync, |why| *why == Why::CentralOutdated).await;
        assert_eq!(world.store.acknowledged(), 0, "nothing counts as told");
        sync.shutdown().await.unwrap();
    }
}
