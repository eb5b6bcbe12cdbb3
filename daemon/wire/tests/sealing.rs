//! Sealing: only the right key opens, only in the right place, and central alone opens the keys.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use kiosk_wire::{
    Batch, BatchSignature, CentralPublicKey, CentralSecretKey, DataKey, FIRST_PREVIOUS, KioskId,
    OVERHEAD, OsRandom, Random, Record, SealedKey, WireError, limits, open_evidence, open_record,
    seal_evidence, seal_record,
};
use proptest::prelude::*;
use uuid::Uuid;

const SESSION: Uuid = Uuid::from_u128(7);

fn kiosk() -> KioskId {
    "kiosk-1".parse().unwrap()
}

fn key() -> DataKey {
    DataKey::generate(&OsRandom).unwrap()
}

fn record(key: &DataKey, number: u64, event: &[u8]) -> Record {
    let sealed = seal_record(key, &OsRandom, &kiosk(), number, SESSION, event).unwrap();
    Record::chain(kiosk(), number, SESSION, FIRST_PREVIOUS, sealed)
}

proptest! {
    #[test]
    fn what_was_sealed_opens_and_nothing_of_it_can_be_read_before(event in proptest::collection::vec(any::<u8>(), 16..200)) {
        let key = key();
        let record = record(&key, 1, &event);
        prop_assert_eq!(open_record(&key, &record).unwrap(), event.clone());
        prop_assert_eq!(record.sealed.len(), event.len() + OVERHEAD);
        let window = &event[..16];
        prop_assert!(!record.sealed.windows(16).any(|bytes| bytes == window));
    }

    #[test]
    fn a_flipped_bit_does_not_open(place in 0..64usize, bit in 0..8u32) {
        let key = key();
        let mut record = record(&key, 1, &[9; 24]);
        record.sealed[place] ^= 1 << bit;
        prop_assert_eq!(open_record(&key, &record), Err(WireError::DoesNotOpen));
    }
}

#[test]
fn a_value_moved_to_another_place_does_not_open() {
    let key = key();
    let record = record(&key, 1, b"event");
    let moves: [fn(&mut Record); 4] = [
        |record| record.number = 2,
        |record| record.session = Uuid::from_u128(8),
        |record| record.kiosk = "kiosk-2".parse().unwrap(),
        |record| record.version = 2,
    ];
    for moved in moves {
        let mut elsewhere = record.clone();
        moved(&mut elsewhere);
        assert_eq!(open_record(&key, &elsewhere), Err(WireError::DoesNotOpen));
    }
}

#[test]
fn evidence_opens_only_for_its_session_and_not_as_a_record() {
    let key = key();
    let sealed = seal_evidence(&key, &OsRandom, &kiosk(), SESSION, b"picture").unwrap();
    assert_eq!(
        open_evidence(&key, &kiosk(), SESSION, &sealed).unwrap(),
        b"picture"
    );
    let other = Uuid::from_u128(8);
    assert_eq!(
        open_evidence(&key, &kiosk(), other, &sealed),
        Err(WireError::DoesNotOpen)
    );
    let as_record = Record::chain(kiosk(), 1, SESSION, FIRST_PREVIOUS, sealed);
    assert_eq!(open_record(&key, &as_record), Err(WireError::DoesNotOpen));
}

#[test]
fn something_too_short_to_be_sealed_does_not_open() {
    for length in 0..OVERHEAD {
        let sealed = vec![0; length];
        assert_eq!(
            open_evidence(&key(), &kiosk(), SESSION, &sealed),
            Err(WireError::DoesNotOpen)
        );
    }
}

