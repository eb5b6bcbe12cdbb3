//! The best picture of a session so far, and no more than that one.

use super::super::Subject;
use super::FaceQuality;
use crate::picture::Picture;

/// A new picture must be better by this much: frames alike are not copied one after the other.
const MARGIN: f32 = 0.5;

/// A picture with its face, as good as it was.
#[derive(Debug, Clone)]
pub struct Shot {
    /// The picture.
    pub picture: Picture,
    /// The face in it.
    pub subject: Subject,
    /// How good it is.
    pub quality: FaceQuality,
    /// Its score, 0 to 100: [`FaceQuality::own_score`].
    pub score: f32,
}

/// Keeps the best shot. Holds one picture at most, whatever it is offered.
#[derive(Debug, Default)]
pub struct BestShot {
    best: Option<Shot>,
}

impl BestShot {
    /// Keeps `picture` where it is better than what is kept, and says whether it did. A picture without a score is
    /// not kept.
    pub fn offer(&mut self, picture: &Picture, subject: &Subject, quality: &FaceQuality) -> bool {
        let Some(score) = quality.own_score() else {
            return false;
        };
        let better = self
            .best
            .as_ref()
            .is_none_or(|best| score > best.score + MARGIN);
        if better {
            self.best = Some(Shot {
                picture: picture.clone(),
                subject: subject.clone(),
                quality: quality.clone(),
                score,
            });
        }
        better
    }

    /// The best shot so far.
    #[must_use]
    pub const fn best(&self) -> Option<&Shot> {
        self.best.as_ref()
    }

    /// The best shot, given away.
    #[must_use]
    pub fn into_best(self) -> Option<Shot> {
        self.best
    }
}
