//! A stream's frames as pictures, each converted once for all who look at it.
//!
//! ```text
//! analysis ──wishes──┐
//!                    ▼
//! frame ──► Conversion ──► picture, shared  ──► analysis, preview
//!                    └───► patches, once    ──► analysis
//! ```
//!
//! Who asks first has the frame converted, with the patches that analysis wished for; who asks for the same one after
//! that gets the same picture. Pictures' memory is used again as soon as nobody holds it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kiosk_capture::{Frame, PixelFormat};
use kiosk_inference::blob::{Patch, PatchWish};
use kiosk_inference::convert::{Converted, Converter, Method, Plan};
use kiosk_inference::picture::{Picture, PictureError};

use crate::config::{Camera, Cameras};
use crate::metrics::Metrics;

/// Frames that analysis and preview may be apart: with more, one of them converts for itself.
const REMEMBERED: usize = 2;
/// Pictures that wait to be filled again.
const SPARE: usize = 3;

/// Who converts which format on this machine: measured where a camera is configured, and logged with its figures.
///
/// # Errors
/// Where the processor's own way fails.
pub fn plan(cameras: &Cameras, metrics: &Metrics) -> Result<Plan, kiosk_inference::Error> {
    let is_device = |camera: &Option<Camera>| matches!(camera, Some(Camera::Device { .. }));
    if ![&cameras.face, &cameras.document]
        .into_iter()
        .any(is_device)
    {
        tracing::info!(
            "no camera is configured: nothing was measured, and frames are converted by the CPU"
        );
        return Ok(Plan::cpu());
    }
    let plan = Plan::measured()?;
    for figure in plan.figures() {
        let (format, cpu_us) = (name(figure.format), us(figure.cpu));
        metrics.conversion(format, Method::Cpu.name(), figure.cpu);
        match &figure.gpu {
            Ok(took) => {
                metrics.conversion(format, Method::Gpu.name(), *took);
                let (by, gpu_us, adapter) = (figure.method().name(), us(*took), plan.adapter());
                tracing::info!(format, by, cpu_us, gpu_us, adapter, "frames are converted");
            }
            Err(fault) => {
                tracing::info!(format, by = "cpu", cpu_us, why = %fault, "frames are converted")
            }
        }
        metrics.converts(format, figure.method().name());
    }
    Ok(plan)
}

fn us(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// A format's name in logs and metrics.
const fn name(format: PixelFormat) -> &'static str {
    match format {
        PixelFormat::Mjpeg => "mjpeg",
        PixelFormat::Nv12 => "nv12",
        PixelFormat::Yuyv => "yuyv",
        PixelFormat::Bgr8 => "bgr8",
        PixelFormat::Gray8 => "gray8",
    }
}

/// One stream's conversion.
pub struct Conversion {
    inner: Mutex<Inner>,
    metrics: Metrics,
}

struct Inner {
    converter: Converter,
    wishes: Vec<PatchWish>,
    /// The newest last.
    made: Vec<Made>,
    spare: Vec<Arc<Picture>>,
}

struct Made {
    sequence: u64,
    picture: Arc<Picture>,
    patches: Vec<Patch>,
}

impl Conversion {
    /// Follows a plan; how long a frame takes is told.
    pub fn new(plan: &Plan, metrics: Metrics) -> Arc<Self> {
        let inner = Inner {
            converter: Converter::new(plan),
            wishes: Vec::new(),
            made: Vec::with_capacity(REMEMBERED + 1),
            spare: Vec::with_capacity(SPARE + 1),
        };
        Arc::new(Self {
            inner: Mutex::new(inner),
            metrics,
        })
    }

    /// The patches that are wanted of the frames to come.
    pub fn wish(&self, wishes: Vec<PatchWish>) {
        self.lock().wishes = wishes;
    }

    /// A frame's picture.
    ///
    /// # Errors
    /// As [`Picture::take_frame`].
    pub fn picture(&self, frame: &Frame) -> Result<Arc<Picture>, PictureError> {
        let mut inner = self.lock();
        if let Some(made) = inner.find(frame) {
            return Ok(Arc::clone(&made.picture));
        }
        let mut converted = Converted {
            picture: inner.blank(),
            patches: Vec::new(),
        };
        let Inner {
            converter, wishes, ..
        } = &mut *inner;
        let mut watch = kiosk_inference::stages::Stopwatch::start();
        let by = converter.convert(frame, wishes, &mut converted)?;
        watch.lap(by.stage());
        for (stage, took) in watch.finish() {
            self.metrics.stage(stage, took);
        }
        if let Some(fault) = converter.fault() {
            tracing::error!(%fault, "the CPU converts this stream from now on");
        }
        let picture = Arc::new(converted.picture);
        inner.made.push(Made {
            sequence: frame.sequence(),
            picture: Arc::clone(&picture),
            patches: converted.patches,
        });
        if inner.made.len() > REMEMBERED {
            let oldest = inner.made.remove(0).picture;
            inner.put_by(oldest);
        }
        Ok(picture)
    }

