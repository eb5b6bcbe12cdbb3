//! A running central, and how it is stopped: ordered, bounded, the stragglers named.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::broker::BrokerState;
use crate::routes::Desk;

/// A running central. Dropped, it stops at once, open requests with it.
#[must_use = "central stops when its handle is dropped"]
pub struct Handle {
    pub(crate) addr: SocketAddr,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) serving: JoinHandle<()>,
    pub(crate) beside: Vec<JoinHandle<()>>,
    pub(crate) desk: Arc<Desk>,
}

/// What did not stop in its time; it was ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{connections} connections did not end in time and were cut")]
pub struct Stragglers {
    /// Connections with a request that was not answered yet.
    pub connections: usize,
}

impl Handle {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Whether it is connected to the broker.
    pub fn broker_state(&self) -> BrokerState {
        match &self.desk.broker {
            Some(broker) => broker.state(),
            None => BrokerState::NotConfigured,
        }
    }

    /// Takes no further connections, answers what was asked, and ends, all within `limit`.
    ///
    /// # Errors
    ///
    /// [`Stragglers`] where something had to be cut. What it had not been acknowledged is sent again
    /// by its kiosk.
    pub async fn shutdown(mut self, limit: Duration) -> Result<(), Stragglers> {
        // Fails only where nobody listens any more.
        let _ = self.stop.send(true);
        let ended = tokio::time::timeout(limit, &mut self.serving).await;
        let connections = match ended {
            Ok(_) => 0,
            Err(_) => self.desk.open_connections(),
        };
        self.serving.abort();
        for task in &self.beside {
            task.abort();
        }
        let close = self.desk.ledger.close();
        // Statements that are under way are rolled back by the database.
        let _ = tokio::time::timeout(limit, close).await;
        match connections {
            0 => Ok(()),
            connections => Err(Stragglers { connections }),
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.serving.abort();
        for task in &self.beside {
            task.abort();
        }
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle")
            .field("addr", &self.addr)
            .finish_non_exhaustive()
    }
}
