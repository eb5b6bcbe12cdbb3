//! The network changes under a kiosk that waits: it tries once at once, whatever the wait was.
//!
//! The addresses are really changed, by ip(8) in a network namespace of the test's own. The test starts itself again
//! inside of it; where the machine allows none (no root and no user namespaces) it says so and shows nothing.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot be set up fails, and says what it skips"
)]

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::common::{World, until, until_waiting};
use kiosk_sync::{BackoffConfig, Why};

/// Set for the run inside.
const INSIDE: &str = "KIOSK_INSIDE_A_NETWORK_NAMESPACE";
/// Longer than the settling of a burst and an attempt on loopback.
const QUIET: Duration = Duration::from_secs(2);

fn unshared(program: &str) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--net", program]);
    command
}

#[test]
fn a_changed_network_is_tried_once_at_once_though_the_wait_is_an_hour() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let allowed = unshared("true").output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        println!(
            "skipped: this machine lets the test have no network namespace (unshare --user --net)"
        );
        return;
    }
    let this = std::env::current_exe().unwrap();
    let name = "network::a_changed_network_is_tried_once_at_once_though_the_wait_is_an_hour";
    let output = unshared(&this.to_string_lossy())
        .args(["--exact", name, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let (said, wrong) = (said.trim(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{wrong}");
    println!("{said}");
}

fn ip(arguments: &str) {
    let status = Command::new("ip").args(arguments.split(' ')).status();
    assert!(status.unwrap().success(), "ip {arguments}");
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn inside() {
    ip("link set lo up");
    let world = World::new();
    let central = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = central.local_addr().unwrap().port();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    tokio::spawn(async move {
        // Somebody answers and hangs up: not central.
        while central.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let mut config = world.config(port, None);
    let hours = Duration::from_secs(1 << 20);
    config.backoff = BackoffConfig {
        first: hours,
        longest: hours,
    };
    let sync = world.start(config);
    until_waiting(&sync, |why| matches!(why, Why::CentralUnreachable(_))).await;
    tokio::time::sleep(QUIET).await;
    let one_attempt = calls.load(Ordering::SeqCst);
    assert!(one_attempt > 0);

    for (change, attempts) in [
        (&["address add 192.0.2.1/32 dev lo"][..], 2),
        // A burst is one change.
        (
            &[
                "address add 192.0.2.2/32 dev lo",
                "address add 192.0.2.3/32 dev lo",
                "address delete 192.0.2.1/32 dev lo",
            ],
            3,
        ),
        (&["route add 198.51.100.0/24 dev lo"], 4),
    ] {
        change.iter().for_each(|change| ip(change));
        until("the attempt", || {
            calls.load(Ordering::SeqCst) >= attempts * one_attempt
        })
        .await;
        tokio::time::sleep(QUIET).await;
        assert_eq!(
            calls.load(Ordering::SeqCst),
            attempts * one_attempt,
            "{change:?}: one attempt each"
        );
    }
    println!("3 changes of the network in a wait of hours: 3 attempts, none besides");
    sync.shutdown().await.unwrap();
}
