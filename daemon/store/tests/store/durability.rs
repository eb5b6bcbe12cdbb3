//! Nobody is answered before the disk is; many share one sync; a failed sync ends all writing.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use kiosk_store::{Store, StoreError};

use crate::watched::Watched;
use crate::{Place, asked, device_key, session};

/// What each commit syncs before anyone is answered.
const COMMIT: &str = "sync journal/segment";

const A_WHILE: Duration = Duration::from_millis(60);

fn open_watched(place: &Place, queue: usize) -> (Store, Arc<Watched>) {
    let disk = Watched::new();
    let mut config = place.config();
    config.disk = disk.clone();
    config.queue = queue;
    let (store, _) = Store::open(&config, device_key()).unwrap();
    disk.take();
    (store, disk)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_neither_answered_nor_shown_before_its_sync_has_returned() {
    let place = Place::new();
    let (store, disk) = open_watched(&place, 8);
    store.append(session(1), b"first").await.unwrap();
    disk.hold();

    let appending = tokio::spawn({
        let store = store.clone();
        async move { store.append(session(1), b"second").await }
    });
    tokio::time::sleep(A_WHILE).await;

    assert!(!appending.is_finished());
    assert_eq!(
        (store.newest(), store.events(session(1)).unwrap().len()),
        (1, 1)
    );
    assert_eq!(store.outbox(9).await.unwrap().len(), 1);
    disk.take();
    disk.release();
    assert_eq!(appending.await.unwrap().unwrap(), 2);
    assert_eq!(disk.take(), [COMMIT]);
    assert_eq!(
        (store.newest(), store.events(session(1)).unwrap().len()),
        (2, 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_begin_at_once_wait_for_the_disk_together_and_each_has_one_key() {
    const AT_ONCE: u128 = 16;
    let place = Place::new();
    let (store, disk) = open_watched(&place, 64);
    disk.meet(AT_ONCE as usize);

    // Two callers a session: they come by one key, whoever makes it.
    let begun = join_all((0..2 * AT_ONCE).map(|caller| {
        let store = store.clone();
        async move { store.append(session(1 + caller % AT_ONCE), b"begin").await }
    }));
    for number in begun.await {
        number.unwrap();
    }

    let made = disk.take();
    let made = made.iter().filter(|what| *what == "rename keys/file");
    assert_eq!(made.count(), AT_ONCE as usize);
    for number in 1..=AT_ONCE {
        assert_eq!(store.events(session(number)).unwrap().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_key_is_whole_on_the_disk_before_the_event_that_needs_it() {
    let place = Place::new();
    let (store, disk) = open_watched(&place, 8);

    store.append(session(1), b"event").await.unwrap();

    assert_eq!(
        disk.take(),
        [
            "sync keys/temporary",
            "rename keys/file",
            "sync folder store/keys",
            COMMIT,
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_whole_on_the_disk_before_it_is_noted() {
    let place = Place::new();
    let (store, disk) = open_watched(&place, 8);
    store.append(session(1), b"event").await.unwrap();
    disk.take();

    store.put_evidence(session(1), b"picture").await.unwrap();

    let whole = [
        "sync evidence/temporary",
        "rename evidence/file",
        "sync folder store/evidence",
        COMMIT,
    ];
    assert_eq!(disk.take(), whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledgements_and_erasures_are_synced_before_they_are_answered() {
    let place = Place::new();
    let (store, disk) = open_watched(&place, 8);
    store.append(session(1), b"event").await.unwrap();
    disk.take();

    store.acknowledge(1).await.unwrap();
    assert_eq!(disk.take(), [COMMIT]);
    store.erase(session(1), asked()).await.unwrap();
    assert_eq!(
        disk.take(),
        [COMMIT, "remove keys/file", "sync folder store/keys"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_waiting_writers_cost_one_commit() {
    let place = Place::new();
    let (store, disk) = open_watched(&place, 256);
    let sessions: Vec<_> = (1..=8).map(session).collect();
    for session in &sessions {
        store.append(*session, b"begin").await.unwrap();
    }
    disk.hold();
    let first = tokio::spawn({
        let store = store.clone();
        async move { store.append(session(1), b"holds the writer").await }
    });
    tokio::time::sleep(A_WHILE).await;
    let waiting: Vec<_> = (0..64)
        .map(|turn| {
            let (store, session) = (store.clone(), sessions[turn % 8]);
            tokio::spawn(async move { store.append(session, b"waits").await })
        })
        .collect();
    tokio::time::sleep(A_WHILE).await;
    disk.take();

    disk.release();

    first.await.unwrap().unwrap();
    let mut numbers: Vec<u64> = join_all(waiting)
        .await
        .into_iter()
        .map(|told| told.unwrap().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (10..74).collect::<Vec<u64>>());
    assert_eq!(
        disk.take(),
        [COMMIT, COMMIT],
        "one for the first, one for all others"
    );
    assert_eq!(store.verify_chain().unwrap(), 73);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_makes_callers_wait_and_drops_none() {
    let place = Place::new();
    let (store, disk) = open_watched(&place, 2);
    store.append(session(1), b"begin").await.unwrap();
    disk.hold();
    let waiting: Vec<_> = (0..40)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.append(session(1), b"waits").await })
        })
        .collect();
    tokio::time::sleep(A_WHILE).await;
    assert!(waiting.iter().all(|told| !told.is_finished()));

    disk.release();

    let told = join_all(waiting).await;
    assert!(told.into_iter().all(|told| told.unwrap().is_ok()));
    assert_eq!(store.events(session(1)).unwrap().len(), 41);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failed_sync_nobody_is_answered_and_nothing_more_is_written() {
    let place = Place::new();
    let (store, disk) = open_watched(&place, 8);
    store.append(session(1), b"safe").await.unwrap();
    disk.fail();

    let lost = store.append(session(1), b"unsafe").await;

    assert!(
        matches!(lost, Err(StoreError::NotWritable { .. })),
        "{lost:?}"
    );
    disk.release();
    let refused = store.append(session(1), b"later").await.unwrap_err();
    assert!(refused.to_string().contains("restart kioskd"), "{refused}");
    assert!(!store.is_writable());
    assert_eq!(
        (store.newest(), store.events(session(1)).unwrap().len()),
        (1, 1)
    );
    assert!(store.close().await.is_err());

    let store = place.open_whole();
    assert_eq!(store.events(session(1)).unwrap()[0].1, b"safe");
    store.append(session(1), b"goes on").await.unwrap();
    store.verify_chain().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_is_named_on_the_disk_before_its_first_frame_and_large_events_get_one_of_their_own()
 {
    let place = Place::new();
    let disk = Watched::new();
    let mut config = place.config();
    config.disk = disk.clone();
    config.segment_bytes = 64 * 1024;
    let (store, _) = Store::open(&config, device_key()).unwrap();
    store.append(session(1), b"begin").await.unwrap();
    disk.take();

    store
        .append(session(1), &vec![7; 400 * 1024])
        .await
        .unwrap();

    assert_eq!(
        disk.take(),
        [COMMIT, "sync folder store/journal", COMMIT],
        "header, name, frame"
    );
    let copied = Place::new();
    crate::copy(&place.path(), &copied.path());
    assert_eq!(
        copied.open_whole().events(session(1)).unwrap()[1].1.len(),
        400 * 1024
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn several_events_at_once_are_all_there_or_none() {
    let place = Place::new();
    let (store, disk) = open_watched(&place, 8);
    let payloads = vec![b"one".to_vec(), b"two".to_vec(), b"three".to_vec()];
    assert_eq!(
        store
            .append_all(session(1), payloads.clone())
            .await
            .unwrap(),
        3
    );
    assert_eq!(disk.take().iter().filter(|what| *what == COMMIT).count(), 1);
    assert!(matches!(
        store.append_all(session(1), vec![]).await,
        Err(StoreError::Nothing)
    ));
    let long = vec![
        payloads[0].clone(),
        vec![0; kiosk_wire::limits::RECORD_BYTES],
    ];
    assert!(matches!(
        store.append_all(session(1), long).await,
        Err(StoreError::TooLong { what: "event", .. })
    ));
    assert_eq!(store.newest(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_number_is_followed() {
    let place = Place::new();
    let store = place.open_whole();
    let mut newest = store.subscribe();
    assert_eq!(*newest.borrow_and_update(), 0);
    store.append(session(1), b"event").await.unwrap();
    newest.changed().await.unwrap();
    assert_eq!(*newest.borrow(), 1);
}
