//! Central's word reaches a kiosk: commands by HTTPS and MQTT, done once; the time; a renewed certificate.
//! Against a real central and a real Mosquitto.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common;
use crate::common::central::Central;
use crate::common::{World, kiosk, tenant, today, until, until_online, until_waiting};
use async_trait::async_trait;
use kiosk_pki::{Authority, Validity, own_validity};
use kiosk_sync::{CentralsWord, Handler, Progress, Sync, SyncConfig, SyncHandle, Why};
use kiosk_tests::rig::{BrokerFiles, Mosquitto, Watcher};
use kiosk_wire::{Command, CommandSecretKey, OsRandom, Outcome, SignedCommand, topics};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use time::Duration as Days;

/// Remembers what it carried out.
#[derive(Default)]
struct Notes {
    done: Mutex<Vec<u64>>,
    /// How often it wants a restart first.
    restarts: AtomicUsize,
}

#[async_trait]
impl Handler for Notes {
    fn kind(&self) -> &'static str {
        "note"
    }

    async fn carry_out(&self, command: &Command) -> Progress {
        let wanted = |left: usize| left.checked_sub(1);
        if self
            .restarts
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, wanted)
            .is_ok()
        {
            return Progress::AfterRestart;
        }
        self.done.lock().unwrap().push(command.number);
        Progress::Ended(Outcome::Done(command.body.clone()))
    }
}

impl Notes {
    fn numbers(&self) -> Vec<u64> {
        self.done.lock().unwrap().clone()
    }
}

fn config(world: &World, central: u16, broker: Option<u16>, notes: &Arc<Notes>) -> SyncConfig {
    let mut config = world.config(central, broker);
    config.limits.command_poll = Duration::from_millis(100);
    let note: Arc<dyn Handler> = Arc::clone(notes) as _;
    config.word = Some(CentralsWord {
        key: world.command_key.public(),
        folder: world.path("word"),
        handlers: vec![note],
    });
    config
}

