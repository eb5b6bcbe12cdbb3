//! The kiosk's own key: it wraps every session's key and names every file.
//!
//! ```text
//!  device key ──HKDF-SHA256──┬─ "wrap"   wraps session keys
//!                            ├─ "index"  seals the log's small values
//!                            └─ "names"  HMAC-SHA256: names of files
//! ```

use std::fmt;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use kiosk_wire::{DataKey, KeyLine, OsRandom, Random, WireError};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::StoreError;

const LINE: KeyLine = KeyLine {
    what: "device key",
    header: "kioskd-device-key-v1",
};
const SALT: &[u8] = b"kioskd device key v1";

/// The kiosk's key, 32 bytes, wiped from memory when dropped. It never shows itself.
/// As text: `kioskd-device-key-v1 <64 hex digits>`.
#[derive(Clone)]
pub struct DeviceKey(Zeroizing<[u8; 32]>);

impl DeviceKey {
    /// Reads it from a file that only its owner may read or write.
    ///
    /// # Errors
    ///
    /// [`StoreError::KeyFileOpenToOthers`] with the command that mends it; an I/O error; a text that is
    /// no device key.
    pub fn from_file(path: &Path) -> Result<Self, StoreError> {
        let file = fs::File::open(path).map_err(StoreError::io("read", path))?;
        let facts = file.metadata().map_err(StoreError::io("read", path))?;
        let mode = facts.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(StoreError::KeyFileOpenToOthers {
                path: path.into(),
                mode,
            });
        }
        Self::read(file, path)
    }

    /// Reads it from the systemd credential `name`, that is from `$CREDENTIALS_DIRECTORY/name`, whose
    /// rights systemd keeps.
    ///
    /// # Errors
    ///
    /// [`StoreError::CredentialMissing`] where there is none; a text that is no device key.
    pub fn from_credential(name: &str) -> Result<Self, StoreError> {
        let folder = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        Self::from_credential_in(folder.as_deref(), name)
    }

    fn from_credential_in(folder: Option<&Path>, name: &str) -> Result<Self, StoreError> {
        let missing = || StoreError::CredentialMissing { name: name.into() };
        let plain = !name.is_empty() && !name.contains('/') && name != "." && name != "..";
        let path = folder.filter(|_| plain).ok_or_else(missing)?.join(name);
        match fs::File::open(&path) {
            Ok(file) => Self::read(file, &path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(missing()),
            Err(error) => Err(StoreError::io("read", path)(error)),
        }
    }

    fn read(file: fs::File, path: &Path) -> Result<Self, StoreError> {
        // Longer than any device key: what is longer is none.
        const LONGEST: u64 = 256;
        let mut text = Zeroizing::new(String::new());
        let mut start = std::io::Read::take(file, LONGEST);
        std::io::Read::read_to_string(&mut start, &mut text)
            .map_err(StoreError::io("read", path))?;
        Ok(Self(LINE.read(&text)?))
    }

    /// Makes a new key in a new file with mode 0600, durably.
    ///
    /// # Errors
    ///
    /// An I/O error: above all, a file that exists already is never replaced.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let mut key = Zeroizing::new([0; 32]);
        OsRandom.fill(key.as_mut_slice())?;
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(StoreError::io("made", path))?;
        file.write_all(LINE.write(&key).as_bytes())
            .map_err(StoreError::io("written", path))?;
        file.sync_all().map_err(StoreError::io("synced", path))?;
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let folder = parent.unwrap_or(Path::new("."));
        let opened = fs::File::open(folder).map_err(StoreError::io("opened", folder))?;
        opened
            .sync_all()
            .map_err(StoreError::io("synced", folder))?;
        Ok(Self(key))
    }

    /// A key from its bytes; for tests and for keys that come from elsewhere.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn secrets(&self) -> Result<Secrets, StoreError> {
        let source = Hkdf::<Sha256>::new(Some(SALT), self.0.as_slice());
        let derive = |what: &str| {
            let mut key = [0; 32];
            // 32 bytes are far below HKDF's limit of 255 hashes.
            source
                .expand(what.as_bytes(), &mut key)
                .map_err(|_| WireError::DoesNotSeal)?;
            Ok::<_, WireError>(DataKey::from_bytes(key))
        };
        Ok(Secrets {
            wrap: derive("wrap")?,
            index: derive("index")?,
            names: derive("names")?,
        })
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKey(..)")
    }
}

/// What is derived from the device key, each for one purpose.
pub(crate) struct Secrets {
    pub(crate) wrap: DataKey,
    pub(crate) index: DataKey,
    names: DataKey,
}

impl Secrets {
    /// A file's name: 64 hex digits that tell nothing to those without the device key.
    pub(crate) fn file_name(&self, kind: &str, what: &[u8]) -> Result<String, StoreError> {
        Ok(hex::encode(self.file_id(kind, what)?))
    }

    /// What a file's name writes.
    pub(crate) fn file_id(&self, kind: &str, what: &[u8]) -> Result<[u8; 32], StoreError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.names.expose())
            .map_err(|_| WireError::DoesNotSeal)?;
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(what);
        Ok(mac.finalize().into_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_created_key_file_belongs_to_its_owner_alone_and_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("device.key");

        let made = DeviceKey::create(&path).unwrap();

        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        assert_eq!(DeviceKey::from_file(&path).unwrap().0, made.0);
        assert!(DeviceKey::create(&path).is_err());
    }

    #[test]
    fn a_key_file_that_others_may_read_is_refused_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("device.key");
        DeviceKey::create(&path).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let refused = DeviceKey::from_file(&path).unwrap_err();
            assert!(
                refused
                    .to_string()
                    .contains(&format!("chmod 600 {}", path.display()))
            );
        }
    }

    #[test]
    fn a_credential_is_found_by_name_and_a_missing_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let made = DeviceKey::create(&folder.path().join("kiosk")).unwrap();
        let read = DeviceKey::from_credential_in(Some(folder.path()), "kiosk").unwrap();
        assert_eq!(read.0, made.0);
        for (folder, name) in [
            (Some(folder.path()), "other"),
            (None, "kiosk"),
            (Some(folder.path()), "../kiosk"),
        ] {
            let missing = DeviceKey::from_credential_in(folder, name).unwrap_err();
            assert!(
                matches!(missing, StoreError::CredentialMissing { .. }),
                "{missing}"
            );
        }
    }

    #[test]
    fn a_file_that_is_no_device_key_is_refused_without_repeating_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("device.key");
        DeviceKey::create(&path).unwrap();
        for text in [
            "",
            "hunter2",
            "kioskd-device-key-v1 00",
            &"x".repeat(10_000),
        ] {
            fs::write(&path, text).unwrap();
            let refused = DeviceKey::from_file(&path).unwrap_err().to_string();
            assert!(
                refused.contains("kioskd-device-key-v1 <64 hex digits>"),
                "{refused}"
            );
            assert!(!refused.contains("hunter2"));
        }
    }
}
