//! Renders one specimen of each kind, and a photograph of each, into a folder to look at:
//! `cargo run -p kiosk-tests --example specimens -- FOLDER`.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use kiosk_inference::picture::{Picture, Region};
use kiosk_tests::material::Material;
use kiosk_tests::specimen::{
    Fonts, Holder, Kind, Pages, Shot, Specimen, head_and_shoulders, photograph,
};
use opencv::imgcodecs::imwrite_def;
use rand::SeedableRng;
use rand::rngs::StdRng;

fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1);
    let folder = PathBuf::from(folder.context("give a folder to write into")?);
    std::fs::create_dir_all(&folder)?;
    let portrait = portrait()?;
    let fonts = Fonts::installed()?;
    let mut rng = StdRng::seed_from_u64(1);
    for kind in Kind::ALL {
        let today = time::macros::date!(2026 - 11 - 21);
        let specimen = Specimen::bona_fide(kind, Holder::eriksson(), today);
        let Pages { front, back } = specimen.render(&portrait, &fonts, 12.0)?;
        for (side, page) in [("front", Some(front)), ("back", back)] {
            let Some(page) = page else { continue };
            save(&folder, &format!("{kind:?}-{side}"), &page.picture)?;
            let taken = photograph(&page, &Shot::default(), &mut rng)?;
            save(
                &folder,
                &format!("{kind:?}-{side}-photograph"),
                &taken.picture,
            )?;
        }
    }
    Ok(())
}

fn portrait() -> anyhow::Result<Picture> {
    let material = Material::below(&kiosk_tests::root())?;
    let picture = material.portrait("traveller")?;
    let seen = material.reader()?.observe(&picture)?;
    let face = seen.subject.context("the portrait shows no face")?.bounds;
    let region = Region {
        x: face.x,
        y: face.y,
        width: face.width,
        height: face.height,
    };
    head_and_shoulders(&picture, region)
}

fn save(folder: &Path, name: &str, picture: &Picture) -> anyhow::Result<()> {
    let path = folder.join(format!("{name}.png"));
    let written = imwrite_def(
        path.to_str().context("the path is not UTF-8")?,
        &picture.as_mat()?,
    )?;
    ensure!(written, "{} can't be written", path.display());
    Ok(())
}
