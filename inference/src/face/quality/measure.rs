//! The measures by name, whose formula each follows, and what one gives.

/// A measure of ISO/IEC 29794-5, by the names of its reference implementation OFIQ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// All in one: here never assessed, OFIQ takes it from a network (MagFace).
    UnifiedQualityScore,
    /// How plain what lies behind the head is.
    BackgroundUniformity,
    /// Whether both cheeks are lit alike.
    IlluminationUniformity,
    /// How bright the face is.
    LuminanceMean,
    /// How much its brightness varies.
    LuminanceVariance,
    /// How little of it is black.
    UnderExposurePrevention,
    /// How little of it is clipped.
    OverExposurePrevention,
    /// How many levels its brightness takes.
    DynamicRange,
    /// How sharp it is.
    Sharpness,
    /// How little compression shows.
    CompressionArtifacts,
    /// Whether the skin has a skin's colour.
    NaturalColour,
    /// Whether it is the only face.
    SingleFacePresent,
    /// Whether both eyes are open.
    EyesOpen,
    /// Whether the mouth is shut.
    MouthClosed,
    /// Whether nothing lies over the eyes.
    EyesVisible,
    /// Whether nothing lies over the mouth.
    MouthOcclusionPrevention,
    /// Whether nothing lies over the face.
    FaceOcclusionPrevention,
    /// Pixels from eye to eye.
    InterEyeDistance,
    /// How much of the picture's height the head takes.
    HeadSize,
    /// Room to the picture's left.
    LeftwardCropOfTheFaceImage,
    /// Room to the picture's right.
    RightwardCropOfTheFaceImage,
    /// Room above.
    MarginAboveOfTheFaceImage,
    /// Room below.
    MarginBelowOfTheFaceImage,
    /// Head turned.
    HeadPoseYaw,
    /// Head raised or lowered.
    HeadPosePitch,
    /// Head tilted.
    HeadPoseRoll,
    /// Whether the face rests: here never assessed, OFIQ takes it from networks.
    ExpressionNeutrality,
    /// Whether no hat is worn: here never assessed, OFIQ takes it from a network.
    NoHeadCoverings,
}

/// Whose formula a measure follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The standard's formula and mapping as OFIQ computes them, on landmarks of MediaPipe's mesh in place of
    /// OFIQ's 98: close to OFIQ's values, never equal to the last digit.
    Standard,
    /// The project's own, under the standard's name: not comparable with OFIQ's values.
    Own,
    /// Never assessed here.
    Absent,
}

impl Measure {
    /// Every measure, in OFIQ's order.
    pub const ALL: [Self; 28] = [
        Self::UnifiedQualityScore,
        Self::BackgroundUniformity,
        Self::IlluminationUniformity,
        Self::LuminanceMean,
        Self::LuminanceVariance,
        Self::UnderExposurePrevention,
        Self::OverExposurePrevention,
        Self::DynamicRange,
        Self::Sharpness,
        Self::CompressionArtifacts,
        Self::NaturalColour,
        Self::SingleFacePresent,
        Self::EyesOpen,
        Self::MouthClosed,
        Self::EyesVisible,
        Self::MouthOcclusionPrevention,
        Self::FaceOcclusionPrevention,
        Self::InterEyeDistance,
        Self::HeadSize,
        Self::LeftwardCropOfTheFaceImage,
        Self::RightwardCropOfTheFaceImage,
        Self::MarginAboveOfTheFaceImage,
        Self::MarginBelowOfTheFaceImage,
        Self::HeadPoseYaw,
        Self::HeadPosePitch,
        Self::HeadPoseRoll,
        Self::ExpressionNeutrality,
        Self::NoHeadCoverings,
    ];

    /// OFIQ's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnifiedQualityScore => "UnifiedQualityScore",
            Self::BackgroundUniformity => "BackgroundUniformity",
            Self::IlluminationUniformity => "IlluminationUniformity",
            Self::LuminanceMean => "LuminanceMean",
            Self::LuminanceVariance => "LuminanceVariance",
            Self::UnderExposurePrevention => "UnderExposurePrevention",
            Self::OverExposurePrevention => "OverExposurePrevention",
            Self::DynamicRange => "DynamicRange",
            Self::Sharpness => "Sharpness",
            Self::CompressionArtifacts => "CompressionArtifacts",
            Self::NaturalColour => "NaturalColour",
            Self::SingleFacePresent => "SingleFacePresent",
            Self::EyesOpen => "EyesOpen",
            Self::MouthClosed => "MouthClosed",
            Self::EyesVisible => "EyesVisible",
            Self::MouthOcclusionPrevention => "MouthOcclusionPrevention",
            Self::FaceOcclusionPrevention => "FaceOcclusionPrevention",
            Self::InterEyeDistance => "InterEyeDistance",
            Self::HeadSize => "HeadSize",
            Self::LeftwardCropOfTheFaceImage => "LeftwardCropOfTheFaceImage",
            Self::RightwardCropOfTheFaceImage => "RightwardCropOfTheFaceImage",
            Self::MarginAboveOfTheFaceImage => "MarginAboveOfTheFaceImage",
            Self::MarginBelowOfTheFaceImage => "MarginBelowOfTheFaceImage",
            Self::HeadPoseYaw => "HeadPoseYaw",
            Self::HeadPosePitch => "HeadPosePitch",
            Self::HeadPoseRoll => "HeadPoseRoll",
            Self::ExpressionNeutrality => "ExpressionNeutrality",
            Self::NoHeadCoverings => "NoHeadCoverings",
        }
    }

    /// Whose formula it follows here.
    #[must_use]
    pub const fn method(self) -> Method {
        match self {
            Self::UnifiedQualityScore | Self::ExpressionNeutrality | Self::NoHeadCoverings => {
                Method::Absent
            }
            Self::BackgroundUniformity
            | Self::Sharpness
            | Self::CompressionArtifacts
            | Self::EyesOpen
            | Self::EyesVisible
            | Self::MouthOcclusionPrevention
            | Self::FaceOcclusionPrevention => Method::Own,
            _ => Method::Standard,
        }
    }
}

/// What a measure gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    /// The native value, in the measure's own unit.
    pub native: f32,
    /// The quality component: 0 bad to 100 good.
    pub component: u8,
}
