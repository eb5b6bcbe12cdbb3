//! The graphics processor as a converter: the only place that names `wgpu`.
//!
//! ```text
//! frame's samples ──one upload──► pixels ─► bgr ──┬─► shrink ─► sample ─► tensor, one a wish
//!                                                 │                          │
//!                    one command buffer           └──────── read back ◄──────┘   ──► picture, patches
//! ```
//!
//! Vulkan only: on a kiosk's Linux there is nothing else. What the driver calls a processor (lavapipe) is a software
//! rasteriser; it computes the same, and its figures say nothing of a graphics card.

mod buffers;
mod passes;

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use kiosk_capture::Frame;

use super::planes::{Layout, Planes};
use crate::blob::{Patch, PatchWish};
use crate::picture::Picture;
use buffers::{Buffers, Slot};
use passes::Passes;

/// A pass that takes longer is given up, and the processor with it.
const PASS_WITHIN: Duration = Duration::from_secs(2);

/// Why the graphics processor does not convert.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GpuFault {
    /// No driver offers an adapter.
    #[error(
        "no Vulkan adapter ({0}): install the graphics card's driver, or Debian's mesa-vulkan-drivers"
    )]
    NoAdapter(String),
    /// The adapter gives no device with what the passes need.
    #[error("the adapter gives no device ({0}): update its driver")]
    NoDevice(String),
    /// A pass failed, or did not end in its time.
    #[error(
        "a pass on the graphics processor failed ({0}); the CPU converts until kioskd is started again"
    )]
    Failed(String),
    /// The library that decodes JPEG into planes could not be used.
    #[error("no JPEG decoder: install Debian's libturbojpeg0")]
    NoDecoder,
}

/// An open device with its compiled passes. Clones share it.
#[derive(Clone)]
pub struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
    passes: Arc<Passes>,
    /// The first error that the device told of.
    told: Arc<Mutex<Option<String>>>,
    adapter: Arc<str>,
    software: bool,
}

impl Gpu {
    /// Opens the fastest adapter.
    ///
    /// # Errors
    /// [`GpuFault::NoAdapter`], [`GpuFault::NoDevice`].
    pub fn open() -> Result<Self, GpuFault> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: wgpu::Backends::VULKAN,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let wish = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..wgpu::RequestAdapterOptions::default()
        };
        let adapter = at_once(instance.request_adapter(&wish))
            .ok_or_else(|| GpuFault::NoAdapter("the driver does not answer".into()))?
            .map_err(|error| GpuFault::NoAdapter(error.to_string()))?;
        let info = adapter.get_info();
        let (device, queue) = at_once(adapter.request_device(&wgpu::DeviceDescriptor::default()))
            .ok_or_else(|| GpuFault::NoDevice("the driver does not answer".into()))?
            .map_err(|error| GpuFault::NoDevice(error.to_string()))?;
        let told = Arc::new(Mutex::new(None));
        let hears = Arc::clone(&told);
        // Without this the library ends the process at the first error.
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            let mut first = hears.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert(error.to_string());
        }));
        let passes = Arc::new(Passes::compile(&device));
        let gpu = Self {
            device,
            queue,
            passes,
            told,
            adapter: format!("{} ({})", info.name, info.driver).into(),
            software: info.device_type == wgpu::DeviceType::Cpu,
        };
        gpu.sound()
            .map_err(|fault| GpuFault::NoDevice(fault.to_string()))?;
        Ok(gpu)
    }

    /// The adapter's and its driver's name.
    #[must_use]
    pub fn adapter(&self) -> &str {
        &self.adapter
    }

    /// Whether it is a software rasteriser on this machine's own cores.
    #[must_use]
    pub const fn is_software(&self) -> bool {
        self.software
    }

    /// What the device told of since it was opened.
    fn sound(&self) -> Result<(), GpuFault> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match told.as_ref() {
            Some(error) => Err(GpuFault::Failed(error.clone())),
            None => Ok(()),
        }
    }
}

/// A future of the library's on a native platform is ready when it is first asked.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let future = std::pin::pin!(future);
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Converts one stream's frames; keeps its buffers.
pub(super) struct GpuConverter {
    gpu: Gpu,
    planes: Planes,
    buffers: Option<Buffers>,
    slots: Vec<Slot>,
}

