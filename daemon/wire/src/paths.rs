//! HTTP paths of central's API, with the routes they are instances of.

use uuid::Uuid;

use crate::{EvidenceId, KioskId};

/// `POST` a [`Batch`](crate::Batch), answered by an [`Acknowledgement`](crate::Acknowledgement).
pub const RECORDS: &str = "/v1/kiosks/{kiosk}/records";
/// `GET` an [`Acknowledgement`](crate::Acknowledgement).
pub const ACKNOWLEDGED: &str = "/v1/kiosks/{kiosk}/acknowledged";
/// `HEAD` or `PUT` sealed bytes; the query `session` says whose.
pub const EVIDENCE: &str = "/v1/kiosks/{kiosk}/evidence/{sha256}";
/// `GET` what central holds of a session.
pub const SESSION: &str = "/v1/kiosks/{kiosk}/sessions/{session}";
/// `GET` whether a kiosk's whole chain is as it was received.
pub const CHAIN: &str = "/v1/kiosks/{kiosk}/chain";
/// `GET` whether central is well.
pub const HEALTH: &str = "/health";

/// An instance of [`RECORDS`].
pub fn records(kiosk: &KioskId) -> String {
    format!("/v1/kiosks/{kiosk}/records")
}

/// An instance of [`ACKNOWLEDGED`].
pub fn acknowledged(kiosk: &KioskId) -> String {
    format!("/v1/kiosks/{kiosk}/acknowledged")
}

/// An instance of [`EVIDENCE`], with its query.
pub fn evidence(kiosk: &KioskId, id: &EvidenceId, session: Uuid) -> String {
    format!("/v1/kiosks/{kiosk}/evidence/{id}?session={session}")
}

/// An instance of [`SESSION`].
pub fn session(kiosk: &KioskId, session: Uuid) -> String {
    format!("/v1/kiosks/{kiosk}/sessions/{session}")
}
