//! From a camera's frame to a picture, and to the tensors that the networks are known to ask for next.
//!
//! ```text
//!            ┌─ CPU: OpenCV's vector code ──────────────────────────► picture   (patches are cut out when asked for)
//! frame ─────┤
//!            └─ GPU: one upload, one command buffer, one read back ─► picture + patches
//! ```
//!
//! Which of the two is measured at start, format by format ([`Plan::measured`]). Both give the same within one level of
//! 255; `tests/convert.rs` holds them to it.
//!
//! Colours. UVC cameras' YUYV and NV12 are taken as BT.601 in video range (16 to 235), which is what the UVC
//! specification's colour matching descriptor defaults to (matrix 4, SMPTE 170M); a JPEG is BT.601 in full range, as JFIF
//! says.

mod choice;
mod gpu;
mod planes;

use kiosk_capture::Frame;

use crate::blob::{Patch, PatchWish};
use crate::picture::{Picture, PictureError};
use gpu::GpuConverter;

pub use choice::{Figure, Plan};
pub use gpu::{Gpu, GpuFault};

/// How a frame is converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// By the processor.
    Cpu,
    /// By the graphics processor.
    Gpu,
}

impl Method {
    /// The stage that its time is told under.
    #[must_use]
    pub const fn stage(self) -> &'static str {
        match self {
            Self::Cpu => "convert.cpu",
            Self::Gpu => "convert.gpu",
        }
    }

    /// Its name in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
        }
    }
}

/// A frame's pixels, and the patches that were made with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// The whole frame.
    pub picture: Picture,
    /// Those of the wished patches that came with it; the others are cut out of the picture when they are asked for.
    pub patches: Vec<Patch>,
}

impl Converted {
    /// Room for a frame: one pixel, black.
    #[must_use]
    pub fn blank() -> Self {
        let mut picture = Picture::unfilled();
        picture.take_rows([1, 1], &[0; 3]);
        Self {
            picture,
            patches: Vec::new(),
        }
    }
}

/// Converts one stream's frames. One a stream: it keeps its buffers.
pub struct Converter {
    plan: Plan,
    gpu: Option<GpuConverter>,
    fault: Option<GpuFault>,
}

impl Converter {
    /// A converter that follows a plan.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let (gpu, fault) = match plan.gpu().map(GpuConverter::new) {
            Some(Ok(gpu)) => (Some(gpu), None),
            Some(Err(fault)) => (None, Some(fault)),
            None => (None, None),
        };
        Self {
            plan: plan.clone(),
            gpu,
            fault,
        }
    }

    /// Makes `into` the next frame, in its own memory, and gives who did it. A frame that the graphics processor does
    /// not read, and every one after it failed, is the processor's.
    ///
    /// # Errors
    /// As [`Picture::take_frame`]; `into` is then no picture.
    pub fn convert(
        &mut self,
        frame: &Frame,
        wishes: &[PatchWish],
        into: &mut Converted,
    ) -> Result<Method, PictureError> {
        if self.plan.method(frame.format()) == Method::Gpu
            && let Some(gpu) = &mut self.gpu
        {
            match gpu.convert(frame, wishes, &mut into.picture, &mut into.patches) {
                Ok(true) => return Ok(Method::Gpu),
                Ok(false) => {}
                Err(fault) => {
                    self.gpu = None;
                    self.fault = Some(fault);
                }
            }
        }
        into.patches.clear();
        into.picture.take_frame(frame)?;
        Ok(Method::Cpu)
    }

    /// Why the graphics processor that was planned with is not used any more; told once.
    pub fn fault(&mut self) -> Option<GpuFault> {
        self.fault.take()
    }
}
