//! One HTTPS connection to central: HTTP/1.1 over TLS 1.3 with the kiosk's certificate, kept open.
//!
//! Every step has a time limit. A connection that failed is forgotten; one that had been kept open
//! is replaced and the request repeated once, since every request here may be repeated.
//!
//! Under TLS 1.3 a server judges the client's certificate after the client believes itself
//! connected, and its alert may be lost to a reset that overtakes it. Where a new connection ends so,
//! a second one is made that sends nothing and only listens for the alert ([`ask_why`]).

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use kiosk_pki::{TlsFiles, Validity};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use time::OffsetDateTime;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::clock::Clock;
use crate::config::{Endpoint, Limits};
use crate::identity;
use crate::pace::Pace;
use crate::reason::{Peer, Unreachable, Why};

/// Central's answers are small, a list of commands the longest; more than this is not central.
const MAX_ANSWER: usize = 2 * 1024 * 1024;
/// What a request takes beside its body: its head, and TLS around it.
const HEAD_BYTES: usize = 512;
/// A refusing server's alert follows its handshake at once; a slow network delays it.
const ALERT_WITHIN: Duration = Duration::from_secs(2);

/// Central's answer to one request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
    /// Where an upload goes on, where central says so.
    pub(crate) offset: Option<u64>,
}

/// What to ask for.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
}

impl Ask {
    /// A request without a body.
    pub(crate) fn bare(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            content_type: "application/json",
            body: Bytes::new(),
        }
    }
}

/// The way to central.
pub(crate) struct Link {
    central: Endpoint,
    files: TlsFiles,
    limits: Limits,
    clock: Clock,
    pace: Pace,
    open: Option<Open>,
}

struct Open {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Link {
    pub(crate) fn new(central: Endpoint, files: TlsFiles, limits: Limits, clock: Clock) -> Self {
        Self {
            central,
            files,
            limits,
            clock,
            pace: Pace::new(limits.bytes_a_second),
            open: None,
        }
    }

    /// The same way by another identity, on a connection of its own.
    pub(crate) fn with_identity(&self, files: TlsFiles) -> Self {
        Self::new(
            self.central.clone(),
            files,
            self.limits,
            Arc::clone(&self.clock),
        )
    }

    /// The same way where certificates are judged at `now`, on a connection of its own.
    pub(crate) fn at_another_time(&self, now: OffsetDateTime) -> Self {
        let clock: Clock = Arc::new(move || now);
        Self::new(self.central.clone(), self.files.clone(), self.limits, clock)
    }

    /// From when until when the identity is valid; `None` where its file cannot be read.
    pub(crate) fn own_validity(&self) -> Option<Validity> {
        kiosk_pki::own_validity(&self.files).ok()
    }

    /// Waits until `bytes` more may be sent, by whatever way: one budget for all that this link's owner sends.
    pub(crate) async fn pace(&mut self, bytes: usize) {
        self.pace.take(bytes).await;
    }

    /// Ends the connection that is kept open: the next request makes a new one.
    pub(crate) fn hang_up(&mut self) {
        self.open = None;
    }

    /// Asks central and waits for the whole answer, whatever its status.
    pub(crate) async fn ask(&mut self, ask: &Ask) -> Result<Answer, Why> {
        self.pace.take(ask.body.len() + HEAD_BYTES).await;
        if let Some(mut open) = self.open.take().filter(|open| !open.sender.is_closed())
            && let Ok(answer) = self.exchange(&mut open, ask).await
            // A connection outlives the certificate that opened it; a renewed one opens another.
            && answer.status != StatusCode::FORBIDDEN
        {
            self.open = Some(open);
            return Ok(answer);
        }
        let tls = identity::client(&self.files, (self.clock)()).await?;
        let mut open = self.connect(Arc::clone(&tls)).await?;
        match self.exchange(&mut open, ask).await {
            Ok(answer) => {
                self.open = Some(open);
                Ok(answer)
            }
            Err(why @ Why::CentralUnreachable(Unreachable::Lost)) => {
                drop(open);
                let told = ask_why(Peer::Central, &self.central, tls, self.limits.connect).await;
                Err(told.unwrap_or(why))
            }
            Err(why) => Err(why),
        }
    }

