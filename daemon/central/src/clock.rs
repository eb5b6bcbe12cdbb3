//! The time, as it is passed in. The one place here that asks the machine for it.

use std::sync::Arc;

use time::OffsetDateTime;

/// Tells the time of day: whether a certificate is valid, and when something was received. Waits
/// are measured by tokio's own clock.
pub type Clock = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;

/// The machine's clock.
pub fn system_clock() -> Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the clock that others take is made here"
    )]
    Arc::new(OffsetDateTime::now_utc)
}

/// Milliseconds since 1970, as times stand in the database.
pub(crate) fn unix_ms(at: OffsetDateTime) -> i64 {
    at.unix_timestamp() * 1000 + i64::from(at.millisecond())
}

/// A time of the database; `None` beyond what can be written.
pub(crate) fn moment(unix_ms: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).ok()
}
