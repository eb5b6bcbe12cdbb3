//! A clip of the person to findings, frame by frame, as the frames come.

// long file: one pass over a clip, what each watcher sees and what is said of it at the end

use kiosk_inference::blob::PatchWish;
use kiosk_inference::face::{
    BestShot, FaceObservation, FaceQuality, Least, Subject, Track, Wanted,
};
use kiosk_inference::liveness::injection::seen::Change;
use kiosk_inference::liveness::injection::{
    ContainerFacts, InjectionWatch, Judgement, Origin, Sign, WhyNot,
};
use kiosk_inference::liveness::passive::{PassiveWatch, WhyNot as Unseen};
use kiosk_inference::liveness::{GestureDetector, PadScore};
use kiosk_inference::picture::Picture;
use kiosk_session::{
    Assessment, FaceMatch, Gesture, GestureSeen, PassivePad, PictureQuality, Presentation,
    ScreenShow, Unassessed, UsableFace,
};
use serde::Serialize;
use uuid::Uuid;

use super::continuity::Continuity;
use super::screen::{ScreenFindings, ScreenWatch};
use super::selfie::{Unusable, misplaced, poor, template_of};
use super::view::{View, Viewing};
use super::{Models, presentation, quality};

/// JPEG quality of the frame kept as evidence.
const EVIDENCE_QUALITY: u8 = 92;
/// Moments kept of a clip: ten minutes at 30 frames a second; a longer clip keeps its first part.
const MOST_MOMENTS: usize = 18_000;

/// What one frame showed. Angles in degrees (yaw positive to the person's own left, pitch positive up),
/// openness and score from 0 to 1; absent where it was not measured.
#[derive(Debug, Clone, Serialize)]
pub struct Moment {
    /// ms from the clip's start.
    pub t_ms: f64,
    /// Faces in the frame.
    pub faces: u32,
    /// Head turned.
    pub yaw_deg: Option<f32>,
    /// Head raised.
    pub pitch_deg: Option<f32>,
    /// Head tilted.
    pub roll_deg: Option<f32>,
    /// Eyes.
    pub eye_openness: Option<f32>,
    /// Mouth.
    pub mouth_openness: Option<f32>,
    /// Passive detection: 0 attack to 1 bona fide.
    pub pad_score: Option<f32>,
    /// How good the frame is, 0 to 100: `FaceQuality::own_score`; of frames whose face is near and turned to the camera.
    pub quality: Option<f32>,
}

/// What a clip gave.
pub struct ClipFindings {
    /// Passive detection, the median over usable frames.
    pub passive: Assessment<PassivePad>,
    /// Passive detection's own signals, and all of it as one.
    pub presentation: Presentation,
    /// What moved.
    pub gestures: Vec<GestureSeen>,
    /// The clip's face, from its begin to its end, against the selfie's.
    pub same_face: Assessment<FaceMatch>,
    /// What the face answered to the kiosk's own screen.
    pub screen: ScreenFindings,
    /// Signs that the clip was injected, of those that it gives by itself.
    pub injection: Vec<(Sign, Judgement)>,
    /// What has changed in the memory of clips: for a store.
    pub seen: Vec<Change>,
    /// Whether its times can be laid beside the kiosk's clock, or why not.
    pub timed: Result<(), WhyNot>,
    /// Frames looked at.
    pub frames: u32,
    /// The most faces in one frame.
    pub most_faces: u32,
    /// The best frame.
    pub best: Option<BestFrame>,
    /// Every frame's measurements.
    pub timeline: Vec<Moment>,
    /// Hashes of the models that had a part in it.
    pub models: Vec<(String, String)>,
}

/// The frame that shows the face best.
pub struct BestFrame {
    /// As JPEG.
    pub picture: Vec<u8>,
    /// Its width and height, px.
    pub size: [u32; 2],
    /// The face in it.
    pub subject: Subject,
    /// How good it is.
    pub quality: PictureQuality,
}

/// Judges a clip as its frames come.
pub struct ClipJudge {
    limits: UsableFace,
    track: Track,
    continuity: Continuity,
    gestures: GestureDetector,
    last_track: Option<u64>,
    injection: InjectionWatch,
    screen: ScreenWatch,
    passive: PassiveWatch,
    scores: Vec<f32>,
    best: BestShot,
    /// The best of those that don't count, for who looks at a clip of nothing else.
    poor: BestShot,
    selfie_is_poor: bool,
    most_faces: u32,
    frames: u32,
    judged: u32,
    timeline: Vec<Moment>,
    viewing: Viewing,
    viewed: Option<View>,
}

