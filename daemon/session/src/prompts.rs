//! What was asked for, when, and what came of it. Pure: the same challenge and the same movements give the same answer.
//!
//! ```text
//!  at_ms            until_ms                 given up
//!    |-- may begin ----|--- may come back -----|--- pause ---|-- once more, where the person can be told --
//!         [ gesture ]
//! ```
//!
//! A gesture answers where it begins in its window. One of before was made before it was asked for; one that begins later is
//! too late; and where another movement is made in its place, it is out of order. A recording of an earlier session
//! has to meet both the sequence and every window.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{Challenge, Gesture, GestureSeen, Moment, Schedule};

/// A movement's begin is known to within this, ms.
const SLACK_MS: f64 = 150.0;
/// Nobody takes longer from a movement's begin to its peak; what lay at the edge of rest for longer had not begun.
const RISE_MS: f64 = 1_500.0;
/// How long after its window a movement may take to come back, ms.
pub(crate) const RETURN_MS: f64 = 3_000.0;
/// Movements that share more than this part of the shorter one are one: a head that turns also nods a little.
const SHARED: f64 = 0.5;

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptOutcome {
    /// Its time is not over.
    Waiting,
    /// It was made in its window.
    Met,
    /// It was made before it was asked for.
    BeforeAsked,
    /// It began after its window.
    TooLate,
    /// Another movement was made in its place.
    OutOfOrder,
    /// Nothing was seen of it.
    NotSeen,
}

impl PromptOutcome {
    /// A stable code for screens; none where nothing has to be said.
    pub const fn code(self) -> Option<&'static str> {
        match self {
            Self::Waiting | Self::Met => None,
            Self::BeforeAsked => Some("BEFORE_ASKED"),
            Self::TooLate => Some("TOO_LATE"),
            Self::OutOfOrder => Some("OTHER_MOVEMENT"),
            Self::NotSeen => Some("NOT_SEEN"),
        }
    }
}

/// One gesture asked for once. Times are ms from the clip's first frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Prompt {
    /// What was asked for.
    pub gesture: Gesture,
    /// When.
    pub at_ms: f64,
    /// When it had to have begun.
    pub until_ms: f64,
    /// Whether it was asked for once before.
    pub again: bool,
    /// What came of it.
    pub outcome: PromptOutcome,
    /// When the movement that answered began.
    pub begun_ms: Option<f64>,
    /// When this was settled: the answer had come back, or was given up.
    pub settled_ms: f64,
}

/// What was asked for and what came of it, once the clip is over. `again_until_ms`: when all that is asked for once more had to
/// be over; `None` where the person can't be told, as with an upload.
pub fn answers(
    challenge: &Challenge,
    seen: &[GestureSeen],
    again_until_ms: Option<f64>,
) -> Vec<Prompt> {
    asked_so_far(challenge, seen, again_until_ms, f64::INFINITY)
}

/// The same while the clip runs: what was asked for up to `now_ms`.
pub fn asked_so_far(
    challenge: &Challenge,
    seen: &[GestureSeen],
    again_until_ms: Option<f64>,
    now_ms: f64,
) -> Vec<Prompt> {
    let Some(schedule) = &challenge.schedule else {
        return Vec::new();
    };
    match again_until_ms {
        Some(until_ms) => step_by_step(challenge, schedule, seen, (until_ms, now_ms)),
        None => by_schedule(challenge, schedule, seen, now_ms),
    }
}

/// Whether nothing more will be asked for at the station: all was met, or a gesture failed and is not asked for again.
pub fn is_over(challenge: &Challenge, prompts: &[Prompt], again_until_ms: f64) -> bool {
    let (Some(schedule), Some(last)) = (&challenge.schedule, prompts.last()) else {
        return false;
    };
    let met = prompts
        .iter()
        .filter(|one| one.outcome == PromptOutcome::Met);
    let met = met.count();
    match last.outcome {
        PromptOutcome::Waiting => false,
        PromptOutcome::Met => met >= challenge.gestures.len(),
        _ => last.again || again_ms(schedule, met, last.settled_ms, again_until_ms).is_none(),
    }
}

