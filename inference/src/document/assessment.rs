//! A measurement, or why there is none: what was not measured is neither zero nor a pass.

use serde::Serialize;

/// Why something was not measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unmeasured {
    /// The document's outline is not known.
    #[error("the document's outline is not known")]
    NoOutline,
    /// The document's size is not known: neither its format nor its zone.
    #[error("the document's size is not known")]
    NoSize,
    /// No machine readable zone was read.
    #[error("no machine readable zone was read")]
    NoMrz,
    /// No portrait was found.
    #[error("no portrait was found")]
    NoPortrait,
    /// No other text was found.
    #[error("no other text was found")]
    NoText,
    /// The document fills the picture: what lies around it is not seen.
    #[error("the document fills the picture: nothing around it is seen")]
    NoSurroundings,
    /// Too little print to measure on.
    #[error("there is too little print to measure on")]
    NoPrint,
    /// The paper is as bright as the picture can be: a reflection does not stand out.
    #[error("the paper is as bright as the picture can be: a reflection does not stand out")]
    WhitePaper,
    /// The picture has no colour anywhere: it was taken in grey.
    #[error("the picture was taken in grey")]
    GreyPicture,
    /// The picture has too few pixels.
    #[error("the picture has too few pixels")]
    TooSmall,
    /// The picture is too blurred.
    #[error("the picture is too blurred")]
    TooBlurred,
    /// There is no earlier frame to compare with.
    #[error("there is no earlier frame to compare with")]
    NoEarlierFrame,
    /// It was not read surely enough to be judged.
    #[error("it was not read surely enough to be judged")]
    Unsure,
    /// The document does not say it.
    #[error("the document does not say it")]
    NotStated,
}

/// What was measured, or why not.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Assessment<T> {
    /// Measured.
    Measured(T),
    /// Not measured.
    NotAssessed(Unmeasured),
}

impl<T> Assessment<T> {
    /// What was measured.
    pub fn measured(self) -> Option<T> {
        match self {
            Self::Measured(value) => Some(value),
            Self::NotAssessed(_) => None,
        }
    }

    /// The same, by reference.
    pub const fn as_ref(&self) -> Assessment<&T> {
        match self {
            Self::Measured(value) => Assessment::Measured(value),
            Self::NotAssessed(why) => Assessment::NotAssessed(*why),
        }
    }

    /// The value, or the reason that there is none.
    pub fn or_why(value: Option<T>, why: Unmeasured) -> Self {
        value.map_or(Self::NotAssessed(why), Self::Measured)
    }
}
