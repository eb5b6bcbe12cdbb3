//! Watching a document until the moment to take it: held still and seen well.
//!
//! ```text
//! frame ─┬─► edges, quality, speed ─► auto-capture ─┬─► guidance, progress of the hold: beside the preview
//!        │                                          └─ the hold is over ─► its best frame ─► whole look ─┐
//!        └─► zone: evidence of up to eight frames of the hold summed, then decoded ──────────────────────┴─► findings
//! ```
//!
//! A view that is never good by its quality is looked at as a whole every two seconds all the same: a document
//! may have no edge in sight, and limits of quality may be wrong about one that reads.

use std::sync::Arc;
use std::time::Duration;

use kiosk_capture::Frame;
use kiosk_inference::document::autocapture::{Advice, AutoCapture, FrameReport};
use kiosk_inference::document::quality::{Look, Watch};
use kiosk_inference::document::{MrzFrames, MrzReading};
use kiosk_inference::picture::Picture;

use super::feed::FrameFeed;
use super::watch::{Looked, next, nothing};
use super::{Conversion, from_stopped};
use crate::analysis::{Analyst, DocumentFindings, Models, read_document, read_zone};
use crate::preview::{Observation, ZoneSeen};
use crate::service::{from_inference, from_picture};

/// Where no good view comes, the whole is looked at this often.
const WHOLE_LOOK_EVERY: Duration = Duration::from_secs(2);
/// Frames whose evidence a sure zone rests on; until then, and while it is not sure, each frame's zone is read.
const EVIDENCE_FRAMES: usize = 8;

/// Watches until a document that was held still reads whole, the source ends or the time is over; gives the best
/// reading.
///
/// # Errors
/// [`kiosk_api::service::ServiceError`] where the source gives no frame, or analysis stopped.
pub fn watch_document(
    analyst: &Analyst,
    feed: &mut dyn FrameFeed,
    limit: Duration,
) -> Looked<DocumentFindings> {
    let mut held = Held::new(feed.conversion());
    while let Some(frame) = next(feed, held.last.is_some())? {
        let over = frame.captured_at() >= limit;
        let (next_held, seen) = analyst
            .run_blocking(move |models| {
                let seen = held.take(models, &frame);
                (held, seen)
            })
            .map_err(from_stopped)?;
        held = next_held;
        feed.show(seen?);
        if over || held.is_complete() {
            break;
        }
    }
    let (best, looked) = analyst
        .run_blocking(move |models| {
            let looked = held.finish(models);
            (held.best, looked)
        })
        .map_err(from_stopped)?;
    looked?;
    best.ok_or_else(|| {
        nothing(
            "NO_FRAME",
            "the document camera gave no picture; check the camera",
        )
    })
}

/// What was seen so far.
struct Held {
    conversion: Arc<Conversion>,
    watch: Watch,
    machine: AutoCapture,
    frames: MrzFrames,
    /// The zone by all evidence of the present hold.
    zone: Option<MrzReading>,
    /// The best frame of the present hold.
    kept: Option<Arc<Frame>>,
    last: Option<Arc<Frame>>,
    /// When the whole was looked at last, or the first frame came.
    looked_at: Option<Duration>,
    best: Option<DocumentFindings>,
}

impl Held {
    fn new(conversion: Arc<Conversion>) -> Self {
        Self {
            conversion,
            watch: Watch::default(),
            machine: AutoCapture::default(),
            frames: MrzFrames::default(),
            zone: None,
            kept: None,
            last: None,
            looked_at: None,
            best: None,
        }
    }

    fn picture(&self, frame: &Frame) -> Looked<Arc<Picture>> {
        self.conversion
            .picture(frame)
            .map_err(|error| from_picture(&error))
    }

    fn is_complete(&self) -> bool {
        self.best
            .as_ref()
            .is_some_and(DocumentFindings::is_complete)
    }

