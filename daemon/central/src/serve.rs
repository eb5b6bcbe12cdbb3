//! Starting central, and the loop that takes connections.
//!
//! Every wait has an end: for a handshake, for the head of a request, for the next piece of a body,
//! for room among the requests. How many connections there are at once is bounded; further ones wait
//! in the kernel's queue.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use kiosk_pki::{Authority, Peer};
use kiosk_wire::WireError;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::broker::{ARRIVING, Broker, Ways};
use crate::caller::Caller;
use crate::clock::{Clock, system_clock};
use crate::config::{Config, Limits};
use crate::error::CentralError;
use crate::evidence::{Bucket, EvidenceFolder, EvidenceStore};
use crate::handle::Handle;
use crate::intake::take_arriving;
use crate::ledger::Ledger;
use crate::routes::{Desk, remove_erased, router, sweep_parts};
use crate::tls::ServerTls;

/// After a failed accept (no file descriptors left, for one), others get time to end.
const PAUSE_AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(100);
/// Requests of one HTTP/2 connection at the same time.
const STREAMS: u32 = 16;

/// Starts central by the machine's clock. It serves when this returns.
///
/// # Errors
///
/// What cannot be used, by name: configuration, certificate, key, database, folder or address.
pub async fn serve(config: Config) -> Result<Handle, CentralError> {
    serve_with(config, system_clock()).await
}

/// Starts central by a clock of one's own, which judges certificates and dates what is received.
/// The handshake itself compares the clients' certificates with the machine's clock.
///
/// # Errors
///
/// As for [`serve`].
pub async fn serve_with(config: Config, clock: Clock) -> Result<Handle, CentralError> {
    config.check().map_err(CentralError::Config)?;
    let tls = Arc::new(ServerTls::load(
        &config.tls,
        config.revocation_list.as_deref(),
        &clock,
    )?);
    let secret = read_secret(&config.session_key_file)?;
    let signing = config
        .command_key_file
        .as_deref()
        .map(read_secret)
        .transpose()?
        .map(Arc::new);
    let authority = authority(&config)?;
    let evidence = open_evidence(&config, &clock)?;
    let ledger = Arc::new(Ledger::open(&config.database_url()).await?);
    let listener = TcpListener::bind(config.listen).await;
    let refused = |source| CentralError::Listen {
        address: config.listen,
        source,
    };
    let listener = listener.map_err(refused)?;
    let addr = listener.local_addr().map_err(refused)?;
    let mut beside = vec![tokio::spawn(
        Arc::clone(&tls).reread(config.limits.reread(), Arc::clone(&clock)),
    )];
    let (arrive, arriving) = mpsc::channel(ARRIVING);
    let broker = config.broker.map(|at| {
        let ways = Ways {
            config: at,
            files: config.tls,
            signing: signing.clone(),
            arrive,
        };
        let (broker, tasks) = Broker::start(ways, Arc::clone(&clock), Arc::clone(&ledger));
        beside.extend(tasks);
        broker
    });
    let desk = Arc::new(Desk {
        ledger,
        evidence,
        secret,
        signing,
        authority,
        tls: Arc::clone(&tls),
        broker,
        clock,
        requests: Semaphore::new(config.limits.requests),
        connections: Arc::new(Semaphore::new(config.limits.connections)),
        erased: Notify::new(),
        limits: config.limits,
    });
    beside.push(tokio::spawn(sweep_parts(Arc::clone(&desk))));
    beside.push(tokio::spawn(remove_erased(Arc::clone(&desk))));
    beside.push(tokio::spawn(take_arriving(Arc::clone(&desk), arriving)));
    let (stop, stopped) = watch::channel(false);
    let door = Door {
        listener,
        tls,
        router: router(Arc::clone(&desk)),
        room: Arc::clone(&desk.connections),
        limits: desk.limits.clone(),
    };
    tracing::info!(%addr, "central serves");
    Ok(Handle {
        addr,
        stop,
        serving: tokio::spawn(door.keep(stopped)),
        beside,
        desk,
    })
}

fn open_evidence(config: &Config, clock: &Clock) -> Result<EvidenceStore, CentralError> {
    let limits = &config.limits;
    let (most, pause) = (limits.evidence_bytes, limits.body_pause());
    if let Some(at) = &config.evidence_bucket {
        let bucket = Bucket::open(at).map_err(CentralError::Bucket)?;
        return Ok(EvidenceStore::bucket(bucket, most, pause));
    }
    let folder = config.evidence_folder();
    let opened = EvidenceFolder::open(&folder, most, pause, clock());
    let opened = opened.map_err(|source| CentralError::Folder { folder, source })?;
    Ok(EvidenceStore::folder(opened, most, pause))
}

