//! The whole picture in grey, some 180 rows high: what banding and parallax look at.

use opencv::core::{Mat, MatTraitConst, MatTraitConstManual, Size};
use opencv::imgproc;

use crate::Error;
use crate::picture::Picture;

/// Rows at about which a picture is looked at.
const ROWS: f32 = 180.0;

/// Grey levels, row by row, and the same as OpenCV takes them.
#[derive(Debug)]
pub(super) struct Small {
    pub width: usize,
    pub height: usize,
    /// 0 to 255.
    pub levels: Vec<f32>,
    /// Its pixels over the picture's.
    pub scale: f32,
    /// 8 bits.
    pub grey: Mat,
}

impl Small {
    /// Shrunk by a whole number, so that each pixel is the mean of a square.
    pub fn of(picture: &Picture) -> Result<Self, Error> {
        let factor = (picture.height() as f32 / ROWS).round().max(1.0) as i32;
        let mat = picture.as_mat()?;
        let size = Size::new((mat.cols() / factor).max(1), (mat.rows() / factor).max(1));
        let (mut shrunk, mut grey) = (Mat::default(), Mat::default());
        imgproc::resize(&mat, &mut shrunk, size, 0.0, 0.0, imgproc::INTER_AREA)?;
        imgproc::cvt_color_def(&shrunk, &mut grey, imgproc::COLOR_BGR2GRAY)?;
        let levels = grey.data_bytes()?.iter().copied().map(f32::from).collect();
        Ok(Self {
            width: size.width as usize,
            height: size.height as usize,
            levels,
            scale: size.height as f32 / picture.height() as f32,
            grey,
        })
    }
}
