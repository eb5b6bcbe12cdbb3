//! Which of a camera's formats to take: fast enough first, then the nearest size, then the rate, then
//! MJPEG before NV12 before YUYV.
//!
//! MJPEG first, since a USB 2 camera has no room for raw 1280x720 at 30 frames a second.

use nokhwa::utils::{CameraFormat, FrameFormat};

use super::CameraWish;

/// Formats that are read, the preferred one first.
pub(super) const READABLE: [FrameFormat; 3] =
    [FrameFormat::MJPEG, FrameFormat::NV12, FrameFormat::YUYV];

/// The offer that comes nearest to the wish; `None` where none can be read.
pub(super) fn choose(offers: &[CameraFormat], wish: &CameraWish) -> Option<CameraFormat> {
    offers
        .iter()
        .filter_map(|offer| {
            let preference = READABLE
                .iter()
                .position(|format| *format == offer.format())?;
            let fps = offer.frame_rate();
            // Below half the wished rate a blink falls between two frames.
            let too_slow = fps * 2 < wish.fps;
            let distance =
                offer.width().abs_diff(wish.width) + offer.height().abs_diff(wish.height);
            let key = (too_slow, distance, fps.abs_diff(wish.fps), preference);
            Some((key, *offer))
        })
        .min_by_key(|(key, _)| *key)
        .map(|(_, offer)| offer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(width: u32, height: u32, format: FrameFormat, fps: u32) -> CameraFormat {
        CameraFormat::new_from(width, height, format, fps)
    }

    fn chosen(offers: &[CameraFormat]) -> Option<CameraFormat> {
        choose(offers, &CameraWish::default())
    }

    #[test]
    fn mjpeg_at_the_wished_size_and_rate_is_taken_first() {
        let wished = offer(1280, 720, FrameFormat::MJPEG, 30);
        let offers = [
            offer(1280, 720, FrameFormat::YUYV, 10),
            offer(1280, 720, FrameFormat::YUYV, 30),
            offer(1280, 720, FrameFormat::NV12, 30),
            offer(1920, 1080, FrameFormat::MJPEG, 30),
            wished,
            offer(1280, 720, FrameFormat::MJPEG, 60),
        ];
        assert_eq!(chosen(&offers), Some(wished));
    }

    #[test]
    fn without_mjpeg_raw_formats_serve_nv12_first() {
        let nv12 = offer(1280, 720, FrameFormat::NV12, 30);
        let yuyv = offer(1280, 720, FrameFormat::YUYV, 30);
        assert_eq!(chosen(&[yuyv, nv12]), Some(nv12));
        assert_eq!(chosen(&[yuyv]), Some(yuyv));
    }

    #[test]
    fn a_smaller_picture_is_taken_before_one_too_slow_for_a_blink() {
        let fast = offer(640, 480, FrameFormat::YUYV, 30);
        assert_eq!(
            chosen(&[offer(1280, 720, FrameFormat::YUYV, 10), fast]),
            Some(fast)
        );
    }

    #[test]
    fn the_nearest_size_is_taken_where_the_wished_one_is_not_offered() {
        let near = offer(1280, 800, FrameFormat::MJPEG, 30);
        let offers = [offer(1920, 1080, FrameFormat::MJPEG, 30), near];
        assert_eq!(chosen(&offers), Some(near));
    }

    #[test]
    fn a_camera_without_a_readable_format_is_not_taken() {
        assert_eq!(chosen(&[offer(1280, 720, FrameFormat::GRAY, 30)]), None);
        assert_eq!(chosen(&[]), None);
    }
}
