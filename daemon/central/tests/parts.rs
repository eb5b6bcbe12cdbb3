//! Evidence in parts, in a folder and in a bucket: a cut costs a part, a reader gets it opened.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "stories of tests: a panic is the failure"
)]

use crate::support::client::Client;
use crate::support::log::Log;
use crate::support::s3::S3;
use crate::support::{Site, files_below};
use axum::http::{Method, StatusCode};
use kiosk_wire::{EvidenceId, KioskId, OsRandom, limits, paths, seal_evidence};
use serde_json::{Value, json};
use uuid::Uuid;

const PART: usize = limits::EVIDENCE_PART_BYTES;

/// Not compressible, two and a half parts long.
fn clip() -> Vec<u8> {
    (0..(PART as u32 * 5 / 8))
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect()
}

fn kiosk() -> KioskId {
    "k-1".parse().unwrap()
}

async fn put(client: &Client, clip: &[u8], start: usize, end: usize) -> (StatusCode, Value) {
    let (id, total) = (EvidenceId::of(clip), clip.len() as u64);
    let path = paths::evidence_part(&kiosk(), &id, Uuid::nil(), (start as u64, total));
    client
        .ask(Method::PUT, &path, clip[start..end].to_vec())
        .await
        .unwrap()
}

async fn parts_become_the_whole(site: &mut Site) -> Vec<u8> {
    let clip = clip();
    let client = site.kiosk();
    assert_eq!(put(&client, &clip, 0, PART).await.0, StatusCode::ACCEPTED);
    // A part that was not asked for is not taken, one that comes again neither.
    assert_eq!(
        put(&client, &clip, 2 * PART, clip.len()).await.0,
        StatusCode::CONFLICT
    );
    assert_eq!(put(&client, &clip, 0, PART).await.0, StatusCode::CONFLICT);

    site.restart().await;
    let client = site.kiosk();
    assert_eq!(
        put(&client, &clip, PART, 2 * PART).await.0,
        StatusCode::ACCEPTED
    );
    let (status, told) = put(&client, &clip, 2 * PART, clip.len()).await;
    assert_eq!(
        (status, &told["bytes"]),
        (StatusCode::CREATED, &json!(clip.len()))
    );
    assert_eq!(
        put(&client, &clip, 0, PART).await.0,
        StatusCode::OK,
        "it is held"
    );
    clip
}

#[tokio::test]
async fn parts_become_the_whole_in_a_folder() {
    let mut site = Site::sqlite().await;
    let clip = parts_become_the_whole(&mut site).await;
    let files = files_below(&site.evidence_of("k-1"));
    assert_eq!(files.len(), 1, "no part is left: {files:?}");
    assert_eq!(std::fs::read(&files[0]).unwrap(), clip);
}

#[tokio::test]
async fn parts_become_the_whole_in_a_bucket() {
    let s3 = S3::start().await;
    let mut site = Site::prepare(None);
    site.config.evidence_bucket = Some(s3.config(site.folder.path(), None));
    site.restart().await;
    let clip = parts_become_the_whole(&mut site).await;
    let names = s3.names();
    assert_eq!(names.len(), 1, "no part is left: {names:?}");
    assert!(names[0].ends_with(EvidenceId::of(&clip).as_str()));
    assert_eq!((s3.object(&names[0]), s3.refused()), (clip.into(), 0));
}

#[tokio::test]
async fn a_bucket_that_refuses_the_key_is_said_so_and_nothing_is_acknowledged() {
    let s3 = S3::start().await;
    let mut site = Site::prepare(None);
    site.config.evidence_bucket = Some(s3.config(site.folder.path(), Some("another secret")));
    site.restart().await;
    let path = paths::evidence(&kiosk(), &EvidenceId::of(b"sealed"), Uuid::nil());
    let (status, told) = site
        .kiosk()
        .ask(Method::PUT, &path, "sealed")
        .await
        .unwrap();
    assert_eq!(
        (status, &told["error"]),
        (
            StatusCode::SERVICE_UNAVAILABLE,
            &json!("storage_unavailable")
        )
    );
    assert!(s3.refused() > 0 && s3.names().is_empty());
}

