//! Injection: is this a sensor's picture of now, or one that was put in its place?
//!
//! ```text
//! what a device says of itself ──► source    (virtual cameras)
//! times of a camera's frames   ──► timing    (no sensor's clock)
//! every frame's bytes          ──► repeat    (a still, a loop)
//! hashes, ten a second         ──► seen      (a clip of before)     hashes are kept, pictures never
//! clip's length, gestures      ──► early     (answered before asked)
//! container against content    ──► metadata
//! EXIF against picture and clock ─► words, told as metadata
//! ```
//!
//! Each sign is a function of values and stands in a file of its own. It gives a score from 0 to 1, of which 0.5 is
//! where its own file's limit lies, with the reason that speaks loudest; or it says why nothing can be told. What
//! follows from a score is the policy's.
//!
//! What a sign can't do: who controls the kiosk's own machine can forge driver names and times alike. The signs tell
//! the tools that are at hand, and clips that were used before.

mod align;
pub mod early;
pub mod metadata;
mod phash;
mod repeat;
pub mod seen;
pub mod source;
pub mod timing;
mod watch;
mod words;

pub use metadata::ContainerFacts;
pub use phash::perceptual_hash;
pub use seen::{ClipTrace, SeenClips};
pub use source::DeviceFacts;
pub use watch::{InjectionWatch, Origin};
pub use words::{Upload, judge_words};

use serde::Serialize;

/// Which sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// The device.
    Source,
    /// The times of its frames.
    Timing,
    /// Frames that repeat.
    Repeat,
    /// A clip of before.
    Seen,
    /// An answer before the question.
    Early,
    /// A container that contradicts its content.
    Metadata,
}

/// What speaks for an injection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Looked for and not found.
    Clear,
    /// Driver, card or bus is one of a known virtual camera.
    VirtualCamera,
    /// The bus is that of a USB device that is not plugged into this machine.
    RemoteUsb,
    /// The device takes pictures in as well as giving them out.
    TakesPictures,
    /// No bus, or one that its driver never has.
    NoBus,
    /// Times between frames are equal to the microsecond.
    NoJitter,
    /// Times that do not go forward.
    TimeGoesBack,
    /// More frames a second than such cameras have.
    ImpossibleRate,
    /// Frames that come in bursts.
    Bursts,
    /// One picture all the time.
    Still,
    /// Frames that were there before, byte for byte.
    FramesRecur,
    /// A movement that is there twice.
    Loop,
    /// A clip that was judged before.
    SeenBefore,
    /// A gesture that was under way before it was asked for.
    GestureBeforeAsked,
    /// The clip is longer than the time since the question.
    LongerThanAsked,
    /// The container states another number of frames than it has.
    FrameCount,
    /// Frames' times do not fit the stated rate.
    FrameRate,
    /// A program that changes what is in pictures wrote the file.
    EditingSoftware,
    /// Taken after it came.
    TakenInFuture,
    /// Taken long before it was asked for.
    TakenLongBefore,
    /// Changed before it was taken.
    ChangedBeforeTaken,
    /// Sides of another shape than the picture's.
    SidesDiffer,
    /// The picture stands as it should and is to be turned.
    TurnedTwice,
    /// The thumbnail shows something else.
    ThumbnailDiffers,
}

/// Why nothing can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
    /// The source is a recording by its own label: it was made before, and stands for no camera.
    Recording,
    /// The clip was uploaded: no device and no sensor's clock is known of it.
    Uploaded,
    /// Pictures without times of their own.
    NoTimes,
    /// Nobody was asked for anything.
    NotAsked,
    /// Too few frames.
    TooShort,
    /// The face hardly moves, so that one clip of it is like another.
    TooStill,
    /// The source states nothing of the kind.
    NotStated,
    /// More than is looked at.
    TooLong,
    /// What the source states is damaged.
    Unreadable,
}

/// What one sign says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// It was measured.
    Measured {
        /// 0 nothing speaks for an injection, to 1; from 0.5 on its limit is reached.
        score: f32,
        /// The loudest reason.
        reason: Reason,
    },
    /// It was not.
    NotAssessed(WhyNot),
}

impl Judgement {
    /// Nothing was found.
    pub const CLEAR: Self = Self::Measured {
        score: 0.0,
        reason: Reason::Clear,
    };

    /// A score, with its reason from 0.5 on.
    #[must_use]
    pub fn of(score: f32, reason: Reason) -> Self {
        let score = score.clamp(0.0, 1.0);
        let reason = if score >= 0.5 { reason } else { Reason::Clear };
        Self::Measured { score, reason }
    }

    /// The score, where it was measured.
    #[must_use]
    pub const fn score(&self) -> Option<f32> {
        match self {
            Self::Measured { score, .. } => Some(*score),
            Self::NotAssessed(_) => None,
        }
    }

    /// The reason, where it was measured.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::Measured { reason, .. } => Some(*reason),
            Self::NotAssessed(_) => None,
        }
    }

    /// The louder of two: what was measured is louder than what was not.
    #[must_use]
    pub fn louder(self, other: Self) -> Self {
        match (self.score(), other.score()) {
            (Some(one), Some(two)) if two > one => other,
            (None, Some(_)) => other,
            _ => self,
        }
    }
}

/// A value by its limit: 0 at `none`, 0.5 at `limit`, 1 as far beyond.
pub(in crate::liveness) fn by_limit(value: f32, none: f32, limit: f32) -> f32 {
    (0.5 * (value - none) / (limit - none)).clamp(0.0, 1.0)
}
