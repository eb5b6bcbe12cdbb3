//! A clip that was judged before, by the hashes that were kept of it.
//!
//! Kept of each clip: ten times a second a hash of the face's square and one of the whole frame ([`super::perceptual_hash`],
//! 63 signs of light and dark each), for a minute at most; never a picture. Such a hash is no template: two people's are
//! as near as two moments of one. It still comes from a face, so it lives in memory only, is bounded in number and age,
//! and is wiped when it goes. Nothing of it is written anywhere: after a restart a kiosk has seen nothing.
//!
//! Two clips are laid over each other (`align`). A replay at another speed, mirrored, off a screen or of less than 2 s is
//! not told.

use std::collections::VecDeque;

use time::{Duration, OffsetDateTime};
use zeroize::Zeroize;

use super::align::{Laid, lay};
use super::{Judgement, Reason, WhyNot, by_limit};
use crate::Error;
use crate::face::FaceBox;
use crate::picture::{Picture, Region};

/// ms between hashes.
const STEP_MS: f64 = 100.0;
/// Hashes kept of a clip: a minute.
const MOST_HASHES: usize = 600;
/// Clips kept: 10 MB at most.
const MOST_CLIPS: usize = 1_000;
/// How long a clip is kept.
const MOST_AGE: Duration = Duration::days(30);
/// Side of the face's square over its box's height.
const FACE_SIDE: f32 = 1.1;
/// Mean bits by which a moving face differs from itself at other times: below, one moment is like another.
pub(super) const LEAST_MOVEMENT: f32 = 4.0;
/// How far the best shift stands out at the limit. Measured on clips of five people cut into parts of 4 s, each part
/// against the earlier ones: 0.27 at most, 0.13 in the median. The same clips, compressed anew, cropped and brightened:
/// 0.50 and more, where the face moves by more than the compression disturbs. A replay off a screen, warped by a hand and
/// by the screen's refresh, measures 0.08 to 0.26: it is not told by this sign.
const STANDS_OUT: f32 = 0.4;

/// The hashes of one clip.
#[derive(Default, Clone)]
pub struct ClipTrace {
    faces: Vec<Option<u64>>,
    frames: Vec<Option<u64>>,
}

impl std::fmt::Debug for ClipTrace {
    /// How many only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClipTrace({})", self.frames.len())
    }
}

impl Drop for ClipTrace {
    fn drop(&mut self) {
        self.faces.zeroize();
        self.frames.zeroize();
    }
}

impl ClipTrace {
    /// Takes a frame, `t_ms` after the clip's first. Of several within a tenth of a second the first is taken.
    ///
    /// # Errors
    /// Where an image operation fails.
    pub fn look(
        &mut self,
        picture: &Picture,
        face: Option<&FaceBox>,
        t_ms: f64,
    ) -> Result<(), Error> {
        let place = (t_ms / STEP_MS).round();
        if !(self.frames.len() as f64..MOST_HASHES as f64).contains(&place) {
            return Ok(());
        }
        let face = match face {
            Some(face) => super::perceptual_hash(picture, Some(square(face)))?,
            None => None,
        };
        let place = place as usize;
        self.faces.resize(place, None);
        self.frames.resize(place, None);
        self.faces.push(face);
        self.frames.push(super::perceptual_hash(picture, None)?);
        Ok(())
    }

    /// The face's hashes, ten a second.
    pub(super) fn faces(&self) -> &[Option<u64>] {
        &self.faces
    }

    /// Judges whether this clip is that one.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Judgement {
        by_movement(lay(&self.faces, &other.faces, 0)).louder(by_movement(lay(
            &self.frames,
            &other.frames,
            0,
        )))
    }
}

fn by_movement(laid: Option<Laid>) -> Judgement {
    match laid {
        Some(laid) if laid.elsewhere >= LEAST_MOVEMENT => Judgement::of(
            by_limit(laid.stands_out(), 0.0, STANDS_OUT),
            Reason::SeenBefore,
        ),
        Some(_) => Judgement::NotAssessed(WhyNot::TooStill),
        None => Judgement::NotAssessed(WhyNot::TooShort),
    }
}

/// The square about a face.
fn square(face: &FaceBox) -> Region {
    let side = FACE_SIDE * face.height;
    Region {
        x: face.x + (face.width - side) / 2.0,
        y: face.y + (face.height - side) / 2.0,
        width: side,
        height: side,
    }
}

/// The clips of before.
#[derive(Debug, Default, Clone)]
pub struct SeenClips {
    clips: VecDeque<(OffsetDateTime, ClipTrace)>,
}

impl SeenClips {
    /// Compares a clip with every one that is kept; the loudest counts. Without one, or too short a clip, nothing is
    /// told but that.
    pub fn judge(&mut self, clip: &ClipTrace, now: OffsetDateTime) -> Judgement {
        self.forget(now);
        if clip.faces.iter().flatten().count() < 20 {
            return Judgement::NotAssessed(WhyNot::TooShort);
        }
        if self.clips.is_empty() {
            return Judgement::CLEAR;
        }
        let found = self.clips.iter().map(|(_, kept)| clip.compare(kept));
        found.reduce(Judgement::louder).unwrap_or(Judgement::CLEAR)
    }

    /// Keeps a clip's hashes.
    pub fn keep(&mut self, clip: ClipTrace, now: OffsetDateTime) {
        self.forget(now);
        if self.clips.len() >= MOST_CLIPS {
            self.clips.pop_front();
        }
        self.clips.push_back((now, clip));
    }

    /// How many are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clips.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clips.is_empty()
    }

    fn forget(&mut self, now: OffsetDateTime) {
        while let Some((kept, _)) = self.clips.front()
            && now - *kept > MOST_AGE
        {
            self.clips.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
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
        }
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
}
