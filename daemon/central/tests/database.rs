//! The database: spoken to by TLS where it is elsewhere, and what a hand in it shows at.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "stories of tests: a panic is the failure"
)]

use crate::support::Site;
use crate::support::log::Log;
use crate::support::postgres::Postgres;
use axum::http::StatusCode;
use kiosk_central::{CentralError, DatabaseUrl, LedgerError, serve};
use serde_json::json;

#[tokio::test]
async fn postgresql_is_spoken_to_by_tls_and_only_where_it_proves_its_name() {
    let mut site = Site::prepare(None);
    // `broker` of the site's own authority, for localhost and 127.0.0.1.
    let postgres = Postgres::start_with_tls(&site.paths.broker);
    postgres.database("central");
    let ours = site.paths.authority.clone();
    site.config.database = Some(postgres.tls_url("localhost", "central", &ours));
    site.restart().await;
    let log = Log::with("k-1", 3);
    let batch = log.whole(&site.central_key);
    let (status, told) = site.kiosk().post(&log.records_path(), &batch).await;
    assert_eq!((status, &told["durable"]), (StatusCode::OK, &json!(3)));
    site.stop().await;

    let stranger = Site::prepare(None);
    let foreign = postgres.tls_url("localhost", "central", &stranger.paths.authority);
    let by_another_name = postgres.tls_url("127.0.0.2", "central", &ours);
    for url in [foreign, by_another_name] {
        site.config.database = Some(url);
        let refused = serve(site.config.clone()).await.unwrap_err();
        assert!(
            matches!(refused, CentralError::Ledger(LedgerError::Database(_))),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_database_elsewhere_without_proof_is_not_even_tried() {
    let mut site = Site::prepare(None);
    for mode in [
        "",
        "?sslmode=disable",
        "?sslmode=require",
        "?sslmode=verify-ca",
    ] {
        let url = format!("postgres://central@db.example/central{mode}");
        site.config.database = Some(DatabaseUrl::new(url));
        let refused = serve(site.config.clone()).await.unwrap_err();
        assert!(refused.to_string().contains("verify-full"), "{refused}");
    }
}

/// Central on SQLite with two sessions of three records each, and its database for a hand to reach in.
async fn with_two_sessions() -> (Site, Log, sqlx::SqlitePool) {
    let site = Site::sqlite().await;
    let mut log = Log::with("k-1", 3);
    let batch = log.whole(&site.central_key);
    site.kiosk().post(&log.records_path(), &batch).await;
    log.begin_session();
    (0..3).for_each(|_| log.append(&json!({"type": "selfie_taken"})));
    let batch = log.whole(&site.central_key);
    site.kiosk().post(&log.records_path(), &batch).await;
    let file = site.config.folder.join("central.sqlite");
    let url = format!("sqlite://{}", file.display());
    (site, log, sqlx::SqlitePool::connect(&url).await.unwrap())
}

#[tokio::test]
async fn a_session_is_read_by_its_own_records_and_tells_of_a_change_at_its_borders() {
    // Records 4 to 6 are the newest session; what is far away shows in the kiosk's chain alone.
    for (number, own, whole) in [(1, true, false), (3, false, false), (5, false, false)] {
        let (site, log, database) = with_two_sessions().await;
        let chain = "/v1/kiosks/k-1/chain";
        let (_, before) = site.reader().get(chain).await;
        assert_eq!(
            before,
            json!({"kiosk": "k-1", "durable": 6, "chain_ok": true})
        );

        sqlx::query("UPDATE records SET hash = zeroblob(32) WHERE number = $1")
            .bind(number)
            .execute(&database)
            .await
            .unwrap();

        let (_, session) = site.reader().get(&log.session_path()).await;
        assert_eq!(session["chain_ok"], own, "record {number}");
        let (_, after) = site.reader().get(chain).await;
        assert_eq!(after["chain_ok"], whole, "record {number}");
        let (status, _) = site.kiosk().get(chain).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_record_cut_off_at_the_end_shows() {
    let (site, log, database) = with_two_sessions().await;
    sqlx::query("DELETE FROM records WHERE number = 6")
        .execute(&database)
        .await
        .unwrap();
    let (_, session) = site.reader().get(&log.session_path()).await;
    assert_eq!(
        (&session["records"], &session["chain_ok"]),
        (&json!(2), &json!(false))
    );
}
