//! A camera through nokhwa: V4L2 on Linux.
//!
//! This code has never run against a camera on the machine that it was written on, which has none:
//! tested there are the choice of a format, the list of devices and every way of failing to open one.
//!
//! nokhwa waits for a frame without a limit: a camera that stalls holds its thread, which
//! [`crate::Stream::stop`] then names. It also hides how many bytes of a V4L2 buffer were used: a
//! JPEG's length is found by its end marker, raw frames are taken at the length of their format.

mod negotiate;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nokhwa::utils::{ApiBackend, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType};

use crate::clock::{Clock, SystemClock};
use crate::error::CaptureError;
use crate::frame::{Frame, PixelFormat, Shape, Stamp};
use crate::jpeg;
use crate::pool::Pool;
use crate::source::{FrameSource, SourceFacts, SourceId};
use negotiate::{READABLE, choose};

/// Frames of a camera that may be held at a time.
const FRAMES_OUT: usize = 8;
/// A second of damaged frames in a row: the camera or its cable has failed.
const MOST_DAMAGED: u32 = 30;

/// What is wished of a camera; it gives what comes nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CameraWish {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames a second.
    pub fps: u32,
}

impl Default for CameraWish {
    /// 1280x720 at 30 frames a second.
    fn default() -> Self {
        Self {
            width: 1280,
            height: 720,
            fps: 30,
        }
    }
}

/// A device as the system lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceFacts {
    /// What [`Camera::open`] takes: the index.
    pub device: String,
    /// The driver's name of it.
    pub name: String,
    /// Where it is, for people.
    pub description: String,
}

/// Lists the video devices. A camera may show more than one: some carry metadata only and are
/// refused when opened.
///
/// # Errors
/// [`CaptureError::DeviceRefused`] where the system can't be asked.
pub fn devices() -> Result<Vec<DeviceFacts>, CaptureError> {
    let found = nokhwa::query(ApiBackend::Auto).map_err(|error| refused("any", &error))?;
    let mut devices: Vec<_> = found
        .into_iter()
        .map(|info| DeviceFacts {
            device: info.index().as_string(),
            name: info.human_name(),
            description: info.description().to_owned(),
        })
        .collect();
    devices.sort_by(|a, b| (a.device.len(), &a.device).cmp(&(b.device.len(), &b.device)));
    Ok(devices)
}

/// An open camera that gives frames.
pub struct Camera {
    device: String,
    camera: nokhwa::Camera,
    facts: SourceFacts,
    shape: Shape,
    clock: Arc<dyn Clock>,
    begun: Option<Duration>,
    sequence: u64,
    pool: Pool,
}

impl Camera {
    /// Opens a camera by index (`0`) or path (`/dev/video0`, or a link to one) and starts it.
    ///
    /// # Errors
    /// [`CaptureError::NoSuchDevice`], [`CaptureError::NoUsableFormat`] or
    /// [`CaptureError::DeviceRefused`], as they say.
    pub fn open(device: &str, wish: &CameraWish) -> Result<Self, CaptureError> {
        let index = index_of(device)?;
        let offers = offers(device, index)?;
        let chosen = choose(&offers, wish).ok_or_else(|| CaptureError::NoUsableFormat {
            device: device.into(),
        })?;
        let exact = RequestedFormatType::Exact(chosen);
        let mut camera = open_device(device, index, exact)?;
        camera
            .open_stream()
            .map_err(|error| refused(device, &error))?;
        let given = camera.camera_format();
        let format = pixel_format(given.format()).ok_or_else(|| CaptureError::NoUsableFormat {
            device: device.into(),
        })?;
        let shape = Shape {
            format,
            width: given.width(),
            height: given.height(),
        };
        let facts = SourceFacts {
            id: SourceId::new(&format!("camera:{index}")),
            format,
            width: shape.width,
            height: shape.height,
            fps: Some(f64::from(given.frame_rate())),
            live: true,
        };
        Ok(Self {
            device: device.into(),
            camera,
            facts,
            shape,
            clock: Arc::new(SystemClock::start()),
            begun: None,
            sequence: 0,
            pool: Pool::new(FRAMES_OUT),
        })
    }

    fn failed(&self, reason: String) -> CaptureError {
        CaptureError::DeviceFailed {
            device: self.device.clone(),
            reason,
        }
    }
}

