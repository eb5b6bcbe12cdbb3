//! `wipe`: the keys of all sessions are destroyed, and nobody is enrolled any more; the block list, which is the
//! operator's own, stays. What central holds of them stays with central.
//!
//! Records that are still to be delivered go on, unreadable by anyone: the chain stays whole.

use std::sync::Arc;

use async_trait::async_trait;
use kiosk_store::Store;
use kiosk_sync::{Handler, Progress};
use kiosk_wire::{Command, Outcome};
use serde_json::json;

use crate::service::Known;

/// Erases every session of the store, and who was enrolled by them.
pub struct Wipe(pub Store, pub Arc<Known>);

#[async_trait]
impl Handler for Wipe {
    fn kind(&self) -> &'static str {
        "wipe"
    }

    async fn carry_out(&self, _: &Command) -> Progress {
        let failed =
            |error| Progress::Ended(Outcome::Failed(format!("not all was wiped: {error}")));
        if let Err(error) = self.1.forget_all().await {
            return failed(error);
        }
        let sessions = match self.0.sessions() {
            Ok(sessions) => sessions,
            Err(error) => return failed(error),
        };
        let count = sessions.len();
        for session in sessions {
            if let Err(error) = self.0.erase(session).await {
                return failed(error);
            }
        }
        tracing::warn!(count, "all sessions were wiped, as central commanded");
        Progress::Ended(Outcome::Done(json!({ "sessions": count })))
    }
}
