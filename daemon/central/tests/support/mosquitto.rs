//! A real Mosquitto with mutual TLS, and rights by certificate; killed when dropped.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kiosk_central::BrokerConfig;
use kiosk_pki::TlsFiles;
use tempfile::TempDir;

pub struct Mosquitto {
    folder: TempDir,
    port: u16,
    child: Option<Child>,
}

impl Mosquitto {
    /// Every certificate's name has the rights of a kiosk; `central` has all.
    pub fn start(files: &TlsFiles) -> Self {
        let mut broker = Self {
            folder: tempfile::tempdir().unwrap(),
            port: 0,
            child: None,
        };
        // Another process may take a free port before Mosquitto does.
        for _ in 0..5 {
            broker.port = free_port();
            write_config(broker.folder.path(), broker.port, files);
            if broker.run() {
                return broker;
            }
        }
        panic!(
            "Mosquitto does not start; apt-get install mosquitto\n{}",
            broker.log()
        );
    }

    /// Starts it again on the same port.
    pub fn restart(&mut self) {
        self.kill();
        assert!(self.run(), "{}", self.log());
    }

    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Fails only where it has ended by itself.
            let _ = child.kill();
            child.wait().unwrap();
        }
    }

    pub fn config(&self) -> BrokerConfig {
        BrokerConfig {
            host: "127.0.0.1".into(),
            port: self.port,
        }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Whether it listens in time.
    fn run(&mut self) -> bool {
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        let mut child = Command::new("/usr/sbin/mosquitto")
            .arg("-c")
            .arg(self.folder.path().join("mosquitto.conf"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("apt-get install mosquitto");
        for _ in 0..200 {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                self.child = Some(child);
                return true;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        false
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.kill();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn write_config(folder: &Path, port: u16, files: &TlsFiles) {
    let acl = folder.join("acl");
    // What is shipped.
    let rights = include_str!("../../../../systemd/mosquitto/kioskd.acl");
    std::fs::write(&acl, rights).unwrap();
    // Started as root, Mosquitto becomes another user, who may not read keys of mode 0600.
    let user = match rustix::process::geteuid().is_root() {
        true => "user root\n",
        false => "",
    };
    let config = format!(
        "{user}allow_anonymous false\nacl_file {acl}\nlistener {port} 127.0.0.1\n\
         cafile {ca}\ncertfile {certificate}\nkeyfile {key}\ntls_version tlsv1.3\n\
         require_certificate true\nuse_identity_as_username true\n",
        acl = acl.display(),
        ca = files.authority.display(),
        certificate = files.certificate.display(),
        key = files.key.display(),
    );
    std::fs::write(folder.join("mosquitto.conf"), config).unwrap();
}
