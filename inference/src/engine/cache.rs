//! Engines that TensorRT built, kept on disk: a folder each, named by what it was built of and for.
//!
//! ```text
//! CACHE/trt-<sha256 of model, GPU, driver, library, precision: 32 hex digits>/   what TensorRT writes
//! ```
//!
//! An engine serves the very model, card and driver that it was built with and no others, so that a change of any of
//! them is another folder and the old one is removed. Nothing but such folders is ever removed. *Compiled, never run*
//! with TensorRT itself: no GPU was at hand; what stands here is tested without one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Precision;

/// How an entry's name begins.
const PREFIX: &str = "trt-";
/// Hex digits after it.
const DIGITS: usize = 32;
/// Where NVIDIA's driver tells of itself and its cards.
const DRIVER: &str = "/proc/driver/nvidia/version";
const CARDS: &str = "/proc/driver/nvidia/gpus";

/// What an engine is built for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpuFacts {
    /// The card's model, such as `NVIDIA RTX A2000`.
    pub gpu: String,
    /// The driver's version, such as `550.54.14`.
    pub driver: String,
}

impl GpuFacts {
    /// Those of this machine's first card; `None` without NVIDIA's driver.
    #[must_use]
    pub fn read() -> Option<Self> {
        let driver = driver_version(&std::fs::read_to_string(DRIVER).ok()?)?;
        let mut cards: Vec<PathBuf> = std::fs::read_dir(CARDS)
            .ok()?
            .filter_map(|card| Some(card.ok()?.path().join("information")))
            .collect();
        cards.sort();
        let told = std::fs::read_to_string(cards.first()?).ok()?;
        let gpu = card_model(&told)?;
        Some(Self { gpu, driver })
    }
}

/// The version in `NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb ..`.
fn driver_version(told: &str) -> Option<String> {
    let line = told.lines().find(|line| line.starts_with("NVRM version"))?;
    let is_version = |word: &&str| {
        word.contains('.') && word.chars().all(|one| one.is_ascii_digit() || one == '.')
    };
    line.split_whitespace().find(is_version).map(str::to_owned)
}

/// The model in a card's `Model: \t\t NVIDIA RTX A2000`.
fn card_model(told: &str) -> Option<String> {
    let line = told.lines().find_map(|line| line.strip_prefix("Model:"))?;
    let model = line.trim();
    (!model.is_empty()).then(|| model.to_owned())
}

/// The name of the entry for a model's engine. Pure: the same in every process.
#[must_use]
pub fn key(model_sha256: &str, facts: &GpuFacts, library: &str, precision: Precision) -> String {
    let mut hasher = Sha256::new();
    for part in [
        model_sha256,
        &facts.gpu,
        &facts.driver,
        library,
        precision.name(),
    ] {
        // With its length before it, no part can pass into the next.
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let digits = hex::encode(hasher.finalize());
    format!("{PREFIX}{}", &digits[..DIGITS])
}

/// The cache's folder on one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineCache {
    folder: PathBuf,
    facts: GpuFacts,
    library: String,
}

