//! Who asks, and what the certificate allows.

use kiosk_pki::{Peer, Role};
use kiosk_wire::{KioskId, TenantId};
use time::OffsetDateTime;

use crate::refusal::Refusal;

/// The owner of the client certificate of a connection. TLS has verified it when one is made.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) role: Role,
    pub(crate) tenant: TenantId,
    name: String,
    valid_until: OffsetDateTime,
    pub(crate) serial: Vec<u8>,
}

impl Caller {
    /// `None` where the tenant's name is none, which no certificate of ours has.
    pub(crate) fn new(peer: Peer) -> Option<Self> {
        Some(Self {
            role: peer.role,
            tenant: peer.tenant.parse().ok()?,
            name: peer.name,
            valid_until: peer.valid_until,
            serial: peer.serial,
        })
    }

    /// A connection may outlive the certificate that opened it: asked again at each request.
    pub(crate) fn check_validity(&self, now: OffsetDateTime) -> Result<(), Refusal> {
        if now > self.valid_until {
            return Err(Refusal::Forbidden(
                "the client certificate has expired; install a new one",
            ));
        }
        Ok(())
    }

    /// The caller is `kiosk` itself.
    pub(crate) fn must_be_kiosk(&self, kiosk: &KioskId) -> Result<(), Refusal> {
        if self.role == Role::Kiosk && self.name == kiosk.as_str() {
            return Ok(());
        }
        Err(Refusal::Forbidden(
            "this is for the kiosk itself; the client certificate is another's",
        ))
    }

    /// The caller has the reader role.
    pub(crate) fn must_be_reader(&self) -> Result<(), Refusal> {
        match self.role {
            Role::Reader => Ok(()),
            _ => Err(Refusal::Forbidden(
                "this is for readers; the client certificate has another role",
            )),
        }
    }

    /// The caller issues commands.
    pub(crate) fn must_be_operator(&self) -> Result<(), Refusal> {
        match self.role {
            Role::Operator => Ok(()),
            _ => Err(Refusal::Forbidden(
                "this is for operators; the client certificate has another role",
            )),
        }
    }

    /// The caller is `kiosk` itself or a reader.
    pub(crate) fn must_be_kiosk_or_reader(&self, kiosk: &KioskId) -> Result<(), Refusal> {
        self.must_be_reader().or_else(|_| self.must_be_kiosk(kiosk))
    }
}
