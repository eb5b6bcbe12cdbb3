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
        let mut picture = Self::unfilled();
        picture.take_frame(frame)?;
        Ok(picture)
    }

    /// Becomes the next frame, in the memory of the one before: a stream of frames of one size allocates none.
    ///
    /// # Errors
    /// As [`Picture::from_frame`]; the pixels are then no picture.
    pub fn take_frame(&mut self, frame: &Frame) -> Result<(), PictureError> {
        let (width, height, bytes) = (frame.width(), frame.height(), frame.bytes());
        match frame.format() {
            PixelFormat::Bgr8 => self.take_bgr(width, height, bytes),
            PixelFormat::Mjpeg => self.take_encoded(bytes, &DecodeLimits::default()),
            PixelFormat::Gray8 => {
                self.convert(bytes, [width, height, height], 1, imgproc::COLOR_GRAY2BGR)
            }
            PixelFormat::Yuyv => self.convert(
                bytes,
                [width, height, height],
                2,
                imgproc::COLOR_YUV2BGR_YUYV,
            ),
            PixelFormat::Nv12 => {
                let rows = height + height / 2;
                self.convert(bytes, [width, height, rows], 1, imgproc::COLOR_YUV2BGR_NV12)
            }
        }
    }

    fn take_bgr(&mut self, width: u32, height: u32, bytes: &[u8]) -> Result<(), PictureError> {
        let mut bgr = std::mem::take(&mut self.bgr);
        bgr.clear();
        bgr.extend_from_slice(bytes);
        *self = Self::from_bgr(width, height, bgr)?;
        Ok(())
    }

    /// `size` is width and height of the picture and rows of the frame's bytes.
    fn convert(
        &mut self,
        bytes: &[u8],
        [width, height, rows]: [u32; 3],
        bytes_a_pixel: u32,
        code: i32,
    ) -> Result<(), PictureError> {
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
        self.fill(width, height, |pixels| {
            Ok(imgproc::cvt_color_def(&packed, pixels, code)?)
        })
    }
}

#[cfg(test)]
mod tests {
    //! Grey stays grey in every format.

    use kiosk_capture::{Pool, Shape, SourceId, Stamp};

    use super::*;

    fn converted(
        bytes: &[u8],
        size: [u32; 3],
        bytes_a_pixel: u32,
        code: i32,
    ) -> Result<Picture, PictureError> {
        let mut picture = Picture::unfilled();
        picture.convert(bytes, size, bytes_a_pixel, code)?;
        Ok(picture)
    }

    fn frame(format: PixelFormat, [width, height]: [u32; 2], bytes: &[u8]) -> Frame {
        let shape = Shape {
            format,
            width,
            height,
        };
        let stamp = Stamp {
            sequence: 0,
            captured_at: std::time::Duration::ZERO,
            source: SourceId::new("test"),
        };
        Pool::new(1).frame(shape, stamp, bytes).unwrap()
    }

    #[test]
    fn a_frame_is_taken_into_the_memory_of_the_one_before() {
        let first = Picture::from_bgr(4, 2, (0..24).collect()).unwrap();
        let jpeg = first.encode_jpeg(95).unwrap();
        let next = [
            frame(PixelFormat::Bgr8, [4, 2], &[7; 24]),
            frame(PixelFormat::Gray8, [4, 2], &[100; 8]),
            frame(PixelFormat::Nv12, [4, 2], &[128; 12]),
            frame(PixelFormat::Mjpeg, [4, 2], &jpeg),
        ];
        let mut picture = first;
        let place = picture.bgr().as_ptr();
        for frame in &next {
            picture.take_frame(frame).unwrap();
            assert_eq!(picture, Picture::from_frame(frame).unwrap());
            assert_eq!(picture.bgr().as_ptr(), place, "{:?}", frame.format());
        }
    }

    #[test]
    fn a_frame_of_another_size_is_taken_too() {
        let mut picture = Picture::from_bgr(4, 2, vec![1; 24]).unwrap();
        picture
            .take_frame(&frame(PixelFormat::Gray8, [2, 3], &[9; 6]))
            .unwrap();
        assert_eq!((picture.width(), picture.height()), (2, 3));
        assert_eq!(picture.bgr(), [9; 18]);
    }

    #[test]
    fn a_damaged_frame_is_refused() {
        let mut picture = Picture::from_bgr(4, 2, vec![1; 24]).unwrap();
        let jpeg = picture.encode_jpeg(95).unwrap();
        let cut = frame(PixelFormat::Mjpeg, [4, 2], &jpeg[..jpeg.len() / 2]);
        assert!(picture.take_frame(&cut).is_err());
    }

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
