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

/// Draws a challenge: a head movement first, then alternately of the face and of the head, never
/// the same gesture twice in a row. `pick(n)` gives a random index below `n`.
pub fn draw(
    policy: &ActiveLiveness,
    challenge_id: Uuid,
    now: OffsetDateTime,
    mut pick: impl FnMut(usize) -> usize,
) -> Challenge {
    const HEAD: [Gesture; 2] = [Gesture::TurnLeft, Gesture::TurnRight];
    const FACE: [Gesture; 2] = [Gesture::Blink, Gesture::OpenMouth];
    let mut gestures: Vec<Gesture> = Vec::with_capacity(policy.gestures);
    for place in 0..policy.gestures {
        let choices = if place % 2 == 0 { HEAD } else { FACE };
        gestures.push(choices[pick(choices.len()) % choices.len()]);
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
        assert_eq!(drawn.gestures, [Gesture::TurnRight, Gesture::OpenMouth]);
        assert_eq!(
            (drawn.expires_at - now).whole_seconds(),
            i64::from(policy.timeout_s)
        );
    }
}
