//! Offline for 400 days: waits stay bounded, nothing overflows, and everything goes when central is back.
//! Time is tokio's, stopped and moved on by hand; the clock of certificates goes with it.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::common;
use crate::common::scripted::{Scripted, holds};
use crate::common::{World, today};
use kiosk_pki::{Authority, Validity};
use kiosk_sync::{BackoffConfig, Sync};
use rand::SeedableRng;
use rand::rngs::StdRng;
use uuid::Uuid;

const DAY: Duration = Duration::from_secs(24 * 3600);
const DAYS: u32 = 400;

/// Lets what waits for sockets and disk get on, while simulated time stands still.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[tokio::test]
async fn a_kiosk_that_was_offline_for_400_days_goes_on_as_if_it_had_been_an_hour() {
    let world = World::new();
    // Everybody's certificates outlive the story.
    let long = Validity::days(today(), 1000);
    let authority = Authority::create("authority-branch", "branch", long).unwrap();
    std::fs::create_dir_all(world.path("pki")).unwrap();
    authority.write(&world.path("pki")).unwrap();
    common::pki(&world.path("pki"), long);
    let (held, is_there) = (AtomicU64::new(0), Arc::new(AtomicBool::new(false)));
    let there = Arc::clone(&is_there);
    let central = Scripted::start(&world, move |asked| {
        if !there.load(Ordering::SeqCst) {
            return (503, Vec::new());
        }
        if let Some((_, last)) = asked.span() {
            held.fetch_max(last, Ordering::SeqCst);
        }
        (200, holds(held.load(Ordering::SeqCst)))
    })
    .await;
    let mut config = world.config(central.address.port(), None);
    config.limits.idle_check = Duration::from_secs(60);
    config.limits.connect = Duration::from_secs(3600);
    config.limits.exchange = Duration::from_secs(3600);
    config.backoff = BackoffConfig {
        first: Duration::from_millis(500),
        longest: Duration::from_secs(300),
    };
    world.write(Uuid::new_v4(), 5).await;

    tokio::time::pause();
    let (begun, today) = (tokio::time::Instant::now(), today());
    let clock = Arc::new(move || today + begun.elapsed());
    let sync = Sync::start(config, world.store.clone(), clock, StdRng::seed_from_u64(1)).unwrap();
    for _ in 0..DAYS {
        let before = central.asked().len();
        tokio::time::advance(DAY).await;
        settle().await;
        // A day is longer than the longest wait: it was tried at least once.
        assert!(
            central.asked().len() > before,
            "after {:?}",
            begun.elapsed()
        );
        assert_eq!(world.store.acknowledged(), 0);
    }
    world.write(Uuid::new_v4(), 5).await;

    is_there.store(true, Ordering::SeqCst);
    for _ in 0..50 {
        tokio::time::advance(Duration::from_secs(300)).await;
        settle().await;
        if world.store.acknowledged() == 10 {
            break;
        }
    }
    assert_eq!(world.store.acknowledged(), 10);
    assert!(begun.elapsed() > DAY * DAYS);
    println!(
        "offline for {DAYS} simulated days: {} attempts, 10 of 10 records delivered after",
        central.asked().len()
    );
    tokio::time::resume();
    sync.shutdown().await.unwrap();
}
