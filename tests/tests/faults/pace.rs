//! A thin line: what a kiosk sends to central stays below its config's bound, measured on the cable.

use std::time::Duration;

use kiosk_tests::branch::{Branch, KIOSK};
use kiosk_tests::material::Material;
use kiosk_tests::rig::until_async;
use tokio::time::Instant;

use super::{begin, branch_with, take};

const KIB_A_SECOND: u64 = 64;
const SESSIONS: usize = 3;
const DELIVERED_WITHIN: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// What goes beside records and evidence and is not bounded: questions for commands and for the time. KiB a second.
const BESIDE: f64 = 1.0;
/// Where nothing bounds it, everything is there once nothing more has come for so long.
const QUIET: Duration = Duration::from_secs(4);

/// What went to central from the network's return until central held every picture.
struct Sent {
    bytes: u64,
    took: Duration,
    pieces: usize,
}

impl Sent {
    fn kib_a_second(&self) -> f64 {
        self.bytes as f64 / self.took.as_secs_f64() / 1024.0
    }
}

/// The lengths of all pieces that central holds of these sessions.
async fn held(branch: &Branch, ids: &[String]) -> Vec<u64> {
    let mut lengths = Vec::new();
    for id in ids {
        let what = format!("sessions/{id}/evidence");
        let listed = branch.of_kiosk(KIOSK, &what);
        let listed = listed.await.ok().flatten().unwrap_or_default();
        let pieces = listed.as_array().into_iter().flatten();
        lengths.extend(pieces.filter_map(|piece| piece["bytes"].as_u64()));
    }
    lengths
}

/// People come while the network is away; then it is given back, until central holds `wanted` pieces, or nothing more comes.
async fn sent(branch: &Branch, material: &Material, wanted: Option<usize>) -> Sent {
    branch.unplug();
    let mut ids = Vec::new();
    for _ in 0..SESSIONS {
        let id = begin(branch).await;
        for step in ["consent", "document", "selfie"] {
            take(&branch.control(), material, &id, step).await.unwrap();
        }
        ids.push(id);
    }
    let before = branch.to_central.bytes_up();
    branch.plug();
    let begun = Instant::now();
    let mut last = (0, before, begun);
    while begun.elapsed() < DELIVERED_WITHIN {
        let (pieces, bytes) = (held(branch, &ids).await.len(), branch.to_central.bytes_up());
        if pieces > last.0 {
            last = (pieces, bytes, Instant::now());
        }
        let done = match wanted {
            Some(wanted) => pieces == wanted,
            None => pieces > 0 && last.2.elapsed() > QUIET,
        };
        if done {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let pieces = last.0;
    if wanted.is_some() {
        // A piece is sent before it is paid for: a short record after the last one waits until it is.
        let id = begin(branch).await;
        until_async("the short record", DELIVERED_WITHIN, || async {
            branch.at_central(&id).await.ok().flatten().is_some()
        })
        .await
        .unwrap();
        last = (pieces, branch.to_central.bytes_up(), Instant::now());
    }
    Sent {
        bytes: last.1 - before,
        took: last.2 - begun,
        pieces,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_to_central_stays_below_the_bound_of_the_config() {
    let folder = tempfile::tempdir().unwrap();
    let material = Material::below(&kiosk_tests::root()).unwrap();
    let mut branch = branch_with(folder.path(), &material).await;
    let free = sent(&branch, &material, None).await;

    let config = std::fs::read_to_string(branch.kiosk_config()).unwrap();
    let bound = format!("retry_at_most_s = 2\nkib_a_second = {KIB_A_SECOND}");
    let bounded = config.replace("retry_at_most_s = 2", &bound);
    assert_ne!(bounded, config);
    std::fs::write(branch.kiosk_config(), bounded).unwrap();
    tokio::task::block_in_place(|| branch.start_kiosk()).unwrap();
    let paced = sent(&branch, &material, Some(free.pieces)).await;

    println!(
        "a bound of {KIB_A_SECOND} KiB/s: {} pieces, {} bytes in {:.1} s, {:.1} KiB/s; without one {} bytes in {:.1} s, {:.1} KiB/s",
        paced.pieces,
        paced.bytes,
        paced.took.as_secs_f64(),
        paced.kib_a_second(),
        free.bytes,
        free.took.as_secs_f64(),
        free.kib_a_second(),
    );
    assert_eq!(paced.pieces, free.pieces, "all arrived in time");
    let bound = KIB_A_SECOND as f64;
    let told = format!("{} of {bound}", paced.kib_a_second());
    assert!(paced.kib_a_second() <= bound + BESIDE, "{told}");
    assert!(
        paced.kib_a_second() > bound / 2.0,
        "{told}: it is used, too"
    );
    assert!(free.kib_a_second() > 2.0 * bound, "the line carries more");
}
