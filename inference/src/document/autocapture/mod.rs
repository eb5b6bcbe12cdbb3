//! When to take the picture: a pure state machine over a stream of frame reports.
//!
//! ```text
//!                 a good view                 steady for HOLD
//!   Searching ───────────────► HoldStill ───────────────────► Captured (until `again`)
//!       ▲                          │
//!       └── no good view for GRACE ┘      the best good frame of the hold is the one captured
//! ```
//!
//! A frame counts, and can be the one captured, only where it has an outline and nothing to be
//! said against it: a moving, glared or cut view is never captured. One bad frame among good ones,
//! as noise makes, ends no hold; [`GRACE`] without a good one does. Time is what the frames say;
//! a frame that is not newer than the last is left aside. Frames whose gap exceeds [`LONGEST_GAP`]
//! begin anew: what happened between them is not known.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::guidance::{Guidance, GuidanceCode, by_urgency};
use super::quality::{Look, limits};

/// How long a good view must be steady.
pub const HOLD: Duration = Duration::from_millis(800);
/// How long a hold outlives without a good frame.
pub const GRACE: Duration = Duration::from_millis(250);
/// Good frames that a hold needs at least, whatever the frame rate; at fewer than five frames a
/// second the hold takes as long as these need.
pub const LEAST_FRAMES: u32 = 4;
/// Frames further apart begin anew. Four frames that far apart take 1.8 s, below the 2 s promised.
pub const LONGEST_GAP: Duration = Duration::from_millis(600);
/// Corners that moved further than this share of the document's width between two good frames in
/// sequence, though no speed was measured, are another view.
const JUMP: f32 = 0.08;

/// What a frame showed, as small as the machine needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameReport {
    /// The caller's number of the frame, given back where it is to be captured.
    pub frame: u64,
    /// When it was taken, on any clock that does not go backwards.
    pub at: Duration,
    /// The document's corners, in picture pixels.
    pub outline: Option<[[f32; 2]; 4]>,
    /// What is to be said against the frame, the most urgent first.
    pub guidance: Vec<Guidance>,
    /// Ranks good frames, higher is better.
    pub score: f32,
}

impl FrameReport {
    /// The report of a look at a frame.
    #[must_use]
    pub fn of(frame: u64, at: Duration, look: &Look) -> Self {
        Self {
            frame,
            at,
            outline: look.outline,
            guidance: look.quality.guidance.clone(),
            score: look.quality.score(),
        }
    }
}

/// What to do after a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Advice {
    /// No good view: say what is wrong, the most urgent first.
    Searching {
        /// What is wrong.
        guidance: Vec<Guidance>,
    },
    /// A good view: say to hold still.
    HoldStill {
        /// How much of the hold is done, 0 to 1.
        progress: f32,
        /// Whether this frame is the best so far and has to be kept in place of the former.
        keep: bool,
        /// What is to be said against this one frame; it does not count.
        guidance: Vec<Guidance>,
    },
    /// Done: take the frame of that number, the one kept last.
    Captured {
        /// The best frame's number.
        frame: u64,
        /// Whether it is the present frame, which then has to be kept.
        keep: bool,
    },
}

/// A hold in progress.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Hold {
    since: Duration,
    last_good: Duration,
    corners: [[f32; 2]; 4],
    good: u32,
    best: Best,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Best {
    frame: u64,
    score: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
enum State {
    #[default]
    Searching,
    Holding(Hold),
    Captured(u64),
}

/// The machine.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AutoCapture {
    state: State,
    last: Option<Duration>,
}

impl AutoCapture {
    /// A machine that has seen no frame.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins again after a capture.
    pub fn again(&mut self) {
        *self = Self::default();
    }

    /// Takes a frame's report and says what to do.
    pub fn step(&mut self, report: &FrameReport) -> Advice {
        if let State::Captured(frame) = self.state {
            return Advice::Captured { frame, keep: false };
        }
        let newer = self.last.is_none_or(|last| report.at > last);
        let gap = self
            .last
            .is_some_and(|last| report.at.saturating_sub(last) > LONGEST_GAP);
        if gap {
            self.state = State::Searching;
        }
        if newer {
            self.last = Some(report.at);
        }
        match report
            .outline
            .filter(|_| newer && report.guidance.is_empty())
        {
            Some(corners) => self.good(report, corners),
            None => self.bad(report),
        }
    }

    fn good(&mut self, report: &FrameReport, corners: [[f32; 2]; 4]) -> Advice {
        let now = Best {
            frame: report.frame,
            score: report.score,
        };
        let (hold, keep) = match self.state {
            State::Holding(hold) if jump(&hold.corners, &corners) <= JUMP => {
                let keep = now.score > hold.best.score;
                let hold = Hold {
                    last_good: report.at,
                    corners,
                    good: hold.good.saturating_add(1),
                    best: if keep { now } else { hold.best },
                    ..hold
                };
                (hold, keep)
            }
            State::Searching | State::Holding(_) | State::Captured(_) => {
                let hold = Hold {
                    since: report.at,
                    last_good: report.at,
                    corners,
                    good: 1,
                    best: now,
                };
                (hold, true)
            }
        };
        let held = report.at.saturating_sub(hold.since);
        if held >= HOLD && hold.good >= LEAST_FRAMES {
            self.state = State::Captured(hold.best.frame);
            return Advice::Captured {
                frame: hold.best.frame,
                keep,
            };
        }
        self.state = State::Holding(hold);
        Advice::HoldStill {
            progress: (held.as_secs_f32() / HOLD.as_secs_f32()).min(0.99),
            keep,
            guidance: Vec::new(),
        }
    }

    fn bad(&mut self, report: &FrameReport) -> Advice {
        let mut guidance = report.guidance.clone();
        if report.outline.is_none() && guidance.is_empty() {
            guidance.push(Guidance::new(GuidanceCode::NoDocument, 0.0, 1.0));
        }
        by_urgency(&mut guidance);
        if let State::Holding(hold) = self.state
            && report.at.saturating_sub(hold.last_good) <= GRACE
        {
            let held = hold.last_good.saturating_sub(hold.since);
            return Advice::HoldStill {
                progress: (held.as_secs_f32() / HOLD.as_secs_f32()).min(0.99),
                keep: false,
                guidance,
            };
        }
        self.state = State::Searching;
        Advice::Searching { guidance }
    }
}

/// The furthest that a corner moved, over the document's width. Corners may be begun at another
/// one: an outline by edges does not know which is the first.
fn jump(before: &[[f32; 2]; 4], now: &[[f32; 2]; 4]) -> f32 {
    let distance = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    let width = distance(before[0], before[1]).max(distance(before[1], before[2]));
    let furthest = |turn: usize| {
        (0..4)
            .map(|index| distance(before[index], now[(index + turn) % 4]))
            .fold(0.0, f32::max)
    };
    (0..4).map(furthest).fold(f32::INFINITY, f32::min) / width.max(1.0)
}

/// What [`limits::MOST_SPEED`] lets through between two frames stays below a jump.
const _: () = assert!(limits::MOST_SPEED < JUMP / 0.6);
