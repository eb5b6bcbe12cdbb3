//! Reading a body that has a longest length.

use std::time::Duration;

use axum::body::{Body, Bytes};
use bytes::BytesMut;
use http_body_util::BodyExt;

use crate::refusal::Refusal;

/// After a refusal, so much of the rest is read and thrown away, so that the client gets to read why
/// instead of a reset connection.
const DRAIN_BYTES: usize = 4 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// The whole body.
///
/// # Errors
///
/// Where it is longer than `most` bytes, a piece takes longer than `pause`, or the connection breaks.
pub(super) async fn whole(mut body: Body, most: usize, pause: Duration) -> Result<Bytes, Refusal> {
    let mut bytes = BytesMut::new();
    loop {
        let next = tokio::time::timeout(pause, body.frame()).await;
        let Some(frame) = next.map_err(|_| Refusal::TooSlow)? else {
            return Ok(bytes.freeze());
        };
        let frame = frame.map_err(|_| Refusal::BadRequest("the body broke off".into()))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > most {
            drain(body).await;
            return Err(Refusal::TooLarge { limit: most as u64 });
        }
        bytes.extend_from_slice(&data);
    }
}

/// Reads on for a moment without keeping anything.
pub(super) async fn drain(mut body: Body) {
    let reading = async {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, Bytes::len);
            if read > DRAIN_BYTES {
                break;
            }
        }
    };
    // Either way the answer follows now.
    let _ = tokio::time::timeout(DRAIN_TIME, reading).await;
}