impl GpuConverter {
    pub fn new(gpu: &Gpu) -> Result<Self, GpuFault> {
        Ok(Self {
            gpu: gpu.clone(),
            planes: Planes::new().ok_or(GpuFault::NoDecoder)?,
            buffers: None,
            slots: Vec::new(),
        })
    }

    /// Pixels and patches of a frame in one go; `false` for a frame that the passes do not read, whose pixels are not
    /// touched.
    ///
    /// # Errors
    /// [`GpuFault::Failed`]: no further frame should be tried.
    pub fn convert(
        &mut self,
        frame: &Frame,
        wishes: &[PatchWish],
        picture: &mut Picture,
        patches: &mut Vec<Patch>,
    ) -> Result<bool, GpuFault> {
        let Self {
            gpu,
            planes,
            buffers,
            slots,
        } = self;
        let Some((layout, samples)) = planes.of(frame) else {
            return Ok(false);
        };
        if !fits(gpu, &layout, samples.len()) {
            return Ok(false);
        }
        buffers.take_if(|buffers| !buffers.hold(&layout, samples.len()));
        let buffers = buffers
            .get_or_insert_with(|| Buffers::new(&gpu.device, &gpu.passes, &layout, samples.len()));
        buffers.upload(&gpu.queue, &layout, samples);
        slots.truncate(wishes.len());
        for (number, wish) in wishes.iter().enumerate() {
            if slots.get(number).is_some_and(|slot| !slot.holds(wish)) {
                slots.truncate(number);
            }
            if number == slots.len() {
                slots.push(Slot::new(&gpu.device, &gpu.passes, wish));
            }
            slots[number].prepare(gpu, [layout.width, layout.height], wish);
        }
        if !slots.iter().all(Slot::has_room) {
            return Ok(false);
        }
        run(gpu, &layout, buffers, slots)?;
        let size = [layout.width, layout.height];
        let length = (layout.width * layout.height * 3) as usize;
        read(&buffers.back, |bytes| {
            picture.take_rows(size, &bytes[..length])
        })?;
        patches.clear();
        for (slot, of) in slots.iter().zip(wishes) {
            let mut values = Vec::with_capacity(slot.values());
            read(&slot.back, |bytes| {
                let (floats, _) = bytes.as_chunks::<4>();
                values.extend(floats.iter().map(|float| f32::from_le_bytes(*float)));
            })?;
            patches.push(Patch { of: *of, values });
        }
        Ok(true)
    }
}

/// Whether the device can hold and index the frame.
fn fits(gpu: &Gpu, layout: &Layout, samples: usize) -> bool {
    let most = gpu.device.limits().max_storage_buffer_binding_size;
    let pixels = u64::from(layout.width) * u64::from(layout.height);
    samples as u64 + 4 <= most && pixels * 3 + 16 <= most
}

/// Submits the passes and waits until what they give can be read.
fn run(gpu: &Gpu, layout: &Layout, buffers: &Buffers, slots: &[Slot]) -> Result<(), GpuFault> {
    let mut encoder = gpu
        .device
        .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    gpu.passes.encode(&mut encoder, layout, buffers, slots);
    gpu.queue.submit([encoder.finish()]);
    for back in std::iter::once(&buffers.back).chain(slots.iter().map(|slot| &slot.back)) {
        // Whether it was mapped is seen when it is read.
        back.map_async(wgpu::MapMode::Read, .., |_| {});
    }
    let wait = wgpu::PollType::Wait {
        submission_index: None,
        timeout: Some(PASS_WITHIN),
    };
    gpu.device
        .poll(wait)
        .map_err(|error| GpuFault::Failed(error.to_string()))?;
    gpu.sound()
}

/// Hands a mapped buffer's bytes on and gives the buffer back to the device.
fn read(buffer: &wgpu::Buffer, take: impl FnOnce(&[u8])) -> Result<(), GpuFault> {
    let view = buffer
        .get_mapped_range(..)
        .map_err(|error| GpuFault::Failed(error.to_string()))?;
    take(&view);
    drop(view);
    buffer.unmap();
    Ok(())
}
