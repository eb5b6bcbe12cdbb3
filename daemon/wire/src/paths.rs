//! HTTP paths of central's API, with the routes they are instances of.

use uuid::Uuid;

use crate::{EvidenceId, KioskId, Nonce};

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
/// `GET` a kiosk's commands with what came of them, or `POST` one.
pub const COMMANDS: &str = "/v1/kiosks/{kiosk}/commands";
/// `GET` the [`SignedCommand`](crate::SignedCommand)s whose outcome central does not know, in order.
pub const OPEN_COMMANDS: &str = "/v1/kiosks/{kiosk}/commands/open";
/// `PUT` the [`Outcome`](crate::Outcome) of a command.
pub const OUTCOME: &str = "/v1/kiosks/{kiosk}/commands/{number}/outcome";
/// `POST` a request for a certificate (PKCS #10, PEM), answered by the certificate (PEM).
pub const CERTIFICATE: &str = "/v1/kiosks/{kiosk}/certificate";
/// `GET` a [`SignedTime`](crate::SignedTime); the query `nonce` is 32 hex digits.
pub const TIME: &str = "/v1/time";
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

/// An instance of [`EVIDENCE`] for a part of it that begins at `offset`.
pub fn evidence_part(
    kiosk: &KioskId,
    id: &EvidenceId,
    session: Uuid,
    (offset, total): (u64, u64),
) -> String {
    format!(
        "{}&offset={offset}&total={total}",
        evidence(kiosk, id, session)
    )
}

/// An instance of [`SESSION`].
pub fn session(kiosk: &KioskId, session: Uuid) -> String {
    format!("/v1/kiosks/{kiosk}/sessions/{session}")
}

/// An instance of [`COMMANDS`].
pub fn commands(kiosk: &KioskId) -> String {
    format!("/v1/kiosks/{kiosk}/commands")
}

/// An instance of [`OPEN_COMMANDS`].
pub fn open_commands(kiosk: &KioskId) -> String {
    format!("/v1/kiosks/{kiosk}/commands/open")
}

/// An instance of [`OUTCOME`].
pub fn outcome(kiosk: &KioskId, number: u64) -> String {
    format!("/v1/kiosks/{kiosk}/commands/{number}/outcome")
}

/// An instance of [`CERTIFICATE`].
pub fn certificate(kiosk: &KioskId) -> String {
    format!("/v1/kiosks/{kiosk}/certificate")
}

/// [`TIME`] with its query.
pub fn time(nonce: &Nonce) -> String {
    format!("{TIME}?nonce={}", hex::encode(nonce))
}
