//! The binary `kiosk-central` as a process, its log read, killed when dropped.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it with a config file; its log goes to `log`.
    pub fn start(config: &Path, log: &Path) -> Self {
        let file = std::fs::File::create(log).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_kiosk-central"))
            .arg("--config")
            .arg(config)
            .env("RUST_LOG", "kiosk_central=debug")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .unwrap();
        Self {
            child,
            log: log.to_owned(),
        }
    }

    /// Where it listens, once it says so.
    pub fn addr(&mut self) -> SocketAddr {
        for _ in 0..400 {
            if let Some((_, rest)) = self.log().split_once("central serves addr=") {
                return rest.split_whitespace().next().unwrap().parse().unwrap();
            }
            assert!(self.child.try_wait().unwrap().is_none(), "{}", self.log());
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("it does not serve after 10 s: {}", self.log());
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// SIGTERM, and its orderly end.
    pub fn terminate(mut self) -> ExitStatus {
        let id = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), Signal::TERM).unwrap();
        for _ in 0..600 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("it does not end in 15 s: {}", self.log());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL; fails only where it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
