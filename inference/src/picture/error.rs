//! Why a picture was refused.

/// A picture that could not be taken in. No variant quotes the picture's bytes.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Nothing was sent.
    #[error("the picture is empty (0 bytes): send the file again")]
    Empty,
    /// The bytes are in none of the formats that are let in.
    #[error("the picture is in an unknown format: send JPEG, PNG, WebP or BMP")]
    UnknownFormat,
    /// The file ends before its own end marker.
    #[error("the picture is cut off before its end: send the whole file again")]
    Truncated,
    /// The file is longer than the limit.
    #[error("the picture has {bytes} bytes, more than the limit of {limit}: send a smaller file")]
    TooManyBytes {
        /// Bytes sent.
        bytes: usize,
        /// The most that is let in.
        limit: usize,
    },
    /// The header states more pixels than the limit; nothing was decoded.
    #[error(
        "the picture is {width}x{height} pixels, more than the limit of {limit} pixels or \
         {side_limit} a side: scale it down"
    )]
    TooManyPixels {
        /// Width that the header states.
        width: u32,
        /// Height that the header states.
        height: u32,
        /// The most pixels that are let in.
        limit: u64,
        /// The longest side that is let in.
        side_limit: u32,
    },
    /// Decoding would hold more than the limit, at half its size too where the format allows that; nothing was decoded.
    #[error(
        "decoding this {width}x{height} picture would hold {bytes} bytes at once, more than the limit of {limit}: \
         scale it down, or send it as a baseline JPEG (not progressive)"
    )]
    TooMuchMemory {
        /// Width that the header states.
        width: u32,
        /// Height that the header states.
        height: u32,
        /// The least that decoding would hold.
        bytes: u64,
        /// The most that it may.
        limit: u64,
    },
    /// A kind of file whose decoder's memory cannot be told from its header, sent from outside.
    #[error(
        "the picture is a lossless or transparent WebP, whose decoder's memory has no bound: send it as JPEG, PNG or \
         lossy WebP"
    )]
    Unbounded,
    /// A WebP of several pictures.
    #[error("the picture moves: send one picture as JPEG, PNG or WebP")]
    Moving,
    /// The header is well formed and the content is not.
    #[error("the picture's content is damaged: send the file again")]
    Undecodable,
    /// The rows handed over don't have the length that their size asks for.
    #[error("{width}x{height} BGR pixels take {expected} bytes, {given} were given")]
    WrongLength {
        /// Width asked for.
        width: u32,
        /// Height asked for.
        height: u32,
        /// `width * height * 3`.
        expected: u64,
        /// Bytes given.
        given: usize,
    },
    /// A rectangle that has no pixel inside the picture.
    #[error("the rectangle has no pixel inside the picture")]
    OutsidePicture,
    /// OpenCV failed at a step that should not fail on checked input.
    #[error("image library: {0}")]
    Library(#[from] opencv::Error),
}

impl PictureError {
    /// A stable name of the fault, for answers of an API.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "PICTURE_EMPTY",
            Self::UnknownFormat => "PICTURE_FORMAT_UNKNOWN",
            Self::Truncated => "PICTURE_TRUNCATED",
            Self::TooManyBytes { .. } | Self::TooManyPixels { .. } | Self::TooMuchMemory { .. } => {
                "PICTURE_TOO_LARGE"
            }
            Self::Unbounded | Self::Moving => "PICTURE_KIND_REFUSED",
            Self::Undecodable => "PICTURE_UNDECODABLE",
            Self::WrongLength { .. } | Self::OutsidePicture => "PICTURE_MALFORMED",
            Self::Library(_) => "IMAGE_LIBRARY",
        }
    }
}
