//! A clip through the daemon's own judge, frame by frame.

use std::path::Path;
use std::time::Duration;

use kiosk_capture::{CaptureError, FrameSource, Pacing, Recording};
use kiosk_inference::picture::Picture;
use kiosk_inference::stages::StageTimes;
use kiosk_session::UsableFace;

use super::super::readers::timed;
use crate::analysis::{ClipJudge, Models, Moment};

/// Frames looked at in one clip: ten minutes at 30 a second, as many as a judge remembers.
const MOST_FRAMES: usize = 18_000;

/// A clip that is being looked at.
pub(super) struct Player {
    recording: Recording,
    judge: ClipJudge,
    frames: usize,
    broke_off: Option<String>,
}

impl Player {
    /// Opens a video, a picture or a folder of pictures.
    pub(super) fn open(path: &Path, limits: &UsableFace) -> Result<Self, CaptureError> {
        Ok(Self {
            recording: Recording::open(path, Pacing::AsFastAsAsked)?,
            judge: ClipJudge::new(limits.clone()),
            frames: 0,
            broke_off: None,
        })
    }

    /// Looks at the next frame: what it showed, and how long each stage took. `None` at the clip's end.
    pub(super) fn next(&mut self, models: &mut Models) -> Option<(Moment, StageTimes)> {
        models.heard = Some(StageTimes::new());
        match self.look(models) {
            Ok(true) if self.frames == MOST_FRAMES => {
                self.broke_off = Some(format!(
                    "only the first {MOST_FRAMES} frames were looked at"
                ));
                None
            }
            Ok(true) => {
                self.frames += 1;
                self.judge.latest().cloned().zip(models.heard.take())
            }
            Ok(false) => None,
            Err(fault) => {
                self.broke_off = Some(fault);
                None
            }
        }
    }

    fn look(&mut self, models: &mut Models) -> Result<bool, String> {
        let (frame, took_ms) = timed(|| self.recording.next_frame());
        let Some(frame) = frame.map_err(|fault| fault.to_string())? else {
            return Ok(false);
        };
        if self.frames == MOST_FRAMES {
            return Ok(true);
        }
        models.timed(&vec![("decode", Duration::from_secs_f64(took_ms / 1e3))]);
        let picture = Picture::from_frame(&frame).map_err(|fault| fault.to_string())?;
        let t_ms = frame.captured_at().as_secs_f64() * 1e3;
        self.judge
            .look(models, &picture, t_ms)
            .map_err(|fault| fault.to_string())?;
        Ok(true)
    }

    /// Frames looked at.
    pub(super) const fn frames(&self) -> usize {
        self.frames
    }

    /// The judge, and why the clip was left before its end; `None` where it was not.
    pub(super) fn finish(self) -> (ClipJudge, Option<String>) {
        (self.judge, self.broke_off)
    }
}
