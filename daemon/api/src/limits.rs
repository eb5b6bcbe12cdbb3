//! How much a caller may send, and how slowly.

use std::num::NonZeroU32;
use std::time::Duration;

/// Bounds of what is taken in. Memory for uploads is at most `uploads_at_once` times the largest of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Largest JSON body, in bytes.
    pub json_bytes: usize,
    /// Largest picture, in bytes.
    pub picture_bytes: usize,
    /// Largest liveness clip with all its files, in bytes.
    pub clip_bytes: usize,
    /// Most files in a clip.
    pub clip_files: usize,
    /// How long a caller may take to send a body, once its head is there.
    pub body_time: Duration,
    /// Uploads that are taken in at once; one more waits for `body_time` at most.
    pub uploads_at_once: usize,
    /// Calls a minute from one address in the KYConnect dialect, whose document has 100.
    pub connect_per_minute: NonZeroU32,
    /// Logins, and forgotten passwords, an hour from one address in that dialect, whose document has 10 of each.
    pub connect_logins_per_hour: NonZeroU32,
    /// Submissions of one person in two hours in that dialect, whose document has 5.
    pub connect_submissions: NonZeroU32,
    /// Calls a minute of one key that is no sandbox's in the Master EKYC dialect, whose document has 400.
    pub master_per_minute: NonZeroU32,
}

impl Default for Limits {
    /// A 48-megapixel JPEG has about 15 MB; ten seconds of 720p video at 25 Mbit/s about 32 MB; 600
    /// pictures are twenty seconds at 30 a second.
    fn default() -> Self {
        Self {
            json_bytes: 64 * 1024,
            picture_bytes: 16 * 1024 * 1024,
            clip_bytes: 64 * 1024 * 1024,
            clip_files: 600,
            body_time: Duration::from_secs(30),
            uploads_at_once: 4,
            connect_per_minute: NonZeroU32::new(100).unwrap_or(NonZeroU32::MIN),
            connect_logins_per_hour: NonZeroU32::new(10).unwrap_or(NonZeroU32::MIN),
            connect_submissions: NonZeroU32::new(5).unwrap_or(NonZeroU32::MIN),
            master_per_minute: NonZeroU32::new(400).unwrap_or(NonZeroU32::MIN),
        }
    }
}
