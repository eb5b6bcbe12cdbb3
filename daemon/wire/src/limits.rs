//! How much may be sent at once. Kiosks stay below, central refuses what is above.

/// Longest sealed event, in bytes. An event names its pictures; it does not hold them.
pub const RECORD_BYTES: usize = 512 * 1024;

/// Most records in one batch.
pub const BATCH_RECORDS: usize = 256;

/// Most sealed bytes in one batch, the sum over its records.
pub const BATCH_SEALED_BYTES: usize = 1024 * 1024;

/// Longest body of a batch, in bytes: base64 adds a third, the other fields of a record under 600
/// bytes each, and of a sealed key under 300.
pub const BATCH_BODY_BYTES: usize = 2 * 1024 * 1024;

/// Longest piece of sealed evidence, in bytes.
pub const EVIDENCE_BYTES: usize = 64 * 1024 * 1024;

/// Longest part of a piece of evidence, in bytes: what a cut costs at most.
pub const EVIDENCE_PART_BYTES: usize = 1024 * 1024;

/// Length of a sealed session key, in bytes: encapsulated key (32), key (32), tag (16).
pub const SEALED_KEY_BYTES: usize = 80;

/// Longest command, in bytes of its JSON: a whole configuration fits.
pub const COMMAND_BYTES: usize = 128 * 1024;

/// Longest outcome of a command, in bytes of its JSON.
pub const OUTCOME_BYTES: usize = 32 * 1024;

/// Most commands in one answer to a kiosk.
pub const COMMANDS: usize = 8;

/// Longest MQTT packet that a kiosk takes: a command in base64 with its signature.
pub const MQTT_PACKET_BYTES: usize = 256 * 1024;

/// Most sealed bytes in one batch by MQTT, the sum over its records; a longer record still goes, alone.
pub const MQTT_BATCH_SEALED_BYTES: usize = 128 * 1024;

/// Longest MQTT packet with a batch: the longest record in base64, its key, its signature and its certificates.
pub const MQTT_BATCH_PACKET_BYTES: usize = 1024 * 1024;
