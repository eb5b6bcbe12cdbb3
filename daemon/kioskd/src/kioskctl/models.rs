//! `kioskctl models`: what there is, whether each file is the one meant, and fetching packs by URL and sha256.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Subcommand;
use kiosk_inference::engine::Provider;
use kiosk_inference::pack::{Manifest, ModelEntry, verify};

use super::Failed;

/// A model's file is refused beyond this, whatever a server sends.
const MOST_BYTES: u64 = 1 << 30;
/// What is said of a provider that no machine of ours has: nothing was measured there, and nothing is claimed.
const NEVER_RUN: &str = "compiled, never run";
/// A whole fetch has to end in this time.
const FETCH_WITHIN: Duration = Duration::from_secs(1800);

/// Lists, verifies and fetches models.
#[derive(Debug, Subcommand)]
pub enum Models {
    /// Lists every model of the manifest and whether it is there.
    List(Place),
    /// Checks every file that is there against its sha256.
    Verify(Place),
    /// Fetches a pack whose models have a URL.
    Pull {
        /// The pack's name, e.g. `opencv-zoo`.
        pack: String,
        /// Where the models are.
        #[command(flatten)]
        place: Place,
    },
    /// Takes a file into the pack that the manifest names for it; its sha256 tells which model it is.
    Add {
        /// The file.
        file: PathBuf,
        /// Where the models are.
        #[command(flatten)]
        place: Place,
    },
}

/// Where the models are.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    /// The folder that holds `manifest.toml` and `packs/`.
    #[arg(long, default_value = "models")]
    models: PathBuf,
}

impl Place {
    fn manifest(&self) -> Result<Manifest, Failed> {
        Manifest::read(&self.models.join("manifest.toml")).map_err(Failed::usage)
    }

    fn file(&self, entry: &ModelEntry) -> PathBuf {
        self.models
            .join("packs")
            .join(&entry.pack)
            .join(&entry.file)
    }
}

/// Runs the command.
pub fn run(command: &Models) -> Result<(), Failed> {
    match command {
        Models::List(place) => list(place),
        Models::Verify(place) => check(place),
        Models::Pull { pack, place } => pull(pack, place),
        Models::Add { file, place } => add(file, place),
    }
}

#[allow(
    clippy::print_stdout,
    reason = "a command line answers on standard output"
)]
fn list(place: &Place) -> Result<(), Failed> {
    println!(
        "{:<18} {:<12} {:<24} {:<31} state",
        "model", "pack", "task", "licence"
    );
    for entry in place.manifest()?.models {
        let state = match verify(&entry.id, &place.file(&entry), &entry.sha256) {
            Ok(()) => "verified",
            Err(_) if !place.file(&entry).exists() && entry.optional => {
                "absent (optional: not assessed)"
            }
            Err(_) if !place.file(&entry).exists() => "absent",
            Err(_) => "REFUSED: its sha256 differs",
        };
        let ModelEntry {
            id,
            pack,
            task,
            licence,
            ..
        } = &entry;
        println!("{id:<18} {pack:<12} {task:<24} {licence:<31} {state}");
    }
    for provider in [Provider::TensorRt, Provider::Cuda, Provider::Cpu] {
        let known = if provider.has_run() {
            "runs"
        } else {
            NEVER_RUN
        };
        println!("provider {provider:<9} {known}");
    }
    Ok(())
}

/// Every file that is there has to be the one meant; in a pack that is begun, none but optional ones may be absent.
#[allow(
    clippy::print_stdout,
    reason = "a command line answers on standard output"
)]
fn check(place: &Place) -> Result<(), Failed> {
    let manifest = place.manifest()?;
    let mut faults = Vec::new();
    let mut right = 0;
    for entry in &manifest.models {
        let file = place.file(entry);
        let begun = file.parent().is_some_and(Path::is_dir);
        if !file.exists() && (entry.optional || !begun) {
            continue;
        }
        match verify(&entry.id, &file, &entry.sha256) {
            Ok(()) => right += 1,
            Err(fault) => faults.push(fault.to_string()),
        }
    }
    println!("{right} models verified");
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Failed::Work(faults.join("\n")))
    }
}

#[allow(
    clippy::print_stdout,
    reason = "a command line answers on standard output"
)]
fn pull(pack: &str, place: &Place) -> Result<(), Failed> {
    let manifest = place.manifest()?;
    let entries: Vec<&ModelEntry> = manifest.of_pack(pack).collect();
    if entries.is_empty() {
        return Err(Failed::Usage(format!(
            "the manifest names no pack {pack}; see: kioskctl models list"
        )));
    }
    let runtime = tokio::runtime::Runtime::new().map_err(Failed::work)?;
    for entry in entries {
        let Some(url) = &entry.url else {
            return Err(Failed::Usage(format!(
                "{} has no URL; it is built by: cargo xtask setup",
                entry.id
            )));
        };
        let file = place.file(entry);
        if verify(&entry.id, &file, &entry.sha256).is_ok() {
            println!("{} is there", entry.id);
            continue;
        }
        println!("fetching {} from {url}", entry.id);
        let bytes = runtime.block_on(fetch(url)).map_err(|error| {
            Failed::Work(format!(
                "{} can't be fetched: {error:#}; fetch it by hand and run: kioskctl models add FILE",
                entry.id
            ))
        })?;
        put(place, entry, &bytes)?;
    }
    Ok(())
}

async fn fetch(url: &str) -> anyhow::Result<Vec<u8>> {
    anyhow::ensure!(url.starts_with("https://"), "its URL is not https");
    // The one place that meets the public web: its roots are the machine's own.
    let provider = std::sync::Arc::unwrap_or_clone(kiosk_pki::provider());
    drop(provider.install_default());
    let client = reqwest::Client::builder()
        .https_only(true)
        .timeout(FETCH_WITHIN)
        .build()?;
    let mut answer = client.get(url).send().await?.error_for_status()?;
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        anyhow::ensure!(
            bytes.len() as u64 + chunk.len() as u64 <= MOST_BYTES,
            "it is larger than 1 GiB"
        );
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[allow(
    clippy::print_stdout,
    reason = "a command line answers on standard output"
)]
fn add(file: &Path, place: &Place) -> Result<(), Failed> {
    let manifest = place.manifest()?;
    let meant = manifest
        .models
        .iter()
        .find(|entry| verify(&entry.id, file, &entry.sha256).is_ok())
        .ok_or_else(|| {
            Failed::Work(format!(
                "{} has the sha256 of no model in the manifest",
                file.display()
            ))
        })?;
    let bytes = std::fs::read(file).map_err(Failed::work)?;
    put(place, meant, &bytes)?;
    println!("{} is {} of pack {}", file.display(), meant.id, meant.pack);
    Ok(())
}

/// Writes a model's file whole: beside its place, checked, then renamed.
fn put(place: &Place, entry: &ModelEntry, bytes: &[u8]) -> Result<(), Failed> {
    let file = place.file(entry);
    let folder = file
        .parent()
        .ok_or_else(|| Failed::work("the model's file has no folder"))?;
    std::fs::create_dir_all(folder).map_err(Failed::work)?;
    let mut part = tempfile::NamedTempFile::new_in(folder).map_err(Failed::work)?;
    part.write_all(bytes).map_err(Failed::work)?;
    part.as_file().sync_all().map_err(Failed::work)?;
    verify(&entry.id, part.path(), &entry.sha256).map_err(Failed::work)?;
    part.persist(&file).map_err(Failed::work)?;
    Ok(())
}
