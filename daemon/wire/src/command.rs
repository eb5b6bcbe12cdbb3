//! What central has a kiosk do, and what came of it.
//!
//! ```text
//!  signature = ed25519( "kioskd command v1\0" ‖ the command's JSON, byte for byte as it travels )
//! ```
//!
//! The signed bytes name kiosk and number, so a command is of use to one kiosk once. Numbers go up for each
//! kiosk from 1; a kiosk keeps the newest it has done and does none twice.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::coding::base64_bytes;
use crate::{CommandPublicKey, CommandSecretKey, KioskId, WireError, limits};

const DOMAIN: &[u8] = b"kioskd command v1\0";

/// One command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Whom it is for.
    pub kiosk: KioskId,
    /// Its place among this kiosk's commands: from 1.
    pub number: u64,
    /// When central issued it.
    #[serde(with = "time::serde::rfc3339")]
    pub issued_at: OffsetDateTime,
    /// What kind it is, e.g. `config`: each kind has one handler at the kiosk.
    pub kind: String,
    /// What its handler needs.
    pub body: Value,
}

/// A command as it travels, by HTTPS and by MQTT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedCommand {
    /// The JSON of a [`Command`], as it was signed.
    #[serde(with = "base64_bytes")]
    pub command: Vec<u8>,
    /// Central's signature.
    #[serde(with = "base64_bytes")]
    pub signature: Vec<u8>,
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status", content = "detail")]
pub enum Outcome {
    /// It was carried out; with what it asked for, or null.
    Done(Value),
    /// It could not be carried out, and nothing of it stays: why, and what to do about it.
    Failed(String),
}

impl SignedCommand {
    /// Signs a command.
    ///
    /// # Errors
    ///
    /// [`WireError::CommandTooLarge`].
    pub fn sign(key: &CommandSecretKey, command: &Command) -> Result<Self, WireError> {
        let command = serde_json::to_vec(command).map_err(|_| WireError::NotACommand)?;
        if command.len() > limits::COMMAND_BYTES {
            return Err(WireError::CommandTooLarge);
        }
        let signature = key.sign(DOMAIN, &command);
        Ok(Self { command, signature })
    }

    /// Checks it for `kiosk` and opens it.
    ///
    /// # Errors
    ///
    /// [`WireError::NotSigned`] where central did not sign these bytes, or another kiosk's;
    /// [`WireError::NotACommand`] where they are no command.
    pub fn open(&self, key: &CommandPublicKey, kiosk: &KioskId) -> Result<Command, WireError> {
        if self.command.len() > limits::COMMAND_BYTES {
            return Err(WireError::CommandTooLarge);
        }
        key.verify(DOMAIN, &self.command, &self.signature)?;
        let command: Command =
            serde_json::from_slice(&self.command).map_err(|_| WireError::NotACommand)?;
        match command.kiosk == *kiosk && command.number > 0 {
            true => Ok(command),
            false => Err(WireError::NotSigned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsRandom;

    fn command(kiosk: &str) -> Command {
        Command {
            kiosk: kiosk.parse().unwrap(),
            number: 3,
            issued_at: time::macros::datetime!(2026-01-02 03:04:05 UTC),
            kind: "diagnostics".into(),
            body: Value::Null,
        }
    }

    #[test]
    fn a_command_opens_for_its_kiosk_by_centrals_key_alone() {
        let key = CommandSecretKey::generate(&OsRandom).unwrap();
        let other = CommandSecretKey::generate(&OsRandom).unwrap();
        let signed = SignedCommand::sign(&key, &command("k-1")).unwrap();
        let (own, another) = ("k-1".parse().unwrap(), "k-2".parse().unwrap());

        assert_eq!(signed.open(&key.public(), &own), Ok(command("k-1")));
        assert_eq!(
            signed.open(&key.public(), &another),
            Err(WireError::NotSigned)
        );
        assert_eq!(
            signed.open(&other.public(), &own),
            Err(WireError::NotSigned)
        );
    }

    #[test]
    fn a_single_changed_bit_is_refused() {
        let key = CommandSecretKey::generate(&OsRandom).unwrap();
        let signed = SignedCommand::sign(&key, &command("k-1")).unwrap();
        for at in 0..signed.command.len() {
            let mut forged = signed.clone();
            forged.command[at] ^= 1;
            let opened = forged.open(&key.public(), &"k-1".parse().unwrap());
            assert_eq!(opened, Err(WireError::NotSigned), "byte {at}");
        }
    }

    #[test]
    fn keys_are_read_as_they_were_written() {
        let key = CommandSecretKey::generate(&OsRandom).unwrap();
        let again: CommandSecretKey = key.to_text().parse().unwrap();
        assert_eq!(again.public(), key.public());
        let public: CommandPublicKey = key.public().to_text().parse().unwrap();
        assert_eq!(public, key.public());
        assert!(key.public().to_text().parse::<CommandSecretKey>().is_err());
    }
}
