//! A frame's bytes as they are uploaded: raw formats as they came, a JPEG as the planes that its decoder gives before
//! any colour is made of them.
//!
//! ```text
//! YUYV   Y0 U Y1 V for two pixels           NV12   Y plane, then U V pairs for each 2x2
//! JPEG   Y plane, Cb plane, Cr plane, rows padded to 4 bytes; chroma as coarse as the JPEG stores it
//! ```

use kiosk_capture::{Frame, PixelFormat};
use turbojpeg::{Colorspace, Decompressor, Subsamp, YuvImage};

use crate::picture::{DecodeLimits, Header};

/// Rows of a JPEG's planes begin at multiples of this.
const ALIGN: usize = 4;
/// libjpeg's decoder smooths the chroma of wider pictures only.
const LEAST_SIDE: u32 = 16;

/// How the bytes are to be read; the numbers are those of `passes.wgsl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Kind {
    Yuyv = 0,
    Nv12 = 1,
    Gray = 2,
    Jpeg444 = 3,
    Jpeg422 = 4,
    Jpeg420 = 5,
}

/// Where each sample lies; lengths in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub kind: Kind,
    pub width: u32,
    pub height: u32,
    pub luma_stride: u32,
    pub second_at: u32,
    pub third_at: u32,
    pub chroma_stride: u32,
    pub chroma_width: u32,
    pub chroma_height: u32,
}

/// Makes frames ready for the upload; keeps the planes' memory.
pub(super) struct Planes {
    decoder: Decompressor,
    planes: Vec<u8>,
}

impl Planes {
    /// `None` where the JPEG library gives no decoder.
    pub fn new() -> Option<Self> {
        Some(Self {
            decoder: Decompressor::new().ok()?,
            planes: Vec::new(),
        })
    }

    /// The frame's samples and where they lie. `None` for a frame that the passes do not read, whole or damaged: other
    /// formats, odd sizes, a turned JPEG, one of other colours. The CPU then says what it is.
    pub fn of<'a>(&'a mut self, frame: &'a Frame) -> Option<(Layout, &'a [u8])> {
        let even = frame.width().is_multiple_of(2) && frame.height().is_multiple_of(2);
        match frame.format() {
            PixelFormat::Yuyv if even => whole(frame, raw(frame, Kind::Yuyv)),
            PixelFormat::Nv12 if even => whole(frame, raw(frame, Kind::Nv12)),
            PixelFormat::Mjpeg => self.jpeg(frame.bytes()),
            _ => None,
        }
    }

    fn jpeg(&mut self, bytes: &[u8]) -> Option<(Layout, &[u8])> {
        let limits = DecodeLimits::default();
        let stated = Header::read(bytes).ok()?;
        if !limits.allow(bytes.len(), &stated) || may_be_turned(bytes) {
            return None;
        }
        let header = self.decoder.read_header(bytes).ok()?;
        let (kind, across, down) = match (header.subsamp, header.colorspace) {
            (Subsamp::Gray, Colorspace::Gray) => (Kind::Gray, 1, 1),
            (Subsamp::None, Colorspace::YCbCr) => (Kind::Jpeg444, 1, 1),
            (Subsamp::Sub2x1, Colorspace::YCbCr) => (Kind::Jpeg422, 2, 1),
            (Subsamp::Sub2x2, Colorspace::YCbCr) => (Kind::Jpeg420, 2, 2),
            _ => return None,
        };
        let (width, height) = (stated.width, stated.height);
        if (header.width, header.height) != (width as usize, height as usize)
            || width.min(height) < LEAST_SIDE
        {
            return None;
        }
        let layout = jpeg_layout(kind, [width, height], [across, down]);
        let length = turbojpeg::yuv_pixels_len(header.width, ALIGN, header.height, header.subsamp);
        self.planes.resize(length.ok()?, 0);
        let image = YuvImage {
            pixels: self.planes.as_mut_slice(),
            width: header.width,
            align: ALIGN,
            height: header.height,
            subsamp: header.subsamp,
        };
        self.decoder.decompress_to_yuv(bytes, image).ok()?;
        Some((layout, &self.planes))
    }
}

fn whole(frame: &Frame, layout: Layout) -> Option<(Layout, &[u8])> {
    let rows = match layout.kind {
        Kind::Nv12 => frame.height() as usize * 3 / 2,
        _ => frame.height() as usize,
    };
    let expected = layout.luma_stride as usize * rows;
    (expected > 0 && frame.bytes().len() == expected).then(|| (layout, frame.bytes()))
}

fn raw(frame: &Frame, kind: Kind) -> Layout {
    let (width, height) = (frame.width(), frame.height());
    let luma_stride = if kind == Kind::Yuyv { 2 * width } else { width };
    Layout {
        kind,
        width,
        height,
        luma_stride,
        second_at: width * height,
        third_at: 0,
        chroma_stride: width,
        chroma_width: width / 2,
        chroma_height: height / 2,
    }
}

fn jpeg_layout(kind: Kind, [width, height]: [u32; 2], [across, down]: [u32; 2]) -> Layout {
    let align = ALIGN as u32;
    let (chroma_width, chroma_height) = (width.div_ceil(across), height.div_ceil(down));
    // The decoder pads the luma plane to whole chroma samples, too.
    let luma_stride = (chroma_width * across).next_multiple_of(align);
    let chroma_stride = chroma_width.next_multiple_of(align);
    let second_at = luma_stride * chroma_height * down;
    Layout {
        kind,
        width,
        height,
        luma_stride,
        second_at,
        third_at: second_at + chroma_stride * chroma_height,
        chroma_stride,
        chroma_width,
        chroma_height,
    }
}

/// Whether an application segment 1, where EXIF states an orientation, stands before the first scan.
fn may_be_turned(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some([0xFF, marker, high, low]) = bytes.get(at..at + 4) {
        match marker {
            0xE1 => return true,
            0xDA => return false,
            _ => at += 2 + usize::from(u16::from_be_bytes([*high, *low])).max(2),
        }
    }
    false
}
