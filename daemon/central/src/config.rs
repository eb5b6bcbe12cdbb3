//! Central's configuration: one TOML file, unknown keys refused, all faults told at once.
//!
//! ```toml
//! listen = "0.0.0.0:8443"
//! folder = "/var/lib/kiosk-central"           # SQLite and evidence, where not said otherwise
//! session_key_file = "/etc/kiosk-central/session.key"
//! # database = "postgres:///central?host=/run/postgresql"
//! # database = "postgres://central@db.example/central?sslmode=verify-full&sslrootcert=/etc/kiosk-central/db-ca.pem"
//! # evidence_folder = "/srv/evidence"
//! # evidence_bucket = { endpoint = "https://s3.example", bucket = "evidence", access_key_id = "central", secret_key_file = "/etc/kiosk-central/s3.key" }
//!
//! [tls]
//! authority = "/etc/kiosk-central/ca.pem"
//! certificate = "/etc/kiosk-central/central.pem"
//! key = "/etc/kiosk-central/central.key"
//!
//! # command_key_file = "/etc/kiosk-central/command.key"   # made by kiosk-central --new-command-key
//! # revocation_list = "/etc/kiosk-central/revoked.pem"
//! # authority = { folder = "/etc/kiosk-central/authority", days = 90 }   # renews kiosks' certificates
//!
//! [broker]                                     # optional: without it, no MQTT
//! host = "broker.example"
//! port = 8883
//! ```

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use kiosk_pki::TlsFiles;
use kiosk_wire::limits;
use serde::Deserialize;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// Everything that central has to be told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen for HTTPS. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where central keeps what it holds.
    pub folder: PathBuf,
    /// `sqlite://PATH` or `postgres://...`; without it, SQLite in `folder`.
    pub database: Option<DatabaseUrl>,
    /// Where evidence goes; without it, into `folder`.
    pub evidence_folder: Option<PathBuf>,
    /// A bucket for evidence in place of a folder.
    #[serde(default)]
    pub evidence_bucket: Option<BucketConfig>,
    /// File with the secret key that session keys are sealed to (mode 0600).
    pub session_key_file: PathBuf,
    /// File with the secret key that commands and the time are signed with (mode 0600); without it,
    /// neither is.
    #[serde(default)]
    pub command_key_file: Option<PathBuf>,
    /// Certificates that are refused although they have not run out (PEM, as `kioskctl pki revoke`
    /// writes it). Read again while central runs.
    #[serde(default)]
    pub revocation_list: Option<PathBuf>,
    /// The authority that renews kiosks' certificates; without it, central renews none.
    #[serde(default)]
    pub authority: Option<AuthorityConfig>,
    /// Central's certificate, for HTTPS and towards the broker.
    pub tls: TlsFiles,
    /// The MQTT broker; without it, kiosks hear of acknowledgements by HTTPS alone.
    pub broker: Option<BrokerConfig>,
    /// Bounds on what is taken at once.
    #[serde(default)]
    pub limits: Limits,
}

/// A bucket of a store that speaks S3.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketConfig {
    /// The store's address, `https://...`; `http://` on this machine alone.
    pub endpoint: String,
    /// The bucket's name.
    pub bucket: String,
    /// The region that requests are signed for.
    #[serde(default = "BucketConfig::default_region")]
    pub region: String,
    /// Whose key it is.
    pub access_key_id: String,
    /// File with the secret key (mode 0600).
    pub secret_key_file: PathBuf,
    /// Certificate of the authority that signed the store's (PEM); without it, the system's authorities.
    #[serde(default)]
    pub authority: Option<PathBuf>,
}

impl BucketConfig {
    fn default_region() -> String {
        "us-east-1".into()
    }

    /// Plain HTTP never leaves the machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.endpoint.parse::<axum::http::Uri>().is_ok_and(|uri| {
            let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
            host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        })
    }

    fn check(&self) -> Option<ConfigFault> {
        let sound = self.endpoint.starts_with("https://")
            || (self.endpoint.starts_with("http://") && self.is_loopback());
        (!sound || self.bucket.is_empty()).then_some(ConfigFault::Bucket)
    }
}

