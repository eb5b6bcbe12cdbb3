//! Stores of older layouts, as older programs wrote them, are brought to the present one.

use base64::{Engine, prelude::BASE64_STANDARD};
use kiosk_store::{EvidenceId, StoreError};

use crate::{Place, asked, session};

/// A store of layout 1, written by the last program that had it: sled's entries and the files beside it.
const LAYOUT_1: &str = include_str!("../fixtures/layout-1.txt");

/// A store of layout 2, as the last program that had it left it at its closing: files alone, the view is made anew.
const LAYOUT_2: &str = include_str!("../fixtures/layout-2.txt");

fn restore_files(place: &Place, text: &str) {
    for line in text.lines() {
        let (name, bytes) = line.split_once(' ').unwrap();
        let path = place.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, BASE64_STANDARD.decode(bytes).unwrap()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_layout_2_keeps_everything_and_tells_of_erasures_from_then_on() {
    let place = Place::new();
    restore_files(&place, LAYOUT_2);

    let (store, report) = place.open();

    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.migrated_from, Some(2));
    assert_eq!((store.newest(), store.acknowledged()), (6, 4));
    assert_eq!(store.verify_chain().unwrap(), 6);
    assert_eq!(store.sessions().unwrap(), [session(1), session(2)]);
    assert_eq!(store.events(session(1)).unwrap()[1].1, b"event 2");
    assert!(matches!(
        store.events(session(3)),
        Err(StoreError::Erased { .. })
    ));
    let waiting = store.evidence_outbox(9).await.unwrap();
    let picture = store.get_evidence(session(1), &waiting[0].id).unwrap();
    assert_eq!((waiting.len(), picture.as_slice()), (1, &b"a picture"[..]));

    store.erase(session(1), asked()).await.unwrap();
    assert_eq!(store.verify_chain().unwrap(), 7);
    // What was erased by then is not told of: nobody knows any more for what.
    store.erase(session(3), asked()).await.unwrap();
    assert_eq!(store.newest(), 7);
    assert!(store.check().await.unwrap().faults.is_empty());
    store.close().await.unwrap();
    let (store, report) = place.open();
    assert_eq!((report.migrated_from, store.newest()), (None, 7));
    assert_eq!(
        store.records_after(6, 9).await.unwrap()[0].as_erasure(),
        Ok(Some(asked()))
    );
}

fn restore(place: &Place) {
    for folder in ["log", "keys", "evidence", "quarantine"] {
        std::fs::create_dir_all(place.path().join(folder)).unwrap();
    }
    place.tamper(|log| {
        for line in LAYOUT_1.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let bytes = BASE64_STANDARD.decode(words[2]).unwrap();
            match words[0] {
                "log" => {
                    let key = BASE64_STANDARD.decode(words[1]).unwrap();
                    log.insert(key, bytes).unwrap();
                }
                "file" => std::fs::write(place.path().join(words[1]), bytes).unwrap(),
                other => panic!("{other}"),
            }
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_layout_1_keeps_everything_it_held() {
    let place = Place::new();
    restore(&place);

    let (store, report) = place.open();

    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.migrated_from, Some(1));
    assert_eq!((store.newest(), store.acknowledged()), (5, 2));
    assert_eq!(store.verify_chain().unwrap(), 5);
    assert_eq!(store.sessions().unwrap(), [session(1), session(2)]);
    let events = store.events(session(1)).unwrap();
    assert_eq!(events[2].1, b"event 3");
    assert!(matches!(
        store.events(session(3)),
        Err(StoreError::Erased { .. })
    ));
    let waiting: Vec<EvidenceId> = store
        .evidence_outbox(9)
        .await
        .unwrap()
        .into_iter()
        .map(|piece| piece.id)
        .collect();
    assert_eq!(waiting.len(), 1, "the other was delivered");
    assert_eq!(
        store.get_evidence(session(1), &waiting[0]).unwrap(),
        b"a picture"
    );
    let mut unknown = Vec::new();
    let mut note = |session, brief: Option<(u64, &[u8])>| {
        assert!(brief.is_none());
        unknown.push(session);
    };
    store.briefs(&mut note).unwrap();
    assert_eq!(unknown, [session(1), session(2)], "to be read once");
    assert_eq!(store.append(session(2), b"goes on").await.unwrap(), 6);
    store.close().await.unwrap();
    let (store, report) = place.open();
    assert_eq!((report.migrated_from, store.newest()), (None, 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_a_crash_interrupted_begins_again() {
    let place = Place::new();
    restore(&place);
    let unfinished = place.path().join("journal.new");
    std::fs::create_dir_all(&unfinished).unwrap();
    std::fs::write(unfinished.join("0000000000000001.seg"), b"half").unwrap();

    let (store, report) = place.open();

    assert_eq!((report.migrated_from, store.newest()), (Some(1), 5));
    assert!(!unfinished.exists());
}
