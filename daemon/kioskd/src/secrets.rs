//! From the config's words to the store's settings and its device key.

use anyhow::Context;
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

/// Where the store lies and how large it may grow.
pub fn store_config(config: &Config) -> anyhow::Result<StoreConfig> {
    let kiosk = config.kiosk.id.parse().context("[kiosk] id")?;
    let mut settings = StoreConfig::new(config.kiosk.state_folder.join("store"), kiosk);
    settings.max_bytes = config.store.max_bytes;
    Ok(settings)
}
