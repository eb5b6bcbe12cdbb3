//! The portrait of a document, cut out of any picture of a person.

use anyhow::Context;
use kiosk_inference::picture::{Picture, Region};

/// The head fills this share of a portrait's height (ICAO 9303-3, 3.9.1: crown to chin 70 to 80 percent).
const HEAD_SHARE: f32 = 0.72;
/// Crown to chin over forehead to chin: a face mesh ends at the hairline.
const CROWN: f32 = 1.25;
/// Width over height of a portrait (35 x 45 mm).
const PORTRAIT_SHARE: f32 = 35.0 / 45.0;

/// Cuts head and shoulders out of a picture, `face` being forehead to chin in pixels. Where the
/// picture ends too soon, the portrait is smaller, never filled.
pub fn head_and_shoulders(picture: &Picture, face: Region) -> anyhow::Result<Picture> {
    let height = face.height * CROWN / HEAD_SHARE;
    let width = height * PORTRAIT_SHARE;
    let crown = face.y + face.height - face.height * CROWN;
    let middle = face.x + face.width / 2.0;
    let region = Region {
        x: middle - width / 2.0,
        y: crown - height * 0.1,
        width,
        height,
    };
    picture
        .crop(region)
        .context("the face lies outside its picture")
}
