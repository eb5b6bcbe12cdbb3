//! A client of central: one connection for each request, with a certificate or without.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::{Method, Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use kiosk_pki::{Signer, TlsFiles, client_config, own_validity};
use kiosk_wire::{Batch, BatchSignature};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Sender = http1::SendRequest<Full<Bytes>>;

/// Who asks, and where.
#[derive(Clone)]
pub struct Client {
    addr: SocketAddr,
    tls: Arc<ClientConfig>,
    /// Who has no certificate signs nothing.
    signer: Option<Arc<Signer>>,
}

impl Client {
    pub fn new(addr: SocketAddr, files: &TlsFiles) -> Self {
        // Within the window of these files, and of all others that these tests issue.
        let then = own_validity(files).unwrap().not_before();
        Self {
            signer: Some(Arc::new(Signer::load(files, then).unwrap())),
            ..Self::with(addr, client_config(files, then).unwrap())
        }
    }

    pub fn with(addr: SocketAddr, tls: ClientConfig) -> Self {
        Self {
            addr,
            tls: Arc::new(tls),
            signer: None,
        }
    }

    /// A batch under this client's own signature.
    pub fn signed(&self, batch: Batch) -> Batch {
        let signer = self.signer.as_ref().unwrap();
        signed(signer, batch)
    }

    /// The status, and the JSON of the answer (null where there is none). An error where there was
    /// no answer: TLS refused, or the connection broke.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: impl Into<Bytes>,
    ) -> Result<(StatusCode, Value), Failure> {
        let mut connection = self.connect().await?;
        ask_on(&mut connection, method, path, body.into()).await
    }

    /// The same for an answer that is no JSON.
    pub async fn raw(
        &self,
        method: Method,
        path: &str,
        body: impl Into<Bytes>,
    ) -> Result<(StatusCode, Bytes), Failure> {
        raw_on(&mut self.connect().await?, method, path, body.into()).await
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.ask(Method::GET, path, "").await.unwrap()
    }

    /// A batch that nobody has signed yet is signed by who sends it.
    pub async fn post(&self, path: &str, body: &impl serde::Serialize) -> (StatusCode, Value) {
        let mut body = serde_json::to_vec(body).unwrap();
        if let (Some(signer), Ok(batch)) = (&self.signer, serde_json::from_slice::<Batch>(&body))
            && batch.signature.is_none()
        {
            body = serde_json::to_vec(&signed(signer, batch)).unwrap();
        }
        self.ask(Method::POST, path, body).await.unwrap()
    }

    pub async fn connect(&self) -> Result<Sender, Failure> {
        let tls = self.tls(None).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(tls)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }

    /// A connection without HTTP on it yet, for the protocol `alpn`.
    pub async fn tls(&self, alpn: Option<&str>) -> Result<TlsStream<TcpStream>, Failure> {
        let mut config = ClientConfig::clone(&self.tls);
        config.alpn_protocols = alpn
            .map(|name| name.as_bytes().to_vec())
            .into_iter()
            .collect();
        let tcp = TcpStream::connect(self.addr).await?;
        let name = ServerName::try_from("localhost")?;
        Ok(TlsConnector::from(Arc::new(config))
            .connect(name, tcp)
            .await?)
    }
}

/// A batch as its kiosk signs it.
pub fn signed(signer: &Signer, mut batch: Batch) -> Batch {
    batch.signature = Some(BatchSignature {
        certificate: signer.chain_pem().to_owned(),
        signature: signer.sign(&batch.signed_bytes()).unwrap(),
    });
    batch
}

pub async fn ask_on(
    connection: &mut Sender,
    method: Method,
    path: &str,
    body: Bytes,
) -> Result<(StatusCode, Value), Failure> {
    let (status, bytes) = raw_on(connection, method, path, body).await?;
    let json = match bytes.is_empty() {
        true => Value::Null,
        false => serde_json::from_slice(&bytes)?,
    };
    Ok((status, json))
}

async fn raw_on(
    connection: &mut Sender,
    method: Method,
    path: &str,
    body: Bytes,
) -> Result<(StatusCode, Bytes), Failure> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .body(Full::new(body))?;
    connection.ready().await?;
    let (head, body) = connection.send_request(request).await?.into_parts();
    Ok((head.status, body.collect().await?.to_bytes()))
}
