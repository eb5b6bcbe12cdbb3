//! What sync does with each kind of answer that central, or something in its place, may give.
// long file: one story a kind of answer

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::common;
use crate::common::scripted::{Scripted, holds};
use crate::common::{
    World, until_delivered, until_evidence_delivered, until_online, until_state, until_waiting,
};
use hyper::Method;
use kiosk_sync::{Peer, Why};
use kiosk_wire::{Acknowledgement, ErrorBody, LOG_FORKED};
use uuid::Uuid;

/// Central as it should be: it takes the next records and says so.
fn sound(held: &AtomicU64, asked: &common::scripted::Asked) -> (u16, Vec<u8>) {
    if let Some((first, last)) = asked.span() {
        let next = held.load(Ordering::SeqCst) + 1;
        if first > next {
            return (409, holds(held.load(Ordering::SeqCst)));
        }
        held.fetch_max(last, Ordering::SeqCst);
    }
    match asked.method {
        Method::HEAD => (404, Vec::new()),
        Method::PUT => (201, Vec::new()),
        _ => (200, holds(held.load(Ordering::SeqCst))),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_go_in_batches_within_both_bounds_and_in_order() {
    let world = World::new();
    world.write(Uuid::new_v4(), 25).await;
    let held = AtomicU64::new(0);
    let central = Scripted::start(&world, move |asked| sound(&held, asked)).await;
    let mut config = world.config(central.address.port(), None);
    config.limits.batch_records = 10;

    let sync = world.start(config);
    until_delivered(&world).await;

    assert_eq!(central.spans(), [(1, 10), (11, 20), (21, 25)]);
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_cut_by_bytes_but_a_large_record_still_goes() {
    let world = World::new();
    let session = Uuid::new_v4();
    for size in [10, 10, 5000, 10] {
        world
            .store
            .append(session, &vec![b'x'; size])
            .await
            .unwrap();
    }
    let held = AtomicU64::new(0);
    let central = Scripted::start(&world, move |asked| sound(&held, asked)).await;
    let mut config = world.config(central.address.port(), None);
    config.limits.batch_bytes = 1000;

    let sync = world.start(config);
    until_delivered(&world).await;

    assert_eq!(central.spans(), [(1, 2), (3, 3), (4, 4)]);
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_record_goes_at_once_and_not_at_the_next_check() {
    let world = World::new();
    let held = AtomicU64::new(0);
    let central = Scripted::start(&world, move |asked| sound(&held, asked)).await;
    let mut config = world.config(central.address.port(), None);
    config.limits.idle_check = std::time::Duration::from_secs(3600);
    let sync = world.start(config);
    until_online(&sync).await;

    world.write(Uuid::new_v4(), 1).await;

    until_delivered(&world).await;
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_batch_carries_its_sessions_keys_and_only_central_opens_them() {
    let world = World::new();
    let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
    world.write(one, 2).await;
    world.write(other, 1).await;
    let held = AtomicU64::new(0);
    let central = Scripted::start(&world, move |asked| sound(&held, asked)).await;

    let sync = world.start(world.config(central.address.port(), None));
    until_delivered(&world).await;

    let batch = central
        .asked()
        .iter()
        .find_map(|asked| asked.batch())
        .unwrap();
    assert_eq!(batch.keys.len(), 2);
    for record in &batch.records {
        let sealed = batch
            .keys
            .iter()
            .find(|key| key.session == record.session)
            .unwrap();
        let key = sealed.open(&world.central_key, &record.kiosk).unwrap();
        let plain = kiosk_wire::open_record(&key, record).unwrap();
        assert!(plain.starts_with(b"event "));
    }
    let bodies: Vec<_> = central
        .asked()
        .iter()
        .flat_map(|asked| asked.body.to_vec())
        .collect();
    assert!(
        !bodies.windows(6).any(|part| part == b"event "),
        "nothing goes unsealed"
    );
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_gap_sync_goes_on_where_central_says() {
    let world = World::new();
    world.write(Uuid::new_v4(), 5).await;
    let (held, refused) = (AtomicU64::new(0), AtomicUsize::new(0));
    let central = Scripted::start(&world, move |asked| match asked.span() {
        // Another way has brought the first three; central does not want them again.
        Some((1, _)) if refused.fetch_add(1, Ordering::SeqCst) == 0 => {
            held.store(3, Ordering::SeqCst);
            (409, holds(3))
        }
        _ => sound(&held, asked),
    })
    .await;

    let sync = world.start(world.config(central.address.port(), None));
    until_delivered(&world).await;

    assert_eq!(central.spans(), [(1, 5), (4, 5)]);
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_central_that_knows_more_than_the_kiosk_makes_it_forget_nothing() {
    let world = World::new();
    world.write(Uuid::new_v4(), 3).await;
    let central = Scripted::start(&world, |_| (200, holds(500))).await;

    let sync = world.start(world.config(central.address.port(), None));

    until_waiting(&sync, |why| {
        *why == Why::CentralAhead {
            central: 500,
            kiosk: 3,
        }
    })
    .await;
    assert_eq!(world.store.acknowledged(), 0);
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_status_is_waited_out_and_nothing_is_lost() {
    for (status, why) in [
        (500, Why::CentralError(500)),
        (503, Why::CentralError(503)),
        (422, Why::ChainRefused),
        (413, Why::TooLarge),
        (
            403,
            Why::CertificateRefused(Peer::Central, "403".to_owned()),
        ),
    ] {
        let world = World::new();
        world.write(Uuid::new_v4(), 2).await;
        let (held, faults) = (AtomicU64::new(0), AtomicUsize::new(0));
        let central = Scripted::start(&world, move |asked| match asked.method {
            Method::POST if faults.fetch_add(1, Ordering::SeqCst) < 3 => (status, Vec::new()),
            _ => sound(&held, asked),
        })
        .await;

        let sync = world.start(world.config(central.address.port(), None));

        until_waiting(&sync, |told| *told == why).await;
        until_delivered(&world).await;
        until_online(&sync).await;
        sync.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_none_acknowledges_nothing() {
    let other = br#"{"kiosk":"kiosk-2","durable":2}"#;
    for nonsense in [&b""[..], b"{}", b"[1]", b"<html>", other] {
        let world = World::new();
        world.write(Uuid::new_v4(), 2).await;
        let central = Scripted::start(&world, move |_| (200, nonsense.to_vec())).await;

        let sync = world.start(world.config(central.address.port(), None));

        until_waiting(&sync, |why| matches!(why, Why::CentralUnintelligible(_))).await;
        assert_eq!(world.store.acknowledged(), 0);
        sync.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_answer_is_not_read_to_its_end() {
    let world = World::new();
    let central = Scripted::start(&world, |_| (200, vec![b' '; 1 << 20])).await;

    let sync = world.start(world.config(central.address.port(), None));

    until_waiting(&sync, |why| matches!(why, Why::CentralUnintelligible(_))).await;
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_goes_after_records_and_only_where_central_lacks_it() {
    let world = World::new();
    let session = Uuid::new_v4();
    world.write(session, 1).await;
    world
        .store
        .put_evidence(session, b"a picture")
        .await
        .unwrap();
    world
        .store
        .put_evidence(session, b"another picture")
        .await
        .unwrap();
    let (held, heads) = (AtomicU64::new(0), AtomicUsize::new(0));
    let central = Scripted::start(&world, move |asked| match asked.method {
        // The first piece has come already; its acknowledgement was lost.
        Method::HEAD if heads.fetch_add(1, Ordering::SeqCst) == 0 => (200, Vec::new()),
        _ => sound(&held, asked),
    })
    .await;

    let sync = world.start(world.config(central.address.port(), None));
    until_delivered(&world).await;
    until_evidence_delivered(&world).await;

    let methods: Vec<_> = central
        .asked()
        .iter()
        .map(|asked| asked.method.clone())
        .collect();
    let posted = methods
        .iter()
        .position(|method| method == Method::POST)
        .unwrap();
    let put = methods
        .iter()
        .position(|method| method == Method::PUT)
        .unwrap();
    assert!(posted < put);
    assert_eq!(
        methods
            .iter()
            .filter(|method| *method == Method::PUT)
            .count(),
        1
    );
    let put = &central.asked()[put];
    assert!(
        put.path
            .contains(kiosk_wire::EvidenceId::of(&put.body).as_str())
    );
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_that_central_refuses_holds_up_no_other() {
    let world = World::new();
    let session = Uuid::new_v4();
    world.write(session, 1).await;
    let first = world.store.put_evidence(session, b"refused").await.unwrap();
    world.store.put_evidence(session, b"taken").await.unwrap();
    let (held, refused) = (AtomicU64::new(0), first.clone());
    let central = Scripted::start(&world, move |asked| match asked.method {
        Method::PUT if asked.path.contains(refused.as_str()) => (422, Vec::new()),
        _ => sound(&held, asked),
    })
    .await;

    let sync = world.start(world.config(central.address.port(), None));
    until_state(&sync, "one to be set aside", |state| {
        state.evidence_set_aside == 1
    })
    .await;

    let mut left = Vec::new();
    for _ in 0..200 {
        left = world.store.evidence_outbox(9).await.unwrap();
        if left.len() == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(
        left.iter().map(|piece| &piece.id).collect::<Vec<_>>(),
        [&first]
    );
    until_online(&sync).await;
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_central_that_lost_what_it_had_acknowledged_is_sent_it_again() {
    let world = World::new();
    world.write(Uuid::new_v4(), 5).await;
    world.store.acknowledge(4).await.unwrap();
    let held = AtomicU64::new(2);
    let central = Scripted::start(&world, move |asked| sound(&held, asked)).await;

    let sync = world.start(world.config(central.address.port(), None));
    until_delivered(&world).await;
    until_online(&sync).await;

    assert_eq!(central.spans(), [(3, 5)]);
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_differs_from_centrals_is_told_at_the_first_word_and_lets_nothing_go() {
    let world = World::new();
    world.write(Uuid::new_v4(), 5).await;
    let other = Acknowledgement::of_records(common::kiosk(), 3, [7; 32]);
    let other = serde_json::to_vec(&other).unwrap();
    let central = Scripted::start(&world, move |_| (200, other.clone())).await;

    let sync = world.start(world.config(central.address.port(), None));

    until_waiting(&sync, |why| *why == Why::Forked { number: 3 }).await;
    assert_eq!((world.store.acknowledged(), central.spans().len()), (0, 0));
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_that_central_finds_has_a_reason_of_its_own() {
    let world = World::new();
    world.write(Uuid::new_v4(), 2).await;
    let refused = ErrorBody {
        error: LOG_FORKED.to_owned(),
        detail: "log forked".to_owned(),
        held: None,
        number: Some(1),
    };
    let refused = serde_json::to_vec(&refused).unwrap();
    let central = Scripted::start(&world, move |asked| match asked.method {
        Method::POST => (409, refused.clone()),
        _ => (200, holds(0)),
    })
    .await;

    let sync = world.start(world.config(central.address.port(), None));

    until_waiting(&sync, |why| *why == Why::Forked { number: 1 }).await;
    let remedy = Why::Forked { number: 1 }.to_string();
    assert!(remedy.contains("new id"), "{remedy}");
    assert_eq!(world.store.acknowledged(), 0);
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_central_that_answers_but_takes_nothing_is_not_online_in_between() {
    let world = World::new();
    world.write(Uuid::new_v4(), 1).await;
    let central = Scripted::start(&world, |asked| match asked.method {
        Method::POST => (500, Vec::new()),
        _ => (200, holds(0)),
    })
    .await;
    let sync = world.start(world.config(central.address.port(), None));
    until_waiting(&sync, |why| *why == Why::CentralError(500)).await;
    let mut state = sync.state();
    state.mark_unchanged();

    while central.spans().len() < 5 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }

    assert!(
        !state.has_changed().unwrap(),
        "the reason is told once, not at each attempt"
    );
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_takes_no_longer_than_its_limit_even_amid_an_exchange() {
    let world = World::new();
    world.write(Uuid::new_v4(), 1).await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let sync = world.start(world.config(port, Some(port)));
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;

    let stopped = tokio::time::timeout(std::time::Duration::from_secs(1), sync.shutdown()).await;

    assert_eq!(stopped, Ok(Ok(())));
}
