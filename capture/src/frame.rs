//! One frame: pixels in a buffer of the pool, what they mean, and when and where they came from.

use std::fmt;
use std::time::Duration;

use crate::jpeg;
use crate::pool::Buffer;
use crate::source::SourceId;

/// How a frame's bytes are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// Blue, green, red, 8 bits each, rows packed.
    Bgr8,
    /// One grey byte a pixel, rows packed.
    Gray8,
    /// Y0 U Y1 V for two pixels side by side; rows packed.
    Yuyv,
    /// A plane of Y, then a plane of U V pairs for each 2x2 pixels.
    Nv12,
    /// One JPEG picture.
    Mjpeg,
}

/// Format and size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Format of the bytes.
    pub format: PixelFormat,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl Shape {
    /// Bytes from one row to the next; 0 for [`PixelFormat::Mjpeg`], which has no rows.
    #[must_use]
    pub const fn stride(&self) -> usize {
        let width = self.width as usize;
        match self.format {
            PixelFormat::Bgr8 => width * 3,
            PixelFormat::Gray8 | PixelFormat::Nv12 => width,
            PixelFormat::Yuyv => width * 2,
            PixelFormat::Mjpeg => 0,
        }
    }

    /// Bytes of a whole frame; `None` for [`PixelFormat::Mjpeg`], whose length varies.
    #[must_use]
    pub const fn length(&self) -> Option<usize> {
        let rows = self.height as usize;
        match self.format {
            PixelFormat::Nv12 => Some(self.stride() * (rows + rows.div_ceil(2))),
            PixelFormat::Mjpeg => None,
            _ => Some(self.stride() * rows),
        }
    }
}

/// When and where a frame came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Number within its source, from 0.
    pub sequence: u64,
    /// Monotonic time since the source's start; a recording's own time for its frames.
    pub captured_at: Duration,
    /// The source.
    pub source: SourceId,
}

/// A frame. Its buffer goes back to the pool when it is dropped; share it by `Arc`.
pub struct Frame {
    shape: Shape,
    stamp: Stamp,
    buffer: Buffer,
}

impl Frame {
    pub(crate) const fn new(shape: Shape, stamp: Stamp, buffer: Buffer) -> Self {
        Self {
            shape,
            stamp,
            buffer,
        }
    }

    /// The same pixels with another stamp.
    pub(crate) fn restamped(self, stamp: Stamp) -> Self {
        Self { stamp, ..self }
    }

    /// The frame's bytes where they are a JPEG that any reader opens. A camera's MJPEG may leave out its
    /// Huffman tables, which browsers do not forgive.
    #[must_use]
    pub fn whole_jpeg(&self) -> Option<&[u8]> {
        let mjpeg = self.shape.format == PixelFormat::Mjpeg;
        (mjpeg && jpeg::has_tables(self.bytes())).then(|| self.bytes())
    }

    /// The pixels, as [`Frame::format`] says.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.buffer.bytes()
    }

    /// How the bytes are to be read.
    #[must_use]
    pub const fn format(&self) -> PixelFormat {
        self.shape.format
    }

    /// Width in pixels.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.shape.width
    }

    /// Height in pixels.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.shape.height
    }

    /// Bytes from one row to the next; 0 for [`PixelFormat::Mjpeg`].
    #[must_use]
    pub const fn stride(&self) -> usize {
        self.shape.stride()
    }

    /// Number within its source, from 0; gaps are frames that were not delivered.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.stamp.sequence
    }

    /// Monotonic time since the source's start; a recording's own time for its frames.
    #[must_use]
    pub const fn captured_at(&self) -> Duration {
        self.stamp.captured_at
    }

    /// The source.
    #[must_use]
    pub const fn source(&self) -> &SourceId {
        &self.stamp.source
    }
}

impl fmt::Debug for Frame {
    /// Size and stamp only: pixels are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("shape", &self.shape)
            .field("stamp", &self.stamp)
            .finish_non_exhaustive()
    }
}
