//! What the person is asked to do, drawn after the session starts so that no clip made before knows it.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{ActiveLiveness, ScreenShow, Timing};

/// A movement from a neutral pose and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gesture {
    /// Head to the person's own left.
    TurnLeft,
    /// Head to the person's own right.
    TurnRight,
    /// Chin up.
    LookUp,
    /// Chin down.
    LookDown,
    /// Both eyes shut and open again.
    Blink,
    /// Mouth open and shut again.
    OpenMouth,
    /// Mouth drawn wide and back.
    Smile,
    /// Head nearer to the camera and back.
    ComeCloser,
}

impl Gesture {
    /// Whether the head moves; else a part of the face does.
    pub const fn is_of_head(self) -> bool {
        matches!(
            self,
            Self::TurnLeft | Self::TurnRight | Self::LookUp | Self::LookDown | Self::ComeCloser
        )
    }

    /// Whether nobody makes it without meaning to: people blink and smile by themselves.
    pub const fn is_deliberate(self) -> bool {
        !matches!(self, Self::Blink | Self::Smile)
    }
}

/// When one gesture is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// ms from the clip's first frame.
    pub at_ms: u32,
    /// Where it may be asked for once more: ms from the moment at which the first try was given up.
    pub again_after_ms: u32,
}

/// When each gesture is asked for. A gesture that begins before or too long after is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// One a gesture, in their order.
    pub moments: Vec<Moment>,
    /// How long after it was asked for a gesture may begin, ms.
    pub answer_within_ms: u32,
}

/// A sequence to perform in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Challenge {
    /// Name of this challenge.
    pub challenge_id: Uuid,
    /// What to do, in order.
    pub gestures: Vec<Gesture>,
    /// When each is asked for; absent where their order alone counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// What the kiosk's own screen shows before; absent where it shows nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen: Option<ScreenShow>,
    /// When the person was asked.
    #[serde(with = "time::serde::rfc3339")]
    pub issued_at: OffsetDateTime,
    /// When its answer has to be complete where the person is not told what came of it; [`Challenge::ends_at`] where told.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// Every sequence that the policy can ask for: of both parts, no gesture right after itself, and of what people also do by
/// themselves at most one, which an old clip may show by chance.
pub fn sequences(policy: &ActiveLiveness) -> Vec<Vec<Gesture>> {
    let kinds: Vec<Gesture> = policy.head.iter().chain(&policy.face).copied().collect();
    let mut grown: Vec<Vec<Gesture>> = vec![Vec::new()];
    for _ in 0..policy.gestures {
        grown = grown
            .iter()
            .flat_map(|begun| {
                let next = kinds.iter().filter(|kind| begun.last() != Some(kind));
                next.map(|kind| [begun.as_slice(), &[*kind]].concat())
            })
            .collect();
    }
    // A single gesture can't be of both parts.
    grown.retain(|sequence| {
        let of_head = sequence.iter().filter(|kind| kind.is_of_head()).count();
        let by_chance = sequence.iter().filter(|kind| !kind.is_deliberate());
        sequence.len() < 2 || (of_head > 0 && of_head < sequence.len() && by_chance.count() < 2)
    });
    grown
}

/// Draws a challenge: each sequence that was not asked for lately as likely as the others, and the moments at which its
/// gestures are asked for. `pick(n)` gives a random index below `n`.
pub fn draw(
    policy: &ActiveLiveness,
    lately: &[Vec<Gesture>],
    challenge_id: Uuid,
    now: OffsetDateTime,
    mut pick: impl FnMut(usize) -> usize,
) -> Challenge {
    let all = sequences(policy);
    let fresh: Vec<&Vec<Gesture>> = all.iter().filter(|one| !lately.contains(one)).collect();
    let choices = if fresh.is_empty() {
        all.iter().collect()
    } else {
        fresh
    };
    // A policy without a sequence is refused before it gets here.
    let drawn = choices.get(pick(choices.len().max(1)));
    let gestures: Vec<Gesture> = drawn.map(|drawn| drawn.to_vec()).unwrap_or_default();
    let schedule = match policy.timing {
        Timing::OrderOnly => None,
        Timing::Binding => Some(moments(policy, gestures.len(), &mut pick)),
    };
    let expires_at = now + Duration::seconds(i64::from(policy.timeout_s));
    Challenge {
        challenge_id,
        gestures,
        schedule,
        screen: None,
        issued_at: now,
        expires_at,
    }
}

impl Challenge {
    /// The same behind what the screen shows: all is asked for later by as much as that takes.
    #[must_use]
    pub fn behind(mut self, screen: ScreenShow) -> Self {
        let moments = self.schedule.iter_mut().flat_map(|all| &mut all.moments);
        for moment in moments {
            moment.at_ms = moment.at_ms.saturating_add(screen.length_ms);
        }
        self.expires_at += Duration::milliseconds(screen.length_ms.into());
        self.screen = Some(screen);
        self
    }
}

