//! Evidence: sealed files that are found, checked, delivered, and never left behind.

use kiosk_store::{EvidenceId, StoreError};

use crate::{Place, asked, files, fill, session};

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_found_again_and_named_by_its_sealed_bytes() {
    let place = Place::new();
    let store = place.open_whole();
    let id = store.put_evidence(session(1), b"picture").await.unwrap();
    store.close().await.unwrap();

    let store = place.open_whole();

    assert_eq!(store.get_evidence(session(1), &id).unwrap(), b"picture");
    let waiting = store.evidence_outbox(9).await.unwrap();
    assert_eq!(
        (waiting.len(), &waiting[0].id, waiting[0].session),
        (1, &id, session(1))
    );
    let sealed = store.sealed_evidence(&waiting[0]).await.unwrap();
    assert_eq!(EvidenceId::of(&sealed), id);
    assert_eq!(sealed.len() as u64, waiting[0].bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sessions_evidence_does_not_open() {
    let place = Place::new();
    let store = place.open_whole();
    let id = store.put_evidence(session(1), b"picture").await.unwrap();
    store.append(session(2), b"event").await.unwrap();
    assert!(matches!(
        store.get_evidence(session(2), &id),
        Err(StoreError::EvidenceDamaged(_))
    ));
    assert!(matches!(
        store.get_evidence(session(3), &id),
        Err(StoreError::NoEvidence(_))
    ));
    let unknown = EvidenceId::of(b"unknown");
    assert!(matches!(
        store.get_evidence(session(1), &unknown),
        Err(StoreError::NoEvidence(_))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_files_that_changed_places_are_noticed() {
    let place = Place::new();
    let store = place.open_whole();
    let one = store
        .put_evidence(session(1), b"picture one")
        .await
        .unwrap();
    let two = store
        .put_evidence(session(1), b"picture two")
        .await
        .unwrap();
    let found = files(&place.path().join("evidence"));
    std::fs::write(&found[0].0, &found[1].1).unwrap();
    std::fs::write(&found[1].0, &found[0].1).unwrap();
    for id in [one, two] {
        let damaged = store.get_evidence(session(1), &id);
        assert!(
            matches!(damaged, Err(StoreError::EvidenceDamaged(_))),
            "{damaged:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_leaves_the_outbox_oldest_first_once_central_holds_it() {
    let place = Place::new();
    let store = place.open_whole();
    let mut ids = Vec::new();
    for picture in [b"1", b"2", b"3"] {
        ids.push(store.put_evidence(session(1), picture).await.unwrap());
    }
    store.acknowledge_evidence(&ids[1]).await.unwrap();
    store.acknowledge_evidence(&ids[1]).await.unwrap();
    store.close().await.unwrap();

    let store = place.open_whole();

    let waiting: Vec<_> = store
        .evidence_outbox(9)
        .await
        .unwrap()
        .into_iter()
        .map(|piece| piece.id)
        .collect();
    assert_eq!(waiting, [ids[0].clone(), ids[2].clone()]);
    assert_eq!(store.evidence_outbox(1).await.unwrap()[0].id, ids[0]);
    assert_eq!(
        store.get_evidence(session(1), &ids[1]).unwrap(),
        b"2",
        "delivered, and kept"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_is_collected_and_told() {
    let place = Place::new();
    let store = place.open_whole();
    fill(&store, 1).await;
    let id = store.put_evidence(session(1), b"picture").await.unwrap();
    store.close().await.unwrap();
    std::fs::write(
        place.path().join("evidence").join("f".repeat(64)),
        b"orphan",
    )
    .unwrap();
    std::fs::write(place.path().join("evidence").join(".tmp-00"), b"half").unwrap();
    std::fs::write(place.path().join("keys").join(".tmp-01"), b"half").unwrap();

    let (store, report) = place.open();

    assert!(report.is_clean());
    assert_eq!((report.orphans_removed, report.temporaries_removed), (1, 2));
    assert_eq!(store.get_evidence(session(1), &id).unwrap(), b"picture");
    assert_eq!(files(&place.path().join("evidence")).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_evidence_file_is_told_and_holds_nothing_up() {
    let place = Place::new();
    let store = place.open_whole();
    let lost = store.put_evidence(session(1), b"lost").await.unwrap();
    let path = files(&place.path().join("evidence"))[0].0.clone();
    let kept = store.put_evidence(session(1), b"kept").await.unwrap();
    store.close().await.unwrap();
    std::fs::remove_file(path).unwrap();

    let (store, report) = place.open();

    assert_eq!((report.is_clean(), report.evidence_missing), (false, 1));
    assert_eq!(store.evidence_outbox(9).await.unwrap()[0].id, kept);
    assert!(matches!(
        store.get_evidence(session(1), &lost),
        Err(StoreError::NoEvidence(_))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_too_long_is_refused() {
    let place = Place::new();
    let store = place.open_whole();
    let long = vec![0; kiosk_wire::limits::EVIDENCE_BYTES];
    let refused = store.put_evidence(session(1), &long).await;
    assert!(
        matches!(refused, Err(StoreError::TooLong { .. })),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_a_session_whose_evidence_was_delivered_takes_nobody_else_s_from_the_outbox() {
    let place = Place::new();
    let store = place.open_whole();
    let delivered = store.put_evidence(session(4), b"first").await.unwrap();
    store.acknowledge_evidence(&delivered).await.unwrap();
    store.close().await.unwrap();

    let store = place.open_whole();
    let waiting = store.put_evidence(session(2), b"second").await.unwrap();
    store.erase(session(4), asked()).await.unwrap();

    let outbox = store.evidence_outbox(9).await.unwrap();
    let ids: Vec<EvidenceId> = outbox.into_iter().map(|piece| piece.id).collect();
    assert_eq!(ids, [waiting]);
}
