//! A loopback port that nobody listens on.

use std::net::{Ipv4Addr, TcpListener};

use super::RigError;

/// A port of 127.0.0.1 that was free a moment ago. Another process may take it before its user binds
/// it: who starts a listener on it tries again with another.
///
/// # Errors
///
/// [`RigError::NoPort`] where the loopback gives none.
pub fn free_port() -> Result<u16, RigError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(RigError::NoPort)?;
    Ok(listener.local_addr().map_err(RigError::NoPort)?.port())
}
