//! The same face through a whole clip: samples of it as templates, compared with the selfie at the end.
//!
//! ```text
//! usable frame ──► a new track, or half a second since the last sample? ──► template ──┐
//! selfie ──► template ─────────────────────────────────────────────────────────────────┴──► the distance that counts
//! ```
//!
//! A swap of the person amid a clip, or between clip and selfie, leaves samples far from the selfie. A track of which no
//! frame was usable has no sample: what its face did is not tied to anybody, and its gestures do not count.

use kiosk_inference::face::{Subject, Template};
use kiosk_inference::picture::Picture;
use kiosk_session::FaceMatch;

use super::Models;

/// From one sample to the next, ms of the clip.
const EVERY_MS: f64 = 500.0;
/// Samples kept: those of a minute.
const MOST: usize = 120;
/// From so many samples on the farthest one is left out: one blurred frame among them is no other person, and a person
/// who is there for less than a second performs no gesture.
const OUTLIER_FROM: usize = 4;

/// What was sampled so far.
#[derive(Default)]
pub(super) struct Continuity {
    samples: Vec<Sample>,
}

struct Sample {
    track: u64,
    t_ms: f64,
    template: Template,
}

impl Continuity {
    /// Takes a sample of a usable frame, where one is due.
    pub(super) fn look(
        &mut self,
        models: &mut Models,
        (picture, subject): (&Picture, &Subject),
        track: u64,
        t_ms: f64,
    ) -> Result<(), kiosk_inference::Error> {
        let last = self.samples.iter().rfind(|sample| sample.track == track);
        let due = last.is_none_or(|last| t_ms - last.t_ms >= EVERY_MS);
        if due && self.samples.len() < MOST {
            let template = models.embedder.embed(picture, subject)?;
            self.samples.push(Sample {
                track,
                t_ms,
                template,
            });
        }
        Ok(())
    }

    /// Whether a track's face was sampled.
    pub(super) fn knows(&self, track: u64) -> bool {
        self.samples.iter().any(|sample| sample.track == track)
    }

    /// How far the clip's face is from the selfie's; `None` without a sample.
    pub(super) fn against(&self, selfie: &Template) -> Option<FaceMatch> {
        let distances = self.samples.iter().map(|one| one.template.distance(selfie));
        farthest(distances.collect()).map(|distance| FaceMatch { distance })
    }
}

fn farthest(mut distances: Vec<f32>) -> Option<f32> {
    distances.sort_by(f32::total_cmp);
    if distances.len() >= OUTLIER_FROM {
        distances.pop();
    }
    distances.pop()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_farthest_sample_counts_and_of_many_the_one_before() {
        assert_eq!(farthest(vec![]), None);
        assert_eq!(farthest(vec![0.3, 0.8, 0.2]), Some(0.8));
        assert_eq!(farthest(vec![0.3, 0.9, 0.2, 0.25]), Some(0.3));
        assert_eq!(farthest(vec![0.3, 0.9, 0.2, 0.25, 0.85]), Some(0.85));
    }
}
