//! What spoils a view: light, fingers, a second document.

use kiosk_inference::picture::Picture;
use opencv::core::{CV_8UC1, Mat, MatTraitConst, MatTraitConstManual, Point, Scalar, Vector};
use opencv::imgproc;

use super::{changed, on_page};
use crate::specimen::Photograph;

/// A lamp's reflection at a place of the page (shares of its width and height): clipped over
/// `radius` page widths, with a soft edge.
pub fn glare(taken: &Photograph, at: [f32; 2], radius: f32) -> anyhow::Result<Picture> {
    let [x0, y0] = on_page(&taken.corners, at[0], at[1]);
    let reach = radius * width_of(taken);
    changed(&taken.picture, |x, y, pixel| {
        let far = (x - x0).hypot((y - y0) * 1.3) / reach;
        // Beyond 1 within the reach, falling to nothing at twice that.
        let lamp = (2.2 - 1.2 * far).clamp(0.0, 1.0);
        pixel.map(|level| level + (255.0 - level) * lamp)
    })
}

/// All light multiplied: below 1 darker, above 1 brighter.
pub fn darkened(picture: &Picture, factor: f32) -> anyhow::Result<Picture> {
    changed(picture, |_, _, pixel| pixel.map(|level| level * factor))
}

/// A finger that reaches `depth` page widths onto the page from its lower (`true`) or left side, at
/// a share of that side; `skin` is blue, green, red.
pub fn finger(
    taken: &Photograph,
    lower: bool,
    along: f32,
    depth: f32,
    skin: [u8; 3],
) -> anyhow::Result<Picture> {
    let width = width_of(taken);
    let (border, further) = if lower {
        (
            on_page(&taken.corners, along, 1.0),
            on_page(&taken.corners, along, 0.5),
        )
    } else {
        (
            on_page(&taken.corners, 0.0, along),
            on_page(&taken.corners, 0.5, along),
        )
    };
    let inwards = [further[0] - border[0], further[1] - border[1]];
    let long = inwards[0].hypot(inwards[1]);
    let unit = inwards.map(|part| part / long);
    // A passport is 125 mm wide, a finger 16 mm.
    let thick = width * 0.064;
    let tip = depth * width - thick;
    changed(&taken.picture, |x, y, pixel| {
        let to = [x - border[0], y - border[1]];
        let deep = to[0] * unit[0] + to[1] * unit[1];
        let aside = (to[0] * unit[1] - to[1] * unit[0]).abs();
        let far = if deep > tip {
            aside.hypot(deep - tip)
        } else {
            aside
        };
        let cover = ((thick - far) / 2.0).clamp(0.0, 1.0);
        // Rounder towards its edges: darker.
        let shade = 1.0 - 0.35 * (far / thick).clamp(0.0, 1.0).powi(2);
        let mut out = pixel;
        for (level, skin) in out.iter_mut().zip(skin) {
            *level += (f32::from(skin) * shade - *level) * cover;
        }
        out
    })
}

/// The first photograph with the document of the second laid into it, where that one lies.
pub fn second_document(first: &Photograph, second: &Photograph) -> anyhow::Result<Picture> {
    let base = first.picture.as_mat()?;
    let mut mask =
        Mat::new_rows_cols_with_default(base.rows(), base.cols(), CV_8UC1, Scalar::default())?;
    let corners: Vector<Point> = second
        .corners
        .iter()
        .map(|[x, y]| Point::new(x.round() as i32, y.round() as i32))
        .collect();
    imgproc::fill_convex_poly_def(&mut mask, &corners, Scalar::all(255.0))?;
    let mut both = base.try_clone()?;
    opencv::core::copy_to(&second.picture.as_mat()?, &mut both, &mask)?;
    anyhow::ensure!(mask.data_bytes()?.contains(&255), "the second lies outside");
    Ok(Picture::from_mat(&both)?)
}

fn width_of(taken: &Photograph) -> f32 {
    let [a, b, ..] = taken.corners;
    (b[0] - a[0]).hypot(b[1] - a[1])
}