/// The authority, at the hand of central.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityConfig {
    /// Folder with `ca.pem` and `ca.key` (mode 0600).
    pub folder: PathBuf,
    /// How long a renewed certificate is valid, days.
    #[serde(default = "AuthorityConfig::default_days")]
    pub days: u16,
}

impl AuthorityConfig {
    const fn default_days() -> u16 {
        90
    }
}

/// Where the MQTT broker is. It is spoken to over TLS 1.3 with central's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrokerConfig {
    /// Host name or IP address, as it stands in the broker's certificate.
    pub host: String,
    /// Port, usually 8883.
    pub port: u16,
}

/// Bounds on what central takes at once. The product of bodies and requests bounds memory:
/// by default 64 × 2 MiB.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Open connections; further ones wait in the kernel's queue.
    pub connections: usize,
    /// Requests that are answered at the same time; further ones wait, then are refused as busy.
    pub requests: usize,
    /// Longest body of a batch, bytes.
    pub batch_bytes: usize,
    /// Longest piece of evidence, bytes.
    pub evidence_bytes: u64,
    /// For a TLS handshake and for the head of a request.
    pub handshake_ms: u64,
    /// For the next piece of a body.
    pub body_pause_ms: u64,
    /// Certificate files and the revocation list are read again this often.
    pub reread_ms: u64,
    /// For a whole request but the upload of evidence.
    pub request_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            requests: 64,
            batch_bytes: limits::BATCH_BODY_BYTES,
            evidence_bytes: limits::EVIDENCE_BYTES as u64,
            handshake_ms: 10_000,
            body_pause_ms: 15_000,
            reread_ms: 20_000,
            request_ms: 60_000,
        }
    }
}

impl Limits {
    pub(crate) const fn handshake(&self) -> Duration {
        Duration::from_millis(self.handshake_ms)
    }

    pub(crate) const fn body_pause(&self) -> Duration {
        Duration::from_millis(self.body_pause_ms)
    }

    pub(crate) const fn reread(&self) -> Duration {
        Duration::from_millis(self.reread_ms)
    }

    pub(crate) const fn request(&self) -> Duration {
        Duration::from_millis(self.request_ms)
    }
}

/// Where the database is. May hold a password, so it never shows itself.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Takes `sqlite://PATH` or `postgres://...`; looked at by [`Config::check`].
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// SQLite in this file.
    pub fn sqlite(path: &Path) -> Self {
        Self(format!("sqlite://{}", path.display()))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// The file, where it is SQLite.
    pub(crate) fn sqlite_path(&self) -> Option<&Path> {
        let path = self.0.strip_prefix("sqlite://")?;
        (!path.is_empty() && !path.contains(['?', '%'])).then(|| Path::new(path))
    }

    fn check(&self) -> Result<(), ConfigFault> {
        if self.sqlite_path().is_some() {
            return Ok(());
        }
        let is_postgres = ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| self.0.starts_with(scheme));
        let postgres = PgConnectOptions::from_str(&self.0).ok();
        match postgres.filter(|_| is_postgres) {
            None => Err(ConfigFault::Database),
            Some(postgres) if is_safe(&postgres) => Ok(()),
            Some(_) => Err(ConfigFault::RemoteDatabase),
        }
    }
}

