//! The Unix socket of the kiosk's own screen, of mode 0600: who may open it may see what is before the cameras.
//!
//! ```text
//! viewer:  {"place": "face", "form": "jpeg"}\n          or "document", "raw"
//! kiosk:   length (4 bytes) | length of head (4 bytes) | head, JSON | picture      again and again
//! ```

use std::time::Duration;

use axum::body::Bytes;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use super::message::Message;
use super::watcher::Form;
use super::{Previews, TAKEN_WITHIN};
use crate::serve::stopped;
use crate::station::Place;

/// A viewer has to say in this time what it wants, in so many bytes.
const WISH_WITHIN: Duration = Duration::from_secs(5);
const LONGEST_WISH: u64 = 256;
/// Pause after a failed accept, such as when the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a viewer wants.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    place: Place,
    form: Form,
}

/// Serves the socket's viewers.
pub struct UnixPreview {
    previews: Previews,
    listener: UnixListener,
}

impl UnixPreview {
    /// Of a bound socket.
    pub const fn new(previews: Previews, listener: UnixListener) -> Self {
        Self { previews, listener }
    }

    /// Serves until `stop` turns true.
    pub async fn serve(self, mut stop: watch::Receiver<bool>) {
        loop {
            let accepted = tokio::select! {
                () = stopped(&mut stop) => return,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    let (previews, stop) = (self.previews.clone(), stop.clone());
                    tokio::spawn(async move {
                        if let Err(error) = view(stream, &previews, stop).await {
                            tracing::debug!(%error, "a viewer went");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a viewer could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

async fn view(
    stream: UnixStream,
    previews: &Previews,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    let full = Message::of_refusal("TOO_MANY_VIEWERS", "close another viewer and try again");
    let Some(_room) = previews.room() else {
        return send(&mut writer, &full).await;
    };
    let Some(wish) = wish(&mut reader).await? else {
        let unread = "send {\"place\": \"face\" or \"document\", \"form\": \"jpeg\" or \"raw\"} and a new line";
        return send(&mut writer, &Message::of_refusal("WISH_NOT_READ", unread)).await;
    };
    let Some(mut watcher) = previews.of(wish.place).watch(wish.form, None) else {
        return send(&mut writer, &full).await;
    };
    let mut said = [0; 64];
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return Ok(()),
            // Nothing more is awaited of a viewer: it is there, or it has gone.
            read = reader.read(&mut said) => if read? == 0 { return Ok(()) },
            message = watcher.next() => match message {
                Some(message) => send(&mut writer, &message).await?,
                None => return Ok(()),
            },
        }
    }
}

/// What the viewer wants; `None` where it can't be understood.
async fn wish(reader: &mut BufReader<OwnedReadHalf>) -> std::io::Result<Option<Wish>> {
    let mut line = Vec::new();
    let mut bounded = reader.take(LONGEST_WISH);
    let read = bounded.read_until(b'\n', &mut line);
    tokio::time::timeout(WISH_WITHIN, read).await??;
    Ok(serde_json::from_slice(&line).ok())
}

async fn send(writer: &mut OwnedWriteHalf, message: &Message) -> std::io::Result<()> {
    let start = Bytes::from(message.start());
    let whole = async {
        writer.write_all(&start).await?;
        writer.write_all(message.body().bytes()).await
    };
    tokio::time::timeout(TAKEN_WITHIN, whole).await?
}
