//! A picture in memory: BGR, 8 bits a channel, rows packed without padding.
//!
//! Every picture from outside enters by [`Picture::decode`], which reads the header first: what is
//! too large, unknown or cut off is refused before a decoder allocates anything for it, and what would
//! take more memory than the limits allow is decoded at half its size or refused (see `plan`).

mod error;
mod frame;
mod header;
mod plan;
mod turn;
mod words;

pub use error::PictureError;
pub use header::{Header, PictureFormat};
pub use words::{PictureWords, StatedTime, UnreadableWords};

use std::fmt;

use opencv::boxed_ref::{BoxedRef, BoxedRefMut};
use opencv::core::{Mat, MatTraitConst, MatTraitConstManual, Rect, Vec3b, Vector};
use opencv::imgcodecs;
use opencv::prelude::VectorToVec;

use plan::Plan;

/// How much of a picture is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// The most bytes of the encoded file.
    pub max_bytes: usize,
    /// The most pixels (width times height).
    pub max_pixels: u64,
    /// The longest side in pixels.
    pub max_side: u32,
    /// The most bytes that decoding may hold at once, the picture that it gives among them and the encoded file not.
    pub max_memory: u64,
    /// Whether pictures are let in whose decoder may hold more than can be told before: lossless and transparent WebP.
    pub unbounded: bool,
}

impl Default for DecodeLimits {
    /// 30 MiB, 40 megapixels and 12,000 pixels a side: above what phone cameras and document scanners send (an A4
    /// page at 600 dpi has 35 megapixels); 64 MiB of memory: 20 megapixels as they are, 40 of a baseline JPEG at half.
    fn default() -> Self {
        Self {
            max_bytes: 30 << 20,
            max_pixels: 40_000_000,
            max_side: 12_000,
            max_memory: 64 << 20,
            unbounded: false,
        }
    }
}

impl DecodeLimits {
    /// For files that whoever runs the program names: lossless WebP too.
    #[must_use]
    pub fn for_own_files() -> Self {
        Self {
            unbounded: true,
            ..Self::default()
        }
    }
}

impl DecodeLimits {
    /// Whether a file of so many bytes and with that header is let in.
    #[must_use]
    pub fn allow(&self, bytes: usize, header: &Header) -> bool {
        let Header { width, height, .. } = *header;
        bytes <= self.max_bytes
            && u64::from(width) * u64::from(height) <= self.max_pixels
            && width.max(height) <= self.max_side
    }
}

/// A rectangle in picture pixels, x to the right, y down. May reach outside the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

/// BGR pixels, 8 bits a channel, packed rows.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    bgr: Vec<u8>,
}

impl fmt::Debug for Picture {
    /// The size only: pixels are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({}x{})", self.width, self.height)
    }
}

impl Picture {
    /// No pixels: for a decoder or converter to fill, never given out.
    pub(crate) const fn unfilled() -> Self {
        Self {
            width: 0,
            height: 0,
            bgr: Vec::new(),
        }
    }

    /// Decodes JPEG, PNG, WebP or BMP, turned upright by its EXIF orientation; a JPEG that would take more
    /// memory than the limits allow at half its width and height.
    ///
    /// # Errors
    /// Every [`PictureError`] but `WrongLength` and `OutsidePicture`; see there.
    pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Self, PictureError> {
        let mut picture = Self::unfilled();
        picture.take_encoded(bytes, limits)?;
        Ok(picture)
    }

    /// Decodes into this picture's own memory.
    fn take_encoded(&mut self, bytes: &[u8], limits: &DecodeLimits) -> Result<(), PictureError> {
        let header = admitted(bytes, limits)?;
        let plan = Plan::of(&header, limits)?;
        let flags = imgcodecs::IMREAD_IGNORE_ORIENTATION
            | if plan.halved {
                imgcodecs::IMREAD_REDUCED_COLOR_2
            } else {
                imgcodecs::IMREAD_COLOR
            };
        let encoded = Mat::from_bytes::<u8>(bytes)?;
        self.fill(plan.width, plan.height, |pixels| {
            imgcodecs::imdecode_to(&encoded, flags, pixels)
                .map(|_| ())
                .map_err(|_| PictureError::Undecodable)
        })?;
        if (self.width, self.height) != (plan.width, plan.height) {
            return Err(PictureError::Undecodable);
        }
        let sides = (self.width as usize, self.height as usize);
        turn::upright(&mut self.bgr, sides, header.orientation);
        if header.orientation.swaps_sides() {
            (self.width, self.height) = (plan.height, plan.width);
        }
        Ok(())
    }

    /// Becomes these packed BGR rows, in its own memory where that has the size.
    pub(crate) fn take_rows(&mut self, [width, height]: [u32; 2], bgr: &[u8]) {
        (self.width, self.height) = (width, height);
        self.bgr.clear();
        self.bgr.extend_from_slice(bgr);
    }

