//! Start-up with a large backlog: ready soon, with little more memory than an empty store takes.
//!
//! `KIOSK_BACKLOG` says how many sessions; the issue asks for 200,000. Each has six events, a brief and a piece of
//! evidence, and central holds none of them. `KIOSK_BACKLOG_FOLDER` names a folder in which the filled store stays, and is
//! used again: filling takes minutes, opening is what is looked into.

#![expect(clippy::disallowed_methods, reason = "time is what is measured here")]

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use futures::future::join_all;
use kiosk_store::{Disk, LocalDisk, Store, StoreConfig};
use uuid::Uuid;

use crate::{Place, device_key};

const FOLDER: &str = "KIOSK_STORE_OPENED";
const SESSIONS: usize = 2_000;
const EVENTS: usize = 6;
const WRITERS: usize = 64;
const READY_WITHIN_MS: f64 = 5_000.0;
const MORE_THAN_EMPTY_KIB: u64 = 200 * 1024;

/// Syncs would take an hour here, and are not what is measured.
#[derive(Debug)]
struct Unsynced;

impl Disk for Unsynced {
    fn create(&self, path: &Path) -> io::Result<File> {
        LocalDisk.create(path)
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        LocalDisk.open(path)
    }

    fn write_at(&self, file: &File, path: &Path, bytes: &[u8], at: u64) -> io::Result<()> {
        LocalDisk.write_at(file, path, bytes, at)
    }

    fn set_length(&self, file: &File, path: &Path, length: u64) -> io::Result<()> {
        LocalDisk.set_length(file, path, length)
    }

    fn sync_file(&self, _: &File, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        LocalDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        LocalDisk.remove(path)
    }

    fn room(&self, folder: &Path) -> io::Result<u64> {
        LocalDisk.room(folder)
    }
}

fn settings(folder: &Path) -> StoreConfig {
    StoreConfig::new(folder, "kiosk-1".parse().unwrap())
}

async fn fill(folder: &Path, sessions: usize) {
    let mut config = settings(folder);
    config.disk = Arc::new(Unsynced);
    let (store, _) = Store::open(&config, device_key()).unwrap();
    let writers = (0..WRITERS).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in (writer..sessions).step_by(WRITERS) {
                let session = Uuid::new_v4();
                store.put_evidence(session, &[7; 100]).await.unwrap();
                for _ in 0..EVENTS {
                    let brief = vec![1; 30];
                    store
                        .append_briefed(session, vec![vec![7; 500]], brief)
                        .await
                        .unwrap();
                }
            }
        })
    });
    join_all(writers).await.into_iter().for_each(Result::unwrap);
    store.close().await.unwrap();
}

/// Not a test by itself: the process that the test below starts and measures.
#[tokio::test(flavor = "multi_thread")]
async fn opened_in_a_process_of_its_own() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let begun = Instant::now();
    let (store, report) = Store::open(&settings(&folder), device_key()).unwrap();
    let opened_ms = begun.elapsed().as_secs_f64() * 1000.0;
    assert!(report.is_clean(), "{report:?}");
    let mut briefs = 0;
    store
        .briefs(|_, brief| briefs += usize::from(brief.is_some()))
        .unwrap();
    let ready_ms = begun.elapsed().as_secs_f64() * 1000.0;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    println!(
        "\nREADY {briefs} {opened_ms:.0} {ready_ms:.0} {} {}",
        processor_ms(),
        kib.unwrap().trim()
    );
    // As a crash would: what is measured next is the start after one.
    std::process::exit(0);
}

/// Processor time of this process so far, in ms: proc(5), fields 14 and 15 of `stat`, in hundredths of a second.
fn processor_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let behind_name = &stat[stat.rfind(')').unwrap() + 2..];
    let ticks = behind_name.split(' ').skip(11).take(2);
    ticks
        .map(|ticks| ticks.parse::<u64>().unwrap())
        .sum::<u64>()
        * 10
}

/// What a start took.
struct Start {
    sessions: usize,
    opened_ms: f64,
    ready_ms: f64,
    processor_ms: f64,
    kib: u64,
}

fn open(folder: &Path) -> Start {
    let out = Command::new(std::env::current_exe().unwrap())
        .args([
            "backlog::opened_in_a_process_of_its_own",
            "--exact",
            "--nocapture",
        ])
        .env(FOLDER, folder)
        .output()
        .unwrap();
    let out = String::from_utf8(out.stdout).unwrap();
    let line = out
        .lines()
        .find_map(|line| line.strip_prefix("READY "))
        .unwrap_or_else(|| panic!("{out}"));
    let words: Vec<&str> = line.split(' ').collect();
    let [sessions, opened, ready, processor, kib] = words[..] else {
        panic!("{line}")
    };
    Start {
        sessions: sessions.parse().unwrap(),
        opened_ms: opened.parse().unwrap(),
        ready_ms: ready.parse().unwrap(),
        processor_ms: processor.parse().unwrap(),
        kib: kib.parse().unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_backlog_is_ready_soon_and_in_little_memory() {
    let sessions = std::env::var("KIOSK_BACKLOG")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(SESSIONS);
    let (place, empty) = (Place::new(), Place::new());
    let kept = std::env::var_os("KIOSK_BACKLOG_FOLDER").map(PathBuf::from);
    let folder = kept.unwrap_or_else(|| place.path());
    if !folder.join("journal").is_dir() {
        fill(&folder, sessions).await;
    }
    fill(&empty.path(), 0).await;
    let least = open(&empty.path()).kib;

    for what in ["after closing", "after a crash", "view made anew"] {
        if what == "view made anew" {
            std::fs::remove_dir_all(folder.join("log")).unwrap();
        }
        let start = open(&folder);
        let more = start.kib.saturating_sub(least);
        println!(
            "{sessions} sessions, {what}: open after {:.0} ms, every brief read after {:.0} ms, {:.0} ms of processor, {} MiB \
             more than empty",
            start.opened_ms,
            start.ready_ms,
            start.processor_ms,
            more / 1024
        );
        assert_eq!(start.sessions, sessions);
        if what != "view made anew" {
            let given_half_a_core = start.ready_ms < 2.0 * start.processor_ms;
            assert!(
                start.processor_ms < READY_WITHIN_MS
                    && (start.ready_ms < READY_WITHIN_MS || !given_half_a_core),
                "{what}: {} ms",
                start.ready_ms
            );
            assert!(more < MORE_THAN_EMPTY_KIB, "{what}: {more} KiB");
        }
    }
}
