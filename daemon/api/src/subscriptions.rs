//! Where a tenant wants to be told of what happens to any of its sessions, on its shelf.

use kiosk_session::Redacted;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::registry::{Before, Registry, RegistryError, Shelf};

/// One address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Its name here.
    pub id: String,
    /// The credential that made it.
    pub client_id: String,
    /// Its name there.
    pub name: String,
    /// The address; it may carry a secret of its owner's.
    pub url: Redacted<String>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When its owner answered that it is gone; nothing is sent there any more.
    #[serde(with = "time::serde::rfc3339::option")]
    pub disabled_at: Option<OffsetDateTime>,
}

impl Subscription {
    /// A new one.
    pub fn new(client: &str, name: String, url: Redacted<String>, now: OffsetDateTime) -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            client_id: client.to_owned(),
            name,
            url,
            created_at: now,
            disabled_at: None,
        }
    }
}

/// Every one of a tenant's.
///
/// # Errors
///
/// [`RegistryError::Unavailable`]
pub fn all(registry: &dyn Registry, tenant: &str) -> Result<Vec<Subscription>, RegistryError> {
    let entries = registry.all(tenant, Shelf::Webhooks)?;
    let read = entries.iter().map(|(_, text)| {
        serde_json::from_str(text.reveal()).map_err(|error| {
            tracing::error!(
                line = error.line(),
                column = error.column(),
                "a webhook can't be read"
            );
            RegistryError::Unavailable
        })
    });
    read.collect()
}

/// Keeps one, in the place of the one of that name.
///
/// # Errors
///
/// Those of [`Registry::put`].
pub async fn put(
    registry: &dyn Registry,
    tenant: &str,
    what: &Subscription,
) -> Result<(), RegistryError> {
    let text = serde_json::to_string(what).map_err(|_| RegistryError::Unavailable)?;
    let entry = (what.id.as_str(), Redacted::new(text));
    registry
        .put(tenant, Shelf::Webhooks, entry, Before::Whatever)
        .await
}

/// Removes one; gives whether it was there.
///
/// # Errors
///
/// Those of [`Registry::remove`].
pub async fn remove(
    registry: &dyn Registry,
    tenant: &str,
    id: &str,
) -> Result<bool, RegistryError> {
    registry.remove(tenant, Shelf::Webhooks, id).await
}
