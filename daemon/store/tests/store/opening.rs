//! Opening: once at a time, with the right key, for the right kiosk.

use std::os::unix::fs::PermissionsExt;

use kiosk_store::{DeviceKey, Store, StoreError};

use crate::{Place, device_key, files, fill, session};

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_found_again_as_it_was_left() {
    let place = Place::new();
    let store = place.open_whole();
    fill(&store, 5).await;
    store.acknowledge(3).await.unwrap();
    let before = (
        store.events(session(1)).unwrap(),
        store.records(session(1)).unwrap(),
    );
    store.close().await.unwrap();

    let (store, report) = place.open();

    assert!(report.is_clean());
    assert_eq!(
        (report.records, report.acknowledged, report.checked),
        (5, 3, 5)
    );
    assert_eq!((store.newest(), store.acknowledged()), (5, 3));
    assert_eq!(
        (
            store.events(session(1)).unwrap(),
            store.records(session(1)).unwrap()
        ),
        before
    );
    assert_eq!(store.sessions().unwrap(), [session(1)]);
    assert_eq!(store.append(session(2), b"next").await.unwrap(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_opener_is_refused_until_the_first_is_gone() {
    let place = Place::new();
    let store = place.open_whole();

    let second = Store::open(&place.config(), device_key()).unwrap_err();

    assert!(matches!(second, StoreError::AlreadyOpen { .. }), "{second}");
    store.close().await.unwrap();
    place.open_whole();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_device_key_is_refused_and_harms_nothing() {
    let place = Place::new();
    let store = place.open_whole();
    fill(&store, 2).await;
    store.close().await.unwrap();

    let refused = Store::open(&place.config(), DeviceKey::from_bytes([8; 32])).unwrap_err();

    assert!(matches!(refused, StoreError::WrongDeviceKey), "{refused}");
    assert_eq!(place.open_whole().events(session(1)).unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_kiosks_store_is_refused() {
    let place = Place::new();
    place.open_whole().close().await.unwrap();
    let mut config = place.config();
    config.kiosk = "kiosk-2".parse().unwrap();
    let refused = Store::open(&config, device_key()).unwrap_err();
    assert!(
        matches!(refused, StoreError::OtherKiosk { .. }),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_layout_is_refused() {
    let place = Place::new();
    place.open_whole().close().await.unwrap();
    let path = place.segments().pop().unwrap();
    let newer = String::from_utf8_lossy(&std::fs::read(&path).unwrap()[..24]).into_owned();
    assert_eq!(newer, "kioskd journal, version ");
    let mut content = std::fs::read(&path).unwrap();
    content[24] = b'2';
    std::fs::write(&path, content).unwrap();
    let refused = Store::open(&place.config(), device_key()).unwrap_err();
    assert!(
        matches!(refused, StoreError::Layout { version: 2 }),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_without_their_log_are_not_taken_for_a_new_store() {
    let place = Place::new();
    let store = place.open_whole();
    fill(&store, 1).await;
    store.close().await.unwrap();
    std::fs::remove_dir_all(place.path().join("journal")).unwrap();

    let refused = Store::open(&place.config(), device_key()).unwrap_err();

    assert!(
        matches!(refused, StoreError::LogMissing { .. }),
        "{refused}"
    );
    assert_eq!(
        files(&place.path().join("keys")).len(),
        1,
        "no key was removed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_readable_lies_on_the_disk_and_nothing_is_open_to_others() {
    let place = Place::new();
    let store = place.open_whole();
    store
        .append(session(1), b"Eriksson Anna Maria")
        .await
        .unwrap();
    store
        .put_evidence(session(1), b"Eriksson's picture")
        .await
        .unwrap();
    store.close().await.unwrap();

    for (path, content) in files(&place.path()) {
        assert!(
            !content.windows(8).any(|bytes| bytes == b"Eriksson"),
            "{}",
            path.display()
        );
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            !name.contains(&session(1).to_string())
                && !name.contains(&session(1).simple().to_string())
        );
    }
    let mode = std::fs::metadata(place.path())
        .unwrap()
        .permissions()
        .mode()
        & 0o777;
    assert_eq!(mode, 0o700);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_store_refuses_and_still_reads() {
    let place = Place::new();
    let store = place.open_whole();
    fill(&store, 1).await;
    store.clone().close().await.unwrap();

    assert!(!store.is_writable());
    assert!(matches!(
        store.append(session(1), b"late").await,
        Err(StoreError::Closed)
    ));
    assert_eq!(store.events(session(1)).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledging_never_goes_back_nor_beyond_the_log() {
    let place = Place::new();
    let store = place.open_whole();
    fill(&store, 4).await;
    assert_eq!(store.acknowledge(3).await.unwrap(), 3);
    assert_eq!(store.acknowledge(2).await.unwrap(), 3);
    let ahead = store.acknowledge(5).await.unwrap_err();
    assert!(
        matches!(ahead, StoreError::AheadOfLog { upto: 5, newest: 4 }),
        "{ahead}"
    );
    assert_eq!(store.outbox(10).await.unwrap()[0].number, 4);
    store.close().await.unwrap();
    assert_eq!(place.open_whole().acknowledged(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_is_bounded_by_number_and_by_bytes() {
    let place = Place::new();
    let store = place.open_whole();
    for _ in 0..5 {
        store
            .append(session(1), &vec![1; 300 * 1024])
            .await
            .unwrap();
    }
    let numbers = |records: Vec<kiosk_wire::Record>| -> Vec<u64> {
        records.iter().map(|record| record.number).collect()
    };
    assert_eq!(numbers(store.outbox(2).await.unwrap()), [1, 2]);
    assert_eq!(
        numbers(store.outbox(9).await.unwrap()),
        [1, 2, 3],
        "within a batch's bytes"
    );
    assert!(store.outbox(0).await.unwrap().is_empty());
    store.acknowledge(5).await.unwrap();
    assert!(store.outbox(9).await.unwrap().is_empty());
}
