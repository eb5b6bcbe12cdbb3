//! Who converts which format: measured at start on a drawn frame of each, never assumed.
//!
//! Measured is what a followed face costs: the frame's pixels and the mesh's patch, which the processor warps out of the
//! pixels and the graphics processor gives with them.

use std::sync::Arc;
use std::time::Duration;

use kiosk_capture::{Frame, PixelFormat, Pool, Shape, SourceId, Stamp};

use super::{Converted, Converter, Gpu, GpuFault, Method};
use crate::Error;
use crate::blob::{Beyond, Blob, Channels, PatchWish, Wish};
use crate::geometry::Square;
use crate::pack::Normalisation;
use crate::picture::{Picture, PictureError};
use crate::stages::Stopwatch;

/// Formats that cameras give, in the order in which they are measured.
const FORMATS: [PixelFormat; 3] = [PixelFormat::Mjpeg, PixelFormat::Nv12, PixelFormat::Yuyv];
/// The frame that is measured with.
const SIZE: [u32; 2] = [1280, 720];
/// Frames that warm a way up, and those that count.
const WARM_UP: usize = 1;
const COUNTED: usize = 5;
/// A way whose first counted frame takes so many times as long as the other's median has lost by it.
const LOST: u32 = 4;

/// What one format took.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The frames' format.
    pub format: PixelFormat,
    /// Median time on the processor.
    pub cpu: Duration,
    /// The same on the graphics processor.
    pub gpu: Result<Duration, GpuFault>,
}

impl Figure {
    /// Who is faster.
    #[must_use]
    pub fn method(&self) -> Method {
        match &self.gpu {
            Ok(gpu) if *gpu < self.cpu => Method::Gpu,
            _ => Method::Cpu,
        }
    }
}

/// Who converts which format, and by which figures.
#[derive(Clone)]
pub struct Plan {
    gpu: Option<Gpu>,
    adapter: Option<Arc<str>>,
    figures: Vec<Figure>,
    forced: Option<Method>,
}

impl Plan {
    /// The processor alone, nothing measured.
    #[must_use]
    pub const fn cpu() -> Self {
        Self {
            gpu: None,
            adapter: None,
            figures: Vec::new(),
            forced: Some(Method::Cpu),
        }
    }

    /// The graphics processor for every format that it reads, nothing measured.
    #[must_use]
    pub const fn gpu_only(gpu: Gpu) -> Self {
        Self {
            gpu: Some(gpu),
            adapter: None,
            figures: Vec::new(),
            forced: Some(Method::Gpu),
        }
    }

    /// The graphics processor's name, where one was measured.
    #[must_use]
    pub fn adapter(&self) -> Option<&str> {
        self.adapter.as_deref()
    }

    /// Measures both ways on this machine. A graphics processor that wins nowhere is given back.
    ///
    /// # Errors
    /// Where the processor's own way fails.
    pub fn measured() -> Result<Self, Error> {
        let gpu = Gpu::open();
        let mut figures = Vec::with_capacity(FORMATS.len());
        for format in FORMATS {
            figures.push(Figure::of(format, gpu.as_ref())?);
        }
        let wins = figures.iter().any(|figure| figure.method() == Method::Gpu);
        Ok(Self {
            adapter: gpu.as_ref().ok().map(|gpu| gpu.adapter().into()),
            gpu: gpu.ok().filter(|_| wins),
            figures,
            forced: None,
        })
    }

    /// Who converts frames of a format.
    #[must_use]
    pub fn method(&self, format: PixelFormat) -> Method {
        let measured = || self.figures.iter().find(|figure| figure.format == format);
        match self.forced {
            Some(method) => method,
            None => measured().map_or(Method::Cpu, Figure::method),
        }
    }

    /// What was measured.
    #[must_use]
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    pub(super) const fn gpu(&self) -> Option<&Gpu> {
        self.gpu.as_ref()
    }
}

