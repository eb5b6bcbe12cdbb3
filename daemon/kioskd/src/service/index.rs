//! What is known of every session without opening it: enough to find those that are due and to list.
//!
//! A view of the log, read at start from what the store was told in brief (see `brief`) and kept up with each write;
//! nothing in it is personal.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kiosk_api::service::{PublicStatus, Purpose};
use kiosk_session::{SessionId, State};
use time::OffsetDateTime;

use super::brief;

/// One session in brief.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Brief {
    pub(super) tenant: String,
    pub(super) created_at: OffsetDateTime,
    pub(super) expires_at: OffsetDateTime,
    pub(super) state: &'static str,
    pub(super) public: PublicStatus,
    pub(super) open: bool,
    pub(super) purpose: Purpose,
    /// The session that this log is the shell of; its own events are no more.
    pub(super) shell_of: Option<SessionId>,
    /// The number of its last record.
    pub(super) newest: u64,
}

impl Brief {
    pub(super) fn of(state: &State, newest: u64) -> Option<Self> {
        let case = state.case()?;
        Some(Self {
            tenant: case.opening.tenant.clone(),
            created_at: case.created_at,
            expires_at: case.opening.expires_at,
            state: state.name(),
            public: PublicStatus::of(state),
            open: !state.is_closed(),
            purpose: Purpose::of(state),
            shell_of: match state {
                State::Anonymised { shell, .. } => Some(shell.of),
                _ => None,
            },
            newest,
        })
    }
}

/// Every session in brief, a shell under the name of its session.
#[derive(Debug, Default)]
pub struct Index(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    briefs: HashMap<SessionId, Brief>,
    /// Logs of shells, by the sessions that they are of.
    shells: HashMap<SessionId, SessionId>,
    /// Sessions that have a shell and whose own log is still there.
    unfinished: Vec<SessionId>,
}

impl Held {
    fn note(&mut self, log: SessionId, brief: Brief) {
        match brief.shell_of {
            Some(session) => {
                let before = self.briefs.insert(session, brief);
                if before.is_some_and(|before| before.shell_of.is_none()) {
                    self.unfinished.push(session);
                }
                self.shells.insert(session, log);
            }
            None if self.shells.contains_key(&log) => self.unfinished.push(log),
            None => drop(self.briefs.insert(log, brief)),
        }
    }
}

impl Index {
    /// Notes where a session stands; `newest` is the number of its last record.
    pub(super) fn note(&self, id: SessionId, state: &State, newest: u64) {
        if let Some(brief) = Brief::of(state, newest) {
            self.held().note(id, brief);
        }
    }

    /// Notes what the store was told in brief at its last event; false where that is not understood.
    pub(super) fn note_brief(&self, id: SessionId, newest: u64, brief: &[u8]) -> bool {
        let brief = brief::read(brief, newest);
        let understood = brief.is_some();
        if let Some(brief) = brief {
            self.held().note(id, brief);
        }
        understood
    }

    /// The log that a session's events lie in: its own, or its shell's.
    pub(super) fn log_of(&self, id: SessionId) -> SessionId {
        self.held().shells.get(&id).copied().unwrap_or(id)
    }

    /// Sessions that have a shell and whose own log has still to be erased.
    pub(super) fn unfinished(&self) -> Vec<SessionId> {
        self.held().unfinished.clone()
    }

    /// Takes note that a session's own log is erased.
    pub(super) fn finished(&self, id: SessionId) {
        self.held().unfinished.retain(|other| *other != id);
    }

    /// Forgets a session that the store let go.
    pub(super) fn drop_session(&self, id: SessionId) {
        let mut held = self.held();
        // By its own name, or, in a wipe, by its shell's log.
        let named = held.shells.iter().find(|(_, log)| **log == id);
        let id = named.map_or(id, |(session, _)| *session);
        held.briefs.remove(&id);
        held.shells.remove(&id);
    }

    /// Closed sessions begun before `begun`, all of whose records are numbered up to `through` (`delivered`), or not
    /// all of them.
    pub fn past(&self, begun: OffsetDateTime, through: u64, delivered: bool) -> Vec<SessionId> {
        self.chosen(|brief| {
            !brief.open && brief.created_at < begun && (brief.newest <= through) == delivered
        })
    }

    /// Closed sessions all of whose records are numbered up to `through`, those first that began first.
    pub fn delivered(&self, through: u64) -> Vec<SessionId> {
        let held = self.held();
        let mut found: Vec<_> = held
            .briefs
            .iter()
            .filter(|(_, brief)| !brief.open && brief.newest <= through)
            .map(|(id, brief)| (brief.created_at, *id))
            .collect();
        found.sort();
        found.into_iter().map(|(_, id)| id).collect()
    }

    /// Open sessions whose time is over.
    pub fn overdue(&self, now: OffsetDateTime) -> Vec<SessionId> {
        self.chosen(|brief| brief.open && now >= brief.expires_at)
    }

    /// Decided sessions all of whose records are numbered up to `through`.
    pub fn decided_up_to(&self, through: u64) -> Vec<SessionId> {
        self.chosen(|brief| brief.state == "decided" && brief.newest <= through)
    }

    /// A tenant's sessions, newest first, those that began when it is asked for, all or only those of one public status or
    /// purpose.
    pub fn of_tenant(
        &self,
        tenant: &str,
        (status, purpose): (Option<PublicStatus>, Option<Purpose>),
        began: impl Fn(OffsetDateTime) -> bool,
    ) -> Vec<SessionId> {
        let held = self.held();
        let mut found: Vec<(OffsetDateTime, SessionId)> = held
            .briefs
            .iter()
            .filter(|(_, brief)| brief.tenant == tenant)
            .filter(|(_, brief)| status.is_none_or(|wanted| brief.public == wanted))
            .filter(|(_, brief)| purpose.is_none_or(|wanted| brief.purpose == wanted))
            .filter(|(_, brief)| began(brief.created_at))
            .map(|(id, brief)| (brief.created_at, *id))
            .collect();
        found.sort_by(|one, other| other.cmp(one));
        found.into_iter().map(|(_, id)| id).collect()
    }

    /// How many sessions stand in each state, by its name; 0 where none does.
    pub fn count_states(&self) -> BTreeMap<&'static str, usize> {
        let mut counts: BTreeMap<_, _> = State::NAMES.into_iter().map(|name| (name, 0)).collect();
        for brief in self.held().briefs.values() {
            *counts.entry(brief.state).or_default() += 1;
        }
        counts
    }

    /// Whether a session is known, and that tenant's.
    pub(super) fn is_of(&self, id: SessionId, tenant: &str) -> bool {
        let held = self.held();
        held.briefs
            .get(&id)
            .is_some_and(|brief| brief.tenant == tenant)
    }

    /// A session's tenant.
    pub(super) fn tenant(&self, id: SessionId) -> Option<String> {
        let held = self.held();
        held.briefs.get(&id).map(|brief| brief.tenant.clone())
    }

    /// The tenants of all sessions, each as often as it has some.
    pub(super) fn tenants(&self) -> Vec<String> {
        let held = self.held();
        held.briefs
            .values()
            .map(|brief| brief.tenant.clone())
            .collect()
    }

    fn chosen(&self, holds: impl Fn(&Brief) -> bool) -> Vec<SessionId> {
        self.held()
            .briefs
            .iter()
            .filter(|(_, brief)| holds(brief))
            .map(|(id, _)| *id)
            .collect()
    }

    /// A panic while it was held leaves whole entries: each is put in at once.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
