//! How good a picture of a face is, in the terms of ISO/IEC 29794-5 and by OFIQ's names of the measures.
//!
//! ```text
//! picture + subject ─► view (aligned 320 x 320) ─► light, detail, occlusion ─┐
//!                 └──► place (landmarks, pose)  ─► background ───────────────┴─► native value, component 0 to 100
//! ```
//!
//! A measure gives a native value and a quality component; one that was not assessed gives neither, and is written as
//! -1, as OFIQ does. [`Measure::method`] says of each whether it follows the standard's formula or is the project's own
//! under that name. No standard's text was at hand: formulas and constants are those of its reference implementation
//! (OFIQ, MIT licence), held against the values that OFIQ publishes of its own test pictures.

mod background;
mod best;
mod detail;
mod light;
mod mapping;
mod measure;
mod place;
mod score;
pub(in crate::face) mod view;

use std::collections::BTreeMap;

use super::glare::{self, Glare};
use super::occlusion::Occlusion;
use super::{FaceObservation, Subject};
use crate::Error;
use crate::picture::Picture;

pub use best::{BestShot, Shot};
pub use measure::{Measure, Method, Value};

use view::View;

/// What OFIQ writes where a measure was not assessed.
const NOT_ASSESSED: f32 = -1.0;

/// The quality of one picture of a face.
#[derive(Debug, Clone, PartialEq)]
pub struct FaceQuality {
    values: BTreeMap<Measure, Value>,
    occlusion: Option<Occlusion>,
    glare: Option<Glare>,
}

impl FaceQuality {
    /// Assesses the subject of `seen` in `picture`: 1.9 ms on one core for a face in 1280 x 720 (p50, optimised, beside
    /// other work), 2.0 ms as tests are built; the size of picture and face hardly matters.
    ///
    /// # Errors
    /// [`Error::Library`].
    pub fn assess(
        picture: &Picture,
        subject: &Subject,
        seen: &FaceObservation,
    ) -> Result<Self, Error> {
        let mut natives = place::measure(picture, subject, seen);
        let (mut occlusion, mut reflections) = (None, None);
        if let Some(view) = View::of(picture, subject)? {
            natives.extend(light::measure(&view)?);
            natives.extend(detail::measure(picture, &subject.bounds, &view)?);
            let behind = background::mean_gradient(picture, &view)?;
            natives.extend(behind.map(|value| (Measure::BackgroundUniformity, value)));
            let covered = Occlusion::of(&view, subject)?;
            natives.extend(covered_shares(&covered));
            occlusion = Some(covered);
            reflections = Some(glare::of(&view)?);
        }
        let values = natives
            .into_iter()
            .filter(|(_, native)| native.is_finite())
            .map(|(measure, native)| (measure, mapping::value(measure, native)))
            .collect();
        Ok(Self {
            values,
            occlusion,
            glare: reflections,
        })
    }

    /// What a measure gave; `None` where it was not assessed.
    #[must_use]
    pub fn get(&self, measure: Measure) -> Option<Value> {
        self.values.get(&measure).copied()
    }

    /// The quality component, -1 where the measure was not assessed.
    #[must_use]
    pub fn component(&self, measure: Measure) -> i8 {
        self.get(measure)
            .map_or(NOT_ASSESSED as i8, |value| value.component.cast_signed())
    }

    /// Every measure by OFIQ's name, in its order: native value and component, both -1 where it was not assessed.
    pub fn by_name(&self) -> impl Iterator<Item = (&'static str, f32, i8)> {
        Measure::ALL.into_iter().map(|measure| {
            let native = self.get(measure).map_or(NOT_ASSESSED, |value| value.native);
            (measure.name(), native, self.component(measure))
        })
    }

    /// One number, 0 to 100, of the project's own making: a weighted geometric mean of components, with chosen
    /// weights. It is not OFIQ's `UnifiedQualityScore`, which is never assessed here.
    #[must_use]
    pub fn own_score(&self) -> Option<f32> {
        score::score(self)
    }

    /// What covers the face; `None` where the face could not be aligned.
    #[must_use]
    pub const fn occlusion(&self) -> Option<&Occlusion> {
        self.occlusion.as_ref()
    }

    /// Reflections before each eye, the person's right one first; `None` where the face could not be aligned.
    #[must_use]
    pub const fn glare(&self) -> Option<&Glare> {
        self.glare.as_ref()
    }
}

/// The covered shares as native values, where they were measured.
fn covered_shares(occlusion: &Occlusion) -> impl Iterator<Item = (Measure, f32)> {
    let eyes = match occlusion.eyes.map(|eye| eye.value()) {
        [Some(right), Some(left)] => Some(f32::midpoint(right, left)),
        _ => None,
    };
    [
        (Measure::EyesVisible, eyes),
        (Measure::MouthOcclusionPrevention, occlusion.mouth.value()),
        (Measure::FaceOcclusionPrevention, occlusion.face.value()),
    ]
    .into_iter()
    .filter_map(|(measure, share)| share.map(|share| (measure, share)))
}
