//! HTTPS through a storm: requests lost, doubled, held back and played later; answers lost, replaced by errors.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::{Faces, Weather, lock};
use crate::now;

/// A request as it may be sent again.
#[derive(Clone)]
struct Asked {
    method: Method,
    path: String,
    body: Bytes,
}

/// The connection is to end without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the storm cut the connection")]
pub(super) struct Cut;

/// Both ends of the way.
pub(super) struct Way {
    acceptor: TlsAcceptor,
    connector: TlsConnector,
    weather: Arc<Weather>,
    /// Requests of before, to be played again.
    old: Mutex<Vec<Asked>>,
}

impl Way {
    pub(super) fn new(faces: &Faces, weather: Arc<Weather>) -> anyhow::Result<Self> {
        let server = kiosk_pki::server_config(&faces.server, None, now())?;
        let client = kiosk_pki::client_config(&faces.client, now())?;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(server)),
            connector: TlsConnector::from(Arc::new(client)),
            weather,
            old: Mutex::default(),
        })
    }

    pub(super) async fn serve(self: Arc<Self>, stream: TcpStream) {
        let Ok(stream) = self.acceptor.accept(stream).await else {
            return;
        };
        let service = service_fn(|request: Request<Incoming>| {
            let way = Arc::clone(&self);
            async move { way.answer(request).await }
        });
        // A cut is an error here, and meant.
        let _ = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let asked = Asked {
            method: head.method,
            path: path.to_owned(),
            body,
        };
        let weather = &self.weather;
        weather.latency().await;
        if weather.strikes("request lost", 0.05) {
            return Err(Cut);
        }
        if weather.strikes("error without asking", 0.05) {
            return Ok(error());
        }
        if weather.strikes("old request again", 0.15) {
            self.play_an_old_one().await;
        }
        if weather.strikes("request doubled", 0.15) {
            // Both at once: which comes first is open.
            let (one, other) = tokio::join!(self.pass(&asked), self.pass(&asked));
            return one.or(other);
        }
        let answer = self.pass(&asked).await?;
        self.remember(asked);
        if weather.strikes("answer lost", 0.06) {
            return Err(Cut);
        }
        if weather.strikes("answer replaced by an error", 0.05) {
            return Ok(error());
        }
        if weather.strikes("answer late", 0.03) {
            tokio::time::sleep(Duration::from_millis(1500)).await;
        }
        Ok(answer)
    }

    /// Sends a request on to one of the servers.
    async fn pass(&self, asked: &Asked) -> Result<Response<Full<Bytes>>, Cut> {
        let name = ServerName::try_from("localhost").map_err(|_| Cut)?;
        let stream = TcpStream::connect(self.weather.target())
            .await
            .map_err(|_| Cut)?;
        let stream = self
            .connector
            .connect(name, stream)
            .await
            .map_err(|_| Cut)?;
        let io = TokioIo::new(stream);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io)
            .await
            .map_err(|_| Cut)?;
        let driver = tokio::spawn(connection);
        let request = Request::builder()
            .method(&asked.method)
            .uri(&asked.path)
            .header("host", "localhost")
            .body(Full::new(asked.body.clone()))
            .map_err(|_| Cut)?;
        let (head, body) = sender
            .send_request(request)
            .await
            .map_err(|_| Cut)?
            .into_parts();
        let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
        driver.abort();
        let mut answer = Response::new(Full::new(body));
        *answer.status_mut() = head.status;
        if let Some(offset) = head.headers.get("upload-offset") {
            answer.headers_mut().insert("upload-offset", offset.clone());
        }
        Ok(answer)
    }

    fn remember(&self, asked: Asked) {
        if asked.method == Method::GET || asked.method == Method::HEAD {
            return;
        }
        let mut old = lock(&self.old);
        if old.len() >= 64 {
            let forgotten = self.weather.below(64) as usize;
            old.swap_remove(forgotten);
        }
        old.push(asked);
    }

    async fn play_an_old_one(&self) {
        let picked = {
            let old = lock(&self.old);
            match old.len() as u64 {
                0 => return,
                count => old[self.weather.below(count) as usize].clone(),
            }
        };
        // Nobody waits for its answer.
        let _ = self.pass(&picked).await;
    }
}

fn error() -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from_static(b"<html>Bad Gateway</html>")));
    *answer.status_mut() = StatusCode::BAD_GATEWAY;
    answer
}
