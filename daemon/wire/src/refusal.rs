//! What central answers where it refuses, and the codes by which a kiosk tells refusals apart.

use serde::{Deserialize, Serialize};

use crate::Acknowledgement;

/// Central holds another record under a number of this batch: the two logs tell different stories.
pub const LOG_FORKED: &str = "log_forked";

/// A record is of a version or kind that central does not know: central is older than the kiosk.
pub const RECORD_UNKNOWN: &str = "record_unknown";

/// The JSON of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What is wrong, for programs.
    pub error: String,
    /// What is wrong and what to do about it, for people.
    pub detail: String,
    /// Where the kiosk has to go on. Only given where the kiosk may rely on it as on any other
    /// acknowledgement.
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub held: Option<Acknowledgement>,
    /// With [`LOG_FORKED`]: the first number under which another record is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
}
