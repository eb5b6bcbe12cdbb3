//! The journal torn or overwritten at random: nothing that was acknowledged is lost without a word.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use kiosk_store::Store;
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{Place, copy, device_key, fill};

const RECORDS: u64 = 300;
const DAMAGED: u64 = 24;

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_journal_never_loses_a_record_silently_nor_gives_its_number_again() {
    let place = Place::new();
    let store = place.open_whole();
    fill(&store, RECORDS).await;
    store.close().await.unwrap();
    let segment = place.segments().pop().unwrap();
    let name = segment.file_name().unwrap();
    let length = std::fs::metadata(&segment).unwrap().len();
    let (mut opened, mut refused, mut lost) = (0, 0, 0);
    for seed in 0..DAMAGED {
        let mut rng = StdRng::seed_from_u64(seed);
        let torn = Place::new();
        copy(&place.path(), &torn.path());
        let file = OpenOptions::new()
            .write(true)
            .open(torn.path().join("journal").join(name))
            .unwrap();
        match seed % 2 {
            0 => file.set_len(rng.random_range(0..length)).unwrap(),
            _ => file
                .write_all_at(&rng.random::<[u8; 32]>(), rng.random_range(0..length))
                .unwrap(),
        }
        drop(file);
        if seed % 3 == 0 {
            std::fs::remove_dir_all(torn.path().join("log")).unwrap();
        }
        match Store::open(&torn.config(), device_key()) {
            Ok((store, report)) => {
                opened += 1;
                assert_eq!(report.records, RECORDS, "seed {seed}");
                let gone = report.missing.len() + report.set_aside.len();
                lost = lost.max(gone);
                assert_eq!(
                    store.verify_chain().is_ok(),
                    gone == 0,
                    "seed {seed}: {report:?}"
                );
                assert!(gone == 0 || !report.is_clean(), "seed {seed}: {report:?}");
                let next = store.append(crate::session(9), b"goes on").await.unwrap();
                assert_eq!(next, RECORDS + 1, "seed {seed}");
            }
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().is_empty());
            }
        }
    }
    println!(
        "{DAMAGED} damaged journals of {RECORDS} records: {opened} opened, {refused} refused with a reason, \
         none lost without a word; {lost} records at worst"
    );
}
