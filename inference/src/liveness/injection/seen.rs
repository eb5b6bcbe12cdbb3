//! A clip that was judged before, by the hashes that were kept of it.
//!
//! Kept of each clip: ten times a second a hash of the face's square and one of the whole frame ([`super::perceptual_hash`],
//! 63 signs of light and dark each), for a minute at most; never a picture. Such a hash is no template: two people's are
//! as near as two moments of one. It still comes from a face, so it is bounded in number and age and wiped when it goes.
//! Who keeps clips over a restart takes what [`SeenClips::changes`] gives, seals it, and gives it back to
//! [`SeenClips::restore`]; this module writes nothing by itself.
//!
//! ```text
//!  ring of 1,000 places ──► place ‖ bytes of one clip: version (1) ‖ seconds (8) ‖ for each tenth of a second:
//!                                                      which are there (1) ‖ face (8) ‖ frame (8)
//! ```
//!
//! Two clips are laid over each other (`align`). A replay at another speed, mirrored, off a screen or of less than 2 s is
//! not told.

use std::collections::VecDeque;

use time::{Duration, OffsetDateTime};
use zeroize::{Zeroize, Zeroizing};

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
    /// What the clip answers, in this process alone.
    attempt: Option<u128>,
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

    /// Names what the clip answers. One that is sent again for the same, since its sender's connection broke or nothing could be
    /// recorded, is no clip of before; what was recorded is not answered twice.
    pub(super) fn attempts(&mut self, attempt: u128) {
        self.attempt = Some(attempt);
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

/// The form of a clip's bytes.
const VERSION: u8 = 1;

impl ClipTrace {
    /// The clip as bytes, kept at that time.
    fn to_bytes(&self, kept: OffsetDateTime) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(9 + 17 * self.frames.len()));
        bytes.push(VERSION);
        bytes.extend(kept.unix_timestamp().to_be_bytes());
        for (face, frame) in self.faces.iter().zip(&self.frames) {
            bytes.push(u8::from(face.is_some()) | u8::from(frame.is_some()) << 1);
            bytes.extend(face.unwrap_or_default().to_be_bytes());
            bytes.extend(frame.unwrap_or_default().to_be_bytes());
        }
        bytes
    }

    /// Reads such bytes; `None` where they are none.
    fn from_bytes(bytes: &[u8]) -> Option<(OffsetDateTime, Self)> {
        let (VERSION, rest) = bytes
            .split_first()
            .map(|(version, rest)| (*version, rest))?
        else {
            return None;
        };
        let (seconds, moments) = rest.split_first_chunk::<8>()?;
        let kept = OffsetDateTime::from_unix_timestamp(i64::from_be_bytes(*seconds)).ok()?;
        if moments.len() % 17 != 0 || moments.len() / 17 > MOST_HASHES {
            return None;
        }
        let mut trace = Self::default();
        for moment in moments.chunks_exact(17) {
            let (there, hashes) = moment.split_first()?;
            let (face, frame) = hashes.split_first_chunk::<8>()?;
            let frame = u64::from_be_bytes(frame.try_into().ok()?);
            let face = u64::from_be_bytes(*face);
            trace.faces.push((there & 1 != 0).then_some(face));
            trace.frames.push((there & 2 != 0).then_some(frame));
        }
        Some((kept, trace))
    }
}

/// A place of the ring whose content has changed: a clip's bytes, or nothing any more.
pub type Change = (usize, Option<Zeroizing<Vec<u8>>>);

/// The clips of before.
#[derive(Debug, Default, Clone)]
pub struct SeenClips {
    /// When each was kept, and its place in the ring.
    clips: VecDeque<(OffsetDateTime, usize, ClipTrace)>,
    next_place: usize,
    changes: Vec<Change>,
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
        let of_another = |kept: &&ClipTrace| kept.attempt.is_none() || kept.attempt != clip.attempt;
        let kept = self.clips.iter().map(|(_, _, kept)| kept);
        let found = kept.filter(of_another).map(|kept| clip.compare(kept));
        found.reduce(Judgement::louder).unwrap_or(Judgement::CLEAR)
    }

    /// Keeps a clip's hashes.
    pub fn keep(&mut self, clip: ClipTrace, now: OffsetDateTime) {
        self.forget(now);
        if self.clips.len() >= MOST_CLIPS {
            self.clips.pop_front();
        }
        let place = self.next_place;
        self.next_place = (place + 1) % MOST_CLIPS;
        self.change(place, Some(clip.to_bytes(now)));
        self.clips.push_back((now, place, clip));
    }

    /// Takes back what was kept before a restart, each place's bytes as [`SeenClips::changes`] gave them; what can't be
    /// read is left out and told. Places of what is too old are given by the next [`SeenClips::changes`].
    pub fn restore(
        &mut self,
        kept: impl IntoIterator<Item = (usize, Zeroizing<Vec<u8>>)>,
        now: OffsetDateTime,
    ) -> usize {
        let mut unread = 0;
        for (place, bytes) in kept {
            match ClipTrace::from_bytes(&bytes) {
                Some((at, trace)) if place < MOST_CLIPS => self.clips.push_back((at, place, trace)),
                _ => unread += 1,
            }
        }
        self.clips
            .make_contiguous()
            .sort_by_key(|(at, place, _)| (*at, *place));
        self.next_place = self
            .clips
            .back()
            .map_or(0, |(_, place, _)| (place + 1) % MOST_CLIPS);
        self.forget(now);
        unread
    }

    /// What has changed since this was last asked.
    pub fn changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// Nobody may take the changes: of a place the last one counts.
    fn change(&mut self, place: usize, bytes: Option<Zeroizing<Vec<u8>>>) {
        self.changes.retain(|(changed, _)| *changed != place);
        self.changes.push((place, bytes));
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
        while let Some((kept, place, _)) = self.clips.front()
            && now - *kept > MOST_AGE
        {
            let place = *place;
            self.clips.pop_front();
            self.change(place, None);
        }
    }
}

/// Places of the ring in which clips may have been kept.
pub const PLACES: std::ops::Range<usize> = 0..MOST_CLIPS;

#[cfg(test)]
mod tests;
