//! The power goes at a random moment: whatever the store had acknowledged is there when it comes back.
//!
//! ```text
//!  boot ──► the driver checks what it finds, then writes ──► TOLD … TOLD … ──► power cut ──► boot …
//!              │                                               │                  │
//!      every number told before,                       on the serial line    the disk keeps what was flushed
//!      with the same hash, a whole chain                                     and a random part of the rest
//! ```
//!
//! `KIOSK_CUTS` says how many. The control leaves every sync out and must lose what it told: a method that finds
//! nothing there would find nothing anywhere.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

mod guest;
mod nbd;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use guest::Guest;
use nbd::Served;

/// Cuts where nobody says how many.
const CUTS: u32 = 10;
const DISK_BYTES: u64 = 64 * 1024 * 1024;
/// Lines that may wait; when there are more, the serial line waits.
const HEARD: usize = 1024;
/// A guest that has said nothing for so long hangs.
const SILENT: Duration = Duration::from_secs(90);

/// What one life of the guest said.
#[derive(Debug, Default)]
struct Life {
    refused: Option<String>,
    newest: u64,
    links: BTreeMap<u64, String>,
    told: BTreeMap<u64, String>,
}

impl Life {
    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let numbered = |hash: &str, number: &str| Some((number.parse().ok()?, hash.to_owned()));
        match words[..] {
            ["REFUSED", ..] => self.refused = Some(line.to_owned()),
            ["HOLDS", newest, ..] => self.newest = newest.parse().unwrap(),
            ["LINK", number, hash] => self.links.extend(numbered(hash, number)),
            // A line that the cut has torn has a short hash.
            ["TOLD", number, hash] if hash.len() == 64 => self.told.extend(numbered(hash, number)),
            _ => {}
        }
    }
}

/// Boots, lets it write for a random while, cuts. Gives what it said and the disk after.
fn live(
    guest: &Guest,
    disk: Vec<u8>,
    driver: &str,
    random: &mut StdRng,
) -> (Life, Vec<u8>, usize, u64) {
    let served = Served::start(disk).unwrap();
    let mut qemu = guest.boot(served.port, driver);
    let out = BufReader::new(qemu.stdout.take().unwrap());
    let (lines, heard) = mpsc::sync_channel(HEARD);
    let reader = std::thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            let _ = lines.send(line);
        }
    });
    let mut life = Life::default();
    while life.told.is_empty() && life.refused.is_none() {
        let line = heard.recv_timeout(SILENT).unwrap_or_else(|_| {
            let _ = qemu.kill();
            panic!("the guest says nothing for {SILENT:?}: {life:?}")
        });
        life.hear(&line);
    }
    if life.refused.is_none() {
        std::thread::sleep(Duration::from_millis(random.random_range(0..1500)));
    }
    let (after, lost, flushes) = served.cut(random);
    qemu.kill().unwrap();
    qemu.wait().unwrap();
    // Until the reader has come to the end of what was said.
    heard.iter().for_each(|line| life.hear(&line));
    reader.join().unwrap();
    (life, after, lost, flushes)
}

/// The acknowledged events that a later life lacks: none, where the newest one told has the hash that it had and the
/// chain, which the driver has walked, is whole.
fn missing(told: &BTreeMap<u64, String>, next: &Life) -> u64 {
    let Some((newest, hash)) = told.last_key_value() else {
        return 0;
    };
    match next.refused.is_none() && next.links.get(newest) == Some(hash) {
        true => 0,
        false => newest.saturating_sub(next.newest).max(1),
    }
}

fn cuts() -> u32 {
    let wished = std::env::var("KIOSK_CUTS").ok();
    wished.and_then(|cuts| cuts.parse().ok()).unwrap_or(CUTS)
}

fn guest(folder: &Path) -> Guest {
    Guest::make(folder, Path::new(env!("CARGO_BIN_EXE_store-driver")))
}

#[test]
fn nothing_that_was_acknowledged_is_lost_by_a_power_cut_and_without_syncs_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let guest = guest(folder.path());
    let empty = guest::file_system(folder.path(), DISK_BYTES);
    let seed: u64 = rand::rng().random();
    let mut random = StdRng::seed_from_u64(seed);

    let (mut disk, mut told) = (empty.clone(), BTreeMap::new());
    let (mut dropped, mut syncs) = (0, 0);
    for cut in 1..=cuts() {
        let (life, after, lost, flushes) = live(&guest, disk, "synced", &mut random);
        assert!(
            life.refused.is_none(),
            "seed {seed}, before cut {cut}: {:?}",
            life.refused
        );
        assert_eq!(
            missing(&told, &life),
            0,
            "seed {seed}, after cut {}",
            cut - 1
        );
        told.extend(life.told);
        (disk, dropped, syncs) = (after, dropped + lost, syncs + flushes);
    }
    let (last, ..) = live(&guest, disk, "synced", &mut random);
    assert!(last.refused.is_none(), "seed {seed}: {:?}", last.refused);
    assert_eq!(missing(&told, &last), 0, "seed {seed}, after the last cut");

    let (life, disk, ..) = live(&guest, empty, "unsynced", &mut random);
    let (next, ..) = live(&guest, disk, "unsynced", &mut random);
    let lost = missing(&life.told, &next);
    assert!(
        lost > 0,
        "without any sync nothing was lost: the method finds nothing"
    );

    println!(
        "{} power cuts: {} events acknowledged, {} in the log, 0 lost; the disk dropped or tore {dropped} writes, \
         flushed {syncs} times. Control without syncs: {} acknowledged, {}",
        cuts(),
        told.len(),
        last.newest,
        life.told.len(),
        next.refused
            .unwrap_or_else(|| format!("at least {lost} lost")),
    );
}
