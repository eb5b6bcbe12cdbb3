//! Frames to a Motion-JPEG AVI, which OpenCV reads back frame for frame.

use std::path::Path;

use anyhow::{Context, ensure};
use kiosk_inference::picture::Picture;
use opencv::core::Size;
use opencv::prelude::{VideoWriterTrait, VideoWriterTraitConst};
use opencv::videoio::VideoWriter;

/// Writes a film; all frames are of the first one's size. An existing file is replaced whole.
pub fn write(
    path: &Path,
    fps: f64,
    frames: impl IntoIterator<Item = anyhow::Result<Picture>>,
) -> anyhow::Result<()> {
    let mut frames = frames.into_iter().peekable();
    let first = match frames.peek() {
        Some(Ok(first)) => Size::new(
            i32::try_from(first.width())?,
            i32::try_from(first.height())?,
        ),
        Some(Err(_)) | None => match frames.next() {
            Some(Err(error)) => return Err(error),
            _ => anyhow::bail!("a film needs a frame"),
        },
    };
    let part = crate::part_of(path, "avi");
    let name = part.to_str().context("the film's path is not UTF-8")?;
    let fourcc = VideoWriter::fourcc('M', 'J', 'P', 'G')?;
    let mut writer = VideoWriter::new(name, fourcc, fps, first, true)?;
    ensure!(writer.is_opened()?, "OpenCV can't write {name}");
    for frame in frames {
        let frame = frame?;
        writer.write(&frame.as_mat()?)?;
    }
    writer.release()?;
    std::fs::rename(&part, path)?;
    Ok(())
}
