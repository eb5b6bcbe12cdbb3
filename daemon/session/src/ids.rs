//! Names of things: sessions and pieces of evidence.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One verification. Random (UUID version 4), so that it tells nothing of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub Uuid);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A stored picture or clip: the SHA-256 of its sealed bytes, in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EvidenceId(pub String);
