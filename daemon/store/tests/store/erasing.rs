//! Erasing a session: its key is gone from every file, the chain still verifies.

use kiosk_store::StoreError;

use crate::{Place, asked, copy, files, session};

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_session_opens_in_the_copy_before_and_not_in_the_copy_after() {
    let place = Place::new();
    let store = place.open_whole();
    for number in 1..=3 {
        store
            .append(session(1), format!("event {number}").as_bytes())
            .await
            .unwrap();
        store.append(session(2), b"stays").await.unwrap();
    }
    let picture = store.put_evidence(session(1), b"picture").await.unwrap();
    let (before, after) = (Place::new(), Place::new());
    copy(&place.path(), &before.path());

    store.erase(session(1), asked()).await.unwrap();

    copy(&place.path(), &after.path());
    let first = before.open_whole();
    assert_eq!(first.events(session(1)).unwrap().len(), 3);
    assert_eq!(
        first.get_evidence(session(1), &picture).unwrap(),
        b"picture"
    );
    for store in [store, after.open_whole()] {
        assert!(matches!(
            store.events(session(1)),
            Err(StoreError::Erased { .. })
        ));
        assert!(matches!(
            store.get_evidence(session(1), &picture),
            Err(StoreError::Erased { .. })
        ));
        assert!(matches!(
            store.append(session(1), b"more").await,
            Err(StoreError::Erased { .. })
        ));
        let more = store.put_evidence(session(1), b"more").await;
        assert!(matches!(more, Err(StoreError::Erased { .. })));
        assert_eq!(store.sessions().unwrap(), [session(2)]);
        assert_eq!(store.events(session(2)).unwrap().len(), 3);
        assert_eq!(
            store.records(session(1)).unwrap().len(),
            3,
            "the ciphertext stays"
        );
        assert_eq!(
            store.verify_chain().unwrap(),
            7,
            "the erasure is told, once"
        );
        let told = store.records_after(6, 9).await.unwrap();
        assert_eq!(told[0].as_erasure(), Ok(Some(asked())));
        assert_eq!((told.len(), told[0].session), (1, session(1)));
        assert_eq!(
            store
                .session_keys(&[session(1), session(2)])
                .await
                .unwrap()
                .len(),
            1
        );
        assert!(store.evidence_outbox(9).await.unwrap().is_empty());
        store.erase(session(1), asked()).await.unwrap();
    }
    let keys = files(&before.path().join("keys"));
    let left = files(&after.path().join("keys"));
    let wrapped = keys
        .iter()
        .find(|key| !left.iter().any(|other| other.1 == key.1))
        .unwrap();
    for (path, content) in files(&after.path()) {
        let found = content
            .windows(wrapped.1.len())
            .any(|bytes| bytes == wrapped.1);
        assert!(!found, "{}", path.display());
    }
    assert!(files(&after.path().join("evidence")).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_a_crash_interrupted_is_finished_at_opening() {
    let place = Place::new();
    let store = place.open_whole();
    store.append(session(1), b"event").await.unwrap();
    store.put_evidence(session(1), b"picture").await.unwrap();
    let interrupted = Place::new();
    copy(&place.path(), &interrupted.path());
    store.erase(session(1), asked()).await.unwrap();
    // The note is durable, the files are still there: the log after, the files before.
    std::fs::remove_dir_all(interrupted.path().join("journal")).unwrap();
    let (from, to) = (place.path(), interrupted.path());
    copy(&from.join("journal"), &to.join("journal"));

    let (store, report) = interrupted.open();

    assert_eq!((report.erasures_finished, report.orphans_removed), (1, 1));
    assert!(matches!(
        store.events(session(1)),
        Err(StoreError::Erased { .. })
    ));
    assert!(files(&interrupted.path().join("keys")).is_empty());
    assert!(files(&interrupted.path().join("evidence")).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_key_file_is_lost_is_told_apart_from_an_erased_one() {
    let place = Place::new();
    let store = place.open_whole();
    store.append(session(1), b"event").await.unwrap();
    store.close().await.unwrap();
    std::fs::remove_file(&files(&place.path().join("keys"))[0].0).unwrap();
    let lost = place.open_whole().events(session(1)).unwrap_err();
    assert!(matches!(lost, StoreError::KeyMissing { .. }), "{lost}");
}

#[tokio::test(flavor = "multi_thread")]
async fn key_files_that_changed_places_do_not_open() {
    let place = Place::new();
    let store = place.open_whole();
    store.append(session(1), b"one").await.unwrap();
    store.append(session(2), b"two").await.unwrap();
    store.close().await.unwrap();
    let keys = files(&place.path().join("keys"));
    std::fs::write(&keys[0].0, &keys[1].1).unwrap();
    std::fs::write(&keys[1].0, &keys[0].1).unwrap();
    let store = place.open_whole();
    for session in [session(1), session(2)] {
        assert!(matches!(store.events(session), Err(StoreError::Wire(_))));
    }
}
