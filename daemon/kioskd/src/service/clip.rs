//! An uploaded clip, frame by frame: pictures in order, or one video held in memory.

use std::io::Write;

use bytes::Bytes;
use kiosk_api::service::{PICTURE_INTERVAL_MS, ServiceError};
use kiosk_capture::{Frame, FrameSource, Limits, Pacing, Recording, SystemClock};
use kiosk_inference::liveness::injection::{ContainerFacts, Upload, judge_words};
use kiosk_inference::picture::{DecodeLimits, Picture};

use time::OffsetDateTime;

use super::evidence::from_picture;
use super::from_inference;
use super::picture_kind::is_picture;
use crate::analysis::{ClipFindings, ClipJudge, Models};

/// Frames looked at in one clip: a minute at 30 frames a second. What follows is not looked at.
const MOST_FRAMES: usize = 1_800;

/// What a clip's frames may have: 4K, so that a frame and its copy stay below the memory that a picture may take.
const CLIP_LIMITS: Limits = Limits {
    max_pixels: 4096 * 2160,
    max_picture_bytes: 30 << 20,
};

/// Judges an uploaded clip.
pub(super) fn judge_files(
    models: &mut Models,
    mut judge: ClipJudge,
    files: &[Bytes],
    selfie: Option<&Picture>,
    at: OffsetDateTime,
) -> Result<ClipFindings, ServiceError> {
    match files {
        [] => {
            return Err(unusable(
                "CLIP_EMPTY",
                "the clip holds no frame; send pictures or one video",
            ));
        }
        [video] if !is_picture(video) => judge_video(models, &mut judge, video)?,
        pictures => judge_pictures(models, &mut judge, pictures, at)?,
    }
    judge
        .finish(models, selfie)
        .map_err(|error| from_inference(&error))
}

fn judge_pictures(
    models: &mut Models,
    judge: &mut ClipJudge,
    files: &[Bytes],
    at: OffsetDateTime,
) -> Result<(), ServiceError> {
    let upload = Upload {
        at,
        asked_now: true,
    };
    for (place, file) in files.iter().take(MOST_FRAMES).enumerate() {
        let picture = Picture::decode(file, &DecodeLimits::default())
            .map_err(|error| from_picture(&error))?;
        let words = judge_words(file, &picture, upload).map_err(|error| from_inference(&error))?;
        judge.worded(words);
        let t_ms = place as f64 * f64::from(PICTURE_INTERVAL_MS);
        judge
            .look(models, &picture, t_ms)
            .map_err(|error| from_inference(&error))?;
    }
    Ok(())
}

/// A video is decoded from an anonymous file in memory: a person's clip never touches the disk unsealed.
fn judge_video(
    models: &mut Models,
    judge: &mut ClipJudge,
    video: &[u8],
) -> Result<(), ServiceError> {
    if video.is_empty() {
        return Err(unusable("CLIP_EMPTY", "the clip is empty; record it again"));
    }
    let held = in_memory(video).map_err(|error| {
        tracing::error!(%error, "no memory file for an uploaded clip");
        ServiceError::Unavailable {
            reason: "no memory for the clip".into(),
        }
    })?;
    let path = format!(
        "/proc/self/fd/{}",
        std::os::fd::AsRawFd::as_raw_fd(held.as_file())
    );
    let clock = std::sync::Arc::new(SystemClock::start());
    let mut recording =
        Recording::open_with(path.as_ref(), Pacing::AsFastAsAsked, &CLIP_LIMITS, clock).map_err(
            |_| {
                unusable(
                    "CLIP_UNREADABLE",
                    "the clip can't be decoded; send MP4, WebM or AVI, or pictures",
                )
            },
        )?;
    let mut held = ContainerFacts {
        stated_frames: recording.stated_frames(),
        stated_fps: recording.facts().fps,
        cut: true,
        ..ContainerFacts::default()
    };
    for _ in 0..MOST_FRAMES {
        let frame = recording
            .next_frame()
            .map_err(|_| unusable("CLIP_TRUNCATED", "the clip breaks off; record it again"))?;
        let Some(frame) = frame else {
            held.cut = false;
            break;
        };
        held.frames += 1;
        held.length_ms = frame.captured_at().as_secs_f64() * 1e3;
        look_at_frame(models, judge, &frame)?;
    }
    judge.contained(held);
    Ok(())
}

/// Looks at one frame of a source.
pub(crate) fn look_at_frame(
    models: &mut Models,
    judge: &mut ClipJudge,
    frame: &Frame,
) -> Result<(), ServiceError> {
    let picture = Picture::from_frame(frame).map_err(|error| from_picture(&error))?;
    let t_ms = frame.captured_at().as_secs_f64() * 1000.0;
    judge
        .look(models, &picture, t_ms)
        .map_err(|error| from_inference(&error))?;
    Ok(())
}

fn in_memory(bytes: &[u8]) -> std::io::Result<memfd::Memfd> {
    let held = memfd::MemfdOptions::default()
        .create("clip")
        .map_err(|error| std::io::Error::other(error.to_string()))?;
    held.as_file().write_all(bytes)?;
    Ok(held)
}

fn unusable(code: &'static str, remedy: &str) -> ServiceError {
    ServiceError::Unusable {
        code,
        remedy: remedy.into(),
    }
}
