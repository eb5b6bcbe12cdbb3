//! Records by MQTT: a batch at a time to the broker, and central's acknowledgement back.
//!
//! ```text
//!  pump ──batch──► [one] ──► live ──QoS 1──► kiosk/v1/{tenant}/{kiosk}/records ──► central
//!   ▲                                                                               │ after its commit
//!   └── told ◄── live ◄──────────────── kiosk/v1/{tenant}/{kiosk}/ack ◄─────────────┘
//! ```
//!
//! What the broker confirms counts for nothing: a batch that central does not acknowledge in time goes again. An
//! acknowledgement of less than was sent says where to go on, as by HTTPS.

use std::time::Duration;

use bytes::Bytes;
use kiosk_wire::Acknowledgement;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::reason::Why;

/// The pump's end.
#[derive(Debug)]
pub(crate) struct Carrier {
    batches: mpsc::Sender<Bytes>,
    told: watch::Receiver<Option<Acknowledgement>>,
}

/// The end of the task that speaks MQTT.
#[derive(Debug)]
pub(crate) struct Carried {
    /// Batches to be published.
    pub(crate) batches: mpsc::Receiver<Bytes>,
    /// Where acknowledgements are put that came.
    pub(crate) told: watch::Sender<Option<Acknowledgement>>,
}

/// Two ends of one way.
pub(crate) fn way() -> (Carrier, Carried) {
    let (sender, batches) = mpsc::channel(1);
    let (tell, told) = watch::channel(None);
    let carrier = Carrier {
        batches: sender,
        told,
    };
    let carried = Carried {
        batches,
        told: tell,
    };
    (carrier, carried)
}

impl Carrier {
    /// Sends a batch; gives the next thing that central says, which may be of an earlier one.
    ///
    /// # Errors
    ///
    /// [`Why::NotAcknowledged`] where nothing comes in time.
    pub(crate) async fn send(
        &mut self,
        batch: Bytes,
        within: Duration,
    ) -> Result<Acknowledgement, Why> {
        let end = Instant::now() + within;
        self.told.mark_unchanged();
        let handed = tokio::time::timeout_at(end, self.batches.send(batch)).await;
        match handed {
            Ok(Ok(())) => self.next(end).await,
            // The task has gone: so will this one be in a moment.
            Ok(Err(_)) => Err(Why::Stopped),
            Err(_) => Err(Why::NotAcknowledged),
        }
    }

    /// What central says until `end`.
    pub(crate) async fn next(&mut self, end: Instant) -> Result<Acknowledgement, Why> {
        match tokio::time::timeout_at(end, self.told.changed()).await {
            Ok(Ok(())) => {
                let told = self.told.borrow_and_update().clone();
                told.ok_or(Why::NotAcknowledged)
            }
            Ok(Err(_)) => Err(Why::Stopped),
            Err(_) => Err(Why::NotAcknowledged),
        }
    }
}
