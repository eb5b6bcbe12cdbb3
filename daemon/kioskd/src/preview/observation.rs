//! What a viewer is told beside a frame: enough to guide a person, and nothing that would be a template.

use kiosk_inference::face::{FaceBox, FaceObservation, Subject};
use serde::Serialize;

/// What analysis saw in one frame. What was not looked for is null.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Observation {
    /// The frame's number.
    pub sequence: u64,
    /// Faces in it.
    pub faces: Option<u32>,
    /// The nearest face.
    pub face: Option<SeenFace>,
    /// The number of the face's track: another number is another face, or the same after it was out of sight.
    pub track: Option<u64>,
    /// What stands in the way, by a stable code such as `FACE_TOO_FAR` or, of a document, `glare_on_text`; the screen has
    /// the words.
    pub guidance: Option<&'static str>,
    /// Gestures of the challenge that were seen in order so far.
    pub gestures_met: Option<u32>,
    /// The document's machine-readable zone.
    pub zone: Option<ZoneSeen>,
    /// How much of the time is done that a document has to be held still, 0 to 1; at 1 it is taken.
    pub hold: Option<f32>,
}

/// A face's place in px of the frame, and how the head is turned, in degrees.
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
            track: None,
            guidance: None,
            gestures_met: None,
            zone: None,
            hold: None,
        }
    }

    /// What the face models saw.
    pub fn of_faces(sequence: u64, seen: &FaceObservation) -> Self {
        Self {
            faces: Some(u32::try_from(seen.faces.len()).unwrap_or(u32::MAX)),
            face: seen.subject.as_ref().map(SeenFace::of),
            track: seen.track,
            ..Self::of(sequence)
        }
    }
}

impl SeenFace {
    /// A subject's place and pose.
    pub const fn of(subject: &Subject) -> Self {
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
        }
    }
}
