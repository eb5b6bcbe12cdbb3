//! What the kiosk's own screen shows while the person looks on, before the first gesture is asked for, and what the face
//! gave back.

use serde::{Deserialize, Serialize};

/// Secret colours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlashShow {
    /// When the first is shown, ms from the clip's first frame.
    pub begun_ms: f64,
    /// How long each stands, ms.
    pub each_ms: f64,
    /// Red, green, blue.
    pub colours: Vec<[u8; 3]>,
}

/// Where a dot is at a moment: 0 to 1 from the screen's left as the person sees it, and from its top.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DotPlace {
    /// ms from the path's begin.
    pub t_ms: f64,
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

/// A dot on a random path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DotShow {
    /// When it begins to move, ms from the clip's first frame.
    pub begun_ms: f64,
    /// Where it goes, in straight lines from one to the next.
    pub path: Vec<DotPlace>,
}

/// What is shown. Only where the kiosk has a screen and the policy wants it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ScreenShow {
    /// A dot to follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dot: Option<DotShow>,
    /// Colours that light the face.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flash: Option<FlashShow>,
    /// Whether the person asked for no colours: a dot stands in their place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub colours_declined: bool,
    /// How much later everything else is asked for, ms.
    pub length_ms: u32,
}

/// What the face gave back of the colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlashVerdict {
    /// As skin on a head does.
    Reflects,
    /// Not what was shown.
    NoAnswer,
    /// Evenly, as a plane does.
    Even,
    /// The background as much as the face.
    Everywhere,
}

/// The reflection as it was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlashAnswer {
    /// Correlation of each part of the face with what was shown, by the part's name.
    pub correlations: Vec<(String, f32)>,
    /// Light given back by each part, as a share of its own.
    pub strengths: Vec<(String, f32)>,
    /// The same of the background.
    pub background: f32,
    /// From the order to the picture, ms.
    pub lag_ms: f32,
    /// What that means.
    pub verdict: FlashVerdict,
}

/// How well the dot was followed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DotAnswer {
    /// Correlation sideways.
    pub across: f32,
    /// Correlation upwards.
    pub up: f32,
    /// How late, ms.
    pub lag_ms: f32,
    /// Whether both reach their limits.
    pub followed: bool,
}
