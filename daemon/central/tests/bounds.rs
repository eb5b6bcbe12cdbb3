//! Every wait has an end, and what is taken at once has a bound.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "stories of tests: a panic is the failure"
)]

use std::time::Duration;

use crate::support::Site;
use crate::support::client::Client;
use crate::support::log::Log;
use axum::http::{Method, Request, StatusCode};
use bytes::Bytes;
use http_body_util::Empty;
use hyper_util::rt::{TokioExecutor, TokioIo};
use kiosk_central::Stragglers;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

const PATH: &str = "/v1/kiosks/k-1/records";

/// A request whose body never comes to its end.
async fn half_a_request(client: &Client) -> TlsStream<TcpStream> {
    let mut stream = client.tls(None).await.unwrap();
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{{");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    stream
}

#[tokio::test]
async fn a_body_that_stops_coming_is_not_waited_for() {
    let site = Site::start(None, |config| config.limits.body_pause_ms = 300).await;
    let mut stream = half_a_request(&site.kiosk()).await;
    let mut answer = vec![0; 4096];
    let wait = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut answer));
    let read = wait.await.unwrap().unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn a_request_that_drips_is_ended_as_a_whole() {
    let site = Site::start(None, |config| config.limits.request_ms = 400).await;
    let stream = half_a_request(&site.kiosk()).await;
    let (mut answers, mut requests) = tokio::io::split(stream);
    let dripping = async {
        while requests.write_all(b" ").await.is_ok() && requests.flush().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        std::future::pending::<()>().await
    };
    let mut answer = vec![0; 4096];
    let reading = async {
        let wait = tokio::time::timeout(Duration::from_secs(5), answers.read(&mut answer));
        wait.await.unwrap().unwrap()
    };
    let read = tokio::select! {
        read = reading => read,
        () = dripping => 0,
    };
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn more_requests_than_there_is_room_for_are_told_that_central_is_busy() {
    let site = Site::start(None, |config| config.limits.requests = 1).await;
    let _the_only_place = half_a_request(&site.kiosk()).await;
    let (status, told) = site.reader().get("/health").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(told["error"], "busy");
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_for_others_to_end() {
    let site = Site::start(None, |config| config.limits.connections = 1).await;
    let first = site.kiosk().connect().await.unwrap();
    let reader = site.reader();
    let mut second = std::pin::pin!(reader.get("/health"));
    let early = tokio::time::timeout(Duration::from_millis(500), second.as_mut()).await;
    assert!(early.is_err());
    drop(first);
    assert_eq!(second.await.0, StatusCode::OK);
}

#[tokio::test]
async fn the_end_is_bounded_and_stragglers_are_counted() {
    let mut site = Site::sqlite().await;
    let _half = half_a_request(&site.kiosk()).await;
    let begun = tokio::time::Instant::now();
    let ended = site
        .take_handle()
        .shutdown(Duration::from_millis(500))
        .await;
    assert_eq!(ended, Err(Stragglers { connections: 1 }));
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn what_was_asked_before_the_end_is_answered() {
    let mut site = Site::sqlite().await;
    let log = Log::with("k-1", 50);
    let kiosk = site.kiosk();
    let batch = kiosk.signed(log.whole(&site.central_key));
    let path = log.records_path();
    let body = serde_json::to_vec(&batch).unwrap();
    let handle = site.take_handle();
    let asking = tokio::spawn(async move { kiosk.ask(Method::POST, &path, body).await });
    tokio::time::sleep(Duration::from_millis(15)).await;
    handle.shutdown(Duration::from_secs(5)).await.unwrap();
    // Either it came in and was answered, or it was not let in; nothing in between.
    let answer = asking.await.unwrap();
    site.restart().await;
    let (_, told) = site.kiosk().get(&log.acknowledged_path()).await;
    match answer {
        Ok((status, said)) => {
            assert_eq!(status, StatusCode::OK);
            assert_eq!(said["durable"], told["durable"]);
        }
        Err(_) => assert!(told["durable"] == 0 || told["durable"] == 50),
    }
}

#[tokio::test]
async fn http_2_is_spoken_to_who_asks_for_it() {
    let site = Site::sqlite().await;
    let stream = site.reader().tls(Some("h2")).await.unwrap();
    let handshake =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    for _ in 0..3 {
        let request = Request::get("https://localhost/health")
            .body(Empty::<Bytes>::new())
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }
}
