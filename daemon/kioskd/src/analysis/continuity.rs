//! The same face through a whole clip: samples of it as templates, compared with the selfie at the end.
//!
//! ```text
//! usable frame ──► a new track, half a second since the last, or a gesture just made? ──► template ──┐
//! selfie ──► template ───────────────────────────────────────────────────────────────────────────────┴──► the farthest
//! ```
//!
//! A swap of the person amid a clip, or between clip and selfie, leaves samples far from the selfie. A gesture counts once
//! its own face was sampled within a second of its end, in the track that it was made in: who comes for a blink and goes is sampled
//! too, and that sample is never set aside. What is done by a face that is seen too poorly to be sampled, or that nobody could
//! sample until somebody else had its place, counts for nothing.

use std::collections::BTreeMap;

use kiosk_inference::face::{Subject, Template};
use kiosk_inference::liveness::Gesture;
use kiosk_inference::picture::Picture;

use super::Models;

/// From one sample to the next, ms of the clip.
const EVERY_MS: f64 = 500.0;
/// Samples kept of a minute, and of gestures beside them: a gesture whose face is not sampled counts for nothing.
const MOST: usize = 120;
const MOST_OF_GESTURES: usize = 120;
/// How long after a gesture's end its face may be sampled, ms: a head that turned far has to come back first.
const SAMPLED_WITHIN_MS: f64 = 1_000.0;
/// A face that is seen too poorly for so long makes no gesture that counts; a blurred frame or two of a fast one are borne, ms.
const POOR_FOR_MS: f64 = 200.0;
/// From so many samples of a track between gestures on, the farthest of them is left out: one blurred frame among them
/// is no other person.
const OUTLIER_FROM: usize = 4;

/// What was sampled so far.
#[derive(Default)]
pub(super) struct Continuity {
    samples: Vec<Sample>,
    /// The gestures in their order.
    gestures: Vec<Made>,
    /// Since when the face has been seen too poorly, without a break.
    poor_since_ms: Option<f64>,
    /// When it was last, for long enough.
    poor: Option<[f64; 2]>,
}

/// A gesture that came back.
#[derive(Clone, Copy)]
struct Made {
    /// The track that it was made in.
    track: u64,
    /// When it came back.
    at_ms: f64,
    /// Whether its face was sampled in time.
    known: bool,
    /// Whether its face was seen too poorly meanwhile.
    is_void: bool,
}

impl Made {
    /// Whether a sample of this track, now, would be of who made it.
    fn waits(&self, track: u64, t_ms: f64) -> bool {
        !self.known
            && !self.is_void
            && self.track == track
            && t_ms - self.at_ms <= SAMPLED_WITHIN_MS
    }
}

struct Sample {
    track: u64,
    t_ms: f64,
    template: Template,
    /// It shows who made a gesture.
    of_gesture: bool,
}

impl Continuity {
    /// Takes note of the gestures that have been made by now, the new ones in this track.
    pub(super) fn made(&mut self, gestures: &[Gesture], track: u64) {
        for gesture in gestures.iter().skip(self.gestures.len()) {
            let over = |[from, to]: [f64; 2]| gesture.start_ms <= to && from <= gesture.end_ms;
            self.gestures.push(Made {
                track,
                at_ms: gesture.end_ms,
                known: false,
                is_void: self.poor.is_some_and(over),
            });
        }
    }

    /// Takes note of whether the face of this frame is seen too poorly, or from too far away, to tell whose it is.
    pub(super) fn saw(&mut self, t_ms: f64, is_poor: bool) {
        if !is_poor {
            self.poor_since_ms = None;
            return;
        }
        let since_ms = *self.poor_since_ms.get_or_insert(t_ms);
        if t_ms - since_ms >= POOR_FOR_MS {
            self.poor = Some([since_ms, t_ms]);
        }
    }

    /// Takes a sample of a usable frame, where one is due.
    pub(super) fn look(
        &mut self,
        models: &mut Models,
        (picture, subject): (&Picture, &Subject),
        track: u64,
        t_ms: f64,
    ) -> Result<(), kiosk_inference::Error> {
        let of_gesture = self.gestures.iter().any(|made| made.waits(track, t_ms));
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
            for made in &mut self.gestures {
                made.known |= made.waits(track, t_ms);
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
        self.gestures.get(gesture).is_some_and(|made| made.known)
    }

    /// The same, or whether it may still be: until then nobody has to do it again.
    pub(super) fn may_know(&self, gesture: usize, t_ms: f64) -> bool {
        let may = |made: &Made| made.known || made.waits(made.track, t_ms);
        self.gestures.get(gesture).is_some_and(may)
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
    use kiosk_inference::liveness::GestureKind;

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

    fn blink(start_ms: f64, end_ms: f64) -> Gesture {
        Gesture {
            kind: GestureKind::Blink,
            start_ms,
            peak_ms: f64::midpoint(start_ms, end_ms),
            end_ms,
        }
    }

    #[test]
    fn a_gesture_is_known_by_no_sample_before_its_end() {
        let mut continuity = Continuity::default();
        assert!(!continuity.knows(0));
        continuity.made(&[blink(0.0, 100.0)], 7);
        assert!(!continuity.knows(0));
        continuity.gestures[0].known = true;
        continuity.made(&[blink(0.0, 100.0), blink(150.0, 200.0)], 8);
        assert!(continuity.knows(0) && !continuity.knows(1));
        assert_eq!(continuity.gestures[1].track, 8);
    }

    #[test]
    fn a_gesture_waits_a_second_for_its_own_face_and_for_no_other_tracks() {
        let mut continuity = Continuity::default();
        continuity.made(&[blink(0.0, 100.0)], 7);
        let made = continuity.gestures[0];
        assert!(made.waits(7, 1_100.0));
        assert!(continuity.may_know(0, 1_100.0) && !continuity.may_know(0, 1_101.0));
        assert!(!continuity.may_know(1, 200.0));
        assert!(!made.waits(7, 1_101.0) && !made.waits(8, 200.0));
        assert!(
            !Made {
                known: true,
                ..made
            }
            .waits(7, 200.0)
        );
    }

    #[test]
    fn what_is_done_in_the_dark_waits_for_nobody_and_a_blurred_frame_or_two_are_borne() {
        let mut continuity = Continuity::default();
        for (t_ms, is_poor) in [(0.0, true), (33.0, true), (66.0, false), (100.0, true)] {
            continuity.saw(t_ms, is_poor);
        }
        continuity.made(&[blink(20.0, 100.0)], 7);
        assert!(continuity.gestures[0].waits(7, 150.0));
        for frame in 0..10 {
            continuity.saw(200.0 + 33.0 * f64::from(frame), true);
        }
        continuity.saw(540.0, false);
        let all = [blink(20.0, 100.0), blink(400.0, 560.0), blink(600.0, 700.0)];
        continuity.made(&all, 7);
        assert!(!continuity.gestures[1].waits(7, 570.0) && !continuity.may_know(1, 570.0));
        assert!(continuity.gestures[2].waits(7, 720.0));
    }
}
