//! What time and central's word do to sessions: overdue ones expire, delivered ones are marked so.

use std::collections::BTreeMap;
use std::sync::Arc;

use kiosk_api::service::ServiceError;
use kiosk_session::{Event, SessionId, State};

use super::Service;
use super::journal::from_store;

/// Ends every session whose time has run out. Gives how many there were.
pub async fn expire_overdue(service: &Arc<Service>) -> Result<usize, ServiceError> {
    let now = service.clock.now();
    let mut expired = 0;
    for id in service.ids()? {
        let state = service.journal.load(id)?;
        let overdue = !state.is_closed()
            && state
                .case()
                .is_some_and(|case| now >= case.opening.expires_at);
        if overdue {
            service.journal.add(id, |_| Ok(Event::Expired)).await?;
            expired += 1;
        }
    }
    Ok(expired)
}

/// Marks every decided session whose records central holds. Gives how many there were.
pub async fn mark_synced(service: &Arc<Service>, through: u64) -> Result<usize, ServiceError> {
    let mut marked = 0;
    for id in service.ids()? {
        if !matches!(service.journal.load(id)?, State::Decided { .. }) {
            continue;
        }
        let newest = service
            .journal
            .entries(id)?
            .last()
            .map_or(0, |(number, _)| *number);
        if newest <= through {
            service
                .journal
                .add(id, |_| Ok(Event::Synced { through }))
                .await?;
            marked += 1;
        }
    }
    Ok(marked)
}

/// How many sessions stand in each state, by its name.
pub fn count_states(service: &Service) -> Result<BTreeMap<&'static str, usize>, ServiceError> {
    let mut counts = BTreeMap::new();
    for id in service.ids()? {
        *counts.entry(service.journal.load(id)?.name()).or_default() += 1;
    }
    Ok(counts)
}

impl Service {
    fn ids(&self) -> Result<Vec<SessionId>, ServiceError> {
        let ids = self.store.sessions().map_err(|error| from_store(&error))?;
        Ok(ids.into_iter().map(SessionId).collect())
    }
}