#[tokio::test]
async fn a_whole_that_is_not_its_name_is_refused_and_begins_anew() {
    let site = Site::sqlite().await;
    let (clip, client) = (clip(), site.kiosk());
    let mut swapped = clip.clone();
    swapped[7] ^= 1;
    let id = EvidenceId::of(&clip);
    let ask = |start: usize, end: usize| {
        let whole = (start as u64, swapped.len() as u64);
        let path = paths::evidence_part(&kiosk(), &id, Uuid::nil(), whole);
        let (client, part) = (client.clone(), swapped[start..end].to_vec());
        async move { client.ask(Method::PUT, &path, part).await.unwrap().0 }
    };
    assert_eq!(ask(0, PART).await, StatusCode::ACCEPTED);
    assert_eq!(ask(PART, 2 * PART).await, StatusCode::ACCEPTED);
    assert_eq!(
        ask(2 * PART, clip.len()).await,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(files_below(&site.evidence_of("k-1")).len(), 0);
    assert_eq!(put(&client, &clip, 0, PART).await.0, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_part_whose_file_was_lost_has_the_whole_begin_anew() {
    let site = Site::sqlite().await;
    let (clip, client) = (clip(), site.kiosk());
    put(&client, &clip, 0, PART).await;
    put(&client, &clip, PART, 2 * PART).await;
    std::fs::remove_file(files_below(&site.evidence_of("k-1")).remove(0)).unwrap();
    assert_eq!(
        put(&client, &clip, 2 * PART, clip.len()).await.0,
        StatusCode::CONFLICT
    );
    assert_eq!(put(&client, &clip, 0, PART).await.0, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn readers_list_and_open_what_is_held_and_kiosks_do_not() {
    let site = Site::sqlite().await;
    let log = Log::with("k-1", 3);
    site.kiosk()
        .post(&log.records_path(), &log.whole(&site.central_key))
        .await;
    let sealed = seal_evidence(&log.key, &OsRandom, &log.kiosk, log.session, b"a picture").unwrap();
    let id = EvidenceId::of(&sealed);
    let path = paths::evidence(&log.kiosk, &id, log.session);
    site.kiosk()
        .ask(Method::PUT, &path, sealed.clone())
        .await
        .unwrap();

    let reader = site.reader();
    let (_, kiosks) = reader.get("/v1/kiosks").await;
    let of = |name: &str| kiosks[0][name].clone();
    assert_eq!(
        [
            of("kiosk"),
            of("records"),
            of("sessions"),
            of("evidence"),
            of("online")
        ],
        [json!("k-1"), json!(3), json!(1), json!(1), Value::Null]
    );
    let (_, sessions) = reader.get("/v1/kiosks/k-1/sessions").await;
    assert_eq!(
        (&sessions[0]["session"], &sessions[0]["records"]),
        (&json!(log.session), &json!(3))
    );
    let (_, none) = reader.get("/v1/kiosks/k-1/sessions?before=3").await;
    assert_eq!(none, json!([]));
    let listed = format!("/v1/kiosks/k-1/sessions/{}/evidence", log.session);
    let (_, evidence) = reader.get(&listed).await;
    assert_eq!(
        (&evidence[0]["sha256"], &evidence[0]["bytes"]),
        (&json!(id.as_str()), &json!(sealed.len()))
    );
    let (_, records) = reader.get("/v1/kiosks/k-1/records?after=1").await;
    assert_eq!(records, serde_json::to_value(&log.records[1..]).unwrap());
    let opened = reader.raw(Method::GET, &path, "").await.unwrap();
    assert_eq!(opened, (StatusCode::OK, "a picture".into()));

    for path in [
        "/v1/kiosks",
        "/v1/kiosks/k-1/sessions",
        "/v1/kiosks/k-1/records",
        &listed,
        &path,
    ] {
        assert_eq!(
            site.kiosk().get(path).await.0,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
}
