//! A listener that only listens: it shows what a kiosk sends to somebody who is not central.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::RigError;

/// Takes every connection, records what arrives and never answers.
#[derive(Debug)]
pub struct Eavesdropper {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Eavesdropper {
    /// Starts to listen on a free loopback port.
    ///
    /// # Errors
    ///
    /// [`RigError::NoPort`] where none is to be had.
    pub fn start() -> Result<Self, RigError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(RigError::NoPort)?;
        let address = listener.local_addr().map_err(RigError::NoPort)?;
        listener.set_nonblocking(true).map_err(RigError::NoPort)?;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (into, until) = (Arc::clone(&heard), Arc::clone(&stop));
        let thread = std::thread::spawn(move || listen(&listener, &into, &until));
        Ok(Self {
            address,
            heard,
            stop,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What each connection has sent so far.
    pub fn heard(&self) -> Vec<Vec<u8>> {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Eavesdropper {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A listener that panicked has said so on its own thread.
            let _ = thread.join();
        }
    }
}

fn listen(listener: &TcpListener, into: &Mutex<Vec<Vec<u8>>>, stop: &AtomicBool) {
    let mut open = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        if let Ok((stream, _)) = listener.accept()
            && stream.set_nonblocking(true).is_ok()
        {
            let mut heard = into.lock().unwrap_or_else(PoisonError::into_inner);
            heard.push(Vec::new());
            open.push((heard.len() - 1, stream));
        }
        open.retain_mut(|(number, stream)| {
            let mut buffer = [0; 4096];
            match stream.read(&mut buffer) {
                Ok(0) => false,
                Ok(read) => {
                    let mut heard = into.lock().unwrap_or_else(PoisonError::into_inner);
                    heard[*number].extend_from_slice(&buffer[..read]);
                    true
                }
                Err(why) => why.kind() == std::io::ErrorKind::WouldBlock,
            }
        });
        std::thread::sleep(Duration::from_millis(5));
    }
}