#[test]
fn central_alone_opens_a_session_key_and_only_for_its_kiosk_and_session() {
    let (central, other) = (
        CentralSecretKey::generate(&OsRandom).unwrap(),
        CentralSecretKey::generate(&OsRandom).unwrap(),
    );
    let key = key();
    let sealed = SealedKey::seal(&central.public(), &OsRandom, &kiosk(), SESSION, &key).unwrap();

    assert_eq!(
        sealed.open(&central, &kiosk()).unwrap().expose(),
        key.expose()
    );
    assert_eq!(sealed.sealed.len(), limits::SEALED_KEY_BYTES);
    assert!(sealed.open(&other, &kiosk()).is_err());
    assert!(sealed.open(&central, &"kiosk-2".parse().unwrap()).is_err());
    let moved = SealedKey {
        session: Uuid::from_u128(8),
        ..sealed.clone()
    };
    assert!(moved.open(&central, &kiosk()).is_err());
    for length in [0, 31, 32, 79] {
        let cut = SealedKey {
            sealed: sealed.sealed[..length].to_vec(),
            ..sealed.clone()
        };
        assert!(cut.open(&central, &kiosk()).is_err());
    }
}

/// RFC 9180, appendix A.2.1 (DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305): its recipient's key pair.
#[test]
fn a_key_pair_of_the_rfc_is_read_from_its_text() {
    let secret = "kioskd-central-secret-key-v1 8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb\n";
    let public = "kioskd-central-public-key-v1 4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a\n";
    let key: CentralSecretKey = secret.parse().unwrap();
    assert_eq!(key.public().to_text(), public);
    assert_eq!(*key.to_text(), secret);
    assert_eq!(public.parse::<CentralPublicKey>().unwrap(), key.public());
}

#[test]
fn a_key_file_of_another_kind_is_refused_with_the_form_it_should_have() {
    let central = CentralSecretKey::generate(&OsRandom).unwrap();
    for text in [
        "",
        "xyz",
        central.to_text().as_str(),
        "kioskd-central-public-key-v1 00ff",
    ] {
        let refused = text.parse::<CentralPublicKey>().unwrap_err();
        assert!(
            refused
                .to_string()
                .contains("kioskd-central-public-key-v1 <64 hex digits>")
        );
    }
    assert!(
        central
            .public()
            .to_text()
            .parse::<CentralSecretKey>()
            .is_err()
    );
}

#[test]
fn keys_never_show_themselves() {
    let central = CentralSecretKey::generate(&OsRandom).unwrap();
    assert_eq!(
        format!("{:?} {:?}", key(), central),
        "DataKey(..) CentralSecretKey(..)"
    );
}

#[test]
fn without_randomness_nothing_is_sealed() {
    struct Dry;
    impl Random for Dry {
        fn fill(&self, _: &mut [u8]) -> Result<(), WireError> {
            Err(WireError::Randomness("dry".into()))
        }
    }
    assert!(DataKey::generate(&Dry).is_err());
    assert!(CentralSecretKey::generate(&Dry).is_err());
    assert!(seal_record(&key(), &Dry, &kiosk(), 1, SESSION, b"event").is_err());
}

fn batch() -> Batch {
    let first = record(&key(), 1, b"one");
    let second = Record::chain(kiosk(), 2, SESSION, first.hash, vec![0; 50]);
    Batch::unsigned(kiosk(), vec![first, second], vec![])
}

#[test]
fn a_batch_is_checked_by_itself() {
    assert_eq!(batch().check(), Ok(()));
    assert_eq!(
        Batch {
            records: vec![],
            ..batch()
        }
        .check(),
        Err(WireError::BatchEmpty)
    );
    let foreign = Batch {
        kiosk: "kiosk-2".parse().unwrap(),
        ..batch()
    };
    assert_eq!(foreign.check(), Err(WireError::ForeignRecord));
    let mut swapped = batch();
    swapped.records.reverse();
    assert!(matches!(swapped.check(), Err(WireError::Chain(_))));
    let mut large = batch();
    large.records[1] = Record::chain(
        kiosk(),
        2,
        SESSION,
        large.records[0].hash,
        vec![0; limits::BATCH_SEALED_BYTES],
    );
    assert!(matches!(
        large.check(),
        Err(WireError::BatchTooLarge {
            unit: "sealed bytes",
            ..
        })
    ));
}

