//! Deliveries to a receiver that speaks TLS, under an authority of its own: whom the kiosk trusts, and where it connects.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use kiosk_api::deliveries::{Deliveries, Outcome};
use kiosk_pki::{Authority, Identity, Validity};
use kioskd::clock::{Clock, SystemClock};
use kioskd::webhooks::{Allowed, Names};
use time::{Duration, OffsetDateTime};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use super::{Came, Kiosk, kiosk_by, status};

/// The receiver's name, which no resolver knows (RFC 6761, section 6.4).
const NAME: &str = "hooks.bank.invalid";

/// TLS judges by the machine's own clock.
fn now() -> OffsetDateTime {
    SystemClock.now()
}

fn year() -> Validity {
    Validity::days(now(), 365)
}

/// Over since yesterday.
fn past() -> Validity {
    Validity::between(now() - Duration::days(9), now() - Duration::days(1)).unwrap()
}

fn authority() -> Authority {
    Authority::create("Hooks", "bank", year()).unwrap()
}

/// What knocked at the receiver.
#[derive(Clone, Default)]
struct Seen {
    /// Connections, each with the name that it asked for.
    names: Arc<Mutex<Vec<Option<String>>>>,
    came: Arc<Mutex<Vec<Came>>>,
    connections: Arc<AtomicUsize>,
}

impl Seen {
    fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }
}

/// A receiver with a certificate.
struct Receiver {
    address: SocketAddr,
    seen: Seen,
    shows: Arc<Mutex<TlsAcceptor>>,
    served: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.served.abort();
    }
}

fn acceptor(shown: &Identity) -> TlsAcceptor {
    let chain = vec![shown.certificate_der().unwrap()];
    let key = PrivateKeyDer::from_pem_slice(shown.key_pem().as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(kiosk_pki::provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

impl Receiver {
    async fn start(shown: &Identity) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Seen::default();
        let shows = Arc::new(Mutex::new(acceptor(shown)));
        let (kept, current) = (seen.clone(), Arc::clone(&shows));
        let served = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                kept.connections.fetch_add(1, Ordering::SeqCst);
                let acceptor = current.lock().unwrap().clone();
                tokio::spawn(serve(acceptor, stream, kept.clone()));
            }
        });
        Self {
            address,
            seen,
            shows,
            served,
        }
    }

    fn shows(&self, other: &Identity) {
        *self.shows.lock().unwrap() = acceptor(other);
    }

    fn url(&self) -> String {
        format!("https://{NAME}:{}/hook", self.address.port())
    }
}

