//! kioskd killed again and again, several kiosks at once, under drivers that begin, agree and cancel: no step that needs
//! a network's inference, so that a cycle costs little more than the start.
//!
//! ```text
//!  start ──► everything acknowledged so far is there ──► two drivers: begin, consent, cancel, … ──► SIGKILL ──► start …
//!     └── one time in three: SIGKILL while it starts
//!  end: every kiosk's whole chain at central, each record once, each session's records those that the kiosk has
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use kiosk_tests::branch::Branch;
use kiosk_tests::control::ControlSocket;
use kiosk_tests::material::Material;
use kiosk_tests::neighbour::Neighbour;
use kiosk_tests::rig::until_async;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::{OF_WHOLE, kills};

/// Kiosks that are killed at a time: while one starts others write.
const KIOSKS: usize = 3;
/// Who writes to a kiosk at a time.
const DRIVERS: usize = 2;
/// One kill of so many comes while kioskd starts.
const AT_START: u32 = 3;
/// A kill comes at most so long after the start.
const LONGEST_LIFE_MS: u64 = 700;
/// Central has everything this soon after the last kill.
const DELIVERED_WITHIN: Duration = Duration::from_secs(120);
const STOPPED_WITHIN: Duration = Duration::from_secs(20);

/// How many events of a session were answered, and how many were asked for.
#[derive(Debug, Clone, Copy)]
struct Walked {
    acknowledged: usize,
    asked: usize,
}

/// What became of one kiosk.
#[derive(Default)]
struct Outcome {
    kills: usize,
    at_start: usize,
    /// Begins that were asked for and not answered: whether such a session exists is nobody's promise.
    unanswered: usize,
    sessions: BTreeMap<String, Walked>,
}

impl Outcome {
    fn acknowledged(&self) -> usize {
        self.sessions
            .values()
            .map(|walked| walked.acknowledged)
            .sum()
    }
}

/// Begins, agrees and cancels until nobody answers. Gives what was answered, and whether a begin was not.
async fn drive(control: ControlSocket) -> (BTreeMap<String, Walked>, usize) {
    let mut sessions = BTreeMap::new();
    loop {
        let body = json!({ "external_user_id": "kills" });
        let Ok(begun) = control.post("/v1/sessions", &body).await else {
            return (sessions, 1);
        };
        let id = begun["session_id"].as_str().unwrap().to_owned();
        let mut walked = Walked {
            acknowledged: 1,
            asked: 1,
        };
        let steps = [
            ("consent", json!({ "text_version": "1" })),
            ("cancel", json!({})),
        ];
        for (step, body) in steps {
            walked.asked += 1;
            let done = control
                .post(&format!("/v1/sessions/{id}/{step}"), &body)
                .await;
            if done.is_err() {
                sessions.insert(id, walked);
                return (sessions, 0);
            }
            walked.acknowledged += 1;
        }
        sessions.insert(id, walked);
    }
}

/// The session's events as the kiosk has them: every one that was acknowledged, and none that nobody asked for.
async fn held(control: &ControlSocket, id: &str, walked: Walked) -> Vec<Value> {
    let session = control.get(&format!("/v1/sessions/{id}")).await.unwrap();
    let events = session["events"].as_array().unwrap().clone();
    let there = walked.acknowledged..=walked.asked;
    assert!(
        there.contains(&events.len()),
        "{walked:?}, {} are there after the kill",
        events.len()
    );
    events
}

/// Kills a kiosk `count` times, and starts it for good.
async fn torment(kiosk: &mut Neighbour, count: usize, seed: u64) -> Outcome {
    let mut random = StdRng::seed_from_u64(seed);
    let mut outcome = Outcome::default();
    let mut starting_ms = 1000;
    while outcome.kills < count {
        outcome.kills += 1;
        if outcome.kills > 1 && random.random_ratio(1, AT_START) {
            kiosk.process().spawn().unwrap();
            let moment = random.random_range(0..starting_ms);
            tokio::time::sleep(Duration::from_millis(moment)).await;
            kiosk.process().kill();
            outcome.at_start += 1;
            continue;
        }
        let begun = tokio::time::Instant::now();
        start(kiosk).await;
        starting_ms = begun.elapsed().as_millis() as u64;
        let drivers = (0..DRIVERS).map(|_| tokio::spawn(drive(kiosk.control())));
        let drivers: Vec<_> = drivers.collect();
        let life = random.random_range(0..LONGEST_LIFE_MS);
        tokio::time::sleep(Duration::from_millis(life)).await;
        kiosk.process().kill();
        let mut last = BTreeMap::new();
        for driver in drivers {
            let (sessions, unanswered) = driver.await.unwrap();
            outcome.unanswered += unanswered;
            last.extend(sessions);
        }
        outcome.sessions.extend(last);
    }
    start(kiosk).await;
    outcome
}

