//! The demo: set-up where missing, then the program that does it.

use anyhow::Result;

use crate::setup::{self, Runtime};
use crate::shell;
use crate::workspace::Workspace;

/// Set-up, build, demo.
///
/// The whole workspace's programs are built at once, in the profile that the tests use, so that
/// demo and tests share what was compiled.
pub fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    setup::run(workspace, Runtime::AsIs, false)?;
    println!("Build");
    shell::run(&mut shell::command(
        workspace.root(),
        "cargo",
        ["build", "--workspace", "--bins"],
    ))?;
    shell::run(&mut shell::command(
        workspace.root(),
        workspace.built("demo"),
        arguments,
    ))
}
