//! A real PostgreSQL in a folder of its own, reached by a socket in it, ended when dropped.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kiosk_central::DatabaseUrl;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The account that Debian's package makes; PostgreSQL does not run as root.
const ACCOUNT: &str = "postgres";
const USER: &str = "central";

pub struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    server: Option<Child>,
}

impl Postgres {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut postgres = Self {
            programs: programs(),
            folder,
            server: None,
        };
        // The server's account must get through to its own folder.
        set_mode(postgres.folder.path(), 0o711);
        let home = postgres.home();
        std::fs::create_dir(&home).unwrap();
        if is_root() {
            let given = Command::new("chown").arg(ACCOUNT).arg(&home).status();
            assert!(given.unwrap().success());
        }
        set_mode(&home, 0o700);
        let mut initdb = postgres.command("initdb");
        let data = postgres.data();
        initdb
            .args(["--no-sync", "-U", USER, "-A", "trust", "-E", "UTF8", "-D"])
            .arg(data);
        let made = initdb.output().unwrap();
        assert!(made.status.success(), "initdb: {made:?}");
        postgres.restart();
        postgres
    }

    /// Ends the server, if it runs, and starts it again.
    pub fn restart(&mut self) {
        self.stop();
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        let server = self
            .command("postgres")
            .arg("-D")
            .arg(self.data())
            .args(["-c", "listen_addresses=", "-k"])
            .arg(self.home())
            .stderr(log.try_clone().unwrap())
            .stdout(log)
            .spawn()
            .unwrap();
        self.server = Some(server);
        let begin = now();
        while !self.psql("SELECT 1").status.success() {
            let log = std::fs::read_to_string(self.folder.path().join("log"));
            assert!(begin.elapsed() < Duration::from_secs(30), "{log:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends the server as a power cut of its connections would: SIGQUIT, no farewell.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let id = i32::try_from(server.id()).unwrap();
            kill_process(Pid::from_raw(id).unwrap(), Signal::QUIT).unwrap();
            server.wait().unwrap();
        }
    }

    /// A new, empty database.
    pub fn database(&self, name: &str) -> DatabaseUrl {
        let made = self.psql(&format!("CREATE DATABASE {name}"));
        assert!(made.status.success(), "{made:?}");
        DatabaseUrl::new(format!(
            "postgres://{USER}@localhost/{name}?host={}",
            self.home().display()
        ))
    }

    fn psql(&self, sql: &str) -> std::process::Output {
        self.command("psql")
            .args(["-qX", "-U", USER, "-d", "postgres", "-c", sql, "-h"])
            .arg(self.home())
            .output()
            .unwrap()
    }

    fn command(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if is_root() {
            let mut as_account = Command::new("setpriv");
            as_account
                .args(["--reuid", ACCOUNT, "--regid", ACCOUNT, "--clear-groups"])
                .arg(program);
            as_account
        } else {
            Command::new(program)
        };
        command.stdin(Stdio::null()).current_dir("/");
        command
    }

    /// Owned by the server's account: its data, its socket.
    fn home(&self) -> PathBuf {
        self.folder.path().join("pg")
    }

    fn data(&self) -> PathBuf {
        self.home().join("data")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Debian keeps the programs of each version in a folder that no `PATH` holds: the newest is taken.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql");
    let mut versions: Vec<PathBuf> = versions
        .expect("PostgreSQL is missing; apt-get install postgresql")
        .map(|version| version.unwrap().path().join("bin"))
        .filter(|programs| programs.join("initdb").is_file())
        .collect();
    versions.sort();
    versions
        .pop()
        .expect("PostgreSQL's server is missing; apt-get install postgresql")
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[allow(
    clippy::disallowed_methods,
    reason = "a limit on the wait for a real process"
)]
fn now() -> Instant {
    Instant::now()
}
