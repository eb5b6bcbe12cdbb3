//! What sync is doing, for whoever shows or serves it; a change is logged once, here.

use time::OffsetDateTime;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::reason::Why;

/// The state of one transport.
///
/// ```text
///           connected                  failed
///  Waiting ───────────► Online ──────────────► Waiting { why, since }
///     ▲                                            │ another reason: `why` and `since` change
///     └────────────────────────────────────────────┘ the same reason: nothing changes
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// It works: the last exchange went well.
    Online {
        /// Since when.
        since: OffsetDateTime,
    },
    /// It does not, and is tried again after a while.
    Waiting {
        /// For this reason.
        why: Why,
        /// Since this reason was first met without another in between.
        since: OffsetDateTime,
    },
}

impl LinkState {
    /// Whether the last exchange went well.
    pub fn is_online(&self) -> bool {
        matches!(self, Self::Online { .. })
    }

    /// Why it waits, if it does.
    pub fn why(&self) -> Option<&Why> {
        match self {
            Self::Online { .. } => None,
            Self::Waiting { why, .. } => Some(why),
        }
    }
}

/// The state of the whole of sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncState {
    /// Records and evidence. While MQTT carries the records because HTTPS can't, it says why HTTPS can't: evidence waits.
    pub records: LinkState,
    /// Records that were acknowledged after they had gone by MQTT.
    pub records_by_mqtt: u64,
    /// Live events and status, by MQTT; `None` where no broker is configured.
    pub live: Option<LinkState>,
    /// The highest number that central has acknowledged in this run; `None` before the first
    /// acknowledgement.
    pub acknowledged: Option<u64>,
    /// Live events that were dropped because newer ones came while the broker was away.
    pub live_dropped: u64,
    /// Pieces of evidence that are damaged here, or that central refuses; the others go on, and these
    /// are tried again at the next start.
    pub evidence_set_aside: u64,
}

/// Which transport a change belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Records,
    Live,
}

/// Writes the state. Each transport has its own clone.
#[derive(Clone)]
pub(crate) struct Board {
    state: watch::Sender<SyncState>,
    clock: Clock,
}

impl Board {
    pub(crate) fn new(clock: Clock, with_broker: bool) -> (Self, watch::Receiver<SyncState>) {
        let waiting = LinkState::Waiting {
            why: Why::NotConnectedYet,
            since: clock(),
        };
        let (state, receiver) = watch::channel(SyncState {
            records: waiting.clone(),
            live: with_broker.then_some(waiting),
            records_by_mqtt: 0,
            acknowledged: None,
            live_dropped: 0,
            evidence_set_aside: 0,
        });
        (Self { state, clock }, receiver)
    }

    /// The transport works.
    pub(crate) fn online(&self, transport: Transport) {
        let since = (self.clock)();
        self.change(transport, |link| {
            if link.is_online() {
                return false;
            }
            tracing::info!(?transport, "sync is online");
            *link = LinkState::Online { since };
            true
        });
    }

    /// The transport waits. The same reason as before changes nothing and is not logged again.
    pub(crate) fn waiting(&self, transport: Transport, why: Why) {
        let since = (self.clock)();
        self.change(transport, |link| {
            if link.why() == Some(&why) {
                return false;
            }
            match why {
                Why::Stopped => tracing::info!(?transport, "sync has stopped"),
                _ => tracing::warn!(?transport, %why, "sync waits"),
            }
            *link = LinkState::Waiting { why, since };
            true
        });
    }

    pub(crate) fn acknowledged(&self, number: u64) {
        self.state.send_if_modified(|state| {
            let newer = state.acknowledged.is_none_or(|before| number > before);
            if newer {
                state.acknowledged = Some(number);
            }
            newer
        });
    }

    /// Why the broker can't be used now; `None` where it can.
    pub(crate) fn broker_waits(&self) -> Option<Why> {
        match &self.state.borrow().live {
            Some(live) => live.why().cloned(),
            None => Some(Why::NotConnectedYet),
        }
    }

    pub(crate) fn went_by_mqtt(&self, count: u64) {
        self.state
            .send_modify(|state| state.records_by_mqtt += count);
    }

    pub(crate) fn live_dropped(&self, count: u64) {
        self.state
            .send_if_modified(|state| std::mem::replace(&mut state.live_dropped, count) != count);
    }

    pub(crate) fn evidence_set_aside(&self, count: u64) {
        self.state.send_if_modified(|state| {
            std::mem::replace(&mut state.evidence_set_aside, count) != count
        });
    }

    fn change(&self, transport: Transport, change: impl FnOnce(&mut LinkState) -> bool) {
        self.state.send_if_modified(|state| match transport {
            Transport::Records => change(&mut state.records),
            Transport::Live => state.live.as_mut().is_some_and(change),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use time::macros::datetime;

    use super::*;

    fn still() -> Clock {
        Arc::new(|| datetime!(2030-01-01 00:00 UTC))
    }

    #[test]
    fn the_same_reason_again_is_no_change() {
        let (board, mut state) = Board::new(still(), true);
        board.waiting(
            Transport::Live,
            Why::BrokerRefused("NotAuthorized".to_owned()),
        );
        state.mark_unchanged();

        board.waiting(
            Transport::Live,
            Why::BrokerRefused("NotAuthorized".to_owned()),
        );
        assert!(!state.has_changed().unwrap());

        board.waiting(Transport::Live, Why::NotConnectedYet);
        assert!(state.has_changed().unwrap());
    }

    #[test]
    fn an_acknowledgement_is_never_taken_back() {
        let (board, state) = Board::new(still(), false);

        board.acknowledged(7);
        board.acknowledged(3);

        assert_eq!(state.borrow().acknowledged, Some(7));
        assert_eq!(state.borrow().live, None);
    }
}
