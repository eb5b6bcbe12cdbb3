//! One face followed from frame to frame: the mesh looks where the face was, the detector only now and then.
//!
//! ```text
//! frame ──► followed? ──yes──► mesh on the last place ──presence──► subject ──► next place
//!              │ no                    │ lost                          │ every `LOOK_EVERY` frames
//!              ▼                       ▼                               ▼
//!           whole picture ──nothing──► one part more a frame      detector: is it a face still, who else is there?
//! ```
//!
//! A mesh follows whatever it was put on, so a track is confirmed by the detector every so often, and dropped where that
//! sees no face twice in a row. While nobody is followed a frame costs two looks of the detector, never the whole search:
//! the parts of the picture are taken in turn, so that a small or very near face is found within a second of frames.

use super::detector::{Detection, Look};
use super::mesh::square_around;
use super::reader::{FaceReader, LEAST_PRESENCE, SAME_FACE, bounds};
use super::{FaceBox, FaceObservation, Subject};
use crate::Error;
use crate::blob::Pixels;
use crate::geometry::Square;
use crate::picture::Picture;
use crate::stages::Stopwatch;

/// Frames from one look of the detector to the next while a face is followed: half a second at 30 a second.
const LOOK_EVERY: u32 = 15;
/// Looks in a row that may miss the followed face.
const MOST_MISSES: u32 = 1;
/// A look around the followed face reaches this many times the mesh's own square.
const AROUND: f32 = 1.6;
/// Another face becomes the subject when it is this many times as large: less, and two people side by side would
/// take turns.
const NEARER: f32 = 1.4;

/// What is known of one camera's or clip's faces so far. New for each: a track must not outlive its stream.
#[derive(Debug, Clone, Default)]
pub struct Track {
    followed: Option<Followed>,
    others: Vec<FaceBox>,
    /// Tracks begun so far.
    begun: u64,
    /// The part of the picture that is searched next; `None` before the first search, which is a whole one.
    next_part: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Followed {
    place: Square,
    score: f32,
    since_look: u32,
    misses: u32,
}

impl Track {
    /// Nothing is followed yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a face is followed.
    #[must_use]
    pub const fn follows(&self) -> bool {
        self.followed.is_some()
    }

    /// Where the followed face is looked for next.
    pub(super) fn next_place(&self) -> Option<Square> {
        self.followed.map(|followed| followed.place)
    }

    /// Whether the detector looks at the next frame as a whole.
    pub(super) fn looks_next(&self) -> bool {
        self.followed
            .is_none_or(|followed| followed.since_look + 1 >= LOOK_EVERY)
    }

    fn begin(&mut self, subject: &Subject) {
        self.begun += 1;
        self.followed = Some(Followed {
            place: square_around(&subject.landmarks),
            score: subject.bounds.score,
            since_look: 0,
            misses: 0,
        });
        self.next_part = None;
    }

    fn lose(&mut self) {
        self.followed = None;
        self.others.clear();
    }
}

impl FaceReader {
    /// Looks at the next frame of a stream. As [`FaceReader::observe`], except that other faces than the subject are
    /// those of the detector's last look, and that a face that comes into view may be seen some frames later.
    ///
    /// # Errors
    /// Where a network fails.
    pub fn follow(
        &mut self,
        picture: &Picture,
        track: &mut Track,
    ) -> Result<FaceObservation, Error> {
        let seen = self.look_on(picture, track);
        self.offer(Vec::new());
        seen
    }

    fn look_on(&mut self, picture: &Picture, track: &mut Track) -> Result<FaceObservation, Error> {
        let mut watch = Stopwatch::start();
        let mat = picture.as_mat()?;
        let mut subject = self.go_on(&mat, track, &mut watch)?;
        if subject.is_none() {
            track.lose();
            subject = self.find(&mat, track, &mut watch)?;
        }
        let faces = subject
            .iter()
            .map(|subject| subject.bounds)
            .chain(track.others.iter().copied())
            .collect();
        Ok(FaceObservation {
            faces,
            track: subject.is_some().then_some(track.begun),
            subject,
            stages: watch.finish(),
        })
    }

