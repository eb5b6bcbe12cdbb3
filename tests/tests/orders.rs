//! What central orders, a whole kiosk does: real kioskd, real central, real Mosquitto. A file that does not prove
//! itself goes back by itself and central hears why, also where the kiosk is killed on the way; a wipe leaves nothing
//! that opens; diagnostics name nobody.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

use std::path::Path;
use std::time::Duration;

use base64::Engine;
use kiosk_store::{DeviceKey, Store, StoreConfig};
use kiosk_tests::branch::{Branch, KIOSK, Plan};
use kiosk_tests::material::Material;
use kiosk_tests::rig::until_async;
use kiosk_wire::{CommandSecretKey, OsRandom, limits};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use uuid::Uuid;

/// Central has to know the outcome this soon: two starts, and the time of a trial that fails.
const TOLD_WITHIN: Duration = Duration::from_secs(120);
/// A trial that fails takes this long, not a minute.
const SHORT_TRIAL: &str = "[sync.commands]\nprove_within_s = 8\n";
/// What stands for a person in these tests.
const NAME: &str = "Erika Mustermann";

struct World {
    branch: Branch,
    material: Material,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = kiosk_tests::root();
        let material = Material::below(&root).unwrap();
        let now = kiosk_tests::now();
        let plan = Plan {
            root,
            folder: folder.path().to_owned(),
            recordings: material.folder().to_owned(),
            now,
            validity: kiosk_pki::Validity::days(now, 2),
            api_keys: String::new(),
            policy: String::new(),
            more: String::new(),
        };
        let branch = tokio::task::spawn_blocking(move || Branch::start(plan));
        Self {
            branch: branch.await.unwrap().unwrap(),
            material,
            _folder: folder,
        }
    }

    fn config(&self) -> String {
        std::fs::read_to_string(self.branch.kiosk_config()).unwrap()
    }

    async fn order(&self, kind: &str, body: Value) -> u64 {
        self.branch.order(kind, body).await.unwrap()
    }

    /// Waits until central knows what came of a command.
    async fn told(&self, number: u64) -> Value {
        let outcome = || async { self.branch.outcome(number).await.unwrap_or_default() };
        until_async("central to know the outcome", TOLD_WITHIN, || async {
            !outcome().await.is_null()
        })
        .await
        .unwrap_or_else(|error| panic!("{error}; the kiosk wrote:\n{}", self.branch.kiosk_log()));
        outcome().await
    }

    async fn obeys(&self, kind: &str, body: Value) -> Value {
        let number = self.order(kind, body).await;
        self.told(number).await
    }

    /// Waits until a start has put `candidate` into the config's place to try it.
    async fn trial_has_begun(&self, candidate: &str) {
        let note = self.branch.kiosk_config().with_extension("toml.trial");
        let note = note.join("trial.json");
        until_async("the trial to begin", TOLD_WITHIN, || async {
            let begun = std::fs::read_to_string(&note);
            begun.is_ok_and(|note| note.contains("\"begun\":true")) && self.config() == candidate
        })
        .await
        .unwrap();
    }

    /// A session with a read document, and a face on the block list.
    async fn somebody_comes(&self) -> String {
        let control = self.branch.control();
        let begun = control
            .post("/v1/sessions", &json!({ "external_user_id": NAME }))
            .await
            .unwrap();
        let id = begun["session_id"].as_str().unwrap().to_owned();
        let today = kiosk_tests::now().date();
        let picture = self.material.passport_picture("traveller", today).unwrap();
        for (step, body) in [
            ("consent", json!({ "text_version": "1" })),
            ("document", json!({ "recording": picture })),
        ] {
            let path = format!("/v1/sessions/{id}/{step}");
            control.post(&path, &body).await.unwrap();
        }
        let face = kiosk_tests::root().join("tests/.portraits/grace_hopper.jpg");
        let face = base64::engine::general_purpose::STANDARD.encode(std::fs::read(face).unwrap());
        let body = json!({ "name": "somebody", "picture": face });
        control.post("/v1/block-list", &body).await.unwrap();
        id
    }
}

