//! The files that readers are measured on, made anew for each run below `target/bench/document`.
//!
//! ```text
//! specimens/   photographs of specimens of every kind, 1600x1200, JPEG quality 90           made here
//! samples/     KIOSK_TESTDATA's documents, scaled to fit into 1600x1200, JPEG quality 95    where that is set
//! symbols/     PDF417 as a licence bears it, at 2, 3 and 4 px a module, turned as below, PNG     made here
//! barcodes/    KIOSK_TESTDATA's barcodes, each turned by 0, 90, 180 and 270 degrees, PNG    where that is set
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use kiosk_inference::picture::{DecodeLimits, Picture};
use opencv::core::{Mat, MatTraitConst, Size};
use opencv::{imgcodecs, imgproc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use kiosk_tests::material::Material;
use kiosk_tests::specimen::{Background, Fonts, Kind, Shot, Specimen, photograph};

/// Width and height that pictures have, or fit into.
pub const FRAME: (u32, u32) = (1600, 1200);
/// Pixels a millimetre that specimens are rendered at before they are photographed.
const DOTS_PER_MM: f32 = 14.0;

/// A picture of a document, and what its zone says where that is known.
pub struct Document {
    /// The file.
    pub file: PathBuf,
    /// The zone's lines; none at all where the picture shows no zone.
    pub lines: Vec<String>,
}

/// A picture of a barcode and what it says.
pub struct Barcode {
    /// The file.
    pub file: PathBuf,
    /// Its text, as bytes.
    pub text: Vec<u8>,
}

/// `KIOSK_TESTDATA`'s folder of that name.
pub fn testdata(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("KIOSK_TESTDATA")?).join(name);
    folder.is_dir().then_some(folder)
}

/// An empty folder of that name below `target/bench/document`.
fn fresh(name: &str) -> anyhow::Result<PathBuf> {
    let folder = kiosk_tests::root().join("target/bench/document").join(name);
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => std::fs::create_dir_all(&folder)?,
    }
    Ok(folder)
}

/// Photographs of `of_each` specimens of every kind.
pub fn specimens(of_each: usize, seed: u64) -> anyhow::Result<Vec<Document>> {
    let folder = fresh("specimens")?;
    let material = Material::below(&kiosk_tests::root())?;
    let fonts = Fonts::installed()?;
    let mut random = StdRng::seed_from_u64(seed);
    let mut made = Vec::new();
    let portraits = [
        material.document_portrait("traveller")?,
        material.document_portrait("stranger")?,
    ];
    for kind in Kind::ALL {
        for number in 0..of_each {
            let specimen = Specimen::drawn(kind, seed + number as u64);
            let pages = specimen.render(&portraits[number % 2], &fonts, DOTS_PER_MM)?;
            let page = pages.mrz_side();
            let taken = photograph(page, &any_shot(&mut random), &mut random)?;
            let file = folder.join(format!("{kind:?}-{number:03}.jpg"));
            std::fs::write(&file, taken.picture.encode_jpeg(90)?)?;
            made.push(Document {
                file,
                lines: page.mrz.clone(),
            });
        }
    }
    Ok(made)
}

/// A way in which a page lies under a kiosk's camera: askew, tilted, shaded, a little out of focus.
fn any_shot(random: &mut StdRng) -> Shot {
    let backgrounds = [
        Background::Wood,
        Background::Cloth,
        Background::Plain([200, 205, 210]),
    ];
    Shot {
        frame: FRAME,
        scale: random.random_range(0.72..0.88),
        rotation_deg: random.random_range(-12.0..12.0),
        perspective: random.random_range(0.0..0.03),
        blur: random.random_range(0.0..1.0),
        noise: random.random_range(0.0..5.0),
        shade: random.random_range(0.0..0.3),
        background: backgrounds[random.random_range(0..backgrounds.len())],
        // Compressed once, when it is written.
        jpeg_quality: None,
        ..Shot::default()
    }
}

/// The sample documents, scaled; empty without `KIOSK_TESTDATA`.
pub fn samples() -> anyhow::Result<Vec<Document>> {
    let Some(from) = testdata("documents") else {
        return Ok(Vec::new());
    };
    let to = fresh("samples")?;
    let bytes = std::fs::read(from.join("truth.json")).context("truth.json")?;
    let truth: BTreeMap<String, Value> = serde_json::from_slice(&bytes)?;
    let mut made = Vec::new();
    for (name, truth) in truth {
        let picture = decoded(&from.join(&name))?;
        let file = to.join(&name).with_extension("jpg");
        std::fs::write(&file, fitted(&picture)?.encode_jpeg(95)?)?;
        let lines = truth["lines"]
            .as_array()
            .with_context(|| format!("truth.json has no lines of {name}"))?;
        let lines = lines
            .iter()
            .filter_map(|line| line.as_str().map(str::to_owned))
            .collect();
        made.push(Document { file, lines });
    }
    Ok(made)
}

