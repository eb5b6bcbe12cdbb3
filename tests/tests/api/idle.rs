//! Connections that wait: a thousand of them cost the kiosk less than 50 MB.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Partner;

const CONNECTIONS: usize = 1_000;
/// Asked for.
const MOST_BYTES: u64 = 50_000_000;

/// Each has had an answer, so that all that a connection keeps is there, and is still open when memory is looked at.
pub async fn a_thousand_connections_that_wait_cost_little(partner: &Partner) {
    let address = partner.branch.api();
    let address = address.strip_prefix("http://").unwrap();
    // What the first request brings in is not a connection's.
    drop(answered(address).await);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = partner.branch.kiosk_rss_kib().unwrap();
    let mut held = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        held.push(answered(address).await);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let with = partner.branch.kiosk_rss_kib().unwrap();
    let open = held.iter().filter(|stream| is_open(stream)).count();
    assert_eq!(
        open, CONNECTIONS,
        "some were closed before they were counted"
    );
    let more = 1024 * with.saturating_sub(before);
    println!(
        "{CONNECTIONS} connections that wait cost kioskd {} kB",
        more / 1000
    );
    assert!(more < MOST_BYTES, "{more} bytes, {before} to {with} KiB");
    // The places are given back: another is answered.
    drop(held);
    answered(address).await;
}

async fn answered(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let ask = format!("GET /ping HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut answer = [0; 4096];
    let read = stream.read(&mut answer).await.unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 200"));
    stream
}

/// Nothing more came, and no end either.
fn is_open(stream: &TcpStream) -> bool {
    let mut byte = [0];
    let read = stream.try_read(&mut byte);
    read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}
