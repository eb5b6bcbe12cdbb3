//! `wipe`: every session's key, evidence and every known face are destroyed. What central holds stays with central.
//!
//! Records that are still to be delivered go on, unreadable by anyone: the chain stays whole. A session that is under
//! way is not found any more at its next step.

use async_trait::async_trait;
use kiosk_sync::{Handler, Progress};
use kiosk_wire::{Command, Outcome};
use serde_json::json;

use super::{Standing, stands};
use crate::service::wipe;

/// Erases all that this kiosk holds of anybody.
pub struct Wipe(pub Standing);

#[async_trait]
impl Handler for Wipe {
    fn kind(&self) -> &'static str {
        "wipe"
    }

    async fn carry_out(&self, _: &Command) -> Progress {
        let Some(service) = stands(&self.0).await else {
            // The kiosk is on its way down: the next start begins this command again.
            return Progress::AfterRestart;
        };
        match wipe(&service).await {
            Ok(sessions) => Progress::Ended(Outcome::Done(json!({ "sessions": sessions }))),
            Err(fault) => Progress::Ended(Outcome::Failed(format!("not all was wiped: {fault}"))),
        }
    }
}
