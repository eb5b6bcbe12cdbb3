//! Watching a feed of a person until a step has what it needs; documents have `document`.

use std::sync::Arc;
use std::time::Duration;

use kiosk_api::service::ServiceError;
use kiosk_inference::blob::{Patch, PatchWish};
use kiosk_inference::face::{FaceQuality, Subject, Track, Wanted};
use kiosk_inference::picture::Picture;
use kiosk_session::{
    Challenge, GestureSeen, Policy, Prompt, PromptOutcome, UsableFace, asked_so_far, is_over,
    met_in_order,
};

use super::feed::FrameFeed;
use super::{Conversion, from_stopped};
use crate::analysis::{
    Against, Analyst, ClipFindings, ClipJudge, Models, NoSelfie, SelfieFindings, SelfieWish,
    Unusable, Viewing, least, look_at_selfie, usable,
};
use crate::preview::{Observation, SeenPrompt};
use crate::service::{Failure, OnScreen, from_inference, from_picture};

/// Usable frames of which the one of the best quality becomes the selfie.
const SELFIE_CHOICE: usize = 5;
pub(super) type Looked<T> = Result<T, ServiceError>;
/// A face that can be used and its quality, 0 to 100; or why it can't.
type Judged = Result<f32, NoSelfie>;

/// Watches until enough usable frames were seen; gives the best, compared with the face that it has to be.
pub fn selfie(
    analyst: &Analyst,
    feed: &mut dyn FrameFeed,
    against: Against,
    wish: &SelfieWish,
    limit: Duration,
) -> Result<SelfieFindings, Failure> {
    let conversion = feed.conversion();
    let limits = &wish.limits;
    let mut best: Option<(f32, Arc<kiosk_capture::Frame>)> = None;
    let mut poor = None;
    let mut usable_frames = 0;
    let mut last = None;
    let mut following = Following::default();
    while let Some(frame) = next(feed, best.is_some())? {
        let over = frame.captured_at() >= limit;
        let frame_seen = Seen::new(&conversion, Arc::clone(&frame));
        let (seen, looked) = look(analyst, frame_seen, limits, &mut following)?;
        feed.show(seen);
        match looked {
            Ok(score) => {
                usable_frames += 1;
                if best.as_ref().is_none_or(|(most, _)| score > *most) {
                    best = Some((score, frame));
                }
            }
            Err(none) => {
                if wish.poor_too && Unusable::POOR.contains(&none.why) {
                    poor = Some((0.0, frame));
                }
                last = Some(none);
            }
        }
        if usable_frames >= SELFIE_CHOICE || over {
            break;
        }
    }
    let Some((_, frame)) = best.or(poor) else {
        let nobody = || {
            let why = Unusable::NoFace;
            nothing(why.code(), &why.to_string()).into()
        };
        return Err(last.map_or_else(nobody, Failure::from));
    };
    let wish = wish.clone();
    let seen = Seen::new(&conversion, frame);
    let looked = analyst
        .run_blocking(move |models| {
            let picture = seen.picture()?;
            look_at_selfie(models, &picture, &against, &wish)
                .map_err(|error| from_inference(&error))
        })
        .map_err(from_stopped)??;
    looked.map_err(Failure::from)
}

/// The next frame. A source that fails after something was found has ended: what was found counts.
pub(super) fn next(
    feed: &mut dyn FrameFeed,
    something_found: bool,
) -> Looked<Option<Arc<kiosk_capture::Frame>>> {
    match feed.next() {
        Err(fault) if something_found => {
            tracing::warn!(%fault, "a source failed; what was found before counts");
            Ok(None)
        }
        other => other,
    }
}

/// The face that is followed, and how it is shown.
#[derive(Default)]
struct Following {
    track: Track,
    viewing: Viewing,
}

fn look(
    analyst: &Analyst,
    frame: Seen,
    limits: &UsableFace,
    following: &mut Following,
) -> Looked<(Observation, Judged)> {
    let limits = limits.clone();
    let mut so_far = std::mem::take(following);
    let (so_far, looked) = analyst
        .run_blocking(move |models| {
            let looked = look_at_face(models, &frame, &limits, &mut so_far);
            (so_far, looked)
        })
        .map_err(from_stopped)?;
    *following = so_far;
    looked
}

