//! The files of erased sessions: removed after the commit that erased them, by whichever central comes to it.

use std::sync::Arc;
use std::time::Duration;

use kiosk_wire::{EvidenceId, KioskId};

use super::Desk;

/// What another central noted, or what could not be removed, is looked for this often.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Removes what has to go, until the task is aborted.
pub(crate) async fn remove_erased(desk: Arc<Desk>) {
    loop {
        while round(&desk).await {}
        tokio::select! {
            () = desk.erased.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Whether there may be more to do at once.
async fn round(desk: &Desk) -> bool {
    let pieces = match desk.ledger.to_remove().await {
        Ok(pieces) => pieces,
        Err(error) => {
            tracing::warn!(%error, "erased evidence was not looked for");
            return false;
        }
    };
    for (kiosk, id) in &pieces {
        if let Err(why) = remove(desk, kiosk, id).await {
            // Its row stays: it is tried again.
            tracing::warn!(%why, "evidence of an erased session could not be removed yet");
            return false;
        }
    }
    !pieces.is_empty()
}

async fn remove(desk: &Desk, kiosk: &KioskId, id: &EvidenceId) -> Result<(), String> {
    let parts = desk.ledger.parts(kiosk, id).await;
    let parts = parts.map_err(|error| error.to_string())?;
    let gone = async {
        desk.evidence.remove_parts(kiosk, id, &parts.starts).await?;
        desk.evidence.remove(kiosk, id).await
    };
    gone.await.map_err(|error| error.to_string())?;
    let noted = async {
        desk.ledger.forget_parts(kiosk, id).await?;
        desk.ledger.removed(kiosk, id).await
    };
    noted.await.map_err(|error| error.to_string())?;
    tracing::info!("a piece of evidence of an erased session was removed");
    Ok(())
}
