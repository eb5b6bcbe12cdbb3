//! Where specimens are drawn, printed and photographed for measurements: each told by kind and seed.

use std::path::Path;

use anyhow::Context;
use kiosk_inference::picture::Picture;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{Camera, Fonts, Kind, Page, Pages, Photograph, Specimen, Turn};
use crate::material::Material;

/// Pages are printed at 300 dpi.
const DOTS_PER_MM: f32 = 11.8;
/// Whose portraits specimens bear.
const PEOPLE: [&str; 2] = ["traveller", "stranger"];

/// Fonts and portraits, opened once.
pub struct Studio {
    fonts: Fonts,
    portraits: Vec<Picture>,
}

/// A picture of a drawn specimen, with all that is true of it.
pub struct Taken {
    /// The document.
    pub specimen: Specimen,
    /// Its MRZ's lines.
    pub lines: Vec<String>,
    /// Width and height of the page that was taken, mm.
    pub size_mm: [f32; 2],
    /// How it was taken.
    pub camera: Camera,
    /// The picture and where the page's corners are in it.
    pub photograph: Photograph,
}

impl Studio {
    /// Opens fonts and portraits below a checkout's root.
    ///
    /// # Errors
    /// Where `cargo xtask setup` has not run or a font is missing; the text says which.
    pub fn open(root: &Path) -> anyhow::Result<Self> {
        let material = Material::below(root)?;
        let portraits = PEOPLE.map(|person| material.document_portrait(person));
        Ok(Self {
            fonts: Fonts::installed()?,
            portraits: portraits.into_iter().collect::<anyhow::Result<_>>()?,
        })
    }

    /// The front of a drawn document, printed.
    ///
    /// # Errors
    /// Where an image operation fails.
    pub fn front(&self, kind: Kind, seed: u64) -> anyhow::Result<Page> {
        Ok(self.print(&Specimen::drawn(kind, seed), seed)?.front)
    }

    /// Draws a document of the kind and takes a picture of its MRZ's side; the same seed gives the same picture.
    ///
    /// # Errors
    /// Where an image operation fails.
    pub fn take(&self, kind: Kind, seed: u64, turn: Turn) -> anyhow::Result<Taken> {
        let specimen = Specimen::drawn(kind, seed);
        let pages = self.print(&specimen, seed)?;
        let page = pages.mrz_side();
        let mut rng = StdRng::seed_from_u64(seed ^ 0x6361_6d65_7261 ^ (kind as u64) << 56);
        let camera = Camera::drawn(page, turn, &mut rng);
        let photograph = camera.take(page, &mut rng)?;
        Ok(Taken {
            lines: page.mrz.clone(),
            size_mm: page.size_mm,
            specimen,
            camera,
            photograph,
        })
    }

    /// Frames of a document that a camera sees badly: small characters, noise, blur, each frame with
    /// its own noise and a little elsewhere. With them, the MRZ's lines.
    ///
    /// # Errors
    /// Where an image operation fails.
    pub fn film(
        &self,
        kind: Kind,
        seed: u64,
        frames: usize,
    ) -> anyhow::Result<(Vec<String>, Vec<Picture>)> {
        let pages = self.print(&Specimen::drawn(kind, seed), seed)?;
        let page = pages.mrz_side();
        let mut rng = StdRng::seed_from_u64(seed ^ 0x6669_6c6d ^ (kind as u64) << 56);
        let camera = Camera::drawn(page, Turn::ByHand, &mut rng).worse(&mut rng);
        let taken = (0..frames).map(|_| {
            let place = camera
                .place
                .map(|at| at * 0.95 + rng.random_range(0.0..0.05));
            let elsewhere = Camera { place, ..camera };
            anyhow::Ok(elsewhere.take(page, &mut rng)?.picture)
        });
        Ok((page.mrz.clone(), taken.collect::<anyhow::Result<_>>()?))
    }

    fn print(&self, specimen: &Specimen, seed: u64) -> anyhow::Result<Pages> {
        let person = seed as usize % self.portraits.len();
        let portrait = self.portraits.get(person).context("no portrait")?;
        specimen.render(portrait, &self.fonts, DOTS_PER_MM)
    }
}
