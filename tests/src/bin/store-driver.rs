//! What runs inside the guest of the power-cut test: checks the store that it finds, then writes until the power goes.
//!
//! `store-driver FOLDER [unsynced]`. It answers on standard output, a line at a time:
//!
//! ```text
//! REFUSED why                     the store does not open, or does not hold what it should
//! HOLDS newest events pictures    everything in it opens and the chain is whole
//! LINK number hash                the newest links of the chain
//! TOLD number hash                an append has returned: from now on it must never be lost
//! ```
//!
//! It links the store alone, so that few libraries have to go into the guest.

#![allow(clippy::print_stdout, reason = "its answers are what it is for")]

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use kiosk_store::{DeviceKey, Disk, LocalDisk, Store, StoreConfig};
use tokio::task::JoinSet;
use uuid::Uuid;

/// Sessions that are written at a time.
const WRITERS: u64 = 4;
/// Links that are told after opening: more than can have been written and not told.
const LINKS: u64 = 64;

/// The control: a disk on which nothing is ever synced.
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

/// One write: a line is told whole or not at all.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    // Nobody listens where the power is gone.
    let _ = out.write_all(format!("\n{line}\n").as_bytes());
    let _ = out.flush();
}

#[tokio::main]
async fn main() -> ExitCode {
    match drive().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("REFUSED {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn drive() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .context("usage: store-driver FOLDER [unsynced]")?;
    let mut config = StoreConfig::new(folder, "kiosk-1".parse()?);
    config.cache_bytes = 8 * 1024 * 1024;
    // Small, so that cuts fall on the beginnings of segments, too.
    config.segment_bytes = 64 * 1024;
    // Few, so that cuts fall on settlings of the view, too.
    config.settle_after = 40;
    if arguments.next().as_deref() == Some("unsynced") {
        config.disk = Arc::new(Unsynced);
    }
    let (store, report) = Store::open(&config, DeviceKey::from_bytes([7; 32]))?;
    ensure!(report.is_clean(), "it had to be repaired: {report:?}");
    check(&store)?;
    // The view was believed as the last life had settled it: it has to add up now.
    let found = store.check().await?;
    ensure!(found.faults.is_empty(), "{:?}", found.faults);
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        writers.spawn(write(store.clone()));
    }
    while let Some(ended) = writers.join_next().await {
        ended??;
    }
    Ok(())
}

/// Opens everything that the store holds.
fn check(store: &Store) -> Result<()> {
    let newest = store.verify_chain()?;
    let (mut events, mut pictures) = (0u64, 0u64);
    let mut links = Vec::new();
    for session in store.sessions()? {
        for (number, event) in store.events(session)? {
            let text = String::from_utf8(event)?;
            let mut words = text.split(' ');
            ensure!(
                words.next() == Some(session.to_string().as_str()),
                "event {number} is another's"
            );
            let picture = words.next().context("an event names no picture")?.parse()?;
            let bytes = store.get_evidence(session, &picture)?;
            ensure!(
                bytes == session.as_bytes(),
                "a picture of event {number} is another's"
            );
            events += 1;
            pictures += 1;
        }
        for record in store.records(session)? {
            if record.number + LINKS > newest {
                links.push((record.number, hex::encode(record.hash)));
            }
        }
    }
    ensure!(events == newest, "{events} events open of {newest}");
    for (number, hash) in links {
        say(&format!("LINK {number} {hash}"));
    }
    say(&format!("HOLDS {newest} {events} {pictures}"));
    Ok(())
}

async fn write(store: Store) -> Result<()> {
    loop {
        let session = Uuid::new_v4();
        let picture = store.put_evidence(session, session.as_bytes()).await?;
        for turn in 0..4 {
            let event = format!("{session} {picture} {turn} {}", "x".repeat(400));
            let number = store.append(session, event.as_bytes()).await?;
            let records = store.records(session)?;
            let record = records.iter().find(|record| record.number == number);
            let hash = record
                .context("a record that was just written is not there")?
                .hash;
            say(&format!("TOLD {number} {}", hex::encode(hash)));
        }
        store.acknowledge(store.newest() / 2).await?;
    }
}