fn failed_because(outcome: &Value, why: &str) {
    assert_eq!(outcome["status"], "failed", "{outcome}");
    let told = outcome["detail"].as_str().unwrap();
    assert!(told.contains(why), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_that_does_not_prove_itself_goes_back_and_one_that_does_stays() {
    let world = World::new().await;
    let former = world.config();
    let short = former.replace("[sync.commands]\n", SHORT_TRIAL);
    let process = world.branch.kiosk_process().unwrap();

    // Not even tried: the check names the line.
    let outcome = world
        .obeys("config", json!({ "toml": format!("{former}[nonsense]\n") }))
        .await;
    failed_because(&outcome, "nonsense");
    assert!(!world.branch.kiosk_log().contains("stopped"), "no restart");

    // No central behind its address.
    let away = short.replace(
        "[sync.central]\nurl = \"https://127.0.0.1:",
        "[sync.central]\nurl = \"https://127.0.0.2:",
    );
    assert_ne!(away, short);
    let outcome = world.obeys("config", json!({ "toml": away })).await;
    failed_because(&outcome, "rolled back: waiting: ");
    assert_eq!(world.config(), former);

    // Central answers, but its commands would be taken for forged ones from now on.
    let stranger = CommandSecretKey::generate(&OsRandom).unwrap().public();
    let key = world.branch.folder().join("stranger.pub");
    std::fs::write(&key, stranger.to_text()).unwrap();
    let deaf = short.replace("command.pub", "stranger.pub");
    let outcome = world.obeys("config", json!({ "toml": deaf })).await;
    failed_because(
        &outcome,
        "rolled back: central answers, but its command was not heard",
    );
    assert_eq!(world.config(), former);

    // A start that fails: somebody else has the port.
    let taken = world.branch.broker.port();
    let metrics = format!("[metrics]\nlisten = \"127.0.0.1:{taken}\"\n#");
    let clash = former.replace("[metrics]\n", &metrics);
    let outcome = world.obeys("config", json!({ "toml": clash })).await;
    failed_because(&outcome, "can't be bound");
    assert_eq!(world.config(), former);

    let good = short.replace("retry_at_most_s = 2", "retry_at_most_s = 3");
    let outcome = world.obeys("config", json!({ "toml": good })).await;
    assert_eq!(outcome, json!({ "status": "done", "detail": null }));
    assert_eq!(world.config(), good);
    assert_eq!(
        world.branch.kiosk_process().unwrap(),
        process,
        "systemd saw one process throughout"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_killed_on_trial_comes_back_with_one_file_or_the_other_and_central_knows_which() {
    let mut world = World::new().await;
    let former = world.config();
    let away = former.replace("url = \"https://127.0.0.1:", "url = \"https://127.0.0.2:");
    let number = world.order("config", json!({ "toml": &away })).await;
    world.trial_has_begun(&away).await;
    world.branch.kill_kiosk();
    assert_eq!(world.config(), away, "killed in the middle of the trial");
    tokio::task::block_in_place(|| world.branch.start_kiosk()).unwrap();
    let outcome = world.told(number).await;
    failed_because(
        &outcome,
        "rolled back: the kiosk ended before it had proved itself",
    );
    assert_eq!(world.config(), former);

    let mut random = StdRng::seed_from_u64(0x7472_6961);
    let (mut stayed, mut gone_back) = (0, 0);
    let kills = kills();
    for retry in 3..2 + kills {
        let former = world.config();
        let wanted = format!("retry_at_most_s = {retry}");
        let before = format!("retry_at_most_s = {}", retry_of(&former));
        let good = former.replace(&before, &wanted);
        let number = world.order("config", json!({ "toml": good })).await;
        tokio::time::sleep(Duration::from_millis(random.random_range(0..5_000))).await;
        world.branch.kill_kiosk();
        tokio::task::block_in_place(|| world.branch.start_kiosk()).unwrap();
        let outcome = world.told(number).await;
        match outcome["status"].as_str() {
            Some("done") => {
                assert_eq!(world.config(), good);
                stayed += 1;
            }
            _ => {
                failed_because(&outcome, "rolled back");
                assert_eq!(world.config(), former);
                gone_back += 1;
            }
        }
    }
    println!(
        "{kills} kills on trial: {stayed} files stayed, {} went back, central knew each",
        gone_back + 1
    );
}

/// Kills on trial: `KIOSK_TRIAL_KILLS`, 2 to 50.
fn kills() -> u32 {
    let wished = std::env::var("KIOSK_TRIAL_KILLS").ok();
    let wished = wished.and_then(|kills| kills.parse().ok());
    wished.unwrap_or(2).clamp(2, 50)
}

fn retry_of(config: &str) -> &str {
    let line = config
        .lines()
        .find(|line| line.starts_with("retry_at_most_s"));
    line.unwrap().rsplit(' ').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_checked_then_tried_and_says_its_name_from_then_on() {
    let world = World::new().await;
    let file = world.branch.folder().join("policy.toml");
    let outcome = world
        .obeys("policy", json!({ "toml": "nonsense = true\n" }))
        .await;
    failed_because(&outcome, "nonsense");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "");

    let policy = "name = \"by-central\"\n[active_liveness]\ngestures = 3\n";
    let outcome = world.obeys("policy", json!({ "toml": policy })).await;

    assert_eq!(outcome["status"], "done", "{outcome}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), policy);
    let told = world.obeys("diagnostics", Value::Null).await;
    assert_eq!(told["detail"]["policy"], "by-central");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_kiosk_holds_nothing_of_anybody_and_diagnostics_name_nobody() {
    let mut world = World::new().await;
    let id = world.somebody_comes().await;
    let session: Uuid = id.parse().unwrap();
    let told = world.obeys("diagnostics", Value::Null).await;
    assert_eq!(told["status"], "done", "{told}");
    let text = told.to_string();
    assert!(
        text.len() <= limits::OUTCOME_BYTES.min(4096),
        "{} bytes",
        text.len()
    );
    assert!(!text.contains(NAME) && !text.contains(&id), "{text}");
    assert!(told["detail"]["store"]["newest"].as_u64().unwrap() >= 3);
    let state = world.branch.folder().join("state");
    tokio::task::block_in_place(|| world.branch.stop_kiosk()).unwrap();
    copy(&state, &world.branch.folder().join("before"));
    tokio::task::block_in_place(|| world.branch.start_kiosk()).unwrap();

    let outcome = world.obeys("wipe", Value::Null).await;

    assert_eq!(
        outcome,
        json!({ "status": "done", "detail": { "sessions": 1 } })
    );
    let control = world.branch.control();
    let path = format!("/v1/sessions/{id}");
    let (status, _) = control
        .call(hyper::Method::GET, &path, String::new())
        .await
        .unwrap();
    assert_eq!(
        status, 404,
        "the kiosk says that it knows of no such session"
    );
    assert_eq!(control.get("/v1/block-list").await.unwrap(), json!([]));
    assert!(world.branch.kiosk_log().contains("this kiosk was wiped"));
    assert!(!world.branch.kiosk_log().contains(NAME));
    let held = world.branch.at_central(&id).await.unwrap().unwrap();
    assert_eq!(held["chain_ok"], true, "what central holds stays");
    assert_eq!(held["erased"], false);
    until_async("central to hear what was wiped", TOLD_WITHIN, || async {
        let held = world.branch.at_central(&id).await.ok().flatten();
        held.is_some_and(|held| held["erasure"]["why"] == "wiped")
    })
    .await
    .unwrap();

    // A wiped kiosk goes on, and its next session is like any other.
    let next = world.somebody_comes().await;
    tokio::task::block_in_place(|| world.branch.stop_kiosk()).unwrap();
    let key = || DeviceKey::from_file(&world.branch.folder().join("device.key")).unwrap();
    let before = open(&world.branch.folder().join("before"), key());
    let events = before.events(session).unwrap();
    assert!(events.len() >= 3, "it opened before");
    assert!(before.note("faces listed").unwrap().is_some());
    let after = open(&state, key());
    assert_eq!(after.sessions().unwrap(), [next.parse::<Uuid>().unwrap()]);
    assert!(after.events(session).unwrap_or_default().is_empty());
    println!(
        "wipe: {} events opened before, 0 after; diagnostics {} bytes",
        events.len(),
        text.len()
    );
}

fn open(state: &Path, key: DeviceKey) -> Store {
    let settings = StoreConfig::new(state.join("store"), KIOSK.parse().unwrap());
    Store::open(&settings, key).unwrap().0
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy(&path, &target),
            kind if kind.is_file() => {
                std::fs::copy(path, target).unwrap();
            }
            _ => {}
        }
    }
}
