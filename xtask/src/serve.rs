//! A kiosk for who writes a client: set-up where missing, then the program that serves until it is ended.

use std::os::unix::process::CommandExt;

use anyhow::{Result, anyhow};

use crate::setup::{self, Runtime};
use crate::shell;
use crate::workspace::{PROGRAMS, Workspace};

/// Set-up, build, serve. This process becomes the server, so that who started it ends it by its id.
pub fn run(workspace: &Workspace) -> Result<()> {
    setup::run(workspace, Runtime::AsIs, false)?;
    shell::run(&mut shell::command(workspace.root(), "cargo", PROGRAMS))?;
    let program = workspace.built("serve");
    let none: [&str; 0] = [];
    let error = shell::command(workspace.root(), &program, none).exec();
    Err(anyhow!("{} can't be started: {error}", program.display()))
}
