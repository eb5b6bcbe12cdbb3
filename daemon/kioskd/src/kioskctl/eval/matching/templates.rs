//! Pictures to templates, each picture once.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use kiosk_inference::face::{Template, enrol};

use super::super::super::readers::picture;
use crate::analysis::FaceModels;

/// Templates of pictures by their paths, or why a picture gave none.
pub(super) struct Templates {
    models: FaceModels,
    known: HashMap<PathBuf, Result<Rc<Template>, Rc<str>>>,
}

impl Templates {
    pub(super) fn new(models: FaceModels) -> Self {
        Self {
            models,
            known: HashMap::new(),
        }
    }

    /// The template of a picture's nearest face.
    pub(super) fn of(&mut self, path: &Path) -> Result<Rc<Template>, Rc<str>> {
        if let Some(known) = self.known.get(path) {
            return known.clone();
        }
        let made = embed(&mut self.models, path).map(Rc::new).map_err(Rc::from);
        self.known.insert(path.to_owned(), made.clone());
        made
    }

    /// Pictures that gave no template.
    pub(super) fn failures(&self) -> usize {
        self.known.values().filter(|made| made.is_err()).count()
    }

    /// Pictures looked at.
    pub(super) fn pictures(&self) -> usize {
        self.known.len()
    }

    /// SHA-256 (hex) of the models that had a part in it, by name.
    pub(super) fn hashes(&self) -> BTreeMap<String, String> {
        let names = ["face_detector", "face_mesh", "face_embedding"];
        let all = self.models.hashes.iter();
        all.filter(|(name, _)| names.contains(&name.as_str()))
            .cloned()
            .collect()
    }
}

fn embed(models: &mut FaceModels, path: &Path) -> Result<Template, String> {
    let picture = picture(path).map_err(|fault| fault.to_string())?;
    let enrolled = enrol(&mut models.reader, &picture).map_err(|fault| fault.to_string())?;
    let face = enrolled.ok_or("no face was found; give a picture that shows one")?;
    models
        .embedder
        .embed(&face.picture, &face.subject)
        .map_err(|fault| fault.to_string())
}