    /// The followed face in the next frame; `None` where it is lost.
    fn go_on(
        &mut self,
        picture: &impl Pixels,
        track: &mut Track,
        watch: &mut Stopwatch,
    ) -> Result<Option<Subject>, Error> {
        let Some(mut followed) = track.followed else {
            return Ok(None);
        };
        let reading = self.mesh.read(picture, followed.place, watch)?;
        if reading.presence < LEAST_PRESENCE {
            return Ok(None);
        }
        let reading = self.refined(picture, followed.place, reading, watch)?;
        let subject = self.subject(picture, followed.score, reading, watch)?;
        followed.place = square_around(&subject.landmarks);
        followed.since_look += 1;
        track.followed = Some(followed);
        if followed.since_look < LOOK_EVERY {
            return Ok(Some(subject));
        }
        self.look_again(picture, track, followed, subject, watch)
    }

    /// Has the detector say whether the followed face is one still, and who else is there.
    fn look_again(
        &mut self,
        picture: &impl Pixels,
        track: &mut Track,
        mut followed: Followed,
        subject: Subject,
        watch: &mut Stopwatch,
    ) -> Result<Option<Subject>, Error> {
        let seen = self.detector.detect(picture, Look::Whole, watch)?;
        let known = |one: &Detection| one.face().overlap(&subject.bounds) > SAME_FACE;
        let mut own = seen.iter().copied().find(known);
        if own.is_none() {
            let around = Square {
                side: AROUND * followed.place.side,
                angle: 0.0,
                ..followed.place
            };
            let near = self.detector.detect_within(picture, around, watch)?;
            own = near.into_iter().find(known);
        }
        followed.since_look = 0;
        match own {
            Some(own) => (followed.score, followed.misses) = (own.score, 0),
            None => followed.misses += 1,
        }
        track.others.clear();
        for other in seen.iter().filter(|one| !known(one)) {
            let reading = self.mesh.read(picture, other.square(), watch)?;
            let face = bounds(&reading.points, other.score);
            let is_new = |known: &FaceBox| known.overlap(&face) <= SAME_FACE;
            if reading.presence >= LEAST_PRESENCE
                && is_new(&subject.bounds)
                && track.others.iter().all(is_new)
            {
                track.others.push(face);
            }
        }
        track.followed = Some(followed);
        let area = |face: &FaceBox| face.width * face.height;
        let nearer = |face: &FaceBox| area(face) > NEARER * area(&subject.bounds);
        if followed.misses > MOST_MISSES || track.others.iter().any(nearer) {
            return Ok(None);
        }
        Ok(Some(subject))
    }

    /// Looks for a face where none is followed: the whole search in the first frame and right after one was lost, then
    /// the whole picture and one part more a frame.
    fn find(
        &mut self,
        picture: &impl Pixels,
        track: &mut Track,
        watch: &mut Stopwatch,
    ) -> Result<Option<Subject>, Error> {
        let found = match track.next_part {
            None => self.search(picture, watch)?,
            Some(part) => {
                let seen = self.detector.detect(picture, Look::Whole, watch)?;
                match self.confirmed(picture, &seen, watch)? {
                    found @ (_, Some(_)) => found,
                    (_, None) => {
                        let seen = self.detector.detect_part(picture, part, watch)?;
                        self.confirmed(picture, &seen, watch)?
                    }
                }
            }
        };
        track.next_part = Some(track.next_part.map_or(0, |part| part + 1));
        let (faces, Some(subject)) = found else {
            return Ok(None);
        };
        track.others = faces.into_iter().skip(1).collect();
        track.begin(&subject);
        Ok(Some(subject))
    }
}
