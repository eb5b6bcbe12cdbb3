//! Personal data that cannot be printed by accident.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value that is written to the sealed log but never to a log line, an error or a panic:
/// it has no `Display`, and its `Debug` is the same for every value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Wraps a personal value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, where it is really needed: a comparison, or an answer to one entitled to it.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redacted_value_prints_nothing_of_itself() {
        assert_eq!(format!("{:?}", Redacted::new("ERIKSSON")), "<redacted>");
    }
}
