//! Passive: a person, or a picture of one? Nobody is asked for anything.
//!
//! ```text
//! usable frames ──► networks    two MiniFASNet networks, a crop each; the median counts
//! face, own size ─► moire       a screen's grid in the spectrum of skin
//! whole, small ──┬► banding     waves of brightness that run down the picture
//!                └► parallax    do face and surroundings move as one plane?     (points by `flow`)
//! face, aligned ──► highlights  skin's small shine against a sheet's or glass's
//! openness ───────► blink       rate, length, rhythm
//! skin's colour ──► pulse       6 s of it
//!                                  └──► fuse: log-odds, with what speaks loudest
//! ```
//!
//! Each signal is a file of its own, gives a score from 0 (nothing speaks for an attack) to 1, of which 0.5 is where its
//! own limit lies, with a reason; or it says why nothing can be told. Limits and weights were set on simulated attacks and a
//! handful of clips (`docs/benchmarks/passive.md`): they are no ISO/IEC 30107-3 test result.

mod banding;
mod blink;
mod flow;
pub mod fuse;
mod highlights;
mod moire;
mod networks;
mod parallax;
mod pulse;
mod small;
mod spectrum;
mod watch;

pub use fuse::{Report, WEIGHTS, Weighed};
pub use networks::{PadScore, PassivePad};
pub use watch::PassiveWatch;

use serde::Serialize;

/// Which signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// The two networks.
    Networks,
    /// A fine grid on the skin.
    Moire,
    /// Running waves of brightness.
    Banding,
    /// Shine on the skin.
    Highlights,
    /// Face and surroundings as one plane.
    Parallax,
    /// Blinks.
    Blink,
    /// The heart's beat in the skin's colour.
    Pulse,
}

/// What speaks loudest in a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalReason {
    /// Looked for and not found.
    Clear,
    /// The networks take it for an attack.
    NetworksDoubt,
    /// A regular grid lies over the skin.
    RegularGrid,
    /// A wave of brightness runs through the rows.
    RunningBand,
    /// A wave runs through the rows as lamps on the mains make it: no sign of a screen.
    LampFlicker,
    /// One highlight as large as glass or gloss makes it.
    LargeHighlight,
    /// Face and surroundings move as one flat thing.
    MovesAsOnePlane,
    /// No blink for longer than people go without.
    NoBlink,
    /// Blinks as regular as a loop.
    RegularBlinks,
    /// A pulse that the regions of the face share.
    Pulse,
    /// No pulse was found: light, movement and compression hide it too.
    NoPulse,
}

/// Why nothing can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
    /// The networks are not in the pack.
    ModelAbsent,
    /// No usable face was seen.
    FaceNotUsable,
    /// Too few frames, or too short a time.
    TooShort,
    /// The face is too small in the picture.
    TooSmall,
    /// Nothing moves far enough.
    TooStill,
    /// Nothing around the face can be followed.
    NothingAround,
    /// Too few frames a second.
    TooSlow,
    /// The camera may move: it is in a hand, or nothing says where it is.
    CameraMayMove,
}

/// What one signal says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// It was measured.
    Measured {
        /// 0 nothing speaks for an attack, to 1; from 0.5 on its limit is reached.
        score: f32,
        /// What was measured, in the signal's own unit.
        value: f32,
        /// The loudest reason.
        reason: SignalReason,
    },
    /// It was not.
    NotAssessed(WhyNot),
}

impl Finding {
    /// A value by its limit, with its reason from there on.
    #[must_use]
    fn by(value: f32, none: f32, limit: f32, reason: SignalReason) -> Self {
        let score = super::injection::by_limit(value, none, limit);
        let reason = if score >= 0.5 {
            reason
        } else {
            SignalReason::Clear
        };
        Self::Measured {
            score,
            value,
            reason,
        }
    }

    /// The score, where it was measured.
    #[must_use]
    pub const fn score(&self) -> Option<f32> {
        match self {
            Self::Measured { score, .. } => Some(*score),
            Self::NotAssessed(_) => None,
        }
    }

    /// The value, where it was measured.
    #[must_use]
    pub const fn value(&self) -> Option<f32> {
        match self {
            Self::Measured { value, .. } => Some(*value),
            Self::NotAssessed(_) => None,
        }
    }
}
