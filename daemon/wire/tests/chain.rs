//! The chain: whatever is edited, reordered, removed or moved shows.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use kiosk_wire::{Chain, ChainFault, FIRST_PREVIOUS, KioskId, Record};
use proptest::prelude::*;
use uuid::Uuid;

fn kiosk() -> KioskId {
    "kiosk-1".parse().unwrap()
}

fn log(payloads: &[Vec<u8>]) -> Vec<Record> {
    let mut previous = FIRST_PREVIOUS;
    payloads
        .iter()
        .zip(1..)
        .map(|(sealed, number)| {
            let session = Uuid::from_u128(u128::from(number % 3));
            let record = Record::chain(kiosk(), number, session, previous, sealed.clone());
            previous = record.hash;
            record
        })
        .collect()
}

fn walk(records: &[Record]) -> Result<Chain, ChainFault> {
    let mut chain = Chain::default();
    records.iter().try_for_each(|record| chain.accept(record))?;
    Ok(chain)
}

fn logs() -> impl Strategy<Value = Vec<Record>> {
    proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 2..12)
        .prop_map(|payloads| log(&payloads))
}

/// One change to one record, each of another kind.
fn edit(record: &mut Record, kind: usize, bit: usize) {
    let flip = |bytes: &mut [u8]| bytes[bit / 8 % bytes.len()] ^= 1 << (bit % 8);
    match kind {
        0 => record.number += 1,
        1 => record.session = Uuid::from_u128(record.session.as_u128() ^ (1 << bit)),
        2 => flip(&mut record.previous),
        3 => flip(&mut record.hash),
        4 => record.kiosk = "kiosk-2".parse().unwrap(),
        5 => record.version += 1,
        6 if record.sealed.is_empty() => record.sealed.push(0),
        _ => flip(&mut record.sealed),
    }
}

proptest! {
    #[test]
    fn an_untouched_log_verifies(records in logs()) {
        let chain = walk(&records).unwrap();
        prop_assert_eq!(chain.newest(), records.len() as u64);
        prop_assert_eq!(chain.head(), records.last().unwrap().hash);
    }

    #[test]
    fn an_edited_record_breaks_the_chain(
        mut records in logs(), place in any::<prop::sample::Index>(), kind in 0..7usize, bit in 0..128usize,
    ) {
        let place = place.index(records.len());
        edit(&mut records[place], kind, bit);
        prop_assert!(walk(&records).is_err());
    }

    #[test]
    fn an_edited_record_with_a_recomputed_hash_breaks_the_link_after_it(
        mut records in logs(), place in any::<prop::sample::Index>(), extra in any::<u8>(),
    ) {
        let place = place.index(records.len() - 1);
        let old = records[place].clone();
        let sealed = [old.sealed.as_slice(), &[extra]].concat();
        records[place] = Record::chain(old.kiosk, old.number, old.session, old.previous, sealed);
        prop_assert_eq!(walk(&records), Err(ChainFault::Link { number: old.number + 1 }));
    }

    #[test]
    fn a_removed_record_breaks_the_chain_unless_it_was_the_last(
        mut records in logs(), place in any::<prop::sample::Index>(),
    ) {
        let place = place.index(records.len() - 1);
        records.remove(place);
        prop_assert!(walk(&records).is_err());
    }

    #[test]
    fn two_records_that_changed_places_break_the_chain(
        mut records in logs(), one in any::<prop::sample::Index>(), two in any::<prop::sample::Index>(),
    ) {
        let (one, two) = (one.index(records.len()), two.index(records.len()));
        prop_assume!(one != two);
        records.swap(one, two);
        prop_assert!(walk(&records).is_err());
    }

    #[test]
    fn contents_that_changed_places_break_the_chain(
        mut records in logs(), one in any::<prop::sample::Index>(), two in any::<prop::sample::Index>(),
    ) {
        let (one, two) = (one.index(records.len()), two.index(records.len()));
        prop_assume!(records[one].sealed != records[two].sealed);
        let sealed = records[one].sealed.clone();
        records[one].sealed = std::mem::replace(&mut records[two].sealed, sealed);
        prop_assert!(walk(&records).is_err());
    }

    #[test]
    fn a_record_is_the_same_after_json(records in logs()) {
        for record in records {
            let json = serde_json::to_string(&record).unwrap();
            prop_assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);
        }
    }
}

#[test]
fn a_doubled_record_is_refused_and_the_chain_stands_where_it_stood() {
    let records = log(&[vec![1], vec![2]]);
    let mut chain = walk(&records).unwrap();
    let before = chain;

    let again = chain.accept(&records[1]);

    assert_eq!(
        again,
        Err(ChainFault::Number {
            expected: 3,
            found: 2
        })
    );
    assert_eq!(chain, before);
}

/// The form of version 1 may never change: records of it lie on kiosks and at central.
/// The digest was computed with Python's hashlib from the figure at the head of `record.rs`.
#[test]
fn the_hash_of_version_1_stays_what_it_is() {
    let record = Record::chain(
        kiosk(),
        1,
        Uuid::from_u128(0x0102),
        FIRST_PREVIOUS,
        b"sealed".to_vec(),
    );
    let named = "ef360e70e04d001ef246c611e367643ba04e7806f9cc9113cb51f20ed9a1c5cb";
    let json = serde_json::to_value(&record).unwrap();
    assert_eq!(json["hash"], named);
    assert_eq!(json["sealed"], "c2VhbGVk");
    assert_eq!(json["previous"], "0".repeat(64));
}
