//! Watching a feed of a person until a step has what it needs; documents have `document`.

use std::sync::Arc;
use std::time::Duration;

use kiosk_api::service::ServiceError;
use kiosk_inference::face::Subject;
use kiosk_inference::picture::Picture;
use kiosk_session::{Gesture, UsableFace, met_in_order};

use super::feed::FrameFeed;
use super::from_stopped;
use crate::analysis::{
    Analyst, ClipFindings, ClipJudge, Models, SelfieFindings, Unusable, look_at_selfie, usable,
};
use crate::preview::{Observation, SeenFace};
use crate::service::{from_inference, from_picture};

/// Usable frames of which the most frontal becomes the selfie.
const SELFIE_CHOICE: usize = 5;
pub(super) type Looked<T> = Result<T, ServiceError>;

/// Watches until enough usable frames were seen; gives the most frontal, compared with the portrait.
pub fn selfie(
    analyst: &Analyst,
    feed: &mut dyn FrameFeed,
    portrait: Option<Picture>,
    limits: &UsableFace,
    limit: Duration,
) -> Looked<SelfieFindings> {
    let mut best: Option<(f32, Arc<kiosk_capture::Frame>)> = None;
    let mut usable_frames = 0;
    let mut last = Unusable::NoFace;
    while let Some(frame) = next(feed, best.is_some())? {
        let over = frame.captured_at() >= limit;
        let (seen, looked) = look(analyst, &frame, limits)?;
        feed.show(seen);
        match looked {
            Ok(subject) => {
                usable_frames += 1;
                let turn = subject.pose.yaw_deg.abs().max(subject.pose.pitch_deg.abs());
                if best.as_ref().is_none_or(|(least, _)| turn < *least) {
                    best = Some((turn, frame));
                }
            }
            Err(unusable) => last = unusable,
        }
        if usable_frames >= SELFIE_CHOICE || over {
            break;
        }
    }
    let (_, frame) = best.ok_or_else(|| nothing(last.code(), &last.to_string()))?;
    let limits = limits.clone();
    let looked = analyst
        .run_blocking(move |models| {
            let picture = Picture::from_frame(&frame).map_err(|error| from_picture(&error))?;
            look_at_selfie(models, &picture, portrait.as_ref(), &limits)
                .map_err(|error| from_inference(&error))
        })
        .map_err(from_stopped)??;
    looked.map_err(|unusable| nothing(unusable.code(), &unusable.to_string()))
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

fn look(
    analyst: &Analyst,
    frame: &Arc<kiosk_capture::Frame>,
    limits: &UsableFace,
) -> Looked<(Observation, Result<Subject, Unusable>)> {
    let frame = Arc::clone(frame);
    let limits = limits.clone();
    analyst
        .run_blocking(move |models| {
            let picture = Picture::from_frame(&frame).map_err(|error| from_picture(&error))?;
            let seen = models
                .observe(&picture)
                .map_err(|error| from_inference(&error))?;
            let mut shown = Observation::of_faces(frame.sequence(), &seen);
            let usable = usable(seen, &limits);
            shown.guidance = usable.as_ref().err().map(|why| why.code());
            Ok((shown, usable))
        })
        .map_err(from_stopped)?
}

/// Watches until the gestures were seen in order and enough frames were judged, the source ends, or the
/// time is over.
pub fn clip(
    analyst: &Analyst,
    feed: &mut dyn FrameFeed,
    mut judge: ClipJudge,
    asked: &[Gesture],
    least_judged: u32,
    limit: Duration,
) -> Looked<ClipJudge> {
    while let Some(frame) = feed.next()? {
        let sequence = frame.sequence();
        let t_ms = frame.captured_at().as_secs_f64() * 1000.0;
        let over = frame.captured_at() >= limit;
        let (looked_on, looked) = analyst
            .run_blocking(move |models| {
                let looked = look_on(models, &mut judge, &frame, t_ms);
                (judge, looked)
            })
            .map_err(from_stopped)?;
        judge = looked_on;
        let subject = looked?;
        let met = met_in_order(asked, &judge.seen()) as usize;
        feed.show(in_clip(sequence, &judge, subject.as_ref(), met));
        let answered = !asked.is_empty() && met == asked.len() && judge.judged() >= least_judged;
        if answered || over {
            break;
        }
    }
    Ok(judge)
}

fn look_on(
    models: &mut Models,
    judge: &mut ClipJudge,
    frame: &kiosk_capture::Frame,
    t_ms: f64,
) -> Looked<Option<Subject>> {
    let picture = Picture::from_frame(frame).map_err(|error| from_picture(&error))?;
    judge
        .look(models, &picture, t_ms)
        .map_err(|error| from_inference(&error))
}

/// What the person is told while a clip is watched. A turned head is no fault there: it may be a gesture.
fn in_clip(sequence: u64, judge: &ClipJudge, subject: Option<&Subject>, met: usize) -> Observation {
    let faces = judge.latest().map(|moment| moment.faces);
    let guidance = match faces {
        Some(0) => Some(Unusable::NoFace.code()),
        Some(2..) => Some(Unusable::SeveralFaces.code()),
        _ => None,
    };
    Observation {
        faces,
        face: subject.map(SeenFace::of),
        guidance,
        gestures_met: u32::try_from(met).ok(),
        ..Observation::of(sequence)
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
