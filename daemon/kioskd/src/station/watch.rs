//! Watching a feed until a step has what it needs.

use std::sync::Arc;
use std::time::Duration;

use kiosk_api::service::ServiceError;
use kiosk_inference::document::MrzFrames;
use kiosk_inference::face::{FaceQuality, Subject, Wanted};
use kiosk_inference::picture::Picture;
use kiosk_session::{Gesture, UsableFace, met_in_order};

use super::feed::FrameFeed;
use super::from_stopped;
use crate::analysis::{
    Analyst, ClipFindings, ClipJudge, DocumentFindings, Models, SelfieFindings, Unusable, Viewing,
    look_at_selfie, read_document, read_zone, usable,
};
use crate::preview::{Observation, ZoneSeen};
use crate::service::{from_inference, from_picture};

/// Usable frames of which the most frontal becomes the selfie.
const SELFIE_CHOICE: usize = 5;
/// A document whose zone is not sure is looked at as a whole this often: it may have none.
const WHOLE_LOOK_EVERY: Duration = Duration::from_secs(2);
type Looked<T> = Result<T, ServiceError>;

/// Watches until a document reads whole, the source ends or the time is over; gives the best reading.
///
/// Every frame's zone is read, its characters' evidence summed over frames; the whole look, which costs
/// ten times as much, is taken where the zone is sure, and now and then for documents that have none.
pub fn document(
    analyst: &Analyst,
    feed: &mut dyn FrameFeed,
    limit: Duration,
) -> Looked<DocumentFindings> {
    let mut best: Option<DocumentFindings> = None;
    let mut last: Option<Arc<kiosk_capture::Frame>> = None;
    let mut frames = MrzFrames::default();
    let mut looked_at: Option<Duration> = None;
    while let Some(frame) = next(feed, best.is_some() || last.is_some())? {
        let at = frame.captured_at();
        let due = looked_at.is_none_or(|before| at >= before + WHOLE_LOOK_EVERY);
        let (zone, found) = look_at_document(analyst, Arc::clone(&frame), &mut frames, due)?;
        feed.show(Observation {
            zone: Some(zone),
            ..Observation::of(frame.sequence())
        });
        let complete = found.as_ref().is_some_and(DocumentFindings::is_complete);
        if let Some(found) = found {
            looked_at = Some(at);
            keep_better(&mut best, found);
        }
        last = Some(frame);
        if complete || at >= limit {
            break;
        }
    }
    if let Some(frame) = last.filter(|_| !best.as_ref().is_some_and(DocumentFindings::is_complete))
    {
        let (_, found) = look_at_document(analyst, frame, &mut frames, true)?;
        found
            .into_iter()
            .for_each(|found| keep_better(&mut best, found));
    }
    best.ok_or_else(|| {
        nothing(
            "NO_FRAME",
            "the document camera gave no picture; check the camera",
        )
    })
}

/// The zone of one more frame, and the whole document where the zone is sure or a whole look is due.
fn look_at_document(
    analyst: &Analyst,
    frame: Arc<kiosk_capture::Frame>,
    frames: &mut MrzFrames,
    due: bool,
) -> Looked<(ZoneSeen, Option<DocumentFindings>)> {
    let mut summed = std::mem::take(frames);
    let (summed, found) = analyst
        .run_blocking(move |models| {
            let found = look_with(models, &frame, &mut summed, due);
            (summed, found)
        })
        .map_err(from_stopped)?;
    *frames = summed;
    found
}

fn look_with(
    models: &mut Models,
    frame: &kiosk_capture::Frame,
    frames: &mut MrzFrames,
    due: bool,
) -> Looked<(ZoneSeen, Option<DocumentFindings>)> {
    let picture = Picture::from_frame(frame).map_err(|error| from_picture(&error))?;
    let zone = read_zone(models, frames, &picture).map_err(|error| from_inference(&error))?;
    let seen = match &zone {
        None => ZoneSeen::Absent,
        Some(zone) if zone.valid => ZoneSeen::Valid,
        Some(_) => ZoneSeen::Unsure,
    };
    if seen != ZoneSeen::Valid && !due {
        return Ok((seen, None));
    }
    let mut found = read_document(models, &picture).map_err(|error| from_inference(&error))?;
    if let Some(zone) = zone.filter(|zone| zone.valid) {
        found.settle(zone);
    }
    Ok((seen, Some(found)))
}

fn keep_better(best: &mut Option<DocumentFindings>, found: DocumentFindings) {
    if best.as_ref().is_none_or(|best| found.rank() > best.rank()) {
        *best = Some(found);
    }
}

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
    let mut viewing = Viewing::default();
    while let Some(frame) = next(feed, best.is_some())? {
        let over = frame.captured_at() >= limit;
        let (seen, looked) = look(analyst, &frame, limits, &mut viewing)?;
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
fn next(
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
    viewing: &mut Viewing,
) -> Looked<(Observation, Result<Subject, Unusable>)> {
    let (frame, limits) = (Arc::clone(frame), limits.clone());
    let mut so_far = std::mem::take(viewing);
    let (so_far, looked) = analyst
        .run_blocking(move |models| {
            let looked = look_at_face(models, &frame, &limits, &mut so_far);
            (so_far, looked)
        })
        .map_err(from_stopped)?;
    *viewing = so_far;
    looked
}

/// What a viewer is told of a frame, and its one usable face.
fn look_at_face(
    models: &mut Models,
    frame: &kiosk_capture::Frame,
    limits: &UsableFace,
    viewing: &mut Viewing,
) -> Looked<(Observation, Result<Subject, Unusable>)> {
    let picture = Picture::from_frame(frame).map_err(|error| from_picture(&error))?;
    let seen = models
        .observe(&picture)
        .map_err(|error| from_inference(&error))?;
    let assess = |subject| FaceQuality::assess(&picture, subject, &seen);
    let quality = seen.subject.as_ref().map(assess).transpose();
    let quality = quality.map_err(|error| from_inference(&error))?;
    let wanted = Wanted {
        min_height_px: limits.min_height_px,
        max_turn_deg: Some(limits.max_turn_deg),
    };
    let t_ms = frame.captured_at().as_secs_f64() * 1000.0;
    let size = [picture.width(), picture.height()];
    let view = viewing.of(t_ms, size, &seen, quality.as_ref(), wanted);
    let shown = Observation::of_view(frame.sequence(), &view);
    Ok((shown, usable(seen, limits)))
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
        looked?;
        let met = met_in_order(asked, &judge.seen()) as usize;
        feed.show(in_clip(sequence, &judge, met));
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

/// What the person is told while a clip is watched.
fn in_clip(sequence: u64, judge: &ClipJudge, met: usize) -> Observation {
    let seen = judge.viewed().map_or_else(
        || Observation::of(sequence),
        |view| Observation::of_view(sequence, view),
    );
    Observation {
        gestures_met: u32::try_from(met).ok(),
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

fn nothing(code: &'static str, remedy: &str) -> ServiceError {
    ServiceError::Unusable {
        code,
        remedy: remedy.into(),
    }
}
