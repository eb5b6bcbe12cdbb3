//! A clip of before is known again, for as long as it is kept; what is sent again for the same attempt is none.

use super::*;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// A clip that wanders through hashes by seed, a few bits of each disturbed.
fn clip(seed: u64, noise: u64) -> ClipTrace {
    let mut faces = Vec::new();
    let mut state = seed;
    let mut at = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for place in 0..70_u64 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        at ^= (1 << (state >> 58)) | (1 << (state >> 52 & 63));
        faces.push(Some(
            at ^ if noise > 0 {
                1 << ((place * noise) % 63)
            } else {
                0
            },
        ));
    }
    ClipTrace {
        frames: faces.clone(),
        faces,
        attempt: None,
    }
}

#[test]
fn what_is_sent_again_for_the_same_attempt_is_no_clip_of_before() {
    let for_attempt = |attempt| {
        let mut clip = clip(1, 0);
        clip.attempts(attempt);
        clip
    };
    let mut seen = SeenClips::default();
    seen.keep(for_attempt(7), NOW);
    assert_eq!(seen.judge(&for_attempt(7), NOW), Judgement::CLEAR);
    for other in [for_attempt(8), clip(1, 0)] {
        let found = seen.judge(&other, NOW);
        assert_eq!(found.reason(), Some(Reason::SeenBefore));
    }
    seen.keep(clip(1, 0), NOW);
    let found = seen.judge(&for_attempt(7), NOW);
    assert_eq!(found.reason(), Some(Reason::SeenBefore));
}

#[test]
fn a_clip_is_known_again_though_its_hashes_waver_and_it_starts_later() {
    let mut seen = SeenClips::default();
    assert_eq!(seen.judge(&clip(1, 0), NOW), Judgement::CLEAR);
    seen.keep(clip(1, 0), NOW);
    seen.keep(clip(2, 0), NOW);
    assert_eq!(
        seen.judge(&clip(1, 5), NOW).reason(),
        Some(Reason::SeenBefore)
    );
    let mut later = clip(1, 3);
    later.faces.drain(..15);
    assert_eq!(seen.judge(&later, NOW).reason(), Some(Reason::SeenBefore));
    let other = seen.judge(&clip(3, 0), NOW);
    assert!(other.score().is_some_and(|score| score < 0.5), "{other:?}");
}

#[test]
fn a_face_that_does_not_move_is_not_assessed() {
    let still = ClipTrace {
        faces: vec![Some(77); 50],
        frames: vec![Some(77); 50],
        attempt: None,
    };
    let mut seen = SeenClips::default();
    seen.keep(still.clone(), NOW);
    assert_eq!(
        seen.judge(&still, NOW),
        Judgement::NotAssessed(WhyNot::TooStill)
    );
}

#[test]
fn the_oldest_goes_where_there_are_too_many_or_it_is_too_old() {
    let mut seen = SeenClips::default();
    for seed in 0..=MOST_CLIPS as u64 {
        seen.keep(clip(seed, 0), NOW);
    }
    assert_eq!(seen.len(), MOST_CLIPS);
    seen.keep(clip(5, 0), NOW + MOST_AGE + Duration::SECOND);
    assert_eq!(seen.len(), 1);
}

#[test]
fn a_clip_is_known_again_after_a_restart_and_the_ring_goes_on_where_it_was() {
    let mut before = SeenClips::default();
    before.keep(clip(1, 0), NOW);
    before.keep(clip(2, 0), NOW + Duration::HOUR);
    let kept: Vec<_> = before
        .changes()
        .into_iter()
        .map(|(place, bytes)| (place, bytes.unwrap()))
        .collect();
    assert_eq!(
        kept.iter().map(|(place, _)| *place).collect::<Vec<_>>(),
        [0, 1]
    );
    assert!(before.changes().is_empty());
    let mut after = SeenClips::default();
    assert_eq!(
        after.restore(kept.into_iter().rev(), NOW + Duration::DAY),
        0
    );
    let found = after.judge(&clip(1, 5), NOW + Duration::DAY);
    assert_eq!(found.reason(), Some(Reason::SeenBefore));
    after.keep(clip(3, 0), NOW + Duration::DAY);
    assert_eq!(after.changes()[0].0, 2);
}

#[test]
fn what_is_too_old_or_cut_off_is_not_taken_back() {
    let mut before = SeenClips::default();
    before.keep(clip(1, 0), NOW);
    let (place, bytes) = before.changes().pop().unwrap();
    let bytes = bytes.unwrap();
    let cut = Zeroizing::new(bytes[..bytes.len() - 3].to_vec());
    let mut after = SeenClips::default();
    let much_later = NOW + MOST_AGE + Duration::DAY;
    assert_eq!(after.restore([(place, bytes), (7, cut)], much_later), 1);
    assert!(after.is_empty());
    assert!(matches!(after.changes()[..], [(0, None)]));
}
