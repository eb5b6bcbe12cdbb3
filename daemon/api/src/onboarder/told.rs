//! The four events that the document shows, with its body.

use kiosk_session::{Entry, Event, SessionId, State};
use serde_json::{Value, json};

use super::words;
use crate::service::PublicStatus;

/// The event's name and body; `None` where the document has none for it.
pub(crate) fn told(id: SessionId, state: &State, entry: &Entry) -> Option<(&'static str, Value)> {
    let event = match entry.event {
        Event::Created { .. } => "session.created",
        Event::DocumentRead { .. } => "session.document_uploaded",
        Event::Decided { .. } => "session.completed",
        Event::Expired => "session.expired",
        _ => return None,
    };
    let decision = state.decision();
    let body = json!({
        "event": event,
        "session_id": id.0,
        "status": words::status(PublicStatus::of(state)),
        "risk_level": decision.map(|made| words::risk(made.risk_level)),
        "risk_score": decision.map(|made| made.risk_score),
        "timestamp": words::moment(entry.at),
    });
    Some((event, body))
}