async fn serve(acceptor: TlsAcceptor, stream: tokio::net::TcpStream, seen: Seen) {
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let asked = stream.get_ref().1.server_name().map(str::to_owned);
    seen.names.lock().unwrap().push(asked);
    let came = Arc::clone(&seen.came);
    let router = Router::new().fallback(move |headers: HeaderMap, body: Bytes| {
        let body = String::from_utf8(body.to_vec()).unwrap();
        came.lock().unwrap().push(Came { headers, body });
        async { status(204) }
    });
    let service = TowerToHyperService::new(router);
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// A resolver that knows one name, and says something else each time that it is asked.
struct Told {
    answers: Vec<Vec<SocketAddr>>,
    asked: AtomicUsize,
}

impl Told {
    fn always(address: SocketAddr) -> Arc<Self> {
        Self::each(vec![vec![address]])
    }

    /// The last answer stays.
    fn each(answers: Vec<Vec<SocketAddr>>) -> Arc<Self> {
        Arc::new(Self {
            answers,
            asked: AtomicUsize::new(0),
        })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Names for Told {
    async fn find(&self, host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        let place = self.asked.fetch_add(1, Ordering::SeqCst);
        let known = self.answers.get(place).or(self.answers.last()).unwrap();
        match host == NAME {
            true => Ok(known
                .iter()
                .map(|address| SocketAddr::new(address.ip(), port))
                .collect()),
            false => Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
        }
    }
}

/// `[webhooks]` with `private_addresses = "allow"` and that authority as `ca`.
fn trusting(folder: &Path, authority: &Authority) -> Allowed {
    Allowed {
        private: true,
        plain_http: false,
        ca: Some(file_of(folder, authority)),
    }
}

fn file_of(folder: &Path, authority: &Authority) -> PathBuf {
    let path = folder.join("ca.pem");
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(authority.certificate_pem().as_bytes())
        .unwrap();
    path
}

/// A session begins and the kiosk does what is due.
async fn told(kiosk: &Kiosk, receiver: &Receiver) {
    kiosk.begin(Some(receiver.url())).await;
    kiosk.work().await;
}

#[tokio::test]
async fn a_receiver_under_the_configured_authority_gets_its_message_signed() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority();
    let receiver = Receiver::start(&authority.server("hooks", &[NAME], year()).unwrap()).await;
    let names = Told::always(receiver.address);
    let kiosk = kiosk_by(
        folder.path(),
        &trusting(folder.path(), &authority),
        Arc::clone(&names) as _,
    );
    let secret = kiosk.make_secret().await;
    told(&kiosk, &receiver).await;
    assert_eq!(kiosk.outcomes().await, [(Outcome::Delivered, Some(204))]);
    let came = receiver.seen.came();
    assert_eq!(came.len(), 1);
    assert_eq!(came[0].signed_by(&secret), 1);
    assert_eq!(came[0].json()["event"], "session.created");
}

#[tokio::test]
async fn the_address_that_was_judged_is_called_and_the_name_stays_the_host_s() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority();
    let shown = authority.server("hooks", &[NAME], year()).unwrap();
    let (first, second) = (
        Receiver::start(&shown).await,
        std::net::TcpListener::bind("127.0.0.2:0").unwrap(),
    );
    // Who asks a second time is sent elsewhere.
    let elsewhere = second.local_addr().unwrap();
    let names = Told::each(vec![vec![first.address], vec![elsewhere]]);
    let allowed = trusting(folder.path(), &authority);
    let kiosk = kiosk_by(folder.path(), &allowed, Arc::clone(&names) as _);
    kiosk.make_secret().await;
    told(&kiosk, &first).await;
    assert_eq!(kiosk.outcomes().await, [(Outcome::Delivered, Some(204))]);
    assert_eq!(names.asked(), 1, "what was judged is what is called");
    assert_eq!(
        *first.seen.names.lock().unwrap(),
        [Some(NAME.to_owned())],
        "TLS asks for the host's name"
    );
    let host = format!("{NAME}:{}", first.address.port());
    let came = first.seen.came();
    let named = came[0].headers.get("host").unwrap();
    assert_eq!(named.to_str().unwrap(), host);
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_not_called_even_beside_a_public_one() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority();
    let receiver = Receiver::start(&authority.server("hooks", &[NAME], year()).unwrap()).await;
    let public: SocketAddr = "1.1.1.1:443".parse().unwrap();
    let names = Told::each(vec![vec![receiver.address], vec![public, receiver.address]]);
    let strict = Allowed {
        private: false,
        ..trusting(folder.path(), &authority)
    };
    let kiosk = kiosk_by(folder.path(), &strict, Arc::clone(&names) as _);
    kiosk.make_secret().await;
    told(&kiosk, &receiver).await;
    kiosk.clock.wait(5);
    kiosk.work().await;
    assert_eq!(kiosk.outcomes().await, [(Outcome::AddressRefused, None); 2]);
    assert_eq!(receiver.seen.connections.load(Ordering::SeqCst), 0);
}

/// The receiver shows `bad`: nothing is sent, the try is listed and another comes, which a right certificate then gets.
async fn fails_until_mended(bad: &Identity, trusted: &Authority) {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(bad).await;
    let allowed = trusting(folder.path(), trusted);
    let kiosk = kiosk_by(folder.path(), &allowed, Told::always(receiver.address));
    let secret = kiosk.make_secret().await;
    told(&kiosk, &receiver).await;
    let tried = kiosk.webhooks.attempts("bank").await;
    assert_eq!(tried.len(), 1);
    assert_eq!(
        (tried[0].outcome, tried[0].status),
        (Outcome::Untrusted, None)
    );
    assert_eq!(tried[0].next_at, Some(tried[0].at + Duration::seconds(5)));
    assert!(receiver.seen.connections.load(Ordering::SeqCst) > 0);
    assert!(receiver.seen.came().is_empty(), "nothing was sent");
    receiver.shows(&trusted.server("hooks", &[NAME], year()).unwrap());
    kiosk.clock.wait(5);
    kiosk.work().await;
    assert_eq!(
        kiosk.outcomes().await,
        [(Outcome::Delivered, Some(204)), (Outcome::Untrusted, None)]
    );
    let came = receiver.seen.came();
    assert_eq!(came.len(), 1);
    assert_eq!(came[0].signed_by(&secret), 1);
}

#[tokio::test]
async fn a_certificate_of_another_name_is_not_trusted() {
    let authority = authority();
    let other = authority.server("other", &["other.bank.invalid"], year());
    fails_until_mended(&other.unwrap(), &authority).await;
}

#[tokio::test]
async fn a_certificate_of_the_pinned_address_and_not_the_name_is_not_trusted() {
    let authority = authority();
    let by_address = authority.server("other", &["127.0.0.1"], year());
    fails_until_mended(&by_address.unwrap(), &authority).await;
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_not_trusted() {
    let stranger = authority().server("hooks", &[NAME], year());
    fails_until_mended(&stranger.unwrap(), &authority()).await;
}

#[tokio::test]
async fn a_certificate_that_is_over_is_not_trusted() {
    let authority = authority();
    let over = authority.server("hooks", &[NAME], past());
    fails_until_mended(&over.unwrap(), &authority).await;
}
