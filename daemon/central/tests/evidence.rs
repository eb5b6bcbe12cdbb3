//! Evidence: named by its hash, whole or not at all.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "stories of tests: a panic is the failure"
)]

use crate::support::client::Client;
use crate::support::postgres::Postgres;
use crate::support::{Site, files_below};
use axum::http::{Method, StatusCode};
use kiosk_wire::{EvidenceId, KioskId, paths};
use serde_json::json;
use uuid::Uuid;

fn path_of(kiosk: &str, bytes: &[u8]) -> String {
    let kiosk: KioskId = kiosk.parse().unwrap();
    paths::evidence(&kiosk, &EvidenceId::of(bytes), Uuid::new_v4())
}

/// Not compressible, longer than one TLS record or HTTP frame.
fn picture() -> Vec<u8> {
    (0..300_000_u32)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect()
}

async fn ask(client: &Client, method: Method, path: &str, bytes: &[u8]) -> StatusCode {
    client.ask(method, path, bytes.to_vec()).await.unwrap().0
}

async fn a_piece_is_held_once_it_was_put(site: &mut Site) {
    let (kiosk, picture) = (site.kiosk(), picture());
    let path = path_of("k-1", &picture);
    assert_eq!(
        ask(&kiosk, Method::HEAD, &path, b"").await,
        StatusCode::NOT_FOUND
    );
    let (status, told) = kiosk
        .ask(Method::PUT, &path, picture.clone())
        .await
        .unwrap();
    assert_eq!(
        (status, &told["bytes"]),
        (StatusCode::CREATED, &json!(picture.len()))
    );
    assert_eq!(ask(&kiosk, Method::HEAD, &path, b"").await, StatusCode::OK);
    assert_eq!(
        ask(&kiosk, Method::PUT, &path, &picture).await,
        StatusCode::OK
    );

    site.restart().await;
    assert_eq!(
        ask(&site.kiosk(), Method::HEAD, &path, b"").await,
        StatusCode::OK
    );
    let files = files_below(&site.evidence_of("k-1"));
    assert_eq!(files.len(), 1);
    assert_eq!(std::fs::read(&files[0]).unwrap(), picture);
}

#[tokio::test]
async fn a_piece_is_held_once_it_was_put_on_sqlite() {
    a_piece_is_held_once_it_was_put(&mut Site::sqlite().await).await;
}

#[tokio::test]
async fn a_piece_is_held_once_it_was_put_on_postgresql() {
    let postgres = Postgres::start();
    let mut site = Site::start(Some(postgres.database("evidence")), |_| {}).await;
    a_piece_is_held_once_it_was_put(&mut site).await;
    site.stop().await;
}

#[tokio::test]
async fn bytes_that_are_not_their_name_are_refused_and_leave_nothing() {
    let site = Site::sqlite().await;
    let path = path_of("k-1", b"one thing");
    let (status, told) = site
        .kiosk()
        .ask(Method::PUT, &path, "another")
        .await
        .unwrap();
    assert_eq!(
        (status, &told["error"]),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            &json!("evidence_mismatch")
        )
    );
    assert_eq!(
        ask(&site.kiosk(), Method::HEAD, &path, b"").await,
        StatusCode::NOT_FOUND
    );
    assert_eq!(files_below(&site.evidence_of("k-1")).len(), 0);
}

#[tokio::test]
async fn a_piece_that_is_too_long_is_refused_and_leaves_nothing() {
    let site = Site::start(None, |config| config.limits.evidence_bytes = 1000).await;
    let (just, over) = (vec![7; 1000], vec![7; 1001]);
    let kiosk = site.kiosk();
    let status = ask(&kiosk, Method::PUT, &path_of("k-1", &just), &just).await;
    assert_eq!(status, StatusCode::CREATED);
    let status = ask(&kiosk, Method::PUT, &path_of("k-1", &over), &over).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(files_below(&site.evidence_of("k-1")).len(), 1);
}

#[tokio::test]
async fn a_kiosk_neither_puts_nor_asks_for_anothers_evidence() {
    let site = Site::sqlite().await;
    let path = path_of("k-1", b"sealed");
    let other = site.client(&site.paths.kiosks[1]);
    for client in [other, site.reader()] {
        for method in [Method::PUT, Method::HEAD] {
            assert_eq!(
                ask(&client, method, &path, b"sealed").await,
                StatusCode::FORBIDDEN
            );
        }
    }
}

#[tokio::test]
async fn a_piece_whose_file_was_lost_is_asked_for_again() {
    let site = Site::sqlite().await;
    let (kiosk, path) = (site.kiosk(), path_of("k-1", b"sealed"));
    ask(&kiosk, Method::PUT, &path, b"sealed").await;
    let file = files_below(&site.evidence_of("k-1")).remove(0);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(
        ask(&kiosk, Method::HEAD, &path, b"").await,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        ask(&kiosk, Method::PUT, &path, b"sealed").await,
        StatusCode::CREATED
    );
    assert_eq!(std::fs::read(&file).unwrap(), b"sealed");
}

#[tokio::test]
async fn what_a_crash_left_behind_goes_at_a_later_start() {
    let mut site = Site::sqlite().await;
    let path = path_of("k-1", b"sealed");
    ask(&site.kiosk(), Method::PUT, &path, b"sealed").await;
    let left = site.evidence_of("k-1").join(".incoming-of-a-crash");
    std::fs::write(&left, b"half").unwrap();
    // Another central may be writing it at this moment.
    site.restart().await;
    assert!(left.exists());
    let clock = kiosk_central::system_clock();
    site.clock = std::sync::Arc::new(move || clock() + time::Duration::days(2));
    site.restart().await;
    assert!(!left.exists());
    assert_eq!(files_below(&site.evidence_of("k-1")).len(), 1);
}

#[tokio::test]
async fn names_that_are_none_are_refused() {
    let site = Site::sqlite().await;
    let id = EvidenceId::of(b"x");
    for path in [
        format!("/v1/kiosks/k-1/evidence/{id}"),
        format!("/v1/kiosks/k-1/evidence/{id}?session=7"),
        format!("/v1/kiosks/..%2Fk-1/evidence/{id}?session={}", Uuid::nil()),
        format!(
            "/v1/kiosks/k-1/evidence/..%2F..%2Fx?session={}",
            Uuid::nil()
        ),
        format!(
            "/v1/kiosks/k-1/evidence/{}?session={}",
            id.as_str().to_uppercase(),
            Uuid::nil()
        ),
    ] {
        let status = ask(&site.kiosk(), Method::PUT, &path, b"x").await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
    }
}
