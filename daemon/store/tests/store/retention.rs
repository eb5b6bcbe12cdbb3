//! Letting sessions go: only what central holds, the chain stays whole, the room comes back.

use kiosk_store::{Store, StoreError};

use crate::{Place, device_key, files, session};

#[tokio::test(flavor = "multi_thread")]
async fn only_what_central_holds_in_full_is_let_go() {
    let place = Place::new();
    let store = place.open_whole();
    store.append(session(1), b"one").await.unwrap();
    let picture = store.put_evidence(session(1), b"picture").await.unwrap();

    assert!(!store.forget(session(1)).await.unwrap(), "a record waits");
    store.acknowledge(1).await.unwrap();
    assert!(!store.forget(session(1)).await.unwrap(), "a picture waits");
    assert_eq!(
        store.events(session(1)).unwrap().len(),
        1,
        "nothing was changed"
    );
    store.acknowledge_evidence(&picture).await.unwrap();

    assert!(store.forget(session(1)).await.unwrap());
    assert!(matches!(
        store.events(session(1)),
        Err(StoreError::Erased { .. })
    ));
    assert!(files(&place.path().join("keys")).is_empty());
    assert!(files(&place.path().join("evidence")).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn forgotten_records_give_their_room_back_and_the_chain_still_verifies() {
    let place = Place::new();
    let mut config = place.config();
    config.segment_bytes = 64 * 1024;
    let (store, _) = Store::open(&config, device_key()).unwrap();
    for number in 0..100 {
        store
            .append_briefed(
                session(number % 10),
                vec![vec![7; 4096]],
                b"in brief".to_vec(),
            )
            .await
            .unwrap();
    }
    store.acknowledge(100).await.unwrap();
    let before = store.stats().used_bytes;
    let sealed = store.records(session(3)).unwrap()[0].sealed.clone();
    for number in (0..10).filter(|number| *number != 4) {
        assert!(store.forget(session(number)).await.unwrap());
    }

    while store.clean().await.unwrap() {}

    assert!(
        store.stats().used_bytes < before / 2,
        "{} of {before}",
        store.stats().used_bytes
    );
    for (path, content) in files(&place.path()) {
        let found = content.windows(sealed.len()).any(|some| some == sealed);
        assert!(!found, "{}", path.display());
    }
    store.close().await.unwrap();
    for turn in ["closed and opened", "with its view made anew"] {
        let (store, report) = Store::open(&config, device_key()).unwrap();
        assert!(report.is_clean(), "{turn}: {report:?}");
        assert_eq!(store.verify_chain().unwrap(), 100, "{turn}");
        assert_eq!(store.sessions().unwrap(), [session(4)], "{turn}");
        assert_eq!(store.events(session(4)).unwrap().len(), 10, "{turn}");
        let mut briefs = Vec::new();
        let mut note = |session, brief: Option<(u64, &[u8])>| {
            let (last, brief) = brief.unwrap();
            briefs.push((session, last, brief.to_vec()));
        };
        store.briefs(&mut note).unwrap();
        assert_eq!(briefs, [(session(4), 95, b"in brief".to_vec())], "{turn}");
        assert!(store.check().await.unwrap().faults.is_empty(), "{turn}");
        store.close().await.unwrap();
        std::fs::remove_dir_all(place.path().join("log")).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stub_that_was_changed_is_noticed() {
    let place = Place::new();
    let store = place.open_whole();
    store.append(session(1), b"one").await.unwrap();
    store.append(session(2), b"two").await.unwrap();
    let hash = store.records(session(1)).unwrap()[0].hash;
    store.acknowledge(2).await.unwrap();
    assert!(store.forget(session(1)).await.unwrap());
    store.append(session(2), b"goes on").await.unwrap();
    store.close().await.unwrap();
    let (path, at) = place.find(&hash);
    place.flip(&path, at + 40);

    let (_, report) = place.open();

    assert_eq!(
        report.set_aside.len() + report.missing.len(),
        1,
        "{report:?}"
    );
}
