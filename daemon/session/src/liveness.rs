//! Whether a living person is there: passive presentation attack detection, and the answer to a challenge.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Assessment, DotAnswer, EvidenceId, FaceMatch, FlashAnswer, FlashVerdict, Gesture,
    PictureQuality, Presentation, Prompt,
};

/// Passive presentation attack detection (ISO/IEC 30107-3) pooled over a clip.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PassivePad {
    /// 0 attack to 1 bona fide: the median over the frames that were judged.
    pub score: f32,
    /// How many frames were judged.
    pub frames: u32,
}

/// A gesture seen in the clip.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GestureSeen {
    /// Which.
    pub kind: Gesture,
    /// When it left the neutral pose, in ms from the clip's start.
    pub start_ms: f64,
    /// When it was strongest.
    pub peak_ms: f64,
    /// When it was back.
    pub end_ms: f64,
}

/// The answer to a challenge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prompted {
    /// The challenge that was answered.
    pub challenge_id: Uuid,
    /// When the answer was complete, before it was judged.
    #[serde(with = "time::serde::rfc3339")]
    pub answered_at: OffsetDateTime,
    /// How many of its gestures were seen, in order.
    pub met: u32,
    /// How many it asked for.
    pub asked: u32,
    /// Each time that a gesture was asked for, and what came of it; empty where the challenge has no moments, and in
    /// records of before it had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<Prompt>,
    /// When, in ms of the clip, all that was asked for once more had to be over; absent where the person could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_until_ms: Option<f64>,
}

impl Prompted {
    /// All that was asked was seen, in order.
    pub const fn passed(&self) -> bool {
        self.asked > 0 && self.met >= self.asked
    }
}

/// A sign that a clip was put in a camera's place. What this program does not know by name is kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InjectionSign {
    /// The device is a virtual camera.
    Source,
    /// Frames' times are no sensor's.
    Timing,
    /// Frames repeat.
    Repeat,
    /// The clip was judged before.
    Seen,
    /// It answers before it was asked.
    Early,
    /// Its container contradicts its content.
    Metadata,
    /// Another.
    #[serde(untagged)]
    Other(String),
}

/// What one sign of an injection says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InjectionSignal {
    /// Which.
    pub sign: InjectionSign,
    /// 0 nothing speaks for it, to 1; `None` where it was not assessed.
    pub score: Option<f32>,
    /// The loudest reason in the sign's own word, or the word for why it was not assessed.
    pub reason: String,
}

impl InjectionSignal {
    /// The reason of a source that is a recording by its own label.
    pub const RECORDING: &'static str = "recording";
}

/// One assessment of liveness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LivenessEvidence {
    /// Name of this assessment.
    pub check_id: Uuid,
    /// The selfie that the clip's face was compared with.
    pub verification_id: Uuid,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub assessed_at: OffsetDateTime,
    /// Passive detection.
    pub passive: Assessment<PassivePad>,
    /// The challenge and its answer.
    pub active: Assessment<Prompted>,
    /// The clip's face, from its begin to its end, against the selfie's: a swap between or within the two fails.
    pub same_face: Assessment<FaceMatch>,
    /// What the face gave back of the colours that the screen showed; absent where it showed none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flash: Option<Assessment<FlashAnswer>>,
    /// How the dot on the screen was followed; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dot: Option<Assessment<DotAnswer>>,
    /// Whether the person asked for no colours, so that the dot stood in their place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub colours_declined: bool,
    /// What moved, asked for or not.
    pub gestures: Vec<GestureSeen>,
    /// Frames that were looked at.
    pub frames: u32,
    /// The most faces seen in one frame.
    pub most_faces: u32,
    /// The frame kept as evidence.
    pub picture: Option<EvidenceId>,
    /// How good that frame is; absent in records of before this was, and where it was not assessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<PictureQuality>,
    /// Signs that it was injected; empty in records of before these were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub injection: Vec<InjectionSignal>,
    /// Passive detection's own signals and all of them as one; absent in records of before these were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presentation: Option<Presentation>,
    /// SHA-256 (hex) of each model that had a part in it, by model name.
    pub models: Vec<(String, String)>,
}

impl LivenessEvidence {
    /// Whether a recording answered a challenge: it was made before, and stands for no camera.
    pub fn is_answered_by_recording(&self) -> bool {
        let recorded = |signal: &InjectionSignal| {
            signal.sign == InjectionSign::Source && signal.reason == InjectionSignal::RECORDING
        };
        self.active.assessed().is_some() && self.injection.iter().any(recorded)
    }

    /// Whether the screen's colours came back from a head: `None` where none were shown, or nothing could be said.
    pub fn flash_passed(&self) -> Option<bool> {
        let answer = self.flash.as_ref()?.assessed()?;
        Some(answer.verdict == FlashVerdict::Reflects)
    }

    /// Whether the dot was followed.
    pub fn dot_passed(&self) -> Option<bool> {
        Some(self.dot.as_ref()?.assessed()?.followed)
    }

    /// Whether what the screen showed was answered: `Some(true)` where it showed nothing.
    pub fn screen_passed(&self) -> Option<bool> {
        let parts = [
            (self.flash.is_some(), self.flash_passed()),
            (self.dot.is_some(), self.dot_passed()),
        ];
        let shown = || parts.iter().filter(|(shown, _)| *shown);
        if shown().any(|(_, passed)| *passed == Some(false)) {
            return Some(false);
        }
        shown().all(|(_, passed)| passed.is_some()).then_some(true)
    }
}

/// How many of `asked` appear in `seen` in this order, each starting after the one before has peaked.
pub fn met_in_order(asked: &[Gesture], seen: &[GestureSeen]) -> u32 {
    u32::try_from(answering(asked, seen).len()).unwrap_or(u32::MAX)
}

/// The gestures of `seen` that answer `asked`, as far as they do in its order.
pub fn answering(asked: &[Gesture], seen: &[GestureSeen]) -> Vec<GestureSeen> {
    let mut after_ms = f64::NEG_INFINITY;
    let mut met = Vec::new();
    for wanted in asked {
        let next = seen
            .iter()
            .filter(|gesture| gesture.kind == *wanted && gesture.peak_ms > after_ms)
            .min_by(|a, b| a.peak_ms.total_cmp(&b.peak_ms));
        let Some(next) = next else { break };
        after_ms = next.peak_ms;
        met.push(*next);
    }
    met
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(kind: Gesture, peak_ms: f64) -> GestureSeen {
        GestureSeen {
            kind,
            start_ms: peak_ms - 100.0,
            peak_ms,
            end_ms: peak_ms + 100.0,
        }
    }

    #[test]
    fn gestures_out_of_order_meet_only_the_part_that_is_in_order() {
        let asked = [Gesture::TurnLeft, Gesture::Blink];
        let in_order = [seen(Gesture::TurnLeft, 500.0), seen(Gesture::Blink, 900.0)];
        let reversed = [seen(Gesture::Blink, 500.0), seen(Gesture::TurnLeft, 900.0)];
        assert_eq!(met_in_order(&asked, &in_order), 2);
        assert_eq!(met_in_order(&asked, &reversed), 1);
        assert_eq!(met_in_order(&asked, &[]), 0);
    }
}
