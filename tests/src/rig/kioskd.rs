//! The kiosk's own process, `kioskd`, which a test may kill at any moment and start again.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use super::{Child, RigError, built_binary};

/// Loading the models takes seconds on two cores, and a store is checked at each start.
const READY_WITHIN: Duration = Duration::from_secs(60);
const ONE_ASKING: Duration = Duration::from_secs(2);

/// A running `kioskd`, killed when dropped. Its log, over all its starts, is `kioskd.log` beside its
/// config.
#[derive(Debug)]
pub struct Kioskd {
    program: PathBuf,
    config: PathBuf,
    ready: (SocketAddr, String),
    environment: Vec<(String, String)>,
    child: Option<Child>,
}

impl Kioskd {
    /// Starts the built `kioskd` with `config` and waits until `GET path` at `address` is answered
    /// with 200.
    ///
    /// # Errors
    ///
    /// Where the binary is not built, or is not ready in 60 s.
    pub fn start(config: &Path, address: SocketAddr, path: &str) -> Result<Self, RigError> {
        Self::start_with(config, address, path, &[])
    }

    /// As [`Kioskd::start`], with more variables in its environment.
    ///
    /// # Errors
    ///
    /// As for [`Kioskd::start`].
    pub fn start_with(
        config: &Path,
        address: SocketAddr,
        path: &str,
        environment: &[(String, String)],
    ) -> Result<Self, RigError> {
        let mut kioskd = Self {
            environment: environment.to_vec(),
            ..Self::set_up(config, address, path)?
        };
        kioskd.restart()?;
        Ok(kioskd)
    }

    /// One that is not started yet.
    ///
    /// # Errors
    ///
    /// Where the binary is not built.
    pub fn set_up(config: &Path, address: SocketAddr, path: &str) -> Result<Self, RigError> {
        Ok(Self {
            program: built_binary("kioskd")?,
            config: config.to_owned(),
            ready: (address, path.to_owned()),
            environment: Vec::new(),
            child: None,
        })
    }

    /// Starts it again with the same config; one that runs is killed first.
    ///
    /// # Errors
    ///
    /// As for [`Kioskd::start`].
    pub fn restart(&mut self) -> Result<(), RigError> {
        self.spawn()?;
        self.until_ready()
    }

    /// Starts it again without waiting until it is ready, so that it may be killed while it starts.
    ///
    /// # Errors
    ///
    /// Where the binary is not built.
    pub fn spawn(&mut self) -> Result<(), RigError> {
        self.kill();
        self.child = Some(Child::start(
            &self.program,
            [Path::new("--config"), &self.config],
            &self.environment,
            &self.log_path(),
            "build it first: cargo build -p kioskd",
        )?);
        Ok(())
    }

    /// Waits until it answers.
    ///
    /// # Errors
    ///
    /// Where it ended, or is not ready in 60 s; the end of its log is shown.
    pub fn until_ready(&mut self) -> Result<(), RigError> {
        let (address, path) = self.ready.clone();
        let child = self
            .child
            .as_mut()
            .ok_or_else(|| RigError::NotRunning("kioskd".to_owned()))?;
        child.until_ready(READY_WITHIN, || answers_200(address, &path))
    }

    /// SIGKILL; returns once it is gone.
    pub fn kill(&mut self) {
        self.child = None;
    }

    /// SIGTERM, then up to `limit` for an orderly end.
    ///
    /// # Errors
    ///
    /// [`RigError::TookTooLong`] where it had to be killed; [`RigError::NotRunning`].
    pub fn stop(&mut self, limit: Duration) -> Result<ExitStatus, RigError> {
        let mut child = self
            .child
            .take()
            .ok_or_else(|| RigError::NotRunning("kioskd".to_owned()))?;
        child.stop(limit)
    }

    /// Whether the process is there.
    pub fn is_running(&mut self) -> bool {
        self.child
            .as_mut()
            .is_some_and(|child| child.ended().is_none())
    }

    /// The process's id.
    pub fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// What it has logged since its first start.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.log_path()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn log_path(&self) -> PathBuf {
        self.config.with_file_name("kioskd.log")
    }
}

/// Whether `GET path` is answered with 200 over plain HTTP on loopback.
pub(super) fn answers_200(address: SocketAddr, path: &str) -> bool {
    ask(address, path).is_ok_and(|head| head.starts_with(b"HTTP/1.1 200"))
}

fn ask(address: SocketAddr, path: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, ONE_ASKING)?;
    stream.set_read_timeout(Some(ONE_ASKING))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut head = vec![0; 12];
    stream.read_exact(&mut head)?;
    Ok(head)
}
