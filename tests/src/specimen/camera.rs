//! A pinhole camera over a page: where its corners fall when it is tilted, turned and as far away as its
//! characters are small.
//!
//! ```text
//! page, mm ─ turned in its plane ─ tilted about any axis in that plane ─ projected ─► corners, px
//!                                                         scale: an MRZ capital is `character_px` high
//! ```
//!
//! The ranges of [`Camera::drawn`] are those that reading is measured in: 0 to 35 degrees of tilt, 8 to 20 px a
//! character, blur, noise, shade, JPEG, and glare that touches anything but the zone.

use kiosk_inference::picture::Picture;
use rand::Rng;
use rand::seq::IndexedRandom;

use super::canvas::blend;
use super::layout::{MRZ_HEIGHT, OCR_B_CAPITAL};
use super::page::Page;
use super::photograph::{Photograph, Shot, photograph_at};
use super::table::Background;

/// Sigma of the blur over a character's height at most: 0.64 px at 8 px, 1.6 px at 20.
const MOST_BLUR: f32 = 0.08;
/// Glare ends this far above the zone, mm.
const GLARE_GAP_MM: f32 = 2.0;

/// How far a page is turned in its plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// As a hand lays it: up to 12 degrees to either side, upright or on its head.
    ByHand,
    /// Any angle.
    Any,
}

/// A bright reflection on the page, mm from its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glare {
    /// Its middle.
    pub middle: [f32; 2],
    /// Half its extent in both directions; white within half of that.
    pub reach: [f32; 2],
}

/// How one picture is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// Between the page's normal and the optical axis, degrees.
    pub tilt_deg: f32,
    /// Direction of the axis in the page's plane that it is tilted about, degrees.
    pub axis_deg: f32,
    /// Clockwise turn of the page in its plane, degrees.
    pub turn_deg: f32,
    /// Distance of camera and page in page widths.
    pub distance: f32,
    /// Height of an MRZ capital in the middle of the zone, px.
    pub character_px: f32,
    /// Extent of the page's picture over the frame's, along the axis that is filled more.
    pub fill: f32,
    /// Where the page lies in the room that is left, 0 to 1 in both directions.
    pub place: [f32; 2],
    /// Width over height of the frame.
    pub frame_aspect: f32,
    /// Sigma of the blur, px.
    pub blur: f32,
    /// Sigma of the sensor's noise, levels of 255.
    pub noise: f32,
    /// How much darker one side is, 0 to 1.
    pub shade: f32,
    /// Quality of the JPEG, 0 to 100.
    pub jpeg_quality: u8,
    /// A reflection.
    pub glare: Option<Glare>,
    /// What the page lies on.
    pub background: Background,
}

impl Camera {
    /// A camera drawn at random from the ranges that reading is measured in.
    pub fn drawn(page: &Page, turn: Turn, rng: &mut impl Rng) -> Self {
        let character_px = rng.random_range(8.0..20.0);
        let turn_deg = match turn {
            Turn::ByHand => {
                let upside_down = if rng.random_bool(0.15) { 180.0 } else { 0.0 };
                upside_down + rng.random_range(-12.0..12.0)
            }
            Turn::Any => rng.random_range(0.0..360.0),
        };
        Self {
            tilt_deg: rng.random_range(0.0..35.0),
            axis_deg: rng.random_range(0.0..360.0),
            turn_deg,
            distance: rng.random_range(2.0..4.0),
            character_px,
            fill: rng.random_range(0.6..0.97),
            place: [rng.random(), rng.random()],
            frame_aspect: *[4.0 / 3.0, 4.0 / 3.0, 16.0 / 9.0, 3.0 / 4.0]
                .choose(rng)
                .unwrap_or(&1.5),
            blur: rng.random_range(0.0..MOST_BLUR * character_px),
            noise: rng.random_range(0.0..8.0),
            shade: rng.random_range(0.0..0.35),
            jpeg_quality: rng.random_range(65..=95),
            glare: rng.random_bool(0.5).then(|| Glare::drawn(page, rng)),
            background: background(rng),
        }
    }