    /// Makes this picture `width` x `height` and has `write` fill it in place. What OpenCV puts elsewhere is copied. After
    /// an error the pixels are no picture.
    fn fill(
        &mut self,
        width: u32,
        height: u32,
        write: impl FnOnce(&mut BoxedRefMut<'_, Mat>) -> Result<(), PictureError>,
    ) -> Result<(), PictureError> {
        let length = width as usize * height as usize * 3;
        if self.bgr.len() != length {
            self.bgr = Vec::new(); // given back before the next is taken
            self.bgr = vec![0; length];
        }
        (self.width, self.height) = (width, height);
        let own = self.bgr.as_ptr();
        let [rows, cols] = [height, width].map(|side| i32::try_from(side).unwrap_or(i32::MAX));
        let mut pixels =
            Mat::new_rows_cols_with_bytes_mut::<Vec3b>(rows, cols, self.bgr.as_mut_slice())?;
        write(&mut pixels)?;
        if pixels.data() != own || (pixels.rows(), pixels.cols()) != (rows, cols) {
            let elsewhere = Self::from_mat(&pixels)?;
            drop(pixels);
            *self = elsewhere;
        }
        Ok(())
    }

    /// Takes packed BGR rows over.
    ///
    /// # Errors
    /// [`PictureError::WrongLength`] unless `bgr` has `width * height * 3` bytes and at least one pixel.
    pub fn from_bgr(width: u32, height: u32, bgr: Vec<u8>) -> Result<Self, PictureError> {
        let expected = u64::from(width) * u64::from(height) * 3;
        if bgr.len() as u64 != expected || expected == 0 {
            return Err(PictureError::WrongLength {
                width,
                height,
                expected,
                given: bgr.len(),
            });
        }
        Ok(Self { width, height, bgr })
    }

    /// Copies an OpenCV matrix of type 8UC3.
    ///
    /// # Errors
    /// [`PictureError::Undecodable`] where the matrix is empty or of another type.
    pub fn from_mat(mat: &impl MatTraitConst) -> Result<Self, PictureError> {
        if mat.empty() || mat.typ() != opencv::core::CV_8UC3 {
            return Err(PictureError::Undecodable);
        }
        let packed = mat.try_clone()?;
        let bytes = packed.data_bytes()?.to_vec();
        Self::from_bgr(
            packed.cols().unsigned_abs(),
            packed.rows().unsigned_abs(),
            bytes,
        )
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Packed rows, three bytes a pixel: blue, green, red.
    #[must_use]
    pub fn bgr(&self) -> &[u8] {
        &self.bgr
    }

    /// The pixels as an OpenCV matrix (8UC3) that borrows them.
    ///
    /// # Errors
    /// [`PictureError::Library`]: none known for a picture that was built.
    pub fn as_mat(&self) -> Result<BoxedRef<'_, Mat>, PictureError> {
        let rows = i32::try_from(self.height).unwrap_or(i32::MAX);
        let cols = i32::try_from(self.width).unwrap_or(i32::MAX);
        Ok(Mat::new_rows_cols_with_bytes::<Vec3b>(
            rows, cols, &self.bgr,
        )?)
    }

    /// Encodes as JPEG, `quality` 0 to 100.
    ///
    /// # Errors
    /// [`PictureError::Library`] where the encoder fails.
    pub fn encode_jpeg(&self, quality: u8) -> Result<Vec<u8>, PictureError> {
        let mut out = Vector::<u8>::new();
        let quality = i32::from(quality.min(100));
        let options = Vector::from_slice(&[imgcodecs::IMWRITE_JPEG_QUALITY, quality]);
        imgcodecs::imencode(".jpg", &self.as_mat()?, &mut out, &options)?;
        Ok(out.to_vec())
    }

    /// The part of `region` that lies inside the picture, copied.
    ///
    /// # Errors
    /// [`PictureError::OutsidePicture`] where no pixel is left.
    pub fn crop(&self, region: Region) -> Result<Self, PictureError> {
        let clamp = |value: f32, end: u32| value.clamp(0.0, end as f32) as i32;
        let left = clamp(region.x.floor(), self.width);
        let top = clamp(region.y.floor(), self.height);
        let right = clamp((region.x + region.width).ceil(), self.width);
        let bottom = clamp((region.y + region.height).ceil(), self.height);
        if right <= left || bottom <= top {
            return Err(PictureError::OutsidePicture);
        }
        let mat = self.as_mat()?;
        let part = Mat::roi(&mat, Rect::new(left, top, right - left, bottom - top))?;
        Self::from_mat(&part)
    }
}

/// The header of what is let in: the file's size, the format and the stated pixels are within the limits.
fn admitted(bytes: &[u8], limits: &DecodeLimits) -> Result<Header, PictureError> {
    if bytes.len() > limits.max_bytes {
        return Err(PictureError::TooManyBytes {
            bytes: bytes.len(),
            limit: limits.max_bytes,
        });
    }
    let header = Header::read(bytes)?;
    if !(header.bounded || limits.unbounded) {
        return Err(PictureError::Unbounded);
    }
    let Header { width, height, .. } = header;
    if !limits.allow(bytes.len(), &header) {
        return Err(PictureError::TooManyPixels {
            width,
            height,
            limit: limits.max_pixels,
            side_limit: limits.max_side,
        });
    }
    Ok(header)
}

#[cfg(test)]
mod tests;
