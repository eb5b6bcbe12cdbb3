//! A real PostgreSQL in a folder of its own, reached by a socket in it, ended when dropped.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kiosk_central::DatabaseUrl;
use kiosk_pki::TlsFiles;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The account that Debian's package makes; PostgreSQL does not run as root.
const ACCOUNT: &str = "postgres";
const USER: &str = "central";

pub struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    server: Option<Child>,
    /// The port of TLS, where it is spoken.
    tls: Option<u16>,
}

impl Postgres {
    /// On a socket alone.
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// On a loopback port, too, by TLS alone, showing this certificate.
    pub fn start_with_tls(files: &TlsFiles) -> Self {
        Self::start_with(Some(files))
    }

    fn start_with(tls: Option<&TlsFiles>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut postgres = Self {
            programs: programs(),
            folder,
            server: None,
            tls: tls.map(|_| free_port()),
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
        if let Some(files) = tls {
            postgres.take_certificate(files);
        }
        postgres.restart();
        postgres
    }

    fn take_certificate(&self, files: &TlsFiles) {
        for (from, to) in [
            (&files.certificate, "server.crt"),
            (&files.key, "server.key"),
        ] {
            let to = self.data().join(to);
            std::fs::copy(from, &to).unwrap();
            set_mode(&to, 0o600);
            if is_root() {
                let given = Command::new("chown").arg(ACCOUNT).arg(&to).status();
                assert!(given.unwrap().success());
            }
        }
        let rights = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
        std::fs::write(self.data().join("pg_hba.conf"), rights).unwrap();
    }

    /// The URL of a database by TCP, proved by this authority's certificate.
    pub fn tls_url(&self, host: &str, name: &str, authority: &Path) -> DatabaseUrl {
        DatabaseUrl::new(format!(
            "postgres://{USER}@{host}:{}/{name}?sslmode=verify-full&sslrootcert={}",
            self.tls.unwrap(),
            authority.display()
        ))
    }

    /// Ends the server, if it runs, and starts it again.
    pub fn restart(&mut self) {
        self.stop();
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        let server = self
            .command("postgres")
            .arg("-D")
            .arg(self.data())
            .args(self.listening())
            .arg("-k")
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

    fn listening(&self) -> Vec<String> {
        match self.tls {
            None => vec!["-c".into(), "listen_addresses=".into()],
            Some(port) => [
                "listen_addresses=127.0.0.1",
                "ssl=on",
                "ssl_min_protocol_version=TLSv1.3",
            ]
            .iter()
            .map(|setting| (*setting).to_owned())
            .chain([format!("port={port}")])
            .flat_map(|setting| ["-c".to_owned(), setting])
            .collect(),
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
        DatabaseUrl::new(self.url_of(name))
    }

    /// A new, empty database, as its URL's text.
    pub fn url(&self, name: &str) -> String {
        self.database(name);
        self.url_of(name)
    }

    fn url_of(&self, name: &str) -> String {
        let home = self.home();
        format!("postgres://{USER}@localhost/{name}?host={}", home.display())
    }

    fn psql(&self, sql: &str) -> std::process::Output {
        self.command("psql")
            .args(["-qX", "-U", USER, "-d", "postgres", "-c", sql, "-h"])
            .arg(self.home())
            .args(["-p", &self.tls.unwrap_or(5432).to_string()])
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

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
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
