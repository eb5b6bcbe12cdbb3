//! The kernel's word that the network has changed: one attempt at once, whatever the wait was.
//!
//! A socket of `NETLINK_ROUTE` hears of links, addresses and routes (rtnetlink(7)). What exactly changed
//! does not matter, so messages are counted and not read; a burst of them is one change.

use std::io::Error;
use std::sync::Arc;
use std::time::Duration;

use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{AsyncSocket, AsyncSocketExt, SocketAddr, TokioSocket};
use tokio::sync::Notify;

/// `RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE`
/// (`linux/rtnetlink.h`).
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;
/// An interface that comes up sends a dozen messages; the last of them matters.
const SETTLED: Duration = Duration::from_millis(300);
/// A network that never settles is tried all the same, this often.
const AT_MOST: Duration = Duration::from_secs(2);

/// Nudges whoever waits after each change, for as long as it is polled.
pub(crate) async fn watch(nudge: Vec<Arc<Notify>>) {
    match listen(&nudge).await {
        Ok(never) => match never {},
        Err(error) => {
            tracing::warn!(%error, "network changes are not heard; waits run to their end")
        }
    }
    std::future::pending::<()>().await;
}

async fn listen(nudge: &[Arc<Notify>]) -> Result<std::convert::Infallible, Error> {
    let mut socket = TokioSocket::new(NETLINK_ROUTE)?;
    socket.socket_mut().bind(&SocketAddr::new(0, GROUPS))?;
    loop {
        heard(&mut socket).await?;
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < AT_MOST {
            match tokio::time::timeout(SETTLED, heard(&mut socket)).await {
                Ok(more) => more?,
                Err(_) => break,
            }
        }
        tracing::debug!("the network has changed");
        nudge.iter().for_each(|nudge| nudge.notify_one());
    }
}

/// Waits for one message. A queue that overflowed (ENOBUFS) is one, too: something changed.
async fn heard(socket: &mut TokioSocket) -> Result<(), Error> {
    const ENOBUFS: i32 = 105;
    let mut buffer = bytes::BytesMut::with_capacity(16 * 1024);
    match socket.recv(&mut buffer).await {
        Ok(_) => Ok(()),
        Err(error) if error.raw_os_error() == Some(ENOBUFS) => Ok(()),
        Err(error) => Err(error),
    }
}
