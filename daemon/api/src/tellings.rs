//! What is told of a session when something happens to it, and to whom, as bodies of the published hooks.
//!
//! ```text
//! event on disk ─► seed dialect's four events ─► the session's own address
//!              └─► `idv.session.*`, `ida.session.*` ─► every subscription of the tenant
//! ```
//!
//! Nothing personal is told: names of sessions, statuses, scores. `docs/api/webhooks.md` lists the events and their fields.

use kiosk_session::{Entry, Event, Redacted, SessionId, State};
use serde_json::{Value, json};

use crate::onboarder::told::told as onboarder;
use crate::service::Purpose;

/// Whom something is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// The address that the session was given.
    Session(Redacted<String>),
    /// Every address that its tenant has subscribed with.
    Subscriptions,
}

/// One thing to tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Telling {
    /// Whom.
    pub to: To,
    /// The event's name.
    pub event: String,
    /// The body.
    pub body: Value,
}

/// What is told of an event; `state` is the one that it led to.
pub fn tellings(id: SessionId, state: &State, entry: &Entry) -> Vec<Telling> {
    let mut told = Vec::new();
    let Some(case) = state.case() else {
        return told;
    };
    let purpose = Purpose::of(state);
    if let Some(word) = word(&entry.event) {
        let body = of_kyc(id, state, entry, word);
        let event = body["type"].as_str().unwrap_or_default().to_owned();
        if let Some(url) = &case.opening.webhook_url
            && purpose == Purpose::Authentication
        {
            told.push(Telling {
                to: To::Session(url.clone()),
                event: event.clone(),
                body: body.clone(),
            });
        }
        told.push(Telling {
            to: To::Subscriptions,
            event,
            body,
        });
    }
    if let (Some(url), Purpose::Verification) = (&case.opening.webhook_url, purpose)
        && let Some((event, body)) = onboarder(id, state, entry)
    {
        told.push(Telling {
            to: To::Session(url.clone()),
            event: event.to_owned(),
            body,
        });
    }
    told
}

/// What a subscription is told when its owner tries it.
pub fn trial(at: time::OffsetDateTime) -> Telling {
    let body = json!({"type": "webhook.test", "timestamp": moment(at), "data": {}});
    Telling {
        to: To::Subscriptions,
        event: "webhook.test".to_owned(),
        body,
    }
}

/// The last part of an event's name; `None` where nobody is told.
const fn word(event: &Event) -> Option<&'static str> {
    match event {
        Event::Created { .. } => Some("created"),
        Event::DocumentRead { .. } => Some("document_added"),
        Event::Decided { .. } => Some("completed"),
        Event::Expired => Some("expired"),
        Event::Cancelled { .. } => Some("cancelled"),
        Event::Anonymised { .. } => Some("anonymized"),
        _ => None,
    }
}

/// The KYC API's: the form that the Standard Webhooks recommend.
fn of_kyc(id: SessionId, state: &State, entry: &Entry, word: &str) -> Value {
    let approved = crate::kyc::verified(state);
    let case = state.case();
    let (kind, outcome, identity) = match case.and_then(|case| case.opening.identity) {
        Some(identity) => ("ida", "authenticated", Some(identity)),
        None => ("idv", "verified", (approved == Some(true)).then_some(id)),
    };
    let id = match state {
        State::Anonymised { shell, .. } => shell.of,
        _ => id,
    };
    json!({
        "type": format!("{kind}.session.{word}"),
        "timestamp": moment(entry.at),
        "data": {
            "session_id": id.0,
            "client_id": case.map(|case| &case.opening.credential),
            "identity_id": identity.map(|identity| identity.0),
            "status_e": crate::kyc::status(state),
            outcome: approved,
        },
    })
}

fn moment(at: time::OffsetDateTime) -> String {
    crate::kyc::moment(at)
}
