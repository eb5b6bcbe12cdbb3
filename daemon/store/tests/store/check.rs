//! Checking reads everything and names what is wrong and where; repairing sets it aside and guesses nothing.

use kiosk_store::StoreFault;

use crate::{Place, fill, session};

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_store_has_nothing_wrong() {
    let place = Place::new();
    let store = place.open_whole();
    fill(&store, 5).await;
    store.put_evidence(session(2), b"picture").await.unwrap();
    store.append(session(2), b"names it").await.unwrap();

    let found = store.check().await.unwrap();

    assert!(found.faults.is_empty(), "{found:?}");
    assert_eq!(
        (
            found.records,
            found.sessions,
            found.evidence,
            found.segments
        ),
        (6, 2, 1, 1)
    );
    assert_eq!(store.repair().await.unwrap(), Default::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_named_with_its_place_and_set_aside() {
    let place = Place::new();
    let store = place.open_whole();
    fill(&store, 5).await;
    let gone = store
        .put_evidence(session(2), b"will be gone")
        .await
        .unwrap();
    let bad = store
        .put_evidence(session(2), b"will be damaged")
        .await
        .unwrap();
    let records = store.records(session(1)).unwrap();
    let evidence = crate::files(&place.path().join("evidence"));
    for (path, content) in evidence {
        match kiosk_wire::EvidenceId::of(&content) == gone {
            true => std::fs::remove_file(path).unwrap(),
            false => std::fs::write(path, b"something else").unwrap(),
        }
    }
    let (path, at) = place.find(&records[2].sealed);
    place.flip(&path, at + 3);

    let found = store.check().await.unwrap();

    let wanted = [
        StoreFault::RecordDamaged(3),
        StoreFault::Event(3),
        StoreFault::EvidenceMissing(gone.clone()),
        StoreFault::EvidenceDamaged(bad.clone()),
    ];
    for fault in &wanted {
        assert!(found.faults.contains(fault), "{fault}: {found:?}");
    }
    let frame = found
        .faults
        .iter()
        .find(|fault| matches!(fault, StoreFault::NoFrame { .. }));
    assert!(frame.is_some_and(|fault| fault.to_string().starts_with("journal segment 1, offset ")));
    assert_eq!(found.faults.len(), wanted.len() + 1);

    let done = store.repair().await.unwrap();

    assert_eq!((done.segments, done.records, done.evidence), (1, 1, 2));
    let quarantined = crate::files(&place.path().join("quarantine"));
    assert_eq!(quarantined.len(), 3, "scraps, the record, the picture");
    assert!(
        store.evidence_outbox(9).await.unwrap().is_empty(),
        "nothing waits for what can't be sent"
    );
    let left = store.check().await.unwrap().faults;
    let wanted = [
        StoreFault::RecordMissing(3),
        StoreFault::EvidenceMissing(gone),
        StoreFault::EvidenceMissing(bad),
    ];
    assert_eq!(
        left.len(),
        wanted.len(),
        "what is gone stays told: {left:?}"
    );
    assert!(wanted.iter().all(|fault| left.contains(fault)), "{left:?}");
    store.close().await.unwrap();
    let (store, report) = place.open();
    assert_eq!(
        (report.bad_bytes, report.missing.as_slice()),
        (0, [3].as_slice())
    );
    assert_eq!(store.append(session(1), b"goes on").await.unwrap(), 6);
}
