//! Recovery: torn tails are cut, bad records are set aside, both are told; numbers are never given twice.

use kiosk_store::{RecoveryReport, Store, StoreError};

use crate::{Place, device_key, fill, record_key, session};

/// A closed store of `count` records, changed by `change`, opened again.
async fn damaged(count: u64, change: impl FnOnce(&sled::Db)) -> (Place, Store, RecoveryReport) {
    let place = Place::new();
    let store = place.open_whole();
    fill(&store, count).await;
    store.close().await.unwrap();
    place.tamper(change);
    let (store, report) = place.open();
    (place, store, report)
}

fn flip(log: &sled::Db, number: u64, place: usize) {
    let mut value = log.get(record_key(number)).unwrap().unwrap().to_vec();
    value[place] ^= 1;
    log.insert(record_key(number), value).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn records_beyond_the_durable_head_are_cut_and_kept_in_quarantine() {
    let (_place, store, report) = damaged(3, |log| {
        let value = log.get(record_key(3)).unwrap().unwrap();
        log.insert(record_key(4), value).unwrap();
        log.insert(record_key(5), b"torn").unwrap();
    })
    .await;

    assert_eq!(
        (report.cut.as_slice(), report.records),
        ([4, 5].as_slice(), 3)
    );
    let kept = std::fs::read_to_string(report.quarantine.unwrap()).unwrap();
    assert_eq!(kept.lines().count(), 2);
    assert_eq!(store.append(session(1), b"next").await.unwrap(), 4);
    assert_eq!(store.verify_chain().unwrap(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_record_is_set_aside_and_its_number_is_never_given_again() {
    for number in [1, 2, 3] {
        for place in [0, 1, 20, 60, 100] {
            let (_place, store, report) = damaged(3, |log| flip(log, number, place)).await;

            assert_eq!(report.set_aside, [number], "byte {place}");
            assert!(report.quarantine.is_some() && !report.is_clean());
            let hole = store.events(session(1)).unwrap_err();
            assert!(
                matches!(hole, StoreError::Record { number: n, .. } if n == number),
                "{hole}"
            );
            assert!(store.verify_chain().is_err());
            assert_eq!(store.append(session(2), b"next").await.unwrap(), 4);
            assert_eq!(store.events(session(2)).unwrap().len(), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_past_a_gap_that_central_lacks() {
    let (place, store, report) = damaged(4, |log| drop(log.remove(record_key(3)).unwrap())).await;

    assert_eq!(report.missing, [3]);
    let sent: Vec<_> = store
        .outbox(9)
        .await
        .unwrap()
        .iter()
        .map(|record| record.number)
        .collect();
    assert_eq!(sent, [1, 2]);
    store.acknowledge(2).await.unwrap();
    let gap = store.outbox(9).await.unwrap_err();
    assert!(gap.to_string().contains("record 3"), "{gap}");
    store.acknowledge(3).await.unwrap();
    assert_eq!(store.outbox(9).await.unwrap()[0].number, 4);
    store.close().await.unwrap();
    assert_eq!(place.open().1.missing, [3], "told until it is repaired");
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_records_that_changed_places_are_noticed() {
    let swap = |log: &sled::Db| {
        let (one, two) = (record_key(1), record_key(2));
        let (first, second) = (
            log.get(&one).unwrap().unwrap(),
            log.get(&two).unwrap().unwrap(),
        );
        log.insert(one, second).unwrap();
        log.insert(two, first).unwrap();
    };
    let (_place, _store, report) = damaged(4, swap).await;
    assert_eq!(report.set_aside, [2, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_that_changed_places_do_not_open_even_where_the_hashes_were_made_to_fit() {
    let place = Place::new();
    let store = place.open_whole();
    fill(&store, 2).await;
    let records = store.records(session(1)).unwrap();
    store.close().await.unwrap();
    let swap = |log: &sled::Db| {
        let mut previous = kiosk_wire::FIRST_PREVIOUS;
        for (number, from) in [(1, &records[1]), (2, &records[0])] {
            let forged = kiosk_wire::Record::chain(
                from.kiosk.clone(),
                number,
                session(1),
                previous,
                from.sealed.clone(),
            );
            previous = forged.hash;
            let value = [
                &[1],
                session(1).as_bytes().as_slice(),
                &forged.previous,
                &forged.hash,
                &forged.sealed,
            ]
            .concat();
            log.insert(record_key(number), value).unwrap();
        }
    };
    place.tamper(swap);
    let mut config = place.config();
    config.checked_at_open = 0;

    let (store, _) = Store::open(&config, device_key()).unwrap();

    let forged = store.events(session(1)).unwrap_err();
    assert!(
        matches!(forged, StoreError::Record { number: 1, .. }),
        "{forged}"
    );
    store.close().await.unwrap();
    assert_eq!(
        place.open().1.set_aside,
        [2],
        "the durable head is sealed and names another hash"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_lost_an_entry_is_mended_from_the_log() {
    let lose = |log: &sled::Db| {
        let key = [b"S".as_slice(), session(1).as_bytes(), &2u64.to_be_bytes()].concat();
        log.remove(key).unwrap().unwrap();
    };
    let (_place, store, report) = damaged(3, lose).await;
    assert_eq!(report.views_mended, 1);
    assert_eq!(store.events(session(1)).unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_head_is_made_anew_from_its_witness() {
    let lose = |log: &sled::Db| drop(log.remove("Mhead").unwrap().unwrap());
    let (place, store, report) = damaged(3, lose).await;
    assert!(report.head_mended && report.cut.is_empty() && report.set_aside.is_empty());
    assert_eq!(store.append(session(2), b"next").await.unwrap(), 4);
    store.verify_chain().unwrap();
    store.close().await.unwrap();
    place.open_whole();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_head_and_witness_the_log_ends_with_its_last_whole_record() {
    let place = Place::new();
    let store = place.open_whole();
    fill(&store, 3).await;
    store.close().await.unwrap();
    std::fs::remove_file(place.path().join("witness")).unwrap();
    place.tamper(|log| {
        log.remove("Mhead").unwrap().unwrap();
        flip(log, 3, 100);
    });

    let (store, report) = place.open();

    assert!(report.head_mended);
    assert_eq!((report.records, report.cut.as_slice()), (2, [3].as_slice()));
    assert_eq!(store.append(session(2), b"next").await.unwrap(), 3);
    store.verify_chain().unwrap();
    store.close().await.unwrap();
    place.open_whole();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_slot_of_the_witness_costs_nothing() {
    let place = Place::new();
    let store = place.open_whole();
    fill(&store, 3).await;
    store.close().await.unwrap();
    let path = place.path().join("witness");
    let whole = std::fs::read(&path).unwrap();
    for slot in [0, 4096] {
        let mut torn = whole.clone();
        torn[slot + 50..slot + 80].fill(0);
        std::fs::write(&path, torn).unwrap();
        let store = place.open_whole();
        assert_eq!(store.verify_chain().unwrap(), 3);
        store.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_went_back_is_told_and_goes_on_after_what_it_lost() {
    let (place, earlier) = (Place::new(), Place::new());
    let store = place.open_whole();
    fill(&store, 3).await;
    crate::copy(&place.path(), &earlier.path());
    fill(&store, 2).await;
    let lost = store.records(session(1)).unwrap();
    let picture = store.put_evidence(session(1), b"picture").await.unwrap();
    store.close().await.unwrap();
    std::fs::remove_dir_all(place.path().join("log")).unwrap();
    crate::copy(&earlier.path().join("log"), &place.path().join("log"));

    let (store, report) = place.open();

    assert_eq!((report.is_clean(), report.commits_lost), (false, 3));
    assert_eq!(
        (report.records, report.missing.as_slice()),
        (5, [5, 4].as_slice())
    );
    assert_eq!(
        report.orphans_removed, 0,
        "evidence whose note is lost stays"
    );
    assert!(matches!(store.get_evidence(session(1), &picture), Ok(bytes) if bytes == b"picture"));
    assert_eq!(store.append(session(2), b"next").await.unwrap(), 6);
    let next = &store.records(session(2)).unwrap()[0];
    assert_eq!(
        next.previous, lost[4].hash,
        "central can go on where it holds what was lost"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_value_in_anothers_place_does_not_open() {
    let (_place, store, report) = damaged(3, |log| {
        let head = log.get("Mhead").unwrap().unwrap();
        log.insert("Macknowledged", head).unwrap();
    })
    .await;
    assert_eq!((report.views_mended, store.acknowledged()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_as_many_records_are_checked_at_opening_as_the_config_says() {
    let place = Place::new();
    let store = place.open_whole();
    fill(&store, 6).await;
    store.close().await.unwrap();
    place.tamper(|log| flip(log, 2, 100));
    let mut config = place.config();
    config.checked_at_open = 3;

    let (store, report) = Store::open(&config, device_key()).unwrap();

    assert_eq!((report.is_clean(), report.checked), (true, 3));
    assert!(
        matches!(store.verify_chain(), Err(StoreError::Chain(_))),
        "found when all is read"
    );
    assert!(
        store.events(session(1)).is_err(),
        "and whenever it is needed"
    );
}
