//! One verification of the demo: what was done, what came of it, and what central says of it.

use serde_json::{Value, json};

/// Everything that table, report and `result.json` tell.
pub struct Verification {
    /// A word for file names and links.
    pub slug: &'static str,
    /// Its name for people.
    pub title: String,
    /// What happens in it.
    pub story: String,
    /// The session.
    pub session_id: String,
    /// What was decided.
    pub status: String,
    /// Why.
    pub reasons: Vec<String>,
    /// What the steps took together, each from its call to its durable record: the clips' own time is in it.
    pub ms: f64,
    /// The document step's findings.
    pub document: Value,
    /// The selfie step's findings.
    pub selfie: Value,
    /// The liveness step's findings.
    pub clip: Value,
    /// The gestures that were asked for.
    pub challenge: Vec<String>,
    /// The decision.
    pub decision: Value,
    /// The kiosk's own log of the session.
    pub events: Value,
    /// How often central holds the session's decision.
    pub central_count: u64,
    /// Whether central finds the kiosk's chain whole.
    pub chain_ok: bool,
}

impl Verification {
    /// Its entry of `result.json`.
    pub fn result(&self) -> Value {
        json!({
            "name": self.slug,
            "session_id": self.session_id,
            "status": self.status,
            "reasons": self.reasons,
            "ms": self.ms,
            "central_count": self.central_count,
            "chain_ok": self.chain_ok,
        })
    }
}
