//! The service over the real models and store, with time held still.
// long file: what a restart has to find again, one store after the other, a disk that fills among them

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

#[path = "service/attempts.rs"]
mod attempts;
#[path = "service/audit.rs"]
mod audit;
#[path = "service/lists.rs"]
mod lists;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use kiosk_api::registry::{Before, Shelf};
use kiosk_api::service::{
    Caller, Filter, NewSession, NoRoom, PublicStatus, ServiceError, StoreState, Verifications,
};
use kiosk_session::{
    Closing, Consent, ConsentSource, Entry, Event, Redacted, Refused, SessionId, Shell, State,
};
use kiosk_store::{DeviceKey, Disk, LocalDisk, Store, StoreConfig, StoreError};
use kioskd::analysis::{Analyst, load_from};
use kioskd::clock::Clock;
use kioskd::config::policy_over_shipped;
use kioskd::service::{Kept, Service, Told, expire_overdue, let_go, make_room, wipe};
use time::OffsetDateTime;
use tokio::sync::mpsc;

struct HeldClock(AtomicI64);

impl Clock for HeldClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

struct Kiosk {
    service: Arc<Service>,
    clock: Arc<HeldClock>,
    heard: mpsc::Receiver<Told>,
    store: Store,
}

fn models() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

fn store_config(folder: &std::path::Path) -> StoreConfig {
    StoreConfig::new(folder.join("store"), "kiosk-1".parse().unwrap())
}

fn kiosk(folder: &std::path::Path) -> Kiosk {
    kiosk_with(&store_config(folder))
}

fn kiosk_with(config: &StoreConfig) -> Kiosk {
    let (store, _) = Store::open(config, DeviceKey::from_bytes([7; 32])).unwrap();
    let (analyst, _thread) = Analyst::start(load_from(&models()).unwrap()).unwrap();
    let clock = Arc::new(HeldClock(AtomicI64::new(1_700_000_000)));
    let (told, heard) = mpsc::channel(64);
    let service = Service::new(
        store.clone(),
        Arc::new(analyst),
        policy_over_shipped(&[]).unwrap(),
        Arc::clone(&clock) as Arc<dyn Clock>,
        told,
        Box::new(|| "off".into()),
    );
    Kiosk {
        service: Arc::new(service.unwrap()),
        clock,
        heard,
        store,
    }
}

fn caller(tenant: &str) -> Caller {
    Caller::new(tenant, "test")
}

async fn begin(kiosk: &Kiosk, tenant: &str) -> SessionId {
    try_begin(kiosk, tenant).await.unwrap()
}

