//! Who must not get in does not, and who is in gets no further than the certificate says.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "stories of tests: a panic is the failure"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::support::client::{Client, ask_on};
use crate::support::log::Log;
use crate::support::{Site, wide};
use axum::http::{Method, StatusCode};
use bytes::Bytes;
use kiosk_pki::{Authority, TlsFiles, Validity};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use time::macros::datetime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A client must be told no before any HTTP: by TLS.
async fn is_turned_away_by_tls(client: &Client) {
    let answer = client.ask(Method::GET, "/health", "").await;
    assert!(answer.is_err(), "{answer:?}");
}

fn trust(site: &Site) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_file(&site.paths.authority).unwrap();
    roots.add(ca).unwrap();
    roots
}

#[tokio::test]
async fn a_client_without_a_certificate_is_turned_away() {
    let site = Site::sqlite().await;
    let tls = rustls::ClientConfig::builder_with_provider(kiosk_pki::provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(trust(&site))
        .with_no_client_auth();
    is_turned_away_by_tls(&Client::with(site.handle().addr(), tls)).await;
}

#[tokio::test]
async fn a_client_of_a_foreign_authority_is_turned_away() {
    let site = Site::sqlite().await;
    let foreign = Authority::create("authority", "acme", wide()).unwrap();
    let identity = foreign.kiosk("k-1", wide()).unwrap();
    let files = identity.write(site.folder.path(), "foreign", &site.paths.authority);
    is_turned_away_by_tls(&site.client(&files.unwrap())).await;
}

#[tokio::test]
async fn a_client_whose_certificate_has_expired_is_turned_away() {
    let site = Site::sqlite().await;
    let past = Validity::between(
        datetime!(2020-01-01 0:00 UTC),
        datetime!(2020-02-01 0:00 UTC),
    );
    let identity = site.authority().kiosk("k-1", past.unwrap()).unwrap();
    let files = identity.write(site.folder.path(), "expired", &site.paths.authority);
    is_turned_away_by_tls(&site.client(&files.unwrap())).await;
}

#[tokio::test]
async fn a_client_that_offers_only_tls_1_2_is_turned_away() {
    let site = Site::sqlite().await;
    let files = &site.paths.kiosks[0];
    let tls = rustls::ClientConfig::builder_with_provider(kiosk_pki::provider())
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_root_certificates(trust(&site))
        .with_client_auth_cert(
            vec![CertificateDer::from_pem_file(&files.certificate).unwrap()],
            PrivateKeyDer::from_pem_file(&files.key).unwrap(),
        )
        .unwrap();
    is_turned_away_by_tls(&Client::with(site.handle().addr(), tls)).await;
}

#[tokio::test]
async fn plain_http_is_not_answered() {
    let site = Site::sqlite().await;
    let mut tcp = tokio::net::TcpStream::connect(site.handle().addr())
        .await
        .unwrap();
    tcp.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    // A reset is as good as an end.
    let _ = tcp.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[tokio::test]
async fn a_certificate_that_expires_on_an_open_connection_is_refused() {
    let mut site = Site::prepare(None);
    let later = Arc::new(AtomicI64::new(0));
    site.clock = {
        let (clock, later) = (kiosk_central::system_clock(), Arc::clone(&later));
        Arc::new(move || clock() + time::Duration::days(later.load(Ordering::Relaxed)))
    };
    site.restart().await;
    let soon = Validity::between(
        datetime!(2020-01-01 0:00 UTC),
        (site.clock)() + time::Duration::days(1),
    );
    let identity = site.authority().kiosk("k-1", soon.unwrap()).unwrap();
    let files = identity.write(site.folder.path(), "soon", &site.paths.authority);
    let mut connection = site.client(&files.unwrap()).connect().await.unwrap();
    let mut ask = async || {
        let path = "/v1/kiosks/k-1/acknowledged";
        ask_on(&mut connection, Method::GET, path, Bytes::new())
            .await
            .unwrap()
            .0
    };
    assert_eq!(ask().await, StatusCode::OK);
    later.store(2, Ordering::Relaxed);
    assert_eq!(ask().await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn records_come_from_their_own_kiosk_alone() {
    let site = Site::sqlite().await;
    let log = Log::with("k-1", 2);
    let batch = log.whole(&site.central_key);
    let central = site.client(&site.paths.central);
    let other_kiosk = site.client(&site.paths.kiosks[1]);
    for client in [&site.reader(), &central, &other_kiosk] {
        let (status, told) = client.post(&log.records_path(), &batch).await;
        assert_eq!(
            (status, &told["error"]),
            (StatusCode::FORBIDDEN, &json!("forbidden"))
        );
    }
    // Under its own path, with another kiosk's batch, or another kiosk's record in its own batch.
    let (status, _) = other_kiosk.post("/v1/kiosks/k-2/records", &batch).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let mut disguised = batch.clone();
    disguised.kiosk = "k-2".parse().unwrap();
    let (status, _) = other_kiosk.post("/v1/kiosks/k-2/records", &disguised).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (_, told) = site.kiosk().get(&log.acknowledged_path()).await;
    assert_eq!(told["durable"], 0);
}

#[tokio::test]
async fn a_key_of_another_kiosks_session_does_not_come_in() {
    let site = Site::sqlite().await;
    let (victim, own) = (Log::with("k-1", 1), Log::with("k-2", 1));
    let mut batch = own.whole(&site.central_key);
    batch.keys.push(victim.sealed_key(&site.central_key));
    let other_kiosk = site.client(&site.paths.kiosks[1]);
    let (status, _) = other_kiosk.post(&own.records_path(), &batch).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn sessions_are_for_readers_alone() {
    let site = Site::sqlite().await;
    let log = Log::with("k-1", 2);
    let batch = log.whole(&site.central_key);
    site.kiosk().post(&log.records_path(), &batch).await;
    let central = site.client(&site.paths.central);
    for client in [site.kiosk(), central, site.client(&site.paths.kiosks[1])] {
        let (status, _) = client.get(&log.session_path()).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
    let (status, _) = site.reader().get(&log.session_path()).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn acknowledged_numbers_are_for_the_kiosk_itself_and_readers() {
    let site = Site::sqlite().await;
    let path = "/v1/kiosks/k-1/acknowledged";
    assert_eq!(site.kiosk().get(path).await.0, StatusCode::OK);
    assert_eq!(site.reader().get(path).await.0, StatusCode::OK);
    let other_kiosk = site.client(&site.paths.kiosks[1]);
    assert_eq!(other_kiosk.get(path).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_tenant_neither_reads_nor_takes_over_another_tenants_kiosk() {
    // Central trusts the authorities of two tenants.
    let mut site = Site::prepare(None);
    let other = Authority::create("authority-other", "other", wide()).unwrap();
    let both = site.folder.path().join("both.pem");
    let own = std::fs::read_to_string(&site.paths.authority).unwrap();
    std::fs::write(&both, own + other.certificate_pem()).unwrap();
    site.config.tls.authority = both;
    site.restart().await;
    let write = |stem: &str, identity: kiosk_pki::Identity| -> TlsFiles {
        identity
            .write(site.folder.path(), stem, &site.paths.authority)
            .unwrap()
    };
    let their_kiosk = site.client(&write("their-k-1", other.kiosk("k-1", wide()).unwrap()));
    let their_reader = site.client(&write(
        "their-reader",
        other.reader("reader", wide()).unwrap(),
    ));
    let log = Log::with("k-1", 2);
    let first = log.batch(0..1, &site.central_key);
    site.kiosk().post(&log.records_path(), &first).await;

    let rest = log.batch(1..2, &site.central_key);
    let (status, _) = their_kiosk.post(&log.records_path(), &rest).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (_, told) = their_kiosk.get(&log.acknowledged_path()).await;
    assert_eq!(told["durable"], 0);
    let (status, _) = their_reader.get(&log.session_path()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_the_reason_is_read() {
    let site = Site::start(None, |config| config.limits.batch_bytes = 10_000).await;
    for length in [10_001, 500_000, 3_000_000] {
        let answer = site
            .kiosk()
            .ask(Method::POST, "/v1/kiosks/k-1/records", vec![b' '; length])
            .await;
        let (status, told) = answer.unwrap();
        assert_eq!(
            (status, &told["error"]),
            (StatusCode::PAYLOAD_TOO_LARGE, &json!("too_large"))
        );
    }
}

#[tokio::test]
async fn who_dawdles_is_cut_off() {
    let site = Site::start(None, |config| {
        config.limits.handshake_ms = 200;
        config.limits.body_pause_ms = 200;
    })
    .await;
    let begun = tokio::time::Instant::now();
    // No handshake.
    let mut tcp = tokio::net::TcpStream::connect(site.handle().addr())
        .await
        .unwrap();
    assert_eq!(tcp.read(&mut [0; 8]).await.unwrap_or(0), 0);
    // A handshake, then no request.
    let mut connection = site.kiosk().connect().await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    let path = "/v1/kiosks/k-1/acknowledged";
    let late = ask_on(&mut connection, Method::GET, path, Bytes::new()).await;
    assert!(late.is_err());
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn unknown_paths_and_methods_are_answered_in_the_same_form() {
    let site = Site::sqlite().await;
    let (status, told) = site.reader().get("/v1/everything").await;
    assert_eq!(
        (status, &told["error"]),
        (StatusCode::NOT_FOUND, &json!("not_found"))
    );
    let answer = site
        .kiosk()
        .ask(Method::DELETE, "/v1/kiosks/k-1/records", "")
        .await;
    let (status, told) = answer.unwrap();
    assert_eq!(
        (status, &told["error"]),
        (StatusCode::METHOD_NOT_ALLOWED, &json!("method_not_allowed"))
    );
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_on_open_connections_and_at_the_next_handshake() {
    let mut site = Site::prepare(None);
    let list = site.folder.path().join("revoked.pem");
    site.authority()
        .revoke(&list, &[], wide().not_before())
        .unwrap();
    site.config.revocation_list = Some(list.clone());
    site.config.limits.reread_ms = 50;
    site.restart().await;
    let (kiosk, other) = (site.kiosk(), site.client(&site.paths.kiosks[1]));
    let mut open = kiosk.connect().await.unwrap();
    let mine = "/v1/kiosks/k-1/acknowledged";
    let ask = |status| assert_eq!(status, StatusCode::OK);
    ask(ask_on(&mut open, Method::GET, mine, "".into())
        .await
        .unwrap()
        .0);

    let certificate = &site.paths.kiosks[0].certificate;
    site.authority()
        .revoke(&list, &[certificate], wide().not_before())
        .unwrap();

    let mut status = StatusCode::OK;
    for _ in 0..200 {
        status = ask_on(&mut open, Method::GET, mine, "".into())
            .await
            .unwrap()
            .0;
        if status == StatusCode::FORBIDDEN {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert_eq!(status, StatusCode::FORBIDDEN, "on the open connection");
    is_turned_away_by_tls(&kiosk).await;
    assert_eq!(other.get("/health").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_kiosk_renews_its_own_certificate_and_nobody_elses() {
    let site = Site::sqlite().await;
    let request = kiosk_pki::Request::new("k-2").unwrap();
    let pem = request.pem().to_owned();
    let ask = |client: Client, path: &'static str| {
        let pem = pem.clone();
        async move { client.raw(Method::POST, path, pem).await.unwrap() }
    };

    let (status, _) = ask(site.kiosk(), "/v1/kiosks/k-2/certificate").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, _) = ask(site.reader(), "/v1/kiosks/k-1/certificate").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, renewed) = ask(site.kiosk(), "/v1/kiosks/k-1/certificate").await;
    assert_eq!(status, StatusCode::OK);

    // It asked as k-1, so it is k-1, whatever its request said.
    let identity = request.answered(String::from_utf8(renewed.to_vec()).unwrap());
    let files = identity.write(site.folder.path(), "renewed", &site.paths.authority);
    let renewed = site.client(&files.unwrap());
    assert_eq!(
        renewed.get("/v1/kiosks/k-1/acknowledged").await.0,
        StatusCode::OK
    );
    assert_eq!(
        renewed.get("/v1/kiosks/k-2/acknowledged").await.0,
        StatusCode::FORBIDDEN
    );
}
