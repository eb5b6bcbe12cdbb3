//! What the commands that read documents share: the reader, pictures out of files, and how long it took.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use kiosk_inference::document::DocumentReader;
use kiosk_inference::picture::{DecodeLimits, Picture, PictureError};
use kiosk_inference::stages::Stopwatch;
use kiosk_session::Policy;

use super::Failed;
use crate::analysis::{FaceModels, Models, documents_from, faces_from, models_from};

/// Where the models are, and how many processor cores they get.
#[derive(Debug, Clone, Args)]
pub struct ModelsAt {
    /// The folder that holds `manifest.toml`, `packs/` and `runtime/`.
    #[arg(long, default_value = "models")]
    models: PathBuf,
    /// Threads within one operator of a network; kioskd's own default is 2 too.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
}

impl ModelsAt {
    /// Loads the document reader.
    pub(super) fn documents(&self) -> Result<DocumentReader, Failed> {
        self.load(documents_from)
    }

    /// Loads what compares faces.
    pub(super) fn faces(&self) -> Result<FaceModels, Failed> {
        self.load(faces_from)
    }

    /// Loads every model.
    pub(super) fn all(&self) -> Result<Models, Failed> {
        self.load(models_from)
    }

    fn load<T>(
        &self,
        from: impl FnOnce(&Path, usize) -> Result<T, kiosk_inference::Error>,
    ) -> Result<T, Failed> {
        from(&self.models, usize::from(self.threads))
            .map_err(|error| Failed::Usage(with_remedy(error.to_string())))
    }
}

/// The policy that is shipped, with files laid over it.
#[derive(Debug, Clone, Args)]
pub struct PolicyFiles {
    /// Policy files laid over the shipped one, later ones winning.
    #[arg(long)]
    policy: Vec<PathBuf>,
}

impl PolicyFiles {
    /// The policy, or all of its faults.
    pub(super) fn read(&self) -> Result<Policy, Failed> {
        crate::config::policy_over_shipped(&self.policy).map_err(|faults| {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Failed::Usage(faults.join("\n"))
        })
    }
}

/// What is wrong with the models, and the command that makes them; most faults name it themselves.
fn with_remedy(fault: String) -> String {
    if fault.contains("cargo xtask setup") {
        return fault;
    }
    format!("{fault}; make the models with: cargo xtask setup")
}

/// Why a file gave no picture. Says nothing of what it holds.
#[derive(Debug, thiserror::Error)]
pub(super) enum PictureFault {
    /// The system does not hand the file out.
    #[error("the file can't be read ({0}): check that it is there, and its permissions")]
    Unreadable(std::io::Error),
    /// What the file holds is no picture that is let in.
    #[error(transparent)]
    Refused(#[from] PictureError),
}

/// Reads and decodes a file, at most as many bytes of it as a picture may have.
pub(super) fn picture(path: &Path) -> Result<Picture, PictureFault> {
    let limits = DecodeLimits::for_own_files();
    let file = File::open(path).map_err(PictureFault::Unreadable)?;
    let mut bytes = Vec::new();
    file.take(limits.max_bytes as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(PictureFault::Unreadable)?;
    Ok(Picture::decode(&bytes, &limits)?)
}

/// What `work` gives, and how long it took in milliseconds.
pub(super) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let mut watch = Stopwatch::start();
    let done = work();
    watch.lap("all");
    let ms = watch
        .finish()
        .iter()
        .map(|(_, time)| time.as_secs_f64() * 1e3)
        .sum();
    (done, ms_rounded(ms))
}

/// Milliseconds to the microsecond: more digits would claim what no clock here tells.
pub(super) fn ms_rounded(ms: f64) -> f64 {
    (ms * 1e3).round() / 1e3
}
