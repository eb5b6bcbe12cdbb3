//! Native values to quality components, by the standard's functions.
//!
//! Constants are those of OFIQ (github.com/BSI-OFIQ/OFIQ-Project, MIT), the reference implementation of
//! ISO/IEC 29794-5: `OFIQlib/modules/measures/src/` and `data/ofiq_config.jaxn`.

use super::measure::{Measure, Value};

/// `h (a + s sigmoid(x, x0, w))`, rounded and held within 0 and 100.
#[derive(Debug, Clone, Copy)]
struct Curve {
    h: f64,
    a: f64,
    s: f64,
    x0: f64,
    w: f64,
}

const fn rising(x0: f64, w: f64) -> Curve {
    Curve {
        h: 100.0,
        a: 0.0,
        s: 1.0,
        x0,
        w,
    }
}

const fn falling(h: f64, x0: f64, w: f64) -> Curve {
    Curve {
        h,
        a: 1.0,
        s: -1.0,
        x0,
        w,
    }
}

fn sigmoid(x: f64, x0: f64, w: f64) -> f64 {
    1.0 / (1.0 + ((x0 - x) / w).exp())
}

impl Curve {
    fn at(self, x: f64) -> f64 {
        self.h * (self.a + self.s * sigmoid(x, self.x0, self.w))
    }
}

/// The value of a measure whose native value is known.
pub(super) fn value(measure: Measure, native: f32) -> Value {
    let component = component(measure, f64::from(native));
    let bounded = if component.is_finite() {
        component.round().clamp(0.0, 100.0)
    } else {
        0.0
    };
    Value {
        native,
        component: bounded as u8,
    }
}

/// The component before it is rounded and held within its bounds.
fn component(measure: Measure, x: f64) -> f64 {
    match measure {
        Measure::IlluminationUniformity => 100.0 * x.max(0.0).powf(0.3),
        Measure::LuminanceMean => 100.0 * sigmoid(x, 0.2, 0.05) * (1.0 - sigmoid(x, 0.8, 0.05)),
        Measure::LuminanceVariance => {
            100.0 * ((60.0 * x) / (60.0 * x + 1.0) * std::f64::consts::PI).sin()
        }
        Measure::UnderExposurePrevention => Curve {
            h: 120.0,
            a: 0.832,
            s: -1.0,
            x0: 0.92,
            w: 0.05,
        }
        .at(x),
        Measure::OverExposurePrevention => 1.0 / (x + 0.01),
        Measure::DynamicRange => 12.5 * x,
        Measure::NaturalColour => falling(200.0, 0.0, 10.0).at(x),
        Measure::BackgroundUniformity => falling(190.0, 10.0, 100.0).at(x),
        Measure::EyesOpen => rising(0.02, 0.01).at(x),
        Measure::MouthClosed => falling(100.0, 0.2, 0.06).at(x),
        Measure::InterEyeDistance => rising(70.0, 20.0).at(x),
        Measure::HeadSize => falling(200.0, 0.0, 0.05).at((x - 0.45).abs()),
        Measure::LeftwardCropOfTheFaceImage | Measure::RightwardCropOfTheFaceImage => {
            rising(0.9, 0.1).at(x)
        }
        Measure::MarginAboveOfTheFaceImage => rising(1.4, 0.1).at(x),
        Measure::MarginBelowOfTheFaceImage => rising(1.8, 0.1).at(x),
        Measure::HeadPoseYaw | Measure::HeadPosePitch | Measure::HeadPoseRoll => {
            100.0 * x.to_radians().cos().powi(2)
        }
        Measure::SingleFacePresent
        | Measure::EyesVisible
        | Measure::MouthOcclusionPrevention
        | Measure::FaceOcclusionPrevention => 100.0 * (1.0 - x),
        // Own: see `detail`.
        Measure::Sharpness => rising(SHARP.0, SHARP.1).at(x),
        Measure::CompressionArtifacts => falling(100.0, BLOCKY.0, BLOCKY.1).at(x),
        Measure::UnifiedQualityScore | Measure::ExpressionNeutrality | Measure::NoHeadCoverings => {
            0.0
        }
    }
}

/// Half-way point and width of the own curve of `Sharpness`.
const SHARP: (f64, f64) = (0.19, 0.035);
/// The same of `CompressionArtifacts`.
const BLOCKY: (f64, f64) = (0.5, 0.12);

#[cfg(test)]
mod tests {
    //! Held against what OFIQ published of its own test pictures.

    use super::*;

    /// Native value and component as OFIQ gives them: rows of its `data/tests/expected_results/expected_results.csv`.
    const PUBLISHED: [(Measure, f32, u8); 25] = [
        (Measure::SingleFacePresent, 0.720_493, 28),
        (Measure::SingleFacePresent, 0.0, 100),
        (Measure::HeadPoseRoll, -16.291_553, 92),
        (Measure::HeadPosePitch, -13.847_975, 94),
        (Measure::HeadPoseYaw, 7.966_364, 98),
        (Measure::UnderExposurePrevention, 0.351_960, 100),
        (Measure::OverExposurePrevention, 0.000_043, 100),
        (Measure::BackgroundUniformity, 71.593_7, 67),
        (Measure::BackgroundUniformity, 243.065_3, 17),
        (Measure::MouthClosed, 0.083_904, 87),
        (Measure::MouthClosed, 0.002_205, 96),
        (Measure::EyesOpen, 0.023_125, 58),
        (Measure::EyesOpen, 0.050_498, 95),
        (Measure::IlluminationUniformity, 0.148_789, 56),
        (Measure::IlluminationUniformity, 0.828_283, 95),
        (Measure::InterEyeDistance, 352.585_5, 100),
        (Measure::DynamicRange, 6.912_061, 86),
        (Measure::MarginBelowOfTheFaceImage, 1.749_557, 38),
        (Measure::MarginAboveOfTheFaceImage, 1.545_541, 81),
        (Measure::NaturalColour, 3.299_769, 84),
        (Measure::HeadSize, 0.257_293, 4),
        (Measure::LuminanceMean, 0.190_446, 45),
        (Measure::LuminanceMean, 0.103_973, 13),
        (Measure::LuminanceVariance, 0.059_640, 63),
        (Measure::LuminanceVariance, 0.007_321, 82),
    ];

    #[test]
    fn every_mapping_gives_the_components_that_ofiq_published() {
        for (measure, native, published) in PUBLISHED {
            let found = value(measure, native).component;
            assert_eq!(found, published, "{} of {native}", measure.name());
        }
    }

    #[test]
    fn a_component_stays_between_0_and_100_whatever_comes() {
        for measure in Measure::ALL {
            for native in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1e30, 0.0, 1e30] {
                assert!(value(measure, native).component <= 100);
            }
        }
    }
}
