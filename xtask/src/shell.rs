//! Other programs: run with their output shown, or asked for an answer.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// A command in the checkout's folder.
pub fn command<A: AsRef<OsStr>>(
    folder: &Path,
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = A>,
) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).args(arguments);
    // What cargo tells this tool of itself is nothing to the cargo that it starts: build scripts that watch it would run
    // again, and all that stands on them be compiled again, whenever one builds by hand in between.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(of_this_package) {
            command.env_remove(name);
        }
    }
    command
}

/// Whether a variable is one of those that `cargo run` sets for the package that it runs.
fn of_this_package(name: &str) -> bool {
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

/// Runs with its output shown as it comes; an error names the program where it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command
        .status()
        .with_context(|| format!("can't start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// What a program says on its standard output; `None` where it can't be started or fails.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs, shows standard output as it comes, and hands each of its lines to `line`.
///
/// Standard error goes to the terminal as it is, or into the same stream where `merged`.
/// Returns whether the program ended well.
pub fn watch(command: &mut Command, merged: bool, mut line: impl FnMut(&str)) -> Result<bool> {
    let shown = shown(command);
    let (reader, writer) = std::io::pipe().context("can't make a pipe")?;
    if merged {
        command.stderr(writer.try_clone().context("can't share a pipe")?);
    }
    command.stdout(writer);
    let mut child = command
        .spawn()
        .with_context(|| format!("can't start `{shown}`"))?;
    // The command holds the pipe's writing end: it must close for the reading to end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut out = std::io::stdout().lock();
    for text in BufReader::new(reader).split(b'\n') {
        let text = text.with_context(|| format!("can't read from `{shown}`"))?;
        let text = String::from_utf8_lossy(&text);
        writeln!(out, "{text}").context("can't write to the terminal")?;
        line(&text);
    }
    let status = child
        .wait()
        .with_context(|| format!("can't wait for `{shown}`"))?;
    Ok(status.success())
}

/// Whether a program is on PATH.
pub fn on_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    })
}

/// The command as one would type it.
pub fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        command(Path::new("/"), "sh", ["-c", script])
    }

    #[test]
    fn each_line_is_handed_on_and_the_end_is_told() {
        let mut lines = Vec::new();
        let well = watch(&mut sh("echo one; echo two >&2; exit 3"), true, |line| {
            lines.push(line.to_owned());
        });
        assert!(!well.unwrap());
        lines.sort();
        assert_eq!(lines, ["one", "two"]);
    }

    #[test]
    fn a_program_that_fails_is_named() {
        let error = run(&mut sh("exit 7")).unwrap_err();
        assert!(error.to_string().contains("sh -c exit 7"), "{error}");
        assert_eq!(answer(&mut sh("echo yes")), Some("yes".to_owned()));
        assert_eq!(answer(&mut sh("exit 1")), None);
    }

    #[test]
    fn programs_are_looked_for_on_path() {
        assert!(on_path("sh"));
        assert!(!on_path("no-such-program-as-this"));
    }
}
