//! Watch lists in the service: read again where a file changes, and exceptions that are one tenant's own and last.

use std::path::Path;
use std::sync::Arc;

use kiosk_api::audit::{Actor, Audit, AuditFilter};
use kiosk_api::screening::{Bearer, ListsState, ScreenAnswer, ScreenQuery, Screening as _};
use kiosk_api::service::ServiceError;
use kiosk_session::{Fact, Redacted, Screening as Screened, Topic};
use kioskd::config::Screening;
use kioskd::service::{Lists, Service, refresh_lists};

use super::{Kiosk, caller, kiosk};

const HEAD: &str = "id,name,kind,aliases,birth_date,country,programme\n";
const KARIM: &str = "x1,Karim Oyelaran-Brandt,person,,1961-03-04,NLD,FRAUD\n";
const MINISTER: &str = "p1,Solveig Tarkiainen,person,,1970,FIN,PEP\n";

fn write(file: &Path, rows: &[&str]) {
    std::fs::write(file, [HEAD, rows.concat().as_str()].concat()).unwrap();
}

async fn kiosk_with_lists(folder: &Path, file: &Path) -> (Kiosk, Arc<Lists>) {
    let mut kiosk = kiosk(folder);
    let files = Screening {
        lists: vec![file.to_owned()],
        exceptions: None,
    };
    let lists = Arc::new(Lists::new(files, kiosk.store.clone()));
    refresh_lists(&lists).await;
    let service = Arc::into_inner(kiosk.service).unwrap();
    kiosk.service = Arc::new(Service::with_lists(service, Arc::clone(&lists)));
    (kiosk, lists)
}

fn asked(tenant: &str, name: &str) -> ScreenQuery {
    ScreenQuery {
        tenant: tenant.into(),
        name: Redacted::new(name.into()),
        kind: Some(Bearer::Person),
        birth_date: Some(Redacted::new(time::macros::date!(1961 - 03 - 04))),
        country: Some("NLD".into()),
    }
}

fn told(kiosk: &Kiosk, tenant: &str, name: &str) -> (bool, Screened) {
    match kiosk.service.screen(&asked(tenant, name)) {
        ScreenAnswer::Assessed { clear, found } => (clear, found),
        ScreenAnswer::NotAssessed { why } => panic!("{why}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_read_again_where_their_files_change_and_damaged_ones_leave_the_old_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.csv");
    let (kiosk, lists) = kiosk_with_lists(folder.path(), &file).await;
    let nobody = kiosk.service.screen(&asked("bank", "Karim Oyelaran"));
    assert_eq!(nobody, ScreenAnswer::NotAssessed { why: "NO_LISTS" });
    assert!(kiosk.service.lists().is_empty());
    assert_eq!(kiosk.service.lists_state(), ListsState::Unreadable);

    write(&file, &[KARIM]);
    refresh_lists(&lists).await;
    assert_eq!(kiosk.service.lists_state(), ListsState::Ready);

    let (clear, found) = told(&kiosk, "bank", "OYELARAN BRANDT KARIM");
    assert!(!clear);
    let hit = &found.hits[0];
    assert_eq!(
        (hit.entry.as_str(), hit.topic),
        ("user:x1", Topic::Sanction)
    );
    assert_eq!((hit.birth_date, hit.country), (Fact::Agrees, Fact::Agrees));
    assert!(hit.score >= 99.0 && !hit.tokens.reveal().is_empty());
    assert_eq!(found.lists, kiosk.service.lists());
    let printed = format!("{found:?}");
    assert!(!printed.to_lowercase().contains("oyelaran"), "{printed}");
    assert!(told(&kiosk, "bank", "Anna Maria Eriksson").0);

    std::fs::write(
        &file,
        "id,name,kind,aliases,birth_date,country,programme\nx1\n",
    )
    .unwrap();
    refresh_lists(&lists).await;
    assert_eq!(found.lists, kiosk.service.lists(), "what was in use stays");
    assert_eq!(kiosk.service.lists_state(), ListsState::Stale);

    write(&file, &[KARIM, MINISTER]);
    refresh_lists(&lists).await;
    assert_ne!(found.lists, kiosk.service.lists());
    assert_eq!(kiosk.service.lists_state(), ListsState::Ready);
    let (_, found) = told(&kiosk, "bank", "Solveig Tarkiainen");
    let hit = &found.hits[0];
    assert_eq!(hit.topic, Topic::Pep);
    assert_eq!(hit.birth_date, Fact::Differs);
    let nameless = kiosk.service.screen(&asked("bank", " - "));
    assert_eq!(nameless, ScreenAnswer::NotAssessed { why: "NO_NAME" });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_is_one_tenants_for_one_person_and_entry_lasts_and_is_in_the_audit() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.csv");
    write(&file, &[KARIM]);
    let name = "Karim Oyelaran-Brandt";
    let (first, _) = kiosk_with_lists(folder.path(), &file).await;
    let who = Actor::from(&caller("bank"));
    let query = asked("bank", name);
    for (entry, note) in [("user:x9", "a namesake"), ("user:x1", " ")] {
        let refused = first.service.accept(&who, &query, entry, note).await;
        assert!(
            matches!(refused, Err(ServiceError::Unusable { .. })),
            "{entry}"
        );
    }
    let note = "a namesake: the passport was shown";
    let kept = first.service.accept(&who, &query, "user:x1", note).await;
    let kept = kept.unwrap();
    assert_eq!(kept.accepted.user, "test");
    let Kiosk { service, store, .. } = first;
    drop(service);
    store.close().await.unwrap();

    let (again, _) = kiosk_with_lists(folder.path(), &file).await;
    let (clear, found) = told(&again, "bank", name);
    assert!(clear);
    let exception = found.hits[0].exception.clone().unwrap();
    assert_eq!(exception, kept.accepted);
    assert_eq!(exception.note.reveal(), note);
    assert!(!told(&again, "shop", name).0, "another tenant's it is not");
    let other = told(&again, "bank", "Karim Oyelaran Brand");
    assert!(!other.0, "nor another person's: {:?}", other.1);
    assert_eq!(
        again.service.exceptions("bank").unwrap(),
        vec![kept.clone()]
    );

    let withdrawn = again.service.withdraw(&who, &kept.person, "user:x1").await;
    withdrawn.unwrap();
    assert!(!told(&again, "bank", name).0);
    let twice = again.service.withdraw(&who, &kept.person, "user:x1").await;
    assert!(matches!(twice, Err(ServiceError::NotFound)));
    let filter = AuditFilter {
        limit: 10,
        ..AuditFilter::default()
    };
    let audited = again.service.entries("bank", filter).await.unwrap().entries;
    let actions: Vec<_> = audited.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "screening.exception_accepted",
            "screening.exception_withdrawn"
        ]
    );
    assert_eq!(audited[0].object.as_deref(), Some("user:x1"));
}