    /// The patches that came with a frame's picture; empty for who asks again.
    pub fn patches(&self, frame: &Frame) -> Vec<Patch> {
        let mut inner = self.lock();
        let made = inner.find(frame);
        made.map(|made| std::mem::take(&mut made.patches))
            .unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // What is remembered is whole whoever panicked.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn find(&mut self, frame: &Frame) -> Option<&mut Made> {
        let sequence = frame.sequence();
        self.made.iter_mut().find(|made| made.sequence == sequence)
    }

    /// A picture to fill: one that nobody holds any more, where there is one.
    fn blank(&mut self) -> Picture {
        let free = |one: &Arc<Picture>| Arc::strong_count(one) == 1;
        let place = self.spare.iter().position(free);
        place
            .map(|place| self.spare.swap_remove(place))
            .and_then(Arc::into_inner)
            .unwrap_or_else(|| Converted::blank().picture)
    }

    /// Keeps a picture for its memory; too many of them are forgotten.
    fn put_by(&mut self, picture: Arc<Picture>) {
        if self.spare.len() == SPARE {
            self.spare.remove(0);
        }
        self.spare.push(picture);
    }
}

#[cfg(test)]
mod tests {
    use kiosk_capture::{Pool, Shape, SourceId, Stamp};

    use super::*;

    fn frame(sequence: u64, level: u8) -> Frame {
        let shape = Shape {
            format: PixelFormat::Gray8,
            width: 4,
            height: 2,
        };
        let stamp = Stamp {
            sequence,
            captured_at: Duration::ZERO,
            source: SourceId::new("test"),
        };
        Pool::new(1).frame(shape, stamp, &[level; 8]).unwrap()
    }

    #[test]
    fn a_configured_camera_has_both_ways_measured_and_told_and_none_has_not() {
        let metrics = Metrics::new();
        plan(&Cameras::default(), &metrics).unwrap();
        assert!(!metrics.text().unwrap().contains("kioskd_conversion_by{"));
        let cameras = Cameras {
            face: Some(Camera::Device {
                device: "0".into(),
                width: 1280,
                height: 720,
                fps: 30,
            }),
            ..Cameras::default()
        };
        let plan = plan(&cameras, &metrics).unwrap();
        let text = metrics.text().unwrap();
        for format in ["mjpeg", "nv12", "yuyv"] {
            let by = format!("kioskd_conversion_by{{format=\"{format}\",way=");
            let took =
                format!("kioskd_conversion_measured_seconds{{format=\"{format}\",way=\"cpu\"}}");
            assert!(text.contains(&by) && text.contains(&took), "{text}");
        }
        assert_eq!(plan.figures().len(), 3);
    }

    #[test]
    fn a_frame_is_converted_once_for_all_who_ask() {
        let conversion = Conversion::new(&Plan::cpu(), Metrics::new());
        let one = conversion.picture(&frame(1, 10)).unwrap();
        let again = conversion.picture(&frame(1, 99)).unwrap();
        assert!(Arc::ptr_eq(&one, &again), "the second was not looked at");
        let other = conversion.picture(&frame(2, 20)).unwrap();
        assert_eq!((one.bgr()[0], other.bgr()[0]), (10, 20));
    }

    #[test]
    fn a_picture_that_is_held_keeps_its_pixels_and_one_that_is_not_lends_its_memory() {
        let conversion = Conversion::new(&Plan::cpu(), Metrics::new());
        let held = conversion.picture(&frame(0, 1)).unwrap();
        let mut places = Vec::new();
        for number in 1..20 {
            let level = u8::try_from(number).unwrap();
            let picture = conversion.picture(&frame(number, level)).unwrap();
            assert_eq!(picture.bgr(), [level; 24]);
            places.push(picture.bgr().as_ptr());
        }
        assert_eq!(held.bgr(), [1; 24]);
        places.sort_unstable();
        places.dedup();
        assert!(places.len() <= REMEMBERED + SPARE, "{}", places.len());
    }
}
