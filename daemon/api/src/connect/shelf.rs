//! Staff on the tenants' registry.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kiosk_session::Redacted;
use kiosk_staff::{Shelf, ShelfError};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::registry::{Before, Shelf as Kept};
use crate::service::Verifications;

/// The one service's registry as staff's shelf.
pub struct OnRegistry {
    /// Whose registry.
    pub service: Arc<dyn Verifications>,
    /// The tenants of this kiosk.
    pub tenants: Vec<String>,
}

/// The tenant of what belongs to none.
const KIOSK: &str = "(kiosk)";

fn place<'a>(tenant: &'a str, kind: &str) -> Result<(&'a str, Kept), ShelfError> {
    let kept = match kind {
        "staff-user" => Kept::Staff,
        "staff-invitation" => Kept::StaffInvitations,
        "staff-reset" => Kept::StaffResets,
        "staff-login" => Kept::StaffLogins,
        "staff-key" => Kept::ApiKeys,
        "staff-signing" => Kept::StaffSigning,
        _ => return Err(ShelfError("it has no place for that kind".to_owned())),
    };
    Ok((if tenant.is_empty() { KIOSK } else { tenant }, kept))
}

fn told(error: impl std::fmt::Display) -> ShelfError {
    ShelfError(error.to_string())
}

#[async_trait]
impl Shelf for OnRegistry {
    fn tenants(&self) -> Vec<String> {
        self.tenants.clone()
    }

    async fn all(
        &self,
        tenant: &str,
        kind: &'static str,
    ) -> Result<Vec<(Uuid, Zeroizing<Vec<u8>>)>, ShelfError> {
        let (tenant, kept) = place(tenant, kind)?;
        let entries = self.service.registry().all(tenant, kept).map_err(told)?;
        let read = entries.into_iter().map(|(name, text)| {
            let id = Uuid::try_parse(&name).map_err(|_| told("an entry's name is no id"))?;
            let bytes = BASE64_STANDARD
                .decode(text.reveal())
                .map_err(|_| told("an entry can't be read"))?;
            Ok((id, Zeroizing::new(bytes)))
        });
        read.collect()
    }

    async fn put(
        &self,
        tenant: &str,
        kind: &'static str,
        id: Uuid,
        record: Zeroizing<Vec<u8>>,
    ) -> Result<(), ShelfError> {
        let (tenant, kept) = place(tenant, kind)?;
        let text = Redacted::new(BASE64_STANDARD.encode(&*record));
        let (name, registry) = (id.to_string(), self.service.registry());
        let put = registry.put(tenant, kept, (&name, text), Before::Whatever);
        put.await.map_err(told)
    }

    async fn remove(&self, tenant: &str, kind: &'static str, id: Uuid) -> Result<(), ShelfError> {
        let (tenant, kept) = place(tenant, kind)?;
        let removed = self
            .service
            .registry()
            .remove(tenant, kept, &id.to_string())
            .await;
        removed.map(|_| ()).map_err(told)
    }
}
