//! A loopback port that nobody listens on.

use std::net::{Ipv4Addr, TcpListener};

use rand::Rng;

use super::RigError;

/// Below those that the kernel gives to outgoing connections (from 32768 on): one of these would take the port of a program
/// that is killed and started again.
const PORTS: std::ops::Range<u16> = 15_000..32_768;
/// How often another is tried.
const TRIES: u32 = 100;

/// A port of 127.0.0.1 that was free a moment ago. Another process may take it before its user binds
/// it: who starts a listener on it tries again with another.
///
/// # Errors
///
/// [`RigError::NoPort`] where the loopback gives none.
pub fn free_port() -> Result<u16, RigError> {
    let mut tries = 1;
    loop {
        let port = rand::rng().random_range(PORTS);
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => return Ok(port),
            Err(error) if tries == TRIES => return Err(RigError::NoPort(error)),
            Err(_) => tries += 1,
        }
    }
}
