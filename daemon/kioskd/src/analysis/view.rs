//! A frame of a stream as a viewer is told of it: the face smoothed over time, and what stands in the way of a good
//! picture. Gestures, templates and scores never come from here: they are judged on each frame's own values.

use kiosk_inference::face::smooth::{FaceSmoother, SmoothedSubject};
use kiosk_inference::face::{
    FaceObservation, FaceQuality, Gaze, Glare, Guidance, Occlusion, Reading, Wanted,
};

/// What one frame shows.
#[derive(Debug, Clone)]
pub struct View {
    /// Faces in it.
    pub faces: u32,
    /// The subject's track, where one is followed.
    pub track: Option<u64>,
    /// The subject, smoothed by the frames before, with what its eyes do.
    pub face: Option<(SmoothedSubject, Reading<Gaze>)>,
    /// What covers the face, and reflections over its eyes, where quality was assessed.
    pub cover: Option<(Occlusion, Glare)>,
    /// What the person is told to do.
    pub guidance: Option<Guidance>,
}

/// Makes views of one stream's frames. New for each stream.
#[derive(Debug, Default)]
pub struct Viewing {
    smoother: FaceSmoother,
}

impl Viewing {
    /// The view of a frame of `size` px, at `t_ms` since the stream's begin.
    pub fn of(
        &mut self,
        t_ms: f64,
        size: [u32; 2],
        seen: &FaceObservation,
        quality: Option<&FaceQuality>,
        wanted: Wanted,
    ) -> View {
        let subject = seen.subject.as_ref();
        let face = subject.map(|subject| {
            let smoothed = self.smoother.push(t_ms, subject);
            let gaze = Gaze::of(&smoothed.subject);
            (smoothed, gaze)
        });
        View {
            faces: u32::try_from(seen.faces.len()).unwrap_or(u32::MAX),
            track: seen.track,
            face,
            cover: quality.and_then(|quality| Some((*quality.occlusion()?, *quality.glare()?))),
            guidance: Guidance::of(size, seen, quality, wanted),
        }
    }
}
