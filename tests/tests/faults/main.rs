//! Nothing that was acknowledged is lost, whatever dies: kioskd by SIGKILL at any moment, central, the broker,
//! the network.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

mod erasing;
mod full;
mod kills;
mod pace;

use std::time::Duration;

use kiosk_tests::branch::{Branch, Plan, Wrong};
use kiosk_tests::control::ControlSocket;
use kiosk_tests::material::{Material, timed};
use kiosk_tests::rig::until_async;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;

/// How often kioskd is killed where nobody says how many.
const KILLS: usize = 200;
/// One kill of so many falls into a whole verification, which takes seconds; the others into sessions without analysis.
const OF_WHOLE: usize = 50;
/// Everything has to be at central this soon after the last fault is mended.
const DELIVERED_WITHIN: Duration = Duration::from_secs(60);

/// Eight films that are made beforehand, since their moments are always the same: what is tested here is not how a person
/// is challenged.
const FEWER_CHALLENGES: &str = r#"
[active_liveness]
gestures = 2
head = ["turn_left", "turn_right"]
face = ["blink", "open_mouth"]
first_ms = [700, 700]
gap_ms = [2200, 2200]
answer_within_ms = 1000
"#;

async fn branch(folder: &std::path::Path) -> (Branch, Material) {
    let material = Material::below(&kiosk_tests::root()).unwrap();
    film_all(&material);
    (branch_with(folder, &material).await, material)
}

async fn branch_with(folder: &std::path::Path, material: &Material) -> Branch {
    let root = kiosk_tests::root();
    let now = kiosk_tests::now();
    let plan = Plan {
        root,
        folder: folder.to_owned(),
        recordings: material.folder().to_owned(),
        now,
        validity: kiosk_pki::Validity::days(now, 2),
        api_keys: String::new(),
        policy: FEWER_CHALLENGES.into(),
        more: "[preview]\nsocket = \"preview.sock\"\n".into(),
    };
    tokio::task::spawn_blocking(move || Branch::start(plan))
        .await
        .unwrap()
        .unwrap()
}

/// The steps of a session after its begin, in order.
const STEPS: [&str; 6] = [
    "consent",
    "document",
    "selfie",
    "challenge",
    "liveness",
    "submit",
];

/// Takes one step: the person does what the kiosk asks for.
async fn take(
    control: &ControlSocket,
    material: &Material,
    id: &str,
    step: &str,
) -> anyhow::Result<()> {
    let body = match step {
        "consent" => json!({ "text_version": "1" }),
        "document" => {
            let today = kiosk_tests::now().date();
            json!({ "recording": material.passport_picture("traveller", today)? })
        }
        "selfie" => json!({ "recording": material.calm("traveller")? }),
        "liveness" => {
            let asked = control.get(&format!("/v1/sessions/{id}")).await?["challenge"].take();
            let film = material.answer("traveller", &timed(&asked)?)?;
            json!({ "source": { "recording": film }, "challenge_id": asked["challenge_id"] })
        }
        _ => json!({}),
    };
    control
        .post(&format!("/v1/sessions/{id}/{step}"), &body)
        .await?;
    Ok(())
}

/// Films every answer beforehand, so that no test's time goes into it.
fn film_all(material: &Material) {
    for head in ["turn_left", "turn_right"] {
        for face in ["blink", "open_mouth"] {
            for [first, then] in [[head, face], [face, head]] {
                let asked = [(first.to_owned(), 700), (then.to_owned(), 2_900)];
                material.answer("traveller", &asked).unwrap();
            }
        }
    }
}

async fn begin(branch: &Branch) -> String {
    let begun = branch
        .control()
        .post("/v1/sessions", &json!({ "external_user_id": "faults" }))
        .await
        .unwrap();
    begun["session_id"].as_str().unwrap().to_owned()
}

/// Takes a session from where it stands to its decision.
async fn walk_on(branch: &Branch, material: &Material, id: &str) {
    let control = branch.control();
    let session = control.get(&format!("/v1/sessions/{id}")).await.unwrap();
    let stands = session["state"].as_str().unwrap();
    let states = [
        "created",
        "consented",
        "documented",
        "pictured",
        "challenged",
        "assessed",
        "decided",
        "synced",
    ];
    let done = states.iter().position(|name| *name == stands);
    for step in STEPS
        .iter()
        .skip(done.expect("the session is open or decided"))
    {
        take(&control, material, id, step).await.unwrap();
    }
}

async fn held_once(branch: &Branch, id: &str) -> bool {
    matches!(branch.at_central(id).await, Ok(Some(held)) if held["decisions"] == 1 && held["chain_ok"] == true)
}

async fn all_arrive(branch: &Branch, ids: &[String]) {
    for id in ids {
        until_async("central to hold the session once", DELIVERED_WITHIN, || {
            held_once(branch, id)
        })
        .await
        .unwrap();
    }
}

