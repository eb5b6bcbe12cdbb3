//! Waiting with an end: a condition is asked again and again until it holds or its time is up.

use std::future::Future;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::RigError;

const PAUSE: Duration = Duration::from_millis(20);

/// Asks `holds` every 20 ms until it says yes.
///
/// # Errors
///
/// [`RigError::TookTooLong`] after `limit`.
pub fn until(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) -> Result<(), RigError> {
    for _ in 0..=turns(limit) {
        if holds() {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
    Err(in_vain(what, limit))
}

/// As [`until`], for a condition that must itself be awaited.
///
/// # Errors
///
/// [`RigError::TookTooLong`] after `limit`; the condition's own time is not counted, so bound it.
pub async fn until_async<F: Future<Output = bool>>(
    what: &str,
    limit: Duration,
    mut holds: impl FnMut() -> F,
) -> Result<(), RigError> {
    for _ in 0..=turns(limit) {
        if holds().await {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(in_vain(what, limit))
}

/// Waits until something accepts connections at `address`.
///
/// # Errors
///
/// [`RigError::TookTooLong`] after `limit`.
pub fn until_connects(what: &str, address: SocketAddr, limit: Duration) -> Result<(), RigError> {
    until(what, limit, || {
        TcpStream::connect_timeout(&address, Duration::from_millis(500)).is_ok()
    })
}

fn turns(limit: Duration) -> u128 {
    limit.as_millis() / PAUSE.as_millis()
}

pub(super) fn in_vain(what: &str, limit: Duration) -> RigError {
    RigError::TookTooLong {
        what: what.to_owned(),
        limit_ms: limit.as_millis(),
        detail: "no more is known".to_owned(),
    }
}
