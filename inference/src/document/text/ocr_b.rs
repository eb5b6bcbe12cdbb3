//! The recogniser of MRZ lines: the small network that `models/mrz` trains on OCR-B.

use ndarray::ArrayView4;
use opencv::core::{Mat, MatTraitConst, MatTraitConstManual};
use opencv::imgproc;

use super::{Evidence, LineRecogniser, STEP_CLASSES};
use crate::Error;
use crate::engine::{Engine, Network};
use crate::pack::Pack;

const MODEL: &str = "mrz_recogniser";
const INPUT: &str = "strip";
const OUTPUT: &str = "probabilities";
const HEIGHT: i32 = 32;
/// The MRZ alphabet, blank, and one class for everything that no MRZ has.
const CLASSES: usize = STEP_CLASSES + 1;

/// The network.
#[derive(Debug)]
pub(in crate::document) struct OcrB {
    network: Network,
    input: Vec<f32>,
}

impl OcrB {
    /// # Errors
    /// [`Error`] where the model is missing or unreadable.
    pub fn load(engine: &Engine, pack: &Pack) -> Result<Self, Error> {
        Ok(Self {
            network: engine.load_varying(pack.required(MODEL)?.path())?,
            input: Vec::new(),
        })
    }
}

impl LineRecogniser for OcrB {
    fn strip_height(&self) -> i32 {
        HEIGHT
    }

    fn look(&mut self, strip: &Mat) -> Result<Evidence, Error> {
        let (height, width) = (strip.rows() as usize, strip.cols() as usize);
        let mut grey = Mat::default();
        imgproc::cvt_color_def(strip, &mut grey, imgproc::COLOR_BGR2GRAY)?;
        self.input.clear();
        self.input
            .extend(grey.data_bytes()?.iter().map(|value| f32::from(*value)));
        let view = ArrayView4::from_shape((1, 1, height, width), &self.input)
            .map_err(|_| misfit(format!("input of {width}x{height}")))?;
        let outputs = self.network.run(&[(INPUT, view.into_dyn())])?;
        let values = outputs.values(OUTPUT)?;
        if values.is_empty() || values.len() % CLASSES != 0 {
            return Err(misfit(format!("{} values", values.len())));
        }
        let known = |classes: &[f32]| std::array::from_fn(|class| classes[class]);
        Ok(Evidence {
            steps: values.chunks_exact(CLASSES).map(known).collect(),
        })
    }
}

fn misfit(found: String) -> Error {
    Error::Shape {
        model: MODEL,
        expected: "39 probabilities a step",
        found,
    }
}
