//! Why a source could not be opened or gave no frame. No message quotes a path or a pixel: file names
//! may hold a person's name.

use std::time::Duration;

/// A fault of a source. Messages say the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// Nothing lies at the recording's path.
    #[error("the recording is not there: check the path")]
    Missing,
    /// The recording is there and may not be read.
    #[error("the recording can't be read ({reason}): check its rights")]
    Unreadable {
        /// What the system said.
        reason: String,
    },
    /// The recording has no bytes.
    #[error("the recording is empty (0 bytes): record it again")]
    Empty,
    /// A folder without a picture in it.
    #[error("the folder holds no picture: put JPEG, PNG, WebP, BMP, TIFF or PNM files into it")]
    NoPictures,
    /// The bytes are of no container or picture format that is let in.
    #[error(
        "the recording is in an unknown format: give AVI, MP4, MOV, WebM, Matroska, MPEG, Ogg, FLV, \
         WMV or GIF, or a JPEG, PNG, WebP, BMP, TIFF or PNM picture"
    )]
    UnknownFormat,
    /// The file ends before its own end.
    #[error("the recording is cut off before its end: send the whole file again")]
    Truncated,
    /// The file is longer than the limit for a picture.
    #[error("the picture has {bytes} bytes, more than the limit of {limit}: give a smaller file")]
    TooManyBytes {
        /// Bytes of the file.
        bytes: u64,
        /// The most that is let in.
        limit: u64,
    },
    /// The header states more pixels than the limit; nothing was decoded.
    #[error(
        "the recording is {width}x{height} pixels, more than the limit of {limit} pixels: scale it down"
    )]
    TooManyPixels {
        /// Width that the header states.
        width: u64,
        /// Height that the header states.
        height: u64,
        /// The most pixels that are let in.
        limit: u64,
    },
    /// The header is well formed, the content can't be decoded.
    #[error(
        "the recording can't be decoded: it is damaged, or its codec is unknown; record it again"
    )]
    Undecodable,
    /// A video that states neither a frame rate nor times.
    #[error("the video states neither a frame rate nor times: convert it to MP4 or AVI")]
    NoFrameRate,
    /// A video that ends well before the frame count of its own header.
    #[error("the video breaks off after {read} of {stated} frames: record it again")]
    BreaksOff {
        /// Frames that were decoded.
        read: u64,
        /// Frames that the container states.
        stated: u64,
    },
    /// No such device.
    #[error(
        "there is no camera `{device}`: attach it, or give one of `kioskctl`'s list of devices"
    )]
    NoSuchDevice {
        /// The device as it was asked for.
        device: String,
    },
    /// The device is there and can't be used.
    #[error(
        "the camera `{device}` can't be used ({reason}): check that this user is in the group `video` \
         and that no other program has it open"
    )]
    DeviceRefused {
        /// The device as it was asked for.
        device: String,
        /// What the driver said.
        reason: String,
    },
    /// The device offers none of the formats that are read.
    #[error("the camera `{device}` offers none of MJPEG, NV12 and YUYV: use another camera")]
    NoUsableFormat {
        /// The device as it was asked for.
        device: String,
    },
    /// The device stopped giving frames.
    #[error("the camera `{device}` failed while it ran ({reason}): check its cable")]
    DeviceFailed {
        /// The device as it was asked for.
        device: String,
        /// What the driver said.
        reason: String,
    },
    /// A frame has another length than its format and size ask for.
    #[error("a frame has {given} bytes where its format takes {expected}: the driver is at fault")]
    WrongLength {
        /// Bytes given.
        given: usize,
        /// Bytes that the shape asks for.
        expected: usize,
    },
    /// Every buffer of the pool is held by someone; this frame was not delivered and the next may be.
    #[error("all {limit} frames handed out are still held: drop frames before asking for more")]
    FramesHeld {
        /// Buffers of the pool.
        limit: usize,
    },
    /// A viewer waited its whole time.
    #[error("no new frame came for {} ms: check the camera", .waited.as_millis())]
    Stalled {
        /// How long the viewer waited.
        waited: Duration,
    },
    /// The source's thread went away without a word.
    #[error(
        "the source ended without saying why: this is a defect; the log of its thread says more"
    )]
    Vanished,
    /// A thread could not be started.
    #[error("no thread for the source ({reason}): the machine is out of memory or threads")]
    NoThread {
        /// What the system said.
        reason: String,
    },
    /// A source did not stop in its time; its thread is left behind.
    #[error("the source `{source_id}` did not stop within {} ms and was left behind", .waited.as_millis())]
    Straggler {
        /// The source's id.
        source_id: String,
        /// How long it was given.
        waited: Duration,
    },
    /// OpenCV failed at a step that should not fail on checked input.
    #[error("image library: error {code}")]
    Library {
        /// OpenCV's code.
        code: i32,
    },
}

impl CaptureError {
    /// A stable name of the fault, for answers of an API.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "RECORDING_MISSING",
            Self::Unreadable { .. } => "RECORDING_UNREADABLE",
            Self::Empty => "RECORDING_EMPTY",
            Self::NoPictures => "RECORDING_WITHOUT_PICTURES",
            Self::UnknownFormat => "RECORDING_FORMAT_UNKNOWN",
            Self::Truncated | Self::BreaksOff { .. } => "RECORDING_TRUNCATED",
            Self::TooManyBytes { .. } | Self::TooManyPixels { .. } => "RECORDING_TOO_LARGE",
            Self::Undecodable => "RECORDING_UNDECODABLE",
            Self::NoFrameRate => "RECORDING_WITHOUT_TIMES",
            Self::NoSuchDevice { .. } => "CAMERA_MISSING",
            Self::DeviceRefused { .. } => "CAMERA_REFUSED",
            Self::NoUsableFormat { .. } => "CAMERA_FORMAT_UNUSABLE",
            Self::DeviceFailed { .. } | Self::WrongLength { .. } | Self::Vanished => {
                "CAMERA_FAILED"
            }
            Self::FramesHeld { .. } => "FRAMES_HELD",
            Self::Stalled { .. } => "CAMERA_STALLED",
            Self::NoThread { .. } => "NO_THREAD",
            Self::Straggler { .. } => "CAMERA_STUCK",
            Self::Library { .. } => "IMAGE_LIBRARY",
        }
    }
}

/// OpenCV's messages quote paths: only its code is kept.
impl From<opencv::Error> for CaptureError {
    fn from(error: opencv::Error) -> Self {
        Self::Library { code: error.code }
    }
}
