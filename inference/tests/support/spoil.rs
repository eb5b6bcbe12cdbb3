//! Pictures made worse by steps: light, focus, movement.

#![allow(
    clippy::unwrap_used,
    reason = "a fixture that cannot be made has to end the test"
)]

use kiosk_inference::picture::Picture;
use opencv::core::{BORDER_DEFAULT, Mat, Size};
use opencv::imgproc;

/// Each level changed by a function of its place.
pub fn relit(picture: &Picture, light: impl Fn(usize, usize, f32) -> f32) -> Picture {
    let width = picture.width() as usize;
    let bgr = picture.bgr().iter().enumerate().map(|(at, level)| {
        let column = at / 3 % width;
        light(column, at % 3, f32::from(*level)).clamp(0.0, 255.0) as u8
    });
    Picture::from_bgr(picture.width(), picture.height(), bgr.collect()).unwrap()
}

/// As through a lens that is out of focus by so many px.
pub fn blurred(picture: &Picture, sigma: f64) -> Picture {
    let mut out = Mat::default();
    imgproc::gaussian_blur(
        &picture.as_mat().unwrap(),
        &mut out,
        Size::default(),
        sigma,
        sigma,
        BORDER_DEFAULT,
    )
    .unwrap();
    Picture::from_mat(&out).unwrap()
}

/// Moved sideways by so many pixels while the shutter was open.
pub fn smeared(picture: &Picture, pixels: i32) -> Picture {
    let mut out = Mat::default();
    imgproc::blur_def(&picture.as_mat().unwrap(), &mut out, Size::new(pixels, 1)).unwrap();
    Picture::from_mat(&out).unwrap()
}