    /// The same view through a worse camera, from farther away: at the edge of what can be read.
    pub fn worse(self, rng: &mut impl Rng) -> Self {
        let character_px = rng.random_range(4.5..8.0);
        Self {
            character_px,
            blur: rng.random_range(0.08..0.16) * character_px,
            noise: rng.random_range(8.0..24.0),
            jpeg_quality: rng.random_range(50..=85),
            ..self
        }
    }

    /// Takes the picture.
    ///
    /// # Errors
    /// Where the page would be too small to be seen, or an image operation fails.
    pub fn take(&self, page: &Page, rng: &mut impl Rng) -> anyhow::Result<Photograph> {
        let (frame, corners) = self.view(page.size_mm);
        let shot = Shot {
            frame,
            blur: self.blur,
            noise: self.noise,
            shade: self.shade,
            jpeg_quality: Some(self.jpeg_quality),
            background: self.background,
            ..Shot::default()
        };
        match self.glare {
            Some(glare) => photograph_at(&glare.over(page)?, &shot, corners, rng),
            None => photograph_at(page, &shot, corners, rng),
        }
    }

    /// Size of the frame and the page's corners in it, px.
    pub fn view(&self, size_mm: [f32; 2]) -> ((u32, u32), [[f32; 2]; 4]) {
        let [width, height] = size_mm;
        let zone = [width / 2.0, height - MRZ_HEIGHT / 2.0];
        let seen = |y: f32| self.projected([zone[0], y], size_mm);
        let half = OCR_B_CAPITAL / 2.0;
        let (top, bottom) = (seen(zone[1] - half), seen(zone[1] + half));
        let scale = self.character_px / (bottom[0] - top[0]).hypot(bottom[1] - top[1]);
        let corners = [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]]
            .map(|corner| self.projected(corner, size_mm).map(|place| place * scale));
        let low = |axis: usize| corners.iter().map(|c| c[axis]).fold(f32::MAX, f32::min);
        let high = |axis: usize| corners.iter().map(|c| c[axis]).fold(f32::MIN, f32::max);
        let (across, down) = (high(0) - low(0), high(1) - low(1));
        let frame_height = (across / self.frame_aspect).max(down) / self.fill;
        let frame = [frame_height * self.frame_aspect, frame_height];
        let shift = [0, 1].map(|axis| {
            let room = frame[axis] - [across, down][axis];
            room * self.place[axis] - low(axis)
        });
        let placed = corners.map(|[x, y]| [x + shift[0], y + shift[1]]);
        ((frame[0].round() as u32, frame[1].round() as u32), placed)
    }

    /// A point of the page, mm, on a screen through the page's middle, mm.
    fn projected(&self, point: [f32; 2], size_mm: [f32; 2]) -> [f32; 2] {
        let [x, y] = rotated(
            [point[0] - size_mm[0] / 2.0, point[1] - size_mm[1] / 2.0],
            self.turn_deg,
        );
        let [along, across] = rotated([x, y], -self.axis_deg);
        let (sin, cos) = self.tilt_deg.to_radians().sin_cos();
        let distance = self.distance * size_mm[0];
        let nearer = distance / (distance + across * sin);
        rotated([along * nearer, across * cos * nearer], self.axis_deg)
    }
}

impl Glare {
    fn drawn(page: &Page, rng: &mut impl Rng) -> Self {
        let [width, height] = page.size_mm;
        let free = height - MRZ_HEIGHT - GLARE_GAP_MM;
        let most = (free / 2.0).min(14.0);
        let reach = [rng.random_range(4.0..14.0), rng.random_range(3.0..most)];
        Self {
            middle: [
                rng.random_range(0.0..width),
                rng.random_range(0.0..free - reach[1]),
            ],
            reach,
        }
    }