    /// Takes one more frame; at the moment for it, or where a whole look is due, the whole is looked at.
    fn take(&mut self, models: &mut Models, frame: &Arc<Frame>) -> Looked<Observation> {
        let at = frame.captured_at();
        let picture = self.picture(frame)?;
        let look = self.watch.look(&picture, at);
        let look = look.map_err(|error| from_inference(&error))?;
        let advice = self
            .machine
            .step(&FrameReport::of(frame.sequence(), at, &look));
        self.begin_anew_where(&advice, &look);
        self.read_zone(models, &picture)?;
        self.last = Some(Arc::clone(frame));
        if keeps(&advice) {
            self.kept = Some(Arc::clone(frame));
        }
        let since = *self.looked_at.get_or_insert(at);
        let due = at.saturating_sub(since) >= WHOLE_LOOK_EVERY;
        match &advice {
            Advice::Captured { .. } => {
                let kept = self.kept.take().unwrap_or_else(|| Arc::clone(frame));
                self.look_at_whole(models, &kept, at)?;
                self.machine.again();
            }
            Advice::Searching { .. } if due => self.look_at_whole(models, frame, at)?,
            Advice::Searching { .. } | Advice::HoldStill { .. } => {}
        }
        Ok(self.shown(frame.sequence(), &advice))
    }

    /// Evidence is of one document: a hold that begins, or a scene that changed, may show another.
    fn begin_anew_where(&mut self, advice: &Advice, look: &Look) {
        let begins =
            matches!(advice, Advice::HoldStill { progress, keep: true, .. } if *progress == 0.0);
        let changed = look.quality.speed.measured() == Some(f32::INFINITY);
        if begins || changed {
            self.frames = MrzFrames::default();
            self.zone = None;
            self.kept = None;
        }
    }

    fn read_zone(&mut self, models: &mut Models, picture: &Picture) -> Looked<()> {
        let sure = self.zone.as_ref().is_some_and(|zone| zone.valid);
        if !sure || self.frames.count() < EVIDENCE_FRAMES {
            self.zone = read_zone(models, &mut self.frames, picture)
                .map_err(|error| from_inference(&error))?;
        }
        Ok(())
    }

    fn look_at_whole(&mut self, models: &mut Models, frame: &Frame, at: Duration) -> Looked<()> {
        let picture = self.picture(frame)?;
        let mut found = read_document(models, &picture).map_err(|error| from_inference(&error))?;
        if let Some(zone) = self.zone.clone().filter(|zone| zone.valid) {
            found.settle(zone);
        }
        self.looked_at = Some(at);
        if self
            .best
            .as_ref()
            .is_none_or(|best| found.rank() > best.rank())
        {
            self.best = Some(found);
        }
        Ok(())
    }

    /// The source ended, or the time is over: what there is of a view is looked at.
    fn finish(&mut self, models: &mut Models) -> Looked<()> {
        if self.is_complete() {
            return Ok(());
        }
        match self.kept.take().or_else(|| self.last.take()) {
            Some(frame) => self.look_at_whole(models, &frame, frame.captured_at()),
            None => Ok(()),
        }
    }

    fn shown(&self, sequence: u64, advice: &Advice) -> Observation {
        let zone = match &self.zone {
            None => ZoneSeen::Absent,
            Some(zone) if zone.valid => ZoneSeen::Valid,
            Some(_) => ZoneSeen::Unsure,
        };
        let (hold, guidance) = match advice {
            Advice::Searching { guidance } => (Some(0.0), guidance.first()),
            Advice::HoldStill {
                progress, guidance, ..
            } => (Some(*progress), guidance.first()),
            Advice::Captured { .. } => (Some(1.0), None),
        };
        Observation {
            zone: Some(zone),
            hold,
            guidance: guidance.map(|given| given.code.name()),
            ..Observation::of(sequence)
        }
    }
}

/// Whether the frame is the best of its hold so far.
const fn keeps(advice: &Advice) -> bool {
    matches!(
        advice,
        Advice::HoldStill { keep: true, .. } | Advice::Captured { keep: true, .. }
    )
}