async fn try_begin(kiosk: &Kiosk, tenant: &str) -> Result<SessionId, ServiceError> {
    let request = NewSession {
        external_user_id: Redacted::new("somebody".into()),
        webhook_url: None,
        redirect_url: None,
        metadata: None,
        consent: None,
    };
    let begun = kiosk.service.open(&caller(tenant), request).await?;
    Ok(begun.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_expires_when_its_time_is_over_and_not_before_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = kiosk(folder.path());
    let id = begin(&first, "bank").await;
    assert_eq!(expire_overdue(&first.service).await, 0);
    first.heard.close();
    let Kiosk { service, store, .. } = first;
    drop(service);
    store.close().await.unwrap();

    let again = kiosk(folder.path());
    again.clock.0.fetch_add(86_399, Ordering::SeqCst);
    assert_eq!(expire_overdue(&again.service).await, 0);
    again.clock.0.fetch_add(1, Ordering::SeqCst);
    assert_eq!(expire_overdue(&again.service).await, 1);
    assert_eq!(expire_overdue(&again.service).await, 0, "it expires once");
    let session = again.service.session(&caller("bank"), id).await.unwrap();
    assert_eq!(session.state.name(), "expired");
    let late = again.service.draw_challenge(&caller("bank"), id).await;
    assert!(
        matches!(late, Err(ServiceError::Refused(Refused::Expired))),
        "{late:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_sessions_are_let_go_by_policy_and_undelivered_ones_never_before_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = kiosk(folder.path());
    let (held, lacking) = (begin(&kiosk, "bank").await, begin(&kiosk, "bank").await);
    let open = begin(&kiosk, "bank").await;
    for id in [held, lacking] {
        let ended = kiosk
            .service
            .cancel(&caller("bank"), id, Closing::Staff)
            .await;
        ended.unwrap();
        if id == held {
            // Central holds the first session to its end, and of the others what came before.
            kiosk.store.acknowledge(kiosk.store.newest()).await.unwrap();
        }
    }
    let through = kiosk.store.acknowledged();
    let known = || kiosk.store.sessions().unwrap().len();
    let kept = |delivered_days, undelivered_days| Kept {
        delivered_days,
        undelivered_days,
    };
    let after_days = |days: i64| {
        kiosk
            .clock
            .0
            .store(1_700_000_000 + days * 86_400 + 1, Ordering::SeqCst)
    };

    after_days(6);
    assert_eq!(let_go(&kiosk.service, through, kept(7, Some(90))).await, 0);
    after_days(7);
    assert_eq!(let_go(&kiosk.service, through, kept(7, Some(90))).await, 1);
    assert_eq!(known(), 2);
    after_days(89);
    assert_eq!(let_go(&kiosk.service, through, kept(7, Some(90))).await, 0);
    after_days(1000);
    assert_eq!(
        let_go(&kiosk.service, through, kept(7, None)).await,
        0,
        "never"
    );
    assert_eq!(let_go(&kiosk.service, through, kept(7, Some(90))).await, 1);
    assert_eq!(kiosk.store.sessions().unwrap(), [open.0], "open ones stay");
    kiosk.store.verify_chain().unwrap();
    assert!(kiosk.service.session(&caller("bank"), open).await.is_ok());
    let gone = kiosk.service.session(&caller("bank"), held).await;
    assert!(gone.is_err());
}

/// A kiosk whose store may take 3,000 KiB more than it has, 800 of them for open sessions.
async fn small(folder: &std::path::Path) -> Kiosk {
    let mut config = store_config(folder);
    let (store, _) = Store::open(&config, DeviceKey::from_bytes([7; 32])).unwrap();
    let used = store.stats().used_bytes;
    store.close().await.unwrap();
    config.max_bytes = used + 3_000 * 1024;
    config.reserve_bytes = 800 * 1024;
    kiosk_with(&config)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_refuses_new_sessions_by_its_code_lets_open_ones_end_and_opens_after_delivery()
{
    let folder = tempfile::tempdir().unwrap();
    let kiosk = small(folder.path()).await;
    let state = async || kiosk.service.health().await.store.state;
    let open = begin(&kiosk, "bank").await;
    assert_eq!(state().await, StoreState::Ready);
    while kiosk.store.may_begin().is_ok() {
        let picture = [1; 300 * 1024];
        kiosk.store.put_evidence(open.0, &picture).await.unwrap();
    }

    let refused = try_begin(&kiosk, "bank").await.unwrap_err();

    assert!(
        matches!(refused, ServiceError::NoRoom(NoRoom::Store)),
        "{refused:?}"
    );
    assert_eq!(NoRoom::Store.code(), "STORE_FULL");
    assert_eq!(state().await, StoreState::Full);
    assert_eq!(kiosk.service.turns_away(), Some("STORE_FULL"));
    let consent = Consent {
        source: ConsentSource::Person,
        text_version: "1".into(),
    };
    let bank = caller("bank");
    kiosk.service.consent(&bank, open, consent).await.unwrap();
    let ended = kiosk.service.cancel(&bank, open, Closing::Person).await;
    ended.unwrap();

    // Central takes over; what it holds goes by the policy.
    kiosk.store.acknowledge(kiosk.store.newest()).await.unwrap();
    for piece in kiosk.store.evidence_outbox(100).await.unwrap() {
        kiosk.store.acknowledge_evidence(&piece.id).await.unwrap();
    }
    assert_eq!(
        state().await,
        StoreState::Full,
        "nothing goes before its time"
    );
    kiosk.clock.0.fetch_add(86_401, Ordering::SeqCst);
    let kept = Kept {
        delivered_days: 1,
        undelivered_days: None,
    };
    let gone = let_go(&kiosk.service, kiosk.store.acknowledged(), kept).await;
    assert_eq!((gone, state().await), (1, StoreState::Ready));
    assert_eq!(kiosk.service.turns_away(), None);
    begin(&kiosk, "bank").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_lets_the_oldest_go_that_central_holds_whole_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = small(folder.path()).await;
    let bank = caller("bank");
    let mut ids = Vec::new();
    while kiosk.store.may_begin().is_ok() {
        let id = begin(&kiosk, "bank").await;
        kiosk
            .store
            .put_evidence(id.0, &[1; 300 * 1024])
            .await
            .unwrap();
        kiosk.clock.0.fetch_add(60, Ordering::SeqCst);
        ids.push(id);
    }
    let open = ids.pop().unwrap();
    for id in &ids {
        let ended = kiosk.service.cancel(&bank, *id, Closing::Person).await;
        ended.unwrap();
    }
    assert!(ids.len() >= 4, "{}", ids.len());
    let room = async || make_room(&kiosk.service, kiosk.store.acknowledged()).await;
    assert_eq!(room().await, 0, "central holds nothing yet");
    kiosk.store.acknowledge(kiosk.store.newest()).await.unwrap();
    assert_eq!(room().await, 0, "central has the records and no picture");
    // Central gets all pictures but the oldest session's.
    for piece in kiosk.store.evidence_outbox(100).await.unwrap() {
        if piece.session != ids[0].0 {
            kiosk.store.acknowledge_evidence(&piece.id).await.unwrap();
        }
    }

    let gone = room().await;

    assert!((1..3).contains(&gone), "no more than is needed: {gone}");
    begin(&kiosk, "bank").await;
    assert_eq!(room().await, 0, "there is room");
    let left = kiosk.store.sessions().unwrap();
    let kept = |id: &SessionId| left.contains(&id.0);
    assert!(kept(&ids[0]), "central lacks its picture");
    assert!(!kept(&ids[1]), "the oldest that it holds whole");
    assert!(kept(ids.last().unwrap()) && kept(&open));
    kiosk.store.verify_chain().unwrap();
}

/// The machine's disk, until somebody fills it.
#[derive(Debug, Default)]
struct Fillable(AtomicBool);

impl Fillable {
    fn takes_more(&self) -> std::io::Result<()> {
        match self.0.load(Ordering::SeqCst) {
            false => Ok(()),
            true => Err(std::io::ErrorKind::StorageFull.into()),
        }
    }
}

impl Disk for Fillable {
    fn create(&self, path: &std::path::Path) -> std::io::Result<std::fs::File> {
        self.takes_more()?;
        LocalDisk.create(path)
    }

    fn open(&self, path: &std::path::Path) -> std::io::Result<std::fs::File> {
        LocalDisk.open(path)
    }

    fn write_at(
        &self,
        file: &std::fs::File,
        path: &std::path::Path,
        bytes: &[u8],
        at: u64,
    ) -> std::io::Result<()> {
        self.takes_more()?;
        LocalDisk.write_at(file, path, bytes, at)
    }

    fn set_length(
        &self,
        file: &std::fs::File,
        path: &std::path::Path,
        length: u64,
    ) -> std::io::Result<()> {
        LocalDisk.set_length(file, path, length)
    }

    fn sync_file(&self, file: &std::fs::File, path: &std::path::Path) -> std::io::Result<()> {
        LocalDisk.sync_file(file, path)
    }

    fn sync_folder(&self, path: &std::path::Path) -> std::io::Result<()> {
        LocalDisk.sync_folder(path)
    }

    fn rename(&self, from: &std::path::Path, to: &std::path::Path) -> std::io::Result<()> {
        LocalDisk.rename(from, to)
    }

    fn remove(&self, path: &std::path::Path) -> std::io::Result<()> {
        LocalDisk.remove(path)
    }

    fn room(&self, folder: &std::path::Path) -> std::io::Result<u64> {
        match self.takes_more() {
            Ok(()) => LocalDisk.room(folder),
            Err(_) => Ok(0),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_everything_new_by_its_code_and_the_store_goes_on_with_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Arc::new(Fillable::default());
    let mut config = store_config(folder.path());
    config.disk = Arc::clone(&disk) as _;
    let kiosk = kiosk_with(&config);
    let bank = caller("bank");
    let before = begin(&kiosk, "bank").await;
    let consent = || Consent {
        source: ConsentSource::Person,
        text_version: "1".into(),
    };
    disk.0.store(true, Ordering::SeqCst);

    let refused = try_begin(&kiosk, "bank").await.unwrap_err();
    let step = kiosk.service.consent(&bank, before, consent()).await;

    for told in [refused, step.unwrap_err()] {
        assert!(
            matches!(told, ServiceError::NoRoom(NoRoom::Disk)),
            "{told:?}"
        );
    }
    assert_eq!(NoRoom::Disk.code(), "DISK_FULL");
    assert_eq!(kiosk.service.turns_away(), Some("DISK_FULL"));
    assert_eq!(kiosk.service.health().await.store.state, StoreState::Full);
    assert!(kiosk.service.session(&bank, before).await.is_ok());
    let newest = kiosk.store.newest();

    disk.0.store(false, Ordering::SeqCst);
    assert_eq!(kiosk.service.turns_away(), None);
    kiosk
        .service
        .consent(&bank, before, consent())
        .await
        .unwrap();
    begin(&kiosk, "bank").await;
    assert_eq!(kiosk.store.verify_chain().unwrap(), kiosk.store.newest());
    assert!(kiosk.store.newest() > newest && kiosk.store.is_writable());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_sees_its_own_sessions_only_newest_first_and_by_status() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = kiosk(folder.path());
    let older = begin(&kiosk, "bank").await;
    kiosk.clock.0.fetch_add(10, Ordering::SeqCst);
    let newer = begin(&kiosk, "bank").await;
    let foreign = begin(&kiosk, "other").await;
    let all = Filter {
        limit: 10,
        ..Filter::default()
    };
    let listed = kiosk.service.list(&caller("bank"), all).await.unwrap();
    let ids: Vec<SessionId> = listed.sessions.iter().map(|session| session.id).collect();
    assert_eq!((ids, listed.total), (vec![newer, older], 2));
    let hidden = kiosk.service.session(&caller("bank"), foreign).await;
    assert!(matches!(hidden, Err(ServiceError::NotFound)));

    kiosk
        .service
        .cancel(&caller("bank"), older, Closing::Partner)
        .await
        .unwrap();
    let cancelled = Filter {
        status: Some(PublicStatus::Cancelled),
        limit: 10,
        ..Filter::default()
    };
    let listed = kiosk
        .service
        .list(&caller("bank"), cancelled)
        .await
        .unwrap();
    assert_eq!(listed.sessions.len(), 1);
    assert_eq!(
        kiosk.service.journal().index().count_states()["cancelled"],
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_leaves_no_session_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = kiosk(folder.path());
    let id = begin(&kiosk, "bank").await;
    for _ in 0..20 {
        let service = Arc::clone(&kiosk.service);
        let call = tokio::spawn(async move {
            service
                .cancel(&caller("bank"), id, Closing::Partner)
                .await
                .map(|_| ())
        });
        tokio::task::yield_now().await;
        call.abort();
    }
    let state = kiosk
        .service
        .session(&caller("bank"), id)
        .await
        .unwrap()
        .state;
    assert!(
        ["created", "cancelled"].contains(&state.name()),
        "{}",
        state.name()
    );
    let after = kiosk
        .service
        .cancel(&caller("bank"), id, Closing::Partner)
        .await;
    assert!(
        matches!(after, Ok(_) | Err(ServiceError::Refused(Refused::Closed))),
        "{after:?}"
    );
    assert_eq!(
        kiosk.service.journal().entries(id).unwrap().len(),
        2,
        "created and cancelled, each once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_nobody_waits_for_any_more_is_not_done() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = kiosk(folder.path());
    let analyst = Arc::clone(kiosk.service.analyst());
    let (begun, begins) = tokio::sync::oneshot::channel();
    let first = tokio::spawn({
        let analyst = Arc::clone(&analyst);
        async move {
            let slow = analyst.run(move |_| {
                begun.send(()).unwrap();
                std::thread::sleep(std::time::Duration::from_millis(400));
            });
            slow.await.unwrap();
        }
    });
    begins.await.unwrap();
    let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let told = Arc::clone(&done);
    let given_up = analyst.run(move |_| told.store(true, Ordering::SeqCst));
    let soon = std::time::Duration::from_millis(50);
    assert!(
        tokio::time::timeout(soon, given_up).await.is_err(),
        "it still waits"
    );
    first.await.unwrap();
    analyst.run(|_| ()).await.unwrap();
    assert!(!done.load(Ordering::SeqCst));
}

async fn closed(kiosk: Kiosk) {
    let Kiosk { service, store, .. } = kiosk;
    drop(service);
    store.close().await.unwrap();
}

async fn ended(kiosk: &Kiosk) -> SessionId {
    let id = begin(kiosk, "bank").await;
    let by = Closing::Partner;
    kiosk.service.cancel(&caller("bank"), id, by).await.unwrap();
    id
}

async fn state(kiosk: &Kiosk, id: SessionId) -> Result<State, ServiceError> {
    let session = kiosk.service.session(&caller("bank"), id).await;
    session.map(|session| session.state)
}

fn is_shell(state: &State) -> bool {
    let case = state.case().unwrap();
    matches!(state, State::Anonymised { .. }) && case.opening.external_user_id.reveal().is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anonymised_session_is_a_shell_under_its_own_name_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = kiosk(folder.path());
    let (id, other) = (ended(&first).await, ended(&first).await);
    first.service.anonymise(&caller("bank"), id).await.unwrap();
    let foreign = first.service.anonymise(&caller("other"), other).await;
    assert!(matches!(foreign, Err(ServiceError::NotFound)));
    assert!(is_shell(&state(&first, id).await.unwrap()));
    let before = first.store.events(id.0);
    assert!(
        matches!(before, Err(StoreError::Erased { .. })),
        "its own log opens no more: {before:?}"
    );
    closed(first).await;

    let again = kiosk(folder.path());
    assert!(is_shell(&state(&again, id).await.unwrap()));
    assert!(!is_shell(&state(&again, other).await.unwrap()));
    let all = Filter {
        status: Some(PublicStatus::Cancelled),
        limit: 10,
        ..Filter::default()
    };
    let listed = again.service.list(&caller("bank"), all).await.unwrap();
    assert_eq!(listed.total, 2, "each once");
    let history = again.service.history(&caller("bank"), id).await.unwrap();
    let names: Vec<_> = history.iter().map(|happened| happened.event).collect();
    assert_eq!(names, ["created", "cancelled", "anonymised"]);
    again.service.erase(&caller("bank"), id).await.unwrap();
    closed(again).await;
    let last = kiosk(folder.path());
    assert!(matches!(
        state(&last, id).await,
        Err(ServiceError::NotFound)
    ));
}

/// Writes a session's shell as `anonymise` does first, and goes no further.
async fn half_anonymised(kiosk: &Kiosk, id: SessionId) {
    let policy = policy_over_shipped(&[]).unwrap();
    let entries: Vec<Entry> = kiosk
        .service
        .journal()
        .entries(id)
        .unwrap()
        .into_iter()
        .map(|(_, entry)| entry)
        .collect();
    let stands = state(kiosk, id).await.unwrap();
    let shell = Shell::of(id, &entries, &stands, &policy).unwrap();
    let event = Event::Anonymised {
        shell: Box::new(shell),
    };
    let entry = Entry::new(kiosk.clock.now(), event);
    let bytes = serde_json::to_vec(&entry).unwrap();
    let log = uuid::Uuid::new_v4();
    // What the next start does not understand in brief it reads.
    let briefed = kiosk.store.append_briefed(log, vec![bytes], vec![0]);
    briefed.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_a_crash_left_half_anonymised_is_a_shell_and_its_rest_is_erased() {
    let folder = tempfile::tempdir().unwrap();
    let first = kiosk(folder.path());
    let id = ended(&first).await;
    half_anonymised(&first, id).await;
    closed(first).await;
    let again = kiosk(folder.path());
    assert!(is_shell(&state(&again, id).await.unwrap()));
    assert!(again.store.events(id.0).is_ok(), "the crash left it");
    let kept = Kept {
        delivered_days: 30,
        undelivered_days: None,
    };
    let_go(&again.service, again.store.acknowledged(), kept).await;
    let rest = again.store.events(id.0);
    assert!(matches!(rest, Err(StoreError::Erased { .. })), "{rest:?}");
    assert!(is_shell(&state(&again, id).await.unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_goes_by_the_retention_policy_as_its_session_would() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = kiosk(folder.path());
    let id = ended(&kiosk).await;
    kiosk.service.anonymise(&caller("bank"), id).await.unwrap();
    let kept = Kept {
        delivered_days: 1,
        undelivered_days: Some(2),
    };
    kiosk.clock.0.fetch_add(86_401, Ordering::SeqCst);
    let_go(&kiosk.service, kiosk.store.acknowledged(), kept).await;
    assert!(
        is_shell(&state(&kiosk, id).await.unwrap()),
        "central lacks it"
    );
    kiosk.clock.0.fetch_add(86_400, Ordering::SeqCst);
    let_go(&kiosk.service, kiosk.store.acknowledged(), kept).await;
    assert!(matches!(
        state(&kiosk, id).await,
        Err(ServiceError::NotFound)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wipe_leaves_neither_shells_nor_what_tenants_keep() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = kiosk(folder.path());
    let id = ended(&kiosk).await;
    kiosk.service.anonymise(&caller("bank"), id).await.unwrap();
    let entry = ("one", Redacted::new("1".to_owned()));
    let registry = kiosk.service.registry();
    registry
        .put("bank", Shelf::Staff, entry, Before::Absent)
        .await
        .unwrap();
    wipe(&kiosk.service).await.unwrap();
    assert!(matches!(
        state(&kiosk, id).await,
        Err(ServiceError::NotFound)
    ));
    let all = Filter {
        limit: 10,
        ..Filter::default()
    };
    let listed = kiosk.service.list(&caller("bank"), all).await.unwrap();
    assert_eq!(listed.total, 0);
    assert_eq!(registry.all("bank", Shelf::Staff).unwrap(), []);
}
