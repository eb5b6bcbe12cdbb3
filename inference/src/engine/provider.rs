//! Execution providers: which one runs the networks, and why the better ones don't.

use std::fmt;

use ort::environment::Environment;
use ort::ep::{self, ExecutionProvider, ExecutionProviderDispatch};
use ort::session::Session;
use ort::value::TensorRef;
use serde::{Deserialize, Serialize};

use super::EngineError;

/// Where networks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// NVIDIA TensorRT.
    #[serde(rename = "tensorrt")]
    TensorRt,
    /// NVIDIA CUDA with cuDNN.
    Cuda,
    /// The processor.
    Cpu,
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TensorRt => "TensorRT",
            Self::Cuda => "CUDA",
            Self::Cpu => "CPU",
        })
    }
}

/// The provider in use and those that were tried before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderReport {
    /// The provider that networks run on.
    pub in_use: Provider,
    /// Each provider passed over, in the order tried, with the reason.
    pub passed_over: Vec<(Provider, String)>,
}

/// `y = x + x` on 1x4 floats, ONNX IR 8, opset 13: what a provider must run to count as usable.
/// `ModelProto { ir_version: 8, graph: { Add(x, x) -> y, "probe" }, opset_import: 13 }`.
const PROBE: &[u8] = b"\x08\x08:A\n\x0e\n\x01x\n\x01x\x12\x01y\"\x03Add\x12\x05probe\
    Z\x13\n\x01x\x12\x0e\n\x0c\x08\x01\x12\x08\n\x02\x08\x01\n\x02\x08\x04\
    b\x13\n\x01y\x12\x0e\n\x0c\x08\x01\x12\x08\n\x02\x08\x01\n\x02\x08\x04\
    B\x04\n\x00\x10\r";

/// The first provider of `wanted` that runs the probe graph.
pub(super) fn choose(
    environment: &Environment,
    wanted: &[Provider],
) -> Result<ProviderReport, EngineError> {
    let mut passed_over = Vec::new();
    for &provider in wanted {
        match probe(environment, provider) {
            Ok(()) => {
                return Ok(ProviderReport {
                    in_use: provider,
                    passed_over,
                });
            }
            Err(reason) => passed_over.push((provider, reason)),
        }
    }
    Err(EngineError::NoProvider { passed_over })
}

fn probe(environment: &Environment, provider: Provider) -> Result<(), String> {
    let compiled_in = match provider {
        Provider::TensorRt => ep::TensorRT::is_available(),
        Provider::Cuda => ep::CUDA::is_available(),
        Provider::Cpu => Ok(true),
    };
    if !compiled_in.map_err(|error| error.to_string())? {
        return Err("not part of the installed ONNX Runtime; \
                    `cargo xtask setup --gpu` installs the build that has it"
            .into());
    }
    let mut session = session(environment, provider, 1, Shapes::Fixed, PROBE)?;
    let input = TensorRef::from_array_view(([1usize, 4], &[0.0_f32, 1.0, 2.0, 3.0][..]))
        .map_err(|error| error.to_string())?;
    let outputs = session
        .run(ort::inputs!["x" => input])
        .map_err(|error| error.to_string())?;
    let (_, doubled) = outputs[0]
        .try_extract_tensor::<f32>()
        .map_err(|error| error.to_string())?;
    if doubled == [0.0, 2.0, 4.0, 6.0] {
        Ok(())
    } else {
        Err("it computes wrong sums".into())
    }
}

/// Whether a network's inputs are of one size in every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shapes {
    /// They are: what one run took serves the next, so that it is kept.
    Fixed,
    /// They are not: what is kept would be the most that any run took, and a plan for each size. On the processor each
    /// run takes its memory and gives it back. Measured in `docs/benchmarks/soak.md`.
    Varying,
}

/// A session on exactly this provider. Without `error_on_failure`, `ort` would fall back to the CPU
/// and say so only in its log.
pub(super) fn session(
    environment: &Environment,
    provider: Provider,
    intra_threads: usize,
    shapes: Shapes,
    model: &[u8],
) -> Result<Session, String> {
    let keeps = shapes == Shapes::Fixed;
    let dispatch: ExecutionProviderDispatch = match provider {
        Provider::TensorRt => ep::TensorRT::default().build(),
        Provider::Cuda => ep::CUDA::default().build(),
        Provider::Cpu => ep::CPU::default().with_arena_allocator(keeps).build(),
    };
    Session::builder(environment)
        .map_err(|error| error.to_string())?
        .with_execution_providers([dispatch.error_on_failure()])
        .map_err(|error| error.to_string())?
        .with_memory_pattern(keeps)
        .map_err(|error| error.to_string())?
        .with_intra_threads(intra_threads)
        .map_err(|error| error.to_string())?
        .with_intra_op_spinning(false)
        .map_err(|error| error.to_string())?
        .with_flush_to_zero()
        .map_err(|error| error.to_string())?
        .commit_from_memory(model)
        .map_err(|error| error.to_string())
}
