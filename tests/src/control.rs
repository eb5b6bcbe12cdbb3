//! Calls over the kiosk's control socket: HTTP over a Unix socket, one connection a call.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;

/// No step takes longer: one that answers the shipped policy's challenge watches for some 52 s at most, others for 30.
const CALL_WITHIN: Duration = Duration::from_secs(120);

/// The control socket of a kiosk.
#[derive(Debug, Clone)]
pub struct ControlSocket(PathBuf);

impl ControlSocket {
    /// The socket at a path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Posts a body and gives the answer's; an answer that is not a success is an error with its text.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let (status, answer) = self.call(Method::POST, path, body.to_string()).await?;
        if status != 200 {
            bail!(
                "{path}: {status}: {}",
                answer["detail"].as_str().unwrap_or("no detail")
            );
        }
        Ok(answer)
    }

    /// Gets an answer.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let (status, answer) = self.call(Method::GET, path, String::new()).await?;
        if status != 200 {
            bail!(
                "{path}: {status}: {}",
                answer["detail"].as_str().unwrap_or("no detail")
            );
        }
        Ok(answer)
    }

    /// Calls and gives status and answer, whatever they are.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: String,
    ) -> anyhow::Result<(u16, Value)> {
        tokio::time::timeout(CALL_WITHIN, self.exchange(method, path, body))
            .await
            .with_context(|| format!("{path}: no answer in {CALL_WITHIN:?}"))?
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: String,
    ) -> anyhow::Result<(u16, Value)> {
        let stream = tokio::net::UnixStream::connect(&self.0)
            .await
            .with_context(|| format!("no kiosk answers at {}", self.0.display()))?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "kiosk")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))?;
        let answer = sender.send_request(request).await?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await?.to_bytes();
        drop(sender);
        driver.abort();
        let value = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&body)?
        };
        Ok((status, value))
    }
}
