//! Central's TLS identity and the list of revoked certificates: read at start, and again while central
//! runs, so that a renewed certificate and a longer list are used without a restart.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kiosk_pki::{PkiError, Revoked, SignatureCheck, TlsFiles, server_config};
use rustls::ServerConfig;

use crate::clock::Clock;

/// The server's side of every handshake.
#[derive(Debug)]
pub(crate) struct ServerTls {
    files: TlsFiles,
    list: Option<PathBuf>,
    read: Mutex<Arc<Read>>,
}

/// What the files held when they were last read.
#[derive(Debug)]
struct Read {
    config: Arc<ServerConfig>,
    revoked: Revoked,
    signatures: SignatureCheck,
}

impl ServerTls {
    /// Reads the files.
    pub(crate) fn load(
        files: &TlsFiles,
        list: Option<&Path>,
        clock: &Clock,
    ) -> Result<Self, PkiError> {
        Ok(Self {
            files: files.clone(),
            list: list.map(Path::to_owned),
            read: Mutex::new(Arc::new(Read::files(files, list, clock)?)),
        })
    }

    /// For the next handshake.
    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.lock().config)
    }

    /// Judges what kiosks have signed, by the same authority and list as their connections.
    pub(crate) fn signatures(&self) -> SignatureCheck {
        self.lock().signatures.clone()
    }

    /// Whether this certificate was revoked: a connection may be older than the list.
    pub(crate) fn is_revoked(&self, serial: &[u8]) -> bool {
        self.lock().revoked.contains(serial)
    }

    /// Reads the files again each time `every` has passed, until the task is aborted. While they cannot be used, the
    /// former ones stay.
    pub(crate) async fn reread(self: Arc<Self>, every: Duration, clock: Clock) {
        loop {
            tokio::time::sleep(every).await;
            let read = tokio::task::spawn_blocking({
                let (tls, clock) = (Arc::clone(&self), Arc::clone(&clock));
                move || Read::files(&tls.files, tls.list.as_deref(), &clock)
            });
            match read.await {
                Ok(Ok(read)) => *self.lock() = Arc::new(read),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "central's certificate files cannot be used; the former ones stay");
                }
                // Only at shutdown.
                Err(_) => return,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Read>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read {
    fn files(files: &TlsFiles, list: Option<&Path>, clock: &Clock) -> Result<Self, PkiError> {
        let mut config = server_config(files, list, clock())?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            config: Arc::new(config),
            revoked: list.map(Revoked::read).transpose()?.unwrap_or_default(),
            signatures: SignatureCheck::new(files, list)?,
        })
    }
}
