//! What a viewer is told beside a frame: enough to guide a person, and nothing that would be a template.

use kiosk_inference::face::smooth::{Smoothed, SmoothedSubject};
use kiosk_inference::face::{FaceBox, Gaze, Glare, Occlusion, Reading};
use kiosk_session::{Gesture, Prompt, PromptOutcome};
use serde::Serialize;

use crate::analysis::View;
use crate::service::OnScreen;

/// What analysis saw in one frame. What was not looked for is null.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Observation {
    /// The frame's number.
    pub sequence: u64,
    /// Faces in it.
    pub faces: Option<u32>,
    /// The nearest face.
    pub face: Option<SeenFace>,
    /// What lies over it, in frames whose quality was assessed.
    pub cover: Option<SeenCover>,
    /// The number of the face's track: another number is another face, or the same after it was out of sight.
    pub track: Option<u64>,
    /// What stands in the way, by a stable code such as `FACE_TOO_FAR` or, of a document, `glare_on_text`; the screen has
    /// the words.
    pub guidance: Option<&'static str>,
    /// Gestures of the challenge that were seen in order so far.
    pub gestures_met: Option<u32>,
    /// What the person is asked to do now.
    pub prompt: Option<SeenPrompt>,
    /// What the kiosk's own screen has to show now.
    pub screen: Option<OnScreen>,
    /// The document's machine-readable zone.
    pub zone: Option<ZoneSeen>,
    /// How much of the time is done that a document has to be held still, 0 to 1; at 1 it is taken.
    pub hold: Option<f32>,
}

/// What the screen asks for now. Never what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SeenPrompt {
    /// What to do.
    pub gesture: Gesture,
    /// Which of them it is, from 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
    /// When it was asked for, ms from the step's first frame.
    pub at_ms: f64,
    /// When it has to have begun.
    pub until_ms: f64,
    /// Why it is asked for once more; null the first time.
    pub again: Option<&'static str>,
}

impl SeenPrompt {
    /// The one that waits for its answer, of all that were asked for so far.
    pub fn of(prompts: &[Prompt], of: usize) -> Option<Self> {
        let (last, before) = prompts.split_last()?;
        if last.outcome != PromptOutcome::Waiting {
            return None;
        }
        let failed = before.last().filter(|_| last.again);
        let met = before
            .iter()
            .filter(|one| one.outcome == PromptOutcome::Met);
        Some(Self {
            gesture: last.gesture,
            number: met.count() + 1,
            of,
            at_ms: last.at_ms,
            until_ms: last.until_ms,
            again: failed.and_then(|failed| failed.outcome.code()),
        })
    }
}

/// A face's place in px of the frame, how the head is turned, in degrees, and what eyes and mouth do, smoothed over the
/// frames before, each with how sure it is, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SeenFace {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
    /// Positive to the person's own left.
    pub yaw_deg: f32,
    /// Positive up.
    pub pitch_deg: f32,
    /// Tilted.
    pub roll_deg: f32,
    /// How sure place and angles are.
    pub confidence: f32,
    /// Both eyes: 0 closed to 1 wide open.
    pub eye_openness: Smoothed,
    /// The mouth likewise.
    pub mouth_openness: Smoothed,
    /// Where the eyes look, or why that can't be told.
    pub gaze: Reading<Gaze>,
}

/// What lies over a face: of 1 how much, or why that can't be told.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SeenCover {
    /// Eyes, mouth and the whole face.
    pub occlusion: Occlusion,
    /// Reflections before each eye, the person's right one first.
    pub glare: Glare,
}

/// How well a zone reads; never what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneSeen {
    /// None is seen.
    Absent,
    /// One is seen, and its check digits or letters are in doubt.
    Unsure,
    /// Every check digit is right and no letter in doubt.
    Valid,
}

impl Observation {
    /// Nothing was looked for yet in the frame of that number.
    pub const fn of(sequence: u64) -> Self {
        Self {
            sequence,
            faces: None,
            face: None,
            cover: None,
            track: None,
            guidance: None,
            gestures_met: None,
            prompt: None,
            screen: None,
            zone: None,
            hold: None,
        }
    }

    /// What a step that watches a face saw.
    pub fn of_view(sequence: u64, view: &View) -> Self {
        Self {
            faces: Some(view.faces),
            face: view.face.as_ref().map(SeenFace::of),
            cover: view
                .cover
                .map(|(occlusion, glare)| SeenCover { occlusion, glare }),
            track: view.track,
            guidance: view.guidance.map(|what| what.code()),
            ..Self::of(sequence)
        }
    }
}

impl SeenFace {
    /// A smoothed subject and its gaze.
    pub const fn of((seen, gaze): &(SmoothedSubject, Reading<Gaze>)) -> Self {
        let (subject, sure) = (&seen.subject, seen.confidence);
        let FaceBox {
            x,
            y,
            width,
            height,
            ..
        } = subject.bounds;
        Self {
            x,
            y,
            width,
            height,
            yaw_deg: subject.pose.yaw_deg,
            pitch_deg: subject.pose.pitch_deg,
            roll_deg: subject.pose.roll_deg,
            confidence: sure.place,
            eye_openness: Smoothed {
                value: subject.eye_openness,
                confidence: sure.eyes,
            },
            mouth_openness: Smoothed {
                value: subject.mouth_openness,
                confidence: sure.mouth,
            },
            gaze: *gaze,
        }
    }
}