impl FrameSource for Camera {
    fn facts(&self) -> &SourceFacts {
        &self.facts
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, CaptureError> {
        for _ in 0..MOST_DAMAGED {
            let raw = self
                .camera
                .frame_raw()
                .map_err(|error| CaptureError::DeviceFailed {
                    device: self.device.clone(),
                    reason: error.to_string(),
                })?;
            let now = self.clock.now();
            let begun = *self.begun.get_or_insert(now);
            let stamp = Stamp {
                sequence: self.sequence,
                captured_at: now - begun,
                source: self.facts.id.clone(),
            };
            self.sequence += 1;
            if let Some(bytes) = whole(self.shape, &raw) {
                return self.pool.frame(self.shape, stamp, bytes).map(Some);
            }
        }
        Err(self.failed(format!("{MOST_DAMAGED} damaged frames in a row")))
    }
}

/// The part of a V4L2 buffer that is the frame; `None` where the frame is damaged.
fn whole(shape: Shape, raw: &[u8]) -> Option<&[u8]> {
    let length = match shape.length() {
        Some(length) => length,
        None => jpeg::length(raw)?,
    };
    raw.get(..length)
}

const fn pixel_format(format: FrameFormat) -> Option<PixelFormat> {
    match format {
        FrameFormat::MJPEG => Some(PixelFormat::Mjpeg),
        FrameFormat::NV12 => Some(PixelFormat::Nv12),
        FrameFormat::YUYV => Some(PixelFormat::Yuyv),
        _ => None,
    }
}

/// What the device offers. It is closed again before it is opened with the chosen format: nokhwa's
/// own nearest-format search finds none where the wished size is not offered exactly.
fn offers(device: &str, index: u32) -> Result<Vec<nokhwa::utils::CameraFormat>, CaptureError> {
    let mut camera = open_device(device, index, RequestedFormatType::None)?;
    camera
        .compatible_camera_formats()
        .map_err(|error| refused(device, &error))
}

fn open_device(
    device: &str,
    index: u32,
    wanted: RequestedFormatType,
) -> Result<nokhwa::Camera, CaptureError> {
    let request = RequestedFormat::with_formats(wanted, &READABLE);
    nokhwa::Camera::new(CameraIndex::Index(index), request).map_err(|error| refused(device, &error))
}

fn refused(device: &str, error: &nokhwa::NokhwaError) -> CaptureError {
    CaptureError::DeviceRefused {
        device: device.into(),
        reason: error.to_string(),
    }
}

/// The number behind `0`, `/dev/video0` or a link such as `/dev/v4l/by-id/..`.
fn index_of(device: &str) -> Result<u32, CaptureError> {
    let missing = || CaptureError::NoSuchDevice {
        device: device.into(),
    };
    let path = match device.parse::<u32>() {
        Ok(index) => format!("/dev/video{index}"),
        Err(_) => device.to_owned(),
    };
    let node = Path::new(&path).canonicalize().map_err(|_| missing())?;
    node.to_str()
        .and_then(|node| node.strip_prefix("/dev/video"))
        .and_then(|number| number.parse().ok())
        .ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_is_not_there_is_named_with_the_remedy() {
        for device in ["987", "/dev/video987", "/dev/v4l/by-id/none", "", "-1"] {
            let error = Camera::open(device, &CameraWish::default()).err().unwrap();
            let expected = CaptureError::NoSuchDevice {
                device: device.into(),
            };
            assert_eq!(error, expected);
            assert!(error.to_string().contains("attach it"));
        }
    }

    #[test]
    fn a_path_that_is_no_video_device_is_no_camera() {
        let error = Camera::open("/dev/null", &CameraWish::default())
            .err()
            .unwrap();
        assert!(
            matches!(error, CaptureError::NoSuchDevice { .. }),
            "{error}"
        );
    }

    #[test]
    fn the_list_of_devices_is_the_systems_own() {
        let nodes = std::fs::read_dir("/dev")
            .unwrap()
            .filter(|entry| {
                let name = entry.as_ref().unwrap().file_name();
                name.to_str().is_some_and(|name| name.starts_with("video"))
            })
            .count();
        assert_eq!(devices().unwrap().len(), nodes);
    }

    #[test]
    fn a_jpeg_frame_is_cut_at_its_own_end_and_a_raw_one_at_its_length() {
        let jpeg = Shape {
            format: PixelFormat::Mjpeg,
            width: 2,
            height: 2,
        };
        let raw = [0xFF, 0xD8, 0xFF, 0xD9, 7, 7, 0xFF, 0xD9];
        assert_eq!(whole(jpeg, &raw), Some(&raw[..4]));
        assert_eq!(whole(jpeg, &raw[..3]), None);
        let yuyv = Shape {
            format: PixelFormat::Yuyv,
            ..jpeg
        };
        assert_eq!(whole(yuyv, &[1; 10]), Some(&[1; 8][..]));
        assert_eq!(whole(yuyv, &[1; 7]), None);
    }
}
