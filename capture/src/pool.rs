//! Buffers for frames: a bounded number, used again.
//!
//! ```text
//! frame(..) ── idle buffer, or a new one while fewer than `limit` are out ──► Frame ── drop ──► idle
//!     └── all out: FramesHeld, the frame is not delivered
//! ```

use std::sync::{Arc, Mutex, PoisonError};

use crate::error::CaptureError;
use crate::frame::{Frame, Shape, Stamp};

/// A bounded pool of buffers, shared by cloning.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    limit: usize,
    shelf: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    idle: Vec<Vec<u8>>,
    out: usize,
    grown: u64,
}

impl Pool {
    /// A pool of at most `limit` buffers; none is allocated yet.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        let shelf = Mutex::new(Shelf {
            idle: Vec::with_capacity(limit),
            ..Shelf::default()
        });
        Self {
            shared: Arc::new(Shared { limit, shelf }),
        }
    }

    /// A frame that holds a copy of `bytes`.
    ///
    /// # Errors
    /// [`CaptureError::WrongLength`] where `bytes` does not fit the shape, [`CaptureError::FramesHeld`]
    /// while every buffer is out.
    pub fn frame(&self, shape: Shape, stamp: Stamp, bytes: &[u8]) -> Result<Frame, CaptureError> {
        let expected = shape.length().unwrap_or(bytes.len());
        if bytes.len() != expected || bytes.is_empty() {
            return Err(CaptureError::WrongLength {
                given: bytes.len(),
                expected,
            });
        }
        let mut buffer = self.take()?;
        if buffer.bytes.capacity() < bytes.len() {
            self.shared.with(|shelf| shelf.grown += 1);
        }
        buffer.bytes.clear();
        buffer.bytes.extend_from_slice(bytes);
        Ok(Frame::new(shape, stamp, buffer))
    }

    /// Whether a frame can be had now.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.shared.with(|shelf| shelf.out < self.shared.limit)
    }

    /// Buffers that are out now.
    #[must_use]
    pub fn out(&self) -> usize {
        self.shared.with(|shelf| shelf.out)
    }

    /// How often a buffer had to be allocated or made larger since the pool was made.
    #[must_use]
    pub fn grown(&self) -> u64 {
        self.shared.with(|shelf| shelf.grown)
    }

    pub(crate) fn held(&self) -> CaptureError {
        CaptureError::FramesHeld {
            limit: self.shared.limit,
        }
    }

    fn take(&self) -> Result<Buffer, CaptureError> {
        let bytes = self.shared.with(|shelf| {
            let free = shelf.out < self.shared.limit;
            free.then(|| {
                shelf.out += 1;
                shelf.idle.pop().unwrap_or_default()
            })
        });
        let bytes = bytes.ok_or_else(|| self.held())?;
        Ok(Buffer {
            bytes,
            home: Arc::clone(&self.shared),
        })
    }
}

impl Shared {
    /// A panic while the lock was held leaves counts that are still right: nothing in it can panic midway.
    fn with<T>(&self, act: impl FnOnce(&mut Shelf) -> T) -> T {
        act(&mut self.shelf.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A buffer that goes back to its pool when it is dropped.
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    home: Arc<Shared>,
}

impl Buffer {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.home.with(|shelf| {
            shelf.out -= 1;
            shelf.idle.push(bytes);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::PixelFormat;
    use crate::source::SourceId;
    use std::time::Duration;

    const SHAPE: Shape = Shape {
        format: PixelFormat::Bgr8,
        width: 4,
        height: 2,
    };

    fn stamp() -> Stamp {
        Stamp {
            sequence: 0,
            captured_at: Duration::ZERO,
            source: SourceId::new("test"),
        }
    }

    #[test]
    fn a_dropped_frames_buffer_is_used_again_without_allocating() {
        let pool = Pool::new(2);
        for _ in 0..100 {
            drop(pool.frame(SHAPE, stamp(), &[7; 24]).unwrap());
        }
        assert_eq!((pool.grown(), pool.out()), (1, 0));
    }

    #[test]
    fn a_pool_whose_frames_are_all_held_says_so_and_recovers() {
        let pool = Pool::new(2);
        let first = pool.frame(SHAPE, stamp(), &[1; 24]).unwrap();
        let _second = pool.frame(SHAPE, stamp(), &[2; 24]).unwrap();
        let refused = pool.frame(SHAPE, stamp(), &[3; 24]).unwrap_err();
        assert_eq!(refused, CaptureError::FramesHeld { limit: 2 });
        drop(first);
        assert_eq!(
            pool.frame(SHAPE, stamp(), &[3; 24]).unwrap().bytes(),
            [3; 24]
        );
    }

    #[test]
    fn bytes_that_do_not_fit_the_shape_are_refused() {
        let refused = Pool::new(1).frame(SHAPE, stamp(), &[0; 23]).unwrap_err();
        let expected = CaptureError::WrongLength {
            given: 23,
            expected: 24,
        };
        assert_eq!(refused, expected);
    }

    #[test]
    fn lengths_follow_the_format() {
        let length = |format| {
            Shape {
                format,
                width: 6,
                height: 4,
            }
            .length()
        };
        assert_eq!(length(PixelFormat::Bgr8), Some(72));
        assert_eq!(length(PixelFormat::Gray8), Some(24));
        assert_eq!(length(PixelFormat::Yuyv), Some(48));
        assert_eq!(length(PixelFormat::Nv12), Some(36));
        assert_eq!(length(PixelFormat::Mjpeg), None);
    }

    #[test]
    fn debug_shows_no_pixel() {
        let frame = Pool::new(1).frame(SHAPE, stamp(), &[213; 24]).unwrap();
        assert!(!format!("{frame:?}").contains("213"));
    }
}
