//! ONNX Runtime's shared library out of the PyPI wheel that `models/recipes/sources.toml` pins.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::Done;
use super::python::RECIPES;
use crate::shell::{command, run};
use crate::workspace::{Workspace, sha256};

/// Which build of ONNX Runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// Whatever is there; the CPU build where nothing is.
    AsIs,
    /// CPU only.
    Cpu,
    /// With CUDA and TensorRT.
    Gpu,
}

impl Runtime {
    /// As asked by `setup`'s flag.
    pub fn wished(gpu: bool) -> Self {
        if gpu { Self::Gpu } else { Self::Cpu }
    }

    /// Key in `sources.toml`.
    fn source(self) -> &'static str {
        match self {
            Self::AsIs | Self::Cpu => "onnxruntime",
            Self::Gpu => "onnxruntime-gpu",
        }
    }

    /// Libraries beside the main one, by their names in the wheel.
    fn beside(self) -> &'static [&'static str] {
        match self {
            Self::AsIs | Self::Cpu => &[],
            Self::Gpu => &[
                "libonnxruntime_providers_shared.so",
                "libonnxruntime_providers_cuda.so",
                "libonnxruntime_providers_tensorrt.so",
            ],
        }
    }
}

#[derive(Deserialize)]
struct Source {
    version: String,
    sha256: String,
}

#[derive(Deserialize)]
struct Sources {
    onnxruntime: Source,
    #[serde(rename = "onnxruntime-gpu")]
    gpu: Source,
}

/// Puts `models/runtime/libonnxruntime.so` in place.
pub fn install(workspace: &Workspace, wished: Runtime) -> Done {
    let text = std::fs::read_to_string(workspace.path("models/recipes/sources.toml"))
        .context("can't read models/recipes/sources.toml")?;
    let sources: Sources = toml::from_str(&text).context("models/recipes/sources.toml")?;
    let stamp = workspace.path("models/runtime/installed.txt");
    let there = std::fs::read_to_string(&stamp).unwrap_or_default();
    for build in [Runtime::Cpu, Runtime::Gpu] {
        let fits = wished == build || wished == Runtime::AsIs;
        if fits && !there.is_empty() && there == describe(workspace, build, &sources)? {
            return Ok(first_line(&there));
        }
    }
    ensure!(
        cfg!(all(target_os = "linux", target_arch = "x86_64")),
        "ONNX Runtime is pinned for Linux on x86-64 only; on this machine put version {} or newer at \
         models/runtime/libonnxruntime.so by hand, and its description into models/runtime/installed.txt",
        sources.onnxruntime.version
    );
    let version = &pinned(wished, &sources).version;
    println!("      fetching {} {version} from PyPI", wished.source());
    // Another build's libraries must not lie beside this one's.
    match std::fs::remove_dir_all(workspace.path("models/runtime")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).context("can't clear models/runtime");
        }
        _ => {}
    }
    let mut arguments = vec![
        "models/recipes/fetch.py".to_owned(),
        wished.source().to_owned(),
        format!("onnxruntime/capi/libonnxruntime.so.{version}"),
        "models/runtime/libonnxruntime.so".to_owned(),
    ];
    for name in wished.beside() {
        arguments.push(format!("onnxruntime/capi/{name}"));
        arguments.push(format!("models/runtime/{name}"));
    }
    run(&mut command(
        workspace.root(),
        RECIPES.python(workspace),
        arguments,
    ))?;
    let made = describe(workspace, wished, &sources)?;
    ensure!(!made.is_empty(), "the wheel gave no library");
    std::fs::write(&stamp, &made).context("can't write models/runtime/installed.txt")?;
    Ok(first_line(&made))
}

fn pinned(build: Runtime, sources: &Sources) -> &Source {
    match build {
        Runtime::AsIs | Runtime::Cpu => &sources.onnxruntime,
        Runtime::Gpu => &sources.gpu,
    }
}

/// What the stamp holds for a build: the source, then each library's sha256 as it lies there now.
/// Empty where a library is absent.
fn describe(workspace: &Workspace, build: Runtime, sources: &Sources) -> Result<String> {
    let source = pinned(build, sources);
    let mut text = format!(
        "{} {}\nwheel {}\n",
        build.source(),
        source.version,
        source.sha256
    );
    for name in ["libonnxruntime.so"].iter().chain(build.beside()) {
        let Some(sum) = sha256(&workspace.path("models/runtime").join(name))? else {
            return Ok(String::new());
        };
        text.push_str(&format!("{name} {sum}\n"));
    }
    Ok(text)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
