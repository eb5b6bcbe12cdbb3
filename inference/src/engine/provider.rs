//! Execution providers: which one runs the networks, and why the better ones don't.

use std::fmt;
use std::path::Path;

use ort::environment::Environment;
use ort::ep::{self, ExecutionProvider, ExecutionProviderDispatch};
use ort::session::Session;
use ort::value::TensorRef;
use serde::{Deserialize, Serialize};

use super::EngineError;
use super::batch::Freed;
use super::shared::MOST;

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

/// How fine the numbers are that networks compute with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 32 bits.
    Single,
    /// 16 bits where TensorRT finds that faster.
    Half,
}

impl Precision {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Single, Self::Half];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Half => "half",
        }
    }
}

impl Provider {
    /// The precisions to try there, the faster first. What is refused at half may do at single.
    #[must_use]
    pub const fn precisions(self) -> &'static [Precision] {
        match self {
            Self::TensorRt => &[Precision::Half, Precision::Single],
            Self::Cuda | Self::Cpu => &[Precision::Single],
        }
    }

    /// Whether several threads run on one session there, and what they ask at the same time is put into one run: on a card;
    /// compiled, never run. On the processor a thread that waits for another's session computes nothing meanwhile; what a
    /// batch gains there was not measured (`cargo xtask gpu-check` prints it; decision 0018).
    #[must_use]
    pub const fn batches(self) -> bool {
        matches!(self, Self::TensorRt | Self::Cuda)
    }

    /// Whether inputs and outputs lie in memory that stays: pinned, so that a card fetches and writes them by itself;
    /// compiled, never run. On the processor a session reads the caller's tensor in place.
    #[must_use]
    pub const fn binds(self) -> bool {
        matches!(self, Self::TensorRt | Self::Cuda)
    }

    /// Whether this build ever ran there. What never did has no figure anywhere.
    #[must_use]
    pub const fn has_run(self) -> bool {
        matches!(self, Self::Cpu)
    }
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
    /// Its numbers.
    pub precision: Precision,
    /// Why they are not half as long, where the provider could.
    pub half_refused: Option<String>,
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
    precision: Precision,
) -> Result<ProviderReport, EngineError> {
    let mut passed_over = Vec::new();
    for &provider in wanted {
        match probe(environment, provider) {
            Ok(()) => {
                return Ok(ProviderReport {
                    in_use: provider,
                    passed_over,
                    precision,
                    half_refused: None,
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
    let wish = SessionWish {
        provider,
        precision: Precision::Single,
        intra_threads: 1,
        shapes: Shapes::Fixed,
        kept_in: None,
        freed: None,
    };
    let mut session = session(environment, &wish, PROBE)?;
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

/// How a session is wanted.
pub(super) struct SessionWish<'a> {
    pub provider: Provider,
    pub precision: Precision,
    pub intra_threads: usize,
    pub shapes: Shapes,
    /// Where TensorRT keeps the engine that it builds.
    pub kept_in: Option<&'a Path>,
    /// Where the graph's batch was left free: TensorRT builds for the sizes that it is told, and again for others.
    pub freed: Option<&'a Freed>,
}

/// A session on exactly this provider. Without `error_on_failure`, `ort` would fall back to the CPU
/// and say so only in its log.
pub(super) fn session(
    environment: &Environment,
    wish: &SessionWish<'_>,
    model: &[u8],
) -> Result<Session, String> {
    let keeps = wish.shapes == Shapes::Fixed;
    let dispatch: ExecutionProviderDispatch = match wish.provider {
        Provider::TensorRt => tensorrt(wish).build(),
        Provider::Cuda => ep::CUDA::default().build(),
        Provider::Cpu => ep::CPU::default().with_arena_allocator(keeps).build(),
    };
    Session::builder(environment)
        .map_err(|error| error.to_string())?
        .with_execution_providers([dispatch.error_on_failure()])
        .map_err(|error| error.to_string())?
        .with_memory_pattern(keeps)
        .map_err(|error| error.to_string())?
        .with_intra_threads(wish.intra_threads)
        .map_err(|error| error.to_string())?
        .with_intra_op_spinning(false)
        .map_err(|error| error.to_string())?
        .with_flush_to_zero()
        .map_err(|error| error.to_string())?
        .commit_from_memory(model)
        .map_err(|error| error.to_string())
}

/// TensorRT's options: half precision where asked for, and engines kept where a folder is given.
fn tensorrt(wish: &SessionWish<'_>) -> ep::TensorRT {
    let mut provider = ep::TensorRT::default().with_fp16(wish.precision == Precision::Half);
    if let Some(freed) = wish.freed {
        provider = provider
            .with_profile_min_shapes(freed.at(1))
            .with_profile_opt_shapes(freed.at(2))
            .with_profile_max_shapes(freed.at(MOST));
    }
    match wish.kept_in {
        None => provider,
        Some(folder) => provider
            .with_engine_cache(true)
            .with_engine_cache_path(folder.display())
            .with_timing_cache(true)
            .with_timing_cache_path(folder.display()),
    }
}
