//! One picture to one observation: detector, mesh, iris, and what follows from their points.

use super::detector::{Detection, Detector, Look};
use super::iris::Iris;
use super::mesh::{Mesh, MeshReading, square_around};
use super::openness::{eye_openness, mesh_eye, mouth_openness, mouth_width};
use super::pose::head_pose;
use super::track::Track;
use super::{Eye, FaceBox, FaceObservation, Subject};
use crate::Error;
use crate::blob::{Patch, PatchWish, Pixels};
use crate::engine::Engine;
use crate::geometry::{Square, distance};
use crate::pack::Pack;
use crate::picture::Picture;
use crate::stages::Stopwatch;

/// Least presence for a face to count (MediaPipe's `min_detection_confidence` default).
pub(super) const LEAST_PRESENCE: f32 = 0.5;

/// Boxes that share more than this of their area are one face seen twice.
pub(super) const SAME_FACE: f32 = 0.3;

/// Reads faces. One a thread: it keeps its buffers.
#[derive(Debug)]
pub struct FaceReader {
    pub(super) detector: Detector,
    pub(super) mesh: Mesh,
    iris: Option<Iris>,
}

impl FaceReader {
    /// Loads detector, mesh and iris.
    ///
    /// # Errors
    /// Where a model is not in the pack or does not load.
    pub fn load(engine: &Engine, pack: &Pack) -> Result<Self, Error> {
        Ok(Self {
            detector: Detector::load(engine, pack)?,
            mesh: Mesh::load(engine, pack)?,
            iris: Some(Iris::load(engine, pack)?),
        })
    }

    /// Loads detector and mesh alone, for who needs no gaze: eyes are read off the mesh ([`Eye`] says what that gives).
    ///
    /// # Errors
    /// As [`FaceReader::load`].
    pub fn load_without_irises(engine: &Engine, pack: &Pack) -> Result<Self, Error> {
        Ok(Self {
            detector: Detector::load(engine, pack)?,
            mesh: Mesh::load(engine, pack)?,
            iris: None,
        })
    }

    /// The patches that the next frame of that width and height will be asked for: made together with its pixels, they
    /// need not be cut out of them.
    #[must_use]
    pub fn wishes(&self, track: Option<&Track>, [width, height]: [u32; 2]) -> Vec<PatchWish> {
        let size = [width as f32, height as f32];
        let followed = track.and_then(Track::next_place);
        let mesh = followed.map(|place| self.mesh.wish(place));
        let look = track.is_none_or(Track::looks_next);
        let whole = look.then(|| self.detector.wish_whole(size));
        mesh.into_iter().chain(whole).collect()
    }

    /// Lays patches of the picture that is looked at next ready. They serve that one look only.
    pub fn offer(&mut self, mut patches: Vec<Patch>) {
        self.mesh.offer(&mut patches);
        self.detector.offer(&mut patches);
    }

    /// Looks at one picture. No face is an empty observation.
    ///
    /// # Errors
    /// Where a network fails.
    pub fn observe(&mut self, picture: &Picture) -> Result<FaceObservation, Error> {
        let seen = self.look(picture);
        self.offer(Vec::new());
        seen
    }

    fn look(&mut self, picture: &Picture) -> Result<FaceObservation, Error> {
        let mut watch = Stopwatch::start();
        let mat = picture.as_mat()?;
        let (faces, subject) = self.search(&mat, &mut watch)?;
        Ok(FaceObservation {
            faces,
            subject,
            track: None,
            stages: watch.finish(),
        })
    }

    /// Every look in turn, until one shows a face.
    pub(super) fn search(
        &mut self,
        picture: &impl Pixels,
        watch: &mut Stopwatch,
    ) -> Result<(Vec<FaceBox>, Option<Subject>), Error> {
        for look in Look::ORDER {
            let detections = self.detector.detect(picture, look, watch)?;
            let found = self.confirmed(picture, &detections, watch)?;
            if found.1.is_some() {
                return Ok(found);
            }
        }
        Ok((Vec::new(), None))
    }

