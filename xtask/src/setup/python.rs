//! Private Python environments with pinned packages: the recipes' and, for its tests alone, the training's; and that of
//! the readers that a bench compares with.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::Done;
use crate::shell::{answer, command, run};
use crate::workspace::Workspace;

/// A private environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Environment {
    /// Where it lies, below the checkout.
    folder: &'static str,
    /// The pinned packages, below the checkout.
    requirements: &'static str,
    /// What Python must be able to import for it to be whole.
    proof: &'static str,
}

/// What builds the model pack.
pub const RECIPES: Environment = Environment {
    folder: "models/.venv",
    requirements: "models/recipes/requirements.txt",
    proof: "import onnx",
};

/// What trains the MRZ recogniser.
pub const TRAINING: Environment = Environment {
    folder: "models/mrz/.venv",
    requirements: "models/mrz/requirements.txt",
    proof: "import jax, optax, cv2",
};

/// What the document bench measures itself against.
pub const PEERS: Environment = Environment {
    folder: "target/peers/document",
    requirements: "tests/peers/requirements.txt",
    proof: "import passporteye, zxingcpp",
};

/// Makes the recipes' environment, or leaves it alone where it already has what is pinned.
pub fn prepare(workspace: &Workspace) -> Done {
    RECIPES.prepare(workspace)
}

impl Environment {
    /// Its Python.
    pub fn python(&self, workspace: &Workspace) -> PathBuf {
        workspace.path(self.folder).join("bin/python")
    }

    /// Makes it, or leaves it alone where it already has what is pinned.
    pub fn prepare(&self, workspace: &Workspace) -> Done {
        let wanted = std::fs::read_to_string(workspace.path(self.requirements))
            .with_context(|| format!("can't read {}", self.requirements))?;
        let (folder, python) = (workspace.path(self.folder), self.python(workspace));
        let stamp = folder.join("installed.txt");
        let works = answer(&mut command(workspace.root(), &python, ["-c", self.proof]));
        if works.is_some() && std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
            return Ok("there".to_owned());
        }
        check_version(workspace)?;
        println!("      making {}", self.folder);
        run(&mut command(
            workspace.root(),
            "python3",
            ["-m", "venv", "--clear", &folder.to_string_lossy()],
        ))
        .context("Python's venv module is needed (Debian: python3-venv)")?;
        let arguments = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--only-binary=:all:",
            "--requirement",
            self.requirements,
        ];
        run(&mut command(workspace.root(), &python, arguments)).with_context(|| {
            format!(
                "PyPI must be in reach, or PIP_INDEX_URL / PIP_FIND_LINKS must name a place that has the packages of {}",
                self.requirements
            )
        })?;
        std::fs::write(&stamp, wanted)
            .with_context(|| format!("can't write {}", stamp.display()))?;
        Ok("made".to_owned())
    }
}

fn check_version(workspace: &Workspace) -> Result<()> {
    let script = "import sys; print('%d.%d' % sys.version_info[:2], sys.version_info >= (3, 11))";
    let said = answer(&mut command(workspace.root(), "python3", ["-c", script]))
        .context("no python3 on PATH: install Python 3.11 or newer")?;
    ensure!(
        said.ends_with("True"),
        "Python 3.11 or newer is needed, python3 is {}",
        said.split(' ').next().unwrap_or_default()
    );
    Ok(())
}
