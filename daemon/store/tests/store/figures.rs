//! Figures on this machine: durable events a second, alone and with many writers, and time to open.
//!
//! `cargo test --release -p kiosk-store --test store -- --ignored --nocapture figures`

#![expect(clippy::disallowed_methods, reason = "time is what is measured here")]

use std::time::Instant;

use kiosk_store::Store;
use uuid::Uuid;

use crate::Place;

/// A typical event's length in bytes.
const EVENT: usize = 512;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures this machine; it proves nothing"]
async fn durable_events_a_second_and_time_to_open() {
    for (writers, each) in [(1, 1000), (8, 500), (64, 200)] {
        let place = Place::new();
        let store = place.open_whole();
        let begun = Instant::now();
        let all = (0..writers).map(|_| tokio::spawn(append(store.clone(), each)));
        futures::future::join_all(all).await;
        let seconds = begun.elapsed().as_secs_f64();
        let stats = store.stats();
        let count = store.newest();
        store.close().await.unwrap();
        let begun = Instant::now();
        let store = place.open_whole();
        let open_ms = begun.elapsed().as_secs_f64() * 1000.0;
        println!(
            "{writers} writers: {:.0} durable events/s of {EVENT} bytes, {:.1} events a commit, \
             {:.0} bytes on disk an event; opening {count} records: {open_ms:.0} ms",
            count as f64 / seconds,
            count as f64 / stats.commits as f64,
            stats.used_bytes as f64 / count as f64,
        );
        drop(store);
    }
}

async fn append(store: Store, count: usize) {
    let session = Uuid::new_v4();
    for _ in 0..count {
        store.append(session, &[7; EVENT]).await.unwrap();
    }
}
