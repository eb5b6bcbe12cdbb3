//! A network cable: a TCP relay on loopback that can be pulled out and put back.
//!
//! ```text
//!  client ──► [listener | holder] ──► relay ──► target
//! ```
//!
//! Pulled out, established connections are reset and new ones refused. The port stays ours
//! meanwhile: a second socket, bound but never listening, holds it (`SO_REUSEPORT`).

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

use super::RigError;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 128;

/// What the cable does with what is sent over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Everything passes, both ways.
    Whole,
    /// What the client sends arrives; the answers are lost on the way back.
    AnswersLost,
    /// Nothing passes either way, and nobody is told: the half-open connection of a dead router.
    Silent,
    /// Pulled out: connections are reset, new ones refused.
    Unplugged,
}

#[derive(Debug, Clone, Copy)]
struct Wiring {
    flow: Flow,
    target: SocketAddr,
}

#[derive(Debug, Default)]
struct Meter {
    connections: AtomicU64,
    up: AtomicU64,
    down: AtomicU64,
}

/// A cable, working until told otherwise; taken away when dropped.
#[derive(Debug)]
pub struct Cable {
    address: SocketAddr,
    wiring: watch::Sender<Wiring>,
    settled: watch::Receiver<Flow>,
    meter: Arc<Meter>,
    thread: Option<JoinHandle<()>>,
}

impl Cable {
    /// Lays a cable from a free loopback port to `target`.
    ///
    /// # Errors
    ///
    /// [`RigError::NoPort`] where no port or thread is to be had.
    pub fn lay(target: SocketAddr) -> Result<Self, RigError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(RigError::NoPort)?;
        let (wiring, orders) = watch::channel(Wiring {
            flow: Flow::Whole,
            target,
        });
        let (settle, settled) = watch::channel(Flow::Whole);
        let meter = Arc::new(Meter::default());
        let (holder, listener) = {
            // Only entered, not blocked on: a test may itself run on a runtime.
            let _entered = runtime.enter();
            bind().map_err(RigError::NoPort)?
        };
        let address = holder.local_addr().map_err(RigError::NoPort)?;
        let counted = Arc::clone(&meter);
        let thread = std::thread::Builder::new()
            .name("cable".to_owned())
            .spawn(move || {
                runtime.block_on(run(address, holder, listener, orders, settle, counted));
            })
            .map_err(RigError::NoPort)?;
        Ok(Self {
            address,
            wiring,
            settled,
            meter,
            thread: Some(thread),
        })
    }

    /// The end that clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The port that clients connect to.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Pulls the cable out. When this returns, the port refuses connections.
    pub fn unplug(&self) {
        self.set(Flow::Unplugged);
    }

    /// Puts the cable back in. When this returns, the port accepts connections.
    pub fn plug(&self) {
        self.set(Flow::Whole);
    }

    /// Changes what happens to what is sent, on existing connections too.
    pub fn set(&self, flow: Flow) {
        self.wiring.send_modify(|wiring| wiring.flow = flow);
        let settled = self.settled.clone();
        // The relay's thread answers within a turn of its loop; should it have died, there is
        // nothing to wait for either.
        let _ = super::until("the cable", std::time::Duration::from_secs(5), || {
            *settled.borrow() == flow
        });
    }

    /// Leads new connections to another target.
    pub fn lead_to(&self, target: SocketAddr) {
        self.wiring.send_modify(|wiring| wiring.target = target);
    }

    /// Connections taken so far.
    pub fn connections(&self) -> u64 {
        self.meter.connections.load(Ordering::Relaxed)
    }

    /// Bytes carried from clients to the target so far.
    pub fn bytes_up(&self) -> u64 {
        self.meter.up.load(Ordering::Relaxed)
    }

    /// Bytes carried from the target to clients so far.
    pub fn bytes_down(&self) -> u64 {
        self.meter.down.load(Ordering::Relaxed)
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.wiring
            .send_modify(|wiring| wiring.flow = Flow::Unplugged);
        let (closed, _) = watch::channel(Wiring {
            flow: Flow::Unplugged,
            target: self.address,
        });
        drop(std::mem::replace(&mut self.wiring, closed));
        if let Some(thread) = self.thread.take() {
            // A relay that panicked has said so on its own thread.
            let _ = thread.join();
        }
    }
}

fn bind() -> std::io::Result<(TcpSocket, TcpListener)> {
    let holder = socket()?;
    holder.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let listener = listen(holder.local_addr()?)?;
    Ok((holder, listener))
}

fn socket() -> std::io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    Ok(socket)
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = socket()?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn run(
    address: SocketAddr,
    _holder: TcpSocket,
    listener: TcpListener,
    mut orders: watch::Receiver<Wiring>,
    settle: watch::Sender<Flow>,
    meter: Arc<Meter>,
) {
    let mut listener = Some(listener);
    loop {
        let wiring = *orders.borrow_and_update();
        match wiring.flow {
            Flow::Unplugged => listener = None,
            _ if listener.is_none() => listener = listen(address).ok(),
            _ => {}
        }
        if listener.is_some() || wiring.flow == Flow::Unplugged {
            settle.send_replace(wiring.flow);
        }
        tokio::select! {
            changed = orders.changed() => if changed.is_err() { return },
            accepted = accept(listener.as_ref()) => if let Ok((client, _)) = accepted {
                meter.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(relay(client, wiring.target, orders.clone(), Arc::clone(&meter)));
            },
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> std::io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

async fn relay(
    mut client: TcpStream,
    target: SocketAddr,
    orders: watch::Receiver<Wiring>,
    meter: Arc<Meter>,
) {
    let Ok(mut server) = TcpStream::connect(target).await else {
        reset(&client);
        return;
    };
    // The relay adds no latency of its own; a socket that refuses the option still relays.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let mut pulled = orders.clone();
    let cut = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let up = carry(
            from_client,
            to_server,
            orders.clone(),
            Flow::Whole,
            &meter.up,
        );
        let down = carry(
            from_server,
            to_client,
            orders,
            Flow::AnswersLost,
            &meter.down,
        );
        tokio::select! {
            _ = pulled.wait_for(|wiring| wiring.flow == Flow::Unplugged) => true,
            _ = async { tokio::join!(up, down) } => false,
        }
    };
    if cut {
        reset(&client);
        reset(&server);
    }
}

/// Carries one direction until it ends. What is read under [`Flow::Silent`] is lost, and under
/// `lost_under` too (`Whole` stands for: under no other).
async fn carry(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    orders: watch::Receiver<Wiring>,
    lost_under: Flow,
    carried: &AtomicU64,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer).await {
        let flow = orders.borrow().flow;
        let lost = flow == Flow::Silent || (flow == lost_under && flow != Flow::Whole);
        if read == 0 {
            break;
        }
        if lost {
            continue;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
        carried.fetch_add(read as u64, Ordering::Relaxed);
    }
    // The other side may already be gone.
    let _ = to.shutdown().await;
}

/// Makes the coming close a reset rather than an orderly end.
fn reset(stream: &TcpStream) {
    // Where it fails, the connection ends in order instead: the peer notices either way.
    let _ = stream.set_zero_linger();
}
