//! Another kiosk of a branch: its own process, store, certificate and control socket, the same broker and central.

use std::time::Duration;

use crate::control::ControlSocket;
use crate::rig::Kioskd;

/// The kiosk beside the branch's own.
pub struct Neighbour {
    pub(crate) id: String,
    pub(crate) kiosk: Kioskd,
    pub(crate) control: ControlSocket,
    pub(crate) metrics: String,
}

impl Neighbour {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its control socket.
    pub fn control(&self) -> ControlSocket {
        self.control.clone()
    }

    /// Its process.
    pub const fn process(&mut self) -> &mut Kioskd {
        &mut self.kiosk
    }

    /// Stops it in order.
    pub fn stop(&mut self, within: Duration) -> anyhow::Result<()> {
        let status = self.kiosk.stop(within)?;
        anyhow::ensure!(status.success(), "{} ended with {status}", self.id);
        Ok(())
    }

    /// Records that central has not acknowledged, by its own metrics.
    pub async fn waiting(&self) -> anyhow::Result<u64> {
        let text = crate::plain_client()?
            .get(&self.metrics)
            .send()
            .await?
            .text()
            .await?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("kioskd_outbox_records "));
        let count = line.ok_or_else(|| anyhow::anyhow!("no outbox in the metrics"))?;
        Ok(count.trim().parse()?)
    }
}