/// Starts without holding the other kiosks' cycles up.
async fn start(kiosk: &mut Neighbour) {
    tokio::task::block_in_place(|| kiosk.process().restart()).unwrap();
}

/// How many records central holds of each of a kiosk's sessions.
async fn at_central(branch: &Branch, id: &str) -> BTreeMap<String, usize> {
    let mut held = BTreeMap::new();
    let mut before = i64::MAX;
    loop {
        let path = format!("sessions?before={before}");
        let page = branch.of_kiosk(id, &path).await.unwrap().unwrap();
        let page = page.as_array().unwrap();
        for session in page {
            let name = session["session"].as_str().unwrap().to_owned();
            let records = session["records"].as_u64().unwrap() as usize;
            assert!(held.insert(name, records).is_none(), "a session came twice");
        }
        match page.last() {
            Some(last) => before = last["newest"].as_i64().unwrap(),
            None => return held,
        }
    }
}

/// Compares what a kiosk has with what central holds; gives how many records that are.
async fn compare(branch: &Branch, kiosk: &Neighbour, outcome: &Outcome) -> usize {
    until_async("central to hold everything", DELIVERED_WITHIN, || async {
        kiosk.waiting().await.is_ok_and(|records| records == 0)
    })
    .await
    .unwrap();
    let chain = branch.of_kiosk(kiosk.id(), "chain").await.unwrap().unwrap();
    assert_eq!(chain["chain_ok"], true, "{chain}");
    let mut central = at_central(branch, kiosk.id()).await;
    let records: usize = central.values().sum();
    assert_eq!(chain["durable"], records, "each record once");
    let control = kiosk.control();
    for (turn, (id, walked)) in outcome.sessions.iter().enumerate() {
        let here = held(&control, id, *walked).await;
        assert_eq!(central.remove(id), Some(here.len()), "session {id}");
        // Every record's hash for some: for all others the whole chain was walked at central.
        if turn % 20 == 0 {
            let path = format!("sessions/{id}");
            let there = branch.of_kiosk(kiosk.id(), &path).await.unwrap().unwrap();
            let hashes = |events: &[Value]| -> Vec<Value> {
                events.iter().map(|event| event["hash"].clone()).collect()
            };
            let there = there["events"].as_array().unwrap();
            assert_eq!(hashes(there), hashes(&here), "session {id}");
        }
    }
    assert!(
        central.len() <= outcome.unanswered && central.values().all(|records| *records == 1),
        "sessions that nobody asked for: {central:?}"
    );
    records
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn kill_9_at_any_moment_loses_no_acknowledged_event_and_central_holds_each_once() {
    let folder = tempfile::tempdir().unwrap();
    let material = Material::below(&kiosk_tests::root()).unwrap();
    let branch = super::branch_with(folder.path(), &material).await;
    let kills = kills() - kills().div_ceil(OF_WHOLE);
    let seed: u64 = rand::rng().random();
    println!("seed {seed}");
    let branch = Arc::new(branch);
    let kiosks = (0..KIOSKS).map(|turn| {
        let mut kiosk = branch.neighbour(&format!("kiosk-{}", turn + 2)).unwrap();
        let count = kills / KIOSKS + usize::from(turn < kills % KIOSKS);
        tokio::spawn(async move {
            let outcome = torment(&mut kiosk, count, seed + turn as u64).await;
            (kiosk, outcome)
        })
    });
    let (mut done, mut records) = (Outcome::default(), 0);
    for tormented in join_all(kiosks).await {
        let (mut kiosk, outcome) = tormented.unwrap();
        records += compare(&branch, &kiosk, &outcome).await;
        assert!(outcome.acknowledged() > 0, "nothing was ever acknowledged");
        tokio::task::block_in_place(|| kiosk.stop(STOPPED_WITHIN)).unwrap();
        done.kills += outcome.kills;
        done.at_start += outcome.at_start;
        done.sessions.extend(outcome.sessions);
    }
    println!(
        "{} kills of {KIOSKS} kiosks, {} of them while starting: {} acknowledged events of {} sessions, 0 lost, {records} \
         records at central, 0 doubled, 0 manual steps",
        done.kills,
        done.at_start,
        done.acknowledged(),
        done.sessions.len()
    );
}
