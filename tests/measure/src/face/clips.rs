//! The clips that faces are looked for in: KIOSK_TESTDATA's where that is set, else the project's own synthetic person.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use kiosk_capture::{FrameSource, Pacing, Recording};
use kiosk_inference::picture::Picture;
use opencv::core::{BORDER_REPLICATE, Mat, Scalar, Size};
use opencv::imgproc;

use crate::pictures::testdata;
use kiosk_tests::material::Material;

/// A clip's frames, fitted to one size.
pub struct Clip {
    /// The file's name without its ending.
    pub name: String,
    /// Its frames in order.
    pub frames: Vec<Picture>,
}

/// The files of the clips, and what they are in words.
pub fn files() -> anyhow::Result<(Vec<PathBuf>, &'static str)> {
    let Some(folder) = testdata("faces/clips") else {
        let own = Material::below(&kiosk_tests::root())?.calm("traveller")?;
        return Ok((vec![own], "the project's synthetic person"));
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "mp4"));
    files.sort();
    ensure!(!files.is_empty(), "KIOSK_TESTDATA has no faces/clips/*.mp4");
    Ok((files, "KIOSK_TESTDATA's clips of real people"))
}

impl Clip {
    /// The first `most` frames of a recording, each scaled to fit into `size`, its edges repeated to fill it.
    pub fn open(file: &Path, size: (u32, u32), most: usize) -> anyhow::Result<Self> {
        let mut recording = Recording::open(file, Pacing::AsFastAsAsked)?;
        let mut frames = Vec::new();
        while frames.len() < most
            && let Some(frame) = recording.next_frame()?
        {
            frames.push(fitted(&Picture::from_frame(&frame)?, size)?);
        }
        let name = file.file_stem().context("the clip has no name")?;
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            frames,
        })
    }

    /// Writes the frames as RGB bytes, one after the other, below `target/bench/face`.
    pub fn write_rgb(&self) -> anyhow::Result<PathBuf> {
        let folder = kiosk_tests::root().join("target/bench/face");
        std::fs::create_dir_all(&folder)?;
        let file = folder.join("clip.rgb");
        let mut out = std::io::BufWriter::new(std::fs::File::create(&file)?);
        for frame in &self.frames {
            let mut rgb = frame.bgr().to_vec();
            rgb.chunks_exact_mut(3).for_each(|pixel| pixel.swap(0, 2));
            out.write_all(&rgb)?;
        }
        out.flush()?;
        Ok(file)
    }
}

/// The picture in the middle of a frame of that size.
fn fitted(picture: &Picture, (width, height): (u32, u32)) -> anyhow::Result<Picture> {
    if (picture.width(), picture.height()) == (width, height) {
        return Ok(picture.clone());
    }
    let side = |length: u32, scale: f64| i32::try_from((f64::from(length) * scale).round() as i64);
    let scale = (f64::from(width) / f64::from(picture.width()))
        .min(f64::from(height) / f64::from(picture.height()));
    let inner = Size::new(
        side(picture.width(), scale)?,
        side(picture.height(), scale)?,
    );
    let how = if scale < 1.0 {
        imgproc::INTER_AREA
    } else {
        imgproc::INTER_LINEAR
    };
    let mut scaled = Mat::default();
    imgproc::resize(&picture.as_mat()?, &mut scaled, inner, 0.0, 0.0, how)?;
    let beside = [
        side(width, 1.0)? - inner.width,
        side(height, 1.0)? - inner.height,
    ];
    let before = beside.map(|pixels| pixels / 2);
    let mut framed = Mat::default();
    opencv::core::copy_make_border(
        &scaled,
        &mut framed,
        before[1],
        beside[1] - before[1],
        before[0],
        beside[0] - before[0],
        BORDER_REPLICATE,
        Scalar::default(),
    )?;
    Ok(Picture::from_mat(&framed)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_scaled_into_the_middle_of_its_frame() {
        let mut bgr = vec![0; 4 * 4 * 3];
        bgr[..12].fill(200);
        let square = Picture::from_bgr(4, 4, bgr).unwrap();
        let framed = fitted(&square, (16, 8)).unwrap();
        assert_eq!((framed.width(), framed.height()), (16, 8));
        // The upper edge reaches from side to side, the lower one is as black as it was.
        assert_eq!(framed.bgr()[..16 * 3], [200; 48]);
        assert_eq!(framed.bgr()[7 * 48..], [0; 48]);
    }
}