/// What a frame's face gave.
#[derive(Default)]
struct Judged {
    pad_score: Option<f32>,
    quality: Option<FaceQuality>,
    /// Seen too poorly, or from too far away, to tell who it is.
    is_poor: bool,
}

impl ClipJudge {
    /// A judge that has seen nothing.
    pub fn new(limits: UsableFace) -> Self {
        Self {
            limits,
            track: Track::new(),
            continuity: Continuity::default(),
            gestures: GestureDetector::new(),
            last_track: None,
            injection: InjectionWatch::default(),
            screen: ScreenWatch::default(),
            passive: PassiveWatch::new(false),
            scores: Vec::new(),
            best: BestShot::default(),
            poor: BestShot::default(),
            selfie_is_poor: false,
            most_faces: 0,
            frames: 0,
            judged: 0,
            timeline: Vec::new(),
            viewing: Viewing::default(),
            viewed: None,
        }
    }

    /// The same, told where the clip comes from; else it is a recording.
    #[must_use]
    pub fn from_origin(mut self, origin: Origin) -> Self {
        self.passive = PassiveWatch::new(matches!(origin, Origin::Camera { .. }));
        self.injection = InjectionWatch::of(origin);
        self
    }

    /// The same, of a clip that answers what has this name; after [`Self::from_origin`].
    #[must_use]
    pub fn of_attempt(mut self, attempt: Uuid) -> Self {
        self.injection = self.injection.of_attempt(attempt.as_u128());
        self
    }

    /// The same, told what the kiosk's own screen shows meanwhile.
    #[must_use]
    pub fn before_screen(mut self, show: Option<ScreenShow>) -> Self {
        self.screen = ScreenWatch::of(show);
        self
    }

    /// The same, of a clip behind a selfie that is too poor to be compared with.
    #[must_use]
    pub const fn behind_poor_selfie(mut self, is_poor: bool) -> Self {
        self.selfie_is_poor = is_poor;
        self
    }

    /// What the clip's container states, and what was decoded of it.
    pub fn contained(&mut self, facts: ContainerFacts) {
        self.injection.contained(facts);
    }

    /// What one of the clip's pictures says of itself, judged.
    pub fn worded(&mut self, judged: Judgement) {
        self.injection.worded(judged);
    }

    /// Looks at the next frame, `t_ms` after the first.
    pub fn look(
        &mut self,
        models: &mut Models,
        picture: &Picture,
        t_ms: f64,
    ) -> Result<Option<Subject>, kiosk_inference::Error> {
        let seen = models.follow(picture, &mut self.track)?;
        let faces = u32::try_from(seen.faces.len()).unwrap_or(u32::MAX);
        self.frames += 1;
        let near = u32::try_from(seen.near_faces()).unwrap_or(u32::MAX);
        self.most_faces = self.most_faces.max(near);
        let bounds = seen.subject.as_ref().map(|subject| &subject.bounds);
        self.injection.look(picture, bounds, t_ms)?;
        let followed = seen.subject.as_ref().zip(seen.track);
        let stages = self.passive.look(picture, followed, t_ms)?;
        models.timed(&stages);
        let judged = match &seen.subject {
            Some(subject) => {
                self.move_on(t_ms, subject, seen.track);
                self.screen.look(picture, subject, t_ms);
                self.judge(models, (picture, subject), &seen, t_ms)?
            }
            None => Judged::default(),
        };
        self.continuity.saw(t_ms, judged.is_poor);
        // A turned head is no fault in a clip: it may be a gesture.
        let wanted = Wanted {
            min_height_px: self.limits.min_height_px,
            max_turn_deg: None,
            least: least(&self.limits),
        };
        let size = [picture.width(), picture.height()];
        let viewed = self
            .viewing
            .of(t_ms, size, &seen, judged.quality.as_ref(), wanted);
        self.viewed = Some(viewed);
        self.remember(t_ms, faces, seen.subject.as_ref(), &judged);
        Ok(seen.subject)
    }

