//! What a kiosk says of itself on its status topic.

use serde::{Deserialize, Serialize};

use crate::KioskId;

/// Whether a kiosk is connected to the broker; retained, and the last will says `offline`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KioskStatus {
    /// Which kiosk.
    pub kiosk: KioskId,
    /// Whether it is there.
    pub online: bool,
}
