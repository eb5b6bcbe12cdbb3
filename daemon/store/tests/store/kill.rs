//! `kill -9` at random moments: whatever was acknowledged is there, and the chain is whole.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use kiosk_store::Store;
use rand::Rng;
use uuid::Uuid;

use crate::{Place, config, device_key};

const DRIVEN: &str = "KIOSK_STORE_DRIVEN";
const WRITERS: u64 = 8;

fn kills() -> u32 {
    std::env::var("KIOSK_KILLS")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(20)
}

/// Not a test by itself: the process that the test below starts and kills.
#[tokio::test(flavor = "multi_thread")]
async fn driven_until_killed() {
    let Some(folder) = std::env::var_os(DRIVEN).map(PathBuf::from) else {
        return;
    };
    let (store, report) = Store::open(&config(&folder), device_key()).unwrap();
    assert!(report.is_clean(), "{report:?}");
    let writers = (0..WRITERS).map(|_| tokio::spawn(write_for_ever(store.clone())));
    futures::future::join_all(writers).await;
}

async fn write_for_ever(store: Store) {
    loop {
        let session = Uuid::new_v4();
        let picture = store
            .put_evidence(session, session.as_bytes())
            .await
            .unwrap();
        let turns = rand::rng().random_range(1..6);
        for turn in 0..turns {
            let payload = format!("{session} {turn} {picture}");
            let number = store.append(session, payload.as_bytes()).await.unwrap();
            // One write to the pipe: a line is told whole or not at all.
            let line = format!("\nTOLD {number} {session} {turn} {picture}\n");
            let mut out = std::io::stdout().lock();
            out.write_all(line.as_bytes()).unwrap();
            out.flush().unwrap();
        }
        if rand::rng().random_ratio(1, 8) {
            store.acknowledge(store.newest() / 2).await.unwrap();
        }
    }
}

/// Starts the driver, kills it after a random while; gives what it was told by number.
fn run_and_kill(folder: &Path) -> BTreeMap<u64, String> {
    let mut driver = Command::new(std::env::current_exe().unwrap())
        .args(["kill::driven_until_killed", "--exact", "--nocapture"])
        .env(DRIVEN, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(driver.stdout.take().unwrap());
    let killer = std::thread::spawn(move || {
        let wait = rand::rng().random_range(30..350);
        std::thread::sleep(Duration::from_millis(wait));
        driver.kill().unwrap();
        driver.wait().unwrap();
    });
    let told = out
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| {
            let (number, payload) = line.strip_prefix("TOLD ")?.split_once(' ')?;
            // The last line may be cut by the kill: a picture's name has 64 digits.
            (payload.rsplit(' ').next()?.len() == 64)
                .then(|| (number.parse().unwrap(), payload.to_owned()))
        })
        .collect();
    killer.join().unwrap();
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_event_is_lost_by_a_kill_at_any_moment() {
    let place = Place::new();
    let mut told = BTreeMap::new();
    let kills = kills();
    for kill in 1..=kills {
        told.extend(run_and_kill(&place.path()));

        let store = place.open_whole();

        let newest = store.verify_chain().unwrap();
        assert!(
            newest >= told.keys().next_back().copied().unwrap_or(0),
            "after kill {kill}"
        );
        store.close().await.unwrap();
    }
    let store = place.open_whole();
    let mut held = BTreeMap::new();
    for session in store.sessions().unwrap() {
        held.extend(store.events(session).unwrap());
    }
    for (number, payload) in &told {
        let event = String::from_utf8(held[number].clone()).unwrap();
        assert_eq!(&event, payload, "record {number}");
        let mut parts = payload.split(' ');
        let session: Uuid = parts.next().unwrap().parse().unwrap();
        let picture = parts.nth(1).unwrap().parse().unwrap();
        assert_eq!(
            store.get_evidence(session, &picture).unwrap(),
            session.as_bytes()
        );
    }
    assert!(
        told.len() > kills as usize,
        "the driver was hardly told anything: {}",
        told.len()
    );
    println!(
        "{kills} kills: {} events acknowledged, {} in the log, 0 lost",
        told.len(),
        held.len()
    );
}
