//! dlib's ResNet: an aligned face to a template.

use super::Subject;
use super::alignment::from_chip;
use super::template::Template;
use crate::Error;
use crate::blob::{Beyond, Blob, Wish};
use crate::engine::{Engine, Network};
use crate::pack::Pack;
use crate::picture::Picture;

const MODEL: &str = "face_embedding";

/// Faces to templates. One a thread: it keeps its buffers.
#[derive(Debug)]
pub struct FaceEmbedder {
    network: Network,
    blob: Blob,
}

impl FaceEmbedder {
    /// Loads the network.
    ///
    /// # Errors
    /// Where it is not in the pack or does not load.
    pub fn load(engine: &Engine, pack: &Pack) -> Result<Self, Error> {
        let model = pack.required(MODEL)?;
        let blob = Blob::new(Wish::of(MODEL, model.entry())?, 1);
        Ok(Self {
            network: engine.load(model.path())?,
            blob,
        })
    }

    /// Describes the subject's face in the picture that it was observed in.
    ///
    /// # Errors
    /// Where the network fails.
    pub fn embed(&mut self, picture: &Picture, subject: &Subject) -> Result<Template, Error> {
        self.blob
            .fill(0, &picture.as_mat()?, &from_chip(subject)?, Beyond::Black)?;
        let outputs = self.network.run(&[("image", self.blob.view()?)])?;
        let values = outputs.values("descriptor")?;
        let values = values.try_into().map_err(|_| Error::Shape {
            model: MODEL,
            expected: "128 values",
            found: format!("{} values", values.len()),
        })?;
        Ok(Template::new(values))
    }
}
