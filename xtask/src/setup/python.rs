//! The recipes' private Python environment, `models/.venv`, with pinned packages.

use anyhow::{Context, Result, ensure};

use super::Done;
use crate::shell::{answer, command, run};
use crate::workspace::Workspace;

/// Makes the environment, or leaves it alone where it already has what is pinned.
pub fn prepare(workspace: &Workspace) -> Done {
    let wanted = std::fs::read_to_string(workspace.path("models/recipes/requirements.txt"))
        .context("can't read models/recipes/requirements.txt")?;
    let stamp = workspace.path("models/.venv/installed.txt");
    let works = answer(&mut command(
        workspace.root(),
        workspace.python(),
        ["-c", "import onnx"],
    ));
    if works.is_some() && std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok("there".to_owned());
    }
    check_version(workspace)?;
    let folder = workspace.path("models/.venv");
    println!("      making models/.venv");
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
        "models/recipes/requirements.txt",
    ];
    run(&mut command(workspace.root(), workspace.python(), arguments)).context(
        "PyPI must be in reach, or PIP_INDEX_URL / PIP_FIND_LINKS must name a place that has the packages of \
         models/recipes/requirements.txt",
    )?;
    std::fs::write(&stamp, wanted).context("can't write models/.venv/installed.txt")?;
    Ok("made".to_owned())
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