impl EngineCache {
    /// A cache below `folder` for a card; `library` is ONNX Runtime's version.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, facts: GpuFacts, library: &str) -> Self {
        Self {
            folder: folder.into(),
            facts,
            library: library.to_owned(),
        }
    }

    /// Where the engine of a model (its file's sha256, hex) lies, or will.
    #[must_use]
    pub fn entry(&self, model_sha256: &str, precision: Precision) -> PathBuf {
        let key = key(model_sha256, &self.facts, &self.library, precision);
        self.folder.join(key)
    }

    /// Removes the entries that are of none of these models, at either precision: of an earlier model, card, driver or
    /// library. Gives how many.
    ///
    /// # Errors
    /// Where the folder can't be read, or an entry not be removed. A folder that is not there has none.
    pub fn sweep<'a>(&self, models: impl Iterator<Item = &'a str>) -> std::io::Result<usize> {
        let live: BTreeSet<PathBuf> = models
            .flat_map(|model| Precision::ALL.map(|precision| self.entry(model, precision)))
            .collect();
        let found = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
            found => found?,
        };
        let mut removed = 0;
        for entry in found {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() && is_entry(&path) && !live.contains(&path) {
                std::fs::remove_dir_all(&path)?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// Whether a folder bears an entry's name.
fn is_entry(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let digits = name.and_then(|name| name.strip_prefix(PREFIX));
    digits.is_some_and(|digits| {
        digits.len() == DIGITS && digits.chars().all(|one| one.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(gpu: &str, driver: &str) -> GpuFacts {
        GpuFacts {
            gpu: gpu.into(),
            driver: driver.into(),
        }
    }

    #[test]
    fn a_key_is_the_same_for_the_same_and_another_for_any_other_part() {
        let card = facts("NVIDIA RTX A2000", "550.54.14");
        let one = key("aa", &card, "1.31.1", Precision::Half);
        assert_eq!(one, key("aa", &card, "1.31.1", Precision::Half));
        assert_eq!(one.len(), PREFIX.len() + DIGITS);
        let others = [
            key("ab", &card, "1.31.1", Precision::Half),
            key(
                "aa",
                &facts("NVIDIA RTX A2000 ", "550.54.14"),
                "1.31.1",
                Precision::Half,
            ),
            key(
                "aa",
                &facts("NVIDIA RTX A200", "0550.54.14"),
                "1.31.1",
                Precision::Half,
            ),
            key(
                "aa",
                &facts("NVIDIA RTX A2000", "550.54.15"),
                "1.31.1",
                Precision::Half,
            ),
            key("aa", &card, "1.31.2", Precision::Half),
            key("aa", &card, "1.31.1", Precision::Single),
        ];
        let different: BTreeSet<&String> = others.iter().chain([&one]).collect();
        assert_eq!(different.len(), others.len() + 1);
    }

    #[test]
    fn entries_of_other_models_cards_and_drivers_are_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let cache = |driver| EngineCache::new(folder.path(), facts("card", driver), "1.31.1");
        let (now, before) = (cache("2.0"), cache("1.0"));
        let kept = [
            now.entry("aa", Precision::Half),
            now.entry("bb", Precision::Single),
        ];
        let stale = [
            before.entry("aa", Precision::Half),
            now.entry("cc", Precision::Half),
        ];
        for entry in kept.iter().chain(&stale) {
            std::fs::create_dir(entry).unwrap();
            std::fs::write(entry.join("engine"), "built").unwrap();
        }
        let foreign = [
            folder.path().join("trt-notes"),
            folder.path().join("pictures"),
        ];
        foreign
            .iter()
            .for_each(|path| std::fs::create_dir(path).unwrap());
        let file = folder
            .path()
            .join(format!("{PREFIX}{}", "0".repeat(DIGITS)));
        std::fs::write(&file, "a file, not an entry").unwrap();
        assert_eq!(now.sweep(["aa", "bb"].into_iter()).unwrap(), stale.len());
        assert!(
            kept.iter()
                .chain(&foreign)
                .chain([&file])
                .all(|path| path.exists())
        );
        assert!(stale.iter().all(|path| !path.exists()));
        assert_eq!(now.sweep(["aa", "bb"].into_iter()).unwrap(), 0);
    }

    #[test]
    fn a_cache_that_is_not_there_has_nothing_to_sweep() {
        let cache = EngineCache::new("/nowhere/engines", facts("card", "1.0"), "1.31.1");
        assert_eq!(cache.sweep(std::iter::empty()).unwrap(), 0);
    }

    #[test]
    fn the_driver_and_the_card_are_read_as_the_driver_tells_them() {
        let version = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.14  Release Build\nGCC version:  gcc 12.2.0\n";
        assert_eq!(driver_version(version).as_deref(), Some("550.54.14"));
        assert_eq!(driver_version("something else"), None);
        let card = "Model: \t\t NVIDIA RTX A2000\nIRQ:   \t\t 99\n";
        assert_eq!(card_model(card).as_deref(), Some("NVIDIA RTX A2000"));
        assert_eq!(card_model("IRQ: 9\n"), None);
    }
}
