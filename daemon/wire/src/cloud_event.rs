//! Live events: CloudEvents 1.0 in JSON, telling that something happened and never to whom.
//!
//! They are hints for those who watch; the record of the same event travels sealed. Their data is a
//! closed type without room for anything personal.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{KioskId, TenantId};

/// The version of CloudEvents that this is.
const SPEC_VERSION: &str = "1.0";

/// An event as it is published (CloudEvents 1.0.2, sections "Required" and "Optional Attributes").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CloudEvent {
    /// `1.0`.
    pub specversion: String,
    /// Unique for its source.
    pub id: Uuid,
    /// Where it comes from: `urn:kioskd:{tenant}:{kiosk}`.
    pub source: String,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// When it happened, by the kiosk's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub time: OffsetDateTime,
    /// The session that it is about.
    pub subject: Uuid,
    /// `application/json`.
    pub datacontenttype: String,
    /// What is told of it.
    pub data: SessionNews,
}

/// The types of live events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventKind {
    /// A session was begun.
    #[serde(rename = "dev.kioskd.session.created.v1")]
    Created,
    /// A session went on to another state.
    #[serde(rename = "dev.kioskd.session.advanced.v1")]
    Advanced,
    /// A session was decided.
    #[serde(rename = "dev.kioskd.session.decided.v1")]
    Decided,
    /// A session ran out of time.
    #[serde(rename = "dev.kioskd.session.expired.v1")]
    Expired,
    /// A session was ended before a decision.
    #[serde(rename = "dev.kioskd.session.cancelled.v1")]
    Cancelled,
    /// Central holds all of a session.
    #[serde(rename = "dev.kioskd.session.synced.v1")]
    Synced,
}

/// How a session stands: words and numbers that say nothing of the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionNews {
    /// The record that made it so.
    pub number: u64,
    /// The name of the state it is in.
    pub state: String,
    /// What was decided, once something is: `approved`, `manual_review` or `rejected`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

impl CloudEvent {
    /// News of a session; `id` is a fresh random one.
    pub fn of_session(
        id: Uuid,
        from: (&TenantId, &KioskId),
        kind: EventKind,
        time: OffsetDateTime,
        session: Uuid,
        data: SessionNews,
    ) -> Self {
        Self {
            specversion: SPEC_VERSION.to_owned(),
            id,
            source: format!("urn:kioskd:{}:{}", from.0, from.1),
            kind,
            time,
            subject: session,
            datacontenttype: "application/json".to_owned(),
            data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_attributes_of_cloud_events_1_0() {
        let data = SessionNews {
            number: 7,
            state: "decided".into(),
            status: Some("approved".into()),
        };
        let event = CloudEvent::of_session(
            Uuid::from_u128(1),
            (&"bank".parse().unwrap(), &"kiosk-1".parse().unwrap()),
            EventKind::Decided,
            time::macros::datetime!(2026-01-02 03:04:05 UTC),
            Uuid::from_u128(2),
            data,
        );

        let json = serde_json::to_value(&event).unwrap();

        assert_eq!(
            json,
            serde_json::json!({
                "specversion": "1.0",
                "id": "00000000-0000-0000-0000-000000000001",
                "source": "urn:kioskd:bank:kiosk-1",
                "type": "dev.kioskd.session.decided.v1",
                "time": "2026-01-02T03:04:05Z",
                "subject": "00000000-0000-0000-0000-000000000002",
                "datacontenttype": "application/json",
                "data": { "number": 7, "state": "decided", "status": "approved" },
            })
        );
        assert_eq!(serde_json::from_value::<CloudEvent>(json).unwrap(), event);
    }
}
