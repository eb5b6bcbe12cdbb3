//! Frames that repeat. A sensor's noise never does, so that no two of its frames are equal byte for byte.
//!
//! A container may hold frames twice to keep its rate, and a decoder gives an unchanged picture again where nothing
//! moved: neighbours that are equal count only as nearly all are. Frames that come back after others were there do not
//! come about that way. A loop that was compressed anew is told by its movement, which is there twice.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::align::lay;
use super::{Judgement, Reason, WhyNot, by_limit};
use crate::picture::Picture;

/// Fewest frames on which anything is said.
const LEAST_FRAMES: usize = 10;
/// Frames looked at: ten minutes at 30 frames a second.
const MOST_FRAMES: usize = 18_000;
/// Every so many rows are read: noise is in every row.
const ROWS: usize = 8;
/// Share of frames equal to the one before at the limit. A container of 30 frames a second that was fed 5 has 0.83.
const STILL: f32 = 0.95;
/// Share of frames that were there before others at the limit.
const RECUR: f32 = 0.05;
/// A movement that comes again after less than this is a person's own: a nod, a blink. Tenths of a second.
const LEAST_PERIOD: usize = 10;
/// A movement as in `seen`.
const LEAST_MOVEMENT: f32 = super::seen::LEAST_MOVEMENT;
/// Contrast at the limit. A loop fits at every multiple of its period, so that what lies between is its measure.
const CONTRAST: f32 = 0.6;

/// Counts repeated frames as they come.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    first_seen: HashMap<u64, usize>,
    before: Option<u64>,
    frames: usize,
    same_as_before: usize,
    recurred: usize,
}

impl Repeats {
    /// Takes the next frame.
    pub(super) fn look(&mut self, picture: &Picture) {
        if self.frames >= MOST_FRAMES {
            return;
        }
        let digest = digest(picture);
        if self.before == Some(digest) {
            self.same_as_before += 1;
        } else if self.first_seen.contains_key(&digest) {
            self.recurred += 1;
        }
        self.first_seen.entry(digest).or_insert(self.frames);
        self.before = Some(digest);
        self.frames += 1;
    }

    /// Judges them, with the hashes of the face, ten a second.
    pub(super) fn judge(&self, faces: &[Option<u64>]) -> Judgement {
        if self.frames < LEAST_FRAMES {
            return Judgement::NotAssessed(WhyNot::TooShort);
        }
        let share = |count: usize| count as f32 / (self.frames - 1) as f32;
        let still = Judgement::of(
            by_limit(share(self.same_as_before), 0.5, STILL),
            Reason::Still,
        );
        let recur = Judgement::of(
            by_limit(share(self.recurred), 0.0, RECUR),
            Reason::FramesRecur,
        );
        still.louder(recur).louder(looped(faces))
    }
}

/// A movement that is there twice, as long as it covers most of the clip.
fn looped(faces: &[Option<u64>]) -> Judgement {
    match lay(faces, faces, LEAST_PERIOD) {
        Some(laid) if laid.elsewhere >= LEAST_MOVEMENT => {
            Judgement::of(by_limit(laid.contrast(), 0.0, CONTRAST), Reason::Loop)
        }
        Some(_) => Judgement::NotAssessed(WhyNot::TooStill),
        None => Judgement::NotAssessed(WhyNot::TooShort),
    }
}

/// A hash of every eighth row. Of use within a process only.
fn digest(picture: &Picture) -> u64 {
    let mut hasher = DefaultHasher::new();
    (picture.width(), picture.height()).hash(&mut hasher);
    let row = picture.width() as usize * 3;
    for bytes in picture.bgr().chunks(row).step_by(ROWS) {
        hasher.write(bytes);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(seed: u32) -> Picture {
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
        let bytes = (0..64 * 48 * 3)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                100 + (state >> 30) as u8
            })
            .collect();
        Picture::from_bgr(64, 48, bytes).unwrap()
    }

    fn judged(seeds: impl Iterator<Item = u32>) -> Judgement {
        let mut repeats = Repeats::default();
        for seed in seeds {
            repeats.look(&frame(seed));
        }
        repeats.judge(&[])
    }

    #[test]
    fn frames_with_a_sensors_noise_never_repeat() {
        assert_eq!(judged(0..40), Judgement::CLEAR);
    }

    #[test]
    fn a_container_that_holds_each_frame_three_times_is_below_the_limit() {
        assert!(judged((0..60).map(|place| place / 3)).score() < Some(0.5));
    }

    #[test]
    fn a_still_and_a_loop_are_told() {
        assert_eq!(judged((0..40).map(|_| 7)).reason(), Some(Reason::Still));
        let looped = judged((0..40).map(|place| place % 12));
        assert_eq!(looped.reason(), Some(Reason::FramesRecur));
        let to_and_fro = judged((0..40).map(|place| 20_u32.abs_diff(place)));
        assert_eq!(to_and_fro.reason(), Some(Reason::FramesRecur));
    }

    #[test]
    fn a_movement_that_is_there_twice_is_told_though_no_frame_is_the_same() {
        let wander = |place: u64| {
            let step = (place % 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            Some(step & 0x7fff_ffff_ffff_ffff)
        };
        let noise = |place: u64| 1 << (place * 7 % 63);
        let twice: Vec<Option<u64>> = (0..110)
            .map(|place| wander(place).map(|hash| hash ^ noise(place)))
            .collect();
        assert_eq!(looped(&twice).reason(), Some(Reason::Loop));
        let once: Vec<Option<u64>> = (0..40).map(wander).collect();
        assert!(looped(&once).score().is_none_or(|score| score < 0.5));
    }

    #[test]
    fn a_single_picture_is_not_assessed() {
        assert_eq!(judged(0..1), Judgement::NotAssessed(WhyNot::TooShort));
    }
}
