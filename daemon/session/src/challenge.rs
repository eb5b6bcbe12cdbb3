//! What the person is asked to do, drawn after the session starts so that no clip made before knows it.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::ActiveLiveness;

/// A movement from a neutral pose and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
}

impl Gesture {
    /// Whether the head moves; else a part of the face does.
    pub const fn is_of_head(self) -> bool {
        matches!(
            self,
            Self::TurnLeft | Self::TurnRight | Self::LookUp | Self::LookDown
        )
    }
}

/// A sequence to perform in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Name of this challenge.
    pub challenge_id: Uuid,
    /// What to do, in order.
    pub gestures: Vec<Gesture>,
    /// When the person was asked.
    #[serde(with = "time::serde::rfc3339")]
    pub issued_at: OffsetDateTime,
    /// An answer after this is none.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// Draws a challenge from the policy's gestures: of the head first, then of the face and of the head in turn, never
/// the one of the same part before. `pick(n)` gives a random index below `n`.
pub fn draw(
    policy: &ActiveLiveness,
    challenge_id: Uuid,
    now: OffsetDateTime,
    mut pick: impl FnMut(usize) -> usize,
) -> Challenge {
    let mut gestures: Vec<Gesture> = Vec::with_capacity(policy.gestures);
    for place in 0..policy.gestures {
        let of_part = if place % 2 == 0 {
            &policy.head
        } else {
            &policy.face
        };
        let before = place.checked_sub(2).and_then(|before| gestures.get(before));
        let choices: Vec<Gesture> = of_part
            .iter()
            .copied()
            .filter(|gesture| Some(gesture) != before)
            .collect();
        // A policy without two of a part is refused before it gets here.
        gestures.extend(choices.get(pick(choices.len().max(1))));
    }
    let expires_at = now + Duration::seconds(i64::from(policy.timeout_s));
    Challenge {
        challenge_id,
        gestures,
        issued_at: now,
        expires_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policy;

    #[test]
    fn a_challenge_has_as_many_gestures_as_the_policy_asks_and_ends_in_its_time() {
        let policy = Policy::default_for_tests().active_liveness;
        let now = OffsetDateTime::UNIX_EPOCH;
        let drawn = draw(&policy, Uuid::nil(), now, |n| n - 1);
        assert_eq!(drawn.gestures.len(), policy.gestures);
        assert_eq!(
            (drawn.expires_at - now).whole_seconds(),
            i64::from(policy.timeout_s)
        );
    }

    #[test]
    fn head_and_face_take_turns_and_no_gesture_follows_itself() {
        let policy = Policy::default_for_tests().active_liveness;
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..10_000_usize {
            let mut rest = number;
            let drawn = draw(&policy, Uuid::nil(), OffsetDateTime::UNIX_EPOCH, |n| {
                let index = rest % n;
                rest /= n;
                index
            });
            for (place, gesture) in drawn.gestures.iter().enumerate() {
                assert_eq!(gesture.is_of_head(), place % 2 == 0);
                assert!(place < 2 || drawn.gestures[place - 2] != *gesture);
            }
            seen.insert(format!("{:?}", drawn.gestures));
        }
        assert_eq!(seen.len() as u64, policy.challenges());
    }
}