/// A database on another machine is spoken to over TLS, and only once its certificate and name are proved:
/// all other modes of PostgreSQL's clients can be talked out of it by whoever sits in between.
fn is_safe(postgres: &PgConnectOptions) -> bool {
    let host = postgres.get_host();
    let loopback = host == "localhost"
        || host.starts_with('/')
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let proved = matches!(postgres.get_ssl_mode(), PgSslMode::VerifyFull);
    proved || postgres.get_socket().is_some() || loopback
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.split_once("://").map_or("", |(scheme, _)| scheme);
        write!(f, "DatabaseUrl({scheme}://..)")
    }
}

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigFault {
    /// The file cannot be read.
    #[error("{} cannot be read ({reason}); check its path and mode", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file is no TOML, or has an unknown, missing or malformed key.
    #[error("{} is not as it should be: {reason}", file.display())]
    Malformed {
        /// Which.
        file: PathBuf,
        /// Where and what, with the line.
        reason: String,
    },
    /// The database's URL is neither of the two kinds.
    #[error("database: use sqlite:///absolute/path (no ? or %) or postgres://user@host/name")]
    Database,
    /// PostgreSQL on another machine without proof of who it is.
    #[error(
        "database: PostgreSQL on another machine is spoken to over TLS alone: add \
         ?sslmode=verify-full&sslrootcert=/path/ca.pem to the URL"
    )]
    RemoteDatabase,
    /// A bound that lets nothing through.
    #[error("limits.{0}: must be more than 0")]
    Zero(&'static str),
    /// Certificates that would run out before they are in use.
    #[error("authority.days: must be 2 at least")]
    AuthorityDays,
    /// A bucket without a name, or spoken to in the clear.
    #[error(
        "evidence_bucket: name a bucket, and an endpoint of https:// (http:// on loopback alone)"
    )]
    Bucket,
    /// Two places for evidence.
    #[error("evidence_folder and evidence_bucket: choose one of the two")]
    TwoPlaces,
    /// A broker without a name.
    #[error("broker.host: must be a host name or an IP address")]
    BrokerHost,
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    ///
    /// All faults: of form, one with its line; of content, every one.
    pub fn read(file: &Path) -> Result<Self, Vec<ConfigFault>> {
        let text = std::fs::read_to_string(file).map_err(|error| {
            vec![ConfigFault::Unreadable {
                file: file.to_owned(),
                reason: error.to_string(),
            }]
        })?;
        let config: Self = toml::from_str(&text).map_err(|error| {
            vec![ConfigFault::Malformed {
                file: file.to_owned(),
                // Only the message and the line: the text around may hold a password.
                reason: match error.span() {
                    Some(span) => {
                        let line = text[..span.start.min(text.len())].matches('\n').count() + 1;
                        format!("line {line}: {}", error.message())
                    }
                    None => error.message().to_owned(),
                },
            }]
        })?;
        config.check()?;
        Ok(config)
    }

    /// Checks what the form alone doesn't say.
    ///
    /// # Errors
    ///
    /// Every fault.
    pub fn check(&self) -> Result<(), Vec<ConfigFault>> {
        let mut faults = Vec::new();
        faults.extend(self.database_url().check().err());
        let no_host = self.broker.as_ref().is_some_and(|broker| {
            rustls::pki_types::ServerName::try_from(broker.host.as_str()).is_err()
        });
        faults.extend(no_host.then_some(ConfigFault::BrokerHost));
        faults.extend(self.evidence_bucket.as_ref().and_then(BucketConfig::check));
        let two = self.evidence_folder.is_some() && self.evidence_bucket.is_some();
        faults.extend(two.then_some(ConfigFault::TwoPlaces));
        let limits = &self.limits;
        let zeros = [
            ("connections", limits.connections == 0),
            ("requests", limits.requests == 0),
            ("batch_bytes", limits.batch_bytes == 0),
            ("evidence_bytes", limits.evidence_bytes == 0),
            ("handshake_ms", limits.handshake_ms == 0),
            ("body_pause_ms", limits.body_pause_ms == 0),
            ("reread_ms", limits.reread_ms == 0),
            ("request_ms", limits.request_ms == 0),
        ];
        let no_days = self.authority.as_ref().is_some_and(|by| by.days < 2);
        faults.extend(no_days.then_some(ConfigFault::AuthorityDays));
        faults.extend(
            zeros
                .iter()
                .filter(|(_, zero)| *zero)
                .map(|(name, _)| ConfigFault::Zero(name)),
        );
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }

    pub(crate) fn database_url(&self) -> DatabaseUrl {
        let default = || DatabaseUrl::sqlite(&self.folder.join("central.sqlite"));
        self.database.clone().unwrap_or_else(default)
    }

    pub(crate) fn evidence_folder(&self) -> PathBuf {
        let default = || self.folder.join("evidence");
        self.evidence_folder.clone().unwrap_or_else(default)
    }
}
