//! What a start has loaded: a config file or a policy of other content than at the start before is a change, and in the audit.
//!
//! Who changed a file nobody can tell here, save that central's orders are recorded as such before they are tried.

use std::path::Path;

use kiosk_api::audit::Actor;
use kiosk_session::Author;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Service;

/// The side note with what was loaded last.
const NOTE: &str = "audit loaded";

/// SHA-256 of the config file and of the policy in force, in hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Loaded {
    config: String,
    policy: String,
}

impl Service {
    /// Records what differs from the start before. At the first start nothing has changed.
    pub async fn note_loaded(&self, file: &Path, tenant: &str) -> anyhow::Result<()> {
        let text = std::fs::read(file)?;
        let now = Loaded {
            config: hex::encode(Sha256::digest(text)),
            policy: hex::encode(Sha256::digest(serde_json::to_vec(&self.policy)?)),
        };
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
