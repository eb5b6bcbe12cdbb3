//! What goes wrong before a document camera, and what is done to deceive it, made from specimens.
//!
//! ```text
//! specimen ─┬─► bona fide: photographed, or flat as a scanner sees it
//!           ├─► spoil:     the picture glared, dark, bright, a finger on it, a second document in it
//!           └─► forge:     page on a screen, grey copy, portrait laid in, zone in another print
//! ```
//!
//! Everything is drawn from a seed. The forgeries are of the kinds named and no others: rates
//! measured on them hold for them.

pub mod face;
mod forge;
mod spoil;

pub use forge::{MrzFault, Paste, mrz_fault, on_screen, pasted, photocopy};
pub use spoil::{darkened, finger, glare, second_document};

use kiosk_inference::picture::{DecodeLimits, Picture};
use opencv::core::{Mat, Size};
use opencv::imgproc;
use rand::Rng;

use crate::specimen::{Background, Page, Photograph, Shot, photograph};

/// How a bona fide document is pictured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pictured {
    /// Under a camera.
    Photographed,
    /// Flat, filling the picture, as a scanner gives it.
    Scanned,
}

/// A shot such as kiosks and tablets take: near enough to be read, sharp, lit, JPEG quality 70 to 95.
pub fn any_shot(rng: &mut impl Rng) -> Shot {
    let frames = [(1280, 960), (1600, 1200), (1920, 1080)];
    let grounds = [
        Background::Wood,
        Background::Cloth,
        Background::Plain([60, 60, 60]),
    ];
    Shot {
        frame: frames[rng.random_range(0..frames.len())],
        scale: rng.random_range(0.62..0.72),
        offset: (rng.random_range(-0.03..0.03), rng.random_range(-0.02..0.02)),
        rotation_deg: rng.random_range(-8.0..8.0),
        perspective: rng.random_range(0.0..0.02),
        blur: rng.random_range(0.4..1.0),
        noise: rng.random_range(1.0..4.5),
        shade: rng.random_range(0.0..0.25),
        jpeg_quality: Some(rng.random_range(70..=95)),
        background: grounds[rng.random_range(0..grounds.len())],
    }
}

/// The page as a camera or a scanner gives it.
pub fn pictured(page: &Page, how: Pictured, rng: &mut impl Rng) -> anyhow::Result<Photograph> {
    match how {
        Pictured::Photographed => {
            let shot = any_shot(rng);
            photograph(page, &shot, rng)
        }
        Pictured::Scanned => scanned(page, rng),
    }
}

/// The page alone, at 150 to 300 dots an inch, with a scanner's little noise.
fn scanned(page: &Page, rng: &mut impl Rng) -> anyhow::Result<Photograph> {
    let width = (page.size_mm[0] * rng.random_range(7.0_f32..12.0)).round();
    let height = (width * page.size_mm[1] / page.size_mm[0]).round();
    let mut scaled = Mat::default();
    imgproc::resize(
        &page.picture.as_mat()?,
        &mut scaled,
        Size::new(width as i32, height as i32),
        0.0,
        0.0,
        imgproc::INTER_AREA,
    )?;
    let sigma = rng.random_range(0.3..2.0);
    let noisy = changed(&Picture::from_mat(&scaled)?, |_, _, pixel| {
        pixel.map(|level| level + sigma * bell(rng))
    })?;
    Ok(Photograph {
        picture: compressed(&noisy, rng.random_range(70..=95))?,
        corners: [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]],
    })
}

/// JPEG and back.
pub fn compressed(picture: &Picture, quality: u8) -> anyhow::Result<Picture> {
    let bytes = picture.encode_jpeg(quality)?;
    Ok(Picture::decode(&bytes, &DecodeLimits::default())?)
}

/// Each pixel by its place: blue, green, red in levels.
fn changed(
    picture: &Picture,
    mut change: impl FnMut(f32, f32, [f32; 3]) -> [f32; 3],
) -> anyhow::Result<Picture> {
    let width = picture.width() as usize;
    let mut bgr = picture.bgr().to_vec();
    for (index, pixel) in bgr.chunks_exact_mut(3).enumerate() {
        let (x, y) = ((index % width) as f32, (index / width) as f32);
        let before = [pixel[0], pixel[1], pixel[2]].map(f32::from);
        let after = change(x, y, before);
        for (level, after) in pixel.iter_mut().zip(after) {
            *level = rounded(after);
        }
    }
    Ok(Picture::from_bgr(picture.width(), picture.height(), bgr)?)
}

/// The nearest level.
fn rounded(level: f32) -> u8 {
    (level.clamp(0.0, 255.0) + 0.5) as u8
}

/// A number near the normal distribution of sigma 1.
fn bell(rng: &mut impl Rng) -> f32 {
    let four = rng.random::<u32>().to_le_bytes();
    let sum: i32 = four.iter().map(|byte| i32::from(*byte)).sum();
    (sum as f32 - 510.0) / 147.8
}

/// A place of the page in its photograph, in shares of its width and height.
fn on_page(corners: &[[f32; 2]; 4], across: f32, down: f32) -> [f32; 2] {
    let mix = |a: [f32; 2], b: [f32; 2], share: f32| {
        [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share]
    };
    mix(
        mix(corners[0], corners[1], across),
        mix(corners[3], corners[2], across),
        down,
    )
}