impl Figure {
    fn of(format: PixelFormat, gpu: Result<&Gpu, &GpuFault>) -> Result<Self, Error> {
        let frame = drawn(format)?;
        let cpu = median(&frame, &Plan::cpu(), Duration::MAX)?.0;
        let gpu = match gpu {
            Err(fault) => Err(fault.clone()),
            Ok(gpu) => median(&frame, &Plan::gpu_only(gpu.clone()), cpu * LOST)?.1,
        };
        Ok(Self { format, cpu, gpu })
    }
}

/// The median time that a plan takes for a frame and its patch, or the first that reaches `hopeless`; the second says
/// why it is not the graphics processor's.
fn median(
    frame: &Frame,
    plan: &Plan,
    hopeless: Duration,
) -> Result<(Duration, Result<Duration, GpuFault>), Error> {
    let wish = wish();
    let mut converter = Converter::new(plan);
    let mut converted = Converted::blank();
    let mut blob = Blob::new(wish.wish, 1);
    let mut taken = Vec::with_capacity(COUNTED);
    let mut by = Method::Cpu;
    for round in 0..WARM_UP + COUNTED {
        let mut watch = Stopwatch::start();
        by = converter.convert(frame, &[wish], &mut converted)?;
        blob.offer(&mut converted.patches);
        blob.fill(0, &converted.picture.as_mat()?, &wish.map, wish.beyond)?;
        watch.lap("convert");
        if round >= WARM_UP {
            taken.extend(watch.finish().into_iter().map(|(_, time)| time));
        }
        if taken.last().is_some_and(|time| *time >= hopeless) {
            break;
        }
    }
    taken.sort_unstable();
    let median = taken[taken.len() / 2];
    let not_it = || GpuFault::Failed("it does not read this format".into());
    let gpu = match by {
        Method::Gpu => Ok(median),
        Method::Cpu => Err(converter.fault().unwrap_or_else(not_it)),
    };
    Ok((median, gpu))
}

/// The patch of a face of common size, as the mesh network takes it.
fn wish() -> PatchWish {
    let square = Square {
        centre: [640.0, 360.0],
        side: 330.0,
        angle: 0.1,
    };
    let side = 192;
    PatchWish {
        wish: Wish {
            side,
            channels: Channels::Rgb,
            normalisation: Normalisation {
                mean: [0.0; 3],
                scale: [255.0; 3],
            },
        },
        map: square.from_patch(side),
        beyond: Beyond::Edge,
    }
}

/// A frame of soft shapes with some grain.
fn drawn(format: PixelFormat) -> Result<Frame, Error> {
    let [width, height] = SIZE;
    let level = |x: u32, y: u32, channel: u32| {
        let soft = (x * (channel + 2) / 9 + y * (5 - channel) / 7) % 200;
        let grain = (x * 31 + y * 17 + x * y % 13) % 12;
        u8::try_from(20 + soft + grain).unwrap_or(u8::MAX)
    };
    let raw = |bytes_a_pixel: u32, rows: u32| -> Vec<u8> {
        let row = width * bytes_a_pixel;
        (0..row * rows)
            .map(|at| level(at % row, at / row, at % 2))
            .collect()
    };
    let bytes = match format {
        PixelFormat::Yuyv => raw(2, height),
        PixelFormat::Nv12 => raw(1, height + height / 2),
        _ => {
            let bgr = (0..width * height * 3)
                .map(|at| level(at / 3 % width, at / 3 / width, at % 3))
                .collect();
            Picture::from_bgr(width, height, bgr)?.encode_jpeg(90)?
        }
    };
    let shape = Shape {
        format,
        width,
        height,
    };
    let stamp = Stamp {
        sequence: 0,
        captured_at: Duration::ZERO,
        source: SourceId::new("drawn"),
    };
    let frame = Pool::new(1).frame(shape, stamp, &bytes);
    frame.map_err(|_| Error::Picture(PictureError::Undecodable))
}