    /// The detections in which the mesh network sees a face too, each face once, the first as the
    /// subject.
    pub(super) fn confirmed(
        &mut self,
        picture: &impl Pixels,
        detections: &[Detection],
        watch: &mut Stopwatch,
    ) -> Result<(Vec<FaceBox>, Option<Subject>), Error> {
        let mut faces: Vec<FaceBox> = Vec::with_capacity(detections.len());
        let mut subject = None;
        for detection in detections {
            let reading = self.mesh.read(picture, detection.square(), watch)?;
            if reading.presence < LEAST_PRESENCE {
                continue;
            }
            if subject.is_some() {
                let face = bounds(&reading.points, detection.score);
                if !faces.iter().any(|known| known.overlap(&face) > SAME_FACE) {
                    faces.push(face);
                }
                continue;
            }
            let reading = self.refined(picture, detection.square(), reading, watch)?;
            let seen = self.subject(picture, detection.score, reading, watch)?;
            faces.push(seen.bounds);
            subject = Some(seen);
        }
        Ok((faces, subject))
    }

    /// Reads the mesh again where the first crop was much off: a detector's box of a turned or very
    /// near face is, and the mesh is only as good as its crop.
    pub(super) fn refined(
        &mut self,
        picture: &impl Pixels,
        looked_at: Square,
        reading: MeshReading,
        watch: &mut Stopwatch,
    ) -> Result<MeshReading, Error> {
        let better = square_around(&reading.points);
        if close(&looked_at, &better) {
            return Ok(reading);
        }
        let again = self.mesh.read(picture, better, watch)?;
        Ok(if again.presence < LEAST_PRESENCE {
            reading
        } else {
            again
        })
    }

    pub(super) fn subject(
        &mut self,
        picture: &impl Pixels,
        score: f32,
        reading: MeshReading,
        watch: &mut Stopwatch,
    ) -> Result<Subject, Error> {
        let eyes = match &mut self.iris {
            Some(iris) => {
                let eyes = iris.read(picture, &reading.points, watch)?;
                [0, 1].map(|k| Eye {
                    openness: eye_openness(k, &eyes[k].outline, &reading.points),
                    iris: eyes[k].iris,
                    iris_radius: eyes[k].radius,
                })
            }
            None => [0, 1].map(|k| mesh_eye(k, &reading.points)),
        };
        let subject = Subject {
            bounds: bounds(&reading.points, score),
            presence: reading.presence,
            pose: head_pose(&reading.points)?,
            eye_openness: f32::midpoint(eyes[0].openness, eyes[1].openness),
            mouth_openness: mouth_openness(&reading.points),
            mouth_width: mouth_width(&reading.points),
            eyes,
            landmarks: reading.points,
        };
        watch.lap("measure");
        Ok(subject)
    }
}

/// Whether two crops show a face alike: a fifth of the side, 10 degrees.
fn close(one: &Square, two: &Square) -> bool {
    let turn = (one.angle - two.angle + std::f32::consts::PI).rem_euclid(std::f32::consts::TAU)
        - std::f32::consts::PI;
    distance(one.centre, two.centre) < 0.1 * two.side
        && (0.8..1.25).contains(&(one.side / two.side))
        && turn.abs() < 10_f32.to_radians()
}

/// YuNet's box over the bounds of the mesh: width, height, and how far its middle lies higher, as
/// shares of the bounds. Means over 190 frames of six clips, deviations 0.03, 0.04 and 0.014.
const YUNET: [f32; 3] = [0.966, 1.157, 0.047];

/// The face's box from its mesh, in YuNet's proportions.
pub(super) fn bounds(points: &[[f32; 3]], score: f32) -> FaceBox {
    let span = |k: usize| {
        let values = points.iter().map(|point| point[k]);
        let low = values.clone().fold(f32::INFINITY, f32::min);
        let high = values.fold(f32::NEG_INFINITY, f32::max);
        (f32::midpoint(low, high), high - low)
    };
    let ((x, across), (y, down)) = (span(0), span(1));
    let (width, height) = (YUNET[0] * across, YUNET[1] * down);
    FaceBox {
        x: x - width / 2.0,
        y: y - YUNET[2] * down - height / 2.0,
        width,
        height,
        score,
    }
}