    /// The patches that the next frame of that width and height will be asked for.
    pub fn wishes(&self, models: &Models, size: [u32; 2]) -> Vec<PatchWish> {
        models.faces.wishes(Some(&self.track), size)
    }

    /// Frames that passive detection has judged so far; every usable frame where it has no model.
    pub fn judged(&self) -> u32 {
        self.judged
    }

    /// The newest frame as a viewer is told of it.
    pub const fn viewed(&self) -> Option<&View> {
        self.viewed.as_ref()
    }

    /// What the newest frame showed.
    pub fn latest(&self) -> Option<&Moment> {
        self.timeline.last()
    }

    /// Gestures seen so far, of faces that were sampled as they were done.
    pub fn seen(&self) -> Vec<GestureSeen> {
        self.of_faces(|number| self.continuity.knows(number))
    }

    /// The same at `t_ms`, with those whose faces may still be sampled.
    pub fn counting(&self, t_ms: f64) -> Vec<GestureSeen> {
        self.of_faces(|number| self.continuity.may_know(number, t_ms))
    }

    fn of_faces(&self, counts: impl Fn(usize) -> bool) -> Vec<GestureSeen> {
        let all = self.every_gesture().into_iter().enumerate();
        all.filter(|(number, _)| counts(*number))
            .map(|(_, gesture)| gesture)
            .collect()
    }

    /// Every gesture seen so far, whoever made it.
    pub fn every_gesture(&self) -> Vec<GestureSeen> {
        self.gestures
            .seen()
            .iter()
            .map(|gesture| GestureSeen {
                kind: kind(gesture.kind),
                start_ms: gesture.start_ms,
                peak_ms: gesture.peak_ms,
                end_ms: gesture.end_ms,
            })
            .collect()
    }

    /// Takes the movement on, and ends it where another face has come.
    fn move_on(&mut self, t_ms: f64, subject: &Subject, track: Option<u64>) {
        if self.last_track != track {
            // Who passed by without a usable frame was not the person; whoever was sampled is compared with the selfie.
            match self.last_track {
                Some(last) if self.continuity.sampled(last) => self.gestures.interrupt(),
                Some(_) => self.gestures.forget(),
                None => {}
            }
            self.last_track = track;
        }
        self.gestures.push(t_ms, subject);
        self.continuity
            .made(self.gestures.seen(), track.unwrap_or_default());
    }

    /// Ends the clip and compares its face with the selfie's.
    pub fn finish(
        mut self,
        models: &mut Models,
        selfie: Option<&Picture>,
    ) -> Result<ClipFindings, kiosk_inference::Error> {
        let selfie = match selfie {
            Some(selfie) => template_of(models, selfie)?,
            None => None,
        };
        let same_face = match selfie.map(|selfie| self.continuity.against(&selfie)) {
            _ if self.selfie_is_poor => Assessment::NotAssessed(Unassessed::FaceNotUsable),
            Some(Some(distance)) => Assessment::Assessed(models.calibrations.of_clip(distance)),
            Some(None) => Assessment::NotAssessed(Unassessed::FaceNotUsable),
            None => Assessment::NotAssessed(Unassessed::NoFace),
        };
        let gestures = self.seen();
        let passive = self.pooled(models.pad.is_some());
        let presentation = presentation::record(&self.passive.finish(networks(&passive)));
        let best = self.best.into_best().or(self.poor.into_best());
        let best = match best {
            Some(best) => Some(BestFrame {
                picture: best.picture.encode_jpeg(EVIDENCE_QUALITY)?,
                size: [best.picture.width(), best.picture.height()],
                subject: best.subject,
                quality: quality::record(&best.quality),
            }),
            None => None,
        };
        let timed = self.injection.timed();
        let (injection, seen) = {
            let mut clips = models.seen.lock();
            (self.injection.finish(&mut clips), clips.changes())
        };
        Ok(ClipFindings {
            passive,
            presentation,
            gestures,
            same_face,
            screen: self.screen.finish(),
            timed,
            injection,
            seen,
            frames: self.frames,
            most_faces: self.most_faces,
            best,
            timeline: self.timeline,
            models: models.hashes_of(&[
                "face_detector",
                "face_mesh",
                "iris",
                "face_embedding",
                "pad_v2",
                "pad_v1se",
            ]),
        })
    }

