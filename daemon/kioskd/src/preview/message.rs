//! A message to a viewer: the length of its head (4 bytes, most significant first), the head as JSON, and a
//! frame's picture. Over a Unix socket the length of all that goes before it; over a WebSocket it is one binary message.

use std::sync::Arc;

use bytes::Bytes;
use kiosk_capture::{Frame, PixelFormat};
use serde::Serialize;

use super::hub::{ShownPicture, State};
use super::observation::Observation;
use super::watcher::Form;
use crate::station::Place;

/// What follows a head.
#[derive(Debug, Clone)]
pub enum Body {
    /// Nothing.
    None,
    /// A JPEG.
    Jpeg(Bytes),
    /// A frame's own bytes.
    Raw(Arc<Frame>),
}

impl Body {
    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::None => &[],
            Self::Jpeg(bytes) => bytes,
            Self::Raw(frame) => frame.bytes(),
        }
    }
}

/// A head and what follows it.
#[derive(Debug, Clone)]
pub struct Message {
    head: Vec<u8>,
    body: Body,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Head<'a> {
    Frame {
        place: &'static str,
        sequence: u64,
        captured_at_ms: f64,
        format: &'static str,
        width: u32,
        height: u32,
        observation: Option<&'a Observation>,
    },
    State {
        place: &'static str,
        state: &'static str,
        code: Option<&'static str>,
    },
    Kiosk {
        takes_sessions: bool,
        code: Option<&'static str>,
    },
    Refused {
        code: &'static str,
        detail: &'a str,
    },
}

impl Message {
    /// A frame in a form; `None` where it was not made in that form.
    pub(super) fn of_frame(place: Place, form: Form, picture: &ShownPicture) -> Option<Self> {
        let (format, body) = match form {
            Form::Jpeg => ("jpeg", Body::Jpeg(picture.jpeg.clone()?)),
            Form::Raw => {
                let frame = picture.raw.clone()?;
                (name(frame.format()), Body::Raw(frame))
            }
        };
        let head = Head::Frame {
            place: place.name(),
            sequence: picture.stamp.sequence,
            captured_at_ms: picture.stamp.captured_at.as_secs_f64() * 1000.0,
            format,
            width: picture.size[0],
            height: picture.size[1],
            observation: picture.observation.as_deref(),
        };
        Some(Self::new(&head, body))
    }

    pub(super) fn of_state(place: Place, state: State) -> Self {
        let code = match state {
            State::Failed(code) => Some(code),
            _ => None,
        };
        let head = Head::State {
            place: place.name(),
            state: state.name(),
            code,
        };
        Self::new(&head, Body::None)
    }

    /// Whether sessions can be begun; the code says why not.
    pub(super) fn of_kiosk(turns_away: Option<&'static str>) -> Self {
        let head = Head::Kiosk {
            takes_sessions: turns_away.is_none(),
            code: turns_away,
        };
        Self::new(&head, Body::None)
    }

    pub(super) fn of_refusal(code: &'static str, detail: &str) -> Self {
        Self::new(&Head::Refused { code, detail }, Body::None)
    }

    fn new(head: &Head<'_>, body: Body) -> Self {
        // Texts and finite numbers always serialise; a number that is not finite becomes null.
        let head = serde_json::to_vec(head).unwrap_or_default();
        Self { head, body }
    }

    /// The head, as JSON.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// What follows it.
    pub const fn body(&self) -> &Body {
        &self.body
    }

    /// The bytes before the body as a Unix socket carries them: both lengths and the head.
    pub(super) fn start(&self) -> Vec<u8> {
        let body = self.body.bytes().len();
        let mut start = Vec::with_capacity(8 + self.head.len());
        start.extend_from_slice(&length(4 + self.head.len() + body));
        start.extend_from_slice(&length(self.head.len()));
        start.extend_from_slice(&self.head);
        start
    }

    /// The whole as one binary message.
    pub(super) fn whole(&self) -> Bytes {
        let body = self.body.bytes();
        let mut whole = Vec::with_capacity(4 + self.head.len() + body.len());
        whole.extend_from_slice(&length(self.head.len()));
        whole.extend_from_slice(&self.head);
        whole.extend_from_slice(body);
        whole.into()
    }
}

/// No frame comes near 4 GiB.
fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}

const fn name(format: PixelFormat) -> &'static str {
    match format {
        PixelFormat::Bgr8 => "bgr8",
        PixelFormat::Gray8 => "gray8",
        PixelFormat::Yuyv => "yuyv",
        PixelFormat::Nv12 => "nv12",
        PixelFormat::Mjpeg => "mjpeg",
    }
}
