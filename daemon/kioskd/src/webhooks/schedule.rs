//! When a message that was not taken is tried again: waits that grow, with chance in them, for a day.
//!
//! The n-th wait lies between half of and the whole of `5 s * 4^(n-1)`, at most 6 hours: 5 s, 20 s, 80 s, 5 min, 21 min, 85 min,
//! 5.7 h and then every 6 h. A receiver that says `Retry-After` is not tried before that.

use time::{Duration, OffsetDateTime};

/// How long a message is tried.
pub(super) const FOR: Duration = Duration::hours(24);
const FIRST: Duration = Duration::seconds(5);
const LONGEST: Duration = Duration::hours(6);

/// The next try after the `tries`-th failed; `None` where its day would be over. `chance` is from 0 to 1.
pub(super) fn next_try(
    tries: u32,
    since: OffsetDateTime,
    now: OffsetDateTime,
    retry_after: Option<Duration>,
    chance: f64,
) -> Option<OffsetDateTime> {
    let factor = 4_i32.saturating_pow(tries.saturating_sub(1).min(12));
    let bound = FIRST.saturating_mul(factor).min(LONGEST);
    let half: Duration = bound / 2;
    let wait: Duration = half + half * chance.clamp(0.0_f64, 1.0);
    let wait = retry_after.map_or(wait, |asked| wait.max(asked));
    let next = now.checked_add(wait)?;
    (next - since <= FOR).then_some(next)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const BEGIN: OffsetDateTime = datetime!(2024-01-15 10:30:00 UTC);

    #[test]
    fn waits_grow_and_end_within_a_day() {
        for chance in [0.0, 0.5, 1.0] {
            let (mut now, mut tries, mut last) = (BEGIN, 0, Duration::ZERO);
            loop {
                tries += 1;
                let Some(next) = next_try(tries, BEGIN, now, None, chance) else {
                    break;
                };
                assert!(next - now >= last, "try {tries}");
                (last, now) = (next - now, next);
                assert!(tries < 30);
            }
            assert!((9..=16).contains(&tries), "{chance}: {tries}");
            assert!(now - BEGIN > Duration::hours(17), "{chance}: {now}");
        }
    }

    #[test]
    fn no_two_kiosks_have_to_come_at_once() {
        let at = |chance| next_try(3, BEGIN, BEGIN, None, chance).unwrap() - BEGIN;
        assert_eq!(at(0.0), Duration::seconds(40));
        assert_eq!(at(1.0), Duration::seconds(80));
    }

    #[test]
    fn a_receiver_s_own_word_is_kept_and_never_makes_it_sooner_or_endless() {
        let next = |asked| next_try(1, BEGIN, BEGIN, Some(asked), 0.5);
        assert_eq!(
            next(Duration::minutes(7)),
            Some(BEGIN + Duration::minutes(7))
        );
        assert!(next(Duration::ZERO).unwrap() > BEGIN + Duration::seconds(2));
        assert_eq!(next(Duration::hours(25)), None);
        assert_eq!(next(Duration::MAX), None);
    }
}
