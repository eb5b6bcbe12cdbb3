//! What was delivered to a tenant's addresses, and the secrets that deliveries are signed with.

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kiosk_session::Redacted;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::registry::{Before, Registry, RegistryError, Shelf};
use crate::service::ServiceError;
use crate::subscriptions::Subscription;

/// What a secret begins with where it is shown (Standard Webhooks).
const PREFIX: &str = "whsec_";
/// Secrets that sign at once, so that receivers can change over from one to the next.
pub const MOST_SECRETS: usize = 4;

/// One try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The tenant that it was for.
    pub tenant: String,
    /// Name of what was told: the same for every try.
    pub message: Uuid,
    /// The event's name.
    pub event: String,
    /// The subscription; absent where it went to a session's own address.
    pub webhook: Option<String>,
    /// Which try, from 1.
    pub number: u32,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The answer's status, where there was one.
    pub status: Option<u16>,
    /// What came of it.
    pub outcome: Outcome,
    /// When it is tried again.
    #[serde(with = "time::serde::rfc3339::option")]
    pub next_at: Option<OffsetDateTime>,
}

/// What came of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was taken.
    Delivered,
    /// The receiver answered something else than 2xx.
    Refused,
    /// The receiver sent elsewhere: that is not followed.
    Redirected,
    /// The receiver said that it is gone for good: nothing more is sent there.
    Gone,
    /// No connection, or no answer in time.
    Unreachable,
    /// Its certificate is of another name, over, or of an authority that is not trusted: nothing was sent.
    Untrusted,
    /// The address is none that may be called: private, without TLS, or unknown.
    AddressRefused,
    /// The tenant has no secret to sign with.
    NoSecret,
}

/// Deliveries, as the dialects see them.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// The last tries of a tenant's deliveries, newest first.
    async fn attempts(&self, tenant: &str) -> Vec<Attempt>;
    /// Sends a subscription something to try it by; gives the message's name.
    async fn try_out(&self, tenant: &str, to: &Subscription) -> Result<Uuid, ServiceError>;
}

/// A secret as it is kept.
#[derive(Clone, Serialize, Deserialize)]
pub struct Secret {
    /// Its name.
    pub id: String,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// The key as it is shown.
    pub secret: Redacted<String>,
}

impl Secret {
    /// The key's bytes; `None` where it is no key.
    pub fn key(&self) -> Option<Vec<u8>> {
        let text = self.secret.reveal().strip_prefix(PREFIX)?;
        BASE64_STANDARD.decode(text).ok()
    }
}

/// Every secret that signs a tenant's deliveries, oldest first.
///
/// # Errors
///
/// [`RegistryError::Unavailable`]
pub fn secrets(registry: &dyn Registry, tenant: &str) -> Result<Vec<Secret>, RegistryError> {
    let entries = registry.all(tenant, Shelf::WebhookSecrets)?;
    let read = entries.iter().map(|(_, text)| {
        serde_json::from_str(text.reveal()).map_err(|_| RegistryError::Unavailable)
    });
    let mut secrets: Vec<Secret> = read.collect::<Result<_, _>>()?;
    secrets.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
    Ok(secrets)
}

/// Makes another secret, which signs beside those that there are.
///
/// # Errors
///
/// [`RegistryError::Full`] where there are [`MOST_SECRETS`]; those of [`Registry::put`].
pub async fn make_secret(
    registry: &dyn Registry,
    tenant: &str,
    now: OffsetDateTime,
) -> Result<Secret, RegistryError> {
    if secrets(registry, tenant)?.len() >= MOST_SECRETS {
        return Err(RegistryError::Full { most: MOST_SECRETS });
    }
    // Two random UUIDs: 244 bits.
    let random = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
    let made = Secret {
        id: Uuid::new_v4().to_string(),
        created_at: now,
        secret: Redacted::new(format!("{PREFIX}{}", BASE64_STANDARD.encode(random))),
    };
    let text = serde_json::to_string(&made).map_err(|_| RegistryError::Unavailable)?;
    let entry = (made.id.as_str(), Redacted::new(text));
    registry
        .put(tenant, Shelf::WebhookSecrets, entry, Before::Absent)
        .await?;
    Ok(made)
}
