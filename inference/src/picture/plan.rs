//! How a picture is decoded so that memory stays bounded: at its own size, a large JPEG at half of it, or not at all.
//!
//! ```text
//! held at once = pixels given (3 bytes each) + what the format keeps (`Header::held`) + a few rows
//! ```
//!
//! libjpeg decodes at half the size by itself, from the lower half of each block's frequencies: the larger picture
//! never exists. A picture is halved only where half is still as large as any step looks at.

use super::{DecodeLimits, Header, PictureError, PictureFormat};

/// Rows on their way through a decoder, its tables, and what turning a picture takes: most that was measured is
/// 3 MB, at 12,000 pixels a row.
const ROWS_BYTES: u64 = 4 << 20;
/// A side that is halved has at least this many pixels left: the reader of documents works on 2,000.
const LEAST_HALF: u32 = 2_000;

/// What a decoder is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    /// Width of the pixels that it gives, before they are turned.
    pub width: u32,
    /// Their height.
    pub height: u32,
    /// Whether they are half the stored size.
    pub halved: bool,
}

impl Plan {
    /// The largest decoding within the limits.
    ///
    /// # Errors
    /// [`PictureError::TooMuchMemory`] where none is.
    pub fn of(header: &Header, limits: &DecodeLimits) -> Result<Self, PictureError> {
        let own = Self {
            width: header.width,
            height: header.height,
            halved: false,
        };
        let half = Self {
            width: header.width.div_ceil(2),
            height: header.height.div_ceil(2),
            halved: true,
        };
        let fits = |plan: &Self| plan.held(header) <= limits.max_memory;
        if fits(&own) {
            return Ok(own);
        }
        let may_halve = header.format == PictureFormat::Jpeg;
        if may_halve && half.width.max(half.height) >= LEAST_HALF && fits(&half) {
            return Ok(half);
        }
        Err(PictureError::TooMuchMemory {
            width: header.width,
            height: header.height,
            bytes: if may_halve { half } else { own }.held(header),
            limit: limits.max_memory,
        })
    }

    fn held(&self, header: &Header) -> u64 {
        u64::from(self.width) * u64::from(self.height) * 3 + header.held + ROWS_BYTES
    }
}
