//! The link against real TLS servers on loopback: what it says when it is refused, and that it never
//! speaks without TLS.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::server::conn::http1 as server_http1;
use hyper::service::service_fn;
use kiosk_pki::{Authority, Validity};
use tempfile::TempDir;
use time::{Duration as Days, OffsetDateTime};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

const SECRET: &str = "what only central may read";

#[allow(
    clippy::disallowed_methods,
    reason = "certificates of these tests are valid today"
)]
fn today() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Since before a slow kiosk's today: certificates are judged by the kiosk's own clock.
fn valid() -> Validity {
    Validity::between(today() - Days::days(9), today() + Days::days(1)).unwrap()
}

fn expired() -> Validity {
    Validity::between(today() - Days::days(9), today() - Days::days(2)).unwrap()
}

fn authority(name: &str) -> Authority {
    Authority::create(name, "branch", valid()).unwrap()
}

/// The kiosk's files: a certificate of `by`, trusting `trusted`.
fn kiosk(folder: &TempDir, by: &Authority, trusted: &Authority, validity: Validity) -> TlsFiles {
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, trusted.certificate_pem()).unwrap();
    by.kiosk("kiosk-1", validity)
        .unwrap()
        .write(folder.path(), "kiosk", &ca)
        .unwrap()
}

/// A central that answers everything with 200 and closes each connection after `answers`.
struct Central {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Central {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Central {
    async fn start(authority: &Authority, name: &str, keep_open: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        std::fs::write(&ca, authority.certificate_pem()).unwrap();
        let own = authority.central("central", &[name], valid()).unwrap();
        let files = own.write(folder.path(), "central", &ca).unwrap();
        let tls = Arc::new(kiosk_pki::server_config(&files, None, today()).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(answer(
                    TlsAcceptor::from(Arc::clone(&tls)),
                    stream,
                    keep_open,
                ));
            }
        });
        Self {
            address,
            connections,
            task,
        }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn answer(acceptor: TlsAcceptor, stream: TcpStream, keep_open: bool) {
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let service = service_fn(|_| async {
        Ok::<_, std::convert::Infallible>(hyper::Response::new(Full::new(Bytes::from("held"))))
    });
    let _ = server_http1::Builder::new()
        .keep_alive(keep_open)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

fn link(port: u16, files: TlsFiles, now: OffsetDateTime) -> Link {
    let central = Endpoint {
        host: "127.0.0.1".to_owned(),
        port,
    };
    let limits = Limits {
        connect: Duration::from_secs(2),
        exchange: Duration::from_secs(2),
        ..Limits::default()
    };
    Link::new(central, files, limits, Arc::new(move || now))
}

fn post() -> Ask {
    Ask {
        method: Method::POST,
        path: "/records".to_owned(),
        content_type: "text/plain",
        body: SECRET.into(),
    }
}

#[tokio::test]
async fn two_requests_share_one_connection() {
    let (folder, ours) = (tempfile::tempdir().unwrap(), authority("ours"));
    let central = Central::start(&ours, "127.0.0.1", true).await;
    let files = kiosk(&folder, &ours, &ours, valid());
    let mut link = link(central.address.port(), files, today());

    for _ in 0..2 {
        let answer = link.ask(&post()).await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), &answer.body[..]),
            (200, &b"held"[..])
        );
    }
    assert_eq!(central.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_central_closed_is_replaced_without_a_failure() {
    let (folder, ours) = (tempfile::tempdir().unwrap(), authority("ours"));
    let central = Central::start(&ours, "127.0.0.1", false).await;
    let files = kiosk(&folder, &ours, &ours, valid());
    let mut link = link(central.address.port(), files, today());

    for _ in 0..3 {
        assert!(link.ask(&post()).await.is_ok());
    }
    assert_eq!(central.connections(), 3);
}

#[tokio::test]
async fn an_expired_certificate_is_not_even_shown() {
    let (folder, ours) = (tempfile::tempdir().unwrap(), authority("ours"));
    let central = Central::start(&ours, "127.0.0.1", true).await;
    let files = kiosk(&folder, &ours, &ours, expired());

    let why = link(central.address.port(), files, today())
        .ask(&post())
        .await
        .unwrap_err();

    assert_eq!(why, Why::OwnCertificateExpired);
    assert_eq!(central.connections(), 0);
}

#[tokio::test]
async fn central_says_that_a_certificate_expired_where_the_kiosks_clock_is_slow() {
    let (folder, ours) = (tempfile::tempdir().unwrap(), authority("ours"));
    let central = Central::start(&ours, "127.0.0.1", true).await;
    let files = kiosk(&folder, &ours, &ours, expired());
    let slow = today() - Days::days(5);

    for _ in 0..5 {
        let mut link = link(central.address.port(), files.clone(), slow);
        let why = link.ask(&post()).await.unwrap_err();
        assert_eq!(
            why,
            Why::CertificateRefused(Peer::Central, "CertificateExpired".to_owned())
        );
    }
}

#[tokio::test]
async fn central_refuses_a_certificate_of_a_foreign_authority() {
    let (folder, ours, theirs) = (
        tempfile::tempdir().unwrap(),
        authority("ours"),
        authority("theirs"),
    );
    let central = Central::start(&ours, "127.0.0.1", true).await;
    let files = kiosk(&folder, &theirs, &ours, valid());

    for _ in 0..5 {
        let mut link = link(central.address.port(), files.clone(), today());
        let why = link.ask(&post()).await.unwrap_err();
        assert!(
            matches!(&why, Why::CertificateRefused(Peer::Central, _)),
            "it said {why:?}"
        );
    }
}

#[tokio::test]
async fn a_central_of_a_foreign_authority_is_told_nothing() {
    let (folder, ours, theirs) = (
        tempfile::tempdir().unwrap(),
        authority("ours"),
        authority("theirs"),
    );
    let central = Central::start(&theirs, "127.0.0.1", true).await;
    let files = kiosk(&folder, &ours, &ours, valid());

    let why = link(central.address.port(), files, today())
        .ask(&post())
        .await
        .unwrap_err();

    assert_eq!(why, Why::ForeignAuthority(Peer::Central));
}

#[tokio::test]
async fn a_central_of_another_name_is_told_nothing() {
    let (folder, ours) = (tempfile::tempdir().unwrap(), authority("ours"));
    let central = Central::start(&ours, "elsewhere.example", true).await;
    let files = kiosk(&folder, &ours, &ours, valid());

    let why = link(central.address.port(), files, today())
        .ask(&post())
        .await
        .unwrap_err();

    assert!(
        matches!(why, Why::PeerCertificateUnfit(Peer::Central, _)),
        "it said {why:?}"
    );
}

#[tokio::test]
async fn a_port_where_nobody_listens_refuses() {
    let (folder, ours) = (tempfile::tempdir().unwrap(), authority("ours"));
    let files = kiosk(&folder, &ours, &ours, valid());
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };

    let why = link(port, files, today()).ask(&post()).await.unwrap_err();

    assert_eq!(why, Why::CentralUnreachable(Unreachable::Refused));
}

#[tokio::test]
async fn a_server_without_tls_gets_a_client_hello_and_not_a_byte_more() {
    use tokio::io::AsyncWriteExt;
    let (folder, ours) = (tempfile::tempdir().unwrap(), authority("ours"));
    let files = kiosk(&folder, &ours, &ours, valid());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = vec![0; 4096];
        let read = stream.read(&mut heard).await.unwrap();
        heard.truncate(read);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            .await
            .unwrap();
        let _ = stream.read_to_end(&mut heard).await;
        heard
    });

    let why = link(port, files, today()).ask(&post()).await.unwrap_err();

    assert!(
        matches!(why, Why::NoCommonTls(Peer::Central, _)),
        "it said {why:?}"
    );
    let heard = heard.await.unwrap();
    assert_eq!(&heard[..2], &[22, 3], "a TLS handshake record");
    assert_eq!(heard[5], 1, "a ClientHello");
    assert!(
        !heard
            .windows(SECRET.len())
            .any(|part| part == SECRET.as_bytes())
    );
}

#[tokio::test]
async fn a_server_that_never_answers_takes_no_longer_than_the_limit() {
    let (folder, ours) = (tempfile::tempdir().unwrap(), authority("ours"));
    let files = kiosk(&folder, &ours, &ours, valid());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut link = link(listener.local_addr().unwrap().port(), files, today());
    link.limits.connect = Duration::from_millis(200);

    let why = link.ask(&post()).await.unwrap_err();

    assert_eq!(why, Why::CentralUnreachable(Unreachable::TimedOut));
}