/// What a viewer is told of a frame, and the quality of its one usable face, 0 to 100.
fn look_at_face(
    models: &mut Models,
    frame: &Seen,
    limits: &UsableFace,
    Following { track, viewing }: &mut Following,
) -> Looked<(Observation, Judged)> {
    let picture = frame.picture()?;
    models.faces.offer(frame.patches());
    let seen = models
        .follow(&picture, track)
        .map_err(|error| from_inference(&error))?;
    frame.wish(models.faces.wishes(Some(track), size(&picture)));
    let assess = |subject| FaceQuality::assess(&picture, subject, &seen);
    let quality = seen.subject.as_ref().map(assess).transpose();
    let quality = quality.map_err(|error| from_inference(&error))?;
    let wanted = Wanted {
        min_height_px: limits.min_height_px,
        max_turn_deg: Some(limits.max_turn_deg),
        least: least(limits),
    };
    let t_ms = frame.frame.captured_at().as_secs_f64() * 1000.0;
    let view = viewing.of(t_ms, size(&picture), &seen, quality.as_ref(), wanted);
    let shown = Observation::of_view(frame.frame.sequence(), &view);
    let faces = u32::try_from(seen.near_faces()).unwrap_or(u32::MAX);
    let score = quality.as_ref().and_then(FaceQuality::own_score);
    let judged = match usable(seen, quality.as_ref(), limits) {
        // A face that can't be assessed is used where there is no better one.
        Ok(_) => Ok(score.unwrap_or(0.0)),
        Err(why) => Err(models.no_selfie(why, faces, quality.as_ref())),
    };
    Ok((shown, judged))
}

/// How long is waited for a face's sample and frames to judge once every gesture was made, ms.
const LINGERS_MS: f64 = 3_000.0;

/// What a clip is watched for.
pub struct Watched {
    /// What was asked for.
    asked: Option<Challenge>,
    /// Up to when all that is asked for has to be over, ms of the clip: known from its first frame on.
    pub again_until_ms: f64,
    /// Frames that passive detection needs.
    least_judged: u32,
}

impl Watched {
    /// What the policy wants of an answer to that.
    pub fn of(asked: Option<Challenge>, policy: &Policy) -> Self {
        Self {
            asked,
            again_until_ms: 0.0,
            least_judged: policy.passive_pad.min_frames,
        }
    }

    fn prompts(&self, seen: &[GestureSeen], t_ms: f64) -> Vec<Prompt> {
        let again = Some(self.again_until_ms);
        let asked = self.asked.as_ref();
        asked.map_or_else(Vec::new, |asked| asked_so_far(asked, seen, again, t_ms))
    }

    /// How many gestures were met.
    fn met(&self, seen: &[GestureSeen], t_ms: f64) -> usize {
        match &self.asked {
            Some(asked) if asked.schedule.is_none() => met_in_order(&asked.gestures, seen) as usize,
            _ => met(&self.prompts(seen, t_ms)),
        }
    }

    /// Whether all that was asked for came, or what failed is not asked for again, or nothing more is waited for.
    fn is_over(&self, judge: &ClipJudge, t_ms: f64) -> bool {
        let Some(asked) = &self.asked else {
            return false;
        };
        let (seen, all) = (judge.seen(), asked.gestures.len());
        let answered = all > 0 && self.met(&seen, t_ms) == all;
        let ended = || {
            let prompts = self.prompts(&judge.counting(t_ms), t_ms);
            let settled_ms = prompts.last().map_or(t_ms, |last| last.settled_ms);
            let lingers = met(&prompts) == all && t_ms < settled_ms + LINGERS_MS;
            !lingers && is_over(asked, &prompts, self.again_until_ms)
        };
        (answered && judge.judged() >= self.least_judged) || ended()
    }
}

fn met(prompts: &[Prompt]) -> usize {
    let met = prompts
        .iter()
        .filter(|one| one.outcome == PromptOutcome::Met);
    met.count()
}

