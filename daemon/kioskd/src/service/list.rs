//! Lists of sessions, newest first.

use kiosk_api::service::{Caller, Filter, Page, ServiceError};
use kiosk_session::{Session, State};

use super::Service;

impl Service {
    /// A page: by status from the index; by person only by opening each session, since the index holds nothing
    /// personal.
    pub(super) fn page(&self, caller: &Caller, filter: &Filter) -> Result<Page, ServiceError> {
        let mut ids = self.journal.index().of_tenant(
            &caller.tenant,
            (filter.status, filter.purpose),
            |begun| {
                filter.from.is_none_or(|from| begun >= from)
                    && filter.before.is_none_or(|before| begun < before)
            },
        );
        if filter.external_user_id.is_some() {
            let mut of_person = Vec::new();
            for id in ids {
                if is_of_person(&self.journal.load(id)?, filter) {
                    of_person.push(id);
                }
            }
            ids = of_person;
        }
        let total = ids.len();
        let page = ids.into_iter().skip(filter.offset).take(filter.limit);
        let sessions = page
            .map(|id| {
                Ok(Session {
                    id,
                    state: self.own(caller, id)?,
                })
            })
            .collect::<Result<_, ServiceError>>()?;
        Ok(Page { sessions, total })
    }
}

fn is_of_person(state: &State, filter: &Filter) -> bool {
    let person = state.case().map(|case| &case.opening.external_user_id);
    person == filter.external_user_id.as_ref()
}
