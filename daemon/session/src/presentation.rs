//! What passive detection's own signals say of a clip, beside its networks, and when that is too much.

use serde::{Deserialize, Serialize};

use crate::{LivenessEvidence, Policy};

/// One signal of a presentation attack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PresentationSignal {
    /// Which, in the word of the part that measures it: `moire`, `banding`, ..
    pub signal: String,
    /// 0 nothing speaks for an attack, to 1; its own limit at 0.5; `None` where it was not assessed.
    pub score: Option<f32>,
    /// What was measured, in the signal's own unit.
    pub value: Option<f32>,
    /// The loudest reason in the signal's own word, or the word for why it was not assessed.
    pub reason: String,
    /// What it added to the log-odds of an attack.
    pub log_odds: f32,
}

/// Every signal, and their sum: from the scores and the weights that are named it can be made again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Presentation {
    /// Which weights made the sum.
    pub weights: String,
    /// Natural logarithm of the odds of an attack.
    pub log_odds: f32,
    /// The same from 0 to 1. Not calibrated: no probability.
    pub attack: f32,
    /// The signal that accuses most, where one does.
    pub strongest: Option<String>,
    /// Each signal.
    pub signals: Vec<PresentationSignal>,
}

/// Whether the signals together say loudly that a picture or a screen was before the camera.
pub fn presentation_suspected(liveness: &LivenessEvidence, policy: &Policy) -> bool {
    let found = liveness.presentation.as_ref();
    found.is_some_and(|found| found.attack >= policy.presentation.review_from)
}
