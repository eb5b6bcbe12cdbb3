//! A process that the rig started: its log in a file, its end certain.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{RigError, until};

/// Lines of the log that an error shows.
const TAIL_LINES: usize = 30;

/// A running process, killed by its own id when dropped. Standard output and standard error go to
/// one file, appended to at each start.
#[derive(Debug)]
pub struct Child {
    name: String,
    log: PathBuf,
    inner: std::process::Child,
}

impl Child {
    /// Starts `program` with `arguments`, its output appended to `log`.
    ///
    /// # Errors
    ///
    /// [`RigError::ProgramMissing`] with `remedy`, or [`RigError::File`] for the log.
    pub fn start<A: AsRef<OsStr>>(
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        environment: &[(String, String)],
        log: &Path,
        remedy: &'static str,
    ) -> Result<Self, RigError> {
        let file = File::options()
            .create(true)
            .append(true)
            .open(log)
            .map_err(RigError::file(log))?;
        let again = file.try_clone().map_err(RigError::file(log))?;
        let name = program
            .file_name()
            .unwrap_or(program.as_os_str())
            .to_string_lossy();
        let inner = Command::new(program)
            .args(arguments)
            .envs(environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(again)
            .spawn()
            .map_err(|why| RigError::ProgramMissing {
                program: program.display().to_string(),
                why,
                remedy,
            })?;
        Ok(Self {
            name: name.into_owned(),
            log: log.to_owned(),
            inner,
        })
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.inner.id()
    }

    /// Everything that the process has written, and its forerunners in the same log.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The exit status, once it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.inner.try_wait().ok().flatten()
    }

    /// Waits until `ready` says yes.
    ///
    /// # Errors
    ///
    /// [`RigError::EndedEarly`] where the process ends first, [`RigError::TookTooLong`] after `limit`;
    /// both show the end of the log.
    pub fn until_ready(
        &mut self,
        limit: Duration,
        mut ready: impl FnMut() -> bool,
    ) -> Result<(), RigError> {
        let mut status = None;
        let waited = until(&self.name.clone(), limit, || {
            status = self.ended();
            status.is_some() || ready()
        });
        match (status, waited) {
            (Some(status), _) => Err(RigError::EndedEarly {
                program: self.name.clone(),
                status,
                log_tail: self.log_tail(),
            }),
            (None, Err(_)) => Err(RigError::TookTooLong {
                what: format!("{} to be ready", self.name),
                limit_ms: limit.as_millis(),
                detail: format!("it wrote:\n{}", self.log_tail()),
            }),
            (None, Ok(())) => Ok(()),
        }
    }

    /// SIGKILL: what a power switch does to a process. Returns once it is gone.
    pub fn kill(&mut self) {
        // Fails only where the process has already ended: what was wanted.
        let _ = self.inner.kill();
        let _ = self.inner.wait();
    }

    /// SIGTERM, then up to `limit` for an orderly end.
    ///
    /// # Errors
    ///
    /// [`RigError::TookTooLong`] where it did not end in time; it is then killed.
    pub fn stop(&mut self, limit: Duration) -> Result<ExitStatus, RigError> {
        if let Some(status) = self.ended() {
            return Ok(status);
        }
        let process = i32::try_from(self.id()).ok().and_then(Pid::from_raw);
        if let Some(process) = process {
            // Fails only where the process has ended since: `ended` below sees it.
            let _ = kill_process(process, Signal::TERM);
        }
        let mut status = None;
        let waited = until(&self.name.clone(), limit, || {
            status = self.ended();
            status.is_some()
        });
        match (status, waited) {
            (Some(status), _) => Ok(status),
            (None, _) => {
                self.kill();
                Err(RigError::TookTooLong {
                    what: format!("{} to end after SIGTERM", self.name),
                    limit_ms: limit.as_millis(),
                    detail: format!("it was killed; it wrote:\n{}", self.log_tail()),
                })
            }
        }
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where cargo put the binary `name` of this workspace: the folder above this very executable (a
/// test's or the demo's), or the one that `KIOSK_BIN_DIR` names. It is not built here.
///
/// # Errors
///
/// [`RigError::ProgramMissing`] where it has not been built.
pub fn built_binary(name: &str) -> Result<PathBuf, RigError> {
    let missing = |why| RigError::ProgramMissing {
        program: name.to_owned(),
        why,
        remedy: "build it first: cargo build -p kioskd -p kiosk-central",
    };
    let folders: Vec<PathBuf> = match std::env::var_os("KIOSK_BIN_DIR") {
        Some(folder) => vec![folder.into()],
        None => {
            let own = std::env::current_exe().map_err(missing)?;
            own.ancestors()
                .skip(1)
                .take(2)
                .map(Path::to_owned)
                .collect()
        }
    };
    folders
        .into_iter()
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| missing(std::io::ErrorKind::NotFound.into()))
}
