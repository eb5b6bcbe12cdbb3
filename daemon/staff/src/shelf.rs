//! Where records lie: small texts by tenant, kind and id, sealed at rest and durable when a call returns.

use async_trait::async_trait;
use thiserror::Error;
use uuid::Uuid;
use zeroize::Zeroizing;

/// What did not work, without anything personal.
#[derive(Debug, Clone, Error)]
#[error("the kiosk's store did not take or give it: {0}")]
pub struct ShelfError(pub String);

/// A record as it lies there.
pub type Lying = (Uuid, Zeroizing<Vec<u8>>);

/// Keeps records.
#[async_trait]
pub trait Shelf: Send + Sync + 'static {
    /// Every tenant that has records of a kind.
    fn tenants(&self) -> Vec<String>;
    /// Every record of a kind.
    async fn all(&self, tenant: &str, kind: &'static str) -> Result<Vec<Lying>, ShelfError>;
    /// Keeps one, over one of that id.
    async fn put(
        &self,
        tenant: &str,
        kind: &'static str,
        id: Uuid,
        record: Zeroizing<Vec<u8>>,
    ) -> Result<(), ShelfError>;
    /// Removes one, where there is one.
    async fn remove(&self, tenant: &str, kind: &'static str, id: Uuid) -> Result<(), ShelfError>;
}
