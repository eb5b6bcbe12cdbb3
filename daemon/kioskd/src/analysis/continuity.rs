//! The same face through a whole clip: samples of it as templates, compared with the selfie at the end.
//!
//! ```text
//! usable frame ──► a new track, half a second since the last, or a gesture just made? ──► template ──┐
//! selfie ──► template ───────────────────────────────────────────────────────────────────────────────┴──► the farthest
//! ```
//!
//! A swap of the person amid a clip, or between clip and selfie, leaves samples far from the selfie. A gesture counts once
//! its own face was sampled when it was done, in the track that it was made in: who comes for a blink and goes is sampled
//! too, and that sample is never set aside.

use std::collections::BTreeMap;

use kiosk_inference::face::{Subject, Template};
use kiosk_inference::picture::Picture;

use super::Models;

/// From one sample to the next, ms of the clip.
const EVERY_MS: f64 = 500.0;
/// Samples kept of a minute, and of gestures beside them: a gesture whose face is not sampled counts for nothing.
const MOST: usize = 120;
const MOST_OF_GESTURES: usize = 120;
/// From so many samples of a track between gestures on, the farthest of them is left out: one blurred frame among them
/// is no other person.
const OUTLIER_FROM: usize = 4;

/// What was sampled so far.
#[derive(Default)]
pub(super) struct Continuity {
    samples: Vec<Sample>,
    /// The gestures in their order: the track that each was made in, and whether its face was sampled since.
    gestures: Vec<(u64, bool)>,
}

struct Sample {
    track: u64,
    t_ms: f64,
    template: Template,
    /// It shows who made a gesture.
    of_gesture: bool,
}

impl Continuity {
    /// Takes note that so many gestures have been made by now, the new ones in this track.
    pub(super) fn made(&mut self, gestures: usize, track: u64) {
        self.gestures.resize(gestures, (track, false));
    }

    /// Takes a sample of a usable frame, where one is due.
    pub(super) fn look(
        &mut self,
        models: &mut Models,
        (picture, subject): (&Picture, &Subject),
        track: u64,
        t_ms: f64,
    ) -> Result<(), kiosk_inference::Error> {
        let of_gesture = self.gestures.contains(&(track, false));
        let last = self.samples.iter().rfind(|sample| sample.track == track);
        let due = last.is_none_or(|last| t_ms - last.t_ms >= EVERY_MS);
        if self.has_room(of_gesture) && (of_gesture || due) {
            let template = models.embedder.embed(picture, subject)?;
            self.samples.push(Sample {
                track,
                t_ms,
                template,
                of_gesture,
            });
            for gesture in &mut self.gestures {
                gesture.1 |= gesture.0 == track;
            }
        }
        Ok(())
    }

    fn has_room(&self, of_gesture: bool) -> bool {
        let alike = |sample: &&Sample| sample.of_gesture == of_gesture;
        let most = if of_gesture { MOST_OF_GESTURES } else { MOST };
        self.samples.iter().filter(alike).count() < most
    }

    /// Whether a sample was taken of the face of that track.
    pub(super) fn sampled(&self, track: u64) -> bool {
        self.samples.iter().any(|sample| sample.track == track)
    }

    /// Whether the face that made the gesture of that number was sampled.
    pub(super) fn knows(&self, gesture: usize) -> bool {
        self.gestures.get(gesture).is_some_and(|(_, known)| *known)
    }

    /// How far the clip's face is from the selfie's; `None` without a sample.
    pub(super) fn against(&self, selfie: &Template) -> Option<f32> {
        let distances = self.samples.iter().map(|sample| Distance {
            track: sample.track,
            of_gesture: sample.of_gesture,
            distance: sample.template.distance(selfie),
        });
        farthest(&distances.collect::<Vec<_>>())
    }
}

/// How far one sample is from the selfie.
struct Distance {
    track: u64,
    of_gesture: bool,
    distance: f32,
}

/// The farthest of all, after each track's one outlier was left out.
fn farthest(samples: &[Distance]) -> Option<f32> {
    let mut tracks: BTreeMap<(bool, u64), Vec<f32>> = BTreeMap::new();
    for one in samples {
        let of_track = tracks.entry((one.of_gesture, one.track)).or_default();
        of_track.push(one.distance);
    }
    let of_track = |((of_gesture, _), mut distances): ((bool, u64), Vec<f32>)| {
        distances.sort_by(f32::total_cmp);
        if !of_gesture && distances.len() >= OUTLIER_FROM {
            distances.pop();
        }
        distances.pop()
    };
    tracks
        .into_iter()
        .filter_map(of_track)
        .max_by(f32::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(track: u64, of_gesture: bool, distances: &[f32]) -> Vec<Distance> {
        let one = |distance: &f32| Distance {
            track,
            of_gesture,
            distance: *distance,
        };
        distances.iter().map(one).collect()
    }

    #[test]
    fn the_farthest_sample_counts_and_of_many_in_a_row_the_one_before() {
        assert_eq!(farthest(&[]), None);
        assert_eq!(farthest(&of(1, false, &[0.3, 0.8, 0.2])), Some(0.8));
        assert_eq!(farthest(&of(1, false, &[0.3, 0.9, 0.2, 0.25])), Some(0.3));
        let twice = of(1, false, &[0.3, 0.9, 0.2, 0.25, 0.85]);
        assert_eq!(farthest(&twice), Some(0.85));
    }

    #[test]
    fn who_comes_for_one_gesture_and_goes_is_never_an_outlier() {
        let mut own_track = of(1, false, &[0.3, 0.2, 0.25, 0.3]);
        own_track.extend(of(2, false, &[0.9]));
        assert_eq!(farthest(&own_track), Some(0.9));
        let mut same_track = of(1, false, &[0.3, 0.2, 0.25, 0.3]);
        same_track.extend(of(1, true, &[0.3, 0.9, 0.3, 0.3]));
        assert_eq!(farthest(&same_track), Some(0.9));
    }

    #[test]
    fn a_gesture_is_known_by_no_sample_before_its_end() {
        let mut continuity = Continuity::default();
        assert!(!continuity.knows(0));
        continuity.made(1, 7);
        assert!(!continuity.knows(0));
        continuity.gestures[0].1 = true;
        continuity.made(2, 8);
        assert!(continuity.knows(0) && !continuity.knows(1));
    }
}