/// When the gesture after so many met ones is asked for once more; `None` where the time that is left would not do for it and
/// for all that follow it.
fn again_ms(schedule: &Schedule, met: usize, settled_ms: f64, until_ms: f64) -> Option<f64> {
    let pause_ms = schedule.moments.get(met)?.again_after_ms;
    let at_ms = settled_ms + f64::from(pause_ms);
    (at_ms + rest_ms(schedule, met) <= until_ms).then_some(at_ms)
}

/// The longest that it takes from the moment of that gesture until the last one has come back, ms, where each is met at once.
fn rest_ms(schedule: &Schedule, from: usize) -> f64 {
    let answer_ms = f64::from(schedule.answer_within_ms) + RETURN_MS;
    let moments = schedule.moments.get(from..).unwrap_or_default();
    let gaps = moments.windows(2).map(|pair| {
        let planned = pair[1].at_ms.saturating_sub(pair[0].at_ms);
        f64::from(planned).max(answer_ms)
    });
    gaps.sum::<f64>() + answer_ms
}

impl Challenge {
    /// When its answer has to be complete. Who is told at the station that a gesture was missed has the time on top that it takes
    /// to ask for each once more; it makes no replay likelier to meet it (`daemon/session/tests/replays.rs`).
    pub fn ends_at(&self, told: bool) -> OffsetDateTime {
        let repeated = self.schedule.as_ref().filter(|_| told);
        let more_ms = repeated.map_or(0.0, repetitions_ms);
        self.expires_at + Duration::seconds_f64(more_ms / 1e3)
    }
}

/// The longest that it takes to ask for every gesture once more, ms.
fn repetitions_ms(schedule: &Schedule) -> f64 {
    let answer_ms = f64::from(schedule.answer_within_ms) + RETURN_MS;
    let once = |moment: &Moment| answer_ms + f64::from(moment.again_after_ms);
    schedule.moments.iter().map(once).sum()
}

/// Asked for at the moments of the schedule, whatever came of the ones before.
fn by_schedule(
    challenge: &Challenge,
    schedule: &Schedule,
    seen: &[GestureSeen],
    now_ms: f64,
) -> Vec<Prompt> {
    let moments = schedule.moments.iter().map(|moment| moment.at_ms.into());
    let moments: Vec<f64> = moments.collect();
    let asked = challenge.gestures.iter().zip(&moments).enumerate();
    let mut since_ms = 0.0;
    asked
        .take_while(|(_, (_, at_ms))| **at_ms <= now_ms)
        .map(|(place, (gesture, at_ms))| {
            let next_ms = moments.get(place + 1).copied();
            let window = Window {
                gesture: *gesture,
                since_ms,
                at_ms: *at_ms,
                until_ms: at_ms + f64::from(schedule.answer_within_ms),
                next_ms: next_ms.unwrap_or(f64::INFINITY),
                told: false,
            };
            let prompt = window.judge(seen, now_ms, false);
            since_ms = *at_ms;
            prompt
        })
        .collect()
}

