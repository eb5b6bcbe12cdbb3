//! The log read as an audit: whoever changes, removes, moves or forges records in the store's files is found, by number.

use std::collections::BTreeMap;
use std::ops::Range;

use kiosk_store::{LogFault, Store, Wrong, is_stream, stream_id};
use kiosk_wire::Record;
use rand::{Rng, SeedableRng, rngs::StdRng};
use uuid::Uuid;

use crate::{Place, asked, copy, device_key, session};

const RECORDS: u64 = 40;
/// Bytes of a record's value before its previous hash, its own hash, and its content.
const PREVIOUS: usize = 17;
const HASH: usize = PREVIOUS + 32;
const SEALED: usize = HASH + 32;

/// Two sessions and a stream, in turn; every event is as long as every other.
async fn fill(store: &Store) {
    let of = [session(1), stream_id(b"audit"), session(2)];
    for number in 1..=RECORDS {
        let event = format!("event {number:04}");
        let id = of[usize::try_from(number % 3).unwrap()];
        let appended = store.append(id, event.as_bytes()).await.unwrap();
        assert_eq!(appended, number);
    }
}

fn faults(store: &Store) -> Vec<LogFault> {
    store.verify_log(|_| {}).unwrap().faults
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_log_has_no_fault_and_shows_everything_that_opens() {
    let place = Place::new();
    let store = place.open_whole();
    assert!(faults(&store).is_empty(), "an empty log is whole");
    fill(&store).await;
    let mut shown = Vec::new();

    let verdict = store
        .verify_log(|line| shown.push((line.number, line.event.to_vec())))
        .unwrap();

    assert!(verdict.faults.is_empty(), "{:?}", verdict.faults);
    assert_eq!((verdict.records, verdict.newest), (RECORDS, RECORDS));
    let last = store.records(stream_id(b"audit")).unwrap().pop().unwrap();
    assert_eq!((last.number, last.hash), (RECORDS, verdict.head));
    let expected = (1..=RECORDS).map(|number| (number, format!("event {number:04}").into_bytes()));
    assert!(shown.into_iter().eq(expected));
    assert_eq!(
        store.sessions().unwrap(),
        [session(1), session(2)],
        "streams are no sessions"
    );
    assert!(is_stream(stream_id(b"audit")) && !is_stream(session(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_erased_or_forgotten_is_passed_over_and_is_no_fault() {
    let place = Place::new();
    let store = place.open_whole();
    fill(&store).await;
    store.erase(session(1), asked()).await.unwrap();
    store.acknowledge(RECORDS + 1).await.unwrap();
    assert!(store.forget(session(2)).await.unwrap());
    let mut shown = Vec::new();

    let verdict = store.verify_log(|line| shown.push(line.session)).unwrap();

    assert!(verdict.faults.is_empty(), "{:?}", verdict.faults);
    assert_eq!(
        verdict.records,
        RECORDS + 1,
        "the erasure's own record, too"
    );
    assert!(shown.iter().all(|id| *id == stream_id(b"audit")));
    let upwards = read(&store, false, |_| true);
    assert_eq!(upwards.len(), shown.len());
}

/// Everything in pages of 3.
fn read(store: &Store, backwards: bool, wanted: impl Fn(Uuid) -> bool) -> Vec<u64> {
    let mut numbers = Vec::new();
    let mut next = Some(if backwards { u64::MAX } else { 0 });
    while let Some(from) = next {
        let (lines, on) = store.read_log((from, backwards), 3, &wanted).unwrap();
        assert!(lines.len() <= 3);
        numbers.extend(lines.iter().map(|line| line.number));
        next = on;
    }
    numbers
}

#[tokio::test(flavor = "multi_thread")]
async fn it_reads_in_pages_both_ways_and_only_what_is_wanted() {
    let place = Place::new();
    let store = place.open_whole();
    fill(&store).await;

    let all: Vec<u64> = (1..=RECORDS).collect();
    assert_eq!(read(&store, false, |_| true), all);
    let back: Vec<u64> = all.iter().rev().copied().collect();
    assert_eq!(read(&store, true, |_| true), back);
    let own = read(&store, false, |id| id == session(2));
    let expected: Vec<u64> = all.iter().copied().filter(|n| n % 3 == 2).collect();
    assert_eq!(own, expected);
    assert!(read(&store, false, |_| false).is_empty());
}

/// A journal in the hands of somebody who knows its form and has no key.
struct Forger {
    path: std::path::PathBuf,
    bytes: Vec<u8>,
    /// Where the record of a number has its kind's byte, and its value.
    records: BTreeMap<u64, (usize, Range<usize>)>,
    /// Where frames begin, with the lengths of their bodies.
    frames: Vec<(usize, usize)>,
}

impl Forger {
    fn new(place: &Place) -> Self {
        let path = place.segments().pop().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let mut forger = Self {
            path,
            bytes,
            records: BTreeMap::new(),
            frames: Vec::new(),
        };
        let mut at = 0;
        while let Some(begin) = forger.bytes[at..]
            .windows(4)
            .position(|some| some == b"kjF1")
        {
            let begin = at + begin;
            let length = forger.number(begin + 4, 4);
            forger.frames.push((begin, length));
            forger.index(begin + 20, length);
            at = begin + 20 + length;
        }
        forger
    }

    fn number(&self, at: usize, bytes: usize) -> usize {
        let digits = &self.bytes[at..at + bytes];
        digits
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
    }

    fn index(&mut self, body: usize, length: usize) {
        let mut at = body;
        while at < body + length {
            let (key, value) = (self.number(at + 1, 2), self.number(at + 3, 4));
            let place = at + 7 + key;
            if self.bytes[at + 7] == b'R' && key == 9 {
                let number = self.number(at + 8, 8) as u64;
                self.records.insert(number, (at, place..place + value));
            }
            at = place + value;
        }
    }

    fn value(&self, number: u64) -> Vec<u8> {
        self.bytes[self.records[&number].1.clone()].to_vec()
    }

    fn put(&mut self, number: u64, value: &[u8]) {
        let place = self.records[&number].1.clone();
        self.bytes[place].copy_from_slice(value);
    }

    fn change(&mut self, number: u64, byte: usize) {
        let mut value = self.value(number);
        value[byte] ^= 1;
        self.put(number, &value);
    }

    /// In the frame stands that the record was removed.
    fn remove(&mut self, number: u64) {
        let at = self.records[&number].0;
        self.bytes[at] = 0;
    }

    fn swap(&mut self, one: u64, other: u64) {
        let (first, second) = (self.value(one), self.value(other));
        self.put(one, &second);
        self.put(other, &first);
    }

    /// Changes a record's content and makes all hashes from there on anew.
    fn forge(&mut self, number: u64) {
        self.change(number, SEALED + 30);
        for number in number..=RECORDS {
            let mut value = self.value(number);
            let before = match number {
                1 => [0; 32].to_vec(),
                _ => self.value(number - 1)[HASH..SEALED].to_vec(),
            };
            let session = Uuid::from_slice(&value[1..PREVIOUS]).unwrap();
            let previous = before.clone().try_into().unwrap();
            let sealed = value[SEALED..].to_vec();
            let kiosk = "kiosk-1".parse().unwrap();
            let forged = Record::chain(kiosk, number, session, previous, sealed);
            value[PREVIOUS..HASH].copy_from_slice(&before);
            value[HASH..SEALED].copy_from_slice(&forged.hash);
            self.put(number, &value);
        }
    }

    /// Puts the file back with every checksum right.
    fn write(mut self) {
        for (at, length) in self.frames.clone() {
            let mut sum = 1u64.to_be_bytes().to_vec();
            sum.extend((at as u64).to_be_bytes());
            sum.extend(&self.bytes[at + 4..at + 8]);
            sum.extend(&self.bytes[at + 12..at + 20]);
            sum.extend(&self.bytes[at + 20..at + 20 + length]);
            let sum = crc32c::crc32c(&sum).to_be_bytes();
            self.bytes[at + 8..at + 12].copy_from_slice(&sum);
        }
        std::fs::write(&self.path, &self.bytes).unwrap();
    }
}

/// A copy of `whole` that somebody has been at; its view as it was, or made anew from the journal.
fn tampered(whole: &Place, keep_view: bool, tamper: impl FnOnce(&mut Forger)) -> Vec<LogFault> {
    let place = Place::new();
    copy(&whole.path(), &place.path());
    match keep_view {
        true => {
            std::fs::copy(whole.path().join("stand"), place.path().join("stand")).unwrap();
        }
        false => std::fs::remove_dir_all(place.path().join("log")).unwrap(),
    }
    let mut forger = Forger::new(&place);
    tamper(&mut forger);
    forger.write();
    // What a start looks at it sets aside: here the newest record alone.
    let mut config = place.config();
    config.checked_at_open = 1;
    let (store, _) = Store::open(&config, device_key()).unwrap();
    faults(&store)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_removed_moved_or_forged_record_is_named_whatever_becomes_of_the_view() {
    let whole = Place::new();
    let store = whole.open_whole();
    fill(&store).await;
    store.close().await.unwrap();
    assert!(tampered(&whole, true, |_| {}).is_empty());
    assert!(tampered(&whole, false, |_| {}).is_empty());

    let mut kinds = [0; 4];
    for seed in 0..48 {
        let mut rng = StdRng::seed_from_u64(seed);
        let keep_view = seed % 2 == 0;
        let kind = usize::try_from(seed / 2 % 4).unwrap();
        let number = rng.random_range(1..=RECORDS);
        let other = (number + rng.random_range(1..RECORDS) - 1) % RECORDS + 1;
        let found = tampered(&whole, keep_view, |forger| match kind {
            0 => {
                let bytes = forger.value(number).len();
                forger.change(number, rng.random_range(0..bytes));
            }
            1 => forger.remove(number),
            2 => forger.swap(number, other),
            _ => forger.forge(number),
        });
        let named = |number: u64| found.iter().any(|fault| fault.number == number);
        let told = format!("seed {seed}, record {number}, other {other}: {found:?}");
        match kind {
            // The view alone says what lies where: the journal's word counts once the view is made anew.
            1 if keep_view => assert!(found.is_empty() || named(number), "{told}"),
            2 => assert!(named(number) && named(other), "{told}"),
            _ => assert!(named(number), "{told}"),
        }
        if kind == 2 && number.max(other) < RECORDS {
            let moved = Wrong::Moved { from: other };
            let is_it = |fault: &LogFault| fault.number == number && fault.wrong == moved;
            assert!(found.iter().any(is_it), "{told}");
        }
        let innocent = |fault: &&LogFault| {
            let touched = [number, other, RECORDS];
            !touched.contains(&fault.number) && !touched.contains(&(fault.number - 1))
        };
        assert!(found.iter().find(innocent).is_none(), "{told}");
        kinds[kind] += 1;
    }
    println!("{kinds:?} logs changed, removed from, reordered, forged: each named by number");
}
