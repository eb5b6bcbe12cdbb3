//! All that this kiosk holds of anybody, gone at central's command: sessions with their evidence, known faces, what tenants
//! keep, clips.
//!
//! ```text
//! each session's key and evidence ─► faces listed and enrolled ─► tenants' shelves ─► hashes of clips, on disk and in memory ─► told
//! ```
//!
//! The audit outlives it: who was wiped is gone, that it was stands in each tenant's stream. Streams name credentials and the
//! addresses that they called from, and nobody who was verified.
//!
//! Each step is durable and may be done twice: one that a crash interrupted is begun again from the first.

use kiosk_api::audit::Actor;
use kiosk_api::service::ServiceError;
use kiosk_inference::liveness::injection::SeenClips;
use kiosk_session::SessionId;
use kiosk_store::ErasedFor;

use super::journal::from_store;
use super::{Service, from_analyst, seen};
use crate::command::CENTRAL;

/// Wipes the kiosk. Gives how many sessions there were.
///
/// # Errors
///
/// What the disk said: then some of it may still be there.
pub async fn wipe(service: &Service) -> Result<usize, ServiceError> {
    let sessions = service.store.sessions();
    let sessions = sessions.map_err(|error| from_store(&error))?;
    for tenant in service.journal.tenants() {
        let who = Actor {
            tenant,
            name: CENTRAL.to_owned(),
            address: None,
        };
        service.record_anyway(&who, "kiosk.wiped", None).await?;
    }
    for session in &sessions {
        let id = SessionId(*session);
        service.journal.erase(id, ErasedFor::Wiped).await?;
    }
    let faces = service.known.forget_all().await;
    faces.map_err(|error| from_store(&error))?;
    let forgotten = service
        .analyst
        .run(|models| *models.seen.lock() = SeenClips::default());
    forgotten.await.map_err(from_analyst)?;
    let kept = service.registry.forget_all().await;
    kept.map_err(|error| from_store(&error))?;
    let told = service.webhooks.forget_all().await;
    told.map_err(|error| from_store(&error))?;
    let clips = seen::forget(&service.store).await;
    clips.map_err(|error| from_store(&error))?;
    tracing::warn!(
        sessions = sessions.len(),
        "this kiosk was wiped, as central commanded: it holds nothing of anybody any more"
    );
    Ok(sessions.len())
}