fn moments(
    policy: &ActiveLiveness,
    gestures: usize,
    pick: &mut impl FnMut(usize) -> usize,
) -> Schedule {
    let mut between = |[least, most]: [u32; 2]| {
        let room = most.saturating_sub(least) as usize + 1;
        least + u32::try_from(pick(room)).unwrap_or(0)
    };
    let mut at_ms = 0;
    let moments = (0..gestures)
        .map(|place| {
            at_ms += between(if place == 0 {
                policy.first_ms
            } else {
                policy.gap_ms
            });
            let again_after_ms = between(policy.first_ms);
            Moment {
                at_ms,
                again_after_ms,
            }
        })
        .collect();
    Schedule {
        moments,
        answer_within_ms: policy.answer_within_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policy;
    use std::collections::BTreeSet;

    /// A pick that counts up, so that every index comes.
    fn counting(number: usize) -> impl FnMut(usize) -> usize {
        let mut rest = number;
        move |n| {
            let index = rest % n;
            rest = rest.wrapping_mul(31).wrapping_add(7);
            index
        }
    }

    #[test]
    fn a_challenge_has_as_many_gestures_as_the_policy_asks_and_ends_in_its_time() {
        let policy = Policy::default_for_tests().active_liveness;
        let now = OffsetDateTime::UNIX_EPOCH;
        let drawn = draw(&policy, &[], Uuid::nil(), now, |n| n - 1);
        assert_eq!(drawn.gestures.len(), policy.gestures);
        let schedule = drawn.schedule.unwrap();
        let last = schedule.moments.last().unwrap();
        let needs = last.at_ms + schedule.answer_within_ms;
        assert!(needs < policy.timeout_s * 1000, "{needs}");
        let length = (drawn.expires_at - now).whole_seconds();
        assert_eq!(length, i64::from(policy.timeout_s));
    }

    #[test]
    fn every_sequence_is_of_both_parts_and_no_gesture_follows_itself() {
        let policy = Policy::default_for_tests().active_liveness;
        let all = sequences(&policy);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        for sequence in &all {
            assert!(sequence.windows(2).all(|pair| pair[0] != pair[1]));
            assert!(sequence.iter().any(|kind| kind.is_of_head()));
            assert!(sequence.iter().any(|kind| !kind.is_of_head()));
            assert!(sequence.iter().filter(|kind| !kind.is_deliberate()).count() < 2);
        }
    }

    #[test]
    fn every_sequence_is_drawn_and_each_moment_lies_within_the_policy() {
        let policy = Policy::default_for_tests().active_liveness;
        let mut seen = BTreeSet::new();
        for number in 0..10_000_usize {
            let now = OffsetDateTime::UNIX_EPOCH;
            let drawn = draw(&policy, &[], Uuid::nil(), now, counting(number));
            let mut before = 0;
            for (place, moment) in drawn.schedule.unwrap().moments.iter().enumerate() {
                let [least, most] = if place == 0 {
                    policy.first_ms
                } else {
                    policy.gap_ms
                };
                assert!((least..=most).contains(&(moment.at_ms - before)));
                before = moment.at_ms;
            }
            seen.insert(drawn.gestures);
        }
        assert_eq!(seen.len(), sequences(&policy).len());
    }

    #[test]
    fn a_sequence_asked_for_lately_is_not_drawn_while_another_is_left() {
        let policy = Policy::default_for_tests().active_liveness;
        let now = OffsetDateTime::UNIX_EPOCH;
        let mut lately = sequences(&policy);
        let left = lately.pop().unwrap();
        for number in 0..20 {
            let drawn = draw(&policy, &lately, Uuid::nil(), now, counting(number));
            assert_eq!(drawn.gestures, left);
        }
        lately.push(left);
        assert!(
            !draw(&policy, &lately, Uuid::nil(), now, |_| 0)
                .gestures
                .is_empty()
        );
    }

    #[test]
    fn behind_what_the_screen_shows_all_comes_later() {
        let policy = Policy::default_for_tests().active_liveness;
        let plain = draw(&policy, &[], Uuid::nil(), OffsetDateTime::UNIX_EPOCH, |_| 0);
        let screen = ScreenShow {
            length_ms: 5_000,
            ..ScreenShow::default()
        };
        let later = plain.clone().behind(screen);
        let first = |challenge: &Challenge| challenge.schedule.as_ref().unwrap().moments[0].at_ms;
        assert_eq!(first(&later), first(&plain) + 5_000);
        assert_eq!((later.expires_at - plain.expires_at).whole_seconds(), 5);
    }

    #[test]
    fn where_order_alone_counts_no_moment_is_drawn() {
        let mut policy = Policy::default_for_tests().active_liveness;
        policy.timing = Timing::OrderOnly;
        let now = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(draw(&policy, &[], Uuid::nil(), now, |_| 0).schedule, None);
    }
}
