//! A full store: new sessions are refused with a reason, open ones may finish, nothing is dropped.

use kiosk_store::{Store, StoreError};

use crate::{Place, asked, device_key, session};

const KIB: u64 = 1024;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_refuses_new_sessions_and_lets_open_ones_finish() {
    let place = Place::new();
    let store = place.open_whole();
    store.append(session(1), b"begin").await.unwrap();
    let used = store.stats().used_bytes;
    store.close().await.unwrap();
    let mut config = place.config();
    config.max_bytes = used + 3000 * KIB;
    config.reserve_bytes = 800 * KIB;
    let (store, _) = Store::open(&config, device_key()).unwrap();
    store.may_begin().unwrap();
    let picture = vec![1; 500 * KIB as usize];
    while store.may_begin().is_ok() {
        store.put_evidence(session(1), &picture).await.unwrap();
    }

    let refused = store.append(session(2), b"begin").await.unwrap_err();

    assert!(
        refused.is_full() && refused.to_string().contains("max_bytes"),
        "{refused}"
    );
    assert!(
        store
            .put_evidence(session(3), &picture)
            .await
            .unwrap_err()
            .is_full()
    );
    store.append(session(1), b"finish").await.unwrap();
    assert_eq!(store.events(session(1)).unwrap().len(), 2);
    let beyond = loop {
        match store.put_evidence(session(1), &picture).await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(
        matches!(
            beyond,
            StoreError::Full {
                what: "evidence",
                ..
            }
        ),
        "{beyond}"
    );
    let stats = store.stats();
    assert!(stats.used_bytes <= stats.max_bytes, "{stats:?}");
    assert!(store.is_writable());

    store.erase(session(1), asked()).await.unwrap();
    store.append(session(2), b"begin").await.unwrap();
}