/// `KIOSK_KILLS` says how many.
fn kills() -> usize {
    let wished = std::env::var("KIOSK_KILLS").ok();
    wished.and_then(|kills| kills.parse().ok()).unwrap_or(KILLS)
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_in_whole_verifications_loses_no_acknowledged_event_and_central_holds_each_once() {
    let folder = tempfile::tempdir().unwrap();
    let (mut branch, material) = branch(folder.path()).await;
    let mut random = StdRng::seed_from_u64(0x6b69_6c6c);
    let mut ids = Vec::new();
    let mut acknowledged = 0;
    let kills = kills().div_ceil(OF_WHOLE);
    for _ in 0..kills {
        let id = begin(&branch).await;
        let last =
            killed_while_walking(&mut branch, &material, &id, random.random_range(0..6000)).await;
        let control = branch.control();
        let after = control.get(&format!("/v1/sessions/{id}")).await.unwrap();
        let there = after["events"].as_array().unwrap().len();
        assert!(
            there >= last,
            "{last} events were acknowledged, {there} are there after the kill"
        );
        acknowledged += last;
        walk_on(&branch, &material, &id).await;
        ids.push(id);
    }
    all_arrive(&branch, &ids).await;
    println!(
        "{kills} kills in whole verifications, {acknowledged} acknowledged events before them, 0 lost, {} sessions at central \
         once",
        ids.len()
    );
}

/// Walks while a kill comes after `delay_ms`; gives how many events had been acknowledged before it.
async fn killed_while_walking(
    branch: &mut Branch,
    material: &Material,
    id: &str,
    delay_ms: u64,
) -> usize {
    let control = branch.control();
    let (name, material) = (id.to_owned(), material.clone());
    let walker = tokio::spawn(async move {
        let mut acknowledged = 1;
        for step in STEPS {
            match take(&control, &material, &name, step).await {
                Ok(()) => acknowledged += 1,
                Err(_) => break,
            }
        }
        acknowledged
    });
    tokio::time::sleep(Duration::from_millis(delay_ms)).await;
    branch.kill_kiosk();
    let acknowledged = walker.await.unwrap();
    tokio::task::block_in_place(|| branch.start_kiosk()).unwrap();
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_goes_on_while_central_broker_and_network_are_down_and_arrives_once_after() {
    let folder = tempfile::tempdir().unwrap();
    let (mut branch, material) = branch(folder.path()).await;
    let mut ids = Vec::new();

    branch.unplug();
    ids.push(begin(&branch).await);
    walk_on(&branch, &material, &ids[0]).await;
    assert!(
        sync_state(&branch, "waiting").await,
        "sync says that it waits"
    );
    assert!(
        branch
            .at_central(&ids[0])
            .await
            .unwrap()
            .is_none_or(|held| held["decisions"] == 0)
    );
    branch.plug();
    all_arrive(&branch, &ids).await;

    branch.kill_central();
    branch.broker.kill();
    ids.push(begin(&branch).await);
    walk_on(&branch, &material, &ids[1]).await;
    tokio::task::block_in_place(|| {
        branch.broker.restart().unwrap();
        branch.restart_central().unwrap();
    });
    all_arrive(&branch, &ids).await;

    tokio::task::block_in_place(|| branch.stop_kiosk()).unwrap();
    assert!(
        !branch.kiosk_log().contains("did not stop in its time"),
        "everything stops in order"
    );
}

/// Waits until the metrics show sync in a state.
async fn sync_state(branch: &Branch, state: &str) -> bool {
    let line = format!("kioskd_sync_state{{state=\"{state}\"}} 1");
    until_async(
        "sync's state in the metrics",
        Duration::from_secs(20),
        || async {
            branch
                .metrics_text()
                .await
                .is_ok_and(|text| text.contains(&line))
        },
    )
    .await
    .is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_whose_certificate_is_no_good_verifies_says_why_and_sends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut branch, material) = branch(folder.path()).await;
    let mut ids = Vec::new();
    for (wrong, reason) in [
        (Wrong::ForeignAuthority, "certificate"),
        (Wrong::Expired, "own certificate has expired"),
        (Wrong::OtherKiosk, "certificate"),
    ] {
        tokio::task::block_in_place(|| branch.stop_kiosk()).unwrap();
        branch.take_wrong_certificate(wrong).unwrap();
        let before = branch.kiosk_log().len();
        tokio::task::block_in_place(|| branch.start_kiosk()).unwrap();
        let id = begin(&branch).await;
        walk_on(&branch, &material, &id).await;
        assert!(
            sync_state(&branch, "waiting").await,
            "{wrong:?}: sync waits"
        );
        assert!(
            branch.at_central(&id).await.unwrap().is_none(),
            "{wrong:?}: central has nothing"
        );
        let log = branch.kiosk_log()[before..].to_owned();
        let told = log.lines().find(|line| {
            line.contains("sync waits") && line.contains("Records") && line.contains(reason)
        });
        println!("{wrong:?}: {}", told.expect("the log says why sync waits"));
        ids.push(id);
    }
    tokio::task::block_in_place(|| branch.stop_kiosk()).unwrap();
    branch.take_own_certificate().unwrap();
    tokio::task::block_in_place(|| branch.start_kiosk()).unwrap();
    all_arrive(&branch, &ids).await;
}
