//! Records: taken once, in order, whole; opened for a reader. On SQLite and on PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "stories of tests: a panic is the failure"
)]

use crate::support::Site;
use crate::support::log::Log;
use crate::support::postgres::Postgres;
use axum::http::{Method, StatusCode};
use kiosk_wire::Record;
use serde_json::{Value, json};

/// Each story on SQLite as a test of its own; all of them on one PostgreSQL, each with a database of
/// its own.
macro_rules! stories {
    ($($story:ident),* $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test]
                async fn $story() {
                    super::$story(&mut super::Site::sqlite().await).await;
                }
            )*
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn the_same_on_postgresql() {
            let postgres = Postgres::start();
            $(
                let database = postgres.database(stringify!($story));
                let mut site = Site::start(Some(database), |_| {}).await;
                $story(&mut site).await;
                site.stop().await;
                println!("on PostgreSQL: {} ok", stringify!($story));
            )*
        }
    };
}

stories!(
    a_log_is_taken_and_acknowledged,
    a_batch_sent_again_is_stored_once,
    batches_that_overlap_are_stored_once,
    two_batches_at_the_same_time_are_stored_once,
    a_gap_is_refused_with_the_place_to_go_on,
    an_edited_record_is_refused,
    another_history_is_refused_as_a_fork,
    nothing_of_a_refused_batch_stays,
    what_was_acknowledged_outlives_a_restart,
    a_session_is_opened_for_a_reader,
    an_erased_session_is_counted_and_not_opened,
    a_key_that_does_not_open_is_refused,
);

async fn durable(site: &Site, log: &Log) -> Value {
    let (status, told) = site.kiosk().get(&log.acknowledged_path()).await;
    assert_eq!(status, StatusCode::OK);
    told["durable"].clone()
}

async fn a_log_is_taken_and_acknowledged(site: &mut Site) {
    let log = Log::with("k-1", 5);
    assert_eq!(durable(site, &log).await, 0);
    let batch = log.whole(&site.central_key);
    let (status, told) = site.kiosk().post(&log.records_path(), &batch).await;
    assert_eq!(
        (status, told),
        (
            StatusCode::OK,
            json!({"kiosk": "k-1", "durable": 5, "head": hex::encode(log.records[4].hash)})
        )
    );
    assert_eq!(durable(site, &log).await, 5);
}

async fn a_batch_sent_again_is_stored_once(site: &mut Site) {
    let log = Log::with("k-1", 3);
    for _ in 0..3 {
        let batch = log.whole(&site.central_key);
        let (status, told) = site.kiosk().post(&log.records_path(), &batch).await;
        assert_eq!((status, &told["durable"]), (StatusCode::OK, &json!(3)));
    }
    let (_, session) = site.reader().get(&log.session_path()).await;
    assert_eq!(session["records"], 3);
}

async fn batches_that_overlap_are_stored_once(site: &mut Site) {
    let log = Log::with("k-1", 6);
    for places in [0..3, 1..5, 0..6, 2..4] {
        let batch = log.batch(places, &site.central_key);
        let (status, _) = site.kiosk().post(&log.records_path(), &batch).await;
        assert_eq!(status, StatusCode::OK);
    }
    let (_, session) = site.reader().get(&log.session_path()).await;
    assert_eq!(
        (&session["records"], &session["chain_ok"]),
        (&json!(6), &json!(true))
    );
}

async fn two_batches_at_the_same_time_are_stored_once(site: &mut Site) {
    let log = Log::with("k-1", 20);
    let (kiosk, path) = (site.kiosk(), log.records_path());
    for end in [5, 10, 15, 20] {
        let batch = log.batch(0..end, &site.central_key);
        let answers = tokio::join!(
            kiosk.post(&path, &batch),
            kiosk.post(&path, &batch),
            kiosk.post(&path, &batch),
        );
        for (status, told) in [answers.0, answers.1, answers.2] {
            assert_eq!((status, &told["durable"]), (StatusCode::OK, &json!(end)));
        }
    }
    let (_, session) = site.reader().get(&log.session_path()).await;
    assert_eq!(
        (&session["records"], &session["chain_ok"]),
        (&json!(20), &json!(true))
    );
}

