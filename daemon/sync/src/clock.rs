//! The time, as it is passed in.

use std::sync::Arc;

use time::OffsetDateTime;

/// Tells the time of day, for `since` and for whether a certificate is valid. Waits are measured by
/// tokio's own clock, which a test can pause.
pub type Clock = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;
