//! What a start has loaded: a config file or a policy of other content than at the start before is a change, and in the audit.
//!
//! The policy in force is kept whole, by the hash that its decisions name.
//!
//! Who changed a file nobody can tell here, save that central's orders are recorded as such before they are tried.

use std::path::Path;

use anyhow::Context;
use kiosk_api::audit::Actor;
use kiosk_api::service::ServiceError;
use kiosk_session::{Author, Policy};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Service;
use super::kept::kept_policy;

/// The side note with what was loaded last.
const NOTE: &str = "audit loaded";

/// SHA-256 of the config file and of the policy in force, in hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Loaded {
    config: String,
    policy: String,
}

/// The side note with a policy of that hash: decisions made by it can be made again for as long as the store is there.
fn policy_note(sha256: &str) -> String {
    format!("policy {sha256}")
}

/// SHA-256 of a policy's JSON, in hex.
pub(super) fn policy_sha256(policy: &Policy) -> Result<String, ServiceError> {
    let json = serde_json::to_vec(policy).map_err(|error| {
        tracing::error!(%error, "the policy can't be written as JSON");
        ServiceError::Internal
    })?;
    Ok(hex::encode(Sha256::digest(json)))
}

impl Service {
    /// The policy of a hash that a decision names, where this kiosk has decided by it.
    ///
    /// # Errors
    /// Where the note can't be read.
    pub fn policy_of(&self, sha256: &str) -> anyhow::Result<Option<Policy>> {
        let note = self.store.note(&policy_note(sha256))?;
        let policy = note.map(|note| kept_policy(&note)).transpose();
        policy.context("a policy of before can't be read by this program")
    }

    /// Keeps the policy in force, whole, by its hash.
    async fn keep_policy(&self) -> anyhow::Result<()> {
        let name = policy_note(&self.policy_sha256);
        if self.store.note(&name)?.is_some() {
            return Ok(());
        }
        let json = serde_json::to_vec(&self.policy)?;
        match self.store.put_note(&name, &json).await {
            // No session begins on a full disk either; the next start keeps it.
            Err(error) if error.is_full() => {
                tracing::warn!(%error, "the policy is not kept beside its decisions");
                Ok(())
            }
            kept => Ok(kept?),
        }
    }

    /// Records what differs from the start before. At the first start nothing has changed.
    pub async fn note_loaded(&self, file: &Path, tenant: &str) -> anyhow::Result<()> {
        let text = std::fs::read(file)?;
        let now = Loaded {
            config: hex::encode(Sha256::digest(text)),
            policy: self.policy_sha256.clone(),
        };
        self.keep_policy().await?;
        let before = self.store.note(NOTE)?;
        let before: Option<Loaded> = before
            .map(|note| serde_json::from_slice(&note))
            .transpose()?;
        if before.as_ref() == Some(&now) {
            return Ok(());
        }
        let who = Actor {
            tenant: tenant.to_owned(),
            name: Author::KIOSK.to_owned(),
            address: None,
        };
        if let Some(before) = before {
            if before.config != now.config {
                self.record_anyway(&who, "config.changed", Some(&now.config))
                    .await?;
            }
            if before.policy != now.policy {
                self.record_anyway(&who, "policy.changed", Some(&now.policy))
                    .await?;
            }
        }
        let noted = self.store.put_note(NOTE, &serde_json::to_vec(&now)?).await;
        match noted {
            // The next start records it again.
            Err(error) if error.is_full() => {
                tracing::warn!(%error, "what was loaded is not noted");
                Ok(())
            }
            noted => Ok(noted?),
        }
    }
}
