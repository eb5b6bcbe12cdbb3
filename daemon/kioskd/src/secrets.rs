//! From the config's words to the store's settings, its device key, and other secrets.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use kiosk_store::{DeviceKey, StoreConfig};

use crate::config::{Config, Secret};

/// The key that wraps every session's key.
pub fn device_key(secret: &Secret) -> anyhow::Result<DeviceKey> {
    match secret {
        Secret::File(path) => DeviceKey::from_file(path),
        Secret::Credential(name) => DeviceKey::from_credential(name),
    }
    .context("[store] device_key")
}

/// A secret of one line: a file that only its owner may read, or a credential that systemd keeps.
pub fn text(secret: &Secret) -> anyhow::Result<String> {
    let bytes = match secret {
        Secret::File(path) => kiosk_pki::read_secret(path)?.to_vec(),
        Secret::Credential(name) => {
            let path = credential(name).with_context(|| {
                format!(
                    "there is no credential `{name}`; hand it over by LoadCredential={name}:FILE"
                )
            })?;
            std::fs::read(&path).with_context(|| path.display().to_string())?
        }
    };
    let text = String::from_utf8(bytes).context("it is not a text")?;
    let line = text.trim_end_matches(['\r', '\n']);
    ensure!(
        !line.is_empty() && !line.contains(['\r', '\n', '\0']),
        "it is empty or has several lines: write the secret on one"
    );
    Ok(line.to_owned())
}

fn credential(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY")?;
    let plain = !name.contains('/') && name != "." && name != "..";
    let path = Path::new(&folder).join(name);
    (plain && path.exists()).then_some(path)
}

/// Where the store lies and how large it may grow.
pub fn store_config(config: &Config) -> anyhow::Result<StoreConfig> {
    let kiosk = config.kiosk.id.parse().context("[kiosk] id")?;
    let mut settings = StoreConfig::new(config.kiosk.state_folder.join("store"), kiosk);
    settings.max_bytes = config.store.max_bytes;
    Ok(settings)
}
