//! Serving a router over a listener: slow heads and slow readers time out, connections are bounded, stopping is graceful.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

/// Connections at once; a further one waits in the listener's own queue.
const MOST_CONNECTIONS: u32 = 1024;
/// A request's head has to be complete in this time.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// A reader that takes nothing of an answer for so long is given up: it would hold its connection's place for ever.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// Requests in flight get this long to end when the daemon stops.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);
/// Pause after a failed accept, such as when the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What the system may hold of an answer that its reader has not taken (the kernel doubles it): three or four of the
/// preview's frames, so that a slow viewer does not watch the past.
const SEND_BUFFER: u32 = 256 * 1024;
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// Binds an address for the API.
pub fn bind_tcp(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit it.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Where connections come from.
pub enum Listener {
    /// The network.
    Tcp(TcpListener),
    /// The control socket.
    Unix(UnixListener),
}

/// Serves until `stop` turns true, then lets requests in flight end.
pub async fn serve(listener: Listener, router: Router, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS as usize));
    loop {
        let free = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, accept(&listener).await)
        };
        let (place, accepted) = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            free = free => free,
        };
        let Ok(place) = place else { break };
        match accepted {
            Ok(Accepted::Tcp(stream, peer)) => {
                spawn(stream, (&router, Some(peer)), stop.clone(), place);
            }
            Ok(Accepted::Unix(stream)) => spawn(stream, (&router, None), stop.clone(), place),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    // Every place is free when every connection has ended.
    let ended = places.acquire_many(MOST_CONNECTIONS);
    if tokio::time::timeout(DRAIN_WITHIN, ended).await.is_err() {
        tracing::warn!("requests were still in flight when the time to end them was over");
    }
}

enum Accepted {
    Tcp(tokio::net::TcpStream, SocketAddr),
    Unix(tokio::net::UnixStream),
}

async fn accept(listener: &Listener) -> std::io::Result<Accepted> {
    match listener {
        Listener::Tcp(listener) => {
            let (stream, peer) = listener.accept().await?;
            stream.set_nodelay(true)?;
            Ok(Accepted::Tcp(stream, peer))
        }
        Listener::Unix(listener) => Ok(Accepted::Unix(listener.accept().await?.0)),
    }
}

/// Serves a connection; its requests are told the address that it comes from, where it has one.
fn spawn<S>(
    stream: S,
    (router, peer): (&Router, Option<SocketAddr>),
    mut stop: watch::Receiver<bool>,
    place: OwnedSemaphorePermit,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // HTTP/1.1 alone: what guesses the version waits for the first byte without a limit.
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN);
    let routed = TowerToHyperService::new(router.clone());
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        let told = peer.map(ConnectInfo);
        told.map(|told| request.extensions_mut().insert(told));
        routed.call(request)
    });
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(TAKEN_WITHIN));
    // A connection that is upgraded, as the preview's WebSockets are, is its handler's from then on.
    let connection = builder
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
        .with_upgrades();
    tokio::spawn(async move {
        let mut connection = std::pin::pin!(connection);
        let early = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = stopped(&mut stop) => None,
        };
        let ended = match early {
            Some(ended) => ended,
            None => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(place);
    });
}

/// Waits until the daemon stops.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone has stopped too.
    drop(stop.wait_for(|stop| *stop).await);
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// An answer that no buffer of the system's holds.
    const LARGE: usize = 64 * 1024 * 1024;

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_nothing_is_given_up_and_one_that_reads_gets_all() {
        let (client, server) = tokio::io::duplex(64 * 1024);
        let (_running, stopping) = watch::channel(false);
        let router = Router::new().route("/", axum::routing::get(async || vec![0_u8; LARGE]));
        let places = Arc::new(Semaphore::new(1));
        let ask = b"GET / HTTP/1.1\r\nhost: kiosk\r\nconnection: close\r\n\r\n";

        let place = Arc::clone(&places).acquire_owned().await.unwrap();
        spawn(server, (&router, None), stopping.clone(), place);
        let mut silent = client;
        silent.write_all(ask).await.unwrap();
        let freed = tokio::time::timeout(2 * TAKEN_WITHIN, places.acquire()).await;
        drop(freed.unwrap().unwrap());
        drop(silent);

        let (mut client, server) = tokio::io::duplex(64 * 1024);
        let place = Arc::clone(&places).acquire_owned().await.unwrap();
        spawn(server, (&router, None), stopping, place);
        client.write_all(ask).await.unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.unwrap();
        assert!(answer.len() > LARGE, "{}", answer.len());
    }

    #[tokio::test]
    async fn it_stops_while_a_silent_connection_is_open_and_answers_before() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = watch::channel(false);
        let router = Router::new().route("/", axum::routing::get(async || "here"));
        let served = tokio::spawn(serve(Listener::Tcp(listener), router, stopping));
        let _silent = tokio::net::TcpStream::connect(address).await.unwrap();
        let mut asking = tokio::net::TcpStream::connect(address).await.unwrap();
        asking
            .write_all(b"GET / HTTP/1.1\r\nhost: kiosk\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        asking.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with("here"),
            "{answer}"
        );
        stop.send_replace(true);
        tokio::time::timeout(2 * DRAIN_WITHIN, served)
            .await
            .unwrap()
            .unwrap();
    }
}
