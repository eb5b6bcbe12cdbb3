//! A source that goes on where another broke off: its frames' numbers and times continue.

use std::time::Duration;

use crate::error::CaptureError;
use crate::frame::{Frame, Stamp};
use crate::source::{FrameSource, SourceFacts};

/// A source whose first frame has the number and the time that it is given.
pub(crate) struct Resumed {
    source: Box<dyn FrameSource>,
    next: u64,
    from: Duration,
    /// Number and time that the source itself gave its first frame.
    first: Option<(u64, Duration)>,
}

impl Resumed {
    pub(crate) const fn new(source: Box<dyn FrameSource>, next: u64, from: Duration) -> Self {
        Self {
            source,
            next,
            from,
            first: None,
        }
    }
}

impl FrameSource for Resumed {
    fn facts(&self) -> &SourceFacts {
        self.source.facts()
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, CaptureError> {
        let Some(frame) = self.source.next_frame()? else {
            return Ok(None);
        };
        let own = (frame.sequence(), frame.captured_at());
        let (number, time) = *self.first.get_or_insert(own);
        let stamp = Stamp {
            sequence: self.next + own.0.saturating_sub(number),
            captured_at: self.from + own.1.saturating_sub(time),
            source: frame.source().clone(),
        };
        Ok(Some(frame.restamped(stamp)))
    }
}