#[test]
fn a_record_numbered_zero_or_at_the_end_of_numbers_is_refused_without_a_panic() {
    for number in [0, u64::MAX] {
        let mut wrong = batch();
        wrong.records =
            vec![Record::chain(kiosk(), number, SESSION, FIRST_PREVIOUS, vec![0; 50]); 2];
        assert!(
            matches!(wrong.check(), Err(WireError::Chain(_))),
            "{number}"
        );
    }
}

#[test]
fn whatever_is_changed_in_a_batch_changes_what_is_signed() {
    type Change = (&'static str, fn(&mut Batch));
    let key = |session: u128, sealed: &[u8]| SealedKey {
        session: Uuid::from_u128(session),
        sealed: sealed.to_vec(),
    };
    let whole = Batch::unsigned(
        kiosk(),
        batch().records,
        vec![key(1, b"one"), key(2, b"two")],
    );
    let changes: [Change; 7] = [
        ("a record's content", |batch| {
            let first = &batch.records[0];
            let before = (
                first.kiosk.clone(),
                first.number,
                first.session,
                first.previous,
            );
            let first = Record::chain(before.0, before.1, before.2, before.3, vec![9; 50]);
            let second = &batch.records[1];
            let next = Record::chain(
                second.kiosk.clone(),
                second.number,
                second.session,
                first.hash,
                second.sealed.clone(),
            );
            batch.records = vec![first, next];
        }),
        ("the last record left out", |batch| {
            drop(batch.records.pop())
        }),
        ("the first record left out", |batch| {
            batch.records.remove(0);
        }),
        ("a key left out", |batch| drop(batch.keys.pop())),
        ("a key's bytes", |batch| batch.keys[0].sealed[0] ^= 1),
        ("a key's session", |batch| {
            batch.keys[0].session = Uuid::from_u128(3);
        }),
        ("bytes that went from one key to the next", |batch| {
            batch.keys[0].sealed.push(b't');
            batch.keys[1].sealed.remove(0);
        }),
    ];
    for (what, change) in changes {
        let mut changed = whole.clone();
        change(&mut changed);
        assert_ne!(changed.signed_bytes(), whole.signed_bytes(), "{what}");
    }
}

#[test]
fn the_longest_record_fits_a_packet_of_mqtt() {
    let sealed = vec![255; limits::RECORD_BYTES];
    let record = Record::chain(kiosk(), u64::MAX, SESSION, [255; 32], sealed);
    let key = SealedKey {
        session: SESSION,
        sealed: vec![255; limits::SEALED_KEY_BYTES],
    };
    let mut batch = Batch::unsigned(kiosk(), vec![record], vec![key]);
    batch.signature = Some(BatchSignature {
        certificate: "c".repeat(16 * 1024),
        signature: vec![255; 72],
    });
    let packet = serde_json::to_vec(&batch).unwrap().len() + 1024;
    assert!(packet <= limits::MQTT_BATCH_PACKET_BYTES, "{packet}");
}

#[test]
fn the_largest_batch_fits_its_body() {
    let one = limits::BATCH_SEALED_BYTES / limits::BATCH_RECORDS;
    let long: KioskId = "k".repeat(64).parse().unwrap();
    let record = Record::chain(long.clone(), u64::MAX, SESSION, [255; 32], vec![255; one]);
    let key = SealedKey {
        session: SESSION,
        sealed: vec![255; limits::SEALED_KEY_BYTES],
    };
    let (records, keys) = (
        vec![record; limits::BATCH_RECORDS],
        vec![key; limits::BATCH_RECORDS],
    );
    let mut batch = Batch::unsigned(long, records, keys);
    batch.signature = Some(BatchSignature {
        certificate: "c".repeat(16 * 1024),
        signature: vec![255; 72],
    });
    let body = serde_json::to_vec(&batch).unwrap();
    assert!(body.len() <= limits::BATCH_BODY_BYTES, "{}", body.len());
    assert_eq!(serde_json::from_slice::<Batch>(&body).unwrap(), batch);
}
