//! A copy without colour: a page on which no colour differs from the page's middle one.
//!
//! The middle colour takes out the light's own tint, as a lamp or a camera's white balance gives
//! it to a grey copy too. A document that was issued in black and white, or scanned in grey on a
//! coloured background, looks the same; the score says how little colour there is, no more.

use opencv::core::{Mat, MatTraitConstManual, Size, Vec3b};
use opencv::imgproc;

use super::{Reason, Scored};
use crate::Error;
use crate::document::assessment::{Assessment, Unmeasured};
use crate::picture::Picture;

/// Pixels a side of the page looked at: single pixels' noise is averaged away.
const SIDE: i32 = 96;
/// Share of the page that may be more colourful than what is measured.
const SHARE: f32 = 0.10;
/// Levels of Cr and Cb from the middle colour that a tenth of the page exceeds. Measured on
/// specimens of five kinds (`tests/tests/document/signals.rs`): 22 bona fide at least 3.8, 10 grey
/// copies, photographed or scanned, under light of any tint, at most 2.7: none wrong of either.
const LIMIT: f32 = 3.2;

/// How little colour the page has.
///
/// # Errors
/// [`Error`] where an image operation fails.
pub(super) fn measure(
    picture: &Picture,
    page: Option<&Picture>,
) -> Result<Assessment<Scored>, Error> {
    let Some(page) = page else {
        return Ok(Assessment::NotAssessed(Unmeasured::NoOutline));
    };
    if is_grey(picture) {
        return Ok(Assessment::NotAssessed(Unmeasured::GreyPicture));
    }
    let spread = spread(page)?;
    // No colour at all is 1, the limit 0.5, twice the limit and more 0.
    let score = (1.0 - 0.5 * spread / LIMIT).clamp(0.0, 1.0);
    Ok(Assessment::Measured(Scored {
        score,
        reason: Reason::Colour,
    }))
}

/// Whether every pixel is grey: such a picture was taken in grey, whatever it shows.
fn is_grey(picture: &Picture) -> bool {
    picture
        .bgr()
        .chunks_exact(3)
        .all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2])
}

/// Levels of Cr and Cb from the page's middle that [`SHARE`] of it exceeds.
fn spread(page: &Picture) -> Result<f32, Error> {
    let (mut small, mut colours) = (Mat::default(), Mat::default());
    let size = Size::new(SIDE, SIDE);
    imgproc::resize(
        &page.as_mat()?,
        &mut small,
        size,
        0.0,
        0.0,
        imgproc::INTER_AREA,
    )?;
    imgproc::cvt_color_def(&small, &mut colours, imgproc::COLOR_BGR2YCrCb)?;
    let pixels = colours.data_typed::<Vec3b>()?;
    // A tint grows with brightness: colours are compared at a common one.
    let tone = |pixel: &Vec3b, channel: usize| {
        (f32::from(pixel[channel]) - 128.0) * 180.0 / f32::from(pixel[0]).max(60.0)
    };
    let middle = |channel: usize| {
        let mut values: Vec<f32> = pixels.iter().map(|pixel| tone(pixel, channel)).collect();
        let half = values.len() / 2;
        *values.select_nth_unstable_by(half, f32::total_cmp).1
    };
    let (red, blue) = (middle(1), middle(2));
    let mut far: Vec<f32> = pixels
        .iter()
        .map(|pixel| (tone(pixel, 1) - red).hypot(tone(pixel, 2) - blue))
        .collect();
    let place = ((far.len() - 1) as f32 * (1.0 - SHARE)) as usize;
    Ok(*far.select_nth_unstable_by(place, f32::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page with a patch of another colour in a fifth of it.
    fn page(paper: [u8; 3], patch: [u8; 3]) -> Picture {
        let bytes = (0..200_u32 * 200)
            .flat_map(|index| if index % 200 < 40 { patch } else { paper })
            .collect();
        Picture::from_bgr(200, 200, bytes).unwrap()
    }

    #[test]
    fn a_tinted_grey_page_is_raised_and_a_coloured_one_is_not() {
        let score = |page: &Picture| measure(page, Some(page)).unwrap().measured().unwrap().score;
        assert!(
            score(&page([190, 205, 215], [86, 93, 98])) > 0.5,
            "grey under a warm lamp"
        );
        assert!(score(&page([230, 235, 236], [150, 80, 60])) < 0.5);
    }

    #[test]
    fn a_picture_taken_in_grey_is_not_assessed() {
        let grey = page([200; 3], [80; 3]);
        let found = measure(&grey, Some(&grey)).unwrap();
        assert_eq!(found, Assessment::NotAssessed(Unmeasured::GreyPicture));
    }
}