/// Drawn barcodes of `of_each` texts at each size, in four rotations.
pub fn symbols(of_each: usize, seed: u64) -> anyhow::Result<Vec<Barcode>> {
    let to = fresh("symbols")?;
    let mut random = StdRng::seed_from_u64(seed);
    let mut made = Vec::new();
    for module_px in 2..=4 {
        for number in 0..of_each {
            let text = licence_text(&mut random);
            let code = zxingcpp::create(zxingcpp::BarcodeFormat::PDF417).from_str(&text)?;
            let image = code.to_image_with(&zxingcpp::write().scale(module_px))?;
            let bgr = image.data().iter().flat_map(|level| [*level; 3]).collect();
            let (width, height) = (image.width().try_into()?, image.height().try_into()?);
            let picture = Picture::from_bgr(width, height, bgr)?;
            let stem = format!("{module_px}px-{number:03}");
            four_ways(&to, &stem, &picture, text.as_bytes(), &mut made)?;
        }
    }
    Ok(made)
}

/// As long as a licence's text, and with control characters as one has them (AAMVA DL/ID 2020, annex D); its
/// subfile's offset and length stand for none.
fn licence_text(random: &mut StdRng) -> String {
    let mut text = String::from("@\n\u{1e}\rANSI 636000100002DL00410278ZV03190008DL");
    for element in [
        "DAQ", "DCS", "DAC", "DAG", "DAI", "DCF", "DBB", "DBA", "DBD", "DCK",
    ] {
        text.push_str(element);
        text.extend((0..random.random_range(6..24)).map(|_| random.random_range('A'..='Z')));
        text.push('\n');
    }
    text.push('\r');
    text
}

/// The sample barcodes in four rotations; empty without `KIOSK_TESTDATA`.
pub fn barcodes() -> anyhow::Result<Vec<Barcode>> {
    let Some(from) = testdata("barcodes") else {
        return Ok(Vec::new());
    };
    let to = fresh("barcodes")?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(&from)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let mut made = Vec::new();
    for file in files {
        let extension = file.extension().unwrap_or_default();
        if !["png", "webp", "jpg", "jpeg"]
            .iter()
            .any(|known| extension == *known)
        {
            continue;
        }
        let text = std::fs::read(file.with_extension("txt"))
            .with_context(|| format!("{} has no truth beside it", file.display()))?;
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        four_ways(&to, &stem, &decoded(&file)?, &text, &mut made)?;
    }
    Ok(made)
}

/// Writes a picture as it is and turned by one, two and three right angles.
fn four_ways(
    to: &Path,
    stem: &str,
    picture: &Picture,
    text: &[u8],
    made: &mut Vec<Barcode>,
) -> anyhow::Result<()> {
    for quarter in 0..4 {
        let file = to.join(format!("{stem}-{}.png", quarter * 90));
        save(&file, &turned(picture, quarter)?)?;
        made.push(Barcode {
            file,
            text: text.to_vec(),
        });
    }
    Ok(())
}

fn decoded(file: &Path) -> anyhow::Result<Picture> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    Picture::decode(&bytes, &DecodeLimits::for_own_files())
        .with_context(|| file.display().to_string())
}

/// As large as fits into the frame.
fn fitted(picture: &Picture) -> anyhow::Result<Picture> {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let scale = (f64::from(FRAME.0) / width).min(f64::from(FRAME.1) / height);
    let size = Size::new(
        (width * scale).round() as i32,
        (height * scale).round() as i32,
    );
    let how = if scale < 1.0 {
        imgproc::INTER_AREA
    } else {
        imgproc::INTER_CUBIC
    };
    let mut fitted = Mat::default();
    imgproc::resize(&picture.as_mat()?, &mut fitted, size, 0.0, 0.0, how)?;
    Ok(Picture::from_mat(&fitted)?)
}

/// Turned clockwise by so many right angles.
fn turned(picture: &Picture, quarters: i32) -> anyhow::Result<Mat> {
    let upright = picture.as_mat()?;
    if quarters == 0 {
        return Ok(upright.try_clone()?);
    }
    let mut turned = Mat::default();
    opencv::core::rotate(&upright, &mut turned, quarters - 1)?;
    Ok(turned)
}

fn save(file: &Path, picture: &Mat) -> anyhow::Result<()> {
    let name = file.to_str().context("the path is not UTF-8")?;
    ensure!(
        imgcodecs::imwrite_def(name, picture)?,
        "{name} can't be written"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_scaled_up_or_down_until_it_fits() {
        for (width, height, fits) in [(400, 100, (1600, 400)), (1000, 3000, (400, 1200))] {
            let bgr = vec![9; (width * height * 3) as usize];
            let picture = Picture::from_bgr(width, height, bgr).unwrap();
            let fitted = fitted(&picture).unwrap();
            assert_eq!((fitted.width(), fitted.height()), fits);
        }
    }

    #[test]
    fn four_right_angles_give_four_pictures() {
        let mut bgr = vec![0; 2 * 3 * 3];
        bgr[0] = 255;
        let picture = Picture::from_bgr(2, 3, bgr).unwrap();
        let where_is_it = |quarters| {
            let turned = Picture::from_mat(&turned(&picture, quarters).unwrap()).unwrap();
            let at = turned.bgr().iter().position(|level| *level == 255).unwrap();
            (turned.width(), at / 3)
        };
        assert_eq!(
            [0, 1, 2, 3].map(where_is_it),
            [(2, 0), (3, 2), (2, 5), (3, 3)]
        );
    }
}
