//! Where things lie in this checkout.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

/// What cargo is told to build the programs that run at a customer's and those that show them: as parts of the whole
/// workspace, so that they share every crate with its tests.
pub const PROGRAMS: [&str; 12] = [
    "build",
    "--workspace",
    "--bin",
    "kioskd",
    "--bin",
    "kioskctl",
    "--bin",
    "kiosk-central",
    "--bin",
    "demo",
    "--bin",
    "serve",
];

/// The checkout.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The checkout that this tool was built from.
    pub fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask lies in no workspace")?
            .to_path_buf();
        ensure!(
            root.join("Cargo.toml").is_file(),
            "{} is no longer the checkout this tool was built in: run it by `cargo xtask` from inside the checkout",
            root.display()
        );
        Ok(Self { root })
    }

    /// Where a program of the workspace lies once it is built.
    pub fn built(&self, program: &str) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.path("target"), |folder| self.root.join(folder));
        target.join("debug").join(program)
    }

    /// The checkout's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path below the checkout's folder.
    pub fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }
}

/// Sha256 of a file, hex; `None` where there is no such file.
pub fn sha256(path: &Path) -> Result<Option<String>> {
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("can't read {}", path.display())),
    };
    let mut hasher = Sha256::new();
    std::io::copy(&mut file, &mut hasher)
        .with_context(|| format!("can't read {}", path.display()))?;
    Ok(Some(hex::encode(hasher.finalize())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checkout_is_found_and_hashed() {
        let workspace = Workspace::find().unwrap();
        assert!(workspace.path("xtask/src/main.rs").is_file());
        assert_eq!(sha256(&workspace.path("no such file")).unwrap(), None);
        let sum = sha256(&workspace.path("Cargo.toml")).unwrap().unwrap();
        assert_eq!(sum.len(), 64);
    }
}