fn broker(world: &World) -> Mosquitto {
    let files = BrokerFiles::of(&world.pki.broker, &["central"]);
    Mosquitto::start(&world.path("broker"), &files).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_done_in_order_once_and_told_of_though_the_kiosk_starts_again() {
    let (world, notes) = (World::new(), Arc::new(Notes::default()));
    let central = Central::start(&world, None).await;
    central.issue("note", json!("one")).await;
    central.issue("unheard_of", Value::Null).await;
    central.issue("note", json!({"three": 3})).await;

    for _ in 0..3 {
        let sync = world.start(config(&world, central.port(), None, &notes));
        let told = central.until_told(3).await;
        assert_eq!(told[0], json!({"status": "done", "detail": "one"}));
        assert_eq!(told[1]["status"], "failed");
        assert_eq!(told[2], json!({"status": "done", "detail": {"three": 3}}));
        sync.shutdown().await.unwrap();
    }
    assert_eq!(notes.numbers(), [1, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_comes_by_mqtt_without_waiting_for_the_poll() {
    let (world, notes) = (World::new(), Arc::new(Notes::default()));
    let mosquitto = broker(&world);
    let central = Central::start(&world, Some(mosquitto.port())).await;
    central.issue("note", Value::Null).await;
    let mut config = config(&world, central.port(), Some(mosquitto.port()), &notes);
    config.limits.command_poll = Duration::from_secs(3600);
    let sync = world.start(config);
    central.until_told(1).await;
    until_online(&sync).await;
    // Subscriptions take effect in their own time.
    tokio::time::sleep(Duration::from_millis(300)).await;

    central.issue("note", json!("by MQTT")).await;

    until("the second command", || notes.numbers() == [1, 2]).await;
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_foreign_and_replayed_commands_by_mqtt_do_nothing() {
    let (world, notes) = (World::new(), Arc::new(Notes::default()));
    let mosquitto = broker(&world);
    let central = Central::start(&world, None).await;
    central.issue("note", Value::Null).await;
    let sync = world.start(config(
        &world,
        central.port(),
        Some(mosquitto.port()),
        &notes,
    ));
    central.until_told(1).await;
    until_online(&sync).await;
    let topic = topics::commands(&tenant(), &kiosk());
    let speaker = Watcher::start(
        "central",
        mosquitto.address(),
        &world.pki.central,
        "kiosk/v1/#",
    )
    .unwrap();
    let signed = |key: &CommandSecretKey, kiosk: &str, number| {
        let command = Command {
            kiosk: kiosk.parse().unwrap(),
            number,
            issued_at: today(),
            kind: "note".into(),
            body: Value::Null,
        };
        serde_json::to_vec(&SignedCommand::sign(key, &command).unwrap()).unwrap()
    };
    let thief = CommandSecretKey::generate(&OsRandom).unwrap();
    let mut edited: SignedCommand =
        serde_json::from_slice(&signed(&world.command_key, "kiosk-1", 2)).unwrap();
    edited.command[20] ^= 1;

    for forged in [
        signed(&thief, "kiosk-1", 2),
        signed(&world.command_key, "kiosk-2", 2),
        signed(&world.command_key, "kiosk-1", 1),
        serde_json::to_vec(&edited).unwrap(),
        b"{}".to_vec(),
        vec![b'x'; 100_000],
    ] {
        speaker.say(&topic, &forged).unwrap();
    }
    // A true one after them shows that they were heard. One that finds no room behind them is left to central's list, which
    // does not know of this one: so it is said until it is heard, and done once.
    let true_one = signed(&world.command_key, "kiosk-1", 2);
    for _ in 0..40 {
        speaker.say(&topic, &true_one).unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
        if notes.numbers().contains(&2) {
            break;
        }
    }
    assert_eq!(notes.numbers(), [1, 2]);
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_wants_a_restart_ends_after_it() {
    let (world, notes) = (World::new(), Arc::new(Notes::default()));
    let central = Central::start(&world, None).await;
    notes.restarts.store(1, Ordering::SeqCst);
    central.issue("note", Value::Null).await;
    let mut patient = config(&world, central.port(), None, &notes);
    patient.limits.command_poll = Duration::from_secs(3600);
    let sync = world.start(patient);
    until("the restart to be wanted", || {
        notes.restarts.load(Ordering::SeqCst) == 0
    })
    .await;
    assert_eq!(central.outcomes().await, [Value::Null]);
    sync.shutdown().await.unwrap();

    let sync = world.start(config(&world, central.port(), None, &notes));
    central.until_told(1).await;
    assert_eq!(notes.numbers(), [1]);
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_issues_one_command_and_only_operators_issue() {
    let world = World::new();
    let central = Central::start(&world, None).await;
    let path = kiosk_wire::paths::commands(&kiosk());
    let url = format!("https://{}{path}", central.address());
    let wanted = json!({"request": uuid::Uuid::new_v4(), "kind": "note", "body": null});
    let ask = |files: &kiosk_pki::TlsFiles| {
        let client = common::central::client(files);
        client.post(&url).json(&wanted).send()
    };

    let statuses = [
        ask(&world.pki.operator).await.unwrap().status().as_u16(),
        ask(&world.pki.operator).await.unwrap().status().as_u16(),
        ask(&world.pki.reader).await.unwrap().status().as_u16(),
        ask(&world.pki.kiosks[0]).await.unwrap().status().as_u16(),
    ];

    assert_eq!(statuses, [201, 200, 403, 403]);
    assert_eq!(central.outcomes().await.len(), 1);
}

/// Sync on a machine whose clock is off by this much.
fn start_off(world: &World, config: SyncConfig, off: Days) -> SyncHandle {
    let clock = Arc::new(move || today() + off);
    Sync::start(config, world.store.clone(), clock, StdRng::seed_from_u64(1)).unwrap()
}

/// The kiosk shows a certificate that is valid for `validity`.
fn enrol(world: &World, validity: Validity) {
    let authority = Authority::open(&world.path("pki")).unwrap();
    let identity = authority.kiosk("kiosk-1", validity).unwrap();
    identity.install(&world.pki.kiosks[0]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_a_day_off_either_way_is_put_right_by_central() {
    for off in [Days::hours(-23), Days::hours(23)] {
        let (world, notes) = (World::new(), Arc::new(Notes::default()));
        let central = Central::start(&world, None).await;
        let short = Validity::between(today() - Days::minutes(5), today() + Days::hours(3));
        enrol(&world, short.unwrap());
        world.write(uuid::Uuid::new_v4(), 1).await;

        let without = world.config(central.port(), None);
        let sync = start_off(&world, without, off);
        until_waiting(&sync, |why| {
            matches!(
                why,
                Why::OwnCertificateExpired | Why::OwnCertificateNotYetValid
            )
        })
        .await;
        sync.shutdown().await.unwrap();

        let with = config(&world, central.port(), None, &notes);
        let sync = start_off(&world, with, off);
        until_online(&sync).await;
        common::until_delivered(&world).await;
        sync.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_near_its_end_is_renewed_proved_and_replaced() {
    let (world, notes) = (World::new(), Arc::new(Notes::default()));
    let central = Central::start(&world, None).await;
    let nine_days = Validity::between(today() - Days::days(7), today() + Days::days(2)).unwrap();
    enrol(&world, nine_days);
    let files = &world.pki.kiosks[0];
    let before = std::fs::read(&files.key).unwrap();

    let sync = world.start(config(&world, central.port(), None, &notes));
    until("a later end", || {
        own_validity(files).unwrap().not_after() > today() + Days::days(80)
    })
    .await;
    assert_ne!(std::fs::read(&files.key).unwrap(), before, "its key is new");
    world.write(uuid::Uuid::new_v4(), 3).await;
    common::until_delivered(&world).await;
    until_online(&sync).await;
    sync.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_proved_does_not_replace_the_old_one() {
    // A central whose authority is not the one that it trusts itself: what it signs, it refuses.
    let (world, notes) = (World::new(), Arc::new(Notes::default()));
    let stranger = common::pki(&world.path("stranger"), Validity::days(today(), 90));
    let authority = stranger.authority.parent().unwrap().to_owned();
    let central = Central::start_by(&world, authority).await;
    let nine_days = Validity::between(today() - Days::days(7), today() + Days::days(2)).unwrap();
    enrol(&world, nine_days);
    let before = std::fs::read(&world.pki.kiosks[0].certificate).unwrap();

    let sync = world.start(config(&world, central.port(), None, &notes));
    central.issue("note", Value::Null).await;
    central.until_told(1).await;
    until("the new one to wait for its proof", || {
        world.path("word/renewal/waiting.pem").exists()
    })
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;

    let after = std::fs::read(&world.pki.kiosks[0].certificate).unwrap();
    assert_eq!(after, before);
    until_online(&sync).await;
    sync.shutdown().await.unwrap();
}
