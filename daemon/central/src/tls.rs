//! Central's TLS identity: read at start, and again while central runs, so that a renewed
//! certificate is used without a restart.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kiosk_pki::{PkiError, TlsFiles, server_config};
use rustls::ServerConfig;

use crate::clock::Clock;

/// How soon a renewed certificate is used.
const REREAD_EVERY: Duration = Duration::from_secs(60);

/// The server's side of every handshake.
#[derive(Debug)]
pub(crate) struct ServerTls {
    files: TlsFiles,
    config: Mutex<Arc<ServerConfig>>,
}

impl ServerTls {
    /// Reads the files.
    pub(crate) fn load(files: &TlsFiles, clock: &Clock) -> Result<Self, PkiError> {
        let config = Mutex::new(Self::read(files, clock)?);
        Ok(Self {
            files: files.clone(),
            config,
        })
    }

    /// For the next handshake.
    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the files again and again, until the task is aborted. While they cannot be used, the
    /// former ones stay.
    pub(crate) async fn reread(self: Arc<Self>, clock: Clock) {
        loop {
            tokio::time::sleep(REREAD_EVERY).await;
            let read = tokio::task::spawn_blocking({
                let (files, clock) = (self.files.clone(), Arc::clone(&clock));
                move || Self::read(&files, &clock)
            });
            match read.await {
                Ok(Ok(config)) => {
                    *self.config.lock().unwrap_or_else(PoisonError::into_inner) = config;
                }
                Ok(Err(error)) => {
                    tracing::warn!(%error, "central's certificate files cannot be used; the former ones stay");
                }
                // Only at shutdown.
                Err(_) => return,
            }
        }
    }

    fn read(files: &TlsFiles, clock: &Clock) -> Result<Arc<ServerConfig>, PkiError> {
        let mut config = server_config(files, clock())?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}