fn authority(config: &Config) -> Result<Option<(Authority, u16)>, CentralError> {
    let Some(at) = &config.authority else {
        return Ok(None);
    };
    Ok(Some((Authority::open(&at.folder)?, at.days)))
}

fn read_secret<K: FromStr<Err = WireError>>(file: &Path) -> Result<K, CentralError> {
    let fault = |reason: String| CentralError::SessionKey {
        file: file.to_owned(),
        reason,
    };
    let bytes = kiosk_pki::read_secret(file)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| fault("it is no text".into()))?;
    text.parse()
        .map_err(|error: WireError| fault(error.to_string()))
}

/// Where connections come in.
struct Door {
    listener: TcpListener,
    tls: Arc<ServerTls>,
    router: Router,
    room: Arc<Semaphore>,
    limits: Limits,
}

impl Door {
    /// Takes connections until told to stop, then waits until they have ended what they are at.
    async fn keep(self, mut stopped: watch::Receiver<bool>) {
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = told(&mut stopped) => break,
                (stream, permit) = self.next() => {
                    connections.spawn(self.connection(stream, permit, graceful.watcher()));
                }
                Some(_) = connections.join_next() => {}
            }
        }
        drop(self.listener);
        graceful.shutdown().await;
        while connections.join_next().await.is_some() {}
    }

    /// The next connection, once there is room for it.
    async fn next(&self) -> (TcpStream, OwnedSemaphorePermit) {
        loop {
            // The semaphore is never closed.
            let Ok(permit) = Arc::clone(&self.room).acquire_owned().await else {
                std::future::pending::<()>().await;
                continue;
            };
            match self.listener.accept().await {
                Ok((stream, _)) => return (stream, permit),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(PAUSE_AFTER_FAILED_ACCEPT).await;
                }
            }
        }
    }

    /// One connection from its handshake to its end.
    fn connection(
        &self,
        stream: TcpStream,
        permit: OwnedSemaphorePermit,
        watcher: Watcher,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (tls, router, limits) = (self.tls.current(), self.router.clone(), self.limits.clone());
        async move {
            let _permit = permit;
            // Fails only on a connection that has ended.
            let _ = stream.set_nodelay(true);
            let handshake = TlsAcceptor::from(tls).accept(stream);
            let stream = match tokio::time::timeout(limits.handshake(), handshake).await {
                Ok(Ok(stream)) => stream,
                Ok(Err(error)) => {
                    // The peer is told by TLS; the text names no person, it is rustls' own.
                    tracing::info!(%error, "a TLS handshake was refused");
                    return;
                }
                Err(_) => {
                    tracing::info!("a TLS handshake took too long");
                    return;
                }
            };
            let Some(caller) = caller(&stream) else {
                tracing::info!("a client certificate does not say who its owner is");
                return;
            };
            let service = router.map_request(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(caller.clone());
                request.map(Body::new)
            });
            let builder = http(&limits, stream.get_ref().1.alpn_protocol());
            let service = TowerToHyperService::new(service);
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            if let Err(error) = watcher.watch(connection).await {
                tracing::debug!(%error, "a connection broke");
            }
        }
    }
}

/// Who is at the other end; TLS has verified the certificate.
fn caller(stream: &tokio_rustls::server::TlsStream<TcpStream>) -> Option<Caller> {
    let (_, session) = stream.get_ref();
    let certificate = session.peer_certificates()?.first()?;
    Caller::new(Peer::from_certificate(certificate).ok()?)
}

/// The version of HTTP is the one agreed on in the handshake. Left to guess it from the first bytes,
/// hyper would wait for them without a limit.
fn http(limits: &Limits, agreed: Option<&[u8]>) -> auto::Builder<TokioExecutor> {
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut builder = match agreed {
        Some(b"h2") => builder.http2_only(),
        _ => builder.http1_only(),
    };
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.handshake())
        .max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(16 * 1024)
        .keep_alive_interval(limits.handshake())
        .keep_alive_timeout(limits.handshake());
    builder
}

/// Waits until told to stop, or until the handle is gone.
async fn told(stopped: &mut watch::Receiver<bool>) {
    // An error says that the handle is gone.
    let _ = stopped.wait_for(|stop| *stop).await;
}
