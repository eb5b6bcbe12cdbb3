//! A video through OpenCV's FFmpeg.

use std::path::Path;
use std::time::Duration;

use opencv::core::{Mat, MatTraitConst};
use opencv::videoio::{
    CAP_FFMPEG, CAP_PROP_FPS, CAP_PROP_FRAME_COUNT, CAP_PROP_FRAME_HEIGHT, CAP_PROP_FRAME_WIDTH,
    CAP_PROP_POS_MSEC, VideoCapture, VideoCaptureTrait, VideoCaptureTraitConst,
};

use super::Limits;
use crate::error::CaptureError;

/// A video that gives fewer than this share of the frames that its index states has broken off.
/// FFmpeg itself drops a few frames at the end of some files that are whole.
const WHOLE_SHARE: f64 = 0.9;

/// An open video.
pub(super) struct Video {
    capture: VideoCapture,
    limits: Limits,
    fps: Option<f64>,
    stated: Option<u64>,
    read: u64,
    first_ms: f64,
    last: Duration,
}

impl Video {
    pub(super) fn open(
        path: &Path,
        limits: Limits,
        counts_frames: bool,
    ) -> Result<Self, CaptureError> {
        let path = path.to_str().ok_or_else(|| CaptureError::Unreadable {
            reason: "its path is not UTF-8".into(),
        })?;
        let capture = VideoCapture::from_file(path, CAP_FFMPEG)?;
        if !capture.is_opened()? {
            return Err(CaptureError::Undecodable);
        }
        let positive = |value: f64| (value.is_finite() && value > 0.0).then_some(value);
        let width = positive(capture.get(CAP_PROP_FRAME_WIDTH)?);
        let height = positive(capture.get(CAP_PROP_FRAME_HEIGHT)?);
        let (Some(width), Some(height)) = (width, height) else {
            return Err(CaptureError::Undecodable);
        };
        limits.admit(width as u64, height as u64)?;
        let fps = positive(capture.get(CAP_PROP_FPS)?);
        let stated = positive(capture.get(CAP_PROP_FRAME_COUNT)?).map(|count| count as u64);
        Ok(Self {
            capture,
            limits,
            fps,
            stated: stated.filter(|_| counts_frames),
            read: 0,
            first_ms: 0.0,
            last: Duration::ZERO,
        })
    }

    pub(super) const fn fps(&self) -> Option<f64> {
        self.fps
    }

    pub(super) const fn stated_frames(&self) -> Option<u64> {
        self.stated
    }

    pub(super) fn decode(&mut self, into: &mut Mat) -> Result<Option<Duration>, CaptureError> {
        let decoded = self
            .capture
            .read(into)
            .map_err(|_| CaptureError::Undecodable)?;
        if !decoded || into.empty() {
            return self.ended();
        }
        let side = |length: i32| u64::from(length.unsigned_abs());
        self.limits.admit(side(into.cols()), side(into.rows()))?;
        let time = self.time()?;
        self.read += 1;
        self.last = time;
        Ok(Some(time))
    }

    /// OpenCV gives no reason when no frame comes: the index says whether it was too early.
    fn ended(&self) -> Result<Option<Duration>, CaptureError> {
        let (read, stated) = (self.read, self.stated.unwrap_or(0));
        if (read as f64) < stated as f64 * WHOLE_SHARE {
            return Err(CaptureError::BreaksOff { read, stated });
        }
        Ok(None)
    }

    /// The frame's own time since the first frame, where the container states times that go forward,
    /// else its number by the frame rate.
    fn time(&mut self) -> Result<Duration, CaptureError> {
        let ms = self.capture.get(CAP_PROP_POS_MSEC)?;
        if self.read == 0 {
            self.first_ms = ms;
            return Ok(Duration::ZERO);
        }
        let stated = Duration::try_from_secs_f64((ms - self.first_ms) / 1000.0).ok();
        if let Some(stated) = stated.filter(|stated| *stated > self.last) {
            return Ok(stated);
        }
        let fps = self.fps.ok_or(CaptureError::NoFrameRate)?;
        let counted = Duration::try_from_secs_f64(self.read as f64 / fps);
        Ok(counted.unwrap_or(self.last).max(self.last))
    }
}