    /// Passive detection, sample and best shot, on frames good enough to count: a face that slides out of the picture, turns far,
    /// is too small, or is seen too poorly is none.
    fn judge(
        &mut self,
        models: &mut Models,
        (picture, subject): (&Picture, &Subject),
        seen: &FaceObservation,
        t_ms: f64,
    ) -> Result<Judged, kiosk_inference::Error> {
        let [width, height] = [picture.width(), picture.height()].map(|side| side as f32);
        let place = misplaced(subject, &self.limits);
        if place.is_some() || !subject.bounds.middle_lies_in([width, height]) {
            return Ok(Judged {
                is_poor: place == Some(Unusable::TooFar),
                ..Judged::default()
            });
        }
        let quality = FaceQuality::assess(picture, subject, seen)?;
        if poor(&quality, &self.limits).is_some() {
            self.poor.offer(picture, subject, &quality);
            return Ok(Judged {
                quality: Some(quality),
                is_poor: true,
                ..Judged::default()
            });
        }
        self.best.offer(picture, subject, &quality);
        let track = seen.track.unwrap_or_default();
        self.continuity
            .look(models, (picture, subject), track, t_ms)?;
        self.judged += 1;
        let mut judged = Judged {
            quality: Some(quality),
            ..Judged::default()
        };
        if let Some(pad) = &mut models.pad {
            let PadScore { score, stages, .. } = pad.score(picture, &subject.bounds)?;
            models.timed(&stages);
            self.scores.push(score);
            judged.pad_score = Some(score);
        }
        Ok(judged)
    }

    /// The median of the scores.
    fn pooled(&mut self, has_model: bool) -> Assessment<PassivePad> {
        if !has_model {
            return Assessment::NotAssessed(Unassessed::ModelAbsent);
        }
        if self.scores.is_empty() {
            return Assessment::NotAssessed(Unassessed::FaceNotUsable);
        }
        self.scores.sort_by(f32::total_cmp);
        let score = self.scores[self.scores.len() / 2];
        let frames = u32::try_from(self.scores.len()).unwrap_or(u32::MAX);
        Assessment::Assessed(PassivePad { score, frames })
    }

    fn remember(&mut self, t_ms: f64, faces: u32, subject: Option<&Subject>, judged: &Judged) {
        if self.timeline.len() >= MOST_MOMENTS {
            return;
        }
        self.timeline.push(Moment {
            t_ms,
            faces,
            yaw_deg: subject.map(|found| found.pose.yaw_deg),
            pitch_deg: subject.map(|found| found.pose.pitch_deg),
            roll_deg: subject.map(|found| found.pose.roll_deg),
            eye_openness: subject.map(|found| found.eye_openness),
            mouth_openness: subject.map(|found| found.mouth_openness),
            pad_score: judged.pad_score,
            quality: judged.quality.as_ref().and_then(FaceQuality::own_score),
        });
    }
}

/// The policy's least qualities as guidance knows them.
pub(crate) const fn least(limits: &UsableFace) -> Least {
    Least {
        sharpness: limits.min_sharpness,
        under_exposure: limits.min_under_exposure_prevention,
        over_exposure: limits.min_over_exposure_prevention,
        face_occlusion: limits.min_face_occlusion_prevention,
    }
}

/// The networks' pooled score, or why there is none.
const fn networks(passive: &Assessment<PassivePad>) -> Result<f32, Unseen> {
    match passive {
        Assessment::Assessed(pad) => Ok(pad.score),
        Assessment::NotAssessed(Unassessed::ModelAbsent) => Err(Unseen::ModelAbsent),
        Assessment::NotAssessed(_) => Err(Unseen::FaceNotUsable),
    }
}

/// The domain's word for a gesture that the detector names.
const fn kind(seen: kiosk_inference::liveness::GestureKind) -> Gesture {
    use kiosk_inference::liveness::GestureKind as Seen;
    match seen {
        Seen::TurnLeft => Gesture::TurnLeft,
        Seen::TurnRight => Gesture::TurnRight,
        Seen::LookUp => Gesture::LookUp,
        Seen::LookDown => Gesture::LookDown,
        Seen::Blink => Gesture::Blink,
        Seen::OpenMouth => Gesture::OpenMouth,
        Seen::Smile => Gesture::Smile,
        Seen::ComeCloser => Gesture::ComeCloser,
    }
}
