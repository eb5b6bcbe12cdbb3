//! The audit over the real store: every change by whom, from where, when; a tenant sees its own and no other's.

use std::net::IpAddr;

use kiosk_api::audit::{Actor, Audit, AuditEntry, AuditFilter, MOST_ENTRIES};
use kiosk_api::service::{Caller, Verifications};
use kiosk_session::{Closing, Consent, ConsentSource};
use kioskd::service::{expire_overdue, let_audit_go, wipe};

use kioskd::config::policy_over_shipped;

use super::{Kiosk, begin, caller, kiosk};

const ADDRESS: &str = "198.51.100.7";

fn from_outside(tenant: &str) -> Caller {
    caller(tenant).from_address(Some(ADDRESS.parse().unwrap()))
}

fn all() -> AuditFilter {
    AuditFilter {
        limit: MOST_ENTRIES,
        ..AuditFilter::default()
    }
}

async fn entries(kiosk: &Kiosk, tenant: &str, filter: AuditFilter) -> Vec<AuditEntry> {
    let page = kiosk.service.entries(tenant, filter).await.unwrap();
    assert_eq!(page.next, None);
    page.entries
}

fn actions(entries: &[AuditEntry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.action.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_says_who_from_where_and_what_and_a_tenant_sees_its_own_only() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = kiosk(folder.path());
    let id = begin(&kiosk, "bank").await;
    let consent = Consent {
        source: ConsentSource::Person,
        text_version: "1".into(),
    };
    let (bank, shop) = (from_outside("bank"), caller("shop"));
    kiosk.service.consent(&bank, id, consent).await.unwrap();
    let user = Actor {
        tenant: "bank".into(),
        name: "user-17".into(),
        address: Some("2001:db8::1".parse().unwrap()),
    };
    let recorded = kiosk.service.record(&user, "user.created", Some("user-18"));
    recorded.await.unwrap();
    let other = begin(&kiosk, "shop").await;
    let ended = kiosk.service.cancel(&shop, other, Closing::Partner).await;
    ended.unwrap();

    let own = entries(&kiosk, "bank", all()).await;

    assert_eq!(
        actions(&own),
        ["session.created", "session.consent_given", "user.created"]
    );
    let objects: Vec<_> = own
        .iter()
        .map(|entry| entry.object.clone().unwrap())
        .collect();
    assert_eq!(objects, [id.to_string(), id.to_string(), "user-18".into()]);
    let who = |entry: &AuditEntry| {
        let actor = entry.actor.clone().unwrap();
        (actor.name, actor.address)
    };
    let at = |text: &str| Some(text.parse::<IpAddr>().unwrap());
    let expected = [
        ("test".to_owned(), None),
        ("test".to_owned(), at(ADDRESS)),
        ("user-17".to_owned(), at("2001:db8::1")),
    ];
    assert!(own.iter().map(who).eq(expected));
    assert_eq!(own[1].previous, own[0].hash, "records of the chain");
    assert_eq!(own[0].at, kiosk.service.now());

    let theirs = entries(&kiosk, "shop", all()).await;
    assert_eq!(actions(&theirs), ["session.created", "session.cancelled"]);
    assert!(entries(&kiosk, "nobody", all()).await.is_empty());
    let verdict = kiosk.service.verify("bank").await.unwrap();
    assert!(verdict.whole, "{:?}", verdict.faults);
    assert_eq!((verdict.records, verdict.entries), (5, 3));
    let printed = format!("{bank:?} {user:?} {own:?}");
    assert!(
        !printed.contains("198.51") && !printed.contains("2001:db8"),
        "{printed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_are_found_by_action_actor_object_and_time_in_pages_of_either_order() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = kiosk(folder.path());
    for number in 0..7 {
        let who = Actor::from(&caller(if number % 2 == 0 { "bank" } else { "shop" }));
        let object = format!("key-{number}");
        let recorded = kiosk.service.record(&who, "api_key.created", Some(&object));
        recorded.await.unwrap();
        kiosk
            .clock
            .0
            .fetch_add(10, std::sync::atomic::Ordering::SeqCst);
    }
    begin(&kiosk, "bank").await;
    let numbers = |entries: &[AuditEntry]| entries.iter().map(|it| it.number).collect::<Vec<_>>();

    let own = entries(&kiosk, "bank", all()).await;
    assert_eq!(numbers(&own), [1, 3, 5, 7, 8]);
    let mut filter = AuditFilter {
        newest_first: true,
        limit: 2,
        ..AuditFilter::default()
    };
    let mut paged = Vec::new();
    loop {
        let page = kiosk.service.entries("bank", filter.clone()).await.unwrap();
        assert!(page.entries.len() <= 2);
        paged.extend(page.entries);
        filter.cursor = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(numbers(&paged), [8, 7, 5, 3, 1]);
    let by_action = AuditFilter {
        action: Some("session.created".into()),
        ..all()
    };
    assert_eq!(numbers(&entries(&kiosk, "bank", by_action).await), [8]);
    let by_object = AuditFilter {
        object: Some("key-2".into()),
        ..all()
    };
    assert_eq!(numbers(&entries(&kiosk, "bank", by_object).await), [3]);
    let by_actor = AuditFilter {
        actor: Some("nobody".into()),
        ..all()
    };
    assert!(entries(&kiosk, "bank", by_actor).await.is_empty());
    let by_time = AuditFilter {
        from: Some(own[1].at),
        before: Some(own[3].at),
        ..all()
    };
    assert_eq!(numbers(&entries(&kiosk, "bank", by_time).await), [3, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_stays_in_the_audit_when_the_session_is_gone_also_after_a_restart_and_a_wipe() {
    let folder = tempfile::tempdir().unwrap();
    let first = kiosk(folder.path());
    let id = begin(&first, "bank").await;
    first
        .service
        .erase(&from_outside("bank"), id)
        .await
        .unwrap();
    let late = begin(&first, "bank").await;
    first
        .clock
        .0
        .fetch_add(86_400, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(expire_overdue(&first.service).await, 1);
    let Kiosk { service, store, .. } = first;
    drop(service);
    store.close().await.unwrap();

    let again = kiosk(folder.path());
    let own = entries(&again, "bank", all()).await;
    assert_eq!(
        actions(&own),
        ["session.erased", "session.created", "session.expired"]
    );
    assert_eq!(own[0].object, Some(id.to_string()));
    let actor = own[0].actor.clone().unwrap();
    assert_eq!(actor.address, Some(ADDRESS.parse().unwrap()));
    assert_eq!(own[2].actor.clone().unwrap().name, "(kiosk)");
    assert_eq!(own[2].object, Some(late.to_string()));

    assert_eq!(wipe(&again.service).await.unwrap(), 1);
    let own = entries(&again, "bank", all()).await;
    assert_eq!(actions(&own), ["session.erased", "kiosk.wiped"]);
    let verdict = again.service.verify("bank").await.unwrap();
    assert!(verdict.whole, "{:?}", verdict.faults);
    // Each of the two erasures is a record of its own, for central.
    assert_eq!((verdict.records, verdict.entries), (7, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_with_another_config_than_the_one_before_is_in_the_audit_once() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = kiosk(folder.path());
    let file = folder.path().join("kioskd.toml");
    for (text, recorded) in [("one", 0), ("one", 0), ("two", 1), ("two", 1), ("one", 2)] {
        std::fs::write(&file, text).unwrap();
        kiosk.service.note_loaded(&file, "bank").await.unwrap();
        let own = entries(&kiosk, "bank", all()).await;
        assert_eq!(actions(&own), vec!["config.changed"; recorded]);
    }
    let own = entries(&kiosk, "bank", all()).await;
    let objects: Vec<_> = own.iter().map(|it| it.object.clone().unwrap()).collect();
    assert!(objects.iter().all(|hash| hash.len() == 64));
    assert_ne!(objects[0], objects[1], "each by its content");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_in_force_is_kept_by_the_hash_that_decisions_name() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = kiosk(folder.path());
    let file = folder.path().join("kioskd.toml");
    std::fs::write(&file, "one").unwrap();
    let policy = policy_over_shipped(&[]).unwrap();
    let json = serde_json::to_vec(&policy).unwrap();
    let named = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&json));
    assert_eq!(kiosk.service.policy_of(&named).unwrap(), None);
    for _ in 0..2 {
        kiosk.service.note_loaded(&file, "bank").await.unwrap();
        assert_eq!(
            kiosk.service.policy_of(&named).unwrap(),
            Some(policy.clone())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_of_the_audit_goes_when_its_days_are_over_and_central_holds_it_and_never_before() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = kiosk(folder.path());
    let who = Actor::from(&caller("bank"));
    let record = async || {
        let recorded = kiosk.service.record(&who, "user.created", Some("user-1"));
        recorded.await.unwrap();
    };
    let days = |days: i64| {
        let seconds = days * 86_400;
        kiosk
            .clock
            .0
            .fetch_add(seconds, std::sync::atomic::Ordering::SeqCst);
    };
    record().await;
    days(80);
    record().await;

    assert_eq!(
        let_audit_go(&kiosk.service, 30).await,
        0,
        "central lacks it"
    );
    kiosk.store.acknowledge(2).await.unwrap();
    assert_eq!(let_audit_go(&kiosk.service, 90).await, 0, "not over yet");
    assert_eq!(let_audit_go(&kiosk.service, 30).await, 1);

    let own = entries(&kiosk, "bank", all()).await;
    assert_eq!(own.len(), 1, "the later month stays");
    record().await;
    let verdict = kiosk.service.verify("bank").await.unwrap();
    assert!(verdict.whole, "{:?}", verdict.faults);
    assert_eq!((verdict.records, verdict.entries), (3, 2));
}
