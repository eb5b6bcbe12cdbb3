//! The demo: set-up where missing, then the program that does it.

use anyhow::Result;

use crate::setup::{self, Runtime};
use crate::shell;
use crate::workspace::{PROGRAMS, Workspace};

/// Set-up, build, demo.
///
/// The programs are built in the profile that the tests use, so that demo and tests share what was compiled.
pub fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    setup::run(workspace, Runtime::AsIs, false)?;
    println!("Build");
    shell::run(&mut shell::command(workspace.root(), "cargo", PROGRAMS))?;
    shell::run(&mut shell::command(
        workspace.root(),
        workspace.built("demo"),
        arguments,
    ))
}
