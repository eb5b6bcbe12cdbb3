//! A real Mosquitto with mutual TLS on a loopback port, and rights by certificate.
//!
//! The user name is the certificate's common name (`use_identity_as_username`). The rights are those that are shipped: a
//! kiosk writes and reads its own topics below `kiosk/v1/+/{its own id}/`, each way only, and nowhere else; central may
//! do all.
//! State is saved at once (`autosave_interval 1`, `autosave_on_changes`), so a killed broker comes
//! back with its retained messages and sessions.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kiosk_pki::TlsFiles;

use super::{Child, RigError, free_port, until_connects};

const READY_WITHIN: Duration = Duration::from_secs(10);
/// Another process may take a free port before Mosquitto binds it: so often is another one tried.
const PORT_ATTEMPTS: usize = 5;
/// The rights that are shipped, for a central of the name `central`.
const SHIPPED_RIGHTS: &str = include_str!("../../../systemd/mosquitto/kioskd.acl");
/// Debian puts the broker where an ordinary user's `PATH` may not look.
const PROGRAMS: [&str; 3] = [
    "/usr/sbin/mosquitto",
    "/usr/local/sbin/mosquitto",
    "mosquitto",
];

/// The PEM files that a broker needs, and who may do everything on it.
#[derive(Debug, Clone)]
pub struct BrokerFiles {
    /// Certificate of the authority that signed the clients.
    pub authority: PathBuf,
    /// The broker's own certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Common names that may read and write everything below `kiosk/v1/`.
    pub centrals: Vec<String>,
    /// Certificates that are refused although they have not run out.
    pub revocation_list: Option<PathBuf>,
}

impl BrokerFiles {
    /// A broker that shows the certificate of `files`.
    pub fn of(files: &TlsFiles, centrals: &[&str]) -> Self {
        Self {
            authority: files.authority.clone(),
            certificate: files.certificate.clone(),
            key: files.key.clone(),
            centrals: centrals.iter().map(|&name| name.to_owned()).collect(),
            revocation_list: None,
        }
    }
}

/// A running broker, killed when dropped.
#[derive(Debug)]
pub struct Mosquitto {
    folder: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Mosquitto {
    /// Starts a broker that keeps config, log and state in `folder`.
    ///
    /// # Errors
    ///
    /// Where Mosquitto is not installed, its files cannot be used, or it does not get ready in 10 s.
    pub fn start(folder: &Path, files: &BrokerFiles) -> Result<Self, RigError> {
        std::fs::create_dir_all(folder).map_err(RigError::file(folder))?;
        let mut last = None;
        for _ in 0..PORT_ATTEMPTS {
            let port = free_port()?;
            write_config(folder, port, files)?;
            let mut broker = Self {
                folder: folder.to_owned(),
                port,
                child: None,
            };
            match broker.restart() {
                Ok(()) => return Ok(broker),
                Err(why @ RigError::EndedEarly { .. }) => last = Some(why),
                Err(why) => return Err(why),
            }
        }
        Err(last.unwrap_or_else(|| RigError::NotRunning("mosquitto".to_owned())))
    }

    /// Starts the broker again on the same port, with the state it saved. One that runs is killed
    /// first.
    ///
    /// # Errors
    ///
    /// As for [`Mosquitto::start`].
    pub fn restart(&mut self) -> Result<(), RigError> {
        self.kill();
        let program = PROGRAMS
            .iter()
            .map(Path::new)
            .find(|path| path.is_file())
            .unwrap_or(Path::new(PROGRAMS[2]));
        let config = self.folder.join("mosquitto.conf");
        let mut child = Child::start(
            program,
            [Path::new("-c"), &config],
            &[],
            &self.folder.join("mosquitto.log"),
            "apt-get install mosquitto",
        )?;
        let address = self.address();
        child.until_ready(READY_WITHIN, || {
            until_connects("mosquitto", address, Duration::ZERO).is_ok()
        })?;
        self.child = Some(child);
        Ok(())
    }

    /// Kills the broker: SIGKILL, by the id of the process started here.
    pub fn kill(&mut self) {
        self.child = None;
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it has logged since its first start.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.folder.join("mosquitto.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn write_config(folder: &Path, port: u16, files: &BrokerFiles) -> Result<(), RigError> {
    let rights = folder.join("mosquitto.acl");
    let centrals: String = files
        .centrals
        .iter()
        .map(|name| format!("user {name}\ntopic readwrite kiosk/v1/#\n"))
        .collect();
    let acl = SHIPPED_RIGHTS.replace("user central\ntopic readwrite kiosk/v1/#\n", &centrals);
    std::fs::write(&rights, acl).map_err(RigError::file(&rights))?;
    // Started as root, Mosquitto becomes the user `mosquitto`, who may not read keys of mode 0600.
    let user = if rustix::process::geteuid().is_root() {
        "user root\n"
    } else {
        ""
    };
    let revoked = files.revocation_list.as_ref();
    let revoked = revoked.map_or(String::new(), |list| {
        format!("crlfile {}\n", list.display())
    });
    let config = format!(
        "{user}per_listener_settings false\n\
         allow_anonymous false\n\
         acl_file {acl}\n\
         listener {port} 127.0.0.1\n\
         cafile {authority}\n\
         certfile {certificate}\n\
         keyfile {key}\n\
         {revoked}\
         tls_version tlsv1.3\n\
         require_certificate true\n\
         use_identity_as_username true\n\
         persistence true\n\
         persistence_location {state}/\n\
         autosave_interval 1\n\
         autosave_on_changes true\n\
         log_dest stderr\n\
         log_type error\nlog_type warning\nlog_type notice\nlog_type information\n",
        acl = rights.display(),
        authority = files.authority.display(),
        certificate = files.certificate.display(),
        key = files.key.display(),
        state = folder.display(),
    );
    let path = folder.join("mosquitto.conf");
    std::fs::write(&path, config).map_err(RigError::file(&path))
}
