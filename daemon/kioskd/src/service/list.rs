//! Lists of sessions, newest first.

use kiosk_api::service::{Caller, Filter, Page, PublicStatus, ServiceError};
use kiosk_session::{Session, SessionId, State};

use super::Service;
use super::journal::from_store;

impl Service {
    pub(super) fn page(&self, caller: &Caller, filter: &Filter) -> Result<Page, ServiceError> {
        let ids = self.store.sessions().map_err(|error| from_store(&error))?;
        let mut matching: Vec<Session> = Vec::new();
        for id in ids.into_iter().map(SessionId) {
            match self.own(caller, id) {
                Ok(state) if fits(&state, filter) => matching.push(Session { id, state }),
                Ok(_) | Err(ServiceError::NotFound) => {}
                Err(fault) => return Err(fault),
            }
        }
        matching.sort_by_key(|session| {
            std::cmp::Reverse(session.state.case().map(|case| case.created_at))
        });
        let total = matching.len();
        let sessions = matching
            .into_iter()
            .skip(filter.offset)
            .take(filter.limit)
            .collect();
        Ok(Page { sessions, total })
    }
}

fn fits(state: &State, filter: &Filter) -> bool {
    let in_status = filter
        .status
        .is_none_or(|wanted| PublicStatus::of(state) == wanted);
    let of_person = filter.external_user_id.as_ref().is_none_or(|wanted| {
        state
            .case()
            .is_some_and(|case| case.opening.external_user_id == *wanted)
    });
    in_status && of_person
}
