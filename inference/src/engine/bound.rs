//! A session whose input and outputs are bound to memory that stays: from run to run nothing is allocated.
//!
//! ```text
//! picture's tensor ─(one copy)─► input, kept ─► run ─► outputs, kept ─► read in place until the next run
//!                     on a GPU: pinned memory, from which the card fetches and to which it writes by itself
//! ```
//!
//! No network of ours feeds another: between two of them a crop is cut or a result is judged on the processor, so that no
//! tensor stays on the card (decision 0018). On the processor a session without binding reads the caller's tensor in place
//! and keeps its outputs' memory in its arena: binding costs a copy there and saves two small allocations. On a GPU this is
//! *compiled, never run*.

use std::collections::BTreeMap;

use ndarray::ArrayViewD;
use ort::memory::{AllocationDevice, Allocator, AllocatorType, MemoryInfo, MemoryType};
use ort::session::{IoBinding, Session, SessionOutputs};
use ort::value::Tensor;

use super::network::Port;
use super::{EngineError, Provider};

/// Sizes of input that are kept; networks that are bound are run at one, or at a handful of batches.
const MOST: usize = 8;

/// A session with its memory.
#[derive(Debug)]
pub(super) struct Bound {
    session: Session,
    provider: Provider,
    input: String,
    outputs: Vec<Port>,
    /// By batch.
    kept: BTreeMap<usize, Kept>,
}

#[derive(Debug)]
struct Kept {
    binding: IoBinding,
    input: Tensor<f32>,
    shape: Vec<usize>,
}

fn failed(error: ort::Error) -> EngineError {
    EngineError::Run(error.to_string())
}

impl Bound {
    /// Binds a session with one input whose shapes are known but for the batch; gives it back where it is another.
    pub(super) fn of(
        session: Session,
        provider: Provider,
        inputs: &[Port],
        outputs: &[Port],
    ) -> Result<Self, Session> {
        let known = |port: &Port| {
            let sides = port.shape.as_deref().and_then(|shape| shape.get(1..));
            sides.is_some_and(|sides| sides.iter().all(|side| *side > 0))
        };
        match inputs {
            [input] if known(input) && outputs.iter().all(known) => Ok(Self {
                session,
                provider,
                input: input.name.clone(),
                outputs: outputs.to_vec(),
                kept: BTreeMap::new(),
            }),
            _ => Err(session),
        }
    }

    /// Copies the input to its place and runs.
    pub(super) fn run(
        &mut self,
        name: &str,
        view: &ArrayViewD<'_, f32>,
    ) -> Result<SessionOutputs<'_>, EngineError> {
        if name != self.input {
            return Err(EngineError::Run(format!("there is no input {name}")));
        }
        let contiguous = || EngineError::Run("the input does not lie in one piece".into());
        let values = view.as_slice().ok_or_else(contiguous)?;
        let batch = view.shape().first().copied().unwrap_or_default();
        if self
            .kept
            .get(&batch)
            .is_none_or(|kept| kept.shape != view.shape())
        {
            if self.kept.len() >= MOST {
                self.kept.clear();
            }
            let kept = self.made(view.shape())?;
            self.kept.insert(batch, kept);
        }
        let lost = || EngineError::Run("the bound input is not kept".into());
        let kept = self.kept.get_mut(&batch).ok_or_else(lost)?;
        let (_, place) = kept.input.try_extract_tensor_mut::<f32>().map_err(failed)?;
        place.copy_from_slice(values);
        if self.provider != Provider::Cpu {
            // What lies on the card is a copy, made when it is bound.
            kept.binding
                .bind_input(&self.input, &kept.input)
                .map_err(failed)?;
            kept.binding.synchronize_inputs().map_err(failed)?;
        }
        let given = self.session.run_binding(&kept.binding).map_err(failed)?;
        kept.binding.synchronize_outputs().map_err(failed)?;
        Ok(given)
    }

    /// Memory for an input of that shape, and for what comes of it.
    fn made(&self, shape: &[usize]) -> Result<Kept, EngineError> {
        let input = Tensor::<f32>::new(&self.memory(MemoryType::CPUInput)?, shape.to_vec());
        let input = input.map_err(failed)?;
        let mut binding = self.session.create_binding().map_err(failed)?;
        binding.bind_input(&self.input, &input).map_err(failed)?;
        let memory = self.memory(MemoryType::CPUOutput)?;
        for port in &self.outputs {
            let sides = port.shape.iter().flatten().skip(1);
            let sides = sides.map(|side| side.unsigned_abs() as usize);
            let batch = shape.first().copied();
            let whole: Vec<usize> = batch.into_iter().chain(sides).collect();
            let output = Tensor::<f32>::new(&memory, whole).map_err(failed)?;
            binding.bind_output(&port.name, output).map_err(failed)?;
        }
        Ok(Kept {
            binding,
            input,
            shape: shape.to_vec(),
        })
    }

    /// Memory that both the processor and the provider reach.
    fn memory(&self, what: MemoryType) -> Result<Allocator, EngineError> {
        match self.provider {
            Provider::Cpu => Ok(Allocator::default()),
            Provider::Cuda | Provider::TensorRt => {
                let pinned = AllocationDevice::CUDA_PINNED;
                let info = MemoryInfo::new(pinned, 0, AllocatorType::Device, what);
                Allocator::new(&self.session, info.map_err(failed)?).map_err(failed)
            }
        }
    }
}
