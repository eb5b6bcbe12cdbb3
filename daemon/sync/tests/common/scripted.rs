//! A central whose answers the test chooses: for those that a sound central does not give.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use kiosk_store::Store;
use kiosk_wire::{Acknowledgement, Batch};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::{World, kiosk, today};

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: Method,
    pub path: String,
    pub body: Bytes,
}

impl Asked {
    pub fn batch(&self) -> Option<Batch> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The numbers of the first and last record of a batch.
    pub fn span(&self) -> Option<(u64, u64)> {
        let batch = self.batch()?;
        Some((batch.records.first()?.number, batch.records.last()?.number))
    }
}

type Script = dyn Fn(&Asked) -> (u16, Vec<u8>) + Send + Sync;

/// A TLS server with central's certificate that answers by a script.
pub struct Scripted {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An acknowledgement of everything up to `durable`. Its head is put in on the way, see [`with_head`].
pub fn holds(durable: u64) -> Vec<u8> {
    serde_json::to_vec(&Acknowledgement::of_records(kiosk(), durable, UNSAID)).unwrap()
}

/// Stands for the hash that the kiosk's own log has at that number.
const UNSAID: [u8; 32] = [0xee; 32];

/// Puts the kiosk's own hash into an acknowledgement that left it open: the scripts tell numbers only.
async fn with_head(store: &Store, answer: Vec<u8>) -> Vec<u8> {
    match serde_json::from_slice::<Acknowledgement>(&answer) {
        Ok(mut told) if told.head == UNSAID => {
            let own = store.record_hash(told.durable).await.unwrap();
            told.head = own.unwrap_or(kiosk_wire::FIRST_PREVIOUS);
            serde_json::to_vec(&told).unwrap()
        }
        _ => answer,
    }
}

impl Scripted {
    pub async fn start(
        world: &World,
        script: impl Fn(&Asked) -> (u16, Vec<u8>) + Send + Sync + 'static,
    ) -> Self {
        let tls = Arc::new(kiosk_pki::server_config(&world.pki.central, None, today()).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (into, script): (_, Arc<Script>) = (Arc::clone(&asked), Arc::new(script));
        let store = world.store.clone();
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let acceptor = TlsAcceptor::from(Arc::clone(&tls));
                tokio::spawn(serve(
                    acceptor,
                    stream,
                    Arc::clone(&into),
                    Arc::clone(&script),
                    store.clone(),
                ));
            }
        });
        Self {
            address,
            asked,
            task,
        }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The spans of all batches that came.
    pub fn spans(&self) -> Vec<(u64, u64)> {
        self.asked().iter().filter_map(Asked::span).collect()
    }
}

async fn serve(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    into: Arc<Mutex<Vec<Asked>>>,
    script: Arc<Script>,
    store: Store,
) {
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let service = service_fn(|request: Request<Incoming>| {
        let (into, script, store) = (Arc::clone(&into), Arc::clone(&script), store.clone());
        async move {
            let (head, body) = request.into_parts();
            let body = body
                .collect()
                .await
                .map(|body| body.to_bytes())
                .unwrap_or_default();
            let asked = Asked {
                method: head.method,
                path: head.uri.to_string(),
                body,
            };
            let (status, answer) = script(&asked);
            into.lock().unwrap().push(asked);
            let answer = with_head(&store, answer).await;
            let answer = Response::builder()
                .status(status)
                .body(Full::new(Bytes::from(answer)));
            Ok::<_, Infallible>(answer.unwrap())
        }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