/// Watches until the gestures were seen as asked for and enough frames were judged, one failed twice, the source ends, or
/// the time is over that is `left` at the first frame: a camera that opens slowly takes it from nobody unseen.
pub fn clip(
    analyst: &Analyst,
    feed: &mut dyn FrameFeed,
    mut judge: ClipJudge,
    mut watched: Watched,
    left: impl Fn() -> Duration,
) -> Looked<(ClipJudge, Watched)> {
    let conversion = feed.conversion();
    let mut limit = None;
    while let Some(frame) = feed.next()? {
        let (sequence, at) = (frame.sequence(), frame.captured_at());
        let t_ms = at.as_secs_f64() * 1000.0;
        let limit = *limit.get_or_insert_with(|| at + left());
        watched.again_until_ms = limit.as_secs_f64() * 1000.0;
        let over = at >= limit;
        let frame = Seen::new(&conversion, frame);
        let (looked_on, looked) = analyst
            .run_blocking(move |models| {
                let looked = look_on(models, &mut judge, &frame, t_ms);
                (judge, looked)
            })
            .map_err(from_stopped)?;
        judge = looked_on;
        looked?;
        feed.show(in_clip(sequence, &judge, &watched, t_ms));
        if over || watched.is_over(&judge, t_ms) {
            break;
        }
    }
    Ok((judge, watched))
}

fn look_on(
    models: &mut Models,
    judge: &mut ClipJudge,
    frame: &Seen,
    t_ms: f64,
) -> Looked<Option<Subject>> {
    let picture = frame.picture()?;
    models.faces.offer(frame.patches());
    let looked = judge.look(models, &picture, t_ms);
    frame.wish(judge.wishes(models, size(&picture)));
    looked.map_err(|error| from_inference(&error))
}

/// A frame on its way to analysis, and who makes a picture of it.
struct Seen {
    frame: Arc<kiosk_capture::Frame>,
    conversion: Arc<Conversion>,
}

impl Seen {
    fn new(conversion: &Arc<Conversion>, frame: Arc<kiosk_capture::Frame>) -> Self {
        Self {
            frame,
            conversion: Arc::clone(conversion),
        }
    }

    fn picture(&self) -> Looked<Arc<Picture>> {
        let picture = self.conversion.picture(&self.frame);
        picture.map_err(|error| from_picture(&error))
    }

    fn patches(&self) -> Vec<Patch> {
        self.conversion.patches(&self.frame)
    }

    /// The patches that are wanted of the next frame.
    fn wish(&self, wishes: Vec<PatchWish>) {
        self.conversion.wish(wishes);
    }
}

/// Width and height, px.
fn size(picture: &Picture) -> [u32; 2] {
    [picture.width(), picture.height()]
}

/// What the person is told while a clip is watched: what stands in the way, else why a gesture failed. A turned head is
/// no fault there: it may be a gesture.
fn in_clip(sequence: u64, judge: &ClipJudge, watched: &Watched, t_ms: f64) -> Observation {
    let seen = judge.viewed().map_or_else(
        || Observation::of(sequence),
        |view| Observation::of_view(sequence, view),
    );
    let counting = judge.counting(t_ms);
    let prompts = watched.prompts(&counting, t_ms);
    let asked = watched.asked.as_ref();
    let failed = || prompts.last().and_then(|last| last.outcome.code());
    Observation {
        guidance: seen.guidance.or_else(failed),
        gestures_met: u32::try_from(watched.met(&counting, t_ms)).ok(),
        prompt: SeenPrompt::of(&prompts, asked.map_or(0, |asked| asked.gestures.len())),
        screen: asked.and_then(|asked| OnScreen::at(asked.screen.as_ref()?, t_ms)),
        ..seen
    }
}

/// Ends a clip and compares its face with the selfie's.
pub fn finish(analyst: &Analyst, judge: ClipJudge, selfie: Picture) -> Looked<ClipFindings> {
    analyst
        .run_blocking(move |models| {
            judge
                .finish(models, Some(&selfie))
                .map_err(|error| from_inference(&error))
        })
        .map_err(from_stopped)?
}

pub(super) fn nothing(code: &'static str, remedy: &str) -> ServiceError {
    ServiceError::Unusable {
        code,
        remedy: remedy.into(),
    }
}
