//! A picture's coarse shape as 63 bits: the signs of its lowest cosine frequencies about their median (the "pHash" of
//! Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010).
//!
//! Brightness goes into the mean, which is left out; contrast scales all alike; compression and noise lie in the higher
//! frequencies. It tells how alike two pictures are, and is no picture: 8x8 signs of light and dark.

use opencv::core::{CV_32F, Mat, MatTraitConst, MatTraitConstManual, Rect, Size};
use opencv::imgproc;

use crate::Error;
use crate::picture::{Picture, Region};

/// Side that a picture is shrunk to.
const SIDE: i32 = 32;
/// Lowest frequencies kept in each direction.
const KEPT: usize = 8;

/// The hash of a picture, or of a part of it as far as it lies inside. `None` where less than half of the part does.
///
/// # Errors
/// Where an image operation fails.
pub fn perceptual_hash(picture: &Picture, part: Option<Region>) -> Result<Option<u64>, Error> {
    let mat = picture.as_mat()?;
    let whole = Rect::new(0, 0, mat.cols(), mat.rows());
    let wanted = part.map_or(whole, |part| {
        Rect::new(
            part.x.round() as i32,
            part.y.round() as i32,
            part.width.round() as i32,
            part.height.round() as i32,
        )
    });
    let inside = wanted & whole;
    if inside.area() < 1 || inside.area() < wanted.area() / 2 {
        return Ok(None);
    }
    let piece = Mat::roi(&mat, inside)?;
    let (mut small, mut grey, mut level, mut waves) = (
        Mat::default(),
        Mat::default(),
        Mat::default(),
        Mat::default(),
    );
    let size = Size::new(SIDE, SIDE);
    imgproc::resize(&piece, &mut small, size, 0.0, 0.0, imgproc::INTER_AREA)?;
    imgproc::cvt_color_def(&small, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    grey.convert_to(&mut level, CV_32F, 1.0, 0.0)?;
    opencv::core::dct_def(&level, &mut waves)?;
    Ok(Some(signs(waves.data_typed::<f32>()?)))
}

/// A bit for each low frequency but the mean: whether it lies above their median.
fn signs(waves: &[f32]) -> u64 {
    let low = |place: usize| waves[place / KEPT * SIDE as usize + place % KEPT];
    let places = 1..KEPT * KEPT;
    let mut sorted: Vec<f32> = places.clone().map(low).collect();
    sorted.sort_by(f32::total_cmp);
    let median = sorted[sorted.len() / 2];
    places
        .filter(|place| low(*place) > median)
        .fold(0, |bits, place| bits | 1 << place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::DecodeLimits;

    /// Soft patches of light, by seed.
    fn patches(seed: f32, gain: f32, lift: f32) -> Picture {
        let (width, height) = (240_u32, 200_u32);
        let mut bgr = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let (x, y) = (x as f32 / 240.0, y as f32 / 200.0);
                let wave = (9.0 * x + seed).sin() * (7.0 * y + 2.0 * seed).cos()
                    + (4.0 * x * seed + 11.0 * y).sin();
                let level = (120.0 + 45.0 * wave) * gain + lift;
                bgr.extend([level as u8; 3]);
            }
        }
        Picture::from_bgr(width, height, bgr).unwrap()
    }

    fn apart(one: &Picture, two: &Picture) -> u32 {
        let hash = |picture| perceptual_hash(picture, None).unwrap().unwrap();
        (hash(one) ^ hash(two)).count_ones()
    }

    #[test]
    fn compression_brightness_and_a_small_crop_change_few_bits_and_another_picture_half() {
        let one = patches(1.0, 1.0, 0.0);
        let jpeg = one.encode_jpeg(30).unwrap();
        let again = Picture::decode(&jpeg, &DecodeLimits::default()).unwrap();
        let cropped = one
            .crop(Region {
                x: 4.0,
                y: 4.0,
                width: 232.0,
                height: 192.0,
            })
            .unwrap();
        assert!(apart(&one, &again) <= 4);
        assert!(apart(&one, &patches(1.0, 0.8, 20.0)) <= 4);
        assert!(apart(&one, &cropped) <= 12);
        assert!(apart(&one, &patches(2.7, 1.0, 0.0)) >= 20);
    }

    #[test]
    fn a_part_that_lies_mostly_outside_has_no_hash() {
        let part = Region {
            x: -90.0,
            y: 0.0,
            width: 100.0,
            height: 100.0,
        };
        assert_eq!(
            perceptual_hash(&patches(1.0, 1.0, 0.0), Some(part)).unwrap(),
            None
        );
    }
}