    /// The page with the reflection on it.
    fn over(&self, page: &Page) -> anyhow::Result<Page> {
        let (cols, rows) = (page.picture.width(), page.picture.height());
        let dots = cols as f32 / page.size_mm[0];
        let mut bytes = page.picture.bgr().to_vec();
        for (index, pixel) in bytes.chunks_exact_mut(3).enumerate() {
            let at = [index as u32 % cols, index as u32 / cols].map(|px| px as f32 / dots);
            let off = [0, 1].map(|axis| (at[axis] - self.middle[axis]) / self.reach[axis]);
            let away = off[0].hypot(off[1]);
            if away < 1.0 {
                blend(pixel, [255; 3], 2.0 * (1.0 - away));
            }
        }
        Ok(Page {
            picture: Picture::from_bgr(cols, rows, bytes)?,
            size_mm: page.size_mm,
            corner_mm: page.corner_mm,
            portrait: page.portrait,
            mrz: page.mrz.clone(),
        })
    }
}

/// Bright, dark, of one texture or with other things lying about.
fn background(rng: &mut impl Rng) -> Background {
    let bright = rng.random_range(190..245);
    let dark = rng.random_range(15..70);
    match rng.random_range(0..5) {
        0 => Background::Plain([bright; 3]),
        1 => Background::Plain([dark, dark, dark + 5]),
        2 => Background::Wood,
        3 => Background::Cloth,
        _ => Background::Clutter,
    }
}

fn rotated([x, y]: [f32; 2], angle_deg: f32) -> [f32; 2] {
    let (sin, cos) = angle_deg.to_radians().sin_cos();
    [x * cos - y * sin, x * sin + y * cos]
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Camera = Camera {
        tilt_deg: 0.0,
        axis_deg: 0.0,
        turn_deg: 0.0,
        distance: 3.0,
        character_px: 12.7,
        fill: 0.8,
        place: [0.5, 0.5],
        frame_aspect: 4.0 / 3.0,
        blur: 0.0,
        noise: 0.0,
        shade: 0.0,
        jpeg_quality: 90,
        glare: None,
        background: Background::Wood,
    };
    const PASSPORT: [f32; 2] = [125.0, 88.0];

    #[test]
    fn seen_straight_a_page_keeps_its_shape_at_the_scale_of_its_characters() {
        // 12.7 px for 2.54 mm: 5 px a millimetre.
        let (frame, [a, b, c, _]) = PLAIN.view(PASSPORT);
        assert!((b[0] - a[0] - 625.0).abs() < 0.1 && (c[1] - b[1] - 440.0).abs() < 0.1);
        assert_eq!(frame.0, (625.0_f32 / 0.8).round() as u32);
    }

    #[test]
    fn the_far_side_of_a_tilted_page_is_the_shorter_and_its_characters_keep_their_height() {
        let tilted = Camera {
            tilt_deg: 35.0,
            ..PLAIN
        };
        let (_, [a, b, c, d]) = tilted.view(PASSPORT);
        let (upper, lower) = (b[0] - a[0], c[0] - d[0]);
        assert!(lower < upper * 0.95 || upper < lower * 0.95);
        assert!(
            d[1] - a[1] < 440.0 * 1.2,
            "characters are as high, so the page is about as high"
        );
    }

    #[test]
    fn every_corner_lies_within_the_frame_however_the_page_is_turned() {
        for turn_deg in [0.0, 45.0, 90.0, 200.0] {
            let turned = Camera {
                turn_deg,
                tilt_deg: 30.0,
                axis_deg: 70.0,
                ..PLAIN
            };
            let ((width, height), corners) = turned.view(PASSPORT);
            for [x, y] in corners {
                assert!(x >= 0.0 && y >= 0.0 && x <= width as f32 && y <= height as f32);
            }
        }
    }
}
