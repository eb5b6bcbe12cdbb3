//! From a captured frame to a picture, whatever the camera's pixel format.

use kiosk_capture::{Frame, PixelFormat};
use opencv::core::{Mat, MatTraitConst};
use opencv::imgproc;

use super::{DecodeLimits, Picture, PictureError};

impl Picture {
    /// Converts a frame to BGR.
    ///
    /// # Errors
    /// [`PictureError::WrongLength`] where the frame's bytes don't fit its size; for MJPEG what
    /// [`Picture::decode`] says.
    pub fn from_frame(frame: &Frame) -> Result<Self, PictureError> {
        let (width, height, bytes) = (frame.width(), frame.height(), frame.bytes());
        match frame.format() {
            PixelFormat::Bgr8 => Self::from_bgr(width, height, bytes.to_vec()),
            PixelFormat::Mjpeg => Self::decode(bytes, &DecodeLimits::default()),
            PixelFormat::Gray8 => {
                converted(bytes, [width, height, height], 1, imgproc::COLOR_GRAY2BGR)
            }
            PixelFormat::Yuyv => converted(
                bytes,
                [width, height, height],
                2,
                imgproc::COLOR_YUV2BGR_YUYV,
            ),
            PixelFormat::Nv12 => {
                let rows = height + height / 2;
                converted(bytes, [width, height, rows], 1, imgproc::COLOR_YUV2BGR_NV12)
            }
        }
    }
}

/// `size` is width and height of the picture and rows of the frame's bytes.
fn converted(
    bytes: &[u8],
    [width, height, rows]: [u32; 3],
    bytes_a_pixel: u32,
    code: i32,
) -> Result<Picture, PictureError> {
    let expected = u64::from(width) * u64::from(rows) * u64::from(bytes_a_pixel);
    let even = code == imgproc::COLOR_GRAY2BGR || (width % 2 == 0 && height % 2 == 0);
    if bytes.len() as u64 != expected || expected == 0 || !even {
        return Err(PictureError::WrongLength {
            width,
            height,
            expected,
            given: bytes.len(),
        });
    }
    let rows = i32::try_from(rows).unwrap_or(i32::MAX);
    let channels = i32::try_from(bytes_a_pixel).unwrap_or(1);
    let flat = Mat::from_bytes::<u8>(bytes)?;
    let packed = flat.reshape(channels, rows)?;
    let mut bgr = Mat::default();
    imgproc::cvt_color_def(&packed, &mut bgr, code)?;
    Picture::from_mat(&bgr)
}

#[cfg(test)]
mod tests {
    //! Grey stays grey in every format.

    use super::*;

    #[test]
    fn each_packed_format_becomes_bgr_of_its_size() {
        let grey = converted(&[100; 8], [4, 2, 2], 1, imgproc::COLOR_GRAY2BGR).unwrap();
        assert_eq!(grey.bgr(), [100; 24]);
        let yuyv = converted(&[128; 16], [4, 2, 2], 2, imgproc::COLOR_YUV2BGR_YUYV).unwrap();
        let nv12 = converted(&[128; 12], [4, 2, 3], 1, imgproc::COLOR_YUV2BGR_NV12).unwrap();
        for picture in [yuyv, nv12] {
            assert_eq!((picture.width(), picture.height()), (4, 2));
            // Video range: 128 is (128 - 16) * 255 / 219 = 130.
            assert!(picture.bgr().iter().all(|&value| value.abs_diff(130) <= 1));
        }
    }

    #[test]
    fn bytes_that_do_not_fit_the_size_are_refused() {
        let short = converted(&[128; 15], [4, 2, 2], 2, imgproc::COLOR_YUV2BGR_YUYV);
        assert!(matches!(
            short,
            Err(PictureError::WrongLength {
                expected: 16,
                given: 15,
                ..
            })
        ));
        let odd = converted(&[128; 9], [3, 2, 3], 1, imgproc::COLOR_YUV2BGR_NV12);
        assert!(matches!(odd, Err(PictureError::WrongLength { .. })));
    }
}