async fn a_gap_is_refused_with_the_place_to_go_on(site: &mut Site) {
    let log = Log::with("k-1", 6);
    let first = log.batch(0..2, &site.central_key);
    site.kiosk().post(&log.records_path(), &first).await;

    let after_a_gap = log.batch(4..6, &site.central_key);
    let (status, told) = site.kiosk().post(&log.records_path(), &after_a_gap).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(
        (&told["error"], &told["durable"], &told["kiosk"]),
        (&json!("gap"), &json!(2), &json!("k-1"))
    );
    assert_eq!(told["head"], hex::encode(log.records[1].hash));

    let mut with_a_gap_inside = log.batch(2..6, &site.central_key);
    with_a_gap_inside.records.remove(1);
    let (status, told) = site
        .kiosk()
        .post(&log.records_path(), &with_a_gap_inside)
        .await;
    assert_eq!(
        (status, &told["durable"]),
        (StatusCode::CONFLICT, &json!(2))
    );
    assert_eq!(durable(site, &log).await, 2);
}

async fn an_edited_record_is_refused(site: &mut Site) {
    let log = Log::with("k-1", 3);
    let edits: [fn(&mut Record); 4] = [
        |record| record.sealed[30] ^= 1,
        |record| record.hash[0] ^= 1,
        |record| record.previous[0] ^= 1,
        |record| record.session = uuid::Uuid::new_v4(),
    ];
    for edit in edits {
        let mut batch = log.whole(&site.central_key);
        edit(&mut batch.records[1]);
        let (status, told) = site.kiosk().post(&log.records_path(), &batch).await;
        assert_eq!(
            (status, &told["error"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("chain_broken"))
        );
        assert_eq!(told.get("durable"), None);
    }
    let swapped_in_place_of_a_stored_one = {
        let batch = log.whole(&site.central_key);
        site.kiosk().post(&log.records_path(), &batch).await;
        let mut again = batch;
        again.records[1].sealed[30] ^= 1;
        again
    };
    let (status, _) = site
        .kiosk()
        .post(&log.records_path(), &swapped_in_place_of_a_stored_one)
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (_, session) = site.reader().get(&log.session_path()).await;
    assert_eq!(session["chain_ok"], true);
}

async fn another_history_is_refused_as_a_fork(site: &mut Site) {
    let (one, other) = (Log::with("k-1", 3), Log::with("k-1", 5));
    let batch = one.whole(&site.central_key);
    site.kiosk().post(&one.records_path(), &batch).await;

    let batch = other.whole(&site.central_key);
    let (status, told) = site.kiosk().post(&other.records_path(), &batch).await;
    assert_eq!(
        (status, &told["error"]),
        (StatusCode::CONFLICT, &json!("log_forked"))
    );
    // A number here would let the kiosk forget records that central does not hold.
    assert_eq!((told.get("durable"), &told["number"]), (None, &json!(1)));

    let continuing_another_end = other.batch(3..5, &site.central_key);
    let (status, told) = site
        .kiosk()
        .post(&other.records_path(), &continuing_another_end)
        .await;
    assert_eq!(
        (status, &told["error"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("chain_broken"))
    );
    assert_eq!(durable(site, &one).await, 3);
}

async fn nothing_of_a_refused_batch_stays(site: &mut Site) {
    let log = Log::with("k-1", 4);
    let mut batch = log.whole(&site.central_key);
    batch.records[3].hash[0] ^= 1;
    site.kiosk().post(&log.records_path(), &batch).await;
    assert_eq!(durable(site, &log).await, 0);
    let (status, _) = site.reader().get(&log.session_path()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

async fn what_was_acknowledged_outlives_a_restart(site: &mut Site) {
    let log = Log::with("k-1", 4);
    let batch = log.batch(0..3, &site.central_key);
    site.kiosk().post(&log.records_path(), &batch).await;
    site.restart().await;
    assert_eq!(durable(site, &log).await, 3);
    let rest = log.batch(3..4, &site.central_key);
    let (status, told) = site.kiosk().post(&log.records_path(), &rest).await;
    assert_eq!((status, &told["durable"]), (StatusCode::OK, &json!(4)));
}

async fn a_session_is_opened_for_a_reader(site: &mut Site) {
    let mut log = Log::with("k-1", 2);
    log.begin_session();
    log.append(&json!({"type": "created"}));
    let decision = json!({"status": "rejected", "reasons": ["FAILED_FACE_MATCH"], "warnings": []});
    log.append(&json!({"type": "decided", "decision": decision}));
    log.append(&json!({"type": "synced", "through": 4}));
    let batch = log.whole(&site.central_key);
    site.kiosk().post(&log.records_path(), &batch).await;

    let (status, session) = site.reader().get(&log.session_path()).await;

    assert_eq!(status, StatusCode::OK);
    assert_eq!(session["session_id"], log.session.to_string());
    assert_eq!(session["records"], 3);
    assert_eq!(session["decisions"], 1);
    assert_eq!(session["chain_ok"], true);
    assert_eq!(
        session["decision"],
        json!({"status": "rejected", "reasons": ["FAILED_FACE_MATCH"]})
    );
    let last = &log.records[4];
    assert_eq!(
        session["events"][2],
        json!({
            "number": 5,
            "hash": hex::encode(last.hash),
            "type": "synced",
            "at": "2026-03-01T12:00:00Z",
        })
    );
}

async fn an_erased_session_is_counted_and_not_opened(site: &mut Site) {
    let log = Log::with("k-1", 2);
    let mut batch = log.whole(&site.central_key);
    batch.keys.clear();
    let (status, _) = site.kiosk().post(&log.records_path(), &batch).await;
    assert_eq!(status, StatusCode::OK);
    let (_, session) = site.reader().get(&log.session_path()).await;
    assert_eq!(
        (&session["records"], &session["chain_ok"]),
        (&json!(2), &json!(true))
    );
    // Not known is not none.
    assert_eq!(
        (&session["decisions"], &session["decision"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(session["events"][0]["type"], Value::Null);
}

async fn a_key_that_does_not_open_is_refused(site: &mut Site) {
    let log = Log::with("k-1", 1);
    let stranger = kiosk_wire::CentralSecretKey::generate(&kiosk_wire::OsRandom).unwrap();
    let batch = log.whole(&stranger.public());
    let (status, told) = site.kiosk().post(&log.records_path(), &batch).await;
    assert_eq!(
        (status, &told["error"]),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            &json!("session_key_does_not_open")
        )
    );
    assert_eq!(durable(site, &log).await, 0);
}

#[tokio::test]
async fn a_database_that_is_away_is_said_so_and_found_again() {
    let mut postgres = Postgres::start();
    let site = Site::start(Some(postgres.database("away")), |_| {}).await;
    let log = Log::with("k-1", 2);
    let batch = log.batch(0..1, &site.central_key);
    site.kiosk().post(&log.records_path(), &batch).await;

    postgres.stop();
    let rest = log.batch(1..2, &site.central_key);
    let (status, told) = site.kiosk().post(&log.records_path(), &rest).await;
    assert_eq!(
        (status, &told["error"]),
        (
            StatusCode::SERVICE_UNAVAILABLE,
            &json!("storage_unavailable")
        )
    );
    let (status, health) = site.reader().get("/health").await;
    assert_eq!(
        (status, &health["database"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("unavailable"))
    );

    postgres.restart();
    let (status, told) = site.kiosk().post(&log.records_path(), &rest).await;
    assert_eq!((status, &told["durable"]), (StatusCode::OK, &json!(2)));
    let (status, _) = site.reader().get("/health").await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_is_no_batch_is_refused_without_quoting_it() {
    let site = Site::sqlite().await;
    let body = r#"{"kiosk": "k-1", "records": "Erika Mustermann"}"#;
    let (status, told) = site
        .kiosk()
        .ask(Method::POST, "/v1/kiosks/k-1/records", body)
        .await
        .unwrap();
    assert_eq!(
        (status, &told["error"]),
        (StatusCode::BAD_REQUEST, &json!("bad_request"))
    );
    assert!(!told.to_string().contains("Mustermann"));
}
