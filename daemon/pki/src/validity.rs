//! From when until when a certificate holds.

use time::{Duration, OffsetDateTime};

use crate::PkiError;

/// A certificate made now is valid from a little earlier, for peers whose clock is slow.
const SLOW_CLOCKS: Duration = Duration::minutes(5);

/// A certificate's window, both ends included, in whole seconds (X.509 knows no finer).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
}

impl Validity {
    /// From `not_before` to `not_after`.
    ///
    /// # Errors
    ///
    /// [`PkiError::Window`] where it ends before it begins.
    pub fn between(
        not_before: OffsetDateTime,
        not_after: OffsetDateTime,
    ) -> Result<Self, PkiError> {
        if not_after < not_before {
            return Err(PkiError::Window);
        }
        Ok(Self {
            not_before,
            not_after,
        })
    }

    /// From five minutes before `now`, for `days` days. Ends at the last time that X.509 can name
    /// where that comes earlier.
    pub fn days(now: OffsetDateTime, days: u16) -> Self {
        let last = time::macros::datetime!(9999-12-31 23:59:59 UTC);
        Self {
            not_before: now - SLOW_CLOCKS,
            not_after: now.saturating_add(Duration::days(days.into())).min(last),
        }
    }

    /// First valid second.
    pub const fn not_before(&self) -> OffsetDateTime {
        self.not_before
    }

    /// Last valid second.
    pub const fn not_after(&self) -> OffsetDateTime {
        self.not_after
    }
}
