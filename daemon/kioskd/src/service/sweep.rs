//! What time and central's word do to sessions: overdue ones expire, delivered ones are marked so.

use std::sync::Arc;

use kiosk_api::service::ServiceError;
use kiosk_session::{Event, SessionId};

use super::Service;

/// Ends every session whose time has run out. Gives how many there were.
pub async fn expire_overdue(service: &Arc<Service>) -> usize {
    let overdue = service.journal.index().overdue(service.clock.now());
    add_to_each(service, overdue, &Event::Expired).await
}

/// Marks every decided session whose records central holds. Gives how many there were.
pub async fn mark_synced(service: &Arc<Service>, through: u64) -> usize {
    let delivered = service.journal.index().decided_up_to(through);
    add_to_each(service, delivered, &Event::Synced { through }).await
}

/// A session that has gone on meanwhile refuses the event, and that is well.
async fn add_to_each(service: &Arc<Service>, ids: Vec<SessionId>, event: &Event) -> usize {
    let mut added = 0;
    for id in ids {
        match service.journal.add(id, |_| Ok(event.clone())).await {
            Ok(_) => added += 1,
            Err(ServiceError::Refused(_)) => {}
            // The store says in the log what is wrong; the next sweep tries again, and the others are not kept
            // waiting.
            Err(fault) => tracing::warn!(session = %id, %fault, "an event could not be added"),
        }
    }
    added
}