/// Asked for one after the other, each once more where it failed and time is left; after a second failure no further.
fn step_by_step(
    challenge: &Challenge,
    schedule: &Schedule,
    seen: &[GestureSeen],
    (again_until_ms, now_ms): (f64, f64),
) -> Vec<Prompt> {
    let within_ms = f64::from(schedule.answer_within_ms);
    let mut prompts: Vec<Prompt> = Vec::new();
    let (mut planned_ms, mut asked_ms, mut settled_ms) = (0.0, 0.0, 0.0_f64);
    let asked = challenge.gestures.iter().zip(&schedule.moments);
    for (place, (gesture, moment)) in asked.enumerate() {
        let gap_ms = f64::from(moment.at_ms) - planned_ms;
        planned_ms = f64::from(moment.at_ms);
        let mut at_ms = settled_ms.max(asked_ms + gap_ms);
        for again in [false, true] {
            if at_ms > now_ms {
                return prompts;
            }
            let window = Window {
                gesture: *gesture,
                since_ms: settled_ms,
                at_ms,
                until_ms: at_ms + within_ms,
                next_ms: at_ms + within_ms + RETURN_MS,
                told: true,
            };
            let prompt = window.judge(seen, now_ms, again);
            prompts.push(prompt);
            (asked_ms, settled_ms) = (at_ms, prompt.settled_ms);
            match prompt.outcome {
                PromptOutcome::Met => break,
                PromptOutcome::Waiting => return prompts,
                _ => {}
            }
            let once_more = again_ms(schedule, place, settled_ms, again_until_ms);
            let Some(once_more) = once_more.filter(|_| !again) else {
                return prompts;
            };
            at_ms = once_more;
        }
    }
    prompts
}

/// Where the answer to one prompt is looked for.
struct Window {
    gesture: Gesture,
    /// What began before this was looked at already.
    since_ms: f64,
    at_ms: f64,
    until_ms: f64,
    /// What begins from here on answers the next.
    next_ms: f64,
    /// Whether the person is told at once what came of it: then it stands, whatever comes back later.
    told: bool,
}

impl Window {
    fn judge(&self, seen: &[GestureSeen], now_ms: f64, again: bool) -> Prompt {
        let over_ms = self.until_ms + RETURN_MS;
        let own = || seen.iter().filter(|one| one.kind == self.gesture);
        let begins = |from_ms: f64, to_ms: f64| {
            move |one: &&GestureSeen| (from_ms..to_ms).contains(&begun_ms(one))
        };
        let in_time = begins(self.at_ms - SLACK_MS, self.until_ms);
        let answer = own()
            .filter(in_time)
            .filter(|one| one.end_ms <= over_ms)
            .min_by(|a, b| a.end_ms.total_cmp(&b.end_ms));
        let settled_ms = answer.map_or(over_ms, |answer| answer.end_ms);
        let known_ms = if self.told { settled_ms } else { f64::INFINITY };
        let known = || own().filter(|one| one.end_ms <= known_ms);
        let other = seen
            .iter()
            .filter(|one| one.kind != self.gesture && one.kind.is_deliberate())
            .filter(|one| one.end_ms <= known_ms)
            .filter(begins(self.at_ms + SLACK_MS, settled_ms.min(self.next_ms)))
            .any(|one| !answer.is_some_and(|answer| are_one(answer, one)));
        let outcome = match answer {
            None if now_ms < over_ms => PromptOutcome::Waiting,
            _ if other => PromptOutcome::OutOfOrder,
            Some(_) => PromptOutcome::Met,
            None if known().any(|one| begins(self.until_ms, self.next_ms)(&one)) => {
                PromptOutcome::TooLate
            }
            None if known().any(|one| begins(self.since_ms, self.at_ms - SLACK_MS)(&one)) => {
                PromptOutcome::BeforeAsked
            }
            None => PromptOutcome::NotSeen,
        };
        Prompt {
            gesture: self.gesture,
            at_ms: self.at_ms,
            until_ms: self.until_ms,
            again,
            outcome,
            begun_ms: answer.map(begun_ms),
            settled_ms: answer.map_or(over_ms, |answer| answer.end_ms.max(self.at_ms)),
        }
    }
}

/// When a movement began: it left rest, at most a while before its peak.
fn begun_ms(one: &GestureSeen) -> f64 {
    one.start_ms.max(one.peak_ms - RISE_MS)
}

/// Whether two movements share most of their time.
fn are_one(answer: &GestureSeen, other: &GestureSeen) -> bool {
    let shared = answer.end_ms.min(other.end_ms) - begun_ms(answer).max(begun_ms(other));
    let length = |one: &GestureSeen| one.end_ms - begun_ms(one);
    shared > SHARED * length(answer).min(length(other))
}

#[cfg(test)]
mod tests;
