//! dlib's ResNet: an aligned face to a template.

use super::Subject;
use super::alignment::{from_chip, mirrored};
use super::template::{TEMPLATE_VALUES, Template};
use crate::Error;
use crate::blob::{Beyond, Blob, Pixels, Wish};
use crate::engine::{Engine, Network};
use crate::geometry::{Affine, midpoint};
use crate::pack::{Measure, Pack};
use crate::picture::Picture;

pub(super) const MODEL: &str = "face_embedding";

/// Faces to templates. One a thread: it keeps its buffers.
#[derive(Debug)]
pub struct FaceEmbedder {
    network: Network,
    blob: Blob,
    measure: Measure,
}

impl FaceEmbedder {
    /// Loads the network.
    ///
    /// # Errors
    /// Where it is not in the pack or does not load, or where the manifest names no distance for it.
    pub fn load(engine: &Engine, pack: &Pack) -> Result<Self, Error> {
        let model = pack.required(MODEL)?;
        let measure = model.entry().distance.ok_or(Error::Shape {
            model: MODEL,
            expected: "a distance in the manifest",
            found: "none".into(),
        })?;
        let blob = Blob::new(Wish::of(MODEL, model.entry())?, 1);
        Ok(Self {
            network: engine.load(model.path())?,
            blob,
            measure,
        })
    }

    /// Describes the subject's face in the picture that it was observed in: the mean of what the network says of the
    /// aligned face and of its mirror image.
    ///
    /// # Errors
    /// Where the network fails.
    pub fn embed(&mut self, picture: &Picture, subject: &Subject) -> Result<Template, Error> {
        let chip = from_chip(subject)?;
        let picture = picture.as_mat()?;
        let face = self.describe(&picture, &chip)?;
        let mirror = self.describe(&picture, &mirrored(&chip))?;
        Ok(Template::new(midpoint(face, mirror), self.measure))
    }

    fn describe(
        &mut self,
        picture: &impl Pixels,
        chip: &Affine,
    ) -> Result<[f32; TEMPLATE_VALUES], Error> {
        self.blob.fill(0, picture, chip, Beyond::Black)?;
        let outputs = self.network.run(&[("image", self.blob.view()?)])?;
        let values = outputs.values("descriptor")?;
        values.try_into().map_err(|_| Error::Shape {
            model: MODEL,
            expected: "128 values",
            found: format!("{} values", values.len()),
        })
    }
}