    async fn connect(&self, tls: Arc<ClientConfig>) -> Result<Open, Why> {
        let stream = dial(Peer::Central, &self.central, tls, self.limits.connect).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|why| Peer::Central.blame(&why))?;
        let driver = tokio::spawn(async move {
            // What goes wrong here is also told to the one who waits for the answer.
            let _ = connection.await;
        });
        Ok(Open { sender, driver })
    }

    async fn exchange(&self, open: &mut Open, ask: &Ask) -> Result<Answer, Why> {
        let request = Request::builder()
            .method(&ask.method)
            .uri(&ask.path)
            .header(HOST, format!("{}:{}", self.central.host, self.central.port))
            .header(CONTENT_TYPE, ask.content_type)
            .body(Full::new(ask.body.clone()))
            .map_err(|_| Why::CentralUnintelligible("a request could not be formed"))?;
        within(Peer::Central, self.limits.exchange, async {
            open.sender
                .ready()
                .await
                .map_err(|why| Peer::Central.blame(&why))?;
            let answer = open.sender.send_request(request).await;
            let (head, body) = answer
                .map_err(|why| Peer::Central.blame(&why))?
                .into_parts();
            let body = Limited::new(body, MAX_ANSWER)
                .collect()
                .await
                .map_err(too_long)?;
            Ok(Answer {
                status: head.status,
                offset: upload_offset(&head.headers),
                body: body.to_bytes(),
            })
        })
        .await
    }
}

fn upload_offset(headers: &HeaderMap) -> Option<u64> {
    headers.get("upload-offset")?.to_str().ok()?.parse().ok()
}

fn too_long(error: Box<dyn Error + Send + Sync>) -> Why {
    if error.is::<http_body_util::LengthLimitError>() {
        return Why::CentralUnintelligible("its answer is too long");
    }
    Peer::Central.blame(error.as_ref())
}

/// Connects and shakes hands, both within `limit`. Nothing but TLS has been sent when this returns.
async fn dial(
    peer: Peer,
    to: &Endpoint,
    tls: Arc<ClientConfig>,
    limit: Duration,
) -> Result<TlsStream<TcpStream>, Why> {
    let name = ServerName::try_from(to.host.clone())
        .map_err(|_| peer.unreachable(Unreachable::NoSuchName))?;
    within(peer, limit, async {
        let addresses: Vec<_> = tokio::net::lookup_host((to.host.as_str(), to.port))
            .await
            .map_err(|_| peer.unreachable(Unreachable::NoSuchName))?
            .collect();
        let stream = TcpStream::connect(addresses.as_slice())
            .await
            .map_err(|why| peer.blame(&why))?;
        stream.set_nodelay(true).map_err(|why| peer.blame(&why))?;
        TlsConnector::from(tls)
            .connect(name, stream)
            .await
            .map_err(|why| peer.blame(&why))
    })
    .await
}

/// Why a peer hangs up on us, if it says so: shakes hands, sends nothing more and listens.
/// `None` where it says nothing.
pub(crate) async fn ask_why(
    peer: Peer,
    to: &Endpoint,
    tls: Arc<ClientConfig>,
    limit: Duration,
) -> Option<Why> {
    let mut stream = match dial(peer, to, tls, limit).await {
        Ok(stream) => stream,
        Err(why) => return Some(why),
    };
    let said = tokio::time::timeout(ALERT_WITHIN, stream.read(&mut [0; 1])).await;
    match said {
        Ok(Err(error)) => match peer.blame(&error) {
            Why::CentralUnreachable(_) | Why::BrokerUnreachable(_) => None,
            why => Some(why),
        },
        Ok(Ok(_)) | Err(_) => None,
    }
}

async fn within<T>(
    peer: Peer,
    limit: Duration,
    step: impl Future<Output = Result<T, Why>>,
) -> Result<T, Why> {
    tokio::time::timeout(limit, step)
        .await
        .unwrap_or_else(|_| Err(peer.unreachable(Unreachable::TimedOut)))
}

#[cfg(test)]
mod tests;
