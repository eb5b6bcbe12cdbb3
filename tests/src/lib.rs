//! Workspace-wide tests: specimens, people and rigs that the project makes itself.

pub mod attack;
pub mod branch;
pub mod control;
pub mod demo;
pub mod film;
pub mod mailbox;
pub mod material;
pub mod models;
pub mod neighbour;
pub mod people;
pub mod preview;
pub mod rig;
pub mod serving;
pub mod specimen;

use sha2::Digest;

/// The checkout's root, by the place of this package in it.
pub fn root() -> std::path::PathBuf {
    let package = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// The time now: demo and end-to-end tests run on the machine's own clock, as the programs that they start do.
#[allow(
    clippy::disallowed_methods,
    reason = "processes under test read the machine's clock; certificates have to fit it"
)]
pub fn now() -> time::OffsetDateTime {
    time::OffsetDateTime::now_utc()
}

/// SHA-256 in lower-case hex, as the config wants an API key's.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(sha2::Sha256::digest(bytes))
}

/// A client for plain HTTP on loopback. reqwest asks for a TLS provider even then.
pub fn plain_client() -> anyhow::Result<reqwest::Client> {
    // Fails only where one is installed already: what was wanted.
    let _ = std::sync::Arc::unwrap_or_clone(kiosk_pki::provider()).install_default();
    Ok(reqwest::Client::builder()
        .timeout(std::time::Duration::from_secs(60))
        .build()?)
}

/// A file's name while it is written: no two writers share one, so that each renames a whole file into place.
pub fn part_of(path: &std::path::Path, extension: &str) -> std::path::PathBuf {
    static WRITERS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let writer = WRITERS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    path.with_extension(format!("{}-{writer}.{extension}", std::process::id()))
}
