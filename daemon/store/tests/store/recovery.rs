//! Recovery: torn tails are cut, bad records are set aside, the view is made anew; numbers are never given twice.

use kiosk_store::{RecoveryReport, Store, StoreError};
use kiosk_wire::Record;

use crate::{Place, device_key, fill, session};

/// A closed store of `count` records in one session, and these records.
async fn closed(count: u64) -> (Place, Vec<Record>) {
    let place = Place::new();
    let store = place.open_whole();
    fill(&store, count).await;
    let records = store.records(session(1)).unwrap();
    store.close().await.unwrap();
    (place, records)
}

/// The same with one byte of a record's sealed content changed.
async fn damaged(count: u64, number: u64) -> (Place, Store, RecoveryReport) {
    let (place, records) = closed(count).await;
    let (path, at) = place.find(&records[number as usize - 1].sealed);
    place.flip(&path, at);
    let (store, report) = place.open();
    (place, store, report)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_was_changed_or_lost_is_made_anew_and_nothing_else_is() {
    let key = |number: u64| [b"R".as_slice(), &number.to_be_bytes()].concat();
    type Change = Box<dyn Fn(&sled::Db)>;
    let changes: [(&str, Change); 5] = [
        (
            "an entry lost",
            Box::new(move |log| drop(log.remove(key(2)).unwrap().unwrap())),
        ),
        (
            "an entry changed",
            Box::new(move |log| {
                let mut entry = log.get(key(2)).unwrap().unwrap().to_vec();
                entry[12] ^= 1;
                log.insert(key(2), entry).unwrap();
            }),
        ),
        (
            "an entry added",
            Box::new(move |log| drop(log.insert(key(9), vec![0; 40]).unwrap())),
        ),
        (
            "two entries swapped",
            Box::new(move |log| {
                let (one, two) = (
                    log.get(key(1)).unwrap().unwrap(),
                    log.get(key(2)).unwrap().unwrap(),
                );
                log.insert(key(1), two).unwrap();
                log.insert(key(2), one).unwrap();
            }),
        ),
        ("all lost", Box::new(|log| log.clear().unwrap())),
    ];
    for (what, change) in changes {
        let (place, _) = closed(3).await;
        place.tamper(change);
        place.forget_closing();

        let (store, report) = place.open();

        assert!(report.is_clean(), "{what}: {report:?}");
        assert_eq!(
            report.view_rebuilt.is_some(),
            what != "all lost",
            "{what}: an empty one is only behind"
        );
        assert!(report.frames_replayed >= 3, "{what}");
        assert_eq!(store.events(session(1)).unwrap().len(), 3, "{what}");
        assert_eq!(store.append(session(1), b"next").await.unwrap(), 4);
        assert_eq!(store.verify_chain().unwrap(), 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sleds_files_may_be_anything() {
    let (place, _) = closed(3).await;
    for content in [vec![], vec![0; 9000], vec![0xa5; 700_000]] {
        std::fs::write(place.path().join("log/db"), content).unwrap();
        let (store, report) = place.open();
        assert!(report.is_clean(), "{report:?}");
        assert_eq!(store.events(session(1)).unwrap().len(), 3);
        store.close().await.unwrap();
    }
    std::fs::remove_dir_all(place.path().join("log")).unwrap();
    assert_eq!(place.open_whole().events(session(1)).unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn settled_files_of_sleds_that_were_changed_anywhere_are_noticed_and_made_anew() {
    const EVENTS: u64 = 200;
    let (place, _) = closed(EVENTS).await;
    let whole = std::fs::read(place.path().join("log/db")).unwrap();
    // Around the newest mark, where the newest pages stand: most of the file is room.
    let mark = whole.windows(4).rposition(|some| some == b"mark").unwrap();
    let (mut noticed, places) = (0, 24);
    for turn in 0..places {
        let copy = Place::new();
        crate::copy(&place.path(), &copy.path());
        std::fs::copy(place.path().join("stand"), copy.path().join("stand")).unwrap();
        let mut changed = whole.clone();
        let at = (mark + turn * 100).saturating_sub(places * 50);
        changed[at..at + 32]
            .iter_mut()
            .for_each(|byte| *byte ^= 0x55);
        std::fs::write(copy.path().join("log/db"), changed).unwrap();

        let (store, report) = copy.open();
        let verified = store.verify_view().await;
        let events = store.events(session(1));

        let whole = events.is_ok_and(|events| events.len() as u64 == EVENTS);
        assert!(
            whole || verified.is_err(),
            "at {at}: believed although it is not what it was: {report:?}"
        );
        // sled goes back where it finds its newest pages damaged: then the mark is not the one that was settled.
        let went_back = report.frames_replayed > 0;
        noticed += u32::from(verified.is_err() || report.view_rebuilt.is_some() || went_back);
        let _ = store.close().await;
        let (store, report) = copy.open();
        assert!(report.is_clean(), "at {at}: {report:?}");
        assert_eq!(store.events(session(1)).unwrap().len() as u64, EVENTS);
        assert_eq!(store.verify_chain().unwrap(), EVENTS);
        store.verify_view().await.unwrap();
    }
    assert!(noticed > 0, "nothing that sled reads was changed");
    println!("{places} places of sled's file changed, {noticed} noticed, none believed wrongly");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_is_behind_takes_over_what_it_lacks() {
    let (place, earlier) = (Place::new(), Place::new());
    let store = place.open_whole();
    fill(&store, 3).await;
    store.close().await.unwrap();
    crate::copy(&place.path(), &earlier.path());
    let store = place.open_whole();
    fill(&store, 2).await;
    store.close().await.unwrap();
    std::fs::remove_dir_all(place.path().join("log")).unwrap();
    crate::copy(&earlier.path().join("log"), &place.path().join("log"));

    let (store, report) = place.open();

    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.view_rebuilt, report.frames_replayed), (None, 2));
    assert_eq!(store.events(session(1)).unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_torn_behind_the_last_whole_frame_is_cut_and_kept_in_quarantine() {
    let (place, _) = closed(3).await;
    let last = place.segments().pop().unwrap();
    let whole = std::fs::read(&last).unwrap();
    std::fs::write(&last, [whole.as_slice(), &whole[64..200]].concat()).unwrap();

    let (store, report) = place.open();

    assert_eq!((report.torn_bytes, report.records), (136, 3));
    assert!(report.is_clean(), "it was promised to nobody");
    let kept = std::fs::read_to_string(report.quarantine.unwrap()).unwrap();
    assert_eq!(kept.lines().count(), 1);
    assert_eq!(store.append(session(1), b"next").await.unwrap(), 4);
    assert_eq!(store.verify_chain().unwrap(), 4);
    store.close().await.unwrap();
    assert_eq!(place.open().1.torn_bytes, 0, "told once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_record_is_set_aside_and_its_number_is_never_given_again() {
    for number in [1, 2] {
        let (place, store, report) = damaged(3, number).await;

        assert_eq!(report.set_aside, [number]);
        assert!(report.quarantine.is_some() && !report.is_clean());
        let hole = store.events(session(1)).unwrap_err();
        assert!(
            matches!(hole, StoreError::Record { number: n, .. } if n == number),
            "{hole}"
        );
        assert!(store.verify_chain().is_err());
        assert_eq!(store.append(session(2), b"next").await.unwrap(), 4);
        assert_eq!(store.events(session(2)).unwrap().len(), 1);
        store.close().await.unwrap();
        place.tamper(|log| log.clear().unwrap());

        let (_, report) = place.open();

        assert!(report.bad_bytes > 100, "the frame is no frame any more");
        assert_eq!(report.missing, [number]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_record_damaged_is_told_by_the_witness_and_its_number_is_not_given_again() {
    let (_place, store, report) = damaged(3, 3).await;
    assert_eq!((report.commits_lost, report.records), (1, 3));
    assert_eq!(report.missing, [3]);
    assert!(report.torn_bytes > 0 && !report.is_clean());
    assert_eq!(store.append(session(2), b"next").await.unwrap(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_past_a_gap_that_central_lacks() {
    let (place, store, report) = damaged(4, 3).await;

    assert_eq!(report.set_aside, [3]);
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
async fn a_journal_that_lost_its_last_segments_is_told_and_goes_on_after_what_it_lost() {
    let place = Place::new();
    let mut config = place.config();
    config.segment_bytes = 1024;
    let (store, _) = Store::open(&config, device_key()).unwrap();
    fill(&store, 8).await;
    let lost = store.records(session(1)).unwrap();
    let picture = store.put_evidence(session(1), b"picture").await.unwrap();
    store.close().await.unwrap();
    for segment in place.segments().iter().rev().take(2) {
        std::fs::remove_file(segment).unwrap();
    }

    let (store, report) = place.open();

    assert!(!report.is_clean() && report.commits_lost > 0, "{report:?}");
    assert_eq!((report.records, report.missing.first()), (8, Some(&8)));
    assert_eq!(report.view_rebuilt, Some("it is ahead of the journal"));
    assert_eq!(
        report.orphans_removed, 0,
        "evidence whose note is lost stays"
    );
    assert!(matches!(store.get_evidence(session(1), &picture), Ok(bytes) if bytes == b"picture"));
    assert_eq!(store.append(session(2), b"next").await.unwrap(), 9);
    let next = &store.records(session(2)).unwrap()[0];
    assert_eq!(
        next.previous, lost[7].hash,
        "central can go on where it holds what was lost"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_witness_costs_nothing() {
    let (place, _) = closed(3).await;
    let path = place.path().join("witness");
    let whole = std::fs::read(&path).unwrap();
    for slots in [&[0usize][..], &[4096], &[0, 4096]] {
        let mut torn = whole.clone();
        for slot in slots {
            torn[slot + 50..slot + 80].fill(0);
        }
        std::fs::write(&path, torn).unwrap();
        let store = place.open_whole();
        assert_eq!(store.verify_chain().unwrap(), 3);
        store.close().await.unwrap();
    }
    std::fs::write(&path, b"").unwrap();
    place.open_whole();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_value_in_anothers_place_does_not_open() {
    let (place, _) = closed(3).await;
    place.tamper(|log| {
        let head = log.get("Mhead").unwrap().unwrap();
        log.insert("Macknowledged", head).unwrap();
    });
    let (store, report) = place.open();
    assert_eq!((report.views_mended, store.acknowledged()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_as_many_records_are_checked_at_opening_as_the_config_says() {
    let (place, records) = closed(6).await;
    let (path, at) = place.find(&records[1].sealed);
    place.flip(&path, at);
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
